//! A guarded PUT beside a plain UPDATE: the same handler, over HTTP, to the same kind of database.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use bench::apps::{Stored, serve};
use bench::models::Medium;
use bench::plain::Plain;
use bench::race::{Calls, Effort, ratio};
use bench::table::{Goal, Table};
use etag_core::Database;
use futures_util::future::join_all;
use reqwest::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use tests::postgres::Cluster;
use tests::{client, sqlite_file};
use tokio::runtime::Runtime;

/// Measures each database that there is, with one client and with many.
pub(crate) fn measure(runtime: &Runtime, table: &mut Table) {
    let (_guarded_folder, guarded) = sqlite_file();
    let (_plain_folder, plain) = sqlite_file();
    let plain = runtime.block_on(Plain::on_sqlite(&plain));
    rows(runtime, table, "SQLite", &guarded, plain);
    // What a disk takes hides what is done beside it: so both are measured.
    for (database, settings) in [("PostgreSQL", &[][..]), ("PostgreSQL without fsync", &["fsync=off"][..])] {
        let Some(cluster) = Cluster::start(settings) else {
            println!("PostgreSQL is not installed");
            return;
        };
        let plain = runtime.block_on(Plain::on_postgres(&cluster.database()));
        rows(runtime, table, database, &cluster.database(), plain);
    }
}

fn rows(runtime: &Runtime, table: &mut Table, database: &str, url: &str, plain: Plain) {
    let guarded = runtime.block_on(Database::connect(url)).expect("the database opens");
    let guarded = Router::new().route("/values/{id}", Medium::routes()).with_state(guarded);
    let [guarded, plain] =
        [guarded, plain.router()].map(|router| runtime.block_on(serve(router)) + "/values/");
    for clients in [1, 16] {
        let mut subject = writers(runtime, clients, &guarded);
        let mut rival = writers(runtime, clients, &plain);
        let rate = 1.0 / ratio(Effort::OUTSIDE, &mut subject, &mut rival);
        let what = format!("guarded PUTs a second, {database}, clients: {clients}");
        table.row(&what, "a plain UPDATE", rate, Some(Goal::AtLeast(0.95)));
    }
}

/// A client with a row of its own, which it writes again and again.
struct Writer {
    client: reqwest::Client,
    url: String,
    value: Medium,
    /// What the last answer said; nothing where no tag is sent.
    tag: Option<reqwest::header::HeaderValue>,
}

impl Writer {
    async fn put(&mut self) {
        // A write that changes nothing would not be one.
        self.value.quantity += 1;
        let body = serde_json::to_vec(&self.value).expect("the model is JSON");
        let mut request = self.client.put(&self.url).header(CONTENT_TYPE, "application/json").body(body);
        if let Some(tag) = &self.tag {
            request = request.header(IF_MATCH, tag);
        }
        let answer = request.send().await.expect("the service answers");
        assert!(answer.status().is_success(), "{}", answer.status());
        self.tag = answer.headers().get(ETAG).cloned();
        answer.bytes().await.expect("the answer is whole");
    }
}

/// Clients that write side by side: so many times in all.
fn writers<'a>(runtime: &'a Runtime, clients: u32, base: &str) -> Calls<'a> {
    static NAMES: AtomicU64 = AtomicU64::new(0);
    let mut writers: Vec<Writer> = (0..clients)
        .map(|number| {
            let id = format!("row-{}", NAMES.fetch_add(1, Ordering::Relaxed));
            let value = Medium { id: id.clone(), ..Medium::sample(number) };
            Writer { client: client(), url: format!("{base}{id}"), value, tag: None }
        })
        .collect();
    // Each makes its row.
    runtime.block_on(join_all(writers.iter_mut().map(Writer::put)));
    Box::new(move |count| {
        let each = count.div_ceil(clients);
        runtime.block_on(join_all(writers.iter_mut().map(async |writer| {
            for _ in 0..each {
                writer.put().await;
            }
        })));
    })
}
