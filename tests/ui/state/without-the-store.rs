use etag_core::axum::Fresh;
use etag_core::{Database, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
}

#[derive(Clone)]
struct AppState {
    name: String,
}

#[axum::debug_handler(state = AppState)]
async fn show(note: Fresh<Note>) -> Fresh<Note> {
    note
}

fn main() {}
