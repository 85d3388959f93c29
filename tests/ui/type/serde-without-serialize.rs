use etag_core::Versioned;

struct Money {
    cents: u64,
}

#[derive(Versioned)]
struct Product {
    name: String,
    #[versioned(serde)]
    price: Money,
}

fn main() {}
