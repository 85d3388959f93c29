use etag_core::Versioned;

mod cents {
    pub fn serialize<S: serde::Serializer>(price: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*price)
    }
}

#[derive(Versioned)]
enum Price {
    #[serde(serialize_with = "cents::serialize")]
    Fixed(f64),
    Open,
}

fn main() {}
