//! Tags of ours that an intermediary altered: refused with what to do about it, or taken for what they were.
//! (Checklist 29 to 31, 39, 42, 44, 55, 74, 90, 93, 118.)

use axum::extract::RawQuery;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use etag_core::axum::{
    Create, EtagLayer, Fresh, FreshList, Guarded, GuardedList, InList, MergePatch, Problem, Refusal, Tagged,
    Target, Update,
};
use etag_core::{Database, EntityTag, Outcome, Preconditions, Tolerate, Validators, Versioned};
use http::header::{HeaderMap, HeaderValue, IF_MATCH};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::sqlite::SqlitePoolOptions;
use tests::statements::{statements_of, verbs};
use tests::{Answer, call, on_each_database, sqlite_file};

const JSON: (&str, &str) = ("content-type", "application/json");
const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

/// Its tag is `"S"`.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put", query = "etag", embed = "etag")]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

/// Its tag is `"S.V"`, and S a number.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put", tolerate = "intermediaries")]
struct Counted {
    #[versioned(id)]
    id: u64,
    text: String,
    #[versioned(revision)]
    revision: u64,
}

/// Its tag is `W/"S.~"`, and with a price `W/"S.V~"`.
#[derive(Versioned)]
struct Seen {
    #[serde(flatten)]
    note: Note,
    #[versioned(skip)]
    views: u64,
}

#[derive(Versioned)]
struct Priced {
    #[serde(flatten)]
    note: Note,
    #[versioned(skip)]
    views: u64,
    #[versioned(variant)]
    price: u64,
}

macro_rules! routes {
    ($type:ty) => {{
        async fn show(it: Fresh<$type>) -> Tagged<$type> {
            it.into()
        }
        async fn replace(it: Update<$type>) -> Result<Tagged<$type>, Problem> {
            it.save().await
        }
        async fn patch(it: Update<$type, MergePatch>) -> Result<Tagged<$type>, Problem> {
            it.save().await
        }
        async fn delete(it: Guarded<$type>) -> Result<StatusCode, Problem> {
            it.delete().await
        }
        get(show).put(replace).patch(patch).delete(delete)
    }};
}

fn app(database: &Database) -> Router {
    async fn list(notes: FreshList<Note>) -> Tagged<Vec<Note>> {
        notes.into()
    }
    async fn patch_all(notes: GuardedList<Note, MergePatch>) -> Result<Tagged<Vec<Note>>, Problem> {
        notes.save().await
    }
    async fn create(note: Create<Note, InList>) -> Result<Tagged<Note>, Problem> {
        note.save().await
    }
    async fn view(
        pre: Preconditions,
        note: Target<Note>,
        RawQuery(query): RawQuery,
    ) -> Result<Response, Refusal> {
        let (note, _) = note.load().await?;
        Ok(match query.as_deref() {
            Some("price") => pre.respond(Tagged::new(Priced { note, views: 7, price: 3 })),
            Some("opaque") => pre.respond(Tagged::new(note).with_etag(EntityTag::strong("7").unwrap())),
            Some("plain") => pre.respond(Tagged::new(note)),
            _ => pre.respond(Tagged::new(Seen { note, views: 7 })),
        })
    }
    Router::new()
        .route("/notes", get(list).patch(patch_all).post(create))
        .route("/notes/{id}", routes!(Note))
        .route("/notes/{id}/view", get(view))
        .route("/counted/{id}", routes!(Counted))
        .route("/report", get(async || "all is well").layer(EtagLayer::new()))
        .with_state(database.clone())
}

fn tolerant(database: &Database) -> Router {
    app(database).layer(Extension(Tolerate::Intermediaries))
}

/// Writes it, and reads its tag.
async fn written(app: &Router, path: &str, text: &str) -> String {
    let body = json!({ "text": text }).to_string();
    let headers = [JSON, ("if-match", "*")];
    let existing = call(app, "PUT", path, &headers, body.clone()).await;
    let answer = if existing.status == 412 { call(app, "PUT", path, &[JSON], body).await } else { existing };
    assert!([200, 201].contains(&answer.status), "{}", answer.text());
    answer.header("etag").to_owned()
}

fn suffixed(tag: &str, suffix: &str) -> String {
    format!("{}{suffix}\"", &tag[..tag.len() - 1])
}

/// What a hop can make of a tag, and how the problem calls that.
fn altered(tag: &str) -> Vec<(String, String)> {
    let suffixes = ["-gzip", "-gz", "-br", "-zstd", "-deflate", "--gzip", ";gzip"];
    let mut altered = vec![(format!("W/{tag}"), "weakened".to_owned())];
    for suffix in suffixes {
        altered.push((suffixed(tag, suffix), suffix.to_owned()));
        altered.push((format!("W/{}", suffixed(tag, suffix)), format!("weakened, {suffix}")));
    }
    altered
}

#[track_caller]
fn assert_refused(answer: &Answer, reason: &str, alteration: Option<&str>) -> Value {
    assert_eq!(answer.status, 412, "{}", answer.text());
    let problem: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        (&problem["reason"], problem["alteration"].as_str()),
        (&json!(reason), alteration),
        "{problem}"
    );
    problem
}

#[tokio::test]
async fn an_altered_tag_is_refused_and_the_answer_says_which_hop_does_so_and_what_to_set() {
    on_each_database(async |database| {
        let strict = app(&database).layer(Extension(Tolerate::Nothing));
        for (path, unlike) in [("/notes/1", "/notes/2"), ("/counted/1", "/counted/2")] {
            written(&strict, unlike, "other").await;
            let tag = written(&strict, path, "first").await;
            for (sent, alteration) in altered(&tag) {
                for condition in [sent.clone(), format!("\"x\", {sent}")] {
                    for (method, content_type) in [("PUT", JSON), ("PATCH", PATCH), ("DELETE", JSON)] {
                        let headers = [content_type, ("if-match", &*condition)];
                        let refused = call(&strict, method, path, &headers, r#"{"text":"lost"}"#).await;
                        let problem = assert_refused(&refused, "altered", Some(&alteration));
                        assert_eq!((refused.header("etag"), &problem["etag"]), (&*tag, &json!(tag)));
                        let detail = problem["detail"].as_str().unwrap();
                        let way_out =
                            ["`tolerate = \"intermediaries\"`", "Extension(Tolerate::Intermediaries)"];
                        assert!(way_out.iter().all(|words| detail.contains(words)), "{detail}");
                        let hop = match &*alteration {
                            "weakened" => "nginx",
                            "-gzip" => "DeflateAlterETag",
                            "-br" => "BrotliAlterETag",
                            "-gz" => "Varnish",
                            _ => "",
                        };
                        assert!(detail.contains(hop), "{detail}");
                        assert!(
                            alteration == "weakened"
                                || detail.contains(alteration.trim_start_matches("weakened, ")),
                            "{detail}"
                        );
                    }
                }
            }
            assert_eq!(call(&strict, "GET", path, &[], "").await.header("etag"), tag);
        }
    })
    .await;
}

#[tokio::test]
async fn a_tolerated_tag_guards_what_it_was_the_tag_of() {
    on_each_database(async |database| {
        for (app, path) in [(tolerant(&database), "/notes/1"), (app(&database), "/counted/1")] {
            let mut tag = written(&app, path, "first").await;
            for (round, method) in (0..altered(&tag).len()).zip(["PUT", "PATCH"].into_iter().cycle()) {
                let sent = &altered(&tag)[round].0;
                let content_type = if method == "PUT" { JSON } else { PATCH };
                let headers = [content_type, ("if-match", &**sent)];
                let body = json!({ "text": format!("round {round}") }).to_string();
                let answer = call(&app, method, path, &headers, body).await;
                assert_eq!(answer.status, 200, "{sent}: {}", answer.text());
                assert_ne!(answer.header("etag"), tag);
                tag = answer.header("etag").to_owned();
            }
            let delete = call(&app, "DELETE", path, &[("if-match", &format!("W/{tag}"))], "").await;
            assert_eq!(delete.status, 204, "{}", delete.text());
        }
    })
    .await;
}

#[tokio::test]
async fn an_altered_tag_of_another_state_is_stale_whether_it_is_tolerated_or_not() {
    on_each_database(async |database| {
        let strict = app(&database);
        let old = written(&strict, "/notes/1", "first").await;
        let current = written(&strict, "/notes/1", "second").await;
        for (sent, alteration) in altered(&old) {
            for (method, content_type) in [("PUT", JSON), ("PATCH", PATCH), ("DELETE", JSON)] {
                let headers = [content_type, ("if-match", &*sent)];
                let refused = call(&strict, method, "/notes/1", &headers, r#"{"text":"lost"}"#).await;
                let problem = assert_refused(&refused, "stale", Some(&alteration));
                let detail = problem["detail"].as_str().unwrap();
                assert!(detail.contains("has changed") && detail.contains("a proxy on the way"), "{detail}");
                let refused =
                    call(&tolerant(&database), method, "/notes/1", &headers, r#"{"text":"lost"}"#).await;
                assert_refused(&refused, "stale", None);
                assert_eq!(refused.header("etag"), current);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_router_s_word_goes_before_the_type_s() {
    on_each_database(async |database| {
        let tag = written(&app(&database), "/counted/1", "first").await;
        let weakened = format!("W/{tag}");
        let headers = [JSON, ("if-match", &*weakened)];
        let strict = app(&database).layer(Extension(Tolerate::Nothing));
        let refused = call(&strict, "PUT", "/counted/1", &headers, r#"{"text":"second"}"#).await;
        assert_refused(&refused, "altered", Some("weakened"));
        let answer = call(&app(&database), "PUT", "/counted/1", &headers, r#"{"text":"second"}"#).await;
        assert_eq!(answer.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_weak_view_s_tag_is_no_hop_s_doing_and_never_guards() {
    on_each_database(async |database| {
        let app = tolerant(&database);
        written(&app, "/notes/1", "first").await;
        for path in ["/notes/1/view", "/notes/1/view?price"] {
            let tag = call(&app, "GET", path, &[], "").await.header("etag").to_owned();
            assert!(tag.starts_with("W/\"") && tag.ends_with("~\""), "{tag}");
            for (sent, reason) in [
                (tag.clone(), "weak"),
                (tag[2..].to_owned(), "weak"),
                (suffixed(&tag, "-gzip"), "weak"),
                (suffixed(&tag[2..], "-gzip"), "stale"),
            ] {
                let headers = [JSON, ("if-match", &*sent)];
                let refused = call(&app, "PUT", "/notes/1", &headers, r#"{"text":"lost"}"#).await;
                assert_refused(&refused, reason, None);
            }
        }
    })
    .await;
}

/// A user's own tag is compared whole, whatever it looks like.
#[test]
fn a_tag_of_a_user_s_own_is_opaque() {
    let current = Validators::from(EntityTag::strong("7").unwrap());
    for (sent, outcome) in [
        ("\"7\"", Outcome::Proceed),
        ("W/\"7\"", Outcome::PreconditionFailed),
        ("\"7-gzip\"", Outcome::PreconditionFailed),
        ("\"7+gzip\"", Outcome::PreconditionFailed),
        ("\"7.1-gzip\"", Outcome::PreconditionFailed),
    ] {
        let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(sent))]);
        let preconditions = Preconditions::from_parts(&Method::PUT, &headers).unwrap();
        let preconditions = preconditions.tolerating(Tolerate::Intermediaries);
        assert_eq!(preconditions.evaluate(Some(&current)), outcome, "{sent}");
    }
}

#[tokio::test]
async fn a_user_s_tag_is_not_said_to_be_altered_and_gets_no_304_for_a_coding() {
    on_each_database(async |database| {
        let app = tolerant(&database);
        written(&app, "/notes/1", "first").await;
        let path = "/notes/1/view?opaque";
        let coded = [("if-none-match", "\"7-gzip\""), ("accept-encoding", "gzip")];
        assert_eq!(call(&app, "GET", path, &coded, "").await.status, 200);
        assert_eq!(call(&app, "GET", path, &[("if-none-match", "\"7\"")], "").await.status, 304);
        let refused = call(&app, "GET", path, &[("if-match", "\"7-gzip\"")], "").await;
        assert_refused(&refused, "stale", None);
    })
    .await;
}

#[tokio::test]
async fn a_query_string_and_a_body_name_a_state_as_the_header_does() {
    on_each_database(async |database| {
        let (strict, tolerant) = (app(&database), tolerant(&database));
        let tag = written(&strict, "/notes/1", "first").await;
        for (round, (sent, alteration)) in altered(&tag).into_iter().enumerate() {
            let body = json!({ "text": format!("round {round}") });
            let mut with_tag = body.clone();
            let query = format!("/notes/1?etag={}", sent.replace('"', "%22").replace(';', "%3B"));
            with_tag["etag"] = json!(sent);
            let refused = call(&strict, "PUT", &query, &[JSON], body.to_string()).await;
            assert_refused(&refused, "altered", Some(&alteration));
            let refused = call(&strict, "PUT", "/notes/1", &[JSON], with_tag.to_string()).await;
            assert_refused(&refused, "altered", Some(&alteration));
            let answer = call(&tolerant, "PUT", &query, &[JSON], body.to_string()).await;
            assert_eq!(answer.status, 200, "{sent}: {}", answer.text());
            with_tag["text"] = json!(format!("round {round} again"));
            let current = answer.header("etag");
            let sent = sent.replace(tag.trim_matches('"'), current.trim_matches('"'));
            with_tag["etag"] = json!(sent);
            let answer = call(&tolerant, "PUT", "/notes/1", &[JSON], with_tag.to_string()).await;
            assert_eq!(answer.status, 200, "{sent}: {}", answer.text());
            // The same content has the same tag again.
            assert_eq!(written(&strict, "/notes/1", "first").await, tag);
        }
    })
    .await;
}

/// A client sends back the body as it was sent, and the header as a hop altered it.
#[tokio::test]
async fn an_altered_header_does_not_contradict_the_body_s_tag() {
    on_each_database(async |database| {
        let (strict, tolerant) = (app(&database), tolerant(&database));
        let tag = written(&strict, "/notes/1", "first").await;
        let other = written(&strict, "/notes/2", "other").await;
        let body = json!({ "text": "second", "etag": tag }).to_string();
        for (sent, alteration) in altered(&tag) {
            let headers = [JSON, ("if-match", &*sent)];
            let refused = call(&strict, "PUT", "/notes/1", &headers, body.clone()).await;
            assert_refused(&refused, "altered", Some(&alteration));
        }
        for (sent, _) in altered(&other) {
            let headers = [JSON, ("if-match", &*sent)];
            let refused = call(&tolerant, "PUT", "/notes/1", &headers, body.clone()).await;
            assert_eq!(refused.status, 400, "{}", refused.text());
        }
        let headers = [JSON, ("if-match", &*format!("W/{tag}"))];
        assert_eq!(call(&tolerant, "PUT", "/notes/1", &headers, body.clone()).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_tags_of_lists_and_of_their_items_are_tolerated_alike() {
    on_each_database(async |database| {
        let (strict, tolerant) = (app(&database), tolerant(&database));
        for id in [1, 2] {
            written(&strict, &format!("/notes/{id}"), "first").await;
        }
        for (round, kind) in (0..altered("\"\"").len()).enumerate() {
            let listed = call(&strict, "GET", "/notes", &[], "").await;
            let (sent, alteration) = altered(listed.header("etag")).swap_remove(kind);
            let patches = json!([{"id": 1, "text": format!("{round}")}, {"id": 2, "text": "b"}]).to_string();
            let headers = [PATCH, ("if-match", &*sent)];
            let refused = call(&strict, "PATCH", "/notes", &headers, patches.clone()).await;
            assert_refused(&refused, "altered", Some(&alteration));
            let answer = call(&tolerant, "PATCH", "/notes", &headers, patches).await;
            assert_eq!(answer.status, 200, "{sent}: {}", answer.text());

            let items: Vec<Value> = serde_json::from_slice(&answer.body).unwrap();
            let sent = |index: usize| altered(items[index]["etag"].as_str().unwrap()).swap_remove(kind).0;
            let patch = |etag: String| json!([{"id": 1, "etag": sent(0), "text": format!("again {round}")}, {"id": 2, "etag": etag, "text": "c"}]).to_string();
            let refused = call(&strict, "PATCH", "/notes", &[PATCH], patch(sent(1))).await;
            let problem = assert_refused(&refused, "altered", Some(&alteration));
            assert_eq!(problem["items"], json!([0, 1]));
            let current = items[1]["etag"].as_str().unwrap().to_owned();
            let refused = call(&strict, "PATCH", "/notes", &[PATCH], patch(current)).await;
            assert_eq!(assert_refused(&refused, "altered", Some(&alteration))["items"], json!([0]));
            let refused = call(&strict, "PATCH", "/notes", &[PATCH], patch("\"x\"".to_owned())).await;
            assert_eq!(assert_refused(&refused, "stale", None)["items"], json!([0, 1]));
            let answer = call(&tolerant, "PATCH", "/notes", &[PATCH], patch(sent(1))).await;
            assert_eq!(answer.status, 200, "{}", answer.text());

            let tag = answer.header("etag");
            let created = [JSON, ("if-match", &*altered(tag).swap_remove(kind).0)];
            let body = json!({ "id": 3, "text": "c" }).to_string();
            let refused = call(&strict, "POST", "/notes", &created, body.clone()).await;
            assert_refused(&refused, "altered", Some(&alteration));
            let answer = call(&tolerant, "POST", "/notes", &created, body).await;
            assert_eq!(answer.status, 201, "{}", answer.text());
            let deleted = call(&strict, "DELETE", "/notes/3", &[("if-match", "*")], "").await;
            assert_eq!(deleted.status, 204);
        }
    })
    .await;
}

/// A 304 must name what the client keeps, or a cache does not find it (RFC 9111 §4.3.4).
#[tokio::test]
async fn a_client_that_has_an_accepted_coding_by_a_tolerated_tag_is_answered_304_with_that_tag() {
    on_each_database(async |database| {
        let app = tolerant(&database);
        written(&app, "/notes/1", "first").await;
        for path in ["/notes/1", "/notes", "/notes/1/view?plain", "/report"] {
            let tag = call(&app, "GET", path, &[], "").await.header("etag").to_owned();
            for (suffix, coding) in
                [("-gzip", "gzip"), ("-gz", "gzip"), ("--gzip", "gzip"), ("-br", "br"), (";zstd", "zstd")]
            {
                let held = suffixed(&tag, suffix);
                let conditions = ["\"x\", ".to_owned() + &held, format!("W/{held}")];
                for (method, condition) in [("GET", &conditions[0]), ("HEAD", &conditions[0])] {
                    let headers = [("if-none-match", &**condition), ("accept-encoding", coding)];
                    let answer = call(&app, method, path, &headers, "").await;
                    assert_eq!((answer.status, answer.header("etag")), (304, &*held), "{path}");
                    assert_eq!(answer.header("vary"), "accept-encoding");
                    let headers = [("if-none-match", &**condition), ("accept-encoding", "identity")];
                    let answer = call(&app, method, path, &headers, "").await;
                    assert_eq!((answer.status, answer.header("etag")), (200, &*tag), "{path}");
                }
                let headers = [("if-none-match", &*conditions[1]), ("accept-encoding", coding)];
                let answer = call(&app, "GET", path, &headers, "").await;
                assert_eq!((answer.status, answer.header("etag")), (304, &*conditions[1]), "{path}");
                // What is sent as it is, the client has as well.
                let both = format!("{held}, {tag}");
                let headers = [("if-none-match", &*both), ("accept-encoding", coding)];
                let answer = call(&app, "GET", path, &headers, "").await;
                assert_eq!((answer.status, answer.header("etag")), (304, &*tag), "{path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_coding_s_tag_is_no_match_where_it_is_not_tolerated() {
    on_each_database(async |database| {
        let app = app(&database);
        written(&app, "/notes/1", "first").await;
        for path in ["/notes/1", "/notes", "/notes/1/view?plain", "/report"] {
            let tag = call(&app, "GET", path, &[], "").await.header("etag").to_owned();
            let held = suffixed(&tag, "-gzip");
            let headers = [("if-none-match", &*held), ("accept-encoding", "gzip")];
            assert_eq!(call(&app, "GET", path, &headers, "").await.status, 200, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_put_under_a_tolerated_tag_takes_one_statement() {
    let (_folder, url) = sqlite_file();
    let pool = SqlitePoolOptions::new().max_connections(1).connect(&format!("{url}?mode=rwc")).await.unwrap();
    let app = app(&Database::from_pool(pool.clone()).await.unwrap());
    let tag = written(&app, "/counted/1", "first").await;
    let weakened = format!("W/{}", suffixed(&tag, "-gz"));
    let headers = [JSON, ("if-match", &*weakened)];
    let put = call(&app, "PUT", "/counted/1", &headers, r#"{"text":"second"}"#);
    let (answer, statements) = statements_of(&pool, put).await;
    assert_eq!((answer.status, verbs(&statements)), (200, vec!["UPDATE"]), "{statements:?}");
}
