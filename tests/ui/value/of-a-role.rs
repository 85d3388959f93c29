use etag_core::Versioned;

#[derive(Versioned)]
struct Article {
    #[versioned(id = 5)]
    id: u64,
    #[versioned(revision = "x")]
    revision: u64,
    #[versioned(skip(always))]
    views: u64,
}

fn main() {}
