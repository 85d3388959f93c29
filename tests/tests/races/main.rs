//! The race tester: that it finds each mistake, and nothing wrong with what is right.

mod ours;
mod service;

use axum::Router;
use etag_core::testing::Races;
use etag_core::testing::conformance::Write;
use etag_core::testing::races::{Outcome, Report};
use serde_json::Value;
use service::Service;

/// A kit for the service that is written by hand.
fn kit(app: Router) -> Races {
    Races::of(app)
        .resource("/c")
        .put("text/plain", |number| number.to_string())
        .creates()
        .bulk("/", ["/a", "/b", "/c"], |number| Write::put("text/plain", (1000 + number).to_string()))
        .counter(
            |shown| std::str::from_utf8(shown).ok()?.parse().ok(),
            |_, next| Write::put("text/plain", next.to_string()),
        )
        .rounds(4)
}

/// The names of the races that failed.
fn failed(report: &Report) -> Vec<&'static str> {
    report.failed().map(|line| line.race()).collect()
}

#[track_caller]
fn assert_all_passed(report: &Report) {
    report.assert();
    let all = report.lines().iter().all(|line| matches!(line.outcome(), Outcome::Passed));
    assert!(all, "a race was not run:\n{report}");
}

/// Each way to be wrong, the races that show it, and those that may.
const MISTAKES: &[(&str, &[&str], &[&str])] = &[
    ("compared, and written later", &["update", "delete", "counter"], &["create", "revive", "bulk"]),
    ("If-Match is ignored", &["update", "delete", "revive", "bulk", "counter"], &[]),
    ("written, and then compared", &["update", "create", "delete", "revive", "bulk"], &["counter"]),
    ("a DELETE ignores the tag", &["delete", "revive"], &[]),
    ("a creation is not atomic", &["create", "revive"], &[]),
    ("a bulk is written item by item", &["bulk"], &[]),
    ("a bulk is shown half", &["bulk"], &[]),
    ("a bulk compares, and writes later", &["bulk"], &[]),
    ("revisions restart", &["revive"], &[]),
    ("a 503 was carried out", &["update", "create", "delete", "revive", "bulk"], &["counter"]),
    ("an acknowledged write is dropped", &["update", "create", "delete", "revive", "bulk", "counter"], &[]),
    ("one tag for all", &["update", "delete", "bulk"], &["revive", "counter"]),
    ("nothing passes", &["update", "create", "delete", "revive", "bulk", "counter"], &[]),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_a_mistake_passes() {
    let report = kit(Service::without_a_mistake()).run().await;
    assert_all_passed(&report);
    for line in report.lines() {
        let counts = line.counts();
        assert!(counts.rounds > 0 && counts.refused > 0, "{report}");
        assert_eq!((counts.lost, counts.forked, counts.unavailable), (0, 0, 0), "{report}");
        assert!(counts.attempts >= counts.written + counts.refused, "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_is_found_by_the_races_that_show_it() {
    let mut wrong = String::new();
    for (mistake, races, others) in MISTAKES {
        let mut report = kit(Service::with(mistake)).run().await;
        let mut failed = failed(&report);
        // Who comes first is chance: where a DELETE always does, no PUT is before it to be lost.
        for _ in 0..4 {
            if races.iter().all(|race| failed.contains(race)) {
                break;
            }
            report = kit(Service::with(mistake)).run().await;
            failed.extend(self::failed(&report));
        }
        let is_found = races.iter().all(|race| failed.contains(race));
        if !is_found || !failed.iter().all(|race| races.contains(race) || others.contains(race)) {
            wrong += &format!("{mistake}: {races:?} expected, not {failed:?}\n{report}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn a_busy_service_is_asked_again_and_loses_nothing() {
    let report = kit(Service::with("busy at times")).run().await;
    assert_all_passed(&report);
    assert!(report.lines().iter().all(|line| line.counts().unavailable > 0), "{report}");
}

#[tokio::test]
async fn a_service_whose_answers_tell_nothing_is_judged_by_what_is_shown() {
    let report = kit(Service::with("answers 204 without a tag")).run().await;
    assert_all_passed(&report);
    let report = kit(Service::with("answers 204 without a tag, and drops what it acknowledged")).run().await;
    assert!(failed(&report).contains(&"update"), "{report}");
}

#[tokio::test]
async fn an_answer_that_is_missing_is_found() {
    let silent = tower::service_fn(async |_: http::Request<_>| Err::<http::Response<String>, _>("gone away"));
    let report = Races::of(silent).put("text/plain", |number| number.to_string()).run().await;
    assert_eq!(failed(&report), ["update"]);
    assert_eq!(report.lines()[0].findings()[0].why(), "GET /: gone away");
}

#[tokio::test]
async fn a_service_without_strong_tags_has_no_races() {
    let weak = axum::routing::get(async || ([("etag", "W/\"1\"")], "text"));
    let report = Races::of(Router::new().route("/", weak)).put("text/plain", |n| n.to_string()).run().await;
    report.assert();
    let all = report.lines().iter().all(|line| matches!(line.outcome(), Outcome::NotApplicable(_)));
    assert!(all, "{report}");
}
