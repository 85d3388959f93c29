use etag_core::Versioned;

mod cents {}

#[derive(Versioned)]
struct Product {
    #[serde(with = "cents")]
    price: f64,
}

fn main() {}
