use axum::Router;
use axum::routing::get;
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

async fn show(note: Fresh<Note>) -> Fresh<Note> {
    note
}

fn main() {
    let _: Router<AppState> = Router::new().route("/notes/{id}", get(show));
}
