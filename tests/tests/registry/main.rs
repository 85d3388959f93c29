//! The registry over real sockets: each row of its route table, each bad input, and its command line.

mod assets;
mod bad_input;
mod bulk;
mod bulk_races;
mod bulk_refusals;
mod command_line;
mod layered;
mod lists;
mod products;
mod retag;
mod selections;
mod settings;
mod specifications;
mod views;
mod writes;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const MERGE_PATCH: &str = "application/merge-patch+json";
/// An id that the catalogue does not have.
pub const ABSENT: &str = "/assets/00000000-0000-4000-8000-000000000000";
/// All that there is, in one answer.
pub const EVERYTHING: &str = "/assets?limit=500";

/// A registry on a file of its own, filled with the catalogue, and a client.
pub struct Service {
    pub registry: Registry,
    client: Client,
    /// Removed after the registry has ended.
    _folder: TempDir,
}

impl Service {
    pub fn start() -> Self {
        let (folder, database) = tests::sqlite_file();
        Self { registry: Registry::start(&database), client: tests::client(), _folder: folder }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.registry.url(path))
    }

    /// A PATCH whose body is a merge patch.
    pub fn patch(&self, path: &str, patch: &Value) -> RequestBuilder {
        self.request(Method::PATCH, path).header(CONTENT_TYPE, MERGE_PATCH).body(patch.to_string())
    }

    pub fn put(&self, path: &str, value: &Value) -> RequestBuilder {
        self.request(Method::PUT, path).json(value)
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// Answers 201 for a new asset of the first product.
    pub async fn new_asset(&self) -> Answer {
        let created = answer(self.request(Method::POST, "/assets").json(&self.draft().await)).await;
        assert_eq!(created.status, 201);
        created
    }

    /// What a client sends of a new asset.
    pub async fn draft(&self) -> Value {
        let products = self.get("/products").await.json();
        json!({
            "serialNumber": "GR-1",
            "name": "Grúa móvil, muelle 4",
            "status": "active",
            "value": 1250.5,
            "tags": ["LOLER", "24/7"],
            "location": {"latitude": 53.25, "longitude": -1.5},
            "productId": products[0]["id"],
        })
    }

    /// Sends octets as they are, and reads until the server closes: the head, and what follows it.
    pub async fn exchange(&self, request: &[u8]) -> (String, Vec<u8>) {
        let mut socket = TcpStream::connect(self.registry.address()).await.expect("the registry listens");
        // What it refuses, it need not read to the end: it may close, and even reset, after it has answered.
        let _ = socket.write_all(request).await;
        let mut response = Vec::new();
        while let Ok(1..) = socket.read_buf(&mut response).await {}
        let end = response.windows(4).position(|octets| octets == b"\r\n\r\n").expect("a head") + 4;
        let body = response.split_off(end);
        (String::from_utf8(response).expect("a head in ASCII"), body)
    }
}

/// An answer that was read to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// A header that there is once.
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            panic!("expected one `{name}`: {:?}", self.headers);
        };
        value.to_str().expect("a header in ASCII")
    }

    pub fn has(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }

    pub fn etag(&self) -> String {
        self.header("etag").to_owned()
    }

    /// What two answers of the same representation share.
    pub fn representation(&self) -> (&str, Option<&http::HeaderValue>, &[u8]) {
        (self.header("etag"), self.headers.get("last-modified"), &self.body)
    }
}

pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("the registry answers");
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await.expect("a whole body").to_vec(),
    }
}

/// Asserts that an answer is a problem of one of the library's types (checklist 115 to 117), and reads it.
#[track_caller]
pub fn assert_problem(answer: &Answer, status: u16, kind: &str) -> Value {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{text}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["status"], status, "{text}");
    let found = problem["type"].as_str().expect("a problem has a type");
    assert!(found.starts_with("https://") && found.ends_with(&format!("#{kind}")), "{text}");
    assert!(problem["title"].is_string() && problem["detail"].is_string(), "{text}");
    problem
}

/// Asserts that a write succeeded, and that it answered with what a GET of the resource shows next
/// (checklist 78, 83).
pub async fn assert_written(service: &Service, path: &str, written: &Answer, status: u16) {
    assert_eq!(written.status, status, "{}", String::from_utf8_lossy(&written.body));
    assert_eq!(written.header("content-location"), path);
    let shown = service.get(path).await;
    assert_eq!(shown.status, 200);
    assert_eq!(written.representation(), shown.representation());
}

/// The opaque part of a strong tag.
#[track_caller]
pub fn opaque(etag: &str) -> &str {
    etag.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or_else(|| panic!("no strong tag: {etag}"))
}
