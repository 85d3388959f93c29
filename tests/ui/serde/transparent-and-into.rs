use etag_core::Versioned;

#[derive(Clone, Versioned)]
#[serde(transparent, into = "u64")]
struct Meters {
    value: u64,
}

impl From<Meters> for u64 {
    fn from(meters: Meters) -> Self {
        meters.value
    }
}

fn main() {}
