//! `EtagLayer` around ordinary handlers: what it tags, what it leaves alone, and what it holds back.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use etag_core::StateTag;
use etag_core::axum::EtagLayer;
use futures_util::{StreamExt, stream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{Request, StatusCode};
use sha2::{Digest, Sha256};
use tests::call;
use tower::ServiceExt;

fn tag_of(body: &[u8]) -> String {
    format!("\"{}\"", StateTag::from_hash(Sha256::digest(body).into()))
}

fn layered(path: &str, handler: axum::routing::MethodRouter) -> Router {
    Router::new().route(path, handler).layer(EtagLayer::new())
}

#[tokio::test]
async fn a_body_is_tagged_with_its_hash_and_known_by_it() {
    let app = layered("/", get(async || Json([2, 3, 5])));
    let first = call(&app, "GET", "/", &[], "").await;
    assert_eq!((first.status, first.header("etag")), (200, tag_of(b"[2,3,5]").as_str()));
    for condition in [first.header("etag"), &format!("W/{}", first.header("etag")), "*"] {
        for method in ["GET", "HEAD"] {
            let again = call(&app, method, "/", &[("if-none-match", condition)], "").await;
            assert_eq!((again.status, again.text()), (304, ""), "{method} {condition}");
            assert_eq!(again.header("etag"), first.header("etag"));
        }
    }
    let other = call(&app, "GET", "/", &[("if-none-match", "\"other\"")], "").await;
    assert_eq!(other, first);
    let head = call(&app, "HEAD", "/", &[], "").await;
    assert_eq!((head.status, &head.headers, head.text()), (200, &first.headers, ""));
}

#[tokio::test]
async fn a_304_keeps_every_header_that_is_not_the_contents() {
    let headers = [("vary", "origin"), ("access-control-allow-origin", "*"), ("content-language", "de")];
    let app = layered("/", get(async move || (headers, "text")));
    let tag = call(&app, "GET", "/", &[], "").await.header("etag").to_owned();
    let again = call(&app, "GET", "/", &[("if-none-match", &tag)], "").await;
    assert_eq!(again.status, 304);
    let mut names: Vec<&str> = again.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["access-control-allow-origin", "etag", "vary"]);
}

#[tokio::test]
async fn what_is_no_200_to_a_read_is_left_alone() {
    let ran = Arc::new(AtomicUsize::new(0));
    let counted = ran.clone();
    let app = Router::new()
        .route("/created", get(async || (StatusCode::CREATED, "made")))
        .route("/part", get(async || (StatusCode::PARTIAL_CONTENT, "par")))
        .route("/missing", get(async || (StatusCode::NOT_FOUND, "none")))
        .route("/secret", get(async || ([(CACHE_CONTROL, "private, No-Store")], "secret")))
        .route("/events", get(async || ([(CONTENT_TYPE, "text/event-stream; charset=utf-8")], "data: 1\n\n")))
        .route("/post", post(async move || counted.fetch_add(1, Ordering::SeqCst).to_string()))
        .layer(EtagLayer::new());
    for path in ["/created", "/part", "/missing", "/secret", "/events"] {
        let answer = call(&app, "GET", path, &[("if-none-match", "*")], "").await;
        assert!(answer.header("etag").is_empty() && answer.status != 304, "{path}");
    }
    let posted = call(&app, "POST", "/post", &[("if-match", "\"other\""), ("if-none-match", "*")], "").await;
    assert_eq!((posted.status, posted.text(), posted.header("etag")), (200, "0", ""));
}

#[tokio::test]
async fn if_match_is_not_evaluated_behind_a_handler() {
    let app = layered("/", get(async || "text"));
    let answer = call(&app, "GET", "/", &[("if-match", "\"other\"")], "").await;
    assert_eq!((answer.status, answer.text()), (200, "text"));
}

#[tokio::test]
async fn a_tag_of_the_handlers_own_is_kept_whatever_its_length() {
    let long = format!("\"{}\"", "v".repeat(5_000));
    let own = long.clone();
    let app = Router::new()
        .route("/own", get(async move || ([(ETAG, own)], "text")))
        .route("/bare", get(async || ([(ETAG, "v1")], "text")))
        .layer(EtagLayer::new());
    let answer = call(&app, "GET", "/own", &[], "").await;
    assert_eq!((answer.status, answer.header("etag")), (200, long.as_str()));
    assert_eq!(call(&app, "GET", "/own", &[("if-none-match", &long)], "").await.status, 304);
    let bare = call(&app, "GET", "/bare", &[("if-none-match", "*")], "").await;
    assert_eq!((bare.status, bare.header("etag"), bare.text()), (200, "v1", "text"));
}

#[tokio::test]
async fn a_body_that_breaks_off_breaks_off_for_the_client_too() {
    async fn broken() -> Body {
        let chunks = [Ok(Bytes::from("half")), Err(std::io::Error::other("disk"))];
        Body::from_stream(stream::iter(chunks))
    }
    let app = layered("/", get(broken));
    let answer = app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    assert!(answer.headers().get(ETAG).is_none());
    let mut body = answer.into_body().into_data_stream();
    assert_eq!(body.next().await.unwrap().unwrap(), "half");
    assert!(body.next().await.unwrap().is_err());
}

const CHUNK: usize = 16 << 10;

/// So many chunks, which are counted as they are made.
fn counted(made: Arc<AtomicUsize>, chunks: usize) -> Response {
    let chunk = move || {
        let number = made.fetch_add(1, Ordering::SeqCst);
        Ok::<_, Infallible>(Bytes::from(vec![number as u8; CHUNK]))
    };
    Body::from_stream(stream::repeat_with(chunk).take(chunks)).into_response()
}

async fn streamed(chunks: usize) -> (Response, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = made.clone();
    let app = layered("/", get(async move || counted(counter.clone(), chunks)));
    let answer = app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    (answer, made)
}

#[tokio::test]
async fn a_body_of_unknown_length_below_the_cap_is_tagged() {
    let (answer, _) = streamed(64).await;
    let tag = answer.headers()[ETAG].to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    assert_eq!((body.len(), tag), (1 << 20, tag_of(&body)));
}

#[tokio::test]
async fn a_long_body_passes_in_constant_memory() {
    let (answer, made) = streamed(640).await;
    assert!(answer.headers().get(ETAG).is_none());
    // What was held back: the cap, and the chunk that went beyond it.
    assert_eq!(made.load(Ordering::SeqCst), 65);
    let mut body = answer.into_body().into_data_stream();
    let mut length = 0;
    while let Some(chunk) = body.next().await {
        let number = length / CHUNK;
        assert!(chunk.unwrap().iter().all(|byte| *byte == number as u8));
        length += CHUNK;
        assert!(made.load(Ordering::SeqCst) <= 65.max(number + 1), "no chunk is made before it is asked for");
    }
    assert_eq!(length, 10 << 20);
}

#[tokio::test]
async fn an_endless_body_passes_in_constant_memory() {
    let (answer, made) = streamed(usize::MAX).await;
    let mut body = answer.into_body().into_data_stream();
    for number in 0..10_000_usize {
        assert_eq!(body.next().await.unwrap().unwrap()[0], number as u8);
    }
    assert_eq!(made.load(Ordering::SeqCst), 10_000);
}

#[tokio::test]
async fn a_body_that_announces_more_than_the_cap_is_not_held_back() {
    let app = Router::new().route("/", get(async || "12345")).layer(EtagLayer::new().cap(4));
    assert_eq!(call(&app, "GET", "/", &[], "").await.header("etag"), "");
    let app = Router::new().route("/", get(async || "1234")).layer(EtagLayer::new().cap(4));
    assert_eq!(call(&app, "GET", "/", &[], "").await.header("etag"), tag_of(b"1234"));
}
