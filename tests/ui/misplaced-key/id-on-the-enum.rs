use etag_core::Versioned;

#[derive(Versioned)]
#[versioned(id)]
enum Event {
    Started { id: u64 },
    Ended { id: u64 },
}

fn main() {}
