use etag_core::{Database, Matched, Store, Versioned};

#[derive(Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

async fn write<S: Store<Note>>(store: S, matched: Matched<Note>, first: Note, second: Note) {
    let _ = store.replace(matched, first).await;
    let _ = store.replace(matched, second).await;
}

fn main() {}
