use etag_core::Versioned;
use etag_core::axum::{Create, Fresh, FreshList, Guarded, GuardedList, Target, Update};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

fn show(_: Fresh<Note>) {}

fn show_or_expand(_: Target<Note>) {}

fn list(_: FreshList<Note>) {}

fn delete(_: Guarded<Note>) {}

fn replace(_: Update<Note>) {}

fn replace_all(_: GuardedList<Note>) {}

fn create(_: Create<Note>) {}

fn main() {}
