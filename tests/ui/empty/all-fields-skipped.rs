use etag_core::Versioned;

#[derive(Versioned)]
struct Settings {
    #[versioned(skip)]
    theme: String,
    #[serde(skip)]
    cache: Vec<u8>,
}

fn main() {}
