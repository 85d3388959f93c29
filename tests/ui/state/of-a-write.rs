use etag_core::axum::{Problem, Tagged, Update};
use etag_core::{Database, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

#[derive(Clone)]
struct AppState {
    name: String,
}

#[axum::debug_handler(state = AppState)]
async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> {
    note.save().await
}

fn main() {}
