//! What a browser must be told before a script of another origin can use conditional requests.
//!
//! Without it a script can't read an `ETag`, and can't send `If-Match`. These fit `CorsLayer` of `tower-http`, which goes
//! around the router: refusals and 304s need the same headers.
//!
//! ```
//! use axum::{Router, body::Body, http::HeaderValue, routing::get};
//! use etag_core::axum::{EtagLayer, cors};
//! use http::Request;
//! use tower::ServiceExt;
//! use tower_http::cors::CorsLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cors = CorsLayer::new()
//!     .allow_origin(HeaderValue::from_static("https://app.example"))
//!     .allow_methods(cors::ALLOWED_METHODS)
//!     .allow_headers(cors::ALLOWED_HEADERS)
//!     .expose_headers(cors::EXPOSED_HEADERS);
//! let app = Router::new().route("/motd", get(|| async { "be kind" })).layer(EtagLayer::new()).layer(cors);
//!
//! let preflight = Request::options("/motd")
//!     .header("origin", "https://app.example")
//!     .header("access-control-request-method", "PUT")
//!     .header("access-control-request-headers", "content-type,if-match");
//! let allowed = app.clone().oneshot(preflight.body(Body::empty())?).await?;
//! assert!(allowed.headers()["access-control-allow-headers"].to_str()?.contains("if-match"));
//!
//! let request = Request::get("/motd").header("origin", "https://app.example").header("if-none-match", "*");
//! let answer = app.oneshot(request.body(Body::empty())?).await?;
//! assert_eq!(answer.status(), 304);
//! assert_eq!(answer.headers()["access-control-allow-origin"], "https://app.example");
//! assert!(answer.headers()["access-control-expose-headers"].to_str()?.contains("etag"));
//! # Ok(())
//! # }
//! ```

use http::Method;
use http::header::{
    ACCEPT_RANGES, CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED, LINK, LOCATION, RANGE,
    RETRY_AFTER,
};

/// The methods of guarded reads and writes, for `Access-Control-Allow-Methods`.
///
/// ```
/// use etag_core::axum::cors::ALLOWED_METHODS;
///
/// assert!(ALLOWED_METHODS.contains(&http::Method::PATCH));
/// ```
pub const ALLOWED_METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// What a request of ours says beside the headers that a script may send anyway, for `Access-Control-Allow-Headers`; add your
/// own to them, such as `Authorization`.
///
/// ```
/// use etag_core::axum::cors::ALLOWED_HEADERS;
///
/// let mut headers = ALLOWED_HEADERS.to_vec();
/// headers.push(http::header::AUTHORIZATION);
/// assert!(headers.contains(&http::header::IF_MATCH));
/// ```
pub const ALLOWED_HEADERS: [HeaderName; 9] = [
    CONTENT_TYPE,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    IF_UNMODIFIED_SINCE,
    HeaderName::from_static("prefer"),
    RANGE,
    HeaderName::from_static("want-repr-digest"),
];

/// What an answer of ours says and a script can't read unless it is named, for `Access-Control-Expose-Headers`.
///
/// ```
/// use etag_core::axum::cors::EXPOSED_HEADERS;
///
/// assert!(EXPOSED_HEADERS.contains(&http::header::ETAG));
/// ```
pub const EXPOSED_HEADERS: [HeaderName; 13] = [
    HeaderName::from_static("accept-patch"),
    ACCEPT_RANGES,
    HeaderName::from_static("already-applied"),
    CONTENT_LOCATION,
    CONTENT_RANGE,
    ETAG,
    LAST_MODIFIED,
    LINK,
    LOCATION,
    HeaderName::from_static("preference-applied"),
    HeaderName::from_static("repr-digest"),
    RETRY_AFTER,
    HeaderName::from_static("x-total-count"),
];
