use etag_core::Versioned;

#[derive(Versioned)]
struct Article {
    #[versioned(revision)]
    revision: u64,
    #[versioned(revision)]
    version: u64,
}

fn main() {}
