use etag_core::axum::Create;
use etag_core::{Database, Selection, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
}

fn create(_: Create<Note, Selection>) {}

fn main() {}
