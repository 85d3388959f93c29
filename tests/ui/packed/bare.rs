use etag_core::Versioned;

#[derive(Versioned)]
#[repr(packed)]
struct Header {
    length: u64,
}

fn main() {}
