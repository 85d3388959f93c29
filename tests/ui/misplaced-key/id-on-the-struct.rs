use etag_core::Versioned;

#[derive(Versioned)]
#[versioned(id)]
pub struct Article {
    id: u64,
}

fn main() {}
