//! Keyed tags: what they are made of, which keys' tags guard a write, and that nothing is told of the content.

use std::collections::{BTreeMap, HashSet};
use std::sync::Once;

use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use etag_core::axum::{
    Create, Fresh, FreshList, Guarded, GuardedList, InList, MergePatch, Problem, Refusal, Tagged, Target,
    Update,
};
use etag_core::{
    Database, Preconditions, Representation, StateTag, Store, TagKeys, TagKeysError, Timestamp, Version,
    Versioned,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tests::{Answer, call, on_each_database};

const JSON: (&str, &str) = ("content-type", "application/json");
const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

/// The key that makes the tags, one whose tags are accepted, and one that nobody knows.
const CURRENT: [u8; 32] = [1; 32];
const ACCEPTED: [u8; 40] = [2; 40];
const OTHER: [u8; 32] = [3; 32];

fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let keys = TagKeys::new(CURRENT).unwrap().accepting(ACCEPTED).unwrap();
        keys.install().unwrap();
    });
}

/// What a key makes of a state or a variant, as the guide says it.
fn made(key: &[u8], part: &str, of: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("{part} {of}").as_bytes());
    StateTag::from_hash(mac.finalize().into_bytes().into()).to_string()
}

fn hash(text: impl AsRef<[u8]>) -> StateTag {
    StateTag::from_hash(Sha256::digest(text).into())
}

fn tag_of(key: &[u8], state: StateTag) -> String {
    format!("\"{}\"", made(key, "state", &state.to_string()))
}

fn etag<T: Versioned + ?Sized>(value: &T) -> String {
    install();
    Representation::of(value).unwrap().validators().etag.unwrap().to_string()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "diagnoses", keyed, create = "put", query = "etag", embed = "etag")]
struct Diagnosis {
    #[versioned(id)]
    id: String,
    code: String,
}

fn diagnosis(id: &str, code: &str) -> Diagnosis {
    Diagnosis { id: id.to_owned(), code: code.to_owned() }
}

fn body(code: &str) -> String {
    format!(r#"{{"code":"{code}"}}"#)
}

#[derive(Versioned)]
struct Priced {
    #[serde(flatten)]
    diagnosis: Diagnosis,
    #[versioned(variant)]
    price: u8,
}

#[derive(Versioned)]
struct Seen {
    #[serde(flatten)]
    diagnosis: Diagnosis,
    #[versioned(skip)]
    views: u8,
}

async fn create(diagnosis: Create<Diagnosis, InList>) -> Result<Tagged<Diagnosis>, Problem> {
    diagnosis.save().await
}

async fn list(diagnoses: FreshList<Diagnosis>) -> Tagged<Vec<Diagnosis>> {
    diagnoses.into()
}

async fn replace_all(diagnoses: GuardedList<Diagnosis>) -> Result<Tagged<Vec<Diagnosis>>, Problem> {
    diagnoses.save().await
}

async fn patch_all(diagnoses: GuardedList<Diagnosis, MergePatch>) -> Result<Tagged<Vec<Diagnosis>>, Problem> {
    diagnoses.save().await
}

async fn show(
    pre: Preconditions,
    diagnosis: Target<Diagnosis>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    Ok(match query.as_deref() {
        Some("price") => {
            let (diagnosis, _) = diagnosis.load().await?;
            pre.respond(Tagged::new(Priced { diagnosis, price: 7 }))
        }
        Some("views") => {
            let (diagnosis, _) = diagnosis.load().await?;
            pre.respond(Tagged::new(Seen { diagnosis, views: 7 }))
        }
        _ => diagnosis.fresh().await?.into_response(),
    })
}

async fn replace(diagnosis: Update<Diagnosis>) -> Result<Tagged<Diagnosis>, Problem> {
    diagnosis.save().await
}

async fn patch(diagnosis: Update<Diagnosis, MergePatch>) -> Result<Tagged<Diagnosis>, Problem> {
    diagnosis.save().await
}

async fn correct(
    mut diagnosis: Update<Diagnosis, Json<BTreeMap<String, String>>>,
) -> Result<Tagged<Diagnosis>, Problem> {
    diagnosis.code = diagnosis.body()["code"].clone();
    diagnosis.save().await
}

async fn delete(diagnosis: Guarded<Diagnosis>) -> Result<StatusCode, Problem> {
    diagnosis.delete().await
}

fn app(database: &Database) -> Router {
    install();
    Router::new()
        .route("/diagnoses", post(create).get(list).put(replace_all).patch(patch_all))
        .route("/diagnoses/{id}", get(show).put(replace).patch(patch).post(correct).delete(delete))
        .with_state(database.clone())
}

/// Stores it, whatever is there.
async fn store(database: &Database, diagnosis: Diagnosis) {
    let matched = etag_core::Matched::unconditional(diagnosis.id.clone());
    let _written = database.replace(matched, diagnosis).await.unwrap();
}

async fn code(database: &Database, id: &str) -> Option<String> {
    database.get::<Diagnosis>(&id.to_owned()).await.unwrap().map(|diagnosis| diagnosis.code)
}

// What a tag is.

#[derive(Clone, Versioned)]
#[versioned(keyed)]
struct Secret {
    n: u8,
}

const SECRET: Secret = Secret { n: 5 };

#[test]
fn a_tag_is_made_of_the_state_and_the_variant_with_the_current_key_and_no_other() {
    let state = hash(r#"{"n":5}"#).to_string();
    assert_eq!(StateTag::of(&SECRET).unwrap().to_string(), state, "the state is not keyed");
    assert_eq!(etag(&SECRET), format!("\"{}\"", made(&CURRENT, "state", &state)));
    assert_ne!(made(&CURRENT, "state", &state), made(&OTHER, "state", &state));

    #[derive(Versioned)]
    #[versioned(keyed, epoch = 2)]
    struct Moved {
        n: u8,
        #[versioned(skip)]
        views: u8,
    }
    let variant = hash(r#"{"epoch":2}"#).to_string();
    let [shown, variant] = [made(&CURRENT, "state", &state), made(&CURRENT, "variant", &variant)];
    assert_eq!(etag(&Moved { n: 5, views: 1 }), format!("W/\"{shown}.{variant}~\""));

    #[derive(Versioned)]
    #[versioned(keyed)]
    struct Numbered {
        n: u8,
        #[versioned(revision)]
        revision: u64,
    }
    let tag = etag(&Numbered { n: 5, revision: 7 });
    assert!(tag.starts_with(&format!("\"{}.", made(&CURRENT, "state", "7"))), "{tag}");
    let of_revision = Representation::of(&Numbered { n: 6, revision: 7 }).unwrap();
    assert_eq!(tag, of_revision.validators().etag.unwrap().to_string(), "the content is not in it");
}

#[test]
fn a_tag_is_the_same_whether_a_value_or_only_its_version_is_at_hand() {
    let made = etag(&SECRET);
    let version = Version::from(StateTag::of(&SECRET).unwrap());
    assert_eq!(version.validators::<Secret>().etag.unwrap().to_string(), made);
    let known = Representation::in_state(&SECRET, version.state).unwrap();
    assert_eq!(known.validators().etag.unwrap().to_string(), made);
    let list = vec![SECRET, Secret { n: 6 }];
    let state = hash(r#"[{"n":5},{"n":6}]"#);
    assert_eq!(etag(&list), tag_of(&CURRENT, state));
}

#[derive(Clone, Versioned)]
struct Member {
    inner: Secret,
}

#[derive(Versioned)]
struct Flat {
    #[serde(flatten)]
    inner: Secret,
    more: u8,
}

#[derive(Versioned)]
struct Variant {
    n: u8,
    #[versioned(variant)]
    inner: Secret,
}

#[derive(Versioned)]
struct Envelope {
    items: Vec<Secret>,
    total: u64,
}

#[derive(Versioned)]
struct Tree {
    branches: Vec<Tree>,
    leaf: Option<Box<Secret>>,
}

#[derive(Versioned)]
enum Either {
    Newtype(Secret),
    Fields { inner: Secret },
    Pair(u8, Secret),
    Nothing,
}

#[derive(Clone, Versioned)]
#[serde(into = "Secret")]
struct Sent(u8);

impl From<Sent> for Secret {
    fn from(Sent(n): Sent) -> Self {
        Self { n }
    }
}

#[derive(Versioned)]
struct Newtype(Secret);

#[derive(Versioned)]
struct Unsent {
    n: u8,
    #[serde(skip)]
    inner: Secret,
}

/// Whether the tag shows what the key makes of the state; if not, it shows the state.
fn is_keyed<T: Versioned>(value: &T) -> bool {
    let state = StateTag::of(value).unwrap();
    let [tag, shown] = [etag(value), made(&CURRENT, "state", &state.to_string())];
    let shows = |text: &str| tag.contains(text);
    assert_ne!(shows(&shown), shows(&state.to_string()), "{tag}");
    shows(&shown)
}

#[test]
fn what_holds_a_keyed_type_is_keyed_wherever_it_does() {
    assert!(is_keyed(&Member { inner: SECRET }));
    assert!(is_keyed(&vec![Member { inner: SECRET }]));
    assert!(is_keyed(&Flat { inner: SECRET, more: 1 }));
    assert!(is_keyed(&Variant { n: 1, inner: SECRET }));
    assert!(is_keyed(&Envelope { items: vec![], total: 0 }));
    assert!(is_keyed(&Tree { branches: vec![], leaf: Some(Box::new(SECRET)) }));
    for either in
        [Either::Newtype(SECRET), Either::Fields { inner: SECRET }, Either::Pair(1, SECRET), Either::Nothing]
    {
        assert!(is_keyed(&either));
    }
    assert!(is_keyed(&Sent(5)) && is_keyed(&Newtype(SECRET)) && is_keyed(&Some(SECRET)));
    assert!(is_keyed(&BTreeMap::from([("a", SECRET)])) && is_keyed(&(1, [SECRET])));
    let unsent = Unsent { n: 1, inner: SECRET };
    assert!(!is_keyed(&unsent), "a {} that is not sent is in no tag", unsent.inner.n);
    assert!(!is_keyed(&7) && !is_keyed(&Timestamp::now()), "and other types are what they were");
}

#[test]
fn keys_are_installed_once() {
    install();
    let tag = etag(&SECRET);
    assert_eq!(TagKeys::new(OTHER).unwrap().install(), Err(TagKeysError::Installed));
    assert_eq!(etag(&SECRET), tag);
    assert_eq!(TagKeys::new(CURRENT).unwrap().accepting("short").unwrap_err(), TagKeysError::Short);
}

// What guards a write.

/// Each way to write `/diagnoses/a` and what is left there, under the tag of a list or of one resource.
async fn writes(app: &Router, tag: &str, code: &str) -> Vec<Answer> {
    let guard = ("if-match", tag);
    let (whole, path) = (body(code), "/diagnoses/a");
    let query = format!("{path}?etag={}", tag.replace('"', "%22"));
    let shown = serde_json::json!({"code": code, "etag": tag}).to_string();
    vec![
        call(app, "PUT", path, &[JSON, guard], whole.clone()).await,
        call(app, "PATCH", path, &[PATCH, guard], whole.clone()).await,
        call(app, "POST", path, &[JSON, guard], whole.clone()).await,
        call(app, "PUT", path, &[JSON, ("if-match", &format!("\"x\", {tag}"))], whole.clone()).await,
        call(app, "PUT", &query, &[JSON], whole).await,
        call(app, "PUT", path, &[JSON], shown).await,
    ]
}

#[tokio::test]
async fn a_tag_that_the_current_or_an_accepted_key_made_guards_each_write_and_no_other_does() {
    on_each_database(async |database| {
        let app = app(&database);
        let before = diagnosis("a", "J45");
        store(&database, before.clone()).await;
        let state = StateTag::of(&before).unwrap();
        let refused = [
            tag_of(&OTHER, state),
            format!("\"{state}\""),
            format!("W/{}", tag_of(&CURRENT, state)),
            tag_of(&CURRENT, StateTag::of(&diagnosis("a", "J46")).unwrap()),
            format!("\"{}\"", made(&CURRENT, "variant", &state.to_string())),
        ];
        for tag in &refused {
            for answer in writes(&app, tag, "lost").await {
                assert_eq!(answer.status, 412, "{tag}: {}", answer.text());
            }
            let deleted = call(&app, "DELETE", "/diagnoses/a", &[("if-match", tag)], "").await;
            assert_eq!((deleted.status, deleted.header("etag")), (412, &*tag_of(&CURRENT, state)));
            assert_eq!(code(&database, "a").await.as_deref(), Some("J45"), "{tag}");
        }
        for key in [&CURRENT[..], &ACCEPTED] {
            // What changes nothing leaves the state, so that one tag guards all of these.
            let tag = tag_of(key, state);
            for answer in writes(&app, &tag, "J45").await {
                assert_eq!(answer.status, 200, "{}", answer.text());
                assert_eq!(answer.header("etag"), tag_of(&CURRENT, state));
            }
            let changed = call(&app, "PUT", "/diagnoses/a", &[JSON, ("if-match", &tag)], body("J46")).await;
            assert_eq!(changed.status, 200, "{}", changed.text());
            let stale = call(&app, "PUT", "/diagnoses/a", &[JSON, ("if-match", &tag)], body("lost")).await;
            assert_eq!((stale.status, stale.header("etag")), (412, changed.header("etag")));
            let now = StateTag::of(&diagnosis("a", "J46")).unwrap();
            let deleted = ("if-match", &*tag_of(key, now));
            assert_eq!(call(&app, "DELETE", "/diagnoses/a", &[deleted], "").await.status, 204);
            assert_eq!(code(&database, "a").await, None);
            store(&database, before.clone()).await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_tags_of_a_list_and_of_its_items_guard_what_changes_many() {
    on_each_database(async |database| {
        let app = app(&database);
        for id in ["a", "b"] {
            store(&database, diagnosis(id, "J45")).await;
        }
        let read = call(&app, "GET", "/diagnoses", &[], "").await;
        let state = |id: &str, code: &str| StateTag::of(&diagnosis(id, code)).unwrap();
        let list = |codes: [&str; 2]| {
            let lines = format!("[\"a\"] {}\n[\"b\"] {}\n", state("a", codes[0]), state("b", codes[1]));
            hash(lines)
        };
        let before = list(["J45"; 2]);
        assert_eq!(read.header("etag"), tag_of(&CURRENT, before));
        let bulk = |code: &str| format!(r#"[{{"id":"a","code":"{code}"}},{{"id":"b","code":"J45"}}]"#);
        for tag in [tag_of(&OTHER, before), format!("\"{before}\"")] {
            for (method, kind) in [("PUT", JSON), ("PATCH", PATCH)] {
                let lost = call(&app, method, "/diagnoses", &[kind, ("if-match", &tag)], bulk("lost")).await;
                assert_eq!((lost.status, lost.header("etag")), (412, read.header("etag")));
            }
            let item = tag.replace(&before.to_string(), &state("a", "J45").to_string());
            let by_items = serde_json::json!([{"id": "a", "code": "lost", "etag": item}]).to_string();
            assert_eq!(call(&app, "PATCH", "/diagnoses", &[PATCH], by_items).await.status, 412);
            let new = r#"{"id":"c","code":"lost"}"#;
            let lost = call(&app, "POST", "/diagnoses", &[JSON, ("if-match", &tag)], new).await;
            assert_eq!((lost.status, lost.header("etag")), (412, read.header("etag")));
        }
        for key in [&CURRENT[..], &ACCEPTED] {
            for (method, kind) in [("PUT", JSON), ("PATCH", PATCH)] {
                let guard = tag_of(key, before);
                let written =
                    call(&app, method, "/diagnoses", &[kind, ("if-match", &guard)], bulk("J46")).await;
                assert_eq!(written.status, 200, "{}", written.text());
                assert_eq!(written.header("etag"), tag_of(&CURRENT, list(["J46", "J45"])));
                let item = tag_of(key, state("a", "J46"));
                let by_items = serde_json::json!([{"id": "a", "code": "J45", "etag": item}]).to_string();
                let written = call(&app, method, "/diagnoses", &[kind], by_items).await;
                assert_eq!(written.status, 200, "{}", written.text());
            }
            let guard = tag_of(key, before);
            let new = r#"{"id":"c","code":"J47"}"#;
            let created = call(&app, "POST", "/diagnoses", &[JSON, ("if-match", &guard)], new).await;
            assert_eq!(created.status, 201, "{}", created.text());
            let _removed =
                Store::<Diagnosis>::remove(&database, etag_core::Matched::unconditional("c".to_owned()))
                    .await
                    .unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn the_tag_of_a_view_guards_what_the_view_shows() {
    on_each_database(async |database| {
        let app = app(&database);
        store(&database, diagnosis("a", "J45")).await;
        let plain = call(&app, "GET", "/diagnoses/a", &[], "").await;
        let priced = call(&app, "GET", "/diagnoses/a?price", &[], "").await;
        let state = plain.header("etag").trim_matches('"');
        assert!(priced.header("etag").starts_with(&format!("\"{state}.")), "{}", priced.header("etag"));
        let seen = call(&app, "GET", "/diagnoses/a?views", &[], "").await;
        assert_eq!(seen.header("etag"), format!("W/\"{state}.~\""));
        let again = [("if-none-match", priced.header("etag"))];
        let again = call(&app, "GET", "/diagnoses/a?price", &again, "").await;
        assert_eq!((again.status, again.header("etag")), (304, priced.header("etag")));
        let weak = [JSON, ("if-match", seen.header("etag"))];
        assert_eq!(call(&app, "PUT", "/diagnoses/a", &weak, body("lost")).await.status, 412);
        let guard = [JSON, ("if-match", priced.header("etag"))];
        assert_eq!(call(&app, "PUT", "/diagnoses/a", &guard, body("J46")).await.status, 200);
        assert_eq!(call(&app, "PUT", "/diagnoses/a", &guard, body("lost")).await.status, 412);
    })
    .await;
}

#[tokio::test]
async fn of_many_puts_with_one_tag_one_is_written() {
    on_each_database(async |database| {
        let app = app(&database);
        let before = diagnosis("a", "J45");
        store(&database, before.clone()).await;
        let tag = tag_of(&CURRENT, StateTag::of(&before).unwrap());
        let put = async |n: u32| {
            let guard = [JSON, ("if-match", &*tag)];
            call(&app, "PUT", "/diagnoses/a", &guard, body(&n.to_string())).await.status
        };
        let statuses = futures_util::future::join_all((0..8).map(put)).await;
        let count = |status| statuses.iter().filter(|found| **found == status).count();
        assert_eq!((count(200), count(412)), (1, 7), "{statuses:?}");
    })
    .await;
}

#[tokio::test]
async fn a_tag_of_what_is_absent_creates_where_the_type_says_so_and_never_revives() {
    #[derive(Debug, Serialize, Deserialize, Versioned)]
    #[versioned(store = Database, keyed, create = "put, ignore-if-match")]
    struct Vote {
        #[versioned(id)]
        id: String,
        candidate: String,
    }
    async fn put(vote: Update<Vote>) -> Result<Tagged<Vote>, Problem> {
        vote.save().await
    }
    async fn delete(vote: Guarded<Vote>) -> Result<StatusCode, Problem> {
        vote.delete().await
    }
    async fn show(vote: Fresh<Vote>) -> Tagged<Vote> {
        vote.into()
    }
    install();
    on_each_database(async |database| {
        let app = Router::new().route("/votes/{id}", get(show).put(put).delete(delete)).with_state(database);
        let vote = |candidate: &str| format!(r#"{{"candidate":"{candidate}"}}"#);
        let elsewhere = Vote { id: "a".to_owned(), candidate: "x".to_owned() };
        let tag = tag_of(&CURRENT, StateTag::of(&elsewhere).unwrap());
        let created = call(&app, "PUT", "/votes/a", &[JSON, ("if-match", &tag)], vote("y")).await;
        assert_eq!(created.status, 201, "{}", created.text());
        let stale = call(&app, "PUT", "/votes/a", &[JSON, ("if-match", &tag)], vote("z")).await;
        assert_eq!((stale.status, stale.header("etag")), (412, created.header("etag")));
        let current = ("if-match", created.header("etag"));
        assert_eq!(call(&app, "PUT", "/votes/a", &[JSON, current], vote("y")).await.status, 200);
        assert_eq!(call(&app, "DELETE", "/votes/a", &[current], "").await.status, 204);
        assert_eq!(call(&app, "PUT", "/votes/a", &[JSON, current], vote("y")).await.status, 412);
        assert_eq!(call(&app, "GET", "/votes/a", &[], "").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_304_names_the_tag_of_the_current_key_and_one_of_the_other_is_fetched_anew() {
    on_each_database(async |database| {
        let app = app(&database);
        let stored = diagnosis("a", "J45");
        store(&database, stored.clone()).await;
        let state = StateTag::of(&stored).unwrap();
        let [current, accepted] = [tag_of(&CURRENT, state), tag_of(&ACCEPTED, state)];
        let again = call(&app, "GET", "/diagnoses/a", &[("if-none-match", &current)], "").await;
        assert_eq!((again.status, again.header("etag")), (304, &*current));
        let anew = call(&app, "GET", "/diagnoses/a", &[("if-none-match", &accepted)], "").await;
        assert_eq!((anew.status, anew.header("etag")), (200, &*current));
        let list = call(&app, "GET", "/diagnoses", &[], "").await;
        let again = call(&app, "GET", "/diagnoses", &[("if-none-match", list.header("etag"))], "").await;
        assert_eq!((again.status, again.header("etag")), (304, list.header("etag")));
    })
    .await;
}

// What is told.

/// Each answer that a client can get of diagnoses.
async fn answers(app: &Router) -> Vec<Answer> {
    let mut all = Vec::new();
    let mut ask = async |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let answer = call(app, method, path, headers, body.to_owned()).await;
        all.push(answer.clone());
        answer
    };
    ask("POST", "/diagnoses", &[JSON], r#"{"id":"a","code":"J45"}"#).await;
    ask("PUT", "/diagnoses/b", &[JSON], &body("J45")).await;
    let list = ask("GET", "/diagnoses", &[], "").await;
    ask("GET", "/diagnoses?code=J45&limit=1", &[], "").await;
    ask("GET", "/diagnoses", &[("if-none-match", list.header("etag"))], "").await;
    let one = ask("GET", "/diagnoses/a", &[], "").await;
    ask("HEAD", "/diagnoses/a", &[], "").await;
    ask("GET", "/diagnoses/a", &[("if-none-match", one.header("etag"))], "").await;
    ask("GET", "/diagnoses/a", &[("if-match", "\"x\"")], "").await;
    for view in ["price", "views"] {
        ask("GET", &format!("/diagnoses/a?{view}"), &[], "").await;
    }
    ask("PUT", "/diagnoses/a", &[JSON], &body("J46")).await;
    ask("DELETE", "/diagnoses/a", &[("if-match", "\"x\"")], "").await;
    ask("DELETE", "/diagnoses/a?etag=x", &[], "").await;
    for (method, kind) in [("PUT", JSON), ("PATCH", PATCH)] {
        let items = r#"[{"id":"a","code":"J45"},{"id":"b","code":"J45"}]"#;
        ask(method, "/diagnoses", &[kind, ("if-match", "\"x\"")], items).await;
        ask(method, "/diagnoses", &[kind, ("if-match", list.header("etag"))], items).await;
        ask(method, "/diagnoses", &[kind], r#"[{"id":"a","code":"J45","etag":"\"x\""}]"#).await;
        ask(method, "/diagnoses", &[kind], items).await;
        let one_of = [kind, ("if-match", one.header("etag"))];
        ask(method, "/diagnoses/a", &one_of, &body("J45")).await;
        ask(method, "/diagnoses/a", &[kind, ("if-match", "\"x\"")], &body("J45")).await;
        ask(method, "/diagnoses/a", &[kind, ("if-none-match", "*")], &body("J45")).await;
    }
    ask("POST", "/diagnoses", &[JSON, ("if-match", "\"x\"")], r#"{"id":"c","code":"J45"}"#).await;
    let delete = ask("DELETE", "/diagnoses/a", &[("if-match", one.header("etag"))], "").await;
    assert_eq!(delete.status, 204);
    all
}

#[tokio::test]
async fn no_answer_shows_the_hash_of_a_content() {
    on_each_database(async |database| {
        let answers = answers(&app(&database)).await;
        let statuses: HashSet<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, HashSet::from([200, 201, 204, 304, 412, 428]));
        let [a, b] = ["a", "b"].map(|id| StateTag::of(&diagnosis(id, "J45")).unwrap());
        let lists = [vec![("a", a), ("b", b)], vec![("a", a)], vec![]].map(|items| {
            let lines = items.iter().map(|(id, state)| format!("[\"{id}\"] {state}\n"));
            hash(lines.collect::<String>())
        });
        let variant = hash(r#"{"variant":{"price":7}}"#);
        let hashes: Vec<String> = [a, b, variant].iter().chain(&lists).map(StateTag::to_string).collect();
        for Answer { status, headers, body } in &answers {
            // Who gets the body may have its digest; a 304 or a refusal has none of it.
            let is_content = matches!(status, 200 | 201);
            assert!(is_content || !headers.contains_key("repr-digest"), "{status} {headers:?}");
            let values =
                headers.iter().filter(|(name, _)| *name != "repr-digest").map(|(_, value)| value.as_bytes());
            for text in values.chain([&body[..]]).map(String::from_utf8_lossy) {
                assert!(!hashes.iter().any(|hash| text.contains(hash)), "{status} {headers:?} {text}");
            }
        }
        let shown: Vec<Value> =
            answers.iter().filter_map(|it| serde_json::from_slice(&it.body).ok()).collect();
        let tags = |value: &Value| value["etag"].as_str().is_some_and(|tag| tag == tag_of(&CURRENT, a));
        assert!(shown.iter().filter(|value| tags(value)).count() > 4, "tags are shown all the same");
    })
    .await;
}
