//! What a body takes of the heap while it is read: a multiple of its length, which is small for what the type does not know.

use std::collections::HashSet;

use axum::extract::DefaultBodyLimit;
use axum::{Router, routing::put};
use etag_core::axum::{Patch, Update};
use etag_core::{Database, Versioned};
use peak_alloc::PeakAlloc;
use serde::{Deserialize, Serialize};
use tests::call;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
struct Pump {
    #[versioned(id)]
    id: String,
    litres: u64,
    #[serde(default)]
    places: HashSet<Place>,
}

/// A set of them is shown in another order than it was sent in.
#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Versioned)]
#[serde(untagged)]
enum Place {
    Name(String),
    Number { number: u64 },
}

const PUT: (&str, &str) = ("PUT", "application/json");
const MERGE_PATCH: (&str, &str) = ("PATCH", "application/merge-patch+json");
const JSON_PATCH: (&str, &str) = ("PATCH", "application/json-patch+json");

/// How many times its length a body takes at most, itself not counted.
async fn factor((method, content_type): (&str, &str), body: &str, status: u16) -> f64 {
    let pumps = put(async |pump: Update<Pump>| pump.save().await)
        .patch(async |pump: Update<Pump, Patch>| pump.save().await);
    let router = Router::new().route("/pumps/{id}", pumps).layer(DefaultBodyLimit::disable());
    let router = router.with_state(Database::connect("memory:").await.unwrap());
    let (content_type, any) = (("content-type", content_type), ("if-match", "*"));
    let first = call(&router, "PUT", "/pumps/a", &[("content-type", PUT.1)], r#"{"litres":1}"#).await;
    assert_eq!(first.status, 201);
    let (length, sent) = (body.len(), body.to_owned());
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let answer = call(&router, method, "/pumps/a", &[content_type, any], sent).await;
    let factor = (HEAP.peak_usage() - before) as f64 / length as f64;
    assert_eq!(answer.status, status, "{}", answer.text());
    factor
}

/// One test, since the heap is the whole process's.
#[tokio::test]
async fn what_the_type_does_not_know_is_read_and_not_kept_and_the_rest_is_bounded() {
    let junk = vec![r#"{"":0}"#; 150_000].join(",");
    let put = |member: &str| format!(r#"{{"id":"a","litres":1,{member}"junk":[{junk}]}}"#);
    let in_any_order = r#""places":["a",{"number":1},{"number":1},"b",{"number":2}],"#;
    for (what, request, body, status) in [
        ("junk", PUT, put(""), 200),
        ("junk beside an escape", PUT, put(r#""a":"\u0041","#), 200),
        ("junk beside a set", PUT, put(in_any_order), 200),
        ("junk beside a set in another form", PUT, put(r#""places":["a",[1]],"#), 422),
        ("junk beside another type", PUT, put(r#""places":7,"#), 422),
        ("junk in which a name is twice", PUT, put(r#""twice":{"a":1,"a":2},"#), 422),
        ("a merge patch", MERGE_PATCH, put(""), 200),
        ("a merge patch of what is not known", MERGE_PATCH, format!(r#"{{"a":{{"junk":[{junk}]}}}}"#), 200),
        ("a JSON Patch", JSON_PATCH, format!(r#"[{{"op":"add","path":"/a","value":[{junk}]}}]"#), 200),
    ] {
        let factor = factor(request, &body, status).await;
        println!("{factor:.1} times its length: {what}");
        let most = if request == PUT { 4.0 } else { 6.0 };
        assert!(factor < most, "{factor:.1} times its length: {what}");
    }
    // What must be told apart takes a place for each part.
    let members: Vec<String> = (0..150_000).map(|number| format!(r#""{number}":0"#)).collect();
    let members = members.join(",");
    let zeros = vec!["0"; 500_000].join(",");
    let add = format!(r#"{{"op":"add","path":"/a","value":[{zeros}]}}"#);
    for (what, request, body) in [
        ("members", PUT, format!(r#"{{"litres":1,{members}}}"#)),
        ("a merge patch of members", MERGE_PATCH, format!("{{{members}}}")),
        ("a merge patch of members inside", MERGE_PATCH, format!(r#"{{"a":{{{members}}}}}"#)),
        (
            "elements that a JSON Patch looks into",
            JSON_PATCH,
            format!(r#"[{add},{{"op":"test","path":"/a/0","value":0}}]"#),
        ),
    ] {
        let factor = factor(request, &body, 200).await;
        println!("{factor:.1} times its length: {what}");
        assert!(factor < 32.0, "{factor:.1} times its length: {what}");
    }
}
