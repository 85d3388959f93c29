use etag_core::Versioned;

#[derive(Versioned)]
struct Article {
    #[versioned(revision)]
    revision: String,
    title: String,
}

fn main() {}
