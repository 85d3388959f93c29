use etag_core::Versioned;

#[derive(Versioned)]
struct Article {
    title: String,
    #[versioned(modified)]
    updated_at: String,
}

fn main() {}
