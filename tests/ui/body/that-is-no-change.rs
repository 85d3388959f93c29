use etag_core::axum::Update;
use etag_core::{Database, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

#[derive(Deserialize)]
struct Rename {
    text: String,
}

fn rename(_: Update<Note, Rename>) {}

fn main() {}
