use etag_core::{StateTag, Versioned};

struct Money {
    cents: u64,
}

#[derive(Versioned)]
struct Page<T> {
    items: Vec<T>,
}

fn tag(page: &Page<Money>) -> Result<StateTag, etag_core::canonical::Error> {
    StateTag::of(page)
}

fn main() {}
