use std::borrow::Cow;
use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A problem detail (RFC 9457): what an answer that is no success says in its body.
///
/// ```
/// use etag_core::Problem;
/// use http::StatusCode;
///
/// let problem = Problem::from(StatusCode::FORBIDDEN).detail("only the owner may retire an asset");
/// assert_eq!(
///     problem.to_json(),
///     r#"{"detail":"only the owner may retire an asset","status":403,"title":"Forbidden","type":"about:blank"}"#,
/// );
/// ```
///
/// The problems that this crate answers with have these types; the fragment of each one's `type` is the
/// heading here.
///
/// ## Not found
/// 404: nothing exists at this path.
/// ## Method not allowed
/// 405: the resource has no such method; `Allow` names those that it has.
/// ## Conflict
/// 409: the resource changed while the request was carried out, and the request had no `If-Match`
/// that could have said so. Send it again.
/// ## Test failed
/// 409: a `test` of a JSON Patch found another value. `operation` is its index, and `pointer` its place.
/// ## Precondition failed
/// 412: the resource is not in the state that the request requires. `ETag` and `etag` are the current tag, and
/// `reason` says why; GET it, apply the change again, and send that tag in `If-Match`.
///
/// Who may read it is told more where a PUT or a PATCH is refused. `changed` has JSON Pointers (RFC 6901) to the
/// members in which the current representation differs from what was submitted: from the value of a PUT, or from what
/// a patch would make of the current one. There are 100 at most, and `more` is true where others differ. With `Prefer:
/// return=representation` (RFC 7240, RFC 8144), `current` is the current representation.
/// [`Authorize::redacts`](crate::Authorize::redacts) keeps members out of both.
/// ## Content too large
/// 413: the body is larger than the service takes.
/// ## Unsupported media type
/// 415: the body's `Content-Type` is not one that the resource takes; `Accept-Patch` names those that PATCH
/// takes.
/// ## Range not satisfiable
/// 416: the representation ends before the `Range` begins; `Content-Range` says how long it is.
/// ## Invalid member
/// 422: the body is well-formed, and the member named by `member` is wrong. `operation` is the index of the operation
/// of a JSON Patch that is at fault, and `pointer` its place.
/// ## Precondition required
/// 428: a write needs the tag of the state that it changes, in `If-Match` (RFC 6585 §3).
/// ## Malformed request
/// 400: the path, the query string or the body can't be read.
/// ## Malformed precondition
/// 400: a conditional header can't be read, so the request is not carried out.
/// ## Contradicting preconditions
/// 400: the request names the required state twice, and differently.
/// ## Internal error
/// 500: the service failed; its log says how.
/// ## Unavailable
/// 503: the store is busy, or did not answer; what can safely be repeated may be sent again after `Retry-After` seconds.
#[derive(Debug, Clone)]
#[must_use]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    kind: Cow<'static, str>,
    title: Cow<'static, str>,
    detail: Option<String>,
    members: Map<String, Value>,
    /// A representation, each digit of it.
    raw: Option<(&'static str, Box<RawValue>)>,
    headers: HeaderMap,
}

impl Problem {
    /// A problem of a type of your own: an absolute URI that documents it (RFC 9457 §3.1.1).
    ///
    /// ```
    /// use etag_core::Problem;
    /// use http::StatusCode;
    ///
    /// let kind = "https://example.com/problems/out-of-stock";
    /// let problem = Problem::new(StatusCode::CONFLICT, kind, "Out of stock");
    /// let body = format!(r#"{{"status":409,"title":"Out of stock","type":"{kind}"}}"#);
    /// assert_eq!(problem.to_json(), body);
    /// ```
    pub fn new(
        status: StatusCode,
        kind: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Inner {
            status,
            kind: kind.into(),
            title: title.into(),
            detail: None,
            members: Map::new(),
            raw: None,
            headers: HeaderMap::new(),
        }))
    }

    /// A problem of this crate's, whose type is a heading in the documentation of [`Problem`].
    pub(crate) fn known(status: StatusCode, title: &'static str) -> Self {
        let heading = title.to_ascii_lowercase().replace(' ', "-");
        Self::new(status, format!("{DOCUMENTATION}#{heading}"), title)
    }

    /// What was wrong with this request, and what to do.
    ///
    /// ```
    /// use etag_core::Problem;
    /// use http::StatusCode;
    ///
    /// let problem = Problem::from(StatusCode::CONFLICT).detail("pump 7 is rented out");
    /// assert_eq!(problem.to_string(), "409 Conflict: pump 7 is rented out");
    /// ```
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// A further member, for machines (RFC 9457 §3.2).
    ///
    /// ```
    /// use etag_core::Problem;
    /// use http::StatusCode;
    ///
    /// let problem = Problem::from(StatusCode::CONFLICT).member("left", 3).member("status", 200);
    /// let body: serde_json::Value = serde_json::from_str(&problem.to_json())?;
    /// assert_eq!(body["left"], 3);
    /// assert_eq!(body["status"], 409); // what a problem has by itself is not replaced
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.into(), value.into());
        self
    }

    /// The same with a member of ours, as it stands; there is one at most.
    #[cfg(feature = "axum")]
    pub(crate) fn raw_member(mut self, name: &'static str, json: Box<RawValue>) -> Self {
        self.0.raw = Some((name, json));
        self
    }

    /// A header of the answer.
    ///
    /// ```
    /// use etag_core::Problem;
    /// use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
    ///
    /// let wait = |seconds| HeaderValue::from_static(seconds);
    /// let problem = Problem::from(StatusCode::SERVICE_UNAVAILABLE)
    ///     .header(RETRY_AFTER, wait("1"))
    ///     .header(RETRY_AFTER, wait("60"));
    /// assert!(problem.headers().get_all(RETRY_AFTER).iter().eq(["60"])); // the last one counts
    /// ```
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// The status of the answer.
    ///
    /// ```
    /// use etag_core::Problem;
    /// use http::StatusCode;
    ///
    /// assert_eq!(Problem::from(StatusCode::FORBIDDEN).status(), 403);
    /// ```
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The type: an absolute URI, or `about:blank` where the status says it all.
    ///
    /// ```
    /// use etag_core::Problem;
    /// use http::StatusCode;
    ///
    /// assert_eq!(Problem::from(StatusCode::FORBIDDEN).kind(), "about:blank");
    /// let own = Problem::new(StatusCode::FORBIDDEN, "https://example.com/quota", "Over quota");
    /// assert_eq!(own.kind(), "https://example.com/quota");
    /// ```
    pub fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The headers of the answer.
    ///
    /// ```
    /// use etag_core::Problem;
    /// use http::{HeaderValue, StatusCode, header::ALLOW};
    ///
    /// let problem = Problem::from(StatusCode::METHOD_NOT_ALLOWED);
    /// assert!(problem.headers().is_empty());
    /// let problem = problem.header(ALLOW, HeaderValue::from_static("GET"));
    /// assert_eq!(problem.headers()[ALLOW], "GET");
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The body, as `application/problem+json`.
    ///
    /// ```
    /// use etag_core::Problem;
    /// use http::StatusCode;
    ///
    /// let problem = Problem::from(StatusCode::NOT_FOUND).member("asset", 7);
    /// let body = r#"{"asset":7,"status":404,"title":"Not Found","type":"about:blank"}"#;
    /// assert_eq!(problem.to_json(), body);
    /// ```
    pub fn to_json(&self) -> String {
        let Inner { status, kind, title, detail, members, raw, .. } = &*self.0;
        let mut body = members.clone();
        body.insert("type".to_owned(), kind.as_ref().into());
        body.insert("title".to_owned(), title.as_ref().into());
        body.insert("status".to_owned(), status.as_u16().into());
        if let Some(detail) = detail {
            body.insert("detail".to_owned(), detail.as_str().into());
        }
        let Some((name, raw)) = raw else {
            return Value::Object(body).to_string();
        };
        // `Value` would round the numbers.
        body.remove(*name);
        let body = Value::Object(body).to_string();
        format!("{{\"{name}\":{raw},{}", &body[1..])
    }
}

/// What a store's failure is answered with.
impl Problem {
    /// What the operator must see, and the client must not (RFC 9457 §5).
    pub(crate) fn internal_error(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::known(StatusCode::INTERNAL_SERVER_ERROR, "Internal error")
            .detail("the service failed; its log says how")
    }

    pub(crate) fn unavailable(error: impl fmt::Display) -> Self {
        tracing::warn!(%error, "the store is busy");
        Self::unavailable_because("the store is busy; send the request again")
    }

    /// Whether it was carried out is not known: a client that can't repeat it safely looks first (RFC 9110 §9.2.2).
    pub(crate) fn unanswered(error: impl fmt::Display) -> Self {
        tracing::warn!(%error, "the store did not answer");
        Self::unavailable_because(
            "the store did not answer; a write may have been carried out: look before you send it again",
        )
    }

    fn unavailable_because(detail: &str) -> Self {
        Self::known(StatusCode::SERVICE_UNAVAILABLE, "Unavailable")
            .header(http::header::RETRY_AFTER, HeaderValue::from_static("1"))
            .detail(detail)
    }

    pub(crate) fn malformed_request(detail: impl AsRef<str>) -> Self {
        Self::known(StatusCode::BAD_REQUEST, "Malformed request").detail(cut(detail.as_ref()))
    }

    /// The same of something that stands at `path` in the body.
    #[cfg(feature = "axum")]
    pub(crate) fn at(mut self, path: &str) -> Self {
        let Inner { detail, members, .. } = &mut *self.0;
        if let Some(Value::String(member)) = members.get_mut("member") {
            *member = match &**member {
                "" => path.to_owned(),
                member => format!("{path}.{member}"),
            };
        }
        if let Some(detail) = detail {
            *detail = format!("{path}: {detail}");
        }
        self
    }
}

/// What a client sent is repeated to it in part only.
pub(crate) fn cut(text: &str) -> String {
    const MOST: usize = 400;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

const DOCUMENTATION: &str = "https://docs.rs/etag-core/latest/etag_core/struct.Problem.html";

/// The problem of a status that says it all, of type `about:blank` (RFC 9457 §4.2.1).
impl From<StatusCode> for Problem {
    fn from(status: StatusCode) -> Self {
        Self::new(status, "about:blank", status.canonical_reason().unwrap_or("Unknown status"))
    }
}

impl From<crate::InvalidSelection> for Problem {
    /// 400, with the query parameter at fault as the member `parameter`.
    fn from(error: crate::InvalidSelection) -> Self {
        Self::malformed_request(error.to_string()).member("parameter", cut(error.parameter()))
    }
}

impl From<crate::canonical::Error> for Problem {
    /// A value of ours that can't be written is no fault of the client's.
    fn from(error: crate::canonical::Error) -> Self {
        Self::internal_error(error)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.title)?;
        match &self.0.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}
