//! Whole answers, from a router in process.

use bench::apps::{Sample, Stored, asking, fresh, hashed, json, not_modified, tagged, value_uri};
use bench::models::{Large, Medium, Small};
use etag_core::{Database, Resource, canonical};
use tokio::runtime::Runtime;

use crate::Row;

pub(crate) fn rows(runtime: &Runtime) -> Vec<Row<'_>> {
    let mut rows = of(runtime, "small", Small::sample(1), 0.95, 0.85);
    rows.extend(of(runtime, "medium", Medium::sample(1), None, None));
    rows.extend(of(runtime, "large", Large::sample(100), 0.7, 0.01));
    rows
}

fn of<'a, T: Sample + Stored + Resource<Key = String>>(
    runtime: &'a Runtime,
    size: &str,
    value: T,
    most_of_200: impl Into<Option<f64>>,
    most_of_304: impl Into<Option<f64>>,
) -> Vec<Row<'a>> {
    let value: &T = Box::leak(Box::new(value));
    let (stored, uri, tag) = runtime.block_on(async {
        let database = Database::connect("memory:").await.expect("memory is there");
        fresh(database, value).await
    });
    let plain = || asking(runtime, json(value), value_uri(), None);
    let with_tag = asking(runtime, tagged(value), value_uri(), None);
    let least_200 =
        asking(runtime, hashed(canonical::to_vec(value).expect("it is JSON").leak()), value_uri(), None);
    let least_304 = asking(runtime, not_modified(), uri.clone(), Some(tag.clone()));
    let unchanged = asking(runtime, stored, uri, Some(tag));
    vec![
        Row::new(format!("{size}: `Tagged` 200"), "axum's `Json` 200", most_of_200, with_tag, plain()),
        Row::new(format!("{size}: `Fresh` 304"), "axum's `Json` 200", most_of_304, unchanged, plain()),
        Row::new(format!("{size}: hashed octets, 200"), "axum's `Json` 200", None, least_200, plain()),
        Row::new(format!("{size}: 304 without a check"), "axum's `Json` 200", None, least_304, plain()),
    ]
}
