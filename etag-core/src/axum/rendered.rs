//! An answer whose body and tags are made, and the form that the request asks for.

use std::ops::RangeInclusive;
use std::time::SystemTime;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ACCEPT_RANGES, CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, HeaderName, LAST_MODIFIED, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256, Sha512};

use super::Refusal;
use super::refusal::{NoContent, NotModified, cache_headers};
use crate::outline::Outline;
use crate::preconditions::Asked;
use crate::{Algorithm, EntityTag, LastModified, Part, Problem, Return, Validators};

/// An answer that can be sent.
pub(super) struct Rendered {
    pub(super) outline: &'static Outline,
    pub(super) validators: Validators,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) asked: Option<Asked>,
    pub(super) digest: Option<Algorithm>,
    pub(super) sent: Option<Bytes>,
    pub(super) body: Vec<u8>,
}

impl Rendered {
    /// 304; `held` is the client's tag, where it is another one than this.
    pub(super) fn into_not_modified(self, held: Option<EntityTag>) -> Refusal {
        let location = self.headers.get(CONTENT_LOCATION).cloned();
        let not_modified = NotModified::new(self.validators, location, self.outline);
        Refusal::NotModified(not_modified.naming(held.as_ref()))
    }

    /// Which part of the representation the request asks for, where it can ask for one.
    fn part(&self) -> Part {
        match &self.asked {
            Some(asked) if self.status == StatusCode::OK => {
                asked.part(&self.validators, self.body.len() as u64)
            }
            _ => Part::All,
        }
    }

    /// What the answer of a write shows, where the client says it.
    fn returned(&self) -> Option<Return> {
        let asked = self.asked.as_ref().filter(|asked| !asked.selects())?;
        asked.preferences.returned()
    }

    /// The headers of a 200, and of the 206 for a part of it (RFC 9110 §15.3.7).
    fn headers(&mut self) -> HeaderMap {
        let mut headers = std::mem::take(&mut self.headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        cache_headers(&mut headers, self.outline);
        match &self.asked {
            Some(asked) if asked.selects() && self.status == StatusCode::OK => {
                headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
            }
            // A cache that keeps the answer of a write keeps what one client preferred (RFC 7240 §2).
            Some(asked) if !asked.selects() => drop(headers.append(VARY, PREFER)),
            _ => {}
        }
        let wanted = self.asked.as_ref().and_then(|asked| asked.preferences.digest());
        if let Some(algorithm) = self.digest.or(wanted) {
            headers.insert(REPR_DIGEST, digest(algorithm, &self.body));
        }
        self.add_validators(&mut headers);
        headers
    }

    fn add_validators(&mut self, headers: &mut HeaderMap) {
        if let Some(etag) = self.validators.etag.take() {
            headers.insert(ETAG, etag.into_header_value());
        }
        if let Some(date) = &self.validators.last_modified {
            date_headers(headers, date);
        }
    }

    fn whole(mut self) -> Response {
        let mut headers = self.headers();
        if self.returned() == Some(Return::Representation) {
            headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("return=representation"));
        }
        answer(self.status, headers, Body::from(self.body))
    }

    fn bytes(mut self, range: RangeInclusive<u64>) -> Response {
        let mut headers = self.headers();
        let (first, last, length) = (*range.start(), *range.end(), self.body.len());
        headers.insert(CONTENT_RANGE, content_range(&format!("{first}-{last}/{length}")));
        // A range that is satisfied lies within the body, whose length is a `usize`.
        let part = Bytes::from(self.body).slice(first as usize..=last as usize);
        answer(StatusCode::PARTIAL_CONTENT, headers, Body::from(part))
    }

    fn unsatisfiable(self) -> Response {
        let length = self.body.len();
        let detail = format!("the representation has {length} bytes, and ends before the range begins");
        let problem = Problem::range_not_satisfiable(detail);
        problem.header(CONTENT_RANGE, content_range(&format!("*/{length}"))).into_response()
    }

    /// What a write made, without showing it (RFC 7240 §4.2).
    fn minimal(mut self) -> Response {
        let mut headers = std::mem::take(&mut self.headers);
        cache_headers(&mut headers, self.outline);
        headers.append(VARY, PREFER);
        headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("return=minimal"));
        // A validator would say that what was sent is what a GET shows (RFC 9110 §9.3.4).
        if self.sent.as_ref().is_none_or(|sent| *sent == self.body) {
            self.add_validators(&mut headers);
        }
        // Nothing is enclosed that could be said to be the representation.
        headers.remove(CONTENT_LOCATION);
        match self.status {
            StatusCode::CREATED => answer(StatusCode::CREATED, headers, Body::empty()),
            _ => answer(StatusCode::NO_CONTENT, headers, Body::new(NoContent)),
        }
    }
}

impl IntoResponse for Rendered {
    fn into_response(self) -> Response {
        if self.returned() == Some(Return::Minimal) {
            return self.minimal();
        }
        match self.part() {
            Part::All => self.whole(),
            Part::Bytes(range) => self.bytes(range),
            Part::Unsatisfiable => self.unsatisfiable(),
        }
    }
}

/// An answer of these parts, none of which is copied.
pub(super) fn answer(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// `bytes 0-9/100`, or `bytes */100` (RFC 9110 §14.4).
fn content_range(range: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("bytes {range}")).unwrap_or(HeaderValue::from_static("bytes */*"))
}

/// `sha-256=:…:` (RFC 9530 §3).
fn digest(algorithm: Algorithm, body: &[u8]) -> HeaderValue {
    let text = match algorithm {
        Algorithm::Sha256 => format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body))),
        Algorithm::Sha512 => format!("sha-512=:{}:", STANDARD.encode(Sha512::digest(body))),
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// `Last-Modified`, and the `Date` that it is not later than (RFC 9110 §8.8.2.1): a server's own may lag
/// behind.
pub(super) fn date_headers(headers: &mut HeaderMap, modified: &LastModified) {
    let now = SystemTime::now();
    headers.insert(LAST_MODIFIED, modified.to_header_value(now));
    headers.insert(DATE, LastModified::from(now).to_header_value(now));
}

pub(super) const PREFER: HeaderValue = HeaderValue::from_static("Prefer");
pub(super) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
