//! A real browser, whose page asks a registry of another origin: Chromium without a window. A machine that has none skips
//! this.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::Value;
use tests::{Registry, client, system_program};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::timeout;

/// What a server sent to its clients.
type Wire = Arc<Mutex<Vec<u8>>>;

/// Hands on what is said to `server`, and keeps what it answers.
async fn tap(server: String) -> (String, Wire) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let wire = Wire::default();
    let kept = Arc::clone(&wire);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            let kept = Arc::clone(&kept);
            tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
            tokio::spawn(async move {
                let mut octets = [0; 16 << 10];
                while let Ok(length @ 1..) = from_server.read(&mut octets).await {
                    kept.lock().unwrap().extend_from_slice(&octets[..length]);
                    if to_client.write_all(&octets[..length]).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    (base, wire)
}

/// How many answers with that status there were.
fn count(wire: &Wire, status: &str) -> usize {
    let wire = wire.lock().unwrap();
    let line = format!("HTTP/1.1 {status}\r\n");
    wire.windows(line.len()).filter(|octets| *octets == line.as_bytes()).count()
}

/// Serves the page: to a browser, `localhost` is another origin than `127.0.0.1`.
async fn serve_page() -> String {
    let page = Html(include_str!("../data/browser.html"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(axum::serve(listener, Router::new().route("/", get(async move || page))).into_future());
    origin
}

/// The document of a page, after its script has run.
async fn dump(chromium: &Path, profile: &Path, url: &str) -> String {
    let mut browser = Command::new(chromium);
    browser
        // A container has no user namespaces, nor much shared memory.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args([
            "--no-first-run",
            "--disable-extensions",
            "--disable-background-networking",
            "--no-proxy-server",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        // The clock of the page stands still while it waits for an answer.
        .args(["--virtual-time-budget=10000", "--dump-dom", url])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(Duration::from_secs(90), browser.output()).await.expect("the browser ends in time");
    String::from_utf8(output.unwrap().stdout).unwrap()
}

/// What the page found, read from its document.
fn found(document: &str) -> Value {
    let text = document.split_once("<pre id=\"found\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let (text, _) = text.unwrap_or_else(|| panic!("the page was not shown: {document}"));
    let json = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {document}"))
}

fn chromium() -> Option<PathBuf> {
    system_program("chromium")
}

/// Checklist 74, 76, 86.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_revalidates_and_writes_what_it_has_seen() {
    let Some(chromium) = chromium() else { return };
    let origin = serve_page().await;
    let registry = Registry::start_with("memory:", &["--cors-origin", &origin]);
    let (tapped, wire) = tap(registry.address().to_owned()).await;
    let profile = tempfile::tempdir().unwrap();
    let found = found(&dump(&chromium, profile.path(), &format!("{origin}/?registry={tapped}")).await);
    assert_eq!(found["error"], Value::Null, "{found:#}");

    let status = |name: &str| found[name]["status"].as_u64().unwrap_or_default();
    let etag = |name: &str| found[name]["etag"].as_str().unwrap_or_default();
    assert!(found["list"]["total"].is_string(), "{found:#}");
    assert!(etag("list").starts_with('"') && etag("first").starts_with('"'), "{found:#}");
    assert!(found["first"]["lastModified"].is_string(), "{found:#}");
    // The second time, the script gets what the browser kept, for a 304; and the 304 where it asked for that.
    assert_eq!((status("first"), status("again"), status("known")), (200, 200, 304), "{found:#}");
    assert_eq!((&found["again"]["body"], etag("again")), (&found["first"]["body"], etag("first")));
    assert_eq!((etag("known"), &found["known"]["body"]), (etag("first"), &Value::Null));
    assert_eq!(count(&wire, "304 Not Modified"), 2, "one for the browser's cache, and one for the script");

    // Each write was preceded by a preflight.
    assert_eq!(status("written"), 200, "{found:#}");
    assert_eq!(
        found["written"]["contentLocation"],
        format!("/assets/{}", found["first"]["body"]["id"].as_str().unwrap())
    );
    assert_ne!(etag("written"), etag("first"));
    assert_eq!((status("stale"), status("unguarded")), (412, 428));
    assert_eq!((&found["stale"]["body"]["reason"], etag("stale")), (&"stale".into(), etag("written")));
    assert_eq!(found["stale"]["type"], "application/problem+json");
    assert_eq!((status("patched"), &found["after"]["body"]["name"]), (200, &"changed by a page".into()));
    assert_eq!((&found["after"]["body"]["status"], etag("after")), (&"retired".into(), etag("patched")));
    assert_eq!((status("created"), status("deleted")), (201, 204));
    let shown =
        client().get(registry.url(found["written"]["contentLocation"].as_str().unwrap())).send().await;
    assert_eq!(shown.unwrap().headers()["etag"].to_str().unwrap(), etag("after"));
}

/// Without it the same page is told nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_origin_that_the_registry_does_not_know_sees_nothing() {
    let Some(chromium) = chromium() else { return };
    let origin = serve_page().await;
    let registry = Registry::start("memory:");
    let profile = tempfile::tempdir().unwrap();
    let url = format!("{origin}/?registry={}", registry.url(""));
    let found = found(&dump(&chromium, profile.path(), &url).await);
    assert!(found["error"].as_str().is_some_and(|error| error.contains("Failed to fetch")), "{found:#}");
    assert_eq!(found.as_object().unwrap().len(), 1, "{found:#}");
}
