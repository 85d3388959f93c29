use etag_core::{Database, Versioned};

mod hex {
    pub fn serialize<S: serde::Serializer>(id: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{id:x}"))
    }
}

#[derive(Versioned)]
#[versioned(store = Database)]
struct Asset {
    #[versioned(id)]
    #[serde(serialize_with = "hex::serialize")]
    id: u64,
    name: String,
}

fn main() {}
