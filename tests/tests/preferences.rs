//! `Prefer: return=…` on writes, and digests of what is answered.

use axum::Router;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use etag_core::axum::{Create, Fresh, MergePatch, Problem, Tagged, Update};
use etag_core::{Algorithm, Database, Preferences, Return, Timestamp, Versioned};
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha512};
use tests::{Answer, call};

/// Checklist 105, 107: what is unknown is ignored, and both are neither.
#[test]
fn prefer_is_read_as_rfc_7240_says() {
    let cases: [(&[&str], Option<Return>); 14] = [
        (&[], None),
        (&["return=minimal"], Some(Return::Minimal)),
        (&["return=representation"], Some(Return::Representation)),
        (&["Return = \"minimal\" ; foo=bar"], Some(Return::Minimal)),
        (&["respond-async, wait=100, return=minimal"], Some(Return::Minimal)),
        (&["respond-async", "return=minimal"], Some(Return::Minimal)),
        (&["foo; return=minimal"], None),
        (&["foo=\"a, return=minimal\""], None),
        (&["foo=\"a\\\", return=minimal\""], None),
        (&["foo=\"a\\\\\", return=minimal"], Some(Return::Minimal)),
        (&["return=minimal, return=representation"], None),
        (&["return=minimal", "return=representation"], None),
        (&["return=everything"], None),
        (&["return"], None),
    ];
    for (lines, expected) in cases {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("prefer", HeaderValue::from_static(line));
        }
        assert_eq!(Preferences::from_headers(&headers).returned(), expected, "{lines:?}");
    }
}

/// Checklist 112: those that are deprecated are not used.
#[test]
fn a_digest_is_made_with_the_algorithm_that_is_wanted_most() {
    let cases: [(&[&str], Option<Algorithm>); 10] = [
        (&[], None),
        (&["sha-256=10"], Some(Algorithm::Sha256)),
        (&["sha-256=1, sha-512=1"], Some(Algorithm::Sha256)),
        (&["sha-256=1, sha-512=2"], Some(Algorithm::Sha512)),
        (&["sha-512=3", "sha-256=10"], Some(Algorithm::Sha256)),
        (&["sha-256=0, sha-512=1"], Some(Algorithm::Sha512)),
        (&["sha-256=0"], None),
        (&["md5=10, sha=9"], None),
        (&["sha-256"], None),
        (&["sha-256=\"10\""], None),
    ];
    for (lines, expected) in cases {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("want-repr-digest", HeaderValue::from_static(line));
        }
        assert_eq!(Preferences::from_headers(&headers).digest(), expected, "{lines:?}");
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

/// The server stamps it: no PUT stores what was sent.
#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
struct Dated {
    #[versioned(id)]
    id: u64,
    text: String,
    #[versioned(modified)]
    at: Timestamp,
}

async fn save<T: etag_core::Resource + etag_core::FromJson>(value: Update<T>) -> Result<Tagged<T>, Problem>
where
    T::Store: etag_core::Store<T>,
{
    value.save().await
}

async fn patch(note: Update<Note, MergePatch>) -> Result<Tagged<Note>, Problem> {
    note.save().await
}

async fn create(note: Create<Note>) -> Result<Tagged<Note>, Problem> {
    note.save().await
}

async fn app() -> Router {
    let note = get(async |note: Fresh<Note>| note).put(save::<Note>).patch(patch);
    let dated = get(async |dated: Fresh<Dated>| dated).put(save::<Dated>);
    Router::new()
        .route("/notes", post(create))
        .route("/notes/{id}", note)
        .route("/dated/{id}", dated)
        .with_state(Database::connect("memory:").await.unwrap())
}

async fn write(app: &Router, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let media_type = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
    let headers = [&[("content-type", media_type)], headers].concat();
    call(app, method, path, &headers, body.to_owned()).await
}

const MINIMAL: (&str, &str) = ("prefer", "return=minimal");

/// Checklist 81, 82, 107, 108.
#[tokio::test]
async fn a_minimal_answer_has_the_tag_and_no_body() {
    let app = app().await;
    let created = write(&app, "POST", "/notes", &[MINIMAL], r#"{"id":1,"text":"a"}"#).await;
    assert_eq!((created.status, created.text(), created.header("location")), (201, "", "/notes/1"));
    let first = call(&app, "GET", "/notes/1", &[], "").await;
    assert_eq!(created.header("etag"), first.header("etag"));
    let headers = [MINIMAL, ("if-match", first.header("etag"))];
    let patched = write(&app, "PATCH", "/notes/1", &headers, r#"{"text":"b"}"#).await;
    assert_eq!((patched.status, patched.text(), patched.header("content-type")), (204, "", ""));
    assert_eq!(patched.header("preference-applied"), "return=minimal");
    assert_eq!(patched.header("vary"), "Prefer");
    assert_eq!(patched.header("content-location"), "");
    let second = call(&app, "GET", "/notes/1", &[MINIMAL], "").await;
    assert_eq!((second.status, second.header("preference-applied")), (200, ""), "it is of writes");
    assert_eq!((second.header("etag"), second.header("vary")), (patched.header("etag"), ""));
    let shown = ("prefer", "return=representation");
    let tag = ("if-match", second.header("etag"));
    let patched = write(&app, "PATCH", "/notes/1", &[shown, tag], r#"{"text":"c"}"#).await;
    assert_eq!((patched.status, patched.text()), (200, r#"{"id":1,"text":"c"}"#));
    assert_eq!(patched.header("preference-applied"), "return=representation");
}

/// Checklist 79: a validator on a PUT's answer says that what was sent is what is there.
#[tokio::test]
async fn a_minimal_answer_to_a_put_has_a_tag_only_where_nothing_was_changed_on_the_way() {
    let app = app().await;
    let canonical = write(&app, "PUT", "/notes/1", &[MINIMAL], r#"{"id":1,"text":"a"}"#).await;
    let tag = call(&app, "GET", "/notes/1", &[], "").await.header("etag").to_owned();
    assert_eq!((canonical.status, canonical.header("etag")), (201, tag.as_str()));
    // The bytes that are there are others.
    let spaced = write(&app, "PUT", "/notes/1", &[MINIMAL, ("if-match", &tag)], r#"{"text":"b"}"#).await;
    assert_eq!((spaced.status, spaced.header("etag")), (204, ""));
    let stamped = write(&app, "PUT", "/dated/1", &[MINIMAL], r#"{"id":1,"text":"a"}"#).await;
    assert_eq!((stamped.status, stamped.header("etag"), stamped.header("last-modified")), (201, "", ""));
}

/// Checklist 110, 111.
#[tokio::test]
async fn a_digest_is_of_the_whole_representation() {
    let app = app().await;
    write(&app, "PUT", "/notes/1", &[], r#"{"id":1,"text":"a"}"#).await;
    let plain = call(&app, "GET", "/notes/1", &[], "").await;
    assert_eq!(plain.header("repr-digest"), "");
    let sha256 = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&plain.body)));
    let sha512 = format!("sha-512=:{}:", STANDARD.encode(Sha512::digest(&plain.body)));
    let wanted = ("want-repr-digest", "sha-256=10");
    let digest = call(&app, "GET", "/notes/1", &[wanted], "").await;
    assert_eq!(digest.header("repr-digest"), sha256);
    let part = call(&app, "GET", "/notes/1", &[wanted, ("range", "bytes=0-3")], "").await;
    assert_eq!((part.status, part.header("repr-digest")), (206, sha256.as_str()));
    let other = call(&app, "GET", "/notes/1", &[("want-repr-digest", "sha-512=1")], "").await;
    assert_eq!(other.header("repr-digest"), sha512);
    let fresh = [wanted, ("if-none-match", plain.header("etag"))];
    let not_modified = call(&app, "GET", "/notes/1", &fresh, "").await;
    assert_eq!((not_modified.status, not_modified.header("repr-digest")), (304, ""));
    let patch = [wanted, ("if-match", plain.header("etag"))];
    let patched = write(&app, "PATCH", "/notes/1", &patch, r#"{"text":"b"}"#).await;
    let after = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&patched.body)));
    assert_eq!((patched.status, patched.header("repr-digest")), (200, after.as_str()));
}
