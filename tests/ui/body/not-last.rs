use axum::http::HeaderMap;
use etag_core::axum::{Create, Problem, Tagged, Update};
use etag_core::{Database, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

#[axum::debug_handler(state = Database)]
async fn replace(note: Update<Note>, _: HeaderMap) -> Result<Tagged<Note>, Problem> {
    note.save().await
}

#[axum::debug_handler(state = Database)]
async fn create(note: Create<Note>, _: HeaderMap) -> Result<Tagged<Note>, Problem> {
    note.save().await
}

fn main() {}
