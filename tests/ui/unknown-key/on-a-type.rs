use etag_core::Versioned;

#[derive(Versioned)]
#[versioned(epcoh = 2)]
struct Article {
    title: String,
}

fn main() {}
