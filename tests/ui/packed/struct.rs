use etag_core::Versioned;

#[derive(Versioned)]
#[repr(C, packed(2))]
struct Header {
    length: u64,
}

fn main() {}
