use etag_core::Versioned;

#[derive(Versioned)]
struct Wire {
    id: u64,
}

#[derive(Clone, Versioned)]
#[serde(into = "Wire")]
struct Product {
    #[versioned(id)]
    id: u64,
}

impl From<Product> for Wire {
    fn from(product: Product) -> Self {
        Self { id: product.id }
    }
}

fn main() {}
