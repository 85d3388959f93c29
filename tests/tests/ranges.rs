//! `Range` and `If-Range`: 206 for a part, 416 for none, and the whole where it may have changed.

use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::get;
use etag_core::axum::{EtagLayer, Fresh, FreshList, Tagged};
use etag_core::{
    Database, EntityTag, LastModified, Part, Preconditions, Required, Selection, Timestamp, Validators,
    Versioned,
};
use http::{HeaderMap, HeaderValue, Method};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use tests::{Answer, call};

#[derive(Deserialize)]
struct File {
    table: Vec<Table>,
}

#[derive(Deserialize)]
struct Table {
    etag: String,
    modified: String,
    rows: Vec<[String; 3]>,
}

/// Checklist 33, 70, 71, 72, 73.
#[test]
fn each_row_of_the_table_is_answered_as_it_says() {
    let file: File = toml::from_str(include_str!("../data/ranges.toml")).unwrap();
    for table in &file.table {
        let current = validators(table);
        for [range, if_range, expected] in &table.rows {
            let part = part(&Method::GET, range, if_range, &current);
            assert_eq!(text(&part), *expected, "Range: {range}, If-Range: {if_range}, {current:?}");
            // It is for GET alone (§14.2), and nothing without Range (§13.1.5).
            assert_eq!(text(&self::part(&Method::HEAD, range, if_range, &current)), "whole");
            assert_eq!(text(&self::part(&Method::PUT, range, if_range, &current)), "whole");
            assert_eq!(text(&self::part(&Method::GET, "", if_range, &current)), "whole");
        }
    }
}

fn validators(table: &Table) -> Validators {
    let etag = match table.etag.as_str() {
        "" => None,
        "weak" => Some(EntityTag::weak("v1").unwrap()),
        _ => Some(EntityTag::strong("v1").unwrap()),
    };
    let time = Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777));
    let last_modified = match table.modified.as_str() {
        "" => None,
        "shared" => Some(LastModified::from(time)),
        _ => Some(LastModified::strong(time)),
    };
    Validators { etag, last_modified }
}

fn part(method: &Method, range: &str, if_range: &str, current: &Validators) -> Part {
    let mut headers = HeaderMap::new();
    for (name, value) in [("range", range), ("if-range", if_range)] {
        if !value.is_empty() {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
    }
    Preconditions::from_parts(method, &headers).unwrap().part(current, 10)
}

fn text(part: &Part) -> String {
    match part {
        Part::All => "whole".to_owned(),
        Part::Unsatisfiable => "416".to_owned(),
        Part::Bytes(range) => "0123456789"[*range.start() as usize..=*range.end() as usize].to_owned(),
    }
}

#[test]
fn headers_that_are_repeated_ask_for_the_whole() {
    let current = Validators::from(EntityTag::strong("v1").unwrap());
    let mut headers = HeaderMap::new();
    headers.append("range", HeaderValue::from_static("bytes=0-3"));
    headers.append("if-range", HeaderValue::from_static("\"v1\""));
    let part =
        |headers: &HeaderMap| Preconditions::from_parts(&Method::GET, headers).unwrap().part(&current, 10);
    assert_eq!(part(&headers), Part::Bytes(0..=3));
    let mut twice = headers.clone();
    twice.append("if-range", HeaderValue::from_static("\"v1\""));
    assert_eq!(part(&twice), Part::All);
    let mut twice = headers;
    twice.append("range", HeaderValue::from_static("bytes=0-3"));
    assert_eq!(part(&twice), Part::All);
}

#[test]
fn of_nothing_there_is_no_part() {
    let part = |range| {
        let headers = HeaderMap::from_iter([(http::header::RANGE, HeaderValue::from_static(range))]);
        Preconditions::from_parts(&Method::GET, &headers).unwrap().part(&Validators::default(), 0)
    };
    assert_eq!(part("bytes=-5"), Part::All);
    assert_eq!(part("bytes=0-"), Part::Unsatisfiable);
}

proptest! {
    /// Whatever is sent, a part lies within the representation.
    #[test]
    fn a_part_lies_within_the_representation(
        range in "(bytes=)?[0-9,-]{0,12}|bytes=[0-9]{0,3}-[0-9]{0,3}|\\PC{0,20}",
        if_range in "|\"v1\"|W/\"v1\"|\\PC{0,10}",
        length in 0_u64..200,
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in [("range", &range), ("if-range", &if_range)] {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                headers.append(name, value);
            }
        }
        let current = Validators::from(EntityTag::strong("v1").unwrap());
        if let Part::Bytes(part) = Preconditions::from_parts(&Method::GET, &headers).unwrap().part(&current, length) {
            prop_assert!(part.start() <= part.end() && *part.end() < length, "{range} of {length}: {part:?}");
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, cache_control = "max-age=60", vary = "Accept-Language")]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
    #[versioned(modified)]
    at: Timestamp,
}

#[derive(Versioned)]
struct Shout {
    text: String,
    #[versioned(skip)]
    loudness: u64,
}

#[derive(Versioned)]
struct Motd {
    text: &'static str,
}

async fn notes() -> Router {
    let database = Database::connect("memory:").await.unwrap();
    let note = |id| Note { id, text: "0123456789".repeat(4), at: Timestamp::now() };
    database.import(vec![note(1), note(2)], Required::New, |_| {}).await.unwrap();
    Router::new()
        .route("/notes/{id}", get(async |note: Fresh<Note>| note))
        .route("/notes", get(async |notes: FreshList<Note, Selection>| notes))
        .route(
            "/shouts/{id}",
            get(async |note: Fresh<Note>, pre: Preconditions| {
                pre.respond(Tagged::new(Shout { text: note.text.clone(), loudness: 9 }))
            }),
        )
        .with_state(database)
}

async fn of(app: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    call(app, "GET", path, headers, "").await
}

/// Checklist 69, 77, 84; each answer of an extractor, of a list and of `respond`.
#[tokio::test]
async fn parts_of_an_answer_are_its_bytes_under_its_headers() {
    let app = notes().await;
    for path in ["/notes/1", "/notes", "/shouts/1"] {
        let whole = of(&app, path, &[]).await;
        let length = whole.body.len();
        assert_eq!((whole.status, whole.header("accept-ranges")), (200, "bytes"), "{path}");
        let mut joined = Vec::new();
        for first in (0..length).step_by(7) {
            let last = (first + 6).min(length - 1);
            let part = of(&app, path, &[("range", &format!("bytes={first}-{last}"))]).await;
            assert_eq!(part.status, 206);
            assert_eq!(part.header("content-range"), format!("bytes {first}-{last}/{length}"));
            let same =
                ["etag", "last-modified", "cache-control", "vary", "content-type", "x-total-count", "link"];
            for name in same {
                assert_eq!(part.header(name), whole.header(name), "{path}: {name}");
            }
            joined.extend_from_slice(&part.body);
        }
        assert_eq!(joined, whole.body, "{path}");
        let head = call(&app, "HEAD", path, &[("range", "bytes=0-3")], "").await;
        assert_eq!((head.status, head.text()), (200, ""));
        assert_eq!(head.headers, whole.headers, "{path}");
    }
}

#[tokio::test]
async fn behind_the_end_is_416_which_says_where_that_is() {
    let app = notes().await;
    let length = of(&app, "/notes/1", &[]).await.body.len();
    let answer = of(&app, "/notes/1", &[("range", &format!("bytes={length}-"))]).await;
    assert_eq!((answer.status, answer.header("content-range")), (416, format!("bytes */{length}").as_str()));
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

/// A download that is resumed is of one version.
#[tokio::test]
async fn if_range_gives_the_whole_of_another_version() {
    let app = notes().await;
    let whole = of(&app, "/notes/1", &[]).await;
    let resume = async |tag: &str| of(&app, "/notes/1", &[("range", "bytes=9-"), ("if-range", tag)]).await;
    let part = resume(whole.header("etag")).await;
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[9..]));
    let other = of(&app, "/notes/2", &[]).await;
    assert_eq!(resume(other.header("etag")).await, whole);
    // Its second may still hold another version.
    assert_eq!(resume(whole.header("last-modified")).await, whole);
    // A view with a member that is in no tag may differ under one tag.
    let shout = of(&app, "/shouts/1", &[]).await;
    assert!(shout.header("etag").starts_with("W/"));
    let range = [("range", "bytes=9-"), ("if-range", shout.header("etag"))];
    assert_eq!(of(&app, "/shouts/1", &range).await, shout);
}

/// What answers under a tag of its own judges it, below a layer as well.
#[tokio::test]
async fn below_a_layer_if_range_is_judged_by_the_tag_of_the_value() {
    let motd = get(async |pre: Preconditions| pre.respond(Tagged::new(Motd { text: "0123456789" })));
    let app = notes().await.route("/motd", motd).layer(EtagLayer::new()).layer(EtagLayer::new());
    for path in ["/notes/1", "/notes", "/motd"] {
        let whole = of(&app, path, &[]).await;
        let resume = async |tag: &str| of(&app, path, &[("range", "bytes=9-"), ("if-range", tag)]).await;
        let part = resume(whole.header("etag")).await;
        assert_eq!((part.status, &part.body[..]), (206, &whole.body[9..]), "{path}");
        assert_eq!(resume("\"other\"").await, whole, "{path}");
        assert_eq!(resume(&format!("W/{}", whole.header("etag"))).await, whole, "{path}");
        let known =
            [("range", "bytes=9-"), ("if-range", "\"other\""), ("if-none-match", whole.header("etag"))];
        assert_eq!(of(&app, path, &known).await.status, 304, "{path}");
        let head = [("range", "bytes=9-"), ("if-range", whole.header("etag"))];
        assert_eq!(call(&app, "HEAD", path, &head, "").await.status, 200, "{path}");
    }
}

/// Checklist 66, 69: the conditions first, and a 304 is of the whole.
#[tokio::test]
async fn conditions_are_evaluated_before_the_range() {
    let app = notes().await;
    let whole = of(&app, "/notes/1", &[]).await;
    let tag = whole.header("etag");
    let answer = of(&app, "/notes/1", &[("range", "bytes=0-3"), ("if-none-match", tag)]).await;
    assert_eq!((answer.status, answer.header("content-range")), (304, ""));
    assert_eq!(answer.header("cache-control"), "max-age=60");
    assert_eq!(answer.header("vary"), "Accept-Language");
    let answer = of(&app, "/notes/1", &[("range", "bytes=0-3"), ("if-match", "\"other\"")]).await;
    assert_eq!((answer.status, answer.header("content-range")), (412, ""));
    let answer = of(&app, "/notes/9", &[("range", "bytes=0-3")]).await;
    assert_eq!(answer.status, 404);
}
