//! By the size of a collection, from ten items to a million.

use std::hint::black_box;

use axum::Router;
use axum::routing::get;
use bench::apps::{asking, tag_of};
use bench::models::Tank;
use bench::race::{Calls, Effort, calls, seconds};
use etag_core::axum::{FreshList, Tagged};
use etag_core::{Collection, Database, Required, StateTag};
use http::Uri;
use tokio::runtime::Runtime;

use crate::chart::Chart;

pub(crate) fn measure(runtime: &Runtime) -> Chart<4> {
    Chart {
        size: "items",
        series: ["a change and the tag", "the tag from scratch", "a page's 304", "a page's 200"],
        rows: (1..=6).map(|digits| row(runtime, 10_u64.pow(digits))).collect(),
    }
}

fn row(runtime: &Runtime, count: u64) -> (f64, [f64; 4]) {
    let list: Vec<Tank> = (0..count).map(Tank::sample).collect();
    let page = Uri::from_static("/tanks?limit=20");
    let (router, tag) = runtime.block_on(async {
        let database = Database::connect("memory:").await.expect("memory is there");
        database.import(list.clone(), Required::New, |_| {}).await.expect("the items are new");
        let router = Router::new().route("/tanks", get(show)).with_state(database);
        let tag = tag_of(&router, &page).await;
        (router, tag)
    });
    let jobs = [
        changes(count),
        calls(|| StateTag::of(black_box(&list))),
        asking(runtime, router.clone(), page.clone(), Some(tag)),
        asking(runtime, router, page, None),
    ];
    (count as f64, seconds(Effort::IN_PROCESS, jobs))
}

async fn show(tanks: FreshList<Tank>) -> Tagged<Vec<Tank>> {
    tanks.into()
}

/// Replaces one item after the other, and asks for the tag each time.
fn changes(count: u64) -> Calls<'static> {
    /// A prime, so that each has its turn, far from the one before.
    const STEP: u64 = 7_919;
    let items = (0..count).map(|id| (id, Tank::sample(id)));
    let mut tanks = Collection::try_from_iter(items).expect("a tank is JSON");
    let (mut id, mut litres) = (0, count);
    calls(move || {
        id = (id + STEP) % count;
        litres += 1;
        let changed = Tank { litres, ..Tank::sample(id) };
        tanks.insert(id, changed).expect("a tank is JSON");
        tanks.state()
    })
}
