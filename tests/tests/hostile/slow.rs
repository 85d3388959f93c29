//! Slow clients, who cost the registry no more than their connections, and those not for long.

use tests::client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::*;
use crate::sockets::Attacked;

/// How many there are: fewer where the machine lets a process have few files, and one end of each is ours.
fn clients() -> usize {
    const MOST: usize = 4000;
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let soft = files.split_whitespace().next().and_then(|soft| soft.parse().ok()).unwrap_or(usize::MAX);
    MOST.min(soft.saturating_sub(200))
}

/// The registry gives a head 10 seconds.
const HEAD: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_heads_that_never_end_keep_nobody_out_and_are_dropped() {
    /// What a connection may take of the registry's memory.
    const EACH: usize = 32 << 10;
    let attacked = Attacked::new().await;
    let Attacked { registry, path, tag, .. } = &attacked;
    let before = registry.memory();
    let started = Instant::now();
    let head = format!("DELETE {path} HTTP/1.1\r\nHost: registry\r\nIf-Match: {tag}\r\nX-Half: ");
    let mut slow = Vec::new();
    for _ in 0..clients() {
        let mut socket = TcpStream::connect(registry.address()).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        slow.push(socket);
    }
    let asked = Instant::now();
    let shown = timeout(Duration::from_secs(5), client().get(registry.url(path)).send());
    let shown = shown.await.expect("others are answered meanwhile").unwrap();
    assert_eq!((shown.status().as_u16(), shown.headers()["etag"].to_str().unwrap()), (200, &**tag));
    let answered = asked.elapsed();
    let during = registry.memory();
    let (count, most) = (slow.len(), before + slow.len() * EACH + (16 << 20));
    assert!(during < most, "{count} clients: {before}, then {during}");
    for mut socket in slow {
        let closed = async { while let Ok(1..) = socket.read(&mut [0; 1024]).await {} };
        timeout(4 * HEAD, closed).await.expect("it closes");
    }
    let gone = started.elapsed();
    assert!(gone < 4 * HEAD, "{gone:?}");
    eprintln!(
        "{count} clients: {} kB, then {} kB; another one was answered in {answered:?}; all were gone after {gone:?}",
        before >> 10,
        during >> 10
    );
    attacked.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_in_is_408_in_the_end_and_changes_nothing() {
    let attacked = Attacked::new().await;
    let Attacked { registry, path, tag, .. } = &attacked;
    let mut socket = TcpStream::connect(registry.address()).await.unwrap();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: registry\r\nIf-Match: {tag}\r\nContent-Type: {}\r\nContent-Length: 15\r\n\r\n",
        PATCH.1
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let started = Instant::now();
    let (mut from, mut to) = socket.into_split();
    let trickle = tokio::spawn(async move {
        for octet in br#"{"name":"lost"}"# {
            sleep(Duration::from_secs(5)).await;
            if to.write_all(&[*octet]).await.is_err() {
                break;
            }
        }
    });
    let mut answer = String::new();
    let answered = timeout(Duration::from_secs(60), from.read_to_string(&mut answer));
    answered.await.expect("it closes").unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(45), "{:?}", started.elapsed());
    trickle.abort();
    attacked.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_on_which_nothing_more_is_asked_is_closed() {
    let attacked = Attacked::new().await;
    let mut socket = TcpStream::connect(attacked.registry.address()).await.unwrap();
    socket.write_all(b"GET /settings HTTP/1.1\r\nHost: registry\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    timeout(3 * HEAD, socket.read_to_end(&mut answer)).await.expect("it closes").unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
}
