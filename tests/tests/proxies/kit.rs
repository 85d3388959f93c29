//! The conformance kit through each proxy: no guard of a write is lost there, whatever else a proxy breaks.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use etag_core::testing::Conformance;
use etag_core::testing::conformance::{Outcome, Report, Write};
use serde_json::Value;
use tests::{Registry, client};

use super::server::{self, Server};

/// The rules of guarded writes: what is stale, malformed, absent or forbidden is not done.
const GUARDS: [u8; 9] = [11, 36, 41, 42, 43, 44, 54, 64, 95];

#[tokio::test(flavor = "multi_thread")]
async fn the_guards_of_the_registry_hold_behind_each_proxy() {
    for coding in ["identity", "gzip"] {
        let alone = tolerant();
        let report = check(&alone, &alone.url(""), coding).await;
        report.assert();
        let is_passed = |rule| {
            let mut lines = report.lines().iter().filter(|line| line.rule() == rule);
            lines.any(|line| matches!(line.outcome(), Outcome::Passed))
        };
        assert!(GUARDS.into_iter().all(is_passed), "each is judged:\n{report}");
        assert_guarded("none", coding, &report);
        for (proxy, start) in PROXIES {
            let origin = tolerant();
            if let Some(server) = Server::start(|at| start(at, origin.address())) {
                assert_guarded(proxy, coding, &check(&origin, &server.url(""), coding).await);
            }
        }
    }
}

fn tolerant() -> Registry {
    Registry::start_with("memory:", &["--tolerate", "intermediaries"])
}

type Start = fn(SocketAddr, &str) -> Option<Server>;

const PROXIES: [(&str, Start); 4] = [
    ("nginx gzip", |at, origin| server::nginx(at, origin, "gzip on; gzip_proxied any; gzip_types *;")),
    ("nginx proxy_cache", |at, origin| {
        let cache =
            "proxy_cache cache; proxy_cache_revalidate on; proxy_cache_key $uri$http_accept_encoding;";
        server::nginx(at, origin, cache)
    }),
    ("Apache mod_deflate", |at, origin| server::apache(at, origin, "")),
    ("Varnish, do_gzip", |at, origin| server::varnish(at, origin, "on", "set beresp.do_gzip = true;")),
];

/// What the kit finds of an asset, at the address of the registry or of a proxy before it.
async fn check(origin: &Registry, base: &str, coding: &str) -> Report {
    let assets = client().get(origin.url("/assets")).send().await.unwrap().bytes().await.unwrap();
    let asset = serde_json::from_slice::<Value>(&assets).unwrap()[0].clone();
    Conformance::at(base)
        .resource(&format!("/assets/{}", asset["id"].as_str().unwrap()))
        .modify(|number| {
            Write::patch("application/merge-patch+json", format!(r#"{{"name":"number {number}"}}"#))
        })
        .absent("/assets/00000000-0000-4000-8000-000000000000")
        .header("accept-encoding", coding)
        // It takes `W/"S"` for what it was.
        .tolerating(31, "the registry tolerates intermediaries")
        .requires_if_match()
        .run()
        .await
}

/// What else a client sees broken is printed: it is the proxy's doing, and some of it depends on what a cache holds.
fn assert_guarded(proxy: &str, coding: &str, report: &Report) {
    let broken: BTreeSet<u8> = report.failed().map(|line| line.rule()).collect();
    println!("{proxy} | {coding} | {} checks | broken: {broken:?}", report.lines().len());
    let of_guards: Vec<u8> = GUARDS.into_iter().filter(|rule| broken.contains(rule)).collect();
    assert!(of_guards.is_empty(), "{of_guards:?} behind {proxy}:\n{report}");
}
