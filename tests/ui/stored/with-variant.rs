use etag_core::{Database, Versioned};

#[derive(Versioned)]
#[versioned(store = Database)]
struct Asset {
    #[versioned(id)]
    id: u64,
    #[versioned(variant)]
    product: String,
}

fn main() {}
