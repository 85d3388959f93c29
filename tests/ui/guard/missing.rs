use etag_core::{Database, Store, Versioned};

#[derive(Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

async fn write<S: Store<Note>>(store: S, note: Note) {
    let _ = store.replace(note).await;
}

fn main() {}
