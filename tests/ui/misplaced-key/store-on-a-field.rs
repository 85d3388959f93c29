use etag_core::Versioned;

#[derive(Versioned)]
pub struct Article {
    #[versioned(store = Database)]
    title: String,
}

fn main() {}
