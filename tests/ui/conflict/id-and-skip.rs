use etag_core::Versioned;

#[derive(Versioned)]
struct Article {
    #[versioned(id, skip)]
    id: u64,
    title: String,
}

fn main() {}
