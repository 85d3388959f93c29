use etag_core::Versioned;

#[derive(Versioned)]
#[versioned(crate = "my_etag")]
struct Article {
    title: String,
}

fn main() {}
