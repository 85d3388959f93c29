use etag_core::Versioned;

#[derive(Versioned)]
#[serde(tag = "type")]
struct Product {
    name: String,
}

fn main() {}
