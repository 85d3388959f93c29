use etag_core::Versioned;

#[derive(Versioned)]
struct Article {
    #[versioned(revison)]
    revision: u64,
    title: String,
}

fn main() {}
