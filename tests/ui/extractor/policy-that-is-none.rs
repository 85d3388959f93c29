use etag_core::{Database, Versioned};

#[derive(Versioned)]
#[versioned(store = Database, authorize = Staff)]
struct Note {
    #[versioned(id)]
    id: u64,
}

struct Staff;

fn main() {}
