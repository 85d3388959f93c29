use etag_core::Versioned;

struct Money(f64);

#[derive(Versioned)]
enum Event {
    Started,
    Paid(Money),
    Refunded { amount: Money, reason: String },
}

fn main() {}
