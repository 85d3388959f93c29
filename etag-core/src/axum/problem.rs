use axum::extract::FromRef;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

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

/// Every router can allow everything.
impl<S> FromRef<S> for Anyone {
    fn from_ref(_: &S) -> Self {
        Self::new()
    }
}
