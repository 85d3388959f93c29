use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::Timestamp;

/// Counts the writes without a guard that `if_match = "report"` lets through: which clients of which routes
/// [`IfMatch::Required`](crate::IfMatch::Required) would refuse, how often, and since when.
///
/// It counts for the routes that have it in an `Extension`; all clones count together, and a restart begins anew.
/// Without one, each such write is only traced, as it is with one: a `tracing` event of level `WARN` with the fields
/// `method`, `route`, `user_agent` and `collection`.
///
/// Its memory is bounded, whatever clients call themselves: a `User-Agent` is cut to 400 characters, and those that
/// come after the first 100 of a route and method are counted together, as `other`.
///
/// ```
/// use axum::routing::{get, put};
/// use axum::{Extension, Json, Router};
/// use etag_core::IfMatch;
/// use etag_core::axum::{Problem, Tagged, Unguarded, UnguardedWrites, Update};
/// use http::Request;
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database, create = "put")]
/// # struct Note { #[versioned(id)] id: String, text: String }
/// # async fn call(app: &axum::Router, request: http::request::Builder, body: &str) -> u16 {
/// #     use tower::ServiceExt;
/// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
/// #     app.clone().oneshot(request).await.unwrap().status().as_u16()
/// # }
///
/// // For the operator: authorise it.
/// async fn show(Extension(unguarded): Extension<Unguarded>) -> Json<Vec<UnguardedWrites>> {
///     Json(unguarded.writes())
/// }
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let unguarded = Unguarded::new();
/// let app = Router::new()
///     .route("/notes/{id}", put(replace))
///     .layer(Extension(IfMatch::Report)) // in place of the type's
///     .route("/unguarded", get(show))
///     .layer(Extension(unguarded.clone()))
///     .with_state(Database::connect("memory:").await?);
/// let put = || Request::put("/notes/a").header("content-type", "application/json").header("user-agent", "old/1");
/// assert_eq!(call(&app, put(), r#"{"text":"first"}"#).await, 201); // it creates: there was nothing to guard
/// assert!(unguarded.writes().is_empty());
/// assert_eq!(call(&app, put(), r#"{"text":"second"}"#).await, 200);
/// let [writes] = &unguarded.writes()[..] else { panic!() };
/// assert_eq!((writes.method, &*writes.route, &*writes.user_agent), ("PUT", "/notes/{id}", "old/1"));
/// assert_eq!((writes.count, writes.first), (1, writes.last));
/// # assert_eq!(call(&app, Request::get("/unguarded"), "").await, 200);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Unguarded(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    since: Timestamp,
    sources: Mutex<Sources>,
}

type Sources = BTreeMap<Source, BTreeMap<String, Tally>>;

/// Where writes are sent to: a route, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source {
    pub(super) route: String,
    pub(super) method: &'static str,
    pub(super) collection: &'static str,
}

#[derive(Debug)]
struct Tally {
    count: u64,
    first: Timestamp,
    last: Timestamp,
}

/// The writes without a guard of one client, as [`Unguarded`] counted them.
///
/// As JSON:
///
/// ```text
/// {"method":"PUT","route":"/notes/{id}","collection":"Note","userAgent":"old/1","count":7,"first":"…","last":"…"}
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnguardedWrites {
    /// `PUT`, `PATCH`, `DELETE` or `POST`; `other` for all others.
    pub method: &'static str,
    /// The route, as the router has it; empty for a fallback.
    pub route: String,
    /// The name of the resource's collection.
    pub collection: &'static str,
    /// What the client calls itself; empty where it says nothing, and `other` for those beyond the first 100.
    pub user_agent: String,
    /// How many such writes it sent.
    pub count: u64,
    /// When it sent the first one.
    pub first: Timestamp,
    /// When it sent the last one.
    pub last: Timestamp,
}

impl Unguarded {
    /// Counts from now on.
    ///
    /// ```
    /// # use etag_core::Timestamp;
    /// # use etag_core::axum::Unguarded;
    /// let start = Timestamp::now();
    /// let unguarded = Unguarded::new();
    /// assert!(unguarded.since() >= start && unguarded.writes().is_empty());
    /// ```
    #[expect(clippy::new_without_default, reason = "what it counts depends on when it was made")]
    pub fn new() -> Self {
        Self(Arc::new(Inner { since: Timestamp::now(), sources: Mutex::default() }))
    }

    /// Since when it counts.
    ///
    /// ```
    /// use etag_core::Timestamp;
    /// use etag_core::axum::Unguarded;
    ///
    /// assert!(Unguarded::new().since() <= Timestamp::now());
    /// ```
    pub fn since(&self) -> Timestamp {
        self.0.since
    }

    /// What was counted, the most frequent first.
    ///
    /// ```
    /// assert_eq!(etag_core::axum::Unguarded::new().writes(), []);
    /// ```
    pub fn writes(&self) -> Vec<UnguardedWrites> {
        let sources = self.lock();
        let all = sources.iter().flat_map(|(source, clients)| clients.iter().map(move |it| (source, it)));
        let mut writes: Vec<UnguardedWrites> = all
            .map(|(source, (user_agent, tally))| UnguardedWrites {
                method: source.method,
                route: source.route.clone(),
                collection: source.collection,
                user_agent: user_agent.clone(),
                count: tally.count,
                first: tally.first,
                last: tally.last,
            })
            .collect();
        writes.sort_by_key(|writes| Reverse(writes.count));
        writes
    }

    pub(super) fn count(&self, source: &Source, user_agent: &str) {
        let now = Timestamp::now();
        let mut sources = self.lock();
        let clients = sources.entry(source.clone()).or_default();
        let is_counted = clients.contains_key(user_agent) || clients.len() < MOST;
        let client = if is_counted { user_agent } else { "other" };
        let tally = clients.entry(client.to_owned()).or_insert(Tally { count: 0, first: now, last: now });
        tally.count += 1;
        tally.last = now;
    }

    fn lock(&self) -> MutexGuard<'_, Sources> {
        self.0.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many clients of a route are told apart.
const MOST: usize = 100;

impl Serialize for UnguardedWrites {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut writes = serializer.serialize_struct("UnguardedWrites", 7)?;
        writes.serialize_field("method", self.method)?;
        writes.serialize_field("route", &self.route)?;
        writes.serialize_field("collection", self.collection)?;
        writes.serialize_field("userAgent", &self.user_agent)?;
        writes.serialize_field("count", &self.count)?;
        writes.serialize_field("first", &self.first)?;
        writes.serialize_field("last", &self.last)?;
        writes.end()
    }
}
