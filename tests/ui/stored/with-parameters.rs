use etag_core::Versioned;

#[derive(Versioned)]
#[versioned(store = etag_core::Database)]
struct Asset<T> {
    #[versioned(id)]
    id: u64,
    inner: T,
}

fn main() {}
