use std::time::SystemTime;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_LOCATION, ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::{Problem, Validators};

/// Why an extractor lets no handler run: the client's copy is current, or there is a problem.
#[derive(Debug)]
#[must_use]
pub enum Refusal {
    /// 304 (RFC 9110 §15.4.5).
    NotModified(NotModified),
    /// Any other answer that is no success.
    Problem(Problem),
}

/// The headers of a 304: those of the 200 that caches merge, without the content's own.
#[derive(Debug)]
pub struct NotModified(HeaderMap);

impl NotModified {
    /// A date is representation metadata, and only sent where no tag is (§15.4.5).
    pub(crate) fn new(validators: &Validators, content_location: Option<&HeaderValue>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, PRIVATE);
        match (&validators.etag, &validators.last_modified) {
            (Some(etag), _) => headers.insert(ETAG, etag.to_header_value()),
            (None, Some(date)) => headers.insert(LAST_MODIFIED, date.to_header_value(SystemTime::now())),
            (None, None) => None,
        };
        if let Some(location) = content_location {
            headers.insert(CONTENT_LOCATION, location.clone());
        }
        Self(headers)
    }
}

/// Never share what may be one user's (RFC 9111 §5.2.2.7), and ask each time whether it is current (§5.2.2.4).
pub(super) const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NotModified(NotModified(headers)) => (StatusCode::NOT_MODIFIED, headers).into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

impl<P: Into<Problem>> From<P> for Refusal {
    fn from(problem: P) -> Self {
        Self::Problem(problem.into())
    }
}
