use etag_core::Versioned;

struct Wire;

#[derive(Clone, Versioned)]
#[serde(into = "Wire")]
struct Product {
    name: String,
}

impl From<Product> for Wire {
    fn from(_: Product) -> Self {
        Self
    }
}

fn main() {}
