use etag_core::{Database, Matched, Store, Versioned};

#[derive(Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

#[derive(Versioned)]
#[versioned(store = Database, key = ())]
struct Settings {
    theme: String,
}

async fn write<S: Store<Note>>(store: S, matched: Matched<Settings>, note: Note) {
    let _ = store.replace(matched, note).await;
}

fn main() {}
