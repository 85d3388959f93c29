use etag_core::axum::{Create, Fresh, FreshList, Guarded, GuardedList, Update};
use etag_core::{Database, Versioned};

#[derive(Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

fn show(_: Fresh<Note>) {}

fn list(_: FreshList<Note>) {}

fn delete(_: Guarded<Note>) {}

fn replace(_: Update<Note>) {}

fn replace_all(_: GuardedList<Note>) {}

fn create(_: Create<Note>) {}

fn main() {}
