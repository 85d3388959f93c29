use etag_core::{Database, Matched, Required, Versioned};

#[derive(Versioned)]
#[versioned(store = Database)]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

fn main() {
    let _ = Matched::<Note> { key: 1, required: Required::Exists };
}
