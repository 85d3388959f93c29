//! A service written by hand, without the library: right by itself, and wrong in one way if it is told to be.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::conditions::{Held, Stop};

/// What is kept, and in which way the service is wrong.
pub struct Service {
    pub mistake: &'static str,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    documents: HashMap<String, Held>,
    revision: u64,
    requests: u64,
}

impl Service {
    /// A router with a document at `/document`; nothing is at `/absent`, and PUT creates there.
    pub fn router(mistake: &'static str) -> Router {
        let service = Arc::new(Self { mistake, kept: Mutex::default() });
        service.store("/document", Bytes::from_static(b"{\"n\":0}"));
        Router::new().fallback(answer).with_state(service)
    }

    pub fn is(&self, mistake: &str) -> bool {
        self.mistake == mistake
    }

    fn held(&self, path: &str) -> Option<Held> {
        self.kept.lock().unwrap().documents.get(path).cloned()
    }

    fn store(&self, path: &str, content: Bytes) -> Held {
        let mut kept = self.kept.lock().unwrap();
        kept.revision += 1;
        let revision = match kept.documents.get(path) {
            Some(held) if self.is("revisions restart") => held.revision + 1,
            None if self.is("revisions restart") => 1,
            _ => kept.revision,
        };
        let ahead = if self.is("Last-Modified in the future") { 3600 } else { 0 };
        let modified = SystemTime::now() - Duration::from_secs(60) + Duration::from_secs(ahead);
        let held = Held { content, revision, modified };
        kept.documents.insert(path.to_owned(), held.clone());
        held
    }

    /// The opaque part of the tag, without what is negotiated.
    pub fn state(&self, held: &Held) -> String {
        match self.mistake {
            "one tag for all" => "r".to_owned(),
            "the tag is the length" => held.content.len().to_string(),
            "numbers are read as doubles" => {
                let value: serde_json::Value = serde_json::from_slice(&held.content).unwrap();
                value["n"].as_f64().unwrap().to_bits().to_string()
            }
            "a backslash in the tag" => format!("r\\{}", held.revision),
            "the tag moves by itself" => {
                let mut kept = self.kept.lock().unwrap();
                kept.requests += 1;
                format!("r{}", kept.requests)
            }
            _ => format!("r{}", held.revision),
        }
    }

    fn etag(&self, held: &Held, negotiated: &str) -> String {
        let state = self.state(held);
        match self.mistake {
            "an unquoted tag" => format!("{state}{negotiated}"),
            "a weak tag" => format!("W/\"{state}{negotiated}\""),
            _ => format!("\"{state}{negotiated}\""),
        }
    }

    fn is_dated(&self) -> bool {
        !self.mistake.starts_with("undated")
    }
}

async fn answer(State(service): State<Arc<Service>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let content = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let (path, headers) = (parts.uri.path().to_owned(), parts.headers);
    if headers.contains_key("prefer") && service.is("an unknown preference is 400") {
        return problem(&service, 400, "unknown preference", None);
    }
    match parts.method {
        Method::GET => show(&service, &path, &headers, false),
        Method::HEAD => show(&service, &path, &headers, true),
        Method::PUT => put(&service, &path, &headers, content).await,
        Method::DELETE => delete(&service, &path, &headers),
        Method::POST if path == "/collection" => post(&service, content),
        Method::OPTIONS => {
            let is_evaluated = service.is("conditions on OPTIONS") && headers.contains_key("if-match");
            if is_evaluated { StatusCode::PRECONDITION_FAILED } else { StatusCode::NO_CONTENT }
                .into_response()
        }
        _ if service.is("412 before 405") && headers.contains_key("if-match") && content.is_empty() => {
            failed(&service, None)
        }
        _ => problem(&service, 405, "no such method", None),
    }
}

fn show(service: &Service, path: &str, headers: &HeaderMap, is_head: bool) -> Response {
    let held = service.held(path);
    let Some(held) = held else {
        let is_304 = service.is("304 for a 404") && headers.contains_key("if-none-match");
        return if is_304 {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            problem(service, 404, "nothing", None)
        };
    };
    let whole = representation(service, &held, headers);
    if service.is("Range before preconditions") && headers.contains_key("range") {
        return part(service, &held, headers, whole);
    }
    let tag = whole.headers()["etag"].clone();
    match service.evaluate(&Method::GET, headers, Some(&held), &tag) {
        Some(Stop::NotModified) => not_modified(service, headers, &whole),
        Some(Stop::Failed) => failed(service, Some(&tag)),
        Some(Stop::Malformed) => problem(service, 400, "malformed If-Match", None),
        None if is_head && service.is("another tag on HEAD") => {
            ([("etag", "\"head\"")], Body::empty()).into_response()
        }
        None => part(service, &held, headers, whole),
    }
}

/// The 200.
fn representation(service: &Service, held: &Held, headers: &HeaderMap) -> Response {
    let asks = |name: &str, word: &str| headers.get(name).is_some_and(|v| v.to_str().unwrap().contains(word));
    let gzip = asks("accept-encoding", "gzip");
    let german = asks("accept-language", "de");
    let mut content = held.content.to_vec();
    let mut negotiated = String::new();
    if german {
        content.extend(b" (de)");
        negotiated += if service.is("languages share a tag") { "" } else { ".de" };
    }
    if gzip {
        content.extend(b" (gzip)");
        negotiated += if service.is("codings share a tag") { "" } else { ".gzip" };
    }
    if service.is("the content moves by itself") {
        content.extend(format!("{:?}", std::time::Instant::now()).bytes());
    }
    let digest = if service.is("a digest of something else") { b"else".to_vec() } else { content.clone() };
    let mut answer = content.into_response();
    let set = answer.headers_mut();
    let mut insert = |name: &'static str, value: String| drop(set.insert(name, value.try_into().unwrap()));
    if gzip {
        insert("content-encoding", "gzip".to_owned());
    }
    insert("content-type", "application/json".to_owned());
    insert("etag", service.etag(held, &negotiated));
    insert(
        "cache-control",
        if service.is("public") { "public, max-age=60" } else { "private, no-cache" }.to_owned(),
    );
    insert("expires", "Sun, 06 Nov 1994 08:49:37 GMT".to_owned());
    insert("date", httpdate::fmt_http_date(SystemTime::now()));
    insert("accept-ranges", "bytes".to_owned());
    insert("repr-digest", format!("sha-256=:{}:", base64(&Sha256::digest(&digest))));
    if service.is_dated() {
        let date = httpdate::fmt_http_date(held.modified);
        insert(
            "last-modified",
            if service.is("a date of another form") { date.replace(" GMT", " +0000") } else { date },
        );
    }
    if headers.contains_key("origin") {
        insert("access-control-allow-origin", "*".to_owned());
    }
    if !service.is("no Vary") {
        set.append("vary", HeaderValue::from_static("accept-encoding"));
        set.append("vary", HeaderValue::from_static("accept-language"));
    }
    answer
}

fn not_modified(service: &Service, headers: &HeaderMap, whole: &Response) -> Response {
    let mut answer = StatusCode::NOT_MODIFIED.into_response();
    if !service.is("a 304 with the length of nothing") {
        // An axum router makes `Content-Length: 0` of a body that it knows to be empty.
        *answer.body_mut() = Body::from_stream(futures_util::stream::empty::<Result<Bytes, Infallible>>());
    }
    for name in ["etag", "vary", "cache-control", "expires", "date", "access-control-allow-origin"] {
        for value in whole.headers().get_all(name) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    let set = answer.headers_mut();
    match service.mistake {
        "a 304 without its tag" => drop(set.remove("etag")),
        "a 304 without Vary" => drop(set.remove("vary")),
        "a 304 with the first Vary only" => {
            let first = set["vary"].clone();
            set.insert("vary", first);
        }
        "a 304 without CORS" => drop(set.remove("access-control-allow-origin")),
        "a 304 without Date" => drop(set.remove("date")),
        "a 304 with a Content-Type" => {
            drop(set.insert("content-type", HeaderValue::from_static("text/plain")))
        }
        "a 304 with a cookie" => drop(set.insert("set-cookie", HeaderValue::from_static("a=b"))),
        "a 304 with the first tag that was sent" => {
            let sent = headers.get("if-none-match").and_then(|sent| sent.to_str().ok()).unwrap_or_default();
            let first = sent.split(", ").next().filter(|first| first.contains('"')).unwrap_or("\"none\"");
            set.insert("etag", first.try_into().unwrap());
        }
        _ => {}
    }
    answer
}

/// The part that is asked for, or the whole.
fn part(service: &Service, held: &Held, headers: &HeaderMap, mut whole: Response) -> Response {
    let Some(range) = headers.get("range").and_then(|range| range.to_str().ok()?.strip_prefix("bytes="))
    else {
        let has_if_range = headers.contains_key("if-range") && service.is("If-Range without Range counts");
        return if has_if_range { failed(service, None) } else { whole };
    };
    let tag = whole.headers()["etag"].clone();
    let holds = match headers.get("if-range") {
        None => true,
        Some(_) if service.is("If-Range is ignored") => true,
        Some(_) if service.is("If-Range is never true") => false,
        Some(value) if service.is("If-Range compares weakly") => {
            value.to_str().unwrap().trim_start_matches("W/") == tag.to_str().unwrap()
        }
        Some(value) if service.is("If-Range takes a later date") && !value.as_bytes().contains(&b'"') => {
            httpdate::parse_http_date(value.to_str().unwrap()).unwrap() >= held.modified
        }
        Some(value) => *value == tag || *value == httpdate::fmt_http_date(held.modified),
    };
    if !holds {
        return whole;
    }
    let (first, last) = range.split_once('-').unwrap();
    let end = held.content.len() - 1;
    let (first, last) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => (first, last.min(end)),
        (Ok(first), Err(_)) => (first, end),
        (Err(_), Ok(suffix)) => ((end + 1).saturating_sub(suffix), end),
        (Err(_), Err(_)) => return whole,
    };
    if first > end {
        let status = if service.is("a range beyond the end is 404") { 404 } else { 416 };
        let says = format!("bytes */{}", end + 1);
        return (StatusCode::from_u16(status).unwrap(), [("content-range", says)]).into_response();
    }
    let shift = usize::from(service.is("a part is off by one") && last < end);
    *whole.status_mut() = StatusCode::PARTIAL_CONTENT;
    let set = whole.headers_mut();
    set.remove("content-length");
    set.insert("content-range", format!("bytes {first}-{last}/{}", end + 1).try_into().unwrap());
    if service.is("a part without its tag") {
        set.remove("etag");
    }
    whole.map(|_| Body::from(held.content.slice(first + shift..=last + shift)))
}

async fn put(service: &Service, path: &str, headers: &HeaderMap, content: Bytes) -> Response {
    if service.is("412 before 415")
        && headers.contains_key("if-match")
        && let Some(stop) = guard(service, &Method::PUT, headers, service.held(path).as_ref())
    {
        return stop;
    }
    if service.is("428 before 415") && is_unguarded(service, headers) {
        return required(service);
    }
    if headers.get("content-type").is_none_or(|kind| kind != "application/json") {
        return problem(service, 415, "send JSON", None);
    }
    let held = service.held(path);
    let stop = guard(service, &Method::PUT, headers, held.as_ref());
    if let Some(stop) = stop {
        if service.is("412 after the write") && held.is_some() {
            service.store(path, content);
        }
        return stop;
    }
    if service.is("the check is apart from the write") {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    } else if service.held(path).map(|held| held.revision) != held.as_ref().map(|held| held.revision) {
        return failed(service, None);
    }
    written(service, path, held.is_some(), content)
}

fn written(service: &Service, path: &str, existed: bool, content: Bytes) -> Response {
    let content =
        if service.is("a PUT is transformed") { [&content[..], b" "].concat().into() } else { content };
    let new = service.store(path, content);
    let mut answer = representation(service, &new, &HeaderMap::new());
    *answer.status_mut() = if existed { StatusCode::OK } else { StatusCode::CREATED };
    let set = answer.headers_mut();
    set.insert("content-location", HeaderValue::try_from(path).unwrap());
    match service.mistake {
        "the tag of a write is another one" if existed => {
            drop(set.insert("etag", HeaderValue::from_static("\"w\"")))
        }
        "the tag of a 201 is another one" if !existed => {
            drop(set.insert("etag", HeaderValue::from_static("\"w\"")))
        }
        "what is created is 200" if path == "/absent" => *answer.status_mut() = StatusCode::OK,
        "what is replaced is 201" => *answer.status_mut() = StatusCode::CREATED,
        "a PUT is transformed" => {
            set.remove("content-location");
        }
        "Content-Location of other content" => *answer.body_mut() = Body::from("written"),
        _ => {}
    }
    answer
}

fn post(service: &Service, content: Bytes) -> Response {
    let path = format!("/collection/{}", service.kept.lock().unwrap().revision);
    let mut answer = written(service, &path, false, content);
    answer.headers_mut().insert("location", HeaderValue::try_from(path).unwrap());
    answer
}

fn delete(service: &Service, path: &str, headers: &HeaderMap) -> Response {
    let Some(held) = service.held(path) else {
        let is_412 = service.is("412 for a DELETE of nothing") && headers.contains_key("if-match");
        return if is_412 { failed(service, None) } else { problem(service, 404, "nothing", None) };
    };
    if !service.is("an unguarded DELETE")
        && let Some(stop) = guard(service, &Method::DELETE, headers, Some(&held))
    {
        return stop;
    }
    service.kept.lock().unwrap().documents.remove(path);
    let mut answer = StatusCode::NO_CONTENT.into_response();
    if service.is("a tag of what was deleted") {
        answer.headers_mut().insert("etag", service.etag(&held, "").try_into().unwrap());
    }
    answer
}

fn is_unguarded(service: &Service, headers: &HeaderMap) -> bool {
    let names = ["if-match", "if-none-match", "if-unmodified-since"];
    !names.iter().any(|name| headers.contains_key(*name)) && !service.is("a missing If-Match is an empty one")
}

/// Why a write is not carried out.
fn guard(service: &Service, method: &Method, headers: &HeaderMap, held: Option<&Held>) -> Option<Response> {
    if is_unguarded(service, headers) && held.is_some() {
        return Some(if service.is("412 without a condition") {
            failed(service, None)
        } else {
            required(service)
        });
    }
    let tag = held.map(|held| HeaderValue::try_from(service.etag(held, "")).unwrap());
    let none = HeaderValue::from_static("none");
    match service.evaluate(method, headers, held, tag.as_ref().unwrap_or(&none))? {
        Stop::NotModified => Some(StatusCode::NOT_MODIFIED.into_response()),
        Stop::Failed if service.is("409 for 412") && !headers.contains_key("if-none-match") => {
            Some(problem(service, 409, "it has changed", tag.as_ref()))
        }
        Stop::Failed => Some(failed(service, tag.as_ref())),
        Stop::Malformed => Some(problem(service, 400, "malformed condition", None)),
    }
}

fn required(service: &Service) -> Response {
    let hint = if service.is("428 without a way out") { "no" } else { "send If-Match" };
    let mut answer = problem(service, 428, hint, None);
    if !service.is("428 that is stored") {
        answer.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
    }
    answer
}

fn failed(service: &Service, tag: Option<&HeaderValue>) -> Response {
    problem(service, 412, "it has changed", tag)
}

fn problem(service: &Service, status: u16, title: &str, tag: Option<&HeaderValue>) -> Response {
    let says = if service.is("a problem of another status") { 418 } else { status };
    let kind = if service.is("a problem of a relative type") { "problems/x" } else { "about:blank" };
    let media = if service.is("a problem that is only JSON") {
        "application/json"
    } else {
        "application/problem+json"
    };
    let body = format!(r#"{{"type":"{kind}","title":"{title}","status":{says}}}"#);
    let mut answer = (StatusCode::from_u16(status).unwrap(), [("content-type", media)], body).into_response();
    if let Some(tag) = tag {
        answer.headers_mut().insert("etag", tag.clone());
    }
    answer
}

fn base64(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let sextets = |chunk: &[u8]| {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
        let text: String =
            (0..4).map(|at| char::from(ALPHABET[(bits >> (18 - 6 * at)) as usize & 63])).collect();
        format!("{:=<4}", &text[..=chunk.len()])
    };
    octets.chunks(3).map(sextets).collect()
}
