use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_LOCATION, ETAG, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::content_coding::vary;
use super::rendered::{answer, date_headers};
use super::replay::already_applied;
use crate::outline::Outline;
use crate::{EntityTag, Problem, Validators};

/// Why an extractor lets no handler run: the client's copy is current, the resource is deleted already, or there is
/// a problem.
///
/// ```
/// use axum::response::IntoResponse;
/// use etag_core::axum::Refusal;
/// use http::StatusCode;
///
/// let forbidden = Refusal::from(StatusCode::FORBIDDEN); // `?` does so
/// assert!(matches!(forbidden, Refusal::Problem(_)));
/// let again = Refusal::AlreadyApplied.into_response();
/// assert_eq!(again.status(), StatusCode::NO_CONTENT);
/// assert_eq!(again.headers()["already-applied"], "?1");
/// ```
#[derive(Debug)]
#[must_use]
pub enum Refusal {
    /// 304 (RFC 9110 §15.4.5).
    NotModified(NotModified),
    /// 204 with `Already-Applied: ?1`: a DELETE that had been carried out before
    /// ([`Replay::Accept`](crate::Replay::Accept)).
    AlreadyApplied,
    /// Any other answer that is no success.
    Problem(Problem),
}

/// The headers of a 304: those of the 200 that caches merge, without the content's own.
///
/// ```
/// use axum::response::IntoResponse;
/// use etag_core::axum::Refusal;
/// use etag_core::{EntityTag, Preconditions, Validators};
/// use http::{HeaderMap, HeaderValue, Method, header::IF_NONE_MATCH};
///
/// let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(r#""v1""#))]);
/// let pre = Preconditions::from_parts(&Method::GET, &headers)?;
/// let current = Validators::from(EntityTag::strong("v1")?);
/// let Err(Refusal::NotModified(not_modified)) = pre.check(Some(&current)) else { panic!() };
/// let answer = Refusal::NotModified(not_modified).into_response();
/// assert_eq!(answer.status(), 304);
/// assert_eq!(answer.headers()["etag"], r#""v1""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct NotModified(HeaderMap);

impl NotModified {
    /// A date is representation metadata, and only sent where no tag is (§15.4.5).
    pub(crate) fn new(
        validators: Validators,
        content_location: Option<HeaderValue>,
        outline: &Outline,
    ) -> Self {
        let mut headers = HeaderMap::new();
        cache_headers(&mut headers, outline);
        match (validators.etag, &validators.last_modified) {
            (Some(etag), _) => drop(headers.insert(ETAG, etag.into_header_value())),
            (None, Some(date)) => date_headers(&mut headers, date),
            (None, None) => {}
        }
        if let Some(location) = content_location {
            headers.insert(CONTENT_LOCATION, location);
        }
        Self(headers)
    }

    /// The same with the tag that the client has, if it has another one of the same: a cache finds what it keeps by it
    /// (RFC 9111 §4.3.4).
    pub(super) fn naming(mut self, held: Option<&EntityTag>) -> Self {
        if let Some(held) = held {
            self.0.insert(ETAG, held.to_header_value());
            vary(&mut self.0);
        }
        self
    }

    /// The same with further headers of the 200.
    pub(super) fn with(mut self, headers: HeaderMap) -> Self {
        self.0.extend(headers);
        self
    }
}

/// What a 304 repeats of the 200 (RFC 9110 §15.4.5), as far as the type says it.
pub(super) fn cache_headers(headers: &mut HeaderMap, outline: &Outline) {
    // Never share what may be one user's (RFC 9111 §5.2.2.7), and ask each time whether it is current (§5.2.2.4).
    let cache_control = outline.cache_control.unwrap_or("private, no-cache");
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
    for names in &outline.vary {
        headers.append(VARY, HeaderValue::from_static(names));
    }
}

/// No content, and no length of it: a router would make `Content-Length: 0` of an empty body, which in a
/// 304 is said of the 200 (RFC 9110 §8.6).
pub(super) struct NoContent;

impl HttpBody for NoContent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NotModified(NotModified(headers)) => {
                answer(StatusCode::NOT_MODIFIED, headers, Body::new(NoContent))
            }
            Self::AlreadyApplied => (StatusCode::NO_CONTENT, already_applied()).into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

impl<P: Into<Problem>> From<P> for Refusal {
    fn from(problem: P) -> Self {
        Self::Problem(problem.into())
    }
}
