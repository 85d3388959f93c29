//! The services that are asked: with tags, and without.

use axum::body::{Body, to_bytes};
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};
use etag_core::axum::{EtagLayer, Fresh, Tagged, Update};
use etag_core::{Database, Resource, Versioned};
use http::{HeaderValue, Request, StatusCode, Uri, header};
use serde::Serialize;
use tower::ServiceExt as _;

use crate::models::{Large, Medium, Small};

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

async fn exchange(router: &Router, request: Request<Body>) -> (StatusCode, Option<HeaderValue>) {
    let answer = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    let (mut parts, body) = answer.into_parts();
    to_bytes(body, usize::MAX).await.expect("the body is in memory");
    (parts.status, parts.headers.remove(header::ETAG))
}
