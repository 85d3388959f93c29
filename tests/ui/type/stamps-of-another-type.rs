use std::time::Duration;

use etag_core::Versioned;

#[derive(Versioned)]
struct Article {
    #[versioned(revision)]
    revision: Duration,
    #[versioned(modified)]
    updated_at: Duration,
}

fn main() {}
