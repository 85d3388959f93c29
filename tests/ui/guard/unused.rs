#![deny(unused_must_use)]

use etag_core::axum::Guarded;
use etag_core::{Database, Matched, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

fn guard(note: Guarded<Note>) -> Matched<Note> {
    note.into_parts().1
}

fn write(note: Guarded<Note>) {
    guard(note);
}

fn main() {}
