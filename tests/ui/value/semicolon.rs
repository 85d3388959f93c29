use etag_core::{Database, Versioned};

#[derive(Versioned)]
#[versioned(store = Database; key = ())]
struct Settings {
    theme: String,
}

fn main() {}
