use etag_core::axum::FreshList;
use etag_core::{Database, Versioned};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Versioned)]
#[versioned(store = Database)]
struct Article {
    #[versioned(id)]
    id: u64,
}

#[derive(Deserialize)]
struct Filter {
    title: String,
}

fn list(_: FreshList<Article, Filter>) {}

fn main() {}
