//! Who may not see a resource learns nothing of it: not that it exists, nor its tag, nor its date. (Checklist
//! 34, 35, 96, 120, 123.)

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::extract::{DefaultBodyLimit, FromRef};
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use etag_core::axum::{Create, Fresh, Guarded, MergePatch, Tagged, Target, Update};
use etag_core::{
    Access, Authorize, Database, DatabaseError, Matched, Preconditions, Problem, Removed, Required, Store,
    Timestamp, Version, Versioned, Written,
};
use http::StatusCode;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use tests::{Answer, call};

#[derive(Serialize, Deserialize, Versioned)]
#[versioned(store = Watched, authorize = Owner, create = "put", query = "etag", embed = "etag")]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
    #[versioned(modified)]
    modified: Timestamp,
}

/// A note with its length: the tag is the note's, weakly.
#[derive(Versioned)]
struct Measured {
    #[serde(flatten)]
    note: Note,
    #[versioned(skip)]
    length: usize,
}

#[derive(Deserialize)]
struct Rename {
    text: String,
}

/// What was called, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, call: impl Into<String>) {
        self.0.lock().unwrap().push(call.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// A database whose calls are written down.
#[derive(Clone)]
struct Watched {
    database: Database,
    log: Log,
}

impl Store<Note> for Watched {
    type Error = DatabaseError;

    async fn version(&self, key: &u64) -> Result<Option<Version>, DatabaseError> {
        self.log.add("version");
        Store::<Note>::version(&self.database, key).await
    }

    async fn load(&self, key: &u64) -> Result<Option<(Note, Version)>, DatabaseError> {
        self.log.add("load");
        self.database.load(key).await
    }

    async fn replace(&self, matched: Matched<Note>, note: Note) -> Result<Written<Note>, DatabaseError> {
        self.log.add("replace");
        self.database.replace(matched, note).await
    }

    async fn remove(&self, matched: Matched<Note>) -> Result<Removed, DatabaseError> {
        self.log.add("remove");
        self.database.remove(matched).await
    }
}

/// Lets one caller through: the one whose name is in `x-caller`.
#[derive(Clone)]
struct Owner {
    name: &'static str,
    log: Log,
}

impl Authorize<Note> for Owner {
    async fn authorize(&self, parts: &Parts, key: Option<&u64>, access: Access) -> Result<(), Problem> {
        self.log.add(format!("policy {key:?} {access:?}"));
        let caller = parts.headers.get("x-caller").and_then(|caller| caller.to_str().ok());
        match (caller == Some(self.name), access) {
            (true, _) => Ok(()),
            (false, Access::Read) => Err(StatusCode::NOT_FOUND.into()),
            (false, _) => Err(Problem::from(StatusCode::FORBIDDEN).detail("only the owner may")),
        }
    }
}

#[derive(Clone)]
struct App {
    store: Watched,
    policy: Owner,
}

impl FromRef<App> for Watched {
    fn from_ref(app: &App) -> Self {
        app.store.clone()
    }
}

impl FromRef<App> for Owner {
    fn from_ref(app: &App) -> Self {
        app.policy.clone()
    }
}

async fn measure(pre: Preconditions, target: Target<Note>) -> Result<Response, Problem> {
    let (note, version) = target.load().await?;
    let length = note.text.len();
    Ok(pre.respond(Tagged::new(Measured { note, length }).with_last_modified(version.modified)))
}

async fn rename(mut note: Update<Note, Json<Rename>>) -> Result<Tagged<Note>, Problem> {
    note.text = note.body().text.clone();
    note.save().await
}

/// Notes of `owner`, of which the one with the key 1 exists, and what is called when they are asked for.
async fn notes_of(owner: &'static str) -> (Router, Log) {
    let log = Log::default();
    let database = Database::connect("memory:").await.unwrap();
    let note = Note { id: 1, text: "draft".to_owned(), modified: Timestamp::now() };
    database.import(vec![note], Required::New, |_| {}).await.unwrap();
    let store = Watched { database, log: log.clone() };
    let methods = get(async |note: Fresh<Note>| note)
        .put(async |note: Update<Note>| note.save().await)
        .patch(async |note: Update<Note, MergePatch>| note.save().await)
        .delete(async |note: Guarded<Note>| note.delete().await)
        .post(async |note: Guarded<Note>| note.save().await);
    let router = Router::new()
        .route("/notes", post(async |note: Create<Note>| note.save().await))
        .route("/notes/{id}", methods)
        .route("/notes/{id}/target", get(async |note: Target<Note>| note.fresh().await))
        .route("/notes/{id}/measured", get(measure))
        .route("/notes/{id}/text", put(rename))
        .layer(DefaultBodyLimit::max(1000))
        .with_state(App { store, policy: Owner { name: owner, log: log.clone() } });
    (router, log)
}

/// Each extractor's route: method, what follows the key, what the policy is asked, and a body that is fine.
const ROUTES: [(&str, &str, Access, &str, &str); 10] = [
    ("GET", "", Access::Read, "", ""),
    ("HEAD", "", Access::Read, "", ""),
    ("GET", "/target", Access::Read, "", ""),
    ("HEAD", "/target", Access::Read, "", ""),
    ("GET", "/measured", Access::Read, "", ""),
    ("PUT", "", Access::Write, "application/json", r#"{"text":"final"}"#),
    ("PATCH", "", Access::Write, "application/merge-patch+json", r#"{"text":"final"}"#),
    ("PUT", "/text", Access::Write, "application/json", r#"{"text":"final"}"#),
    ("DELETE", "", Access::Write, "", ""),
    ("POST", "", Access::Write, "", ""),
];

/// A way to ask: with conditions, a query string, a type and a body that are more or less fine.
#[derive(Clone, Default)]
struct Way {
    headers: Vec<(&'static str, String)>,
    query: String,
    body: String,
}

impl Way {
    async fn ask(&self, router: &Router, caller: &str, method: &str, path: &str) -> Answer {
        let mut headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.push(("x-caller", caller));
        call(router, method, &format!("{path}{}", self.query), &headers, self.body.clone()).await
    }
}

const PAST: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const FUTURE: &str = "Fri, 31 Dec 2100 23:59:59 GMT";
const STALE: &str = "\"Wqpcd7ifa1NxSQdjdXYSJg7hmkQPGnM80pSVIV3OxBs\"";

/// Every condition, with every query string, and with every body.
fn ways(current: &str, content_type: &str, body: &str) -> Vec<Way> {
    let mut conditions: Vec<Vec<(&str, String)>> = vec![vec![]];
    for name in ["if-match", "if-none-match"] {
        for value in [current, STALE, &format!("W/{current}"), "*", "v1", "\"a\", \"", "*, \"a\""] {
            conditions.push(vec![(name, value.to_owned())]);
        }
    }
    for name in ["if-modified-since", "if-unmodified-since"] {
        conditions.extend([PAST, FUTURE, "yesterday"].map(|date| vec![(name, date.to_owned())]));
    }
    conditions.push(vec![("if-match", current.to_owned()), ("if-none-match", current.to_owned())]);
    let opaque = current.trim_matches('"');
    let queries = ["", &format!("?etag={opaque}"), "?etag=stale", "?etag=", "?etag=%22"];
    let quoted = |tag: &str| tag.replace('"', "\\\"");
    let with_tag = |tag: &str| body.replacen('{', &format!(r#"{{"etag":"{tag}","#), 1);
    let bodies = [
        (content_type, body.to_owned()),
        (content_type, with_tag(&quoted(current))),
        (content_type, with_tag(&quoted(STALE))),
        (content_type, with_tag("*")),
        (content_type, r#"{"id":9,"text":"final"}"#.to_owned()),
        (content_type, r#"{"text":1}"#.to_owned()),
        (content_type, "{".to_owned()),
        (content_type, " ".repeat(2000)),
        ("text/plain", body.to_owned()),
    ];
    let mut ways = Vec::new();
    for condition in &conditions {
        let way = |query: &str, (content_type, body): &(&str, String)| {
            let headers = [condition.as_slice(), &[("content-type", (*content_type).to_owned())]].concat();
            Way { headers, query: query.to_owned(), body: body.clone() }
        };
        ways.extend(queries.iter().map(|query| way(query, &bodies[0])));
        ways.extend(bodies.iter().map(|body| way("", body)));
    }
    ways
}

async fn current_tag(router: &Router, owner: &str) -> String {
    let note = Way::default().ask(router, owner, "GET", "/notes/1").await;
    assert_eq!(note.status, 200);
    note.header("etag").to_owned()
}

#[tokio::test]
async fn a_foreign_caller_gets_one_answer_whatever_the_request_says_and_whatever_exists() {
    let (router, log) = notes_of("alice").await;
    let current = current_tag(&router, "alice").await;
    for (method, rest, access, content_type, body) in ROUTES {
        let plain = Way::default().ask(&router, "mallory", method, &format!("/notes/1{rest}")).await;
        assert_eq!(plain.status, if access == Access::Read { 404 } else { 403 }, "{method} {rest}");
        log.take();
        for (id, exists) in [(1, true), (2, false)] {
            for way in ways(&current, content_type, body) {
                let answer = way.ask(&router, "mallory", method, &format!("/notes/{id}{rest}")).await;
                let Way { headers, query, body } = &way;
                assert_eq!(answer, plain, "{method} {id}{rest}{query} {headers:?} {body} {exists}");
                let called = log.take();
                assert_eq!(called, [format!("policy Some({id}) {access:?}")], "{method} {rest}");
            }
        }
    }
    assert_eq!(current_tag(&router, "alice").await, current, "nothing was written");
}

#[tokio::test]
async fn a_foreign_caller_that_creates_gets_one_answer_whatever_the_request_says() {
    let (router, log) = notes_of("alice").await;
    let current = current_tag(&router, "alice").await;
    let plain = Way::default().ask(&router, "mallory", "POST", "/notes").await;
    assert_eq!(plain.status, 403);
    log.take();
    // The body names a key that exists, and one that does not.
    for body in [r#"{"id":1,"text":"taken"}"#, r#"{"id":2,"text":"free"}"#] {
        for way in ways(&current, "application/json", body) {
            assert_eq!(way.ask(&router, "mallory", "POST", "/notes").await, plain);
            assert_eq!(log.take(), ["policy None Create"]);
        }
    }
    assert_eq!(Way::default().ask(&router, "alice", "GET", "/notes/2").await.status, 404);
}

/// What the two tests above try tells something: the owner is answered differently.
#[tokio::test]
async fn the_owner_is_answered_by_what_the_request_says() {
    let (router, _) = notes_of("alice").await;
    let current = current_tag(&router, "alice").await;
    for (method, rest, access, content_type, body) in ROUTES {
        let mut statuses = BTreeSet::new();
        for way in ways(&current, content_type, body) {
            let (router, _) = notes_of("alice").await;
            statuses.insert(way.ask(&router, "alice", method, &format!("/notes/1{rest}")).await.status);
        }
        let expected: &[u16] = match (access, content_type) {
            (Access::Read, _) => &[200, 304, 400, 412],
            (_, "") => &[400, 412, 428],
            (_, _) => &[200, 400, 412, 413, 415, 422, 428],
        };
        let found = expected.iter().all(|status| statuses.contains(status));
        assert!(found, "{method} {rest}: {statuses:?}, not all of {expected:?}");
    }
}

#[tokio::test]
async fn the_policy_is_asked_once_and_before_the_store() {
    for (method, rest, access, content_type, body) in ROUTES {
        let (router, log) = notes_of("alice").await;
        let headers = vec![("content-type", content_type.to_owned()), ("if-match", "*".to_owned())];
        let way = Way { headers, query: String::new(), body: body.to_owned() };
        let answer = way.ask(&router, "alice", method, &format!("/notes/1{rest}")).await;
        assert!([200, 204, 412].contains(&answer.status), "{method} {rest}: {}", answer.text());
        let called = log.take();
        assert_eq!(called[0], format!("policy Some(1) {access:?}"), "{method} {rest}");
        assert!(called.len() > 1, "{method} {rest}: the store was not called");
        assert!(called[1..].iter().all(|call| !call.starts_with("policy")), "{method} {rest}: {called:?}");
    }
    let (router, log) = notes_of("alice").await;
    let headers = vec![("content-type", "application/json".to_owned())];
    let way = Way { headers, query: String::new(), body: r#"{"id":2,"text":"new"}"#.to_owned() };
    assert_eq!(way.ask(&router, "alice", "POST", "/notes").await.status, 201);
    assert_eq!(log.take(), ["policy None Create", "replace"]);
}

#[tokio::test]
async fn the_policy_is_the_one_of_the_routers_state() {
    for owner in ["alice", "bob"] {
        let (router, _) = notes_of(owner).await;
        for caller in ["alice", "bob"] {
            let expected = if caller == owner { 200 } else { 404 };
            let answer = Way::default().ask(&router, caller, "GET", "/notes/1").await;
            assert_eq!(answer.status, expected, "{caller} asks for a note of {owner}");
        }
    }
}

#[tokio::test]
async fn a_path_that_names_no_resource_is_404_for_everybody_and_asks_nobody() {
    let (router, log) = notes_of("alice").await;
    for caller in ["alice", "mallory"] {
        for (method, rest, _, content_type, body) in ROUTES {
            let plain = Way::default().ask(&router, caller, method, &format!("/notes/x{rest}")).await;
            assert_eq!(plain.status, 404);
            for way in ways(STALE, content_type, body) {
                assert_eq!(way.ask(&router, caller, method, &format!("/notes/x{rest}")).await, plain);
            }
            assert_eq!(log.take(), [""; 0]);
        }
    }
}
