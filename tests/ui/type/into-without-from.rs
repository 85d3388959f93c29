use etag_core::Versioned;

#[derive(Versioned)]
struct Wire {
    name: String,
}

#[derive(Clone, Versioned)]
#[serde(into = "Wire")]
struct Product {
    name: String,
}

fn main() {}
