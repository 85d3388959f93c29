use etag_core::Versioned;

#[derive(Versioned)]
struct Product {
    name: String,
    #[serde(rename = "cents", with = "cents")]
    price: f64,
}

fn main() {}
