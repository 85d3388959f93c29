use etag_core::Versioned;

#[derive(Versioned)]
#[versioned(store)]
struct Article {
    #[versioned(id)]
    id: u64,
}

fn main() {}
