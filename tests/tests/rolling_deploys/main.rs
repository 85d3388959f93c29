//! Rolling deploys: processes of two releases on one database, and clients that meet one or the other with each
//! request. (Checklist 13, 14, 25, 42, 60, 64.)

mod client;
mod kinds;
mod service;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use client::Client;
use kinds::{KINDS, Release};
use service::{Process, ROWS, Service, retag};
use tests::{postgres_database, sqlite_file};
use tokio::task::JoinSet;

const CLIENTS: u8 = 10;

/// Runs a test on each kind of database that processes can share.
async fn on_each_shared_database(test: impl AsyncFn(&str)) {
    let (_folder, file) = sqlite_file();
    for url in [file].into_iter().chain(postgres_database()) {
        eprintln!("on {url}");
        test(&url).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_client_is_misled_while_one_release_takes_over_from_another() {
    on_each_shared_database(async |database| {
        let (before, after) =
            (Process::start(Release::Before, database), Process::start(Release::After, database));
        let service = Arc::new(Service::new(&before, &after));
        create_all(&service).await;
        let done = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            clients.spawn(use_until(Client::new(number), Arc::clone(&service), Arc::clone(&done)));
        }
        roll_out(&service, database, before).await;
        done.store(true, Ordering::SeqCst);
        let clients = clients.join_all().await;
        for (collection, seen, retagged) in retagged_after(database) {
            assert_eq!(seen, retagged, "{collection}: nobody else writes");
        }
        for (collection, seen, _) in retagged_after(database) {
            assert_eq!(seen, 0, "{collection}: all rows are the new release's");
        }
        settle(&service, clients).await;
        assert_was_a_test(&service);
    })
    .await;
}

/// From one release to the other: the old process is killed in the middle of requests.
async fn roll_out(service: &Service, database: &str, before: Process) {
    let phase = Duration::from_millis(if is_long() { 15_000 } else { 1_500 });
    tokio::time::sleep(phase / 2).await;
    service.serve(Release::After, true);
    tokio::time::sleep(phase).await;
    // The rows that the other one then writes it re-tags again.
    for releases in [[Release::After, Release::Before], [Release::After, Release::After]] {
        let database = database.to_owned();
        let retags = releases.map(|release| {
            let database = database.clone();
            tokio::task::spawn_blocking(move || retag(release, &database))
        });
        for (release, output) in releases.into_iter().zip(retags) {
            let output = output.await.expect("it ends");
            let is_allowed = output.status.success() || release == Release::Before;
            assert!(is_allowed, "{release:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        tokio::time::sleep(phase / 2).await;
    }
    service.serve(Release::Before, false);
    drop(before);
    tokio::time::sleep(phase / 2).await;
}

async fn use_until(mut client: Client, service: Arc<Service>, done: Arc<AtomicBool>) -> Client {
    while !done.load(Ordering::SeqCst) {
        client.step(&service).await;
    }
    client
}

async fn create_all(service: &Service) {
    for kind in &KINDS {
        for id in 0..ROWS {
            let url = service.url(Release::Before, &service.uri(kind, id));
            let created = tests::client().put(url).json(&kind.first()).send().await.expect("it answers");
            assert_eq!(created.status(), 201, "{}", kind.collection);
        }
    }
}

/// What the new release re-tags: each collection, the rows that it looked at, and those that it re-tagged.
fn retagged_after(database: &str) -> Vec<(String, u64, u64)> {
    let output = retag(Release::After, database);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("text");
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        (words[0].to_owned(), words[1].parse().expect("a number"), words[2].parse().expect("a number"))
    };
    let lines: Vec<_> = said.lines().map(line).collect();
    assert_eq!(lines.len(), KINDS.len(), "{said}");
    lines
}

/// Nobody writes any more: no update was lost, and no copy is taken for another one.
async fn settle(service: &Service, clients: Vec<Client>) {
    for kind in &KINDS {
        for id in 0..ROWS {
            let uri = service.uri(kind, id);
            let shown =
                tests::client().get(service.url(Release::After, &uri)).send().await.expect("it answers");
            let shown: serde_json::Value = shown.json().await.expect("JSON");
            service.assert_all_written(&uri, shown["count"].as_u64().expect("a count"));
        }
    }
    for mut client in clients {
        client.settle(service, Release::After).await;
    }
}

/// What it is to find was tried.
fn assert_was_a_test(service: &Service) {
    let counts = service.counts();
    eprintln!("{counts:#?}");
    for (what, least) in
        [("requests", 200), ("304", 10), ("writes", 20), ("412", 5), ("unreadable before", 1)]
    {
        assert!(counts.get(what) >= Some(&least), "only {:?} {what}", counts.get(what));
    }
    let spurious =
        KINDS.iter().filter(|kind| counts.contains_key(&format!("spurious 412, {}", kind.collection)));
    assert!(spurious.count() > 0, "no tag of one release was sent to the other");
}

fn is_long() -> bool {
    std::env::var("ETAG_LONG").is_ok_and(|long| long == "1")
}
