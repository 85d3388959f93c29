//! Mistakes seen in the field: none of these is ours.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get as on_get, put as on_put};
use etag_core::axum::{EtagLayer, Guarded, Problem, Tagged};
use etag_core::testing::Conformance;
use etag_core::{Database, StateTag};
use futures_util::stream;
use http::StatusCode;
use tests::items::{Content, Revised, router};
use tests::{call, sqlite_file};

use crate::{answers, content, contents, dated, get, keeps, memory, put, revised};

#[tokio::test]
async fn mistake_a_passing_if_match_ends_the_evaluation() {
    keeps(content().await, 67);
}

#[tokio::test]
async fn mistake_if_none_match_and_if_modified_since_are_anded() {
    keeps(dated().await, 68);
    keeps(dated().await, 56);
}

#[tokio::test]
async fn mistake_one_equality_for_both_headers() {
    keeps(content().await, 31);
    keeps(content().await, 32);
}

#[tokio::test]
async fn mistake_a_list_is_split_on_commas_inside_of_quotes() {
    keeps(content().await, 6);
}

#[tokio::test]
async fn mistake_only_the_first_header_line_is_read() {
    keeps(content().await, 7);
}

#[tokio::test]
async fn mistake_an_octet_beyond_ascii_disables_the_list() {
    keeps(content().await, 3);
}

#[tokio::test]
async fn mistake_a_missing_if_match_is_taken_for_an_empty_one() {
    keeps(content().await, 94);
}

#[tokio::test]
async fn mistake_a_malformed_member_is_dropped_in_silence() {
    keeps(content().await, 11);
    keeps(content().await, 12);
}

#[tokio::test]
async fn mistake_304_for_a_write_for_a_404_or_for_a_500() {
    keeps(content().await, 52);
    keeps(content().await, 36);
    let app = Router::new()
        .route("/", on_get(async || (StatusCode::INTERNAL_SERVER_ERROR, [("etag", "\"a\"")], "text")))
        .layer(EtagLayer::new());
    for tag in ["\"a\"", "*"] {
        assert_eq!(get(&app, "/", &[("if-none-match", tag)]).await.status, 500);
    }
}

#[tokio::test]
async fn mistake_a_304_drops_vary_cors_or_all_values_but_one() {
    let report = Conformance::of(answers::layered()).run().await;
    keeps(&report, 74);
    keeps(&report, 76);
}

#[tokio::test]
async fn mistake_412_after_the_write_has_run() {
    keeps(content().await, 44);
}

#[tokio::test]
async fn mistake_if_match_is_checked_after_the_handler() {
    let calls = Arc::new(AtomicUsize::new(0));
    let database = memory().await;
    let handler = {
        let calls = calls.clone();
        async move |content: Guarded<Content>| -> Result<Tagged<Content>, Problem> {
            calls.fetch_add(1, Ordering::Relaxed);
            content.save().await
        }
    };
    let touch = Router::new().route("/it/{id}/touch", on_put(handler)).with_state(database.clone());
    let app = router::<Content>(&database).merge(touch);
    let tag = put(&app, "/it/a", &[], r#"{"n":0}"#).await.header("etag").to_owned();
    assert_eq!(call(&app, "PUT", "/it/a/touch", &[("if-match", "\"stale\"")], "").await.status, 412);
    assert_eq!(calls.load(Ordering::Relaxed), 0, "the handler did not run");
    assert_eq!(call(&app, "PUT", "/it/a/touch", &[("if-match", &tag)], "").await.status, 200);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn mistake_the_tag_of_a_write_is_not_that_of_the_next_get() {
    for report in [content().await, revised().await, dated().await] {
        keeps(report, 78);
    }
}

#[tokio::test]
async fn mistake_if_unmodified_since_with_less_than() {
    keeps(dated().await, 64);
}

#[tokio::test]
async fn mistake_fractions_of_a_second_are_compared() {
    keeps(dated().await, 60);
}

#[tokio::test]
async fn mistake_dates_are_read_in_one_format_only() {
    keeps(dated().await, 26);
}

#[tokio::test]
async fn mistake_if_range_is_ignored() {
    let app = contents().await;
    let whole = get(&app, "/it/a", &[]).await;
    let range = ("range", "bytes=0-1");
    let weak = format!("W/{}", whole.header("etag"));
    for condition in ["\"other\"", &weak, "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let found = get(&app, "/it/a", &[range, ("if-range", condition)]).await;
        assert_eq!((found.status, found.body), (200, whole.body.clone()), "{condition}");
    }
}

#[tokio::test]
async fn mistake_tags_without_quotes() {
    keeps(content().await, 1);
}

/// One that a process seeds, or of 64 bits, has not these digits.
#[test]
fn mistake_tags_from_a_hash_that_is_seeded_or_short() {
    let text = StateTag::of(&7_u8).unwrap().to_string();
    // The SHA-256 of `7`, in base64url.
    assert_eq!(text, "eQJpm-Qsio5G-7tFAXJlF-hrIsVqGJ92JabaSQgbJFE");
}

#[test]
fn mistake_tags_that_move_with_the_order_of_a_map() {
    let keys: Vec<String> = (0..100).map(|key| format!("key-{key}")).collect();
    let maps = || keys.iter().map(|key| (key.clone(), 1_u8)).collect::<HashMap<_, _>>();
    let sets = || keys.iter().cloned().collect::<HashSet<_>>();
    // Each map has a seed of its own.
    let tags: HashSet<String> = (0..8).map(|_| StateTag::of(&maps()).unwrap().to_string()).collect();
    let sets: HashSet<String> = (0..8).map(|_| StateTag::of(&sets()).unwrap().to_string()).collect();
    assert_eq!((tags.len(), sets.len()), (1, 1));
}

#[tokio::test]
async fn mistake_integers_past_2_to_the_53_collide() {
    // Two of the bodies of the kit differ there only.
    for report in [content().await, revised().await] {
        keeps(report, 13);
        keeps(report, 14);
    }
    let of = |n: u64| StateTag::of(&n).unwrap();
    assert_ne!(of(9_007_199_254_740_992), of(9_007_199_254_740_993));
}

#[test]
fn mistake_adjacent_strings_collide() {
    let of = |strings: [&'static str; 2]| StateTag::of(&strings[..]).unwrap();
    let tags: HashSet<String> =
        [["ab", "c"], ["a", "bc"], ["abc", ""], ["", "abc"]].map(|pair| of(pair).to_string()).into();
    assert_eq!(tags.len(), 4);
}

#[tokio::test]
async fn mistake_bodies_without_bounds_are_held_back_to_hash_them() {
    let chunks = async || {
        let chunks = (0..1001).map(|_| Ok::<_, Infallible>(Bytes::from_static(b"x")));
        Body::from_stream(stream::iter(chunks))
    };
    let app = Router::new()
        .route("/known", on_get(async || "x".repeat(1001)))
        .route("/unknown", on_get(chunks))
        .layer(EtagLayer::new().cap(1000));
    for path in ["/known", "/unknown"] {
        let passed = get(&app, path, &[]).await;
        assert_eq!((passed.status, passed.body.len(), passed.header("etag")), (200, 1001, ""), "{path}");
    }
}

#[tokio::test]
async fn mistake_tags_in_the_memory_of_one_process() {
    let (_folder, url) = sqlite_file();
    let one = router::<Revised>(&Database::connect(&url).await.unwrap());
    let tag = put(&one, "/it/a", &[], r#"{"n":0}"#).await.header("etag").to_owned();
    let other = router::<Revised>(&Database::connect(&url).await.unwrap());
    assert_eq!(get(&other, "/it/a", &[("if-none-match", &tag)]).await.status, 304);
    assert_eq!(put(&other, "/it/a", &[("if-match", &tag)], r#"{"n":1}"#).await.status, 200);
    assert_eq!(put(&one, "/it/a", &[("if-match", &tag)], r#"{"n":2}"#).await.status, 412);
}

#[tokio::test]
async fn mistake_a_revision_begins_again_after_delete_and_create() {
    keeps(revised().await, 14);
    let app = router::<Revised>(&memory().await);
    let mut tags = HashSet::new();
    for _ in 0..3 {
        assert!(tags.insert(put(&app, "/it/a", &[], r#"{"n":0}"#).await.header("etag").to_owned()));
        assert_eq!(call(&app, "DELETE", "/it/a", &[("if-match", "*")], "").await.status, 204);
    }
}
