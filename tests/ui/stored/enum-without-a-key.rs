use etag_core::{Database, Versioned};

#[derive(Versioned)]
#[versioned(store = Database)]
enum Switch {
    On,
    Off,
}

fn main() {}
