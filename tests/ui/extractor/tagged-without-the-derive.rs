use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use etag_core::axum::Tagged;

struct Article {
    title: &'static str,
}

async fn show() -> Tagged<Article> {
    Tagged::new(Article { title: "RFC 9110" })
}

fn answer(article: Tagged<Article>) -> Response {
    article.into_response()
}

fn main() {
    let _: Router = Router::new().route("/article", get(show));
}
