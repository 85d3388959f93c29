use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use http::{Method, Request, StatusCode};
use http_body::{Frame, SizeHint};
use tower_layer::Layer;
use tower_service::Service;

use super::content_coding::{Uncoded, coding, vary};
use super::refusal::NoContent;
use super::withheld_range::WithheldRange;
use crate::{EntityTag, Outcome, Preconditions, StateTag, Tolerate, Validators};

/// Tags what a handler that knows nothing of versions answers, and answers 304 to whoever has it.
///
/// The tag is the SHA-256 of the body; a tag that the handler set is kept. Only 200s to GET and HEAD are tagged, and not
/// those that say `no-store`. A body that is longer than [`cap`](Self::cap) streams through untouched, and so do events
/// (`text/event-stream`). Any other body is held back until it ends or exceeds the cap: a slow stream is to say
/// `no-store`. `If-Match` is not evaluated: a handler has run by then.
///
/// # What a handler does not see
///
/// A handler that does not know the tag can't judge what names it. On GET and HEAD it sees no `If-Modified-Since` beside
/// `If-None-Match` (RFC 9110 §13.1.3), and no `Range` under an `If-Range` with a tag: it answers with the whole, which is
/// always right (§14.2), and no client puts together parts of two versions. What answers by [`Preconditions`], as
/// [`Fresh`](super::Fresh) and all others here do, judges the range by the tag of its own, and sends the part.
///
/// # Around a compressor
///
/// Compressed bytes need a strong tag of their own (RFC 9110 §8.8.3.3). This layer outside of a compressor gives it to
/// them, whoever made the tag: `"S"` is sent as `"S+gzip"` with a `Content-Encoding: gzip`, and read as `"S"` again on its way
/// in, in `If-Match` and, where `Accept-Encoding` allows that coding, in `If-None-Match`. In `If-Range` it is not, for a
/// part is one of the bytes as they are: the answer is the whole. Weak tags stay as they are, a tag of several codings
/// becomes weak, and what is compressed and not tagged stays so: a second `EtagLayer` inside of the compressor tags it.
///
/// A tag of a user's own may end in `+gzip` by itself; the handler is then sent both readings, and one of them is its
/// own. Only `"…+gzip"` around what looks like a [state](StateTag), a number or 43 characters of base64url, is read
/// as ours.
///
/// ```
/// use axum::body::Body;
/// use axum::{Json, Router, routing::get};
/// use etag_core::axum::EtagLayer;
/// use http::{Request, header::{ETAG, IF_NONE_MATCH}};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/primes", get(|| async { Json([2, 3, 5]) })).layer(EtagLayer::new());
/// let first = app.clone().oneshot(Request::get("/primes").body(Body::empty())?).await?;
/// let again = Request::get("/primes").header(IF_NONE_MATCH, &first.headers()[ETAG]);
/// assert_eq!(app.oneshot(again.body(Body::empty())?).await?.status(), 304);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct EtagLayer {
    cap: usize,
}

impl EtagLayer {
    /// A layer that holds back at most 1 MiB of a body to hash it.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::get;
    /// # use etag_core::axum::EtagLayer;
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
    ///     .route("/short", get(|| async { "be kind" }))
    ///     .route("/long", get(|| async { "be kind ".repeat(1 << 20) }))
    ///     .layer(EtagLayer::new());
    /// let short = send(&app, Request::get("/short"), "").await;
    /// assert!(short.headers().contains_key("etag"));
    /// let long = send(&app, Request::get("/long"), "").await;
    /// assert!(!long.headers().contains_key("etag"));
    /// # Ok(())
    /// # }
    /// ```
    pub const fn new() -> Self {
        Self { cap: 1 << 20 }
    }

    /// The same with another limit, in bytes.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::get;
    /// # use etag_core::axum::EtagLayer;
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
    ///     .route("/seven", get(|| async { "be kind" }))
    ///     .route("/eight", get(|| async { "be brave" }))
    ///     .layer(EtagLayer::new().cap(7));
    /// let seven = send(&app, Request::get("/seven"), "").await;
    /// assert!(seven.headers().contains_key("etag"));
    /// let eight = send(&app, Request::get("/eight"), "").await; // one byte too long
    /// assert!(!eight.headers().contains_key("etag"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn cap(self, bytes: usize) -> Self {
        Self { cap: bytes }
    }
}

impl Default for EtagLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for EtagLayer {
    type Service = EtagService<S>;

    fn layer(&self, inner: S) -> EtagService<S> {
        EtagService { inner, cap: self.cap }
    }
}

/// A service under an [`EtagLayer`].
///
/// ```
/// use axum::{Router, body::Body, routing::get};
/// use etag_core::axum::{EtagLayer, EtagService};
/// use http::Request;
/// use tower::{Layer, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let router: Router = Router::new().route("/motd", get(|| async { "be kind" }));
/// let service: EtagService<Router> = EtagLayer::new().layer(router);
/// let answer = service.oneshot(Request::get("/motd").body(Body::empty())?).await?;
/// assert!(answer.headers().contains_key("etag"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct EtagService<S> {
    inner: S,
    cap: usize,
}

impl<S, A, B> Service<Request<A>> for EtagService<S>
where
    S: Service<Request<A>, Response = http::Response<B>>,
    S::Future: Send + 'static,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let selects = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_head = request.method() == Method::HEAD;
        let conditions = if selects { cache_conditions(&request) } else { None };
        let uncoded = Uncoded::take(selects, request.headers_mut());
        if selects {
            withhold(&mut request);
        }
        let answer = self.inner.call(request);
        let cap = self.cap;
        Box::pin(async move {
            let mut answer = answer.await?.map(Body::new);
            uncoded.put_back(answer.status(), answer.headers_mut());
            if answer.status() == StatusCode::NOT_MODIFIED {
                // A compressor makes some octets even of nothing.
                *answer.body_mut() = Body::new(NoContent);
            }
            if !selects || !may_be_tagged(&answer) {
                return Ok(answer);
            }
            let etag = tag(&mut answer, cap, is_head).await;
            Ok(match (etag, conditions) {
                (Some(etag), Some(conditions)) => evaluate(&conditions, etag, answer),
                _ => answer,
            })
        })
    }
}

/// Takes off a request what a handler that does not know the tag would judge without it.
fn withhold<A>(request: &mut Request<A>) {
    // §13.1.3: a date is ignored beside a tag, which also says what changed within a second.
    if request.headers().contains_key(IF_NONE_MATCH) {
        request.headers_mut().remove(IF_MODIFIED_SINCE);
    }
    WithheldRange::take(request);
}

/// The conditions that a cache makes. Most requests make none, and keep no place for any.
fn cache_conditions<A>(request: &Request<A>) -> Option<Box<Preconditions>> {
    let conditions = Preconditions::of_cache(request.headers());
    let tolerate = request.extensions().get().copied().unwrap_or(Tolerate::Nothing);
    conditions.is_conditional().then(|| Box::new(conditions.tolerating(tolerate)))
}

fn may_be_tagged(answer: &Response) -> bool {
    let says = |name, word: &str| {
        // What is shorter than the word does not say it.
        let values = answer.headers().get_all(name).iter().filter(|value| value.len() >= word.len());
        let values = values.filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split([',', ';'])).any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    answer.status() == StatusCode::OK
        && !says(CACHE_CONTROL, "no-store")
        && !says(CONTENT_TYPE, "text/event-stream")
}

/// The tag of an answer, which is given one where it has none.
async fn tag(answer: &mut Response, cap: usize, is_head: bool) -> Option<EntityTag> {
    if let Some(etag) = answer.headers().get(ETAG) {
        // What a handler set is not ours to mend.
        return EntityTag::try_from(etag).ok();
    }
    // The same content can be coded in many ways (RFC 9530 §6.5).
    if coding(answer.headers()).is_some() {
        return None;
    }
    let body = std::mem::take(answer.body_mut());
    let (body, hash) = hash(body, answer.headers(), cap, is_head).await;
    *answer.body_mut() = body;
    let etag = EntityTag::of_state(hash?, None, false, None);
    answer.headers_mut().insert(ETAG, etag.to_header_value());
    Some(etag)
}

fn evaluate(conditions: &Preconditions, etag: EntityTag, mut answer: Response) -> Response {
    let validators = Validators::from(etag);
    if let Some(held) = conditions.held(Some(&validators)) {
        answer.headers_mut().insert(ETAG, held.to_header_value());
        vary(answer.headers_mut());
    }
    match conditions.evaluate(Some(&validators)) {
        Outcome::NotModified => not_modified(answer),
        Outcome::Proceed | Outcome::PreconditionFailed => answer,
    }
}

/// 304 with every header but the content's own (RFC 9110 §15.4.5).
fn not_modified(answer: Response) -> Response {
    let (mut parts, _) = answer.into_parts();
    for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_LANGUAGE, LAST_MODIFIED] {
        parts.headers.remove(name);
    }
    (StatusCode::NOT_MODIFIED, parts.headers, Body::new(NoContent)).into_response()
}

/// Reads a body that is not longer than the cap, and hashes it; one that is, or that breaks off, is given back as it was.
async fn hash(body: Body, headers: &HeaderMap, cap: usize, is_head: bool) -> (Body, Option<StateTag>) {
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let least = body.size_hint().lower().max(announced.unwrap_or(0));
    if least > cap as u64 {
        return (body, None);
    }
    let mut rest = body;
    let first = match next_frame(&mut rest).await {
        Some(Ok(frame)) if rest.is_end_stream() => match frame.into_data() {
            // Most bodies are one frame, which stays what it is.
            Ok(data) if data.len() <= cap && !data.is_empty() => {
                let hash = StateTag::hash([&data[..]]);
                return (Body::from(data), Some(hash));
            }
            Ok(data) => Some(Ok(Frame::data(data))),
            Err(trailers) => Some(Ok(trailers)),
        },
        first => first,
    };
    // The body of a HEAD may have been taken off before: the tag of nothing is not that of the GET.
    let announces_more = announced.map_or(is_head, |announced| announced > 0);
    Held { frames: first.into_iter().collect(), rest }.hash(cap, announces_more).await
}

async fn next_frame(body: &mut Body) -> Option<Result<Frame<Bytes>, axum::Error>> {
    poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await
}

/// A body of which the first frames have been read.
struct Held {
    frames: VecDeque<Result<Frame<Bytes>, axum::Error>>,
    rest: Body,
}

impl Held {
    /// Reads on to the end; the tag of nothing is none where more was announced.
    async fn hash(mut self, cap: usize, announces_more: bool) -> (Body, Option<StateTag>) {
        let mut length = self.length();
        let mut is_broken = self.frames.iter().any(Result::is_err);
        let mut has_ended = self.frames.is_empty();
        while !has_ended && !is_broken && length <= cap {
            match next_frame(&mut self.rest).await {
                Some(frame) => {
                    length += data_of(&frame).map_or(0, Bytes::len);
                    is_broken = frame.is_err();
                    self.frames.push_back(frame);
                }
                None => has_ended = true,
            }
        }
        if !has_ended {
            return (Body::new(self), None);
        }
        // Not every stream may be asked again once it has ended.
        self.rest = Body::empty();
        if length == 0 && announces_more {
            return (Body::new(self), None);
        }
        let hash = StateTag::hash(self.frames.iter().filter_map(data_of).map(|data| &data[..]));
        (Body::new(self), Some(hash))
    }

    /// The octets that have been read.
    fn length(&self) -> usize {
        self.frames.iter().filter_map(data_of).map(Bytes::len).sum()
    }
}

fn data_of(frame: &Result<Frame<Bytes>, axum::Error>) -> Option<&Bytes> {
    frame.as_ref().ok()?.data_ref()
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.length() as u64;
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + held);
        // Over HTTP/1.1 an exact length leaves no room for trailers (RFC 9112 §7.1.2).
        let has_trailers = self.frames.iter().flatten().any(|frame| !frame.is_data());
        if let Some(upper) = rest.upper().filter(|_| !has_trailers) {
            hint.set_upper(upper + held);
        }
        hint
    }
}
