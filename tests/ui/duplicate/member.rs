use etag_core::Versioned;

#[derive(Versioned)]
struct Article {
    title: String,
    #[serde(rename = "title")]
    headline: String,
}

fn main() {}
