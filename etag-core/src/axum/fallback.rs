//! A router's own refusals, as problems.

use axum::response::IntoResponse;
use http::{Method, Uri};

use crate::Problem;

/// Answers 404 with a problem: for `Router::fallback`.
///
/// ```
/// use axum::{Router, body::Body};
/// use etag_core::axum::not_found;
/// use http::Request;
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app: Router = Router::new().fallback(not_found);
/// let answer = app.oneshot(Request::get("/nowhere").body(Body::empty())?).await?;
/// assert_eq!(answer.status(), 404);
/// assert_eq!(answer.headers()["content-type"], "application/problem+json");
/// # Ok(())
/// # }
/// ```
pub async fn not_found() -> Problem {
    Problem::not_found()
}

/// Answers 405 with a problem, for `Router::method_not_allowed_fallback`; the router adds `Allow`.
///
/// ```
/// # use axum::Router;
/// # use axum::routing::get;
/// # use etag_core::axum::method_not_allowed;
/// # use http::Request;
/// # async fn send(app: &Router, request: http::request::Builder, body: &str) -> http::Response<String> {
/// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
/// #     let answer = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
/// #     let (parts, body) = answer.into_parts();
/// #     let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
/// #     http::Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new()
///     .route("/motd", get(|| async { "be kind" }))
///     .method_not_allowed_fallback(method_not_allowed);
/// let answer = send(&app, Request::delete("/motd"), "").await;
/// assert_eq!(answer.status(), 405);
/// assert_eq!(answer.headers()["allow"], "GET,HEAD");
/// assert_eq!(answer.headers()["content-type"], "application/problem+json");
/// # Ok(())
/// # }
/// ```
pub async fn method_not_allowed(method: Method, uri: Uri) -> impl IntoResponse {
    Problem::method_not_allowed(&format!(
        "`{}` has no method `{method}`; `Allow` names those it has",
        uri.path()
    ))
}
