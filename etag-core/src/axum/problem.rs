use axum::extract::FromRef;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use crate::problem::cut;
use crate::{Anyone, Problem};

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.to_json()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.extend(self.headers().clone());
        response
    }
}

/// What a request is refused with; each type is documented at [`Problem`].
impl Problem {
    pub(super) fn not_found() -> Self {
        Self::known(StatusCode::NOT_FOUND, "Not found").detail("nothing exists at this path")
    }

    pub(super) fn method_not_allowed(detail: &str) -> Self {
        Self::known(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed").detail(cut(detail))
    }

    pub(super) fn conflict() -> Self {
        Self::known(StatusCode::CONFLICT, "Conflict")
            .detail("the resource changed while the request was carried out; send it again")
    }

    pub(super) fn test_failed(detail: impl AsRef<str>) -> Self {
        Self::known(StatusCode::CONFLICT, "Test failed").detail(cut(detail.as_ref()))
    }

    pub(super) fn precondition_failed(reason: &'static str, detail: impl Into<String>) -> Self {
        Self::known(StatusCode::PRECONDITION_FAILED, "Precondition failed")
            .member("reason", reason)
            .detail(detail)
    }

    pub(super) fn range_not_satisfiable(detail: impl Into<String>) -> Self {
        Self::known(StatusCode::RANGE_NOT_SATISFIABLE, "Range not satisfiable").detail(detail)
    }

    pub(super) fn content_too_large() -> Self {
        Self::known(StatusCode::PAYLOAD_TOO_LARGE, "Content too large")
            .detail("the body is larger than this service takes")
    }

    pub(super) fn unsupported_media_type(wanted: &str) -> Self {
        Self::known(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type").detail(format!(
            "send the body as `{}`, and say so in `Content-Type`",
            wanted.replace(", ", "` or `")
        ))
    }

    pub(super) fn invalid_member(member: &str, detail: impl AsRef<str>) -> Self {
        Self::known(StatusCode::UNPROCESSABLE_ENTITY, "Invalid member")
            .member("member", cut(member))
            .detail(cut(detail.as_ref()))
    }

    pub(super) fn precondition_required(detail: impl Into<String>) -> Self {
        Self::known(StatusCode::PRECONDITION_REQUIRED, "Precondition required")
            .header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
            .detail(detail)
    }

    pub(super) fn malformed_precondition(detail: impl Into<String>) -> Self {
        Self::known(StatusCode::BAD_REQUEST, "Malformed precondition").detail(detail)
    }

    pub(super) fn contradicting_preconditions(detail: impl Into<String>) -> Self {
        Self::known(StatusCode::BAD_REQUEST, "Contradicting preconditions").detail(detail)
    }
}

/// Every router can allow everything.
impl<S> FromRef<S> for Anyone {
    fn from_ref(_: &S) -> Self {
        Self
    }
}
