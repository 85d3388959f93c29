use etag_core::Versioned;

mod cents {
    pub fn serialize<S: serde::Serializer>(price: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(*price * 100.0)
    }
}

#[derive(Versioned)]
struct Product {
    name: String,
    #[versioned(skip)]
    #[serde(with = "cents")]
    price: f64,
}

fn main() {}
