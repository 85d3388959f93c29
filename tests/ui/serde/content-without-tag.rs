use etag_core::Versioned;

#[derive(Versioned)]
#[serde(content = "data")]
enum Shape {
    Point,
    Circle(f64),
}

fn main() {}
