use etag_core::Versioned;

#[derive(Versioned)]
#[serde(tag = "type", untagged)]
enum Shape {
    Point,
}

fn main() {}
