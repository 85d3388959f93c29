//! The registry, to which a socket says what no client would.

use std::path::PathBuf;

use tempfile::TempDir;
use tests::{Registry, client, sqlite_file};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;

/// A registry with a log, an asset of its, and all that it showed at first.
pub struct Attacked {
    pub registry: Registry,
    pub path: String,
    pub tag: String,
    everything: String,
    log: PathBuf,
    _folder: TempDir,
}

impl Attacked {
    pub async fn new() -> Self {
        let (folder, database) = sqlite_file();
        let log = folder.path().join("log");
        let registry = Registry::start_logged(&database, &log);
        let everything = show(&registry, "/assets?limit=500").await;
        let assets: Value = serde_json::from_str(&everything).unwrap();
        let path = format!("/assets/{}", assets[0]["id"].as_str().unwrap());
        let tag = assets[0]["etag"].as_str().unwrap().to_owned();
        Self { registry, path, tag, everything, log, _folder: folder }
    }

    /// Asserts that each asset has the tag that it had, and that nothing has panicked.
    pub async fn assert_untouched(&self) {
        assert_eq!(show(&self.registry, "/assets?limit=500").await, self.everything);
        let log = std::fs::read_to_string(&self.log).unwrap();
        assert!(!log.contains("panicked"), "{log}");
    }

    /// Sends octets as they are; the status, or `None` where it closed without one.
    pub async fn exchange(&self, request: &[u8]) -> Option<u16> {
        let mut socket = TcpStream::connect(self.registry.address()).await.expect("the registry listens");
        let answer = async {
            // What it refuses, it need not read to the end: it may close, and even reset.
            let _ = socket.write_all(request).await;
            let mut answer = Vec::new();
            while let Ok(1..) = socket.read_buf(&mut answer).await {}
            let status = answer.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3))?;
            std::str::from_utf8(status).ok()?.parse().ok()
        };
        timeout(Duration::from_secs(40), answer).await.expect("it answers or closes")
    }
}

async fn show(registry: &Registry, path: &str) -> String {
    let answer = client().get(registry.url(path)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

const BODY: &str = r#"{"name":"lost"}"#;

/// A PATCH of an asset with these lines in its head, which would change it if it were let through.
fn patch(path: &str, lines: &[u8]) -> Vec<u8> {
    let start = format!("PATCH {path} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n");
    let content = format!("Content-Type: {}\r\nContent-Length: {}\r\n", PATCH.1, BODY.len());
    [start.as_bytes(), lines, content.as_bytes(), b"\r\n", BODY.as_bytes()].concat()
}

#[tokio::test]
async fn what_no_header_may_hold_is_refused() {
    let attacked = Attacked::new().await;
    let tag = attacked.tag.as_bytes();
    let wrong: [&[&[u8]]; 12] = [
        &[b"If-Match: \"a\0b\"\r\n"],
        &[b"If-Match: ", tag, b"\0\r\n"],
        &[b"If-Match: \0", tag, b"\r\n"],
        &[b"If-Match: \"a\rb\"\r\n"],
        &[b"If-Match: \"a\x7fb\"\r\n"],
        &[b"If-Match : ", tag, b"\r\n"],
        &[b"If-Match\r\n"],
        // A folded line (RFC 9112 §5.2).
        &[b"If-Match:\r\n ", tag, b"\r\n"],
        &[b"If-Match: \"a\nb\"\r\n"],
        &[b"If-Match: \xff\xfe\r\n"],
        &[b"If-Match: \"a\r\nb\"\r\n"],
        &[b"If-Match: ", tag, b"\xff\r\n"],
    ];
    for lines in wrong {
        let lines = lines.concat();
        let status = attacked.exchange(&patch(&attacked.path, &lines)).await;
        assert_eq!(status, Some(400), "{}", String::from_utf8_lossy(&lines));
    }
    // Octets beyond ASCII are a tag's, and it is another one.
    for lines in [&b"If-Match: \"\xff\xfe\"\r\n"[..], b"If-Match: W/\"\xc3\xa9\"\r\n"] {
        assert_eq!(attacked.exchange(&patch(&attacked.path, lines)).await, Some(412));
    }
    attacked.assert_untouched().await;
    let guarded = patch(&attacked.path, &[b"If-Match: ", tag, b"\r\n"].concat());
    assert_eq!(attacked.exchange(&guarded).await, Some(200), "the guard was all that they lacked");
}

/// Two readings of where a request ends would let one through that nobody has seen (RFC 9112 §6.3).
#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_is_refused() {
    let attacked = Attacked::new().await;
    let Attacked { path, tag, .. } = &attacked;
    let head =
        format!("PATCH {path} HTTP/1.1\r\nHost: a\r\nIf-Match: {tag}\r\nContent-Type: {}\r\n", PATCH.1);
    let ends = [
        "Content-Length: 15\r\nContent-Length: 16\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +15\r\n",
        "Content-Length: 0xf\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: xchunked\r\n",
    ];
    for end in ends {
        let status = attacked.exchange(format!("{head}{end}\r\n{BODY}").as_bytes()).await;
        assert!(matches!(status, None | Some(400 | 413 | 501)), "{end}: {status:?}");
    }
    for garbage in
        ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}\0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let status = attacked.exchange(garbage.as_bytes()).await;
        assert!(matches!(status, None | Some(400..500)), "{garbage:?}: {status:?}");
    }
    attacked.assert_untouched().await;
}

#[tokio::test]
async fn heads_and_paths_without_end_are_refused_in_little_memory() {
    /// What is left of 80 such heads: less than a few of them.
    const MOST: usize = 8 << 20;
    let attacked = Attacked::new().await;
    let Attacked { registry, path, .. } = &attacked;
    let before = registry.memory();
    let long_line = format!("If-Match: \"{}\"\r\n", "x".repeat(1 << 17));
    let many_tags = format!("If-None-Match: {}\r\n", vec!["\"\""; 350_000].join(","));
    let many_lines = "If-Match: \"a\"\r\n".repeat(70_000);
    for _ in 0..20 {
        for lines in [&long_line, &many_tags, &many_lines] {
            let status = attacked.exchange(&patch(path, lines.as_bytes())).await;
            assert!(matches!(status, None | Some(431)), "{status:?}");
        }
        let path = format!("/assets/{}", "x".repeat(1 << 20));
        let status = attacked.exchange(&patch(&path, b"If-Match: *\r\n")).await;
        assert!(matches!(status, None | Some(414 | 431)), "{status:?}");
    }
    let after = registry.memory();
    eprintln!("{} kB, then {} kB", before >> 10, after >> 10);
    assert!(after < before + MOST, "{before}, then {after}");
    attacked.assert_untouched().await;
}

/// As much as a head may have.
#[tokio::test]
async fn a_head_that_is_just_not_too_long_is_read_to_its_end() {
    let attacked = Attacked::new().await;
    let Attacked { path, tag, .. } = &attacked;
    let others = vec!["\"x\""; 15_000].join(",");
    let refused = format!("If-Match: {others}\r\n");
    assert_eq!(attacked.exchange(&patch(path, refused.as_bytes())).await, Some(412));
    let spoilt = format!("If-Match: {others},{tag},*\r\n");
    assert_eq!(attacked.exchange(&patch(path, spoilt.as_bytes())).await, Some(400));
    let absent = format!("/assets/{}", "%00%2F".repeat(10_000));
    assert_eq!(attacked.exchange(&patch(&absent, b"If-Match: *\r\n")).await, Some(404));
    attacked.assert_untouched().await;
    let last = format!("If-Match: {others},{tag}\r\n");
    assert_eq!(attacked.exchange(&patch(path, last.as_bytes())).await, Some(200));
}

/// Checklist 40: nothing is done before all of the request is there.
#[tokio::test]
async fn a_request_that_breaks_off_changes_nothing() {
    let attacked = Attacked::new().await;
    let Attacked { registry, path, tag, .. } = &attacked;
    let whole = patch(path, format!("If-Match: {tag}\r\n").as_bytes());
    for length in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
        let mut socket = TcpStream::connect(registry.address()).await.unwrap();
        socket.write_all(&whole[..length]).await.unwrap();
        drop(socket);
    }
    attacked.assert_untouched().await;
    assert_eq!(attacked.exchange(&whole).await, Some(200));
}
