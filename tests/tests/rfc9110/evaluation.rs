//! When conditions are evaluated, and against what.

use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get as on_get;
use etag_core::axum::{Fresh, GuardedList, MergePatch, Problem, Tagged, Target, Update};
use etag_core::{Access, Authorize, Database, LastModified, Outcome, Preconditions, Validators, Versioned};
use http::header::{HeaderMap, HeaderValue, IF_MODIFIED_SINCE};
use http::request::Parts;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use tests::items::{Content, router};
use tests::{Answer, call};

use crate::{AS_JSON, contents, get, member, memory, put};

const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

/// A text in a language.
#[derive(Versioned)]
struct Greeting {
    language: String,
}

#[tokio::test]
async fn rfc_039_tags_are_compared_with_the_selected_representation() {
    async fn greet(pre: Preconditions, Path(language): Path<String>, headers: HeaderMap) -> Response {
        let asked = headers.get("accept-language").map(|value| value.to_str().unwrap().to_owned());
        pre.respond(Tagged::new(Greeting { language: asked.unwrap_or(language) }))
    }
    let app = Router::new().route("/{language}", on_get(greet));
    let tag = get(&app, "/en", &[]).await.header("etag").to_owned();
    let known = ("if-none-match", tag.as_str());
    assert_eq!(get(&app, "/en", &[known]).await.status, 304);
    assert_eq!(get(&app, "/en", &[known, ("accept-language", "de")]).await.status, 200);
}

#[tokio::test]
async fn rfc_046_a_type_refuses_each_stale_tag_unless_it_says_otherwise() {
    let app = contents().await;
    let tag = get(&app, "/it/a", &[]).await.header("etag").to_owned();
    let guard = ("if-match", tag.as_str());
    assert_eq!(put(&app, "/it/a", &[guard], r#"{"n":1}"#).await.status, 200);
    assert_eq!(put(&app, "/it/a", &[guard], r#"{"n":1}"#).await.status, 412, "it is applied, and stale");
}

/// A value with something of another resource.
#[derive(Versioned)]
struct Expanded {
    #[serde(flatten)]
    content: Content,
    #[versioned(variant)]
    related: u8,
}

/// `GET /it/{id}/expanded` beside the methods of `/it/{id}`.
async fn expanding() -> (Router, String, String) {
    async fn expand(pre: Preconditions, content: Target<Content>) -> Result<Response, Problem> {
        let (content, _) = content.load().await?;
        Ok(pre.respond(Tagged::new(Expanded { content, related: 7 })))
    }
    let database = memory().await;
    let expanded = Router::new().route("/it/{id}/expanded", on_get(expand)).with_state(database.clone());
    let app = router::<Content>(&database).merge(expanded);
    let plain = put(&app, "/it/a", &[], r#"{"n":0}"#).await.header("etag").to_owned();
    let expanded = get(&app, "/it/a/expanded", &[]).await.header("etag").to_owned();
    (app, plain, expanded)
}

#[tokio::test]
async fn rfc_049_a_tag_of_any_current_representation_guards_the_state() {
    let (app, plain, expanded) = expanding().await;
    assert_ne!(plain, expanded);
    assert_eq!(put(&app, "/it/a", &[("if-match", &expanded)], r#"{"n":1}"#).await.status, 200);
    for stale in [plain, expanded] {
        assert_eq!(put(&app, "/it/a", &[("if-match", &stale)], r#"{"n":2}"#).await.status, 412);
    }
}

#[test]
fn rfc_065_times_are_read_on_the_origins_clock() {
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let date = HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT");
    let headers = HeaderMap::from_iter([(IF_MODIFIED_SINCE, date)]);
    let preconditions = Preconditions::from_parts(&Method::GET, &headers).unwrap();
    let current = Validators { etag: None, last_modified: Some(LastModified::strong(modified)) };
    let at = |seconds| preconditions.evaluate_at(Some(&current), modified + Duration::from_secs(seconds));
    assert_eq!((at(0), at(1)), (Outcome::Proceed, Outcome::NotModified), "its second has to be over");
}

/// An item of a list that is changed as a whole.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database)]
struct Item {
    #[versioned(id)]
    id: String,
    n: u8,
}

async fn items() -> Router {
    async fn patch_all(items: GuardedList<Item, MergePatch>) -> Result<Tagged<Vec<Item>>, Problem> {
        items.save().await
    }
    async fn show(item: Fresh<Item>) -> Tagged<Item> {
        item.into()
    }
    async fn patch(item: Update<Item, MergePatch>) -> Result<Tagged<Item>, Problem> {
        item.save().await
    }
    async fn create(item: etag_core::axum::Create<Item>) -> Result<Tagged<Item>, Problem> {
        item.save().await
    }
    let app = Router::new()
        .route("/items", axum::routing::patch(patch_all).post(create))
        .route("/items/{id}", on_get(show).patch(patch))
        .with_state(memory().await);
    for id in ["a", "b"] {
        let item = format!(r#"{{"id":"{id}","n":1}}"#);
        assert_eq!(call(&app, "POST", "/items", &[AS_JSON], item).await.status, 201);
    }
    app
}

#[tokio::test]
async fn rfc_097_a_patch_is_applied_as_a_whole_or_not_at_all() {
    let app = items().await;
    let any = ("if-match", "*");
    let one = call(&app, "PATCH", "/items/a", &[PATCH, any], r#"{"n":2,"id":"c"}"#).await;
    assert_eq!(one.status, 422, "{}", one.text());
    let body = r#"[{"id":"a","n":2},{"id":"b","n":"many"}]"#;
    let all = call(&app, "PATCH", "/items", &[PATCH, any], body).await;
    assert_eq!(all.status, 422, "{}", all.text());
    for id in ["a", "b"] {
        assert_eq!(get(&app, &format!("/items/{id}"), &[]).await.text(), format!(r#"{{"id":"{id}","n":1}}"#));
    }
}

#[tokio::test]
async fn rfc_099_a_patch_that_is_malformed_of_another_type_or_unprocessable_is_refused_as_such() {
    let app = items().await;
    let any = ("if-match", "*");
    assert_eq!(call(&app, "PATCH", "/items/a", &[PATCH, any], "{").await.status, 400);
    let unsupported = call(&app, "PATCH", "/items/a", &[("content-type", "text/plain"), any], "{}").await;
    assert_eq!(unsupported.status, 415);
    assert!(unsupported.header("accept-patch").contains("application/merge-patch+json"));
    assert_eq!(call(&app, "PATCH", "/items/a", &[PATCH, any], r#"{"n":-1}"#).await.status, 422);
}

#[tokio::test]
async fn rfc_100_a_patch_is_answered_with_the_new_tag() {
    let app = items().await;
    let patched = call(&app, "PATCH", "/items/a", &[PATCH, ("if-match", "*")], r#"{"n":2}"#).await;
    assert_eq!(patched.status, 200);
    assert_eq!(patched.header("etag"), get(&app, "/items/a", &[]).await.header("etag"));
}

#[tokio::test]
async fn rfc_101_the_size_and_the_depth_of_a_body_are_bounded() {
    let app = items().await.layer(axum::extract::DefaultBodyLimit::max(1000));
    let any = ("if-match", "*");
    let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(1000));
    assert_eq!(call(&app, "PATCH", "/items/a", &[PATCH, any], large).await.status, 413);
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(400), "]".repeat(400));
    let deep = call(&app, "PATCH", "/items/a", &[PATCH, any], deep).await;
    assert!(matches!(deep.status, 400 | 422), "{}", deep.text());
}

/// What a merge patch can do to a value.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
struct Document {
    #[versioned(id)]
    id: String,
    #[serde(default)]
    title: Option<String>,
    words: Vec<String>,
}

#[tokio::test]
async fn rfc_104_a_merge_patch_removes_by_null_and_replaces_arrays_as_a_whole() {
    let app = documents().await;
    let body = r#"{"title":"t","words":["a","b"]}"#;
    let created = put(&app, "/documents/a", &[], body).await;
    let guard = ("if-match", created.header("etag"));
    let patch = r#"{"title":null,"words":["c"]}"#;
    let patched = call(&app, "PATCH", "/documents/a", &[PATCH, guard], patch).await;
    assert_eq!(patched.text(), r#"{"id":"a","title":null,"words":["c"]}"#);
    let json = call(&app, "PATCH", "/documents/a", &[AS_JSON, ("if-match", "*")], "{}").await;
    assert_eq!(json.status, 415, "a merge patch says that it is one");
}

async fn documents() -> Router {
    async fn replace(document: Update<Document>) -> Result<Tagged<Document>, Problem> {
        document.save().await
    }
    async fn patch(document: Update<Document, MergePatch>) -> Result<Tagged<Document>, Problem> {
        document.save().await
    }
    Router::new()
        .route("/documents/{id}", axum::routing::put(replace).patch(patch))
        .with_state(memory().await)
}

/// Only its owner sees a secret.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put", authorize = Owner)]
struct Secret {
    #[versioned(id)]
    id: String,
    n: u8,
}

#[derive(Clone)]
struct Owner;

impl Authorize<Secret> for Owner {
    async fn authorize(&self, parts: &Parts, _: Option<&String>, _: Access) -> Result<(), Problem> {
        match parts.headers.get("x-caller") {
            Some(caller) if caller == "owner" => Ok(()),
            _ => Err(StatusCode::NOT_FOUND.into()),
        }
    }
}

/// The router's state: the database, and the policy.
#[derive(Clone, axum::extract::FromRef)]
struct App {
    database: Database,
    owner: Owner,
}

async fn secrets() -> (Router, String) {
    async fn show(secret: Fresh<Secret>) -> Tagged<Secret> {
        secret.into()
    }
    async fn replace(secret: Update<Secret>) -> Result<Tagged<Secret>, Problem> {
        secret.save().await
    }
    let app = Router::new().route("/secrets/{id}", on_get(show).put(replace));
    let app = app.with_state(App { database: memory().await, owner: Owner });
    let created = put(&app, "/secrets/a", &[("x-caller", "owner")], r#"{"n":1}"#).await;
    assert_eq!(created.status, 201);
    (app, created.header("etag").to_owned())
}

#[tokio::test]
async fn rfc_120_a_problem_tells_a_stranger_nothing() {
    let (app, tag) = secrets().await;
    let there = put(&app, "/secrets/a", &[], r#"{"n":2}"#).await;
    assert_eq!(there, put(&app, "/secrets/b", &[], r#"{"n":2}"#).await);
    assert!(!there.headers.contains_key("etag") && !there.text().contains(tag.trim_matches('"')));
}

#[tokio::test]
async fn rfc_123_a_stranger_gets_one_answer_whatever_tag_is_named() {
    let (app, tag) = secrets().await;
    let mut answers: Vec<Answer> = Vec::new();
    for name in ["if-match", "if-none-match"] {
        for tag in [tag.as_str(), "\"wrong\"", "*", "malformed"] {
            answers.push(put(&app, "/secrets/a", &[(name, tag)], r#"{"n":2}"#).await);
            answers.push(put(&app, "/secrets/b", &[(name, tag)], r#"{"n":2}"#).await);
        }
    }
    assert_eq!(answers[0].status, 404);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn rfc_118_a_problem_helps_to_mend_it_and_says_it_to_machines_as_well() {
    let app = contents().await;
    let stale = put(&app, "/it/a", &[("if-match", "\"stale\"")], r#"{"n":1}"#).await;
    assert!(member(&stale, "detail").contains("If-Match"), "{}", stale.text());
    assert_eq!(
        (member(&stale, "reason").as_str(), member(&stale, "etag")),
        ("stale", stale.header("etag").to_owned())
    );
}
