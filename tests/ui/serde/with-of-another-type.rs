use etag_core::Versioned;

mod cents {
    pub fn serialize<S: serde::Serializer>(price: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*price)
    }
}

#[derive(Versioned)]
struct Product {
    #[serde(with = "cents")]
    price: f64,
}

fn main() {}
