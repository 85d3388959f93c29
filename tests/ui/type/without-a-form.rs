use etag_core::Versioned;

struct Money {
    cents: u64,
}

#[derive(Versioned)]
struct Product {
    name: String,
    price: Money,
}

fn main() {}
