use etag_core::Versioned;

#[derive(Versioned)]
#[versioned(collection = "assets")]
struct Asset {
    #[versioned(id)]
    id: u64,
}

fn main() {}
