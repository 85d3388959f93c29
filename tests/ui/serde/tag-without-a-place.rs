use etag_core::Versioned;

#[derive(Versioned)]
#[serde(tag = "type")]
enum Shape {
    Point,
    Line(f64, f64),
}

fn main() {}
