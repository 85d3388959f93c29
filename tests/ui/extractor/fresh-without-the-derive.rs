use etag_core::axum::Fresh;

struct Article {
    title: String,
}

async fn show(_: Fresh<Article>) {}

fn main() {}
