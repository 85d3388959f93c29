use etag_core::Versioned;

#[derive(Versioned)]
struct Article {
    #[versioned(hash)]
    title: String,
}

fn main() {}
