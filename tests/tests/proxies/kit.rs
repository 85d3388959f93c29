//! The conformance kit through each proxy: which rules a client sees kept behind it.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use etag_core::testing::Conformance;
use etag_core::testing::conformance::{Report, Write};
use serde::Deserialize;
use serde_json::Value;
use tests::{Registry, client};

use super::server::{self, Server};

/// The rules that a client sees broken behind a proxy: they are the proxy's doing.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    proxy: String,
    /// With which `Accept-Encoding` the kit asks.
    coding: String,
    broken: BTreeSet<u8>,
}

#[derive(Deserialize)]
struct Record {
    kit: Vec<Row>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_keeps_its_rules_behind_each_proxy_but_for_what_the_proxy_breaks() {
    let record: Record = toml::from_str(include_str!("../../data/proxies.toml")).expect("the record is one");
    let mut found = Vec::new();
    for coding in ["identity", "gzip"] {
        let none = Registry::start_with("memory:", &["--tolerate", "intermediaries"]);
        found.push(row("none", coding, &check(&none, &none.url(""), coding).await));
        for (proxy, start) in PROXIES {
            let origin = Registry::start_with("memory:", &["--tolerate", "intermediaries"]);
            let Some(server) = Server::start(|at| start(at, origin.address())) else {
                continue;
            };
            found.push(row(proxy, coding, &check(&origin, &server.url(""), coding).await));
        }
    }
    let started: Vec<&str> = found.iter().map(|row| row.proxy.as_str()).collect();
    let recorded: Vec<Row> =
        record.kit.into_iter().filter(|row| started.contains(&row.proxy.as_str())).collect();
    assert_eq!(found, recorded);
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

/// What the kit finds of a product, at the address of the registry or of a proxy before it.
async fn check(origin: &Registry, base: &str, coding: &str) -> Report {
    let products = client().get(origin.url("/assets")).send().await.unwrap().bytes().await.unwrap();
    let asset = serde_json::from_slice::<Value>(&products).unwrap()[0].clone();
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

fn row(proxy: &str, coding: &str, report: &Report) -> Row {
    let judged = report.lines().len();
    let broken: BTreeSet<u8> = report.failed().map(|line| line.rule()).collect();
    println!("{proxy} | {coding} | {judged} rules | broken: {broken:?}");
    report.failed().for_each(|line| println!("{} {}: {:?}", line.rule(), line.requirement(), line.outcome()));
    Row { proxy: proxy.to_owned(), coding: coding.to_owned(), broken }
}
