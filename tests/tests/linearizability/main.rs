//! Concurrent reads and guarded writes of a resource look as if they had come one after the other, each at some
//! time between its request and its answer: they are linearizable (Herlihy and Wing, 1990).
//!
//! Clients that act by a seed write down when each request began and ended, and what came of it. A checker then looks
//! for an order in which a single register would have answered the same.

mod history;
mod services;

use std::time::Instant;

use etag_core::Database;
use history::{Counts, record};
use services::{Direct, Mistake, Mistaken, OverHttp, OverRouter, Service};
use tests::items::{Content, Dated, Revised};
use tests::{Registry, on_each_database, postgres_database, sqlite_file};

/// Checks histories of several seeds, and says how many operations there were.
async fn assert_linearizable(name: &str, service: &impl Service) {
    let (seeds, epochs) = if is_long() { (10, 60) } else { (4, 8) };
    let start = Instant::now();
    let mut all = Counts::default();
    for seed in 0..seeds {
        let history = record(service, seed, epochs).await;
        all += history.counts();
        history.check().unwrap_or_else(|segment| panic!("{name}, seed {seed}: not linearizable\n{segment}"));
    }
    eprintln!("{name}: {all:?} of {seeds} seeds in {} ms", start.elapsed().as_millis());
    let Counts { operations, written, refused, absent, .. } = all;
    assert!(
        operations / 20 < written && operations / 10 < refused && absent > 0,
        "too little happened: {all:?}"
    );
}

fn is_long() -> bool {
    std::env::var("ETAG_LONG").is_ok_and(|long| long == "1")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_store_is_linearizable() {
    on_each_database(async |database| {
        assert_linearizable("the store", &Direct::new(database)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_type_is_linearizable_over_each_store() {
    on_each_database(async |database| {
        assert_linearizable("contents", &OverRouter::new::<Content>(&database)).await;
        assert_linearizable("revisions", &OverRouter::new::<Revised>(&database)).await;
        assert_linearizable("dates", &OverRouter::new::<Dated>(&database)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_database_are_linearizable() {
    let (_folder, file) = sqlite_file();
    for url in [file].into_iter().chain(postgres_database()) {
        let registries = vec![Registry::start(&url), Registry::start(&url)];
        assert_linearizable(&format!("two registries on {url}"), &OverHttp::new(registries)).await;
    }
}

/// How many of some seeds show that a store is not linearizable.
async fn found(mistake: Mistake) -> usize {
    let mut found = 0;
    for seed in 0..8 {
        let database = Database::connect("memory:").await.unwrap();
        let service = Direct::new(Mistaken::new(database, mistake));
        found += usize::from(record(&service, seed, 2).await.check().is_err());
    }
    eprintln!("found by {found} of 8 seeds");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_compares_before_it_writes_is_found() {
    assert!(found(Mistake::ComparesBefore).await > 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_with_stale_reads_is_found() {
    assert!(found(Mistake::ReadsStale).await > 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_drops_what_it_acknowledged_is_found() {
    assert!(found(Mistake::Drops).await > 4);
}

/// Else the three above would find any store.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_only_fails_at_times_is_linearizable() {
    assert_eq!(found(Mistake::Fails).await, 0);
}
