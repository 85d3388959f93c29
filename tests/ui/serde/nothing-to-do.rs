use etag_core::Versioned;

mod cents {
    pub fn serialize<S: serde::Serializer>(price: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*price)
    }
}

#[derive(Versioned)]
#[serde(rename_all_fields = "camelCase")]
struct Product {
    #[versioned(serde)]
    #[serde(with = "cents")]
    price: u64,
}

fn main() {}
