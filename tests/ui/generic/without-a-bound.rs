use etag_core::Versioned;

#[derive(Versioned)]
#[versioned(bound = "")]
struct Page<T> {
    first: T,
}

fn main() {}
