//! The form that a request asks its answer in: a part, no content, a digest, a coding.

use axum::Router;
use axum::routing::get as on_get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use etag_core::axum::EtagLayer;
use sha2::{Digest, Sha256};
use tests::call;
use tests::items::{Dated, router};
use tower_http::compression::{CompressionLayer, CompressionLevel};

use crate::{content, contents, dated, get, keeps, member, memory, put, served};

const MERGE_PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

#[tokio::test]
async fn rfc_033_if_range_compares_strongly() {
    keeps(content().await, 33);
}

#[tokio::test]
async fn rfc_069_preconditions_come_before_ranges() {
    keeps(content().await, 69);
}

#[tokio::test]
async fn rfc_070_if_range_without_range_is_ignored() {
    keeps(content().await, 70);
}

#[tokio::test]
async fn rfc_071_a_weak_tag_in_if_range_is_answered_with_the_whole() {
    keeps(content().await, 71);
}

#[tokio::test]
async fn rfc_072_another_date_in_if_range_is_answered_with_the_whole() {
    keeps(dated().await, 72);
}

#[tokio::test]
async fn rfc_072_a_date_whose_second_is_not_over_is_answered_with_the_whole() {
    let app = router::<Dated>(&memory().await);
    let date = put(&app, "/it/a", &[], r#"{"n":0}"#).await.header("last-modified").to_owned();
    let found = get(&app, "/it/a", &[("range", "bytes=0-0"), ("if-range", &date)]).await;
    assert_eq!(found.status, 200);
}

#[tokio::test]
async fn rfc_073_another_tag_in_if_range_is_answered_with_the_whole() {
    keeps(content().await, 73);
}

#[tokio::test]
async fn rfc_084_a_part_is_what_was_asked_for_and_repeats_the_headers_of_the_whole() {
    keeps(content().await, 84);
    keeps(served().await, 84);
}

#[tokio::test]
async fn rfc_082_a_204_has_the_tag_of_the_new_representation() {
    let app = contents().await;
    let patch = [MERGE_PATCH, ("if-match", "*"), ("prefer", "return=minimal")];
    let minimal = call(&app, "PATCH", "/it/a", &patch, r#"{"n":1}"#).await;
    assert_eq!(minimal.status, 204);
    assert_eq!(minimal.header("etag"), get(&app, "/it/a", &[]).await.header("etag"));
}

#[tokio::test]
async fn rfc_106_vary_names_prefer_where_it_can_change_the_answer() {
    let app = contents().await;
    for prefer in [None, Some(("prefer", "return=minimal"))] {
        let headers = [&[("if-match", "*")], prefer.as_slice()].concat();
        let written = put(&app, "/it/a", &headers, r#"{"n":1}"#).await;
        assert!(written.header("vary").to_lowercase().contains("prefer"), "{:?}", written.headers);
    }
}

#[tokio::test]
async fn rfc_107_minimal_has_no_content_representation_has_all_and_both_is_neither() {
    keeps(content().await, 107);
    let app = contents().await;
    let both = [("if-match", "*"), ("prefer", "return=minimal, return=representation")];
    assert_eq!(put(&app, "/it/a", &both, r#"{"n":1}"#).await.header("preference-applied"), "");
}

#[tokio::test]
async fn rfc_108_a_preference_that_was_applied_is_named() {
    let app = contents().await;
    let minimal = [("if-match", "*"), ("prefer", "return=minimal")];
    assert_eq!(
        put(&app, "/it/a", &minimal, r#"{"n":1}"#).await.header("preference-applied"),
        "return=minimal"
    );
    let unknown = [("if-match", "*"), ("prefer", "conformance")];
    assert_eq!(put(&app, "/it/a", &unknown, r#"{"n":2}"#).await.header("preference-applied"), "");
}

#[tokio::test]
async fn rfc_109_a_412_has_the_current_representation_for_who_asks() {
    let app = contents().await;
    let shown = get(&app, "/it/a", &[]).await;
    let asks = [("if-match", "\"stale\""), ("prefer", "return=representation")];
    let refused = put(&app, "/it/a", &asks, r#"{"n":1}"#).await;
    assert_eq!((refused.status, refused.header("etag")), (412, shown.header("etag")));
    assert_eq!(member(&refused, "reason"), "stale");
    let current = format!(r#""current":{}"#, shown.text());
    assert!(refused.text().contains(&current), "{}", refused.text());
    let plain = put(&app, "/it/a", &asks[..1], r#"{"n":1}"#).await;
    assert!(!plain.text().contains("\"current\""), "{}", plain.text());
}

#[tokio::test]
async fn rfc_110_repr_digest_is_that_of_the_representation_also_on_a_part() {
    keeps(content().await, 110);
    let app = contents().await;
    let wanted = ("want-repr-digest", "sha-256=1");
    let whole = get(&app, "/it/a", &[wanted]).await;
    let part = get(&app, "/it/a", &[wanted, ("range", "bytes=0-0")]).await;
    assert_eq!((part.status, part.header("repr-digest")), (206, whole.header("repr-digest")));
    // It is made before the coding: of coded bytes it would be wrong.
    let coded = compressed(app, CompressionLevel::Default);
    let coded = get(&coded, "/it/a", &[wanted, ("accept-encoding", "gzip")]).await;
    assert_eq!((coded.header("content-encoding"), coded.header("repr-digest")), ("gzip", ""));
}

/// It compresses also what is short.
fn compressed(app: Router, level: CompressionLevel) -> Router {
    let all = tower_http::compression::predicate::SizeAbove::new(0);
    app.layer(CompressionLayer::new().quality(level).compress_when(all)).layer(EtagLayer::new())
}

#[tokio::test]
async fn rfc_111_the_digest_in_the_answer_to_a_patch_is_that_of_the_new_representation() {
    let app = contents().await;
    let patch = [MERGE_PATCH, ("if-match", "*"), ("want-repr-digest", "sha-256=1")];
    let patched = call(&app, "PATCH", "/it/a", &patch, r#"{"n":7}"#).await;
    let after = get(&app, "/it/a", &[]).await;
    let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&after.body)));
    assert_eq!((patched.status, patched.header("repr-digest")), (200, digest.as_str()));
}

#[tokio::test]
async fn rfc_112_digests_that_are_broken_are_never_sent() {
    let app = contents().await;
    for wanted in ["md5=9", "sha=9, unixsum=8", "crc32c=1"] {
        let shown = get(&app, "/it/a", &[("want-repr-digest", wanted)]).await;
        assert_eq!(shown.header("repr-digest"), "", "{wanted}");
    }
}

#[tokio::test]
async fn rfc_113_the_tag_of_a_coded_answer_is_not_made_of_its_octets() {
    let text = || on_get(async || "to be or not to be ".repeat(100));
    let plain = get(&Router::new().route("/", text()).layer(EtagLayer::new()), "/", &[]).await;
    let expected = format!("{}+gzip\"", plain.header("etag").trim_end_matches('"'));
    for level in [CompressionLevel::Fastest, CompressionLevel::Best] {
        let app = compressed(Router::new().route("/", text()).layer(EtagLayer::new()), level);
        let coded = get(&app, "/", &[("accept-encoding", "gzip")]).await;
        assert_eq!((coded.header("content-encoding"), coded.header("etag")), ("gzip", expected.as_str()));
    }
}

#[tokio::test]
async fn choice_our_layer_adds_the_coding_to_the_tag_and_takes_it_off_again() {
    let app = compressed(contents().await, CompressionLevel::Default);
    let gzip = ("accept-encoding", "gzip");
    let coded = get(&app, "/it/a", &[gzip]).await;
    let plain = get(&app, "/it/a", &[]).await;
    let (coded, plain) = (coded.header("etag").to_owned(), plain.header("etag").to_owned());
    assert_eq!(coded, format!("{}+gzip\"", plain.trim_end_matches('"')));
    let known = get(&app, "/it/a", &[gzip, ("if-none-match", &coded)]).await;
    assert_eq!((known.status, known.header("etag")), (304, coded.as_str()));
    assert!(known.header("vary").to_lowercase().contains("accept-encoding"), "{:?}", known.headers);
    assert_eq!(put(&app, "/it/a", &[("if-match", &coded)], r#"{"n":1}"#).await.status, 200);
}
