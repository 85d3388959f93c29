use etag_core::Versioned;

#[derive(Versioned)]
union Number {
    integer: u64,
    float: f64,
}

fn main() {}
