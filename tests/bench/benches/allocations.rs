//! How often an answer allocates: `cargo bench --manifest-path tests/bench/Cargo.toml --bench allocations`.
//!
//! It is a program of its own, for its allocator counts. `-- --check` fails where a goal is missed.

use std::process::ExitCode;

use allocation_counter::measure;
use bench::apps::{Sample, Stored, ask, fresh, json, tagged, value_uri};
use bench::models::{Large, Medium, Small};
use bench::table::{Goal, Table};
use etag_core::{Database, Resource};
use http::{HeaderValue, Uri};
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    // One thread: what others allocate is not counted.
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let mut table = Table::new("allocations of each");
    rows(&runtime, &mut table, "small", Small::sample(1));
    rows(&runtime, &mut table, "medium", Medium::sample(1));
    rows(&runtime, &mut table, "large", Large::sample(100));
    table.finish()
}

fn rows<T: Sample + Stored + Resource<Key = String>>(
    runtime: &Runtime,
    table: &mut Table,
    size: &str,
    value: T,
) {
    let value: &T = Box::leak(Box::new(value));
    let (stored, uri, tag) = runtime.block_on(async {
        let database = Database::connect("memory:").await.expect("memory is there");
        fresh(database, value).await
    });
    let plain = allocations(runtime, &json(value), &value_uri(), None);
    table.row(&format!("{size}: axum's `Json` 200"), "", plain, None);
    let goal = Some(Goal::AtMost(plain));
    let with_tag = allocations(runtime, &tagged(value), &value_uri(), None);
    table.row(&format!("{size}: `Tagged` 200"), "axum's `Json` 200", with_tag, goal);
    let not_modified = allocations(runtime, &stored, &uri, Some(&tag));
    table.row(&format!("{size}: `Fresh` 304"), "axum's `Json` 200", not_modified, goal);
}

fn allocations(runtime: &Runtime, router: &axum::Router, uri: &Uri, tag: Option<&HeaderValue>) -> f64 {
    let ask = || {
        runtime.block_on(ask(router, uri, tag));
    };
    // What is made once in a process is made.
    ask();
    measure(ask).count_total as f64
}
