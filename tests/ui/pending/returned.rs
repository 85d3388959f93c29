use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use etag_core::axum::{Pending, Problem};
use etag_core::{Database, Versioned};

#[derive(Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

async fn write() -> Result<Pending<Note>, Problem> {
    Err(StatusCode::NOT_FOUND.into())
}

fn answer(saved: Pending<Note>) -> Response {
    saved.into_response()
}

fn main() {
    let _: Router = Router::new().route("/notes/{id}", post(write));
}
