use etag_core::{Database, Versioned};

#[derive(Versioned)]
#[versioned(store = Database)]
struct Asset {
    name: String,
}

fn main() {}
