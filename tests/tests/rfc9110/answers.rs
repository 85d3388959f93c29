//! What answers say, to caches and to people.

use axum::response::{AppendHeaders, Response};
use axum::routing::get as on_get;
use axum::{Json, Router};
use etag_core::axum::{EtagLayer, Tagged};
use etag_core::testing::Conformance;
use etag_core::{Preconditions, Versioned};

use crate::{call, contents, get, keeps, member, put, served};
use tests::items::{Content, kit};

#[tokio::test]
async fn rfc_027_each_answer_has_a_date() {
    keeps(served().await, 27);
}

/// A layer around a handler with the headers of a real service.
pub fn layered() -> Router {
    let handler = async || {
        let headers = [
            ("vary", "origin"),
            ("vary", "accept-language"),
            ("cache-control", "max-age=60"),
            ("content-location", "/here"),
            ("expires", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("access-control-allow-origin", "*"),
            ("access-control-expose-headers", "etag"),
        ];
        (AppendHeaders(headers), Json([1, 2, 3]))
    };
    Router::new().route("/", on_get(handler)).layer(EtagLayer::new())
}

#[tokio::test]
async fn rfc_074_a_304_repeats_what_caches_need_of_the_200() {
    keeps(&Conformance::of(layered()).run().await, 74);
    keeps(served().await, 74);
}

#[tokio::test]
async fn rfc_076_a_304_keeps_cors_and_has_nothing_of_one_request() {
    keeps(&Conformance::of(layered()).run().await, 76);
}

#[tokio::test]
async fn rfc_088_an_authorised_answer_is_not_public() {
    let database = crate::memory().await;
    let report = kit::<Content>(&database).await.header("authorization", "Bearer x").run().await;
    keeps(&report, 88);
}

#[tokio::test]
async fn rfc_089_an_answer_is_private_and_asked_for_again_unless_it_says_otherwise() {
    let app = contents().await;
    let shown = get(&app, "/it/a", &[]).await;
    let known = get(&app, "/it/a", &[("if-none-match", shown.header("etag"))]).await;
    for answer in [&shown, &known, &get(&app, "/it/absent", &[]).await] {
        assert_eq!(answer.header("cache-control"), "private, no-cache");
    }
}

/// It depends on the language, and is for everybody.
#[derive(Versioned)]
#[versioned(vary = "Accept-Language", cache_control = "public, max-age=60")]
struct Greeting {
    text: &'static str,
}

pub fn greetings() -> Router {
    async fn greet(pre: Preconditions) -> Response {
        pre.respond(Tagged::new(Greeting { text: "hello" }))
    }
    Router::new().route("/", on_get(greet))
}

#[tokio::test]
async fn rfc_090_vary_is_on_each_answer_that_may_depend_on_a_header() {
    let shown = get(&greetings(), "/", &[]).await;
    let known = get(&greetings(), "/", &[("if-none-match", shown.header("etag"))]).await;
    let variants = [(&shown, 200), (&known, 304)];
    for (answer, status) in variants {
        assert_eq!((answer.status, answer.header("vary")), (status, "Accept-Language"));
    }
}

#[tokio::test]
async fn rfc_091_a_write_names_what_it_changed_so_that_caches_forget_it() {
    let app = contents().await;
    let replaced = put(&app, "/it/a", &[("if-match", "*")], r#"{"n":1}"#).await;
    assert_eq!((replaced.status, replaced.header("content-location")), (200, "/it/a"));
    let created = call(&app, "POST", "/it", &[crate::AS_JSON], r#"{"id":"b","n":1}"#).await;
    assert_eq!((created.status, created.header("location")), (201, "/it/b"));
}

/// Where the documentation of the problems is.
const DOCUMENTED: &str = include_str!("../../../etag-core/src/problem.rs");

#[tokio::test]
async fn rfc_119_the_type_of_each_problem_is_documented_with_its_status() {
    let app = contents().await;
    let text = [("content-type", "text/plain"), ("if-match", "*")];
    let answers = [
        get(&app, "/it/absent", &[]).await,
        call(&app, "LINK", "/it/a", &[], "").await,
        put(&app, "/it/a", &[("if-match", "\"stale\"")], r#"{"n":1}"#).await,
        put(&app, "/it/a", &[], r#"{"n":1}"#).await,
        put(&app, "/it/a", &[("if-match", "malformed")], r#"{"n":1}"#).await,
        put(&app, "/it/a", &[("if-match", "*")], r#"{"n":-1}"#).await,
        put(&app, "/it/a", &[("if-match", "*")], "{").await,
        call(&app, "PUT", "/it/a", &text, "{}").await,
    ];
    let statuses = answers.each_ref().map(|answer| answer.status);
    assert_eq!(statuses, [404, 405, 412, 428, 400, 422, 400, 415]);
    for answer in &answers {
        let (kind, title) = (member(answer, "type"), member(answer, "title"));
        let fragment = kind.rsplit_once('#').expect("a fragment").1;
        assert_eq!(fragment, title.to_lowercase().replace(' ', "-"));
        let documented = format!("/// ## {title}\n/// {}: ", answer.status);
        assert!(DOCUMENTED.contains(&documented), "{documented}");
    }
}
