use axum::Json;
use etag_core::axum::GuardedList;
use etag_core::{Database, Versioned};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Versioned)]
#[versioned(store = Database)]
struct Article {
    #[versioned(id)]
    id: u64,
}

fn rename(_: GuardedList<Article, Json<String>>) {}

fn main() {}
