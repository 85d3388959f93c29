//! The services that are asked: with tags, and without.

use std::hint::black_box;

use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::response::AppendHeaders;
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};
use etag_core::axum::{EtagLayer, Fresh, Tagged, Update};
use etag_core::{Database, Resource, StateTag, Versioned};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::models::{Large, Medium, Small};
use crate::race::Calls;

/// A value that is sent again and again.
pub trait Sample: Serialize + Versioned + Send + Sync + 'static {}

impl<T: Serialize + Versioned + Send + Sync + 'static> Sample for T {}

/// JSON as axum sends it, without a tag.
pub fn json<T: Sample>(value: &'static T) -> Router {
    Router::new().route("/value", get(async move || Json(value)))
}

/// The same with its tag.
pub fn tagged<T: Sample>(value: &'static T) -> Router {
    Router::new().route("/value", get(async move || Tagged::new(value)))
}

/// Octets that are ready, with their hash as a tag: no answer that is hashed does less.
pub fn hashed(json: &'static [u8]) -> Router {
    let show = async move || {
        let state = StateTag::from_hash(Sha256::digest(json).into());
        let content_type = (header::CONTENT_TYPE, "application/json".to_owned());
        ([content_type, (header::ETAG, format!("\"{state}\""))], json)
    };
    Router::new().route("/value", get(show))
}

/// A 304 to whoever asks, from a route with a key: no 304 from a store does less.
pub fn not_modified() -> Router {
    let show = async |Path(key): Path<String>, headers: HeaderMap| {
        black_box(key);
        let headers = [headers.get(header::IF_NONE_MATCH).map(|tag| (header::ETAG, tag.clone()))];
        (StatusCode::NOT_MODIFIED, AppendHeaders(headers.into_iter().flatten()))
    };
    Router::new().route("/values/{id}", get(show))
}

/// JSON as axum sends it, under this library's layer.
pub fn layered<T: Sample>(value: &'static T) -> Router {
    json(value).layer(EtagLayer::new())
}

/// JSON as axum sends it, under rustango's layer.
#[cfg(feature = "rustango")]
pub fn rustango<T: Sample>(value: &'static T) -> Router {
    use rustango::etag::{EtagLayer, EtagRouterExt as _};
    json(value).etag(EtagLayer::new())
}

/// A value in memory, where a client asks whether it is still current.
pub trait Stored: Resource {
    /// What reads it, and what stores it.
    fn routes() -> MethodRouter<Database>;
}

macro_rules! stored {
    ($($type:ty)*) => {$(
        impl Stored for $type {
            fn routes() -> MethodRouter<Database> {
                let read = |value: Fresh<$type>| async { Tagged::from(value) };
                get(read).put(|value: Update<$type>| async { value.save().await })
            }
        }
    )*};
}

stored!(Small Medium Large);

/// A service with a value in its database: where that is, and its tag.
pub async fn fresh<T>(database: Database, value: &T) -> (Router, Uri, HeaderValue)
where
    T: Stored + Resource<Key = String> + Serialize,
{
    let router = Router::new().route("/values/{id}", T::routes()).with_state(database);
    let key = value.key().expect("the value has its key");
    let uri: Uri = format!("/values/{key}").parse().expect("the key needs no escapes");
    let body = serde_json::to_vec(value).expect("the value is JSON");
    let request =
        Request::put(uri.clone()).header(header::CONTENT_TYPE, "application/json").body(Body::from(body));
    let (status, tag) = exchange(&router, request.expect("the path is one")).await;
    assert_eq!(status, StatusCode::CREATED);
    (router, uri, tag.expect("it has a tag"))
}

/// Listens on a port of its own; says where: `http://127.0.0.1:PORT`.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// Where the services without a database have their value.
pub fn value_uri() -> Uri {
    Uri::from_static("/value")
}

/// Asks for a path, and reads the whole answer.
pub async fn ask(router: &Router, uri: &Uri, tag: Option<&HeaderValue>) -> StatusCode {
    let mut request = Request::new(Body::empty());
    request.uri_mut().clone_from(uri);
    if let Some(tag) = tag {
        request.headers_mut().insert(header::IF_NONE_MATCH, tag.clone());
    }
    exchange(router, request).await.0
}

/// Asks a service again and again.
pub fn asking(runtime: &Runtime, router: Router, uri: Uri, tag: Option<HeaderValue>) -> Calls<'_> {
    let expected = if tag.is_some() { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    Box::new(move |count| {
        runtime.block_on(async {
            for _ in 0..count {
                assert_eq!(ask(&router, &uri, tag.as_ref()).await, expected);
            }
        });
    })
}

/// The tag that a service answers with.
pub async fn tag_of(router: &Router, uri: &Uri) -> HeaderValue {
    let mut request = Request::new(Body::empty());
    request.uri_mut().clone_from(uri);
    exchange(router, request).await.1.expect("it has a tag")
}

async fn exchange(router: &Router, request: Request<Body>) -> (StatusCode, Option<HeaderValue>) {
    let answer = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    let (mut parts, body) = answer.into_parts();
    to_bytes(body, usize::MAX).await.expect("the body is in memory");
    (parts.status, parts.headers.remove(header::ETAG))
}
