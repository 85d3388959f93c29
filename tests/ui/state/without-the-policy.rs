use axum::Router;
use axum::http::request::Parts;
use axum::routing::get;
use etag_core::axum::{Fresh, Problem};
use etag_core::{Access, Authorize, Database, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(store = Database, authorize = Staff)]
struct Note {
    #[versioned(id)]
    id: u64,
}

#[derive(Clone)]
struct Staff;

impl Authorize<Note> for Staff {
    async fn authorize(&self, _: &Parts, _: Option<&u64>, _: Access) -> Result<(), Problem> {
        Ok(())
    }
}

#[axum::debug_handler(state = Database)]
async fn show(note: Fresh<Note>) -> Fresh<Note> {
    note
}

fn main() {
    let _: Router<Database> = Router::new().route("/notes/{id}", get(show));
}
