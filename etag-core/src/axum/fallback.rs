//! A router's own refusals, as problems.

use axum::response::IntoResponse;
use http::{Method, Uri};

use crate::Problem;

/// Answers 404 with a problem: for `Router::fallback`.
///
/// ```
/// use axum::Router;
/// use etag_core::axum::{method_not_allowed, not_found};
///
/// let router: Router = Router::new().fallback(not_found).method_not_allowed_fallback(method_not_allowed);
/// # drop(router);
/// ```
pub async fn not_found() -> Problem {
    Problem::not_found()
}

/// Answers 405 with a problem, for `Router::method_not_allowed_fallback`; the router adds `Allow`.
pub async fn method_not_allowed(method: Method, uri: Uri) -> impl IntoResponse {
    Problem::method_not_allowed(&format!(
        "`{}` has no method `{method}`; `Allow` names those it has",
        uri.path()
    ))
}
