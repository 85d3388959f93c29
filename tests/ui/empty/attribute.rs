use etag_core::Versioned;

#[derive(Versioned)]
#[versioned]
struct Article {
    #[versioned()]
    title: String,
}

fn main() {}
