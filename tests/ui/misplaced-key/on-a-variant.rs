use etag_core::Versioned;

#[derive(Versioned)]
enum Status {
    Active,
    #[versioned(skip)]
    Retired,
}

fn main() {}
