use etag_core::{Database, Timestamp, Versioned};

#[derive(Versioned)]
#[versioned(store = Database)]
struct Article {
    #[versioned(id)]
    id: u64,
    #[versioned(modified)]
    updated_at: u64,
    #[versioned(revision)]
    revision: Option<Timestamp>,
}

#[derive(Versioned)]
#[versioned(store = Database)]
struct Page {
    #[versioned(id)]
    id: u64,
    #[versioned(modified)]
    updated_at: Option<Timestamp>,
}

fn main() {}
