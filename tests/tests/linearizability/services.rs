//! What keeps registers: a store, a router over it, and two processes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::routing::put;
use axum::{Extension, Router};
use etag_core::axum::{Update, Whole};
use etag_core::{Database, DatabaseError, Matched, Problem, Removed, Store, Version, Written};
use http::{Request, StatusCode};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tests::items::{Content, Item, JSON, router};
use tests::{Registry, call, client};
use tower::ServiceExt;
use uuid::Uuid;

use crate::history::Outcome;

/// A state that was shown: its tag, and the number that it holds.
#[derive(Debug, Clone)]
pub struct Seen {
    pub tag: String,
    pub number: u64,
}

/// A guarded write.
pub struct Write<'a> {
    pub key: &'a str,
    /// The state that it names; `None`: nothing exists.
    pub required: Option<&'a Seen>,
    /// What it writes; `None`: it deletes.
    pub to: Option<u64>,
}

/// Keeps registers.
pub trait Service: Clone + Send + Sync + 'static {
    /// The name of a register that no other seed uses.
    fn name(seed: u64, key: usize) -> String {
        format!("{seed}-{key}")
    }

    /// What is there; whoever knows a state may be told that it is still that.
    fn read(&self, key: &str, known: Option<&Seen>) -> impl Future<Output = Option<Seen>> + Send;

    /// What became of a write, and the state that it made.
    fn write(&self, write: Write<'_>) -> impl Future<Output = (Outcome, Option<Seen>)> + Send;
}

/// A store, without HTTP around its methods.
#[derive(Clone)]
pub struct Direct<S> {
    store: S,
    /// Only an extractor makes the proof that a store takes.
    prover: Router,
}

/// A value to write, and the proof that a guard has passed.
type Proof = Arc<Mutex<Option<(Content, Matched<Content>)>>>;

impl<S: Store<Content>> Direct<S> {
    pub fn new(store: S) -> Self {
        let prove = async |Extension(proof): Extension<Proof>, update: Update<Content, Whole, S>| {
            *proof.lock().unwrap() = Some(update.into_parts());
        };
        let prover = Router::new().route("/{id}", put(prove)).with_state(store.clone());
        Self { store, prover }
    }

    async fn prove(&self, write: &Write<'_>) -> (Content, Matched<Content>) {
        let (condition, state) = condition(write);
        let proof = Proof::default();
        let request = Request::put(format!("/{}", write.key)).header("content-type", JSON);
        let request = request.header(condition, state).extension(proof.clone());
        let body = json!({ "n": write.to.unwrap_or_default() }).to_string();
        let proven = self.prover.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        assert_eq!(proven.status(), 200);
        proof.lock().unwrap().take().expect("the handler ran")
    }
}

impl<S: Store<Content>> Service for Direct<S> {
    async fn read(&self, key: &str, known: Option<&Seen>) -> Option<Seen> {
        let key = key.to_owned();
        let tag = |version: Version| format!("\"{}\"", version.state);
        if let Some(known) = known {
            let version = self.store.version(&key).await.map_err(Into::into).unwrap()?;
            if tag(version) == known.tag {
                return Some(known.clone());
            }
        }
        let (content, version) = self.store.load(&key).await.map_err(Into::into).unwrap()?;
        Some(Seen { tag: tag(version), number: content.n })
    }

    async fn write(&self, write: Write<'_>) -> (Outcome, Option<Seen>) {
        let (content, matched) = self.prove(&write).await;
        if write.to.is_none() {
            return match self.store.remove(matched).await {
                Ok(Removed::Removed) => (Outcome::Written, None),
                Ok(Removed::Stale(_)) => (Outcome::Refused, None),
                Err(_) => (Outcome::Unknown, None),
            };
        }
        match self.store.replace(matched, content).await {
            Ok(Written::Created(content, version) | Written::Replaced(content, version)) => {
                let seen = Seen { tag: format!("\"{}\"", version.state), number: content.n };
                (Outcome::Written, Some(seen))
            }
            Ok(Written::Unchanged(..)) => unreachable!("no number is written twice"),
            Ok(Written::Stale(_)) => (Outcome::Refused, None),
            Err(_) => (Outcome::Unknown, None),
        }
    }
}

/// Handlers over a store, in process.
#[derive(Clone)]
pub struct OverRouter(Router);

impl OverRouter {
    pub fn new<T: Item>(database: &Database) -> Self {
        Self(router::<T>(database))
    }
}

impl Service for OverRouter {
    async fn read(&self, key: &str, known: Option<&Seen>) -> Option<Seen> {
        let condition = known.map(|known| ("if-none-match", &*known.tag));
        let shown = call(&self.0, "GET", &format!("/it/{key}"), condition.as_slice(), "").await;
        shown_by(shown.status, shown.header("etag"), &shown.body, "n", known)
    }

    async fn write(&self, write: Write<'_>) -> (Outcome, Option<Seen>) {
        let headers = [condition(&write), ("content-type", JSON)];
        let method = if write.to.is_some() { "PUT" } else { "DELETE" };
        let body = write.to.map(|number| json!({ "n": number }).to_string()).unwrap_or_default();
        let answer = call(&self.0, method, &format!("/it/{}", write.key), &headers, body).await;
        answered(answer.status, answer.header("etag"), write.to)
    }
}

/// Registries that share a database; clients take turns among them.
#[derive(Clone)]
pub struct OverHttp {
    registries: Arc<Vec<Registry>>,
    turn: Arc<AtomicUsize>,
    client: Client,
}

impl OverHttp {
    pub fn new(registries: Vec<Registry>) -> Self {
        Self { registries: Arc::new(registries), turn: Arc::default(), client: client() }
    }

    fn request(&self, method: Method, key: &str) -> reqwest::RequestBuilder {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.registries.len();
        self.client.request(method, self.registries[turn].url(&format!("/assets/{key}")))
    }
}

impl Service for OverHttp {
    fn name(seed: u64, key: usize) -> String {
        Uuid::from_u64_pair(seed, key as u64).to_string()
    }

    async fn read(&self, key: &str, known: Option<&Seen>) -> Option<Seen> {
        let request = self.request(Method::GET, key);
        let request =
            known.iter().fold(request, |request, known| request.header("if-none-match", &known.tag));
        let answer = request.send().await.expect("the registry answers");
        let (status, tag) = (answer.status(), tag_of(&answer));
        shown_by(status.as_u16(), &tag, &answer.bytes().await.unwrap(), "value", known)
    }

    async fn write(&self, write: Write<'_>) -> (Outcome, Option<Seen>) {
        let (name, state) = condition(&write);
        let request = match write.to {
            Some(number) => self.request(Method::PUT, write.key).json(&asset(number)),
            None => self.request(Method::DELETE, write.key),
        };
        match request.header(name, state).send().await {
            Ok(answer) => answered(answer.status().as_u16(), &tag_of(&answer), write.to),
            Err(_) => (Outcome::Unknown, None),
        }
    }
}

fn asset(value: u64) -> Value {
    json!({
        "serialNumber": "R-1",
        "name": "Register",
        "status": "active",
        "value": value,
        "tags": [],
        "location": null,
        "productId": Uuid::nil(),
    })
}

fn tag_of(answer: &reqwest::Response) -> String {
    answer.headers().get("etag").map_or_else(String::new, |tag| tag.to_str().unwrap().to_owned())
}

fn condition<'a>(write: &Write<'a>) -> (&'static str, &'a str) {
    write.required.map_or(("if-none-match", "*"), |seen| ("if-match", &seen.tag))
}

fn shown_by(status: u16, tag: &str, body: &[u8], member: &str, known: Option<&Seen>) -> Option<Seen> {
    match status {
        200 => {
            let body: Value = serde_json::from_slice(body).expect("JSON");
            let number = body[member].as_f64().expect("a number") as u64;
            Some(Seen { tag: tag.to_owned(), number })
        }
        304 => known.cloned(),
        404 => None,
        status => panic!("{status} for a GET"),
    }
}

fn answered(status: u16, tag: &str, to: Option<u64>) -> (Outcome, Option<Seen>) {
    match StatusCode::from_u16(status).unwrap() {
        status if status.is_success() => {
            (Outcome::Written, to.map(|number| Seen { tag: tag.to_owned(), number }))
        }
        StatusCode::PRECONDITION_FAILED | StatusCode::NOT_FOUND => (Outcome::Refused, None),
        StatusCode::SERVICE_UNAVAILABLE => (Outcome::Unknown, None),
        status => panic!("{status} for a guarded write"),
    }
}

/// A store with a mistake.
#[derive(Clone)]
pub struct Mistaken {
    database: Database,
    mistake: Mistake,
    calls: Arc<AtomicUsize>,
    /// What was read before.
    kept: Arc<Mutex<HashMap<String, (u64, Version)>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// It compares, and then writes over whatever is there.
    ComparesBefore,
    /// It shows what it has read before.
    ReadsStale,
    /// It acknowledges writes that it does not carry out.
    Drops,
    /// It fails, before or after it has written: no mistake.
    Fails,
}

impl Mistaken {
    pub fn new(database: Database, mistake: Mistake) -> Self {
        Self { database, mistake, calls: Arc::default(), kept: Arc::default() }
    }

    /// Whether this call is one of those that go wrong.
    fn is_every(&self, nth: usize, mistake: Mistake) -> bool {
        self.mistake == mistake && self.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(nth)
    }

    /// Compares, and lets others in before the write.
    async fn compares(
        &self,
        matched: Matched<Content>,
    ) -> Result<Result<Matched<Content>, Option<Version>>, Problem> {
        if self.mistake != Mistake::ComparesBefore {
            return Ok(Ok(matched));
        }
        let found = Store::<Content>::version(&self.database, matched.key()).await?;
        tokio::task::yield_now().await;
        let is_admitted = match &found {
            Some(found) => matched.required().admits(found.state),
            None => matched.required().admits_creation(true),
        };
        Ok(if is_admitted { Ok(Matched::unconditional(matched.key().clone())) } else { Err(found) })
    }
}

impl Store<Content> for Mistaken {
    type Error = Problem;

    async fn version(&self, key: &String) -> Result<Option<Version>, Problem> {
        Ok(Store::<Content>::version(&self.database, key).await?)
    }

    async fn load(&self, key: &String) -> Result<Option<(Content, Version)>, Problem> {
        let kept = self.kept.lock().unwrap().get(key).copied();
        if let Some((n, version)) = kept.filter(|_| self.is_every(2, Mistake::ReadsStale)) {
            return Ok(Some((Content { id: key.clone(), n }, version)));
        }
        let loaded: Option<(Content, Version)> = self.database.load(key).await?;
        if let Some((content, version)) = &loaded {
            self.kept.lock().unwrap().insert(key.clone(), (content.n, *version));
        }
        Ok(loaded)
    }

    async fn replace(&self, matched: Matched<Content>, new: Content) -> Result<Written<Content>, Problem> {
        let matched = match self.compares(matched).await? {
            Ok(matched) => matched,
            Err(found) => return Ok(Written::Stale(found)),
        };
        if self.is_every(8, Mistake::Fails) {
            return Err(DatabaseError::Busy(1).into());
        }
        let version = self.database.load(matched.key()).await?;
        if let Some((Content { .. }, version)) = version.filter(|_| self.is_every(5, Mistake::Drops)) {
            return Ok(Written::Replaced(new, version));
        }
        let written = self.database.replace(matched, new).await?;
        if self.is_every(7, Mistake::Fails) {
            return Err(DatabaseError::Busy(1).into());
        }
        Ok(written)
    }

    async fn remove(&self, matched: Matched<Content>) -> Result<Removed, Problem> {
        match self.compares(matched).await? {
            Ok(matched) => Ok(self.database.remove(matched).await?),
            Err(found) => Ok(Removed::Stale(found)),
        }
    }
}
