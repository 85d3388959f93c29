//! Writes on a live service: those that are sent again, that name an altered tag, or none.

use axum::routing::get as on_get;
use axum::{Extension, Router};
use etag_core::axum::{Fresh, Guarded, JsonPatch, Problem, Tagged, Unguarded, Update};
use etag_core::{Database, IfMatch, Replay, Tolerate, Versioned, Wildcard};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tests::call;

use crate::{contents, get, member, memory, put};

const JSON_PATCH: (&str, &str) = ("content-type", "application/json-patch+json");

#[tokio::test]
async fn rfc_045_a_write_that_is_applied_already_succeeds_where_the_type_says_so() {
    let app = contents().await.layer(Extension(Replay::Accept));
    let tag = get(&app, "/it/a", &[]).await.header("etag").to_owned();
    let guard = ("if-match", tag.as_str());
    let first = put(&app, "/it/a", &[guard], r#"{"n":1}"#).await;
    let again = put(&app, "/it/a", &[guard], r#"{"n":1}"#).await;
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!((first.header("already-applied"), again.header("already-applied")), ("", "?1"));
    assert_eq!(put(&app, "/it/a", &[guard], r#"{"n":2}"#).await.status, 412, "that is another write");
}

#[tokio::test]
async fn rfc_047_what_is_applied_already_is_answered_with_the_current_tag() {
    let app = contents().await.layer(Extension(Replay::Accept));
    let tag = get(&app, "/it/a", &[]).await.header("etag").to_owned();
    let guard = ("if-match", tag.as_str());
    put(&app, "/it/a", &[guard], r#"{"n":1}"#).await;
    let again = put(&app, "/it/a", &[guard], r#"{"n":1}"#).await;
    assert_eq!(again.header("etag"), get(&app, "/it/a", &[]).await.header("etag"));
}

/// A value that JSON Patch reaches into.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put", replay = "accept")]
struct Nested {
    #[versioned(id)]
    id: String,
    inner: Inner,
    n: u64,
    #[serde(default)]
    words: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
struct Inner {
    x: u64,
    y: u64,
}

/// With one value at `/it/a`.
async fn nested() -> Router {
    async fn show(it: Fresh<Nested>) -> Tagged<Nested> {
        it.into()
    }
    async fn replace(it: Update<Nested>) -> Result<Tagged<Nested>, Problem> {
        it.save().await
    }
    async fn patch(it: Update<Nested, JsonPatch>) -> Result<Tagged<Nested>, Problem> {
        it.save().await
    }
    async fn remove(it: Guarded<Nested>) -> Result<StatusCode, Problem> {
        it.delete().await
    }
    let methods = on_get(show).put(replace).patch(patch).delete(remove);
    let app = Router::new().route("/it/{id}", methods).with_state(memory().await);
    assert_eq!(put(&app, "/it/a", &[], r#"{"inner":{"x":1,"y":2},"n":1}"#).await.status, 201);
    app
}

#[tokio::test]
async fn rfc_102_test_compares_by_value() {
    let app = nested().await;
    let operations = [
        r#"[{"op":"test","path":"/n","value":1.0}]"#,
        r#"[{"op":"test","path":"/inner","value":{"y":2,"x":1e0}}]"#,
    ];
    for operations in operations {
        let answer = call(&app, "PATCH", "/it/a", &[JSON_PATCH, ("if-match", "*")], operations).await;
        assert_eq!(answer.status, 200, "{operations}: {}", answer.text());
    }
}

#[tokio::test]
async fn rfc_103_one_operation_that_fails_undoes_all() {
    let app = nested().await;
    let before = get(&app, "/it/a", &[]).await;
    let guard = ("if-match", before.header("etag"));
    let body = r#"[{"op":"replace","path":"/n","value":9},{"op":"test","path":"/n","value":7}]"#;
    assert_eq!(call(&app, "PATCH", "/it/a", &[JSON_PATCH, guard], body).await.status, 409);
    let stale = call(&app, "PATCH", "/it/a", &[JSON_PATCH, ("if-match", "\"stale\"")], body).await;
    assert_eq!(stale.status, 412);
    assert_eq!(call(&app, "PATCH", "/it/a", &[JSON_PATCH], body).await.status, 428, "`test` is no guard");
    assert_eq!(get(&app, "/it/a", &[]).await, before);
}

/// Two that append the same are two changes.
#[tokio::test]
async fn choice_a_json_patch_is_not_taken_for_one_that_was_applied_already() {
    let app = nested().await;
    let tag = get(&app, "/it/a", &[]).await.header("etag").to_owned();
    let append = r#"[{"op":"add","path":"/words/-","value":"again"}]"#;
    let [first, second] = [
        call(&app, "PATCH", "/it/a", &[JSON_PATCH, ("if-match", &tag)], append).await,
        call(&app, "PATCH", "/it/a", &[JSON_PATCH, ("if-match", &tag)], append).await,
    ];
    assert_eq!((first.status, second.status), (200, 412));
}

#[tokio::test]
async fn choice_a_delete_of_what_is_gone_succeeds_again_where_the_type_says_so() {
    let app = nested().await;
    let tag = get(&app, "/it/a", &[]).await.header("etag").to_owned();
    let delete = async || call(&app, "DELETE", "/it/a", &[("if-match", tag.as_str())], "").await;
    assert_eq!(delete().await.status, 204);
    let again = delete().await;
    assert_eq!((again.status, again.header("already-applied")), (204, "?1"));
    let other = call(&app, "DELETE", "/it/a", &[("if-match", "\"other\"")], "").await;
    assert_eq!(other.status, 404);
}

/// Each way in which a hop alters `tag`.
fn altered(tag: &str) -> Vec<String> {
    let state = tag.trim_matches('"');
    let suffixes = ["-gzip", "--gzip", ";gzip", "-br", "-gz"].map(|suffix| format!("\"{state}{suffix}\""));
    std::iter::once(format!("W/{tag}")).chain(suffixes).collect()
}

#[tokio::test]
async fn choice_a_412_says_that_a_hop_altered_the_tag() {
    let app = contents().await;
    for altered in altered(get(&app, "/it/a", &[]).await.header("etag")) {
        let refused = put(&app, "/it/a", &[("if-match", &altered)], r#"{"n":1}"#).await;
        assert_eq!((refused.status, member(&refused, "reason")), (412, "altered".to_owned()), "{altered}");
    }
}

#[tokio::test]
async fn choice_altered_tags_guard_where_intermediaries_are_tolerated() {
    let app = contents().await.layer(Extension(Tolerate::Intermediaries));
    for index in 0..6 {
        let shown = get(&app, "/it/a", &[]).await;
        let altered = altered(shown.header("etag")).swap_remove(index);
        let body = format!(r#"{{"n":{}}}"#, index + 1);
        assert_eq!(put(&app, "/it/a", &[("if-match", &altered)], &body).await.status, 200, "{altered}");
        assert_eq!(put(&app, "/it/a", &[("if-match", &altered)], r#"{"n":9}"#).await.status, 412);
    }
}

#[tokio::test]
async fn choice_an_unguarded_write_is_reported_where_the_type_says_so() {
    let unguarded = Unguarded::new();
    let app = contents().await.layer(Extension(IfMatch::Report)).layer(Extension(unguarded.clone()));
    assert_eq!(put(&app, "/it/a", &[], r#"{"n":1}"#).await.status, 200);
    let writes = unguarded.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
}

#[tokio::test]
async fn choice_if_match_any_is_no_guard_where_the_type_refuses_it() {
    let app = contents().await.layer(Extension(Wildcard::Refuse));
    assert_eq!(put(&app, "/it/a", &[("if-match", "*")], r#"{"n":1}"#).await.status, 428);
}
