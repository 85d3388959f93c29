use etag_core::{Database, Versioned};

#[derive(Versioned)]
#[versioned(store = Database)]
struct Article {
    #[versioned(id)]
    id: f64,
    title: String,
}

fn main() {}
