use etag_core::Versioned;

#[derive(Versioned)]
#[serde(remote = "std::time::Duration")]
struct DurationDef {
    secs: u64,
    nanos: u32,
}

fn main() {}
