#![deny(unused_must_use)]

use etag_core::axum::{Guarded, Problem};
use etag_core::{Database, Versioned};
use serde::Deserialize;
use sqlx::{Postgres, Transaction};

#[derive(Deserialize, Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

async fn write(note: Guarded<Note>, mut transaction: Transaction<'static, Postgres>) -> Result<(), Problem> {
    note.save_in(&mut transaction).await?;
    Ok(())
}

fn main() {}
