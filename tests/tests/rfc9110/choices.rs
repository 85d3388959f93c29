//! Our own choices, where RFC 9110 leaves one.

use axum::Router;
use axum::extract::State;
use axum::routing::{get as on_get, post, put as on_put};
use etag_core::axum::{Fresh, Guarded, Problem, Tagged, Target, Update};
use etag_core::{
    Database, Matched, Preconditions, Resource, StateTag, Store, Timestamp, Versioned, Written, canonical,
};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tests::items::{Content, router};
use tests::{Answer, call};

use crate::{AS_JSON, content, contents, dated, get, keeps, member, memory, put};

const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

/// A type of these tests.
trait Item: Resource<Store = Database, Policy = etag_core::Anyone> + DeserializeOwned {}

impl<T: Resource<Store = Database, Policy = etag_core::Anyone> + DeserializeOwned> Item for T {}

async fn show<T: Item>(item: Fresh<T>) -> Tagged<T> {
    item.into()
}

async fn replace<T: Item>(item: Update<T>) -> Result<Tagged<T>, Problem> {
    item.save().await
}

async fn remove<T: Item>(item: Guarded<T>) -> Result<StatusCode, Problem> {
    item.delete().await
}

fn routes<T: Item>(database: Database) -> Router {
    let methods = on_get(show::<T>).put(replace::<T>).delete(remove::<T>);
    Router::new().route("/it/{id}", methods).with_state(database)
}

async fn created(app: &Router) -> String {
    let created = put(app, "/it/a", &[], r#"{"n":0}"#).await;
    assert_eq!(created.status, 201, "{}", created.text());
    created.header("etag").to_owned()
}

#[derive(Versioned)]
struct View {
    n: u8,
    #[versioned(variant)]
    related: u8,
}

#[test]
fn choice_a_tag_is_a_state_or_a_state_and_a_variant() {
    let made = |related| etag_core::Representation::of(&View { n: 1, related }).unwrap();
    let [one, other] = [made(1), made(2)].map(|made| (made.version().state, made.validators().etag.unwrap()));
    assert_eq!(one.0, other.0, "the state is the same");
    let opaque = String::from_utf8(one.1.opaque().to_vec()).unwrap();
    let (state, variant) = opaque.split_once('.').unwrap();
    assert_eq!((state, variant.len()), (one.0.to_string().as_str(), 43));
    assert!(!one.1.is_weak() && !one.1.weak_eq(&other.1));
}

#[tokio::test]
async fn choice_if_none_match_compares_whole_tags_weakly_on_every_method() {
    let app = contents().await;
    let tag = get(&app, "/it/a", &[]).await.header("etag").to_owned();
    for known in [tag.clone(), format!("W/{tag}")] {
        let known = ("if-none-match", known.as_str());
        for (method, status) in [("GET", 304), ("HEAD", 304), ("PUT", 412), ("DELETE", 412)] {
            let any = [AS_JSON, known, ("if-match", "*")];
            assert_eq!(
                call(&app, method, "/it/a", &any, r#"{"n":1}"#).await.status,
                status,
                "{method} {known:?}"
            );
        }
    }
    let variant = format!("\"{}.x\"", tag.trim_matches('"'));
    assert_eq!(get(&app, "/it/a", &[("if-none-match", &variant)]).await.status, 200);
}

#[tokio::test]
async fn choice_if_match_compares_states_strongly() {
    let app = contents().await;
    let tag = get(&app, "/it/a", &[]).await.header("etag").to_owned();
    let variant = format!("\"{}.some-variant\"", tag.trim_matches('"'));
    let weak = format!("W/{variant}");
    // A PUT of the whole value compares in the store, a read and a patch compare what was read.
    for (tag, status) in [(&variant, 200), (&weak, 412)] {
        assert_eq!(get(&app, "/it/a", &[("if-match", tag)]).await.status, status);
        let patched = call(&app, "PATCH", "/it/a", &[PATCH, ("if-match", tag)], "{}").await;
        assert_eq!(patched.status, status);
    }
    assert_eq!(put(&app, "/it/a", &[("if-match", &weak)], r#"{"n":1}"#).await.status, 412);
    assert_eq!(put(&app, "/it/a", &[("if-match", &variant)], r#"{"n":1}"#).await.status, 200);
}

#[tokio::test]
async fn choice_a_tag_that_a_hop_altered_guards_no_write() {
    let app = contents().await;
    let tag = get(&app, "/it/a", &[]).await.header("etag").to_owned();
    let state = tag.trim_matches('"');
    let suffixes = ["-gzip", "--gzip", ";gzip", "-br", "-gz"].map(|suffix| format!("\"{state}{suffix}\""));
    for altered in suffixes.into_iter().chain([format!("W/{tag}")]) {
        let refused = put(&app, "/it/a", &[("if-match", &altered)], r#"{"n":1}"#).await;
        assert_eq!((refused.status, refused.header("etag")), (412, tag.as_str()), "{altered}");
    }
    assert_eq!(get(&app, "/it/a", &[]).await.header("etag"), tag);
}

#[derive(Versioned)]
struct Counted {
    #[serde(flatten)]
    content: Content,
    #[versioned(skip)]
    views: u64,
}

#[tokio::test]
async fn choice_the_tag_of_a_weak_view_is_412_that_names_the_way_out() {
    async fn count(
        pre: Preconditions,
        content: Target<Content>,
    ) -> Result<axum::response::Response, Problem> {
        let (content, _) = content.load().await?;
        Ok(pre.respond(Tagged::new(Counted { content, views: 7 })))
    }
    let database = memory().await;
    let counted = Router::new().route("/it/{id}/counted", on_get(count)).with_state(database.clone());
    let app = router::<Content>(&database).merge(counted);
    created(&app).await;
    let weak = get(&app, "/it/a/counted", &[]).await.header("etag").to_owned();
    assert!(weak.starts_with("W/\"") && weak.ends_with(".~\""), "{weak}");
    // Also where a hop took the `W/` away.
    for tag in [weak.as_str(), weak.trim_start_matches("W/")] {
        let refused = put(&app, "/it/a", &[("if-match", tag)], r#"{"n":1}"#).await;
        assert_eq!((refused.status, member(&refused, "reason").as_str()), (412, "weak"));
        assert!(member(&refused, "detail").contains("GET the resource itself"));
    }
}

#[tokio::test]
async fn choice_a_write_without_a_guard_is_428() {
    keeps(content().await, 94);
    keeps(content().await, 95);
    let app = contents().await;
    for method in ["PUT", "PATCH", "DELETE"] {
        let kind = if method == "PATCH" { PATCH } else { AS_JSON };
        let refused = call(&app, method, "/it/a", &[kind], r#"{"n":1}"#).await;
        assert_eq!(refused.status, 428, "{method}");
    }
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put", if_match = "optional")]
struct Optional {
    #[versioned(id)]
    id: String,
    n: u8,
}

#[tokio::test]
async fn choice_a_write_needs_no_guard_where_the_type_says_so() {
    let app = routes::<Optional>(memory().await);
    let tag = created(&app).await;
    assert_eq!(put(&app, "/it/a", &[], r#"{"n":1}"#).await.status, 200);
    let stale = put(&app, "/it/a", &[("if-match", &tag)], r#"{"n":2}"#).await;
    assert_eq!(stale.status, 412, "one that is sent counts all the same");
    assert_eq!(call(&app, "DELETE", "/it/a", &[], "").await.status, 204);
}

#[tokio::test]
async fn choice_if_match_any_overwrites_what_exists() {
    let app = contents().await;
    assert_eq!(put(&app, "/it/a", &[("if-match", "*")], r#"{"n":1}"#).await.status, 200);
    assert_eq!(put(&app, "/it/b", &[("if-match", "*")], r#"{"n":1}"#).await.status, 412);
}

#[tokio::test]
async fn choice_a_lost_race_is_412_for_who_named_a_state_and_409_for_who_named_none() {
    async fn overtaken(
        State(database): State<Database>,
        mut content: Guarded<Content>,
    ) -> Result<Tagged<Content>, Problem> {
        let faster = Content { id: content.id.clone(), n: 99 };
        let _: Written<Content> =
            database.replace(Matched::unconditional(content.id.clone()), faster).await?;
        content.n += 1;
        content.save().await
    }
    let database = memory().await;
    let slow = Router::new().route("/it/{id}/slow", post(overtaken)).with_state(database.clone());
    let app = router::<Content>(&database).merge(slow);
    let tag = created(&app).await;
    assert_eq!(call(&app, "POST", "/it/a/slow", &[("if-match", &tag)], "").await.status, 412);
    let any = put(&app, "/it/a", &[("if-match", "*")], r#"{"n":0}"#).await;
    assert_eq!(any.header("etag"), tag);
    let conflict = call(&app, "POST", "/it/a/slow", &[("if-match", "*")], "").await;
    assert_eq!((conflict.status, get(&app, "/it/a", &[]).await.text()), (409, r#"{"id":"a","n":99}"#));
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put", query = "etag", embed = "etag")]
struct Shown {
    #[versioned(id)]
    id: String,
    n: u8,
}

#[tokio::test]
async fn choice_a_tag_in_the_query_string_counts_and_contradicts() {
    let app = routes::<Shown>(memory().await);
    for quote in ["", "%22"] {
        let tag = created(&app).await;
        let uri = format!("/it/a?etag={quote}{}{quote}", tag.trim_matches('"'));
        let contradicted = put(&app, &uri, &[("if-match", "\"other\"")], r#"{"n":1}"#).await;
        assert_eq!(contradicted.status, 400);
        assert_eq!(put(&app, &uri, &[], r#"{"n":1}"#).await.status, 200);
        assert_eq!(put(&app, &uri, &[], r#"{"n":2}"#).await.status, 412);
        assert_eq!(call(&app, "DELETE", "/it/a", &[("if-match", "*")], "").await.status, 204);
    }
}

#[tokio::test]
async fn rfc_122_a_query_string_and_a_header_that_differ_are_400() {
    let app = routes::<Shown>(memory().await);
    let tag = created(&app).await;
    let uri = format!("/it/a?etag={}", tag.trim_matches('"'));
    assert_eq!(put(&app, &uri, &[("if-match", "\"other\"")], r#"{"n":1}"#).await.status, 400);
    assert_eq!(put(&app, &uri, &[("if-match", &tag)], r#"{"n":1}"#).await.status, 200);
}

#[tokio::test]
async fn choice_a_tag_in_the_body_counts_and_contradicts() {
    let app = routes::<Shown>(memory().await);
    let tag = created(&app).await;
    let shown = get(&app, "/it/a", &[]).await.text().replace("\"n\":0", "\"n\":1");
    assert!(shown.contains(&tag.replace('"', "\\\"")), "{shown}");
    assert_eq!(put(&app, "/it/a", &[("if-match", "\"other\"")], &shown).await.status, 400);
    assert_eq!(put(&app, "/it/a", &[], &shown).await.status, 200);
    assert_eq!(put(&app, "/it/a", &[], &shown).await.status, 412);
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put, ignore-if-match")]
struct Revived {
    #[versioned(id)]
    id: String,
    n: u8,
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database)]
struct Fixed {
    #[versioned(id)]
    id: String,
    n: u8,
}

async fn put_under(app: &Router, conditions: [Option<(&str, &str)>; 3]) -> [u16; 3] {
    let mut statuses = [0; 3];
    for (index, condition) in conditions.into_iter().enumerate() {
        let path = format!("/it/new-{index}");
        statuses[index] = put(app, &path, condition.as_slice(), r#"{"n":0}"#).await.status;
    }
    statuses
}

#[tokio::test]
async fn choice_a_put_creates_where_the_type_says_so_and_revives_nothing() {
    let conditions = [None, Some(("if-none-match", "*")), Some(("if-match", "\"stale\""))];
    let put_creates = routes::<Shown>(memory().await);
    assert_eq!(put_under(&put_creates, conditions).await, [201, 201, 412]);
    assert_eq!(put_under(&put_creates, conditions).await[1], 412, "it is there");
    assert_eq!(put_under(&routes::<Fixed>(memory().await), conditions).await, [404, 404, 404]);
    let ignoring = routes::<Revived>(memory().await);
    let states = [StateTag::of(&1_u8), StateTag::of(&2_u8)].map(|state| format!("\"{}\"", state.unwrap()));
    let stale = ("if-match", states[0].as_str());
    assert_eq!(put(&ignoring, "/it/a", &[stale], r#"{"n":0}"#).await.status, 201);
    assert_eq!(call(&ignoring, "DELETE", "/it/a", &[("if-match", "*")], "").await.status, 204);
    assert_eq!(put(&ignoring, "/it/a", &[stale], r#"{"n":0}"#).await.status, 412, "somebody deleted it");
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
struct Stamped {
    #[versioned(id)]
    id: String,
    n: u8,
    #[versioned(modified)]
    changed: Timestamp,
}

#[tokio::test]
async fn choice_a_put_that_the_server_stamped_is_answered_with_what_it_became() {
    let app = routes::<Stamped>(memory().await);
    created(&app).await;
    let written = put(&app, "/it/a", &[("if-match", "*")], r#"{"n":1}"#).await;
    let shown = get(&app, "/it/a", &[]).await;
    assert_eq!((written.status, written.header("content-location")), (200, "/it/a"));
    assert_eq!((&written.body, written.header("etag")), (&shown.body, shown.header("etag")));
    assert!(written.text().contains("changed"));
}

#[tokio::test]
async fn choice_refusals_have_an_order() {
    let app = contents().await.layer(axum::extract::DefaultBodyLimit::max(100));
    let large = format!(r#"{{"n":1,"x":"{}"}}"#, "x".repeat(100));
    let text = ("content-type", "text/plain");
    for guard in [None, Some(("if-match", "\"stale\"")), Some(("if-match", "malformed"))] {
        let with = |headers: &[(&'static str, &'static str)]| [headers, guard.as_slice()].concat();
        let absent = call(&app, "PATCH", "/it/b", &with(&[PATCH]), "{}").await;
        assert_eq!(absent.status, 404, "{guard:?}");
        assert_eq!(call(&app, "LINK", "/it/a", &with(&[]), "").await.status, 405, "{guard:?}");
        assert_eq!(
            call(&app, "PUT", "/it/a", &with(&[AS_JSON]), large.clone()).await.status,
            413,
            "{guard:?}"
        );
        assert_eq!(call(&app, "PUT", "/it/a", &with(&[text]), r#"{"n":1}"#).await.status, 415, "{guard:?}");
    }
    assert_eq!(put(&app, "/it/a", &[], "{").await.status, 400, "what can't be read has no tag in it");
}

#[tokio::test]
async fn choice_a_412_says_why_and_names_the_current_tag() {
    let app = contents().await;
    let tag = get(&app, "/it/a", &[]).await.header("etag").to_owned();
    let refusals: [(&str, &str, &str); 3] =
        [("if-match", "\"x\"", "stale"), ("if-match", "W/\"x\"", "weak"), ("if-none-match", "*", "exists")];
    let mut kinds = Vec::new();
    for (name, value, reason) in refusals {
        let refused: Answer = put(&app, "/it/a", &[(name, value)], r#"{"n":1}"#).await;
        assert_eq!((refused.status, refused.header("etag")), (412, tag.as_str()));
        assert_eq!((member(&refused, "reason").as_str(), member(&refused, "etag")), (reason, tag.clone()));
        assert_eq!(refused.header("content-type"), "application/problem+json");
        kinds.push(member(&refused, "type"));
    }
    assert!(kinds.iter().all(|kind| *kind == kinds[0] && kind.starts_with("https://")), "{kinds:?}");
}

#[tokio::test]
async fn choice_a_date_counts_only_where_it_is_strong() {
    let app = routes::<Stamped>(memory().await);
    created(&app).await;
    // Another version in the same second, or one that is not over: weak either way.
    let written = put(&app, "/it/a", &[("if-match", "*")], r#"{"n":1}"#).await;
    let date = written.header("last-modified");
    assert_eq!(get(&app, "/it/a", &[("if-modified-since", date)]).await.status, 200);
    let refused = put(&app, "/it/a", &[("if-unmodified-since", date)], r#"{"n":2}"#).await;
    assert_eq!((refused.status, member(&refused, "reason").as_str()), (412, "weak-date"));
    keeps(dated().await, 60);
    keeps(dated().await, 64);
}

#[tokio::test]
async fn choice_cache_control_is_private_and_no_cache_unless_the_type_says_otherwise() {
    let app = contents().await;
    assert_eq!(get(&app, "/it/a", &[]).await.header("cache-control"), "private, no-cache");
    let greeting = get(&crate::answers::greetings(), "/", &[]).await;
    assert_eq!(greeting.header("cache-control"), "public, max-age=60");
}

#[tokio::test]
async fn choice_a_304_has_the_headers_of_the_200_but_the_contents_own() {
    let app = crate::answers::layered();
    let shown = get(&app, "/", &[]).await;
    let known = get(&app, "/", &[("if-none-match", shown.header("etag"))]).await;
    let mut expected = shown.headers.clone();
    for name in ["content-type", "content-length"] {
        assert!(expected.remove(name).is_some());
    }
    assert_eq!((known.status, known.headers), (304, expected));
}

/// A PUT without a body of the type, so that the guard is all that is seen.
#[tokio::test]
async fn choice_a_strong_date_is_a_guard_and_an_invalid_one_is_none() {
    let app = Router::new().route("/it/{id}", on_put(replace::<Stamped>)).with_state(memory().await);
    created(&app).await;
    let invalid = put(&app, "/it/a", &[("if-unmodified-since", "yesterday")], r#"{"n":1}"#).await;
    assert_eq!(invalid.status, 428);
    let older = ("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(put(&app, "/it/a", &[older], r#"{"n":1}"#).await.status, 412);
}

/// What the tag of a plain type is, so that anybody can check it.
#[tokio::test]
async fn choice_a_plain_types_tag_is_the_sha_256_of_the_octets_sent() {
    use sha2::{Digest, Sha256};

    let app = contents().await;
    let shown = get(&app, "/it/a", &[]).await;
    let state = StateTag::from_hash(Sha256::digest(&shown.body).into());
    assert_eq!(shown.header("etag"), format!("\"{state}\""));
    let made = canonical::to_vec(&Content { id: "a".to_owned(), n: 0 }).unwrap();
    assert_eq!(shown.body, made);
}
