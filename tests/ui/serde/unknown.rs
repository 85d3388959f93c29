use etag_core::Versioned;

#[derive(Versioned)]
struct Product {
    #[serde(rename = "cents", rounded)]
    price: f64,
}

fn main() {}
