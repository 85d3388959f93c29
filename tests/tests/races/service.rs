//! A service written by hand, with one mistake at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, Method, StatusCode};
use tokio::sync::Mutex;

/// Texts under three paths, and the list of them; a tag is a revision.
#[derive(Clone)]
pub struct Service {
    mistake: &'static str,
    items: Arc<Mutex<Items>>,
    requests: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Items {
    all: BTreeMap<String, Item>,
    last_revision: u64,
}

#[derive(Clone)]
struct Item {
    revision: u64,
    text: Bytes,
}

impl Service {
    pub fn without_a_mistake() -> Router {
        Self::with("")
    }

    pub fn with(mistake: &'static str) -> Router {
        let mut items = Items::default();
        for name in ["a", "b", "c"] {
            items.write(name, Bytes::from_static(b"0"), mistake);
        }
        let service = Self { mistake, items: Arc::new(Mutex::new(items)), requests: Arc::default() };
        Router::new()
            .route("/", get(list).put(replace_all))
            .route("/{name}", get(show).put(replace).delete(remove))
            .with_state(service)
    }

    fn is(&self, mistake: &str) -> bool {
        self.mistake == mistake
    }

    /// Whether this request is one of those that are answered in another way.
    fn is_every(&self, nth: usize) -> bool {
        self.requests.fetch_add(1, Ordering::Relaxed) % nth == nth - 1
    }

    fn is_busy(&self) -> bool {
        self.is("busy at times") && self.is_every(5)
    }

    /// Whether the state that a request names is this one.
    fn admits(&self, method: &Method, headers: &HeaderMap, tag: Option<&str>) -> bool {
        if self.is("nothing passes") && self.is_every(1) && self.requests.load(Ordering::Relaxed) > 4 {
            return false;
        }
        if headers.contains_key("if-none-match") {
            return tag.is_none();
        }
        let is_ignored =
            self.is("If-Match is ignored") || self.is("a DELETE ignores the tag") && method == Method::DELETE;
        match (tag, headers["if-match"].to_str().unwrap()) {
            (None, _) => false,
            (Some(_), "*") => true,
            (Some(tag), named) => is_ignored || tag == named,
        }
    }

    /// What is answered to a write that was carried out.
    fn written(&self, status: StatusCode, tag: &str, text: &Bytes) -> Response {
        if self.is("a 503 was carried out") && self.requests.load(Ordering::Relaxed) > 3 {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        if self.mistake.starts_with("answers 204") {
            return StatusCode::NO_CONTENT.into_response();
        }
        (status, [("etag", tag)], text.clone()).into_response()
    }
}

impl Items {
    fn write(&mut self, name: &str, text: Bytes, mistake: &str) -> u64 {
        self.last_revision += 1;
        let revision = match mistake {
            "one tag for all" => 1,
            "revisions restart" => self.all.get(name).map_or(1, |item| item.revision + 1),
            _ => self.last_revision,
        };
        self.all.insert(name.to_owned(), Item { revision, text });
        revision
    }

    fn tag(&self, name: &str) -> Option<String> {
        self.all.get(name).map(|item| format!("\"{}\"", item.revision))
    }

    /// The tag of the list, and its text.
    fn list(&self) -> (String, Bytes) {
        let revisions: Vec<String> = self.all.values().map(|item| item.revision.to_string()).collect();
        let texts: Vec<&[u8]> = self.all.values().map(|item| &*item.text).collect();
        (format!("\"{}\"", revisions.join("-")), texts.join(&b","[..]).into())
    }
}

async fn show(State(service): State<Service>, Path(name): Path<String>) -> Response {
    let items = service.items.lock().await;
    match items.all.get(&name) {
        Some(item) => ([("etag", items.tag(&name).unwrap())], item.text.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn replace(
    State(service): State<Service>,
    Path(name): Path<String>,
    method: Method,
    headers: HeaderMap,
    text: Bytes,
) -> Response {
    if service.is_busy() {
        return busy();
    }
    let is_creation = headers.contains_key("if-none-match");
    let mut items = service.items.lock().await;
    let mut admitted = service.admits(&method, &headers, items.tag(&name).as_deref());
    if service.is("written, and then compared") {
        items.write(&name, text.clone(), service.mistake);
        admitted = admitted && service.is_every(1);
    }
    if !admitted {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    let waits = if is_creation { "a creation is not atomic" } else { "compared, and written later" };
    if service.is(waits) {
        drop(items);
        pause().await;
        items = service.items.lock().await;
    }
    if service.mistake.ends_with("dropped") || service.mistake.ends_with("drops what it acknowledged") {
        // The first writes are those that tell how the service answers.
        if service.is_every(1) && service.requests.load(Ordering::Relaxed) > 3 {
            return service.written(StatusCode::OK, "\"none\"", &text);
        }
    }
    let revision = items.write(&name, text.clone(), service.mistake);
    service.requests.fetch_add(1, Ordering::Relaxed);
    let status = if is_creation { StatusCode::CREATED } else { StatusCode::OK };
    service.written(status, &format!("\"{revision}\""), &text)
}

async fn remove(
    State(service): State<Service>,
    Path(name): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if service.is_busy() {
        return busy();
    }
    let mut items = service.items.lock().await;
    let Some(tag) = items.tag(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if !service.admits(&method, &headers, Some(&tag)) {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    if service.is("compared, and written later") {
        drop(items);
        pause().await;
        items = service.items.lock().await;
    }
    items.all.remove(&name);
    StatusCode::NO_CONTENT.into_response()
}

async fn list(State(service): State<Service>) -> Response {
    let (tag, text) = service.items.lock().await.list();
    ([("etag", tag)], text).into_response()
}

/// Each item is set to the text.
async fn replace_all(
    State(service): State<Service>,
    method: Method,
    headers: HeaderMap,
    text: Bytes,
) -> Response {
    if service.is_busy() {
        return busy();
    }
    let mut items = service.items.lock().await;
    if !service.admits(&method, &headers, Some(&items.list().0)) {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    if service.is("a bulk compares, and writes later") || service.is("compared, and written later") {
        drop(items);
        pause().await;
        items = service.items.lock().await;
    }
    let before: BTreeMap<String, Item> = items.all.clone();
    for (name, item) in before {
        let pauses = ["a bulk is written item by item", "a bulk is shown half"];
        if pauses.contains(&service.mistake) {
            drop(items);
            pause().await;
            items = service.items.lock().await;
        }
        let is_stale = items.all.get(&name).is_none_or(|now| now.revision != item.revision);
        if service.is("a bulk is written item by item") && is_stale && headers["if-match"] != "*" {
            return StatusCode::PRECONDITION_FAILED.into_response();
        }
        items.write(&name, text.clone(), service.mistake);
    }
    service.requests.fetch_add(1, Ordering::Relaxed);
    let (tag, text) = items.list();
    service.written(StatusCode::OK, &tag, &text)
}

fn busy() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")]).into_response()
}

/// Long enough for the others to come in between.
async fn pause() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}
