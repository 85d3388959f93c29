//! Hostile input, in process and over sockets: it is refused or answered as any other, in time that grows with its length,
//! and nothing is written without its guard. (Checklist 2 to 12, 40, 57, 62, 101.)

mod bodies;
mod dates;
mod keys;
mod lists;
mod slow;
mod sockets;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Json, Router};
use etag_core::axum::{Create, Fresh, FreshList, Guarded, GuardedList, MergePatch, Update};
use etag_core::{Database, Versioned};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::{Answer, call};

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "notes", create = "put", query = "etag", embed = "etag")]
struct Note {
    #[versioned(id)]
    id: String,
    text: String,
    #[serde(default)]
    size: f64,
    #[serde(default)]
    places: HashSet<Place>,
    #[serde(default)]
    extra: Value,
    #[serde(default)]
    parts: Vec<Part>,
}

/// Shown as a text, or as an object: a set of them is shown in another order than it was sent in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Versioned)]
#[serde(untagged)]
enum Place {
    Name(String),
    Number { number: u64 },
}

/// A part of parts.
#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
struct Part {
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    at: Option<At>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
struct At {
    north: f64,
    east: f64,
}

/// A router without a limit for bodies, and one note in it.
struct Service {
    router: Router,
    /// The note's tag.
    tag: String,
}

const PATH: &str = "/notes/only";
const JSON: (&str, &str) = ("content-type", "application/json");
const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

impl Service {
    async fn new() -> Self {
        Self::on(Database::connect("memory:").await.unwrap()).await
    }

    async fn on(database: Database) -> Self {
        let note = get(async |note: Fresh<Note>| note)
            .put(async |note: Update<Note>| note.save().await)
            .patch(async |note: Update<Note, MergePatch>| note.save().await)
            .post(async |note: Update<Note, Json<Value>>| note.save().await)
            .delete(async |note: Guarded<Note>| note.delete().await);
        let list = get(async |notes: FreshList<Note>| notes)
            .put(async |notes: GuardedList<Note>| notes.save().await)
            .patch(async |notes: GuardedList<Note, MergePatch>| notes.save().await)
            .post(async |note: Create<Note>| note.save().await);
        let router = Router::new()
            .route("/notes", list)
            .route("/notes/{id}", note)
            .layer(DefaultBodyLimit::disable())
            .with_state(database);
        let created = call(&router, "PUT", PATH, &[JSON], json!({"text": "first"}).to_string()).await;
        assert_eq!(created.status, 201, "{}", created.text());
        Self { tag: created.header("etag").to_owned(), router }
    }

    async fn send(&self, method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        call(&self.router, method, uri, headers, body.to_owned()).await
    }

    /// Asserts that the note is as it was, and that there is no other.
    async fn assert_untouched(&self) {
        let note = self.send("GET", PATH, &[], "").await;
        assert_eq!((note.status, note.header("etag")), (200, &*self.tag));
        assert_eq!(self.send("GET", "/notes", &[], "").await.header("x-total-count"), "1");
    }
}

/// Each way to write the note.
const WRITES: [(&str, (&str, &str), &str); 4] = [
    ("PUT", JSON, r#"{"text":"lost"}"#),
    ("PATCH", PATCH, r#"{"text":"lost"}"#),
    ("POST", JSON, r#"{"text":"lost"}"#),
    ("DELETE", JSON, ""),
];

/// The least time on the CPU that some runs take.
fn least(mut run: impl FnMut()) -> Duration {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("it is not negative");
    let time = |_| {
        let started = now();
        run();
        now() - started
    };
    (0..3).map(time).min().unwrap_or_default()
}

/// Asserts that eight times the input takes about eight times as long: 64 times, if it were quadratic.
fn assert_linear<I>(length: usize, input: impl Fn(usize) -> I, run: impl Fn(&I)) {
    const ATTEMPTS: usize = 3;
    let (some, more) = (input(length), input(8 * length));
    let ratio = || least(|| run(&more)).as_secs_f64() / least(|| run(&some)).as_secs_f64();
    // What else runs has the caches too.
    let ratios: Vec<f64> = (0..ATTEMPTS).map(|_| ratio()).take_while(|ratio| *ratio > 24.0).collect();
    assert!(ratios.len() < ATTEMPTS, "{ratios:?} times as long");
}
