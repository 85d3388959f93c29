use etag_core::axum::ListQuery;
use etag_core::{Database, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

struct Filter {
    text: String,
}

fn read<Q: ListQuery<Note>>() {}

fn main() {
    read::<Filter>();
}
