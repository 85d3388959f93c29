//! The registry behind real proxies: what becomes of its tags on their way to a client and back.
//!
//! `tests/data/proxies.toml` is the record, and `cargo test --test proxies -- --nocapture` prints it. A program that is not
//! installed is skipped, unless `ETAG_TEST_SYSTEM=require` is set. (Checklist 16, 30 to 33, 44, 74, 77, 92, 93.)

mod kit;
mod server;

use std::net::SocketAddr;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, Method};
use serde::Deserialize;
use serde_json::{Value, json};
use server::Server;
use tests::Registry;

/// What became of a tag `"S"` behind a proxy, once for a client that takes no coding and once for one that takes gzip.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    proxy: String,
    /// How the registry was started: `as is`, or by its options.
    registry: String,
    plain: Seen,
    gzip: Seen,
}

/// What one client sees: `304 "S"` is a status and a tag, `412 altered` a status and a problem's reason.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// A GET: its tag and its `Content-Encoding`.
    get: String,
    /// The same by HEAD.
    head: String,
    /// A GET by who has that tag.
    again: String,
    /// A write that the tag guards.
    write: String,
    /// One after somebody else's.
    stale: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    row: Vec<Row>,
}

/// How the registry is started.
const REGISTRIES: [(&str, &[&str]); 4] = [
    ("as is", &[]),
    ("--tolerate intermediaries", &["--tolerate", "intermediaries"]),
    ("--compress", &["--compress"]),
    ("--compress --tolerate intermediaries", &["--compress", "--tolerate", "intermediaries"]),
];

#[tokio::test]
async fn nginx_does_to_tags_what_the_record_says() {
    let cache = "proxy_cache cache; proxy_cache_revalidate on; proxy_cache_key $uri$http_accept_encoding;";
    let ignores = format!("{cache} proxy_ignore_headers Cache-Control; proxy_cache_valid 1s;");
    for (proxy, directives) in [
        ("nginx gzip", "gzip on; gzip_proxied any; gzip_types *;"),
        ("nginx proxy_cache", cache),
        ("nginx proxy_cache that ignores Cache-Control", &ignores),
    ] {
        assert_recorded(proxy, |at, origin| server::nginx(at, origin, directives)).await;
    }
}

#[tokio::test]
async fn apache_does_to_tags_what_the_record_says() {
    for (proxy, directives) in [
        ("Apache mod_deflate", ""),
        ("Apache mod_deflate, DeflateAlterETag NoChange", "DeflateAlterETag NoChange"),
        ("Apache mod_deflate, DeflateAlterETag Remove", "DeflateAlterETag Remove"),
    ] {
        assert_recorded(proxy, |at, origin| server::apache(at, origin, directives)).await;
    }
}

#[tokio::test]
async fn varnish_does_to_tags_what_the_record_says() {
    let gzips = "set beresp.do_gzip = true;";
    for (proxy, support, statements) in [
        ("Varnish", "on", ""),
        ("Varnish, do_gzip", "on", gzips),
        ("Varnish, http_gzip_support=off", "off", ""),
    ] {
        assert_recorded(proxy, |at, origin| server::varnish(at, origin, support, statements)).await;
    }
}

/// Asserts that each registry behind this proxy is as the record says.
async fn assert_recorded(proxy: &str, start: impl Fn(SocketAddr, &str) -> Option<Server>) {
    let record: Record = toml::from_str(include_str!("../../data/proxies.toml")).expect("the record is one");
    let recorded: Vec<Row> = record.row.into_iter().filter(|row| row.proxy == proxy).collect();
    let mut found = Vec::new();
    for (registry, options) in REGISTRIES {
        let origin = Registry::start_with("memory:", options);
        let Some(server) = Server::start(|at| start(at, origin.address())) else {
            return;
        };
        let probe = Probe { origin: &origin, server: &server, client: tests::client() };
        let row = tokio::time::timeout(Duration::from_secs(60), async {
            let (plain, gzip) = (probe.see(0, "identity").await, probe.see(1, "gzip").await);
            Row { proxy: proxy.to_owned(), registry: registry.to_owned(), plain, gzip }
        });
        found.push(row.await.expect("a proxy answers in time"));
    }
    found.iter().for_each(print);
    assert_eq!(found, recorded, "{proxy}");
}

fn print(row: &Row) {
    println!("{} | {}", row.proxy, row.registry);
    for (client, seen) in [("plain", &row.plain), ("gzip", &row.gzip)] {
        let Seen { get, head, again, write, stale } = seen;
        println!(
            "  {client:5} | GET {get:22} | HEAD {head:22} | again {again:18} | write {write:12} | stale {stale}"
        );
    }
}

/// A client of a registry behind a proxy.
struct Probe<'a> {
    origin: &'a Registry,
    server: &'a Server,
    client: reqwest::Client,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("-", |value| value.to_str().expect("a header in ASCII"))
    }

    /// Its tag, as one of the state whose tag is `tag`.
    fn tag(&self, tag: &str) -> String {
        self.header("etag").replace(tag.trim_matches('"'), "S")
    }

    /// Its status, and its problem's reason.
    fn outcome(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        match problem["reason"].as_str() {
            Some(reason) => format!("{} {reason}", self.status),
            None => self.status.to_string(),
        }
    }
}

impl Probe<'_> {
    /// What becomes of the tag of one asset, for a client that accepts this coding.
    async fn see(&self, asset: usize, coding: &str) -> Seen {
        let assets = self.send(Method::GET, &self.origin.url("/assets"), &[], "").await;
        let assets: Value = serde_json::from_slice(&assets.body).expect("a list of assets");
        let path = format!("/assets/{}", assets[asset]["id"].as_str().expect("an asset has an id"));
        let (origin, behind) = (self.origin.url(&path), self.server.url(&path));
        let accepts = (ACCEPT_ENCODING, coding);
        let tag = self.send(Method::GET, &origin, &[], "").await.header("etag").to_owned();

        let get = self.send(Method::GET, &behind, std::slice::from_ref(&accepts), "").await;
        let head = self.send(Method::HEAD, &behind, std::slice::from_ref(&accepts), "").await;
        let shown = |answer: &Answer| format!("{} {}", answer.tag(&tag), answer.header("content-encoding"));
        let held = get.header("etag").to_owned();
        let condition = |name: HeaderName| (held != "-").then_some((name, &*held));
        let conditions: Vec<_> = [accepts.clone()].into_iter().chain(condition(IF_NONE_MATCH)).collect();
        let again = self.send(Method::GET, &behind, &conditions, "").await;

        let guard: Vec<_> = condition(IF_MATCH).into_iter().collect();
        let write = self.rename(&behind, &guard, "renamed behind the proxy").await;
        let current = self.rename(&origin, &[(IF_MATCH, "*")], "renamed by somebody else").await;
        let stale = self.rename(&behind, &guard, "lost").await;
        self.assert_shows(&behind, &accepts, current.header("etag")).await;
        Seen {
            get: shown(&get),
            head: shown(&head),
            again: format!("{} {}", again.status, again.tag(&tag)),
            write: write.outcome(),
            stale: stale.outcome(),
        }
    }

    /// A cache may keep what it shows for a second, and revalidate it for the next one who asks.
    async fn assert_shows(&self, url: &str, accepts: &(HeaderName, &str), etag: &str) {
        for _ in 0..30 {
            let shown = self.send(Method::GET, url, std::slice::from_ref(accepts), "").await;
            if shown.header("etag").contains(etag.trim_matches('"')) || shown.header("etag") == "-" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{url} does not show what was written");
    }

    async fn rename(&self, url: &str, conditions: &[(HeaderName, &str)], name: &str) -> Answer {
        let mut headers = conditions.to_vec();
        headers.push((CONTENT_TYPE, "application/merge-patch+json"));
        self.send(Method::PATCH, url, &headers, &json!({ "name": name }).to_string()).await
    }

    async fn send(&self, method: Method, url: &str, headers: &[(HeaderName, &str)], body: &str) -> Answer {
        let mut request = self.client.request(method, url).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.expect("a whole body").to_vec() }
    }
}
