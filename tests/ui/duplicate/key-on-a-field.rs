use etag_core::Versioned;

#[derive(Versioned)]
struct Article {
    title: String,
    #[versioned(skip, skip)]
    views: u64,
}

fn main() {}
