use etag_core::Versioned;

#[derive(Versioned)]
#[versioned(crate = "my-etag")]
struct Article {
    title: String,
}

fn main() {}
