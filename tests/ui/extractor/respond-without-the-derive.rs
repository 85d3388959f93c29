use axum::response::Response;
use etag_core::Preconditions;
use etag_core::axum::Tagged;

struct Article {
    title: &'static str,
}

async fn show(pre: Preconditions) -> Response {
    pre.respond(Tagged::new(Article { title: "RFC 9110" }))
}

fn main() {}
