//! By the size of a document, from a hundred octets to a megabyte.

use std::hint::black_box;

use bench::apps::{Sample, Stored, asking, fresh, json, tagged, value_uri};
use bench::models::{Large, Small};
use bench::race::{Effort, calls, seconds};
use etag_core::{Database, Resource, StateTag};
use tokio::runtime::Runtime;

use crate::chart::Chart;

pub(crate) fn measure(runtime: &Runtime) -> Chart<4> {
    let mut rows = vec![row(runtime, Small::sample(1))];
    rows.extend([1, 9, 86, 860].map(|count| row(runtime, Large::sample(count))));
    Chart {
        size: "octets of JSON",
        series: ["state of a value", "`Tagged` 200", "`Fresh` 304", "axum's `Json` 200"],
        rows,
    }
}

fn row<T: Sample + Stored + Resource<Key = String>>(runtime: &Runtime, value: T) -> (f64, [f64; 4]) {
    let value: &T = Box::leak(Box::new(value));
    let (stored, uri, tag) = runtime.block_on(async {
        let database = Database::connect("memory:").await.expect("memory is there");
        fresh(database, value).await
    });
    let jobs = [
        calls(|| StateTag::of(black_box(value))),
        asking(runtime, tagged(value), value_uri(), None),
        asking(runtime, stored, uri, Some(tag)),
        asking(runtime, json(value), value_uri(), None),
    ];
    let octets = serde_json::to_vec(value).expect("the model is JSON").len();
    (octets as f64, seconds(Effort::IN_PROCESS, jobs))
}
