use etag_core::axum::{Guarded, Pending, Problem};
use etag_core::{Database, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
}

async fn write(note: Guarded<Note>, transaction: &mut Vec<Note>) -> Result<Pending<Note>, Problem> {
    note.save_in(transaction).await
}

fn main() {}
