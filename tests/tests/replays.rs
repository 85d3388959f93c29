//! Writes that are sent again because their answers were lost (`replay = "accept"`): the table of
//! `data/replays.toml`, and a connection that breaks. Checklist 45.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{any, post, put};
use axum::{Extension, Json, Router};
use etag_core::axum::{Create, Fresh, Guarded, MergePatch, Problem, Tagged, Update};
use etag_core::sqlx::sqlite::SqlitePoolOptions;
use etag_core::{Access, Authorize, Database, Replay, Resource, Timestamp, Versioned};
use serde::{Deserialize, Serialize};
use tests::statements::{statements_of, verbs};
use tests::{Answer, call, client, on_each_database, sqlite_file};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const JSON: (&str, &str) = ("content-type", "application/json");
const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, replay = "accept", query = "etag", embed = "etag")]
struct Note {
    #[versioned(id)]
    id: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    pinned: bool,
    #[versioned(modified)]
    changed: Timestamp,
}

/// How often a handler did what it does for each write.
#[derive(Clone, Default)]
struct Announced(Arc<AtomicUsize>);

/// How often a handler ran that finds the stored value.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

async fn create(note: Create<Note>) -> Result<Tagged<Note>, Problem> {
    note.save().await
}

async fn show(note: Fresh<Note>) -> Tagged<Note> {
    note.into()
}

async fn replace(
    Extension(Announced(announced)): Extension<Announced>,
    note: Update<Note>,
) -> Result<Tagged<Note>, Problem> {
    let saved = note.save().await?;
    if !saved.is_already_applied() {
        announced.fetch_add(1, Ordering::Relaxed);
    }
    Ok(saved)
}

async fn patch(
    Extension(Runs(runs)): Extension<Runs>,
    note: Update<Note, MergePatch>,
) -> Result<Tagged<Note>, Problem> {
    runs.fetch_add(1, Ordering::Relaxed);
    note.save().await
}

async fn delete(note: Guarded<Note>) -> Result<StatusCode, Problem> {
    note.delete().await
}

/// What it makes is the same whatever was there, but nobody knows that of a handler.
async fn typed(
    Extension(Runs(runs)): Extension<Runs>,
    mut note: Update<Note, Json<Text>>,
) -> Result<Tagged<Note>, Problem> {
    runs.fetch_add(1, Ordering::Relaxed);
    note.text = note.body().text.clone();
    note.save().await
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

async fn edited(mut note: Update<Note, MergePatch>) -> Result<Tagged<Note>, Problem> {
    note.pinned = false;
    note.save().await
}

async fn pinned(note: Guarded<Note>) -> Result<Tagged<Note>, Problem> {
    note.save().await
}

async fn in_a_transaction(
    State(database): State<Database>,
    note: Update<Note>,
) -> Result<Tagged<Note>, Problem> {
    let mut transaction = database.transaction().await?;
    let saved = note.save_in(&mut transaction).await?;
    saved.committed(transaction.commit().await)
}

fn notes(database: &Database) -> Router {
    Router::new()
        .route("/notes", post(create))
        .route("/notes/{id}", put(replace).patch(patch).delete(delete).get(show).post(replace))
        .route("/notes/{id}/typed", put(typed))
        .route("/notes/{id}/edited", axum::routing::patch(edited))
        .route("/notes/{id}/pinned", any(pinned))
        .route("/notes/{id}/in-a-transaction", put(in_a_transaction))
        .layer((Extension(Announced::default()), Extension(Runs::default())))
        .with_state(database.clone())
}

#[derive(Deserialize)]
struct Table {
    rows: Vec<Row>,
}

/// What is there, the request, its headers and its body, and what is answered without and with replays.
#[derive(Debug, Deserialize)]
struct Row(String, String, Vec<String>, String, String, String);

/// The tags of a note that was created, and written once.
struct Tags {
    first: String,
    second: String,
}

impl Tags {
    fn fill(&self, text: &str) -> String {
        text.replace("{first}", &self.first)
            .replace("{second}", &self.second)
            .replace("{first.state}", self.first.trim_matches('"'))
            .replace("{second.state}", self.second.trim_matches('"'))
    }
}

async fn set_up(app: &Router, path: &str, there: &str) -> Tags {
    let id = path.trim_start_matches("/notes/");
    let create = async |text| {
        let body = format!(r#"{{"id":"{id}","text":"{text}"}}"#);
        let created = call(app, "POST", "/notes", &[JSON], body).await;
        assert_eq!(created.status, 201, "{}", created.text());
        created.header("etag").to_owned()
    };
    let first = create("one").await;
    let written = call(app, "PUT", path, &[JSON, ("if-match", &first)], r#"{"text":"two"}"#).await;
    assert_eq!((written.status, written.header("already-applied")), (200, ""));
    let second = written.header("etag").to_owned();
    if there != "two" {
        let deleted = call(app, "DELETE", path, &[("if-match", &second)], "").await;
        assert_eq!((deleted.status, deleted.header("already-applied")), (204, ""));
    }
    if there == "anew" {
        create("two").await;
    }
    Tags { first, second }
}

/// `200 applied`, `412`.
fn outcome(answer: &Answer) -> String {
    match answer.header("already-applied") {
        "" => answer.status.to_string(),
        "?1" => format!("{} applied", answer.status),
        other => panic!("`Already-Applied: {other}`"),
    }
}

#[tokio::test]
async fn a_write_is_recognised_by_the_state_that_it_would_make() {
    let Table { rows } = toml::from_str(include_str!("../data/replays.toml")).expect("the table");
    assert!(rows.len() > 40);
    on_each_database(async |database| {
        let accepted = notes(&database);
        let refused = notes(&database).layer(Extension(Replay::Refuse));
        for (number, row) in rows.iter().enumerate() {
            let Row(there, request, headers, body, without, with) = row;
            for (app, name, expected) in [(&refused, "refused", without), (&accepted, "accepted", with)] {
                let path = format!("/notes/{name}-{number}");
                let tags = set_up(app, &path, there).await;
                let before = call(app, "GET", &path, &[], "").await;
                let (method, rest) = request.split_once(' ').unwrap_or((request, ""));
                let lines: Vec<String> = headers.iter().map(|line| tags.fill(line)).collect();
                let lines = lines.iter().map(|line| line.split_once(": ").expect("a header"));
                let media_type = if method == "PATCH" { PATCH } else { JSON };
                let headers: Vec<(&str, &str)> = lines.chain([media_type]).collect();
                let uri = tags.fill(&format!("{path}{rest}"));
                let answer = call(app, method, &uri, &headers, body.clone()).await;
                assert_eq!(&outcome(&answer), expected, "{name}: {row:?}: {}", answer.text());
                if *expected == "200 applied" {
                    // Checklist 78, 83: what a GET shows, and under its tag.
                    assert_eq!(answer.body, before.body, "{row:?}");
                    assert_eq!(answer.header("etag"), before.header("etag"), "{row:?}");
                    assert_eq!(answer.header("last-modified"), before.header("last-modified"), "{row:?}");
                    assert_eq!(answer.header("content-location"), path, "{row:?}");
                }
                if !expected.starts_with("204") {
                    let after = call(app, "GET", &path, &[], "").await;
                    assert_eq!(after, before, "nothing is written: {row:?}");
                }
            }
        }
    })
    .await;
}

/// A type of which the router, and not the type itself, says that replays are accepted; its tag is a number.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
struct Counter {
    #[versioned(id)]
    id: u64,
    count: u64,
    #[versioned(revision)]
    revision: u64,
}

#[tokio::test]
async fn a_router_accepts_what_its_types_do_not_and_keeps_no_deleted_state_for_that() {
    async fn replace(counter: Update<Counter>) -> Result<Tagged<Counter>, Problem> {
        counter.save().await
    }
    async fn delete(counter: Guarded<Counter>) -> Result<StatusCode, Problem> {
        counter.delete().await
    }
    on_each_database(async |database| {
        let app = Router::new().route("/counters/{id}", put(replace).delete(delete));
        let app = app.layer(Extension(Replay::Accept)).with_state(database);
        let path = "/counters/7";
        let first = call(&app, "PUT", path, &[JSON], r#"{"count":1}"#).await;
        let tag = ("if-match", first.header("etag"));
        let second = call(&app, "PUT", path, &[JSON, tag], r#"{"count":2}"#).await;
        assert_eq!(outcome(&second), "200");
        let again = call(&app, "PUT", path, &[JSON, tag], r#"{"count":2}"#).await;
        assert_eq!((outcome(&again), &again.body), ("200 applied".to_owned(), &second.body));
        let other = call(&app, "PUT", path, &[JSON, tag], r#"{"count":3}"#).await;
        assert_eq!((other.status, other.header("etag")), (412, second.header("etag")));
        let tag = ("if-match", second.header("etag"));
        assert_eq!(call(&app, "DELETE", path, &[tag], "").await.status, 204);
        assert_eq!(outcome(&call(&app, "DELETE", path, &[tag], "").await), "404");
    })
    .await;
}

#[derive(Clone, Copy)]
struct Owners;

impl<T: Resource> Authorize<T> for Owners {
    async fn authorize(&self, parts: &Parts, _: Option<&T::Key>, access: Access) -> Result<(), Problem> {
        match parts.headers.contains_key("authorization") || access == Access::Read {
            true => Ok(()),
            false => Err(StatusCode::FORBIDDEN.into()),
        }
    }
}

impl FromRef<Database> for Owners {
    fn from_ref(_: &Database) -> Self {
        Self
    }
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, replay = "accept", create = "put", authorize = Owners)]
struct Secret {
    #[versioned(id)]
    id: u64,
    text: String,
}

#[tokio::test]
async fn who_may_not_write_learns_nothing_of_what_is_or_was_stored() {
    async fn replace(secret: Update<Secret>) -> Result<Tagged<Secret>, Problem> {
        secret.save().await
    }
    async fn patch(secret: Update<Secret, MergePatch>) -> Result<Tagged<Secret>, Problem> {
        secret.save().await
    }
    async fn delete(secret: Guarded<Secret>) -> Result<StatusCode, Problem> {
        secret.delete().await
    }
    on_each_database(async |database| {
        let app = Router::new().route("/secrets/{id}", put(replace).patch(patch).delete(delete));
        let app = app.with_state(database);
        let (path, owner) = ("/secrets/7", ("authorization", "Bearer owner"));
        let first = call(&app, "PUT", path, &[JSON, owner], r#"{"text":"first"}"#).await;
        let tag = ("if-match", first.header("etag"));
        let refused =
            |answer: Answer| assert_eq!((outcome(&answer), answer.header("etag")), ("403".into(), ""));
        let body = r#"{"text":"second"}"#;
        let second = call(&app, "PUT", path, &[JSON, owner, tag], body).await;
        for (method, media_type) in [("PUT", JSON), ("PATCH", PATCH)] {
            refused(call(&app, method, path, &[media_type, tag], body).await);
            let again = call(&app, method, path, &[media_type, tag, owner], body).await;
            assert_eq!(outcome(&again), "200 applied");
        }
        let tag = ("if-match", second.header("etag"));
        assert_eq!(call(&app, "DELETE", path, &[owner, tag], "").await.status, 204);
        refused(call(&app, "DELETE", path, &[tag], "").await);
        assert_eq!(outcome(&call(&app, "DELETE", path, &[owner, tag], "").await), "204 applied");
    })
    .await;
}

/// The one that is carried out, and those that come too late, are told apart only by the mark.
#[tokio::test(flavor = "multi_thread")]
async fn of_equal_writes_that_race_one_is_carried_out_and_of_others_one_succeeds() {
    const RACERS: usize = 16;
    on_each_database(async |database| {
        let app = notes(&database);
        for (method, media_type) in [("PUT", JSON), ("PATCH", PATCH)] {
            for is_equal in [true, false] {
                let path = format!("/notes/{method}-{is_equal}");
                let tags = Arc::new(set_up(&app, &path, "two").await);
                let race = |number| {
                    let (app, path, tags) = (app.clone(), path.clone(), Arc::clone(&tags));
                    let text = if is_equal { 0 } else { number };
                    async move {
                        let headers = [media_type, ("if-match", &*tags.second)];
                        call(&app, method, &path, &headers, format!(r#"{{"text":"{text}"}}"#)).await
                    }
                };
                let answers = (0..RACERS).map(race).collect::<JoinSet<_>>().join_all().await;
                let count =
                    |outcome_of| answers.iter().filter(|answer| outcome(answer) == outcome_of).count();
                assert_eq!(count("200"), 1, "{method}");
                let others = if is_equal { "200 applied" } else { "412" };
                assert_eq!(count(others), RACERS - 1, "{method}");
            }
        }
    })
    .await;
}

/// RFC 9110 §13.1.1: what a handler does before it saves is not done over a state that the request does not name.
#[tokio::test]
async fn no_handler_finds_a_stored_value_that_a_stale_request_would_change() {
    on_each_database(async |database| {
        let runs = Runs::default();
        let app = notes(&database);
        let path = "/notes/a";
        let tags = set_up(&app, path, "two").await;
        let app = Router::new()
            .route("/notes/{id}", axum::routing::patch(patch).put(typed))
            .layer(Extension(runs.clone()))
            .with_state(database);
        let stale = ("if-match", &*tags.first);
        for (method, media_type, text, expected, ran) in [
            ("PATCH", PATCH, "three", "412", 0),
            ("PUT", JSON, "three", "412", 0),
            ("PUT", JSON, "two", "412", 0),
            ("PATCH", PATCH, "two", "200 applied", 1),
        ] {
            let body = format!(r#"{{"text":"{text}"}}"#);
            let answer = call(&app, method, path, &[media_type, stale], body).await;
            assert_eq!(outcome(&answer), expected, "{method} {text}");
            assert_eq!(runs.0.load(Ordering::Relaxed), ran, "{method} {text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_put_takes_one_statement_and_only_one_that_misses_takes_more() {
    let (_folder, file) = sqlite_file();
    let pool =
        SqlitePoolOptions::new().max_connections(1).connect(&format!("{file}?mode=rwc")).await.unwrap();
    let app = notes(&Database::from_pool(pool.clone()).await.unwrap());
    let path = "/notes/a";
    let tags = set_up(&app, path, "two").await;
    for (tag, text, expected, statements) in [
        (&tags.second, "three", "200", &["UPDATE"] as &[_]),
        (&tags.second, "three", "200 applied", &["UPDATE", "SELECT", "SELECT"]),
        // Once to recognise it, and once to say what differs.
        (&tags.second, "four", "412", &["UPDATE", "SELECT", "SELECT", "SELECT"]),
    ] {
        let body = format!(r#"{{"text":"{text}"}}"#);
        let put = [JSON, ("if-match", tag)];
        let (answer, run) = statements_of(&pool, call(&app, "PUT", path, &put, body)).await;
        assert_eq!(outcome(&answer), expected);
        assert_eq!(verbs(&run), statements, "{expected}");
    }
}

/// Serves a router on a port of its own.
async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Passes each connection's request on. The first answer is read from the server, and never reaches the client: its
/// connection is closed.
async fn relay(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut is_first = true;
        while let Ok((mut inbound, _)) = listener.accept().await {
            let mut outbound = TcpStream::connect(server).await.unwrap();
            if std::mem::take(&mut is_first) {
                let (mut from_client, _to_client) = inbound.split();
                let (mut from_server, mut to_server) = outbound.split();
                let mut answer = [0; 1024];
                tokio::select! {
                    _ = tokio::io::copy(&mut from_client, &mut to_server) => panic!("the client waits"),
                    read = from_server.read(&mut answer) => assert!(answer[..read.unwrap()].starts_with(b"HTTP/1.1 2")),
                }
                inbound.shutdown().await.unwrap();
            } else {
                tokio::io::copy_bidirectional(&mut inbound, &mut outbound).await.unwrap();
            }
        }
    });
    address
}

/// What a client sends once more, after it got no answer.
async fn send_twice(
    app: Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    let address = relay(serve(app).await).await;
    let request = || {
        let mut request = client().request(method.parse().unwrap(), format!("http://{address}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(body.to_owned()).send()
    };
    let error = request().await.expect_err("the connection is closed");
    assert!(!error.is_connect() && !error.is_timeout(), "{error:?}");
    let again = request().await.expect("an answer");
    let mark = again.headers().get("already-applied").map(|mark| mark.to_str().unwrap().to_owned());
    (again.status().as_u16(), mark.unwrap_or_default())
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_sent_again_and_succeeds() {
    on_each_database(async |database| {
        for (method, media_type, body) in [
            ("PUT", JSON, r#"{"text":"lost"}"#),
            ("PATCH", PATCH, r#"{"text":"lost"}"#),
            ("DELETE", JSON, ""),
        ] {
            for (replay, name) in [(Replay::Accept, "accept"), (Replay::Refuse, "refuse")] {
                let announced = Announced::default();
                let app = notes(&database);
                let path = format!("/notes/{method}-{name}");
                let tags = set_up(&app, &path, "two").await;
                let app = Router::new()
                    .route("/notes/{id}", put(replace).patch(patch).delete(delete))
                    .layer((Extension(announced.clone()), Extension(Runs::default()), Extension(replay)))
                    .with_state(database.clone());
                let headers = [media_type, ("if-match", &*tags.second)];
                let again = send_twice(app, method, &path, &headers, body).await;
                let expected = match (method, replay) {
                    ("DELETE", Replay::Accept) => (204, "?1"),
                    ("DELETE", _) => (404, ""),
                    (_, Replay::Accept) => (200, "?1"),
                    _ => (412, ""),
                };
                assert_eq!((again.0, &*again.1), expected, "{method} {name}");
                let note = database.get::<Note>(&format!("{method}-{name}")).await.unwrap();
                let expected = (method != "DELETE").then(|| "lost".to_owned());
                assert_eq!(note.map(|note| note.text), expected, "{method}: it was carried out");
                let once = usize::from(method == "PUT");
                assert_eq!(announced.0.load(Ordering::Relaxed), once, "{method} {name}");
            }
        }
    })
    .await;
}
