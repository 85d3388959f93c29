//! The checklist of RFC 9110 and its neighbours, number by number: `rfc_031_…` is number 31 of the guide
//! `http_checklist`, `choice_…` a choice of ours where the text leaves one, and `mistake_…` a mistake seen in the field.

mod answers;
mod asked;
mod choices;
mod evaluation;
mod kept;
mod live;
mod mistakes;
mod table;
mod validators;

use axum::Router;
use etag_core::Database;
use etag_core::testing::Conformance;
use etag_core::testing::conformance::{Outcome, Report};
use tests::items::{Content, Dated, JSON, Revised, kit, router};
use tests::{Answer, call};
use tokio::net::TcpListener;
use tokio::sync::OnceCell;

/// A body, as a request says it.
pub const AS_JSON: (&str, &str) = ("content-type", JSON);

/// What the conformance kit finds of a type whose tag is its content.
pub async fn content() -> &'static Report {
    static REPORT: OnceCell<Report> = OnceCell::const_new();
    REPORT.get_or_init(async || kit::<Content>(&memory().await).await.run().await).await
}

/// The same of a type with a revision.
pub async fn revised() -> &'static Report {
    static REPORT: OnceCell<Report> = OnceCell::const_new();
    REPORT.get_or_init(async || kit::<Revised>(&memory().await).await.run().await).await
}

/// The same of a type with a date.
pub async fn dated() -> &'static Report {
    static REPORT: OnceCell<Report> = OnceCell::const_new();
    REPORT.get_or_init(async || kit::<Dated>(&memory().await).await.run().await).await
}

/// The same of a type whose tag is its content, behind a server.
pub async fn served() -> &'static Report {
    static REPORT: OnceCell<Report> = OnceCell::const_new();
    REPORT
        .get_or_init(async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = format!("http://{}", listener.local_addr().unwrap());
            let app = contents().await;
            tokio::spawn(axum::serve(listener, app).into_future());
            Conformance::at(&address).resource("/it/a").absent("/it/b").run().await
        })
        .await
}

/// Each check of a rule was made, or does not apply, and none failed.
#[track_caller]
pub fn keeps(report: &Report, rule: u8) {
    let outcomes: Vec<&Outcome> =
        report.lines().iter().filter(|line| line.rule() == rule).map(|line| line.outcome()).collect();
    let is_kept =
        outcomes.iter().all(|outcome| matches!(outcome, Outcome::Passed | Outcome::NotApplicable(_)));
    let is_judged = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Passed));
    assert!(is_kept && is_judged, "{rule} is not kept, or was not judged:\n{report}");
}

pub async fn memory() -> Database {
    Database::connect("memory:").await.unwrap()
}

/// A router with one value at `/it/a`.
pub async fn contents() -> Router {
    let app = router::<Content>(&memory().await);
    assert_eq!(put(&app, "/it/a", &[], r#"{"n":0}"#).await.status, 201);
    app
}

pub async fn get(app: &Router, uri: &str, headers: &[(&str, &str)]) -> Answer {
    call(app, "GET", uri, headers, "").await
}

pub async fn put(app: &Router, uri: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    call(app, "PUT", uri, &[&[AS_JSON], headers].concat(), body.to_owned()).await
}

/// A problem's member.
#[track_caller]
pub fn member(answer: &Answer, name: &str) -> String {
    let problem: serde_json::Value = serde_json::from_slice(&answer.body).expect("a problem");
    problem[name].as_str().unwrap_or_else(|| panic!("no `{name}`: {problem}")).to_owned()
}
