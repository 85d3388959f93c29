use etag_core::Versioned;

#[derive(Versioned)]
enum Shape {
    Point,
    Circle(f64),
}

fn main() {}
