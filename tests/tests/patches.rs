//! JSON Patch and merge patch, over a router: the tables of `data/json_patch.toml`, another crate as an oracle, and what
//! a patch must not cost. (Checklist 97 to 104.)

use axum::Router;
use axum::extract::State;
use axum::routing::{patch, put};
use etag_core::axum::{Fresh, JsonPatch, MergePatch, Patch, Problem, Tagged, Update};
use etag_core::{Database, Matched, Store, Timestamp, Versioned};
use http::StatusCode;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tests::{Answer, call, on_each_database};

const JSON: (&str, &str) = ("content-type", "application/json");
const JSON_PATCH: (&str, &str) = ("content-type", "application/json-patch+json");
const MERGE_PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");
const ANY: (&str, &str) = ("if-match", "*");

/// A page shows any JSON, each digit of it.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put", embed = "etag")]
struct Page {
    #[versioned(id)]
    id: String,
    #[versioned(serde)]
    doc: Box<RawValue>,
    #[serde(default)]
    count: u32,
    #[versioned(modified)]
    changed: Timestamp,
}

/// Changes the page before the patch is saved: somebody else is faster.
async fn overtaken(
    State(database): State<Database>,
    mut page: Update<Page, JsonPatch>,
) -> Result<Tagged<Page>, Problem> {
    if page.body().names("count") {
        page.count += 1; // The handler changes what the patch made: it is no patch any more.
    }
    let loaded = Store::<Page>::load(&database, &"a".to_owned()).await?;
    let (mut other, _) = loaded.expect("the page is there");
    other.count += 1;
    let _ = database.replace(Matched::unconditional("a".to_owned()), other).await?;
    page.save().await
}

async fn unlocked(page: Update<Page, Patch>) -> Result<Tagged<Page>, Problem> {
    if page.body().names("doc") {
        return Err(StatusCode::FORBIDDEN.into());
    }
    page.save().await
}

fn pages(database: &Database) -> Router {
    let methods = put(async |page: Update<Page>| page.save().await)
        .get(async |page: Fresh<Page>| page)
        .patch(async |page: Update<Page, JsonPatch>| page.save().await);
    Router::new()
        .route("/pages/{id}", methods)
        .route("/merged/{id}", patch(async |page: Update<Page, MergePatch>| page.save().await))
        .route("/either/{id}", patch(async |page: Update<Page, Patch>| page.save().await))
        .route("/overtaken/{id}", patch(overtaken))
        .route("/unlocked/{id}", patch(unlocked))
        .with_state(database.clone())
}

/// Puts the page `a`, with this `doc`.
async fn page(app: &Router, doc: &str) -> Answer {
    let put = call(app, "PUT", "/pages/a", &[JSON, ANY], format!(r#"{{"doc":{doc}}}"#)).await;
    let put = match put.status {
        412 => call(app, "PUT", "/pages/a", &[JSON], format!(r#"{{"doc":{doc}}}"#)).await,
        _ => put,
    };
    assert!([200, 201].contains(&put.status), "{doc}: {}", put.text());
    put
}

async fn send(app: &Router, uri: &str, media_type: (&str, &str), body: impl Into<String>) -> Answer {
    call(app, "PATCH", uri, &[media_type, ANY], body.into()).await
}

#[derive(Deserialize)]
struct Shown {
    doc: Box<RawValue>,
}

/// The text of a page's `doc`.
fn doc_of(answer: &Answer) -> String {
    let shown: Shown = serde_json::from_str(answer.text()).unwrap();
    shown.doc.get().to_owned()
}

fn problem_of(answer: &Answer, status: u16, kind: &str) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    let problem: Value = serde_json::from_str(answer.text()).unwrap();
    assert!(problem["type"].as_str().unwrap().ends_with(&format!("#{kind}")), "{problem}");
    problem
}

#[derive(Deserialize)]
struct Tables {
    applied: Vec<(String, String, String, String)>,
    refused: Vec<(String, String, String, u16, usize, String, String)>,
    malformed: Vec<(String, Index, String)>,
}

/// The index of an operation, or an empty text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Index {
    At(usize),
    None(String),
}

fn tables() -> Tables {
    toml::from_str(include_str!("../data/json_patch.toml")).unwrap()
}

#[tokio::test]
async fn a_json_patch_makes_what_the_table_says() {
    on_each_database(async |database| {
        let app = pages(&database);
        for (name, doc, patch, expected) in tables().applied {
            page(&app, &doc).await;
            for path in ["/pages/a", "/either/a"] {
                page(&app, &doc).await;
                let patched = send(&app, path, JSON_PATCH, &patch).await;
                assert_eq!(patched.status, 200, "{name}: {}", patched.text());
                assert_eq!(doc_of(&patched), expected, "{name}");
                let shown = call(&app, "GET", "/pages/a", &[], "").await;
                assert_eq!(
                    (shown.header("etag"), &shown.body),
                    (patched.header("etag"), &patched.body),
                    "{name}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn one_operation_that_fails_is_named_and_nothing_is_done() {
    on_each_database(async |database| {
        let app = pages(&database);
        for (name, doc, patch, status, operation, pointer, member) in tables().refused {
            let before = page(&app, &doc).await;
            let refused = send(&app, "/pages/a", JSON_PATCH, &patch).await;
            let kind = if status == 409 { "test-failed" } else { "invalid-member" };
            let problem = problem_of(&refused, status, kind);
            assert_eq!(problem["operation"], operation, "{name}: {problem}");
            assert_eq!(problem["pointer"].as_str().unwrap_or_default(), pointer, "{name}: {problem}");
            assert_eq!(problem["member"].as_str().unwrap_or_default(), member, "{name}: {problem}");
            let after = call(&app, "GET", "/pages/a", &[], "").await;
            assert_eq!(after.header("etag"), before.header("etag"), "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_no_json_patch_is_400_and_says_why() {
    let database = Database::connect("memory:").await.unwrap();
    let app = pages(&database);
    let before = page(&app, "{}").await;
    for (patch, index, word) in tables().malformed {
        let problem = problem_of(&send(&app, "/pages/a", JSON_PATCH, &patch).await, 400, "malformed-request");
        match index {
            Index::At(index) => assert_eq!(problem["operation"], index, "{patch}: {problem}"),
            Index::None(text) => {
                assert_eq!(text, "");
                assert!(problem.get("operation").is_none(), "{patch}: {problem}");
            }
        }
        assert!(problem["detail"].as_str().unwrap().contains(&word), "{patch}: {problem}");
    }
    let no_json = problem_of(&send(&app, "/pages/a", JSON_PATCH, "[{").await, 400, "malformed-request");
    assert!(no_json["detail"].as_str().unwrap().contains("no JSON"), "{no_json}");
    assert_eq!(call(&app, "GET", "/pages/a", &[], "").await.header("etag"), before.header("etag"));
}

/// What the server owns: the key, the embedded tag, the date.
#[tokio::test]
async fn a_patch_changes_nothing_that_the_server_owns() {
    on_each_database(async |database| {
        let app = pages(&database);
        for (patch, operation) in [
            (r#"[{"op":"replace","path":"/id","value":"b"}]"#, 0),
            (r#"[{"op":"add","path":"/doc","value":1},{"op":"add","path":"/id","value":7}]"#, 1),
            (r#"[{"op":"remove","path":"/id"},{"op":"test","path":"/doc","value":{}}]"#, 0),
            (r#"[{"op":"move","from":"/id","path":"/doc"}]"#, 0),
            (r#"[{"op":"copy","from":"/doc","path":"/id"}]"#, 0),
            (r#"[{"op":"add","path":"","value":{"id":"b","doc":1}}]"#, 0),
        ] {
            let before = page(&app, "{}").await;
            let problem = problem_of(&send(&app, "/pages/a", JSON_PATCH, patch).await, 422, "invalid-member");
            assert_eq!((&problem["member"], &problem["operation"]), (&json!("id"), &json!(operation)), "{patch}");
            assert_eq!(call(&app, "GET", "/pages/a", &[], "").await.header("etag"), before.header("etag"));
        }
        for patch in [
            r#"[{"op":"replace","path":"/id","value":"a"},{"op":"add","path":"/doc","value":1}]"#,
            r#"[{"op":"remove","path":"/id"},{"op":"add","path":"/id","value":"a"},{"op":"add","path":"/doc","value":1}]"#,
            r#"[{"op":"add","path":"","value":{"doc":1}}]"#,
            r#"[{"op":"remove","path":"/etag"},{"op":"remove","path":"/changed"},{"op":"add","path":"/doc","value":1}]"#,
            r#"[{"op":"add","path":"/etag","value":"\"v1\""},{"op":"add","path":"/changed","value":7},{"op":"add","path":"/doc","value":1}]"#,
        ] {
            let before = page(&app, "{}").await;
            let patched = send(&app, "/pages/a", JSON_PATCH, patch).await;
            assert_eq!((patched.status, doc_of(&patched)), (200, "1".to_owned()), "{patch} {}", patched.text());
            let [before, after]: [Value; 2] =
                [&before, &patched].map(|answer| serde_json::from_str(answer.text()).unwrap());
            assert_eq!(after["id"], "a");
            assert_eq!(after["etag"], patched.header("etag"));
            assert!(after["changed"].as_str() > before["changed"].as_str(), "{patch}: {before} {after}");
        }
    })
    .await;
}

/// What a GET shows can be tested, the embedded tag too; the guard is needed all the same.
#[tokio::test]
async fn a_test_of_the_embedded_tag_is_no_guard() {
    let database = Database::connect("memory:").await.unwrap();
    let app = pages(&database);
    let shown = page(&app, "1").await;
    let patch = |tag: &str| json!([{"op": "test", "path": "/etag", "value": tag}]).to_string();
    assert_eq!(send(&app, "/pages/a", JSON_PATCH, patch(shown.header("etag"))).await.status, 200);
    problem_of(&send(&app, "/pages/a", JSON_PATCH, patch("\"other\"")).await, 409, "test-failed");
    let unguarded = call(&app, "PATCH", "/pages/a", &[JSON_PATCH], patch(shown.header("etag"))).await;
    problem_of(&unguarded, 428, "precondition-required");
}

#[tokio::test]
async fn a_stale_tag_is_412_before_the_patch_is_looked_at() {
    let database = Database::connect("memory:").await.unwrap();
    let app = pages(&database);
    let stale = page(&app, "1").await;
    page(&app, "2").await;
    for patch in
        ["[", "{}", r#"[{"op":"test","path":"/doc","value":1}]"#, r#"[{"op":"remove","path":"/no"}]"#]
    {
        let tag = ("if-match", stale.header("etag"));
        let refused = call(&app, "PATCH", "/pages/a", &[JSON_PATCH, tag], patch).await;
        problem_of(&refused, 412, "precondition-failed");
    }
}

#[tokio::test]
async fn a_patch_of_another_media_type_is_415_that_says_which_are_taken() {
    let database = Database::connect("memory:").await.unwrap();
    let app = pages(&database);
    page(&app, "{}").await;
    let [json_patch, merge_patch] = [JSON_PATCH, MERGE_PATCH].map(|(_, media_type)| media_type);
    let either = format!("{merge_patch}, {json_patch}");
    let all = [json_patch, merge_patch, "application/json", "text/plain", &either, ""];
    for (path, accepted) in [("/pages/a", json_patch), ("/merged/a", merge_patch), ("/either/a", &either)] {
        for media_type in all {
            let body = if media_type == json_patch { "[]" } else { "{}" };
            let answer = send(&app, path, ("content-type", media_type), body).await;
            match accepted.split(", ").any(|accepted| accepted == media_type) {
                true => assert_eq!(answer.status, 200, "{path} {media_type}: {}", answer.text()),
                false => {
                    problem_of(&answer, 415, "unsupported-media-type");
                    assert_eq!(answer.header("accept-patch"), accepted, "{path} {media_type}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_patch_that_was_overtaken_is_applied_to_what_is_there_then() {
    on_each_database(async |database| {
        let app = pages(&database);
        page(&app, "[1]").await;
        let append = r#"[{"op":"add","path":"/doc/-","value":2}]"#;
        let patched = send(&app, "/overtaken/a", JSON_PATCH, append).await;
        assert_eq!((patched.status, doc_of(&patched)), (200, "[1,2]".to_owned()), "{}", patched.text());
        let value: Value = serde_json::from_str(patched.text()).unwrap();
        assert_eq!(value["count"], 1, "what the other wrote is not lost");
        // Here it fails on what the other wrote.
        let test = r#"[{"op":"test","path":"/doc","value":[1,2]},{"op":"replace","path":"/doc","value":3},{"op":"test","path":"/changed","value":CHANGED}]"#;
        let test = test.replace("CHANGED", &value["changed"].to_string());
        let refused = problem_of(&send(&app, "/overtaken/a", JSON_PATCH, test).await, 409, "test-failed");
        assert_eq!(refused["operation"], 2);
        // The handler changed the value: it is not applied again.
        let count = r#"[{"op":"replace","path":"/count","value":7}]"#;
        problem_of(&send(&app, "/overtaken/a", JSON_PATCH, count).await, 409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn a_handler_can_ask_which_members_a_patch_writes() {
    let database = Database::connect("memory:").await.unwrap();
    let app = pages(&database);
    page(&app, "[1]").await;
    for (patch, status) in [
        (r#"[{"op":"add","path":"/doc/-","value":1}]"#, 403),
        (r#"[{"op":"remove","path":"/doc/0"}]"#, 403),
        (r#"[{"op":"move","from":"/doc/0","path":"/count"}]"#, 403),
        (r#"[{"op":"copy","from":"/count","path":"/doc"}]"#, 403),
        (r#"[{"op":"replace","path":"","value":{"doc":1}}]"#, 403),
        (r#"[{"op":"test","path":"/doc/0","value":1},{"op":"copy","from":"/doc/0","path":"/count"}]"#, 200),
        (r#"[{"op":"add","path":"/document","value":1}]"#, 200),
    ] {
        assert_eq!(send(&app, "/unlocked/a", JSON_PATCH, patch).await.status, status, "{patch}");
    }
    for (patch, status) in [(r#"{"doc":[]}"#, 403), (r#"{"count":2}"#, 200)] {
        assert_eq!(send(&app, "/unlocked/a", MERGE_PATCH, patch).await.status, status, "{patch}");
    }
}

/// Checklist 101.
#[tokio::test]
async fn a_patch_that_costs_too_much_is_refused() {
    let database = Database::connect("memory:").await.unwrap();
    let app = pages(&database);
    let doubled = |count: usize| {
        let copy = json!({"op": "copy", "from": "/doc", "path": "/doc/-"});
        Value::Array(vec![copy; count]).to_string()
    };
    page(&app, r#"["sixteen bytes __"]"#).await;
    assert_eq!(send(&app, "/pages/a", JSON_PATCH, doubled(10)).await.status, 200);
    page(&app, r#"["sixteen bytes __"]"#).await;
    let refused = send(&app, "/pages/a", JSON_PATCH, doubled(100)).await;
    let problem = problem_of(&refused, 422, "invalid-member");
    let operation = problem["operation"].as_u64().unwrap();
    assert!((12..20).contains(&operation), "{problem}");

    let tests = |count: usize| Value::Array(vec![json!({"op": "test", "path": "/id", "value": "a"}); count]);
    assert_eq!(send(&app, "/pages/a", JSON_PATCH, tests(500).to_string()).await.status, 200);
    problem_of(&send(&app, "/pages/a", JSON_PATCH, tests(501).to_string()).await, 422, "invalid-member");
}

/// Checklist 101: neither the stack nor the time is a client's to spend.
#[tokio::test]
async fn values_and_pointers_that_nest_without_end_are_refused() {
    let database = Database::connect("memory:").await.unwrap();
    let app = pages(&database);
    let before = page(&app, "{}").await;
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let add = |value: String| format!(r#"[{{"op":"add","path":"/doc","value":{value}}}]"#);
    assert_eq!(send(&app, "/pages/a", JSON_PATCH, add(nested(100_000))).await.status, 422);
    let objects = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    assert_eq!(send(&app, "/merged/a", MERGE_PATCH, format!(r#"{{"doc":{objects}}}"#)).await.status, 422);
    let far = format!(r#"[{{"op":"test","path":"/doc{}","value":1}}]"#, "/0".repeat(100_000));
    assert_eq!(send(&app, "/pages/a", JSON_PATCH, far).await.status, 422);

    // Each move puts all that there is a hundred levels deeper.
    let chain = |name: &str| (0..100).fold("1".to_owned(), |inner, _| format!(r#"{{"{name}":{inner}}}"#));
    let mut operations = vec![json!({"op": "add", "path": "/doc/y", "value": 0})];
    for _ in 0..100 {
        let value: Value = serde_json::from_str(&chain("x")).unwrap();
        operations.push(json!({"op": "add", "path": "/doc/x", "value": value}));
        // It is looked into, down to the last.
        operations.push(json!({"op": "test", "path": "/doc/x", "value": value}));
        operations.push(json!({"op": "move", "from": "/doc/y", "path": format!("/doc{}", "/x".repeat(100))}));
        operations.push(json!({"op": "move", "from": "/doc/x", "path": "/doc/y"}));
    }
    let refused = send(&app, "/pages/a", JSON_PATCH, Value::Array(operations).to_string()).await;
    let problem = problem_of(&refused, 422, "invalid-member");
    assert!(problem["operation"].as_u64().unwrap() < 12, "{problem}");
    assert_eq!(call(&app, "GET", "/pages/a", &[], "").await.header("etag"), before.header("etag"));
}

#[tokio::test]
async fn a_merge_patch_rounds_no_number_at_any_depth() {
    on_each_database(async |database| {
        let app = pages(&database);
        page(&app, r#"{"a":{"b":1,"n":123456789012345678901234567890}}"#).await;
        let patch = r#"{"doc":{"a":{"b":{"c":0.1000000000000000055511151231257827,"d":null}}}}"#;
        let patched = send(&app, "/merged/a", MERGE_PATCH, patch).await;
        assert_eq!(patched.status, 200, "{}", patched.text());
        let expected =
            r#"{"a":{"b":{"c":0.1000000000000000055511151231257827},"n":123456789012345678901234567890}}"#;
        assert_eq!(doc_of(&patched), expected);
    })
    .await;
}

/// Appendix A of RFC 7396, where the whole is an object.
#[tokio::test]
async fn a_merge_patch_makes_what_the_rfc_says() {
    let database = Database::connect("memory:").await.unwrap();
    let app = pages(&database);
    for (doc, patch, expected) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"a":1,"e":null}"#),
        ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ] {
        page(&app, doc).await;
        let patched = send(&app, "/merged/a", MERGE_PATCH, format!(r#"{{"doc":{patch}}}"#)).await;
        assert_eq!(doc_of(&patched), expected, "{doc} {patch}");
    }
}

/// JSON of few names, so that patches meet what is there.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3).prop_map(Value::from),
        "[ab/~\"é]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[ab/~]{0,1}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn any_pointer() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        3 => Just("a"), 3 => Just("b"), 3 => Just("0"), 2 => Just("1"), 1 => Just("-"), 1 => Just(""),
        1 => Just("~0"), 1 => Just("~1"), 1 => Just("01"),
    ];
    prop::collection::vec(token, 0..3)
        .prop_map(|tokens| tokens.iter().map(|token| format!("/{token}")).collect())
}

fn any_operation() -> impl Strategy<Value = Value> {
    const OPERATIONS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];
    (prop::sample::select(&OPERATIONS[..]), any_pointer(), any_pointer(), any_json()).prop_map(
        |(op, path, from, value)| {
            let [path, from] = [path, from].map(|pointer| format!("/doc{pointer}"));
            json!({"op": op, "path": path, "from": from, "value": value})
        },
    )
}

/// What another crate makes of it: the page, or the status.
fn patched_by_another(doc: &Value, operations: &Value) -> Result<Value, u16> {
    let patch: json_patch::Patch = serde_json::from_value(operations.clone()).unwrap();
    let mut page = json!({"doc": doc});
    match json_patch::patch_unsafe(&mut page, &patch) {
        Ok(()) => Ok(page),
        Err(error) if matches!(patch[error.operation], json_patch::PatchOperation::Test(_)) => Err(409),
        Err(_) => Err(422),
    }
}

fn on_a_runtime(test: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_json_patch_makes_what_another_crate_makes(
        doc in any_json(),
        operations in prop::collection::vec(any_operation(), 0..4),
    ) {
        on_a_runtime(async {
            let database = Database::connect("memory:").await.unwrap();
            let app = pages(&database);
            page(&app, &doc.to_string()).await;
            let operations = Value::Array(operations);
            let patched = send(&app, "/pages/a", JSON_PATCH, operations.to_string()).await;
            match patched_by_another(&doc, &operations) {
                // A page has a `doc`.
                Ok(page) if page.get("doc").is_none() => prop_assert_eq!(patched.status, 422),
                Ok(page) => {
                    prop_assert_eq!(patched.status, 200, "{} {}", operations, patched.text());
                    let found: Value = serde_json::from_str(&doc_of(&patched)).unwrap();
                    prop_assert_eq!(&found, &page["doc"]);
                }
                Err(status) => prop_assert_eq!(patched.status, status, "{} {}", operations, patched.text()),
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_merge_patch_makes_what_another_crate_makes(doc in any_json(), patch in any_json()) {
        on_a_runtime(async {
            let database = Database::connect("memory:").await.unwrap();
            let app = pages(&database);
            page(&app, &doc.to_string()).await;
            let merged = send(&app, "/merged/a", MERGE_PATCH, json!({"doc": patch}).to_string()).await;
            let mut expected = json!({"doc": doc});
            json_patch::merge(&mut expected, &json!({"doc": patch}));
            if patch.is_null() {
                prop_assert_eq!(merged.status, 422);
            } else {
                let found: Value = serde_json::from_str(&doc_of(&merged)).unwrap();
                prop_assert_eq!(&found, &expected["doc"]);
            }
            Ok(())
        })?;
    }
}
