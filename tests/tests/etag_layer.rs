//! `EtagLayer` around ordinary handlers: what it tags, what it leaves alone, and what it holds back.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use etag_core::StateTag;
use etag_core::axum::EtagLayer;
use futures_util::{StreamExt, stream};
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, EXPIRES, IF_MODIFIED_SINCE, LAST_MODIFIED, LINK, RANGE, TRAILER, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt as _;
use peak_alloc::PeakAlloc;
use sha2::{Digest, Sha256};
use tests::{call, client};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, oneshot};
use tower::{Layer, ServiceExt};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Held by each test that measures the heap, or that has much on it: the heap is the whole process's.
static LARGE: Mutex<()> = Mutex::const_new(());

/// How much more was on the heap, at most, while a future ran than before.
async fn peak_of(future: impl Future<Output = ()>) -> usize {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    future.await;
    HEAP.peak_usage().saturating_sub(before)
}

fn tag_of(body: &[u8]) -> String {
    format!("\"{}\"", StateTag::from_hash(Sha256::digest(body).into()))
}

fn layered(path: &str, handler: axum::routing::MethodRouter) -> Router {
    Router::new().route(path, handler).layer(EtagLayer::new())
}

#[tokio::test]
async fn a_body_is_tagged_with_its_hash_and_known_by_it() {
    let app = layered("/", get(async || Json([2, 3, 5])));
    let first = call(&app, "GET", "/", &[], "").await;
    assert_eq!((first.status, first.header("etag")), (200, tag_of(b"[2,3,5]").as_str()));
    for condition in [first.header("etag"), &format!("W/{}", first.header("etag")), "*"] {
        for method in ["GET", "HEAD"] {
            let again = call(&app, method, "/", &[("if-none-match", condition)], "").await;
            assert_eq!((again.status, again.text()), (304, ""), "{method} {condition}");
            assert_eq!(again.header("etag"), first.header("etag"));
        }
    }
    let other = call(&app, "GET", "/", &[("if-none-match", "\"other\"")], "").await;
    assert_eq!(other, first);
    let head = call(&app, "HEAD", "/", &[], "").await;
    assert_eq!((head.status, &head.headers, head.text()), (200, &first.headers, ""));
}

/// Checklist 2, 6, 7, 8, 9, 10, 12, 30, 32, 51.
#[tokio::test]
async fn if_none_match_is_a_list_that_is_compared_weakly() {
    let app = layered("/", get(async || "text"));
    let tag = tag_of(b"text");
    let bare = tag.trim_matches('"');
    let cases: [(&[&str], u16); 11] = [
        (&[&format!("\"a,b\", {tag}")], 304),
        (&[&format!(",, W/{tag} ,")], 304),
        (&["\"a\"", &tag], 304),
        (&["\"a\"", "\"b\""], 200),
        (&["\"*\""], 200),
        (&["\"\""], 200),
        (&[bare], 200),
        (&[&format!("w/{tag}")], 200),
        (&[&format!("*, {tag}")], 200),
        (&[&format!("{tag}, xyzzy")], 200),
        (&[&format!("\"{bare}.x\"")], 200),
    ];
    for (lines, status) in cases {
        let lines: Vec<(&str, &str)> = lines.iter().map(|line| ("if-none-match", *line)).collect();
        let answer = call(&app, "GET", "/", &lines, "").await;
        assert_eq!((answer.status, answer.header("etag")), (status, &*tag), "{lines:?}");
        assert_eq!(answer.text(), if status == 304 { "" } else { "text" });
    }
}

/// Checklist 74, 75, 76.
#[tokio::test]
async fn a_304_keeps_every_header_that_is_not_the_contents() {
    let kept = [
        (CACHE_CONTROL.as_str(), "max-age=60"),
        ("access-control-allow-origin", "*"),
        (CONTENT_LOCATION.as_str(), "/text.de"),
        (EXPIRES.as_str(), "Thu, 01 Jan 2015 00:00:00 GMT"),
        (LINK.as_str(), "</1>; rel=next"),
        (LINK.as_str(), "</2>; rel=prev"),
        (VARY.as_str(), "origin"),
        (VARY.as_str(), "accept-language"),
    ];
    let contents = [
        (CONTENT_TYPE.as_str(), "text/plain"),
        (CONTENT_LENGTH.as_str(), "4"),
        (CONTENT_ENCODING.as_str(), "identity"),
        (CONTENT_LANGUAGE.as_str(), "de"),
        (LAST_MODIFIED.as_str(), "Thu, 01 Jan 2015 00:00:00 GMT"),
    ];
    let app =
        layered("/", get(async move || (AppendHeaders(kept), AppendHeaders(contents), Body::from("text"))));
    let first = call(&app, "GET", "/", &[], "").await;
    let listed = |answer: &tests::Answer| {
        let mut headers: Vec<(String, String)> = answer
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.sort_unstable();
        headers
    };
    let with_tag = |headers: &[(&str, &str)]| {
        let tag = ("etag".to_owned(), tag_of(b"text"));
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut headers: Vec<_> = headers.chain([tag]).collect();
        headers.sort_unstable();
        headers
    };
    assert_eq!(listed(&first), with_tag(&[&kept[..], &contents].concat()));
    for method in ["GET", "HEAD"] {
        let again = call(&app, method, "/", &[("if-none-match", first.header("etag"))], "").await;
        assert_eq!((again.status, listed(&again)), (304, with_tag(&kept)), "{method}");
    }
}

#[tokio::test]
async fn what_is_no_200_to_a_read_is_left_alone() {
    let ran = Arc::new(AtomicUsize::new(0));
    let counted = ran.clone();
    let no_store = AppendHeaders([(CACHE_CONTROL, "private"), (CACHE_CONTROL, "max-age=0,NO-STORE")]);
    let app = Router::new()
        .route("/created", get(async || (StatusCode::CREATED, "made")))
        .route("/other", get(async || (StatusCode::NON_AUTHORITATIVE_INFORMATION, "other")))
        .route("/nothing", get(async || StatusCode::NO_CONTENT))
        .route("/part", get(async || (StatusCode::PARTIAL_CONTENT, "par")))
        .route("/elsewhere", get(async || (StatusCode::FOUND, "there")))
        .route("/missing", get(async || (StatusCode::NOT_FOUND, "none")))
        .route("/broken", get(async || (StatusCode::INTERNAL_SERVER_ERROR, "broken")))
        .route("/secret", get(async || ([(CACHE_CONTROL, "private, No-Store")], "secret")))
        .route("/secrets", get(async move || (no_store, "secret")))
        .route("/events", get(async || ([(CONTENT_TYPE, "text/event-stream; charset=utf-8")], "data: 1\n\n")))
        .route("/write", any(async move || counted.fetch_add(1, Ordering::SeqCst).to_string()))
        .layer(EtagLayer::new());
    let paths = [
        "created",
        "other",
        "nothing",
        "part",
        "elsewhere",
        "missing",
        "broken",
        "secret",
        "secrets",
        "events",
    ];
    for path in paths {
        for method in ["GET", "HEAD"] {
            let path = format!("/{path}");
            let answer = call(&app, method, &path, &[("if-none-match", "*")], "").await;
            assert!(answer.header("etag").is_empty() && answer.status != 304, "{method} {path}");
            let plain = call(&app, method, &path, &[], "").await;
            assert_eq!(answer, plain, "{method} {path}");
        }
    }
    for (number, method) in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"].into_iter().enumerate() {
        let conditions = [("if-match", "\"other\""), ("if-none-match", "*")];
        let answer = call(&app, method, "/write", &conditions, "").await;
        let expected = (200, number.to_string(), "");
        assert_eq!((answer.status, answer.text().to_owned(), answer.header("etag")), expected, "{method}");
    }
}

#[tokio::test]
async fn what_may_be_stored_is_tagged() {
    for directives in ["no-cache", "private, max-age=0", "must-revalidate", "no-store-x", "x-no-store"] {
        let app = layered("/", get(async move || ([(CACHE_CONTROL, directives)], "text")));
        let answer = call(&app, "GET", "/", &[], "").await;
        assert_eq!(answer.header("etag"), tag_of(b"text"), "{directives}");
    }
    let app = layered("/", get(async || ()));
    assert_eq!(call(&app, "GET", "/", &[], "").await.header("etag"), tag_of(b""));
}

/// Checklist 43, 61.
#[tokio::test]
async fn what_guards_a_write_is_not_evaluated_behind_a_handler() {
    let app = layered("/", get(async || "text"));
    let tag = tag_of(b"text");
    let guards = [
        ("if-match", "\"other\""),
        ("if-match", "xyzzy"),
        ("if-match", ""),
        ("if-unmodified-since", "Thu, 01 Jan 2015 00:00:00 GMT"),
    ];
    for guard in guards {
        for method in ["GET", "HEAD"] {
            let answer = call(&app, method, "/", &[guard], "").await;
            assert_eq!((answer.status, answer.header("etag")), (200, &*tag), "{method} {guard:?}");
            let had = call(&app, method, "/", &[guard, ("if-none-match", &tag)], "").await;
            assert_eq!(had.status, 304, "{method} {guard:?}");
        }
    }
    assert_eq!(call(&app, "GET", "/", &[("if-match", "\"other\"")], "").await.text(), "text");
}

/// A date of a handler's own is weak for all that the layer knows: checklist 25, 59.
#[tokio::test]
async fn a_date_makes_no_304() {
    let date = "Thu, 01 Jan 2015 00:00:00 GMT";
    let app = layered("/", get(async move || ([(LAST_MODIFIED, date)], "text")));
    for since in [date, "Fri, 02 Jan 2015 00:00:00 GMT"] {
        let answer = call(&app, "GET", "/", &[("if-modified-since", since)], "").await;
        assert_eq!((answer.status, answer.header("last-modified"), answer.text()), (200, date, "text"));
        let had = [("if-modified-since", since), ("if-none-match", &*tag_of(b"text"))];
        assert_eq!(call(&app, "GET", "/", &had, "").await.status, 304);
    }
}

const DATE: &str = "Thu, 01 Jan 2015 00:00:00 GMT";

/// As a server of files that knows no tags: 304 by the date alone, and a part whatever `If-Range` says.
async fn file(headers: HeaderMap) -> Response {
    let date = [(LAST_MODIFIED, DATE)];
    if headers.contains_key(IF_MODIFIED_SINCE) {
        return (StatusCode::NOT_MODIFIED, date).into_response();
    }
    match headers.contains_key(RANGE) {
        true => (StatusCode::PARTIAL_CONTENT, date, [(CONTENT_RANGE, "bytes 2-3/4")], "xt").into_response(),
        false => (date, "text").into_response(),
    }
}

/// §13.1.3: the tag says that it changed, within the second that the date names.
#[tokio::test]
async fn a_date_beside_a_tag_is_kept_from_the_handler() {
    let app = layered("/", any(file));
    let since = ("if-modified-since", DATE);
    for method in ["GET", "HEAD"] {
        for other in ["\"other\"", "W/\"other\"", "xyzzy", ""] {
            let answer = call(&app, method, "/", &[since, ("if-none-match", other)], "").await;
            assert_eq!((answer.status, answer.header("etag")), (200, &*tag_of(b"text")), "{method} {other}");
            assert_eq!(answer.text(), if method == "GET" { "text" } else { "" });
        }
        let had = call(&app, method, "/", &[since, ("if-none-match", &tag_of(b"text"))], "").await;
        assert_eq!((had.status, had.header("etag")), (304, &*tag_of(b"text")), "{method}");
        let alone = call(&app, method, "/", &[since], "").await;
        assert_eq!((alone.status, alone.header("etag")), (304, ""), "{method}: the handler's own");
    }
    // On a change the one has no meaning (§13.1.3), and the other is not evaluated here.
    let written = call(&app, "PUT", "/", &[since, ("if-none-match", "\"other\"")], "").await;
    assert_eq!(written.status, 304, "the handler sees both");
}

/// What does not know the tag can't judge it: a client would put together parts of two versions (§13.1.5).
#[tokio::test]
async fn a_range_under_a_tag_is_answered_with_the_whole() {
    let app = layered("/", any(file));
    let (tag, range) = (tag_of(b"text"), ("range", "bytes=2-3"));
    for method in ["GET", "HEAD"] {
        let whole = call(&app, method, "/", &[], "").await;
        assert_eq!((whole.status, whole.header("etag")), (200, &*tag));
        for condition in [&*tag, "\"other\"", "W/\"other\"", "\"\"", "\"\u{e9}\"", "\"open"] {
            let answer = call(&app, method, "/", &[range, ("if-range", condition)], "").await;
            assert_eq!(answer, whole, "{method} {condition}");
        }
        let twice = [range, ("if-range", DATE), ("if-range", &*tag)];
        assert_eq!(call(&app, method, "/", &twice, "").await, whole, "{method}");
    }
    let known = [range, ("if-range", "\"other\""), ("if-none-match", &*tag)];
    assert_eq!(call(&app, "GET", "/", &known, "").await.status, 304);
    // The date is the handler's own, and so is what it makes of it.
    for condition in [&[][..], &[("if-range", DATE)]] {
        let part = call(&app, "GET", "/", &[&[range], condition].concat(), "").await;
        assert_eq!((part.status, part.header("etag"), part.text()), (206, "", "xt"));
    }
}

#[tokio::test]
async fn a_tag_of_the_handlers_own_is_kept_whatever_its_length() {
    for own in ["\"\"".to_owned(), "\"v\"".to_owned(), format!("\"{}\"", "v".repeat(5_000))] {
        for prefix in ["", "W/"] {
            let tag = format!("{prefix}{own}");
            let set = tag.clone();
            let app = layered("/", get(async move || ([(ETAG, set.clone())], "text")));
            for method in ["GET", "HEAD"] {
                let answer = call(&app, method, "/", &[], "").await;
                assert_eq!((answer.status, answer.header("etag")), (200, &*tag));
                for had in [&*own, &format!("W/{own}"), &format!("\"a\", {own}"), "*"] {
                    let again = call(&app, method, "/", &[("if-none-match", had)], "").await;
                    assert_eq!((again.status, again.header("etag"), again.text()), (304, &*tag, ""));
                }
                let hash = tag_of(b"text");
                let other = call(&app, method, "/", &[("if-none-match", &hash)], "").await;
                assert_eq!((other.status, other.header("etag")), (200, &*tag), "the body is not hashed");
            }
        }
    }
}

#[tokio::test]
async fn what_a_handler_set_for_a_tag_is_not_mended() {
    let app = layered("/", get(async || ([(ETAG, "v1")], "text")));
    let bare = call(&app, "GET", "/", &[("if-none-match", "*")], "").await;
    assert_eq!((bare.status, bare.header("etag"), bare.text()), (200, "v1", "text"));
}

#[tokio::test]
async fn a_body_that_breaks_off_breaks_off_for_the_client_too() {
    async fn broken() -> Body {
        let chunks = [Ok(Bytes::from("half")), Err(std::io::Error::other("disk"))];
        Body::from_stream(stream::iter(chunks))
    }
    let app = layered("/", get(broken));
    let answer = app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    assert!(answer.headers().get(ETAG).is_none());
    let mut body = answer.into_body().into_data_stream();
    assert_eq!(body.next().await.unwrap().unwrap(), "half");
    assert!(body.next().await.unwrap().is_err());
}

/// A body of unknown length, with a sum behind it.
async fn summed() -> Response {
    let body = Body::from_stream(stream::iter([Ok::<_, Infallible>("ab")]));
    let trailers = HeaderMap::from_iter([(HeaderName::from_static("x-sum"), HeaderValue::from_static("7"))]);
    ([(TRAILER, "x-sum")], Body::new(body.with_trailers(async { Some(Ok(trailers)) }))).into_response()
}

/// RFC 9112 §7.1.2: over HTTP/1.1 only a chunked body has room for trailers.
#[tokio::test]
async fn trailers_behind_a_body_that_was_held_are_sent_over_a_socket() {
    let app = Router::new()
        .route("/plain", get(summed))
        .route("/tagged", get(summed).layer(EtagLayer::new()))
        .route("/beyond", get(summed).layer(EtagLayer::new().cap(1)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, app).into_future());
    for (path, is_tagged) in [("/plain", false), ("/tagged", true), ("/beyond", false)] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\nte: trailers\r\nconnection: close\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, "2\r\nab\r\n0\r\nx-sum: 7\r\n\r\n", "{path}: {head}");
        assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{head}");
        assert_eq!(head.contains(&format!("etag: {}", tag_of(b"ab"))), is_tagged, "{head}");
    }
    server.abort();
}

/// The tag of a HEAD, which is that of a GET, or none: checklist 77.
async fn assert_never_of_nothing(app: Router) {
    let get = call(&app, "GET", "/", &[], "").await;
    assert_eq!(get.header("etag"), tag_of(b"text"));
    let head = call(&app, "HEAD", "/", &[], "").await;
    assert_ne!(head.header("etag"), tag_of(b""), "the tag of a body that was taken off");
    assert!(["", get.header("etag")].contains(&head.header("etag")));
    let empty = call(&app, "HEAD", "/", &[("if-none-match", &tag_of(b""))], "").await;
    assert_eq!(empty.status, 200);
}

#[tokio::test]
async fn a_head_that_a_handler_answers_by_itself_has_not_the_tag_of_nothing() {
    assert_never_of_nothing(layered("/", get(async || "text").head(async || ()))).await;
}

#[tokio::test]
async fn a_head_whose_body_was_taken_off_below_has_not_the_tag_of_nothing() {
    async fn streamed() -> Body {
        Body::from_stream(stream::iter(["te", "xt"].map(Ok::<_, Infallible>)))
    }
    for handler in [get(async || "text"), get(streamed)] {
        let whole = Router::new().route("/", handler);
        assert_never_of_nothing(Router::new().fallback_service(EtagLayer::new().layer(whole))).await;
    }
}

const CHUNK: usize = 16 << 10;
/// The layer's cap, when nothing else is said.
const CAP: usize = 1 << 20;
/// The chunks that the layer holds back at most: those up to the cap, and the one that goes beyond it.
const HELD: usize = CAP / CHUNK + 1;
/// What is on the heap meanwhile: what is held back, and as much again for all the rest.
const MOST: usize = 2 * CAP;

/// Chunks that are counted as they are made; the end of their stream is told.
struct Chunks {
    made: Arc<AtomicUsize>,
    _dropped: oneshot::Sender<Infallible>,
}

impl Chunks {
    fn next(&self) -> Result<Bytes, Infallible> {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        Ok(Bytes::from(vec![number as u8; CHUNK]))
    }
}

/// A body of so many chunks.
fn counted(chunks: Chunks, count: usize) -> Body {
    Body::from_stream(stream::repeat_with(move || chunks.next()).take(count))
}

/// A handler of one request that answers with so many chunks; how many it has made; when its body is
/// dropped.
fn streaming(
    count: usize,
    headers: &'static [(http::HeaderName, &'static str)],
) -> (Router, Arc<AtomicUsize>, oneshot::Receiver<Infallible>) {
    let made = Arc::new(AtomicUsize::new(0));
    let (sender, dropped) = oneshot::channel();
    let chunks = Arc::new(Mutex::new(Some(Chunks { made: made.clone(), _dropped: sender })));
    let handler = async move || {
        let chunks = chunks.lock().await.take().expect("it is asked once");
        let mut answer = counted(chunks, count).into_response();
        answer.headers_mut().extend(
            headers.iter().map(|(name, value)| (name.clone(), http::HeaderValue::from_static(value))),
        );
        answer
    };
    (layered("/", get(handler)), made, dropped)
}

async fn ask(app: Router, method: &str, if_none_match: &str) -> Response {
    let request = Request::builder().method(method).uri("/").header("if-none-match", if_none_match);
    app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

/// Asserts that a body has so many chunks, all in order, and that none is made before it is asked for.
async fn assert_passes(answer: Response, made: &AtomicUsize, count: usize) {
    let mut body = answer.into_body().into_data_stream();
    for number in 0..count {
        let chunk = body.next().await.unwrap().unwrap();
        assert!(chunk.len() == CHUNK && chunk.iter().all(|byte| *byte == number as u8), "{number}");
        assert!(made.load(Ordering::SeqCst) <= HELD.max(number + 1), "{number}");
    }
}

#[tokio::test]
async fn a_body_of_unknown_length_up_to_the_cap_is_tagged() {
    let _large = LARGE.lock().await;
    let (app, _, _) = streaming(CAP / CHUNK, &[]);
    let answer = ask(app, "GET", "\"x\"").await;
    let tag = answer.headers()[ETAG].to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    assert_eq!((body.len(), tag), (CAP, tag_of(&body)));
}

#[tokio::test]
async fn a_body_of_known_length_up_to_the_cap_is_tagged() {
    let _large = LARGE.lock().await;
    for (length, is_tagged) in [(CAP, true), (CAP + 1, false)] {
        let app = layered("/", get(async move || vec![7; length]));
        let whole = call(&app, "GET", "/", &[("if-none-match", "\"x\"")], "").await;
        assert_eq!((whole.status, whole.body.len()), (200, length));
        let had = call(&app, "GET", "/", &[("if-none-match", "*")], "").await;
        match is_tagged {
            true => assert_eq!((whole.header("etag"), had.status), (&*tag_of(&whole.body), 304)),
            false => assert_eq!((whole.header("etag"), had), ("", whole.clone())),
        }
    }
}

#[tokio::test]
async fn the_cap_can_be_another() {
    for (length, is_tagged) in [(0, true), (4, true), (5, false)] {
        let body = &"12345"[..length];
        let app = Router::new().route("/", get(async move || body)).layer(EtagLayer::new().cap(4));
        let tag = if is_tagged { tag_of(body.as_bytes()) } else { String::new() };
        assert_eq!(call(&app, "GET", "/", &[], "").await.header("etag"), tag);
    }
    let app = Router::new().route("/", get(async || "1")).layer(EtagLayer::new().cap(0));
    assert_eq!(call(&app, "GET", "/", &[], "").await.header("etag"), "");
}

#[tokio::test]
async fn ten_mebibytes_pass_in_constant_memory() {
    let _large = LARGE.lock().await;
    let peak = peak_of(async {
        let (app, made, _) = streaming(640, &[]);
        let answer = ask(app, "GET", "*").await;
        assert_eq!((answer.status(), answer.headers().get(ETAG)), (StatusCode::OK, None));
        assert_eq!(made.load(Ordering::SeqCst), HELD);
        assert_passes(answer, &made, 640).await;
        assert_eq!(made.load(Ordering::SeqCst), 640);
    });
    let peak = peak.await;
    assert!((CAP..MOST).contains(&peak), "{peak} bytes were on the heap");
}

#[tokio::test]
async fn an_endless_body_passes_in_constant_memory() {
    let _large = LARGE.lock().await;
    let peak = peak_of(async {
        let (app, made, _) = streaming(usize::MAX, &[]);
        let answer = ask(app, "GET", "*").await;
        assert_passes(answer, &made, 10_000).await;
        assert_eq!(made.load(Ordering::SeqCst), 10_000);
    });
    let peak = peak.await;
    assert!((CAP..MOST).contains(&peak), "{peak} bytes were on the heap");
}

/// The server's buffers, and the client's, are in this process as well.
#[tokio::test]
async fn an_endless_body_passes_over_a_socket_until_the_client_leaves() {
    const READ: usize = 64 << 20;
    let _large = LARGE.lock().await;
    let (app, made, dropped) = streaming(usize::MAX, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(axum::serve(listener, app).into_future());
    let peak = peak_of(async {
        let mut answer = client().get(url).header("if-none-match", "*").send().await.unwrap();
        assert_eq!((answer.status(), answer.headers().get(ETAG)), (StatusCode::OK, None));
        let mut read = 0;
        while read < READ {
            let chunk = answer.chunk().await.unwrap().unwrap();
            assert!(chunk.iter().enumerate().all(|(at, byte)| *byte == ((read + at) / CHUNK) as u8));
            read += chunk.len();
        }
    });
    let peak = peak.await;
    assert!(peak < 4 * MOST, "{peak} bytes were on the heap");
    assert!(made.load(Ordering::SeqCst) >= READ / CHUNK);
    assert!(dropped.await.is_err(), "the body is dropped when the client has left");
    server.abort();
}

#[tokio::test]
async fn a_head_of_an_endless_body_ends() {
    let _large = LARGE.lock().await;
    let (app, made, dropped) = streaming(usize::MAX, &[]);
    let answer = ask(app, "HEAD", "*").await;
    assert_eq!((answer.status(), answer.headers().get(ETAG)), (StatusCode::OK, None));
    assert!(axum::body::to_bytes(answer.into_body(), 0).await.unwrap().is_empty());
    assert!(dropped.await.is_err());
    assert!(made.load(Ordering::SeqCst) <= HELD);
}

#[tokio::test]
async fn a_body_that_announces_more_than_the_cap_is_not_held_back() {
    let (app, made, _) = streaming(640, &[(CONTENT_LENGTH, "10485760")]);
    let answer = ask(app, "GET", "*").await;
    assert_eq!((answer.status(), answer.headers().get(ETAG)), (StatusCode::OK, None));
    assert_eq!(made.load(Ordering::SeqCst), 0, "nothing was read before it is sent");
}

#[tokio::test]
async fn a_body_whose_handler_set_a_tag_is_not_held_back() {
    for (if_none_match, status) in [("\"x\"", 200), ("\"v1\"", 304)] {
        let (app, made, dropped) = streaming(usize::MAX, &[(ETAG, "\"v1\"")]);
        let answer = ask(app, "GET", if_none_match).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()[ETAG], "\"v1\"");
        assert_eq!(made.load(Ordering::SeqCst), 0, "nothing was read before it is sent");
        match status {
            200 => assert_passes(answer, &made, HELD + 1).await,
            _ => assert!(dropped.await.is_err(), "nobody will read the body of a 304"),
        }
    }
}
