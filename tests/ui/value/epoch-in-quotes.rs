use etag_core::Versioned;

#[derive(Versioned)]
#[versioned(epoch = "2")]
struct Article {
    title: String,
}

fn main() {}
