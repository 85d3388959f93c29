use etag_core::axum::Fresh;
use etag_core::{Database, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
}

#[axum::debug_handler]
async fn show(note: Fresh<Note>) -> Fresh<Note> {
    note
}

fn main() {}
