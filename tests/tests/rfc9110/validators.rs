//! Validators: how they are made, and how they are compared.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get as on_get;
use etag_core::axum::EtagLayer;
use etag_core::testing::Conformance;
use etag_core::{EntityTag, LastModified, Representation, Versioned};
use futures_util::stream;
use http::HeaderMap;
use tests::items::{Dated, router};

use crate::{get, keeps, memory, put};

#[derive(Versioned)]
struct Counted {
    text: &'static str,
    #[versioned(skip)]
    views: u64,
}

fn tag_of<T: Versioned>(value: &T) -> EntityTag {
    Representation::of(value).unwrap().validators().etag.unwrap()
}

#[test]
fn rfc_015_what_shows_more_than_its_tag_tells_has_a_weak_tag() {
    let tag = tag_of(&Counted { text: "a", views: 1 });
    assert!(tag.is_weak() && tag.to_string().starts_with("W/\""), "{tag}");
    assert_eq!(tag, tag_of(&Counted { text: "a", views: 2 }));
}

/// Answers with other octets for each value of a header.
fn negotiated(header: &'static str, coding: Option<&'static str>) -> Router {
    let handler = async move |headers: HeaderMap| {
        let asked = headers.get(header).map_or("none", |value| value.to_str().unwrap()).to_owned();
        let coded = coding.filter(|coding| asked.contains(coding));
        let coding = coded.map(|coding| [("content-encoding", coding)]);
        ([("vary", header)], coding.map(axum::response::AppendHeaders), asked)
    };
    Router::new().route("/", on_get(handler)).layer(EtagLayer::new())
}

#[tokio::test]
async fn rfc_016_codings_of_one_representation_have_different_tags() {
    let report = Conformance::of(negotiated("accept-encoding", Some("gzip"))).run().await;
    keeps(&report, 16);
}

#[tokio::test]
async fn rfc_017_a_transfer_coding_is_in_no_tag() {
    let chunks = async || {
        let chunks = ["be ", "kind"].map(|chunk| Ok::<_, Infallible>(Bytes::from(chunk)));
        Body::from_stream(stream::iter(chunks))
    };
    let app = Router::new().route("/chunks", on_get(chunks)).route("/whole", on_get(async || "be kind"));
    let app = app.layer(EtagLayer::new());
    let (chunks, whole) = (get(&app, "/chunks", &[]).await, get(&app, "/whole", &[]).await);
    assert_eq!((&chunks.body, chunks.header("etag")), (&whole.body, whole.header("etag")));
    assert!(!whole.header("etag").is_empty());
}

#[tokio::test]
async fn rfc_018_languages_and_formats_have_different_tags() {
    for header in ["accept-language", "accept"] {
        keeps(&Conformance::of(negotiated(header, None)).run().await, 18);
    }
}

#[test]
fn rfc_019_a_weak_tag_follows_what_is_not_left_out_of_it() {
    let tag = tag_of(&Counted { text: "a", views: 1 });
    assert!(!tag.weak_eq(&tag_of(&Counted { text: "b", views: 1 })));
}

#[tokio::test]
async fn rfc_021_each_answer_whose_change_can_be_determined_has_a_tag() {
    let app = router::<Dated>(&memory().await);
    let created = put(&app, "/it/a", &[], r#"{"n":0}"#).await;
    let tag = created.header("etag").to_owned();
    let replaced = put(&app, "/it/a", &[("if-match", &tag)], r#"{"n":1}"#).await;
    for answer in [&created, &replaced, &get(&app, "/it/a", &[]).await] {
        assert!(answer.header("etag").len() > 2, "{:?}", answer.headers);
    }
}

#[tokio::test]
async fn rfc_023_a_type_with_a_date_sends_it() {
    let app = router::<Dated>(&memory().await);
    let before = SystemTime::now() - Duration::from_secs(1);
    let created = put(&app, "/it/a", &[], r#"{"n":0}"#).await;
    for answer in [created, get(&app, "/it/a", &[]).await] {
        let date = httpdate::parse_http_date(answer.header("last-modified")).unwrap();
        assert!(date >= before && date <= SystemTime::now());
    }
}

#[test]
fn rfc_024_a_date_in_the_future_is_sent_as_now() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let later = LastModified::strong(now + Duration::from_secs(3600));
    assert_eq!(later.to_header_value(now), "Sun, 06 Nov 1994 08:49:37 GMT");
}

#[test]
fn rfc_025_a_date_is_weak_unless_it_is_known_to_be_alone_in_its_second() {
    let now = SystemTime::now();
    let before = now - Duration::from_secs(2);
    assert!(!LastModified::from(before).is_strong_at(now));
    assert!(LastModified::strong(before).is_strong_at(now));
    assert!(!LastModified::strong(now).is_strong_at(now), "its second is not over");
    assert!(!LastModified::strong(before).to_weak().is_strong_at(now));
}

/// The table of §8.8.3.2: two tags, and whether they are equal strongly and weakly.
const COMPARISONS: [(&str, &str, bool, bool); 4] = [
    (r#"W/"1""#, r#"W/"1""#, false, true),
    (r#"W/"1""#, r#"W/"2""#, false, false),
    (r#"W/"1""#, r#""1""#, false, true),
    (r#""1""#, r#""1""#, true, true),
];

fn compared(equal: fn(&EntityTag, &EntityTag) -> bool) -> [bool; 4] {
    COMPARISONS.map(|(a, b, ..)| {
        let (a, b): (EntityTag, EntityTag) = (a.parse().unwrap(), b.parse().unwrap());
        assert_eq!(equal(&a, &b), equal(&b, &a), "{a} and {b}");
        equal(&a, &b)
    })
}

#[test]
fn rfc_029_strong_comparison_is_that_of_the_table() {
    assert_eq!(compared(EntityTag::strong_eq), COMPARISONS.map(|(_, _, strong, _)| strong));
}

#[test]
fn rfc_030_weak_comparison_is_that_of_the_table() {
    assert_eq!(compared(EntityTag::weak_eq), COMPARISONS.map(|(_, _, _, weak)| weak));
}
