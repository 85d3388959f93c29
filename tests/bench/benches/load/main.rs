//! Requests a second over a socket: `cargo bench --manifest-path tests/bench/Cargo.toml --bench load`.
//!
//! The program `wrk` asks a service with tags and one without, in turns; both are in this process. A figure is the
//! median of the rounds. An answer that is neither a success nor a 304 ends it: a 412 is a write that was lost.
//!
//! `-- reads writes`: only these groups.

mod wrk;

use std::process::ExitCode;

use axum::Router;
use bench::apps::{Sample, Stored, ask, fresh, json, serve, tagged, value_uri};
use bench::models::{Large, Medium};
use bench::plain::Plain;
use bench::race::median;
use etag_core::{Database, Resource};
use http::StatusCode;
use tests::sqlite_file;
use tokio::runtime::Runtime;

use crate::wrk::Load;

/// How often each of two has its turn.
const ROUNDS: u32 = 3;

fn main() -> ExitCode {
    if !wrk::is_there() {
        eprintln!("This benchmark asks with the program `wrk`: install it, as by `apt-get install wrk`.");
        return ExitCode::FAILURE;
    }
    let runtime = Runtime::new().expect("a runtime");
    println!("| what | against | connections | requests a second | of the other | ratio |");
    println!("|---|---|--:|--:|--:|--:|");
    let groups: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_wanted = |group: &str| groups.is_empty() || groups.iter().any(|wanted| wanted == group);
    if is_wanted("reads") {
        reads(&runtime, "medium", Medium::sample(1));
        reads(&runtime, "large", Large::sample(100));
    }
    if is_wanted("writes") {
        writes(&runtime);
    }
    ExitCode::SUCCESS
}

/// A client with a tag asks whether it is current; one without is sent the value each time.
fn reads<T: Sample + Stored + Resource<Key = String>>(runtime: &Runtime, size: &str, value: T) {
    let value: &T = Box::leak(Box::new(value));
    let [with_tag, plain] = [tagged(value), json(value)]
        .map(|router| Load::Get { url: listen(runtime, router, value_uri().path()), if_none_match: None });
    let not_modified = runtime.block_on(async {
        let database = Database::connect("memory:").await.expect("memory is there");
        let (router, uri, tag) = fresh(database, value).await;
        // wrk counts a 200 as well.
        assert_eq!(ask(&router, &uri, Some(&tag)).await, StatusCode::NOT_MODIFIED);
        let url = serve(router).await + uri.path();
        Load::Get { url, if_none_match: Some(tag.to_str().expect("a tag is ASCII").to_owned()) }
    });
    for connections in [1, 16] {
        race(&format!("{size}: `Tagged` 200"), "axum's `Json` 200", connections, &with_tag, &plain);
        race(&format!("{size}: `Fresh` 304"), "axum's `Json` 200", connections, &not_modified, &plain);
    }
}

/// A client that requires its last answer's tag; one that writes whatever is there.
fn writes(runtime: &Runtime) {
    let (_guarded_folder, guarded) = sqlite_file();
    let (_plain_folder, plain) = sqlite_file();
    let guarded = runtime.block_on(Database::connect(&guarded)).expect("the database opens");
    let guarded = Router::new().route("/values/{id}", Medium::routes()).with_state(guarded);
    let plain = runtime.block_on(Plain::on_sqlite(&plain)).router();
    let body = Medium { id: "ID".to_owned(), ..Medium::sample(1) };
    let body = serde_json::to_string(&body).expect("the model is JSON");
    let [guarded, plain] =
        [guarded, plain].map(|router| Load::Put { base: listen(runtime, router, ""), body: body.clone() });
    for connections in [1, 16] {
        race("medium: guarded PUT, SQLite", "a plain UPDATE", connections, &guarded, &plain);
    }
}

/// Where a path of a service is, which listens from now on.
fn listen(runtime: &Runtime, router: Router, path: &str) -> String {
    runtime.block_on(serve(router)) + path
}

/// Prints what two loads reach in turns.
fn race(what: &str, against: &str, connections: u32, subject: &Load, rival: &Load) {
    let rounds = (0..ROUNDS).map(|round| {
        // Each is the first one in every other round.
        if round.is_multiple_of(2) {
            let rate = subject.run(connections);
            (rate, rival.run(connections))
        } else {
            let rate = rival.run(connections);
            (subject.run(connections), rate)
        }
    });
    let rounds: Vec<(f64, f64)> = rounds.collect();
    let subject = median(rounds.iter().map(|round| round.0));
    let rival = median(rounds.iter().map(|round| round.1));
    let ratio = median(rounds.iter().map(|round| round.0 / round.1));
    println!("| {what} | {against} | {connections} | {subject:.0} | {rival:.0} | {ratio:.2} |");
}
