//! Races: clients that write at once, and whether each version of yours lets one of them through.
//!
//! [`Races`] is a client, or many. It names one tag in many requests at the same time, and holds what comes back against
//! what is shown next: of the writes that name a version one is carried out, and no other is acknowledged. The service
//! need not be made with this crate: whatever has strong tags and looks at `If-Match` can be tested, in process or over a
//! socket, in one process or in several that share a database.
//!
//! ```
//! use etag_core::testing::Races;
//! # use axum::{Router, routing::get};
//! # use etag_core::axum::{Fresh, Guarded, Problem, Tagged, Update};
//! # use etag_core::{Database, Versioned};
//! # use http::StatusCode;
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Debug, Serialize, Deserialize, Versioned)]
//! # #[versioned(store = Database, create = "put")]
//! # struct Pump { #[versioned(id)] id: String, litres: u64 }
//! # async fn show(pump: Fresh<Pump>) -> Tagged<Pump> { pump.into() }
//! # async fn replace(pump: Update<Pump>) -> Result<Tagged<Pump>, Problem> { pump.save().await }
//! # async fn remove(pump: Guarded<Pump>) -> Result<StatusCode, Problem> { pump.delete().await }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let app = Router::new().route("/pumps/{id}", get(show).put(replace).delete(remove));
//! # let app = app.with_state(Database::connect("memory:").await?);
//! let report = Races::of(app)
//!     .resource("/pumps/north")
//!     .put("application/json", |number| format!(r#"{{"litres":{number}}}"#))
//!     .creates()
//!     .run()
//!     .await;
//! report.assert();
//! # Ok(())
//! # }
//! ```
//!
//! # The races
//!
//! | race | it is told of | what has to hold |
//! |---|---|---|
//! | `update` | a [write](Races::put) | of the writes that name one tag, one is carried out; the others are answered 412, and what is shown next is the winner's |
//! | `delete` | what [creates](Races::creates) | of updates and deletions that name one tag, one is carried out |
//! | `create` | what creates | of writes under `If-None-Match: *` to what does not exist, one is carried out |
//! | `revive` | what creates | a tag of before a deletion lets nothing through, while and after the resource is created again |
//! | `bulk` | a [bulk](Races::bulk) | of bulks and single writes that name one state, one is carried out; no half of a bulk is ever shown |
//! | `counter` | a [counter](Races::counter) | clients that read, add 1 and write the sum under the tag that they saw lose no addition |
//!
//! - A service without strong tags has no version to name: its races are not applicable (RFC 9110 §13.1.1).
//! - 503 with `Retry-After` means that nothing was written: it is counted, and the request is sent again.
//! - 404 counts as 412 does where something was deleted, and a DELETE of what is deleted already may succeed (§13.1.1).
//! - What is shown is compared with the winner's answer where a write without rivals is shown as it was answered, or as it
//!   was sent; a service that does neither is judged by its tags alone.
//! - That nothing was found is no proof. More [clients](Races::clients), more [rounds](Races::rounds), and a router on
//!   several threads find more.
//!
//! # The report
//!
//! [`Report`] is a table, a line for each race: how many rounds and requests there were, how many were carried out, refused
//! and unavailable, how many acknowledged writes were lost, and how many versions were followed by two. Below a line that
//! failed stand the requests that show it. [`Report::lines`] has the same as data.

mod bulk;
mod counter;
mod create;
mod delete;
mod judge;
mod report;
mod run;
mod update;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use tower_service::Service;

use super::conformance::transport::Transport;
use super::conformance::{BoxError, Write};
use bulk::Route;
use counter::Counter;
use run::Run;

pub use report::{Counts, Line, Outcome, Report};

/// A service, one of its resources, and how that is written: what clients race for.
///
/// The [module](self) has the whole story.
///
/// ```
/// use axum::{Router, routing::get};
/// use etag_core::testing::Races;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // A tag, and nobody who looks at If-Match.
/// let show = async || ([("etag", "\"v1\"")], "text");
/// let app = Router::new().route("/", get(show).put(async || ()));
/// let report = Races::of(app).put("text/plain", |number| number.to_string()).clients(4).rounds(1).run().await;
/// let line = report.failed().next().unwrap();
/// assert_eq!((line.race(), line.counts().forked), ("update", 3));
/// assert!(line.findings()[0].why().starts_with(r#"4 of 4 writes that name "v1" were carried out"#));
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is sent before `run`"]
pub struct Races {
    /// Clients take turns among them.
    servers: Vec<Transport>,
    headers: HeaderMap,
    resource: String,
    write: Option<Making>,
    create: Option<Making>,
    bulk: Option<Route>,
    counter: Option<Counter>,
    clients: usize,
    rounds: usize,
    additions: usize,
    time: Duration,
}

/// The write of a number.
type Making = Arc<dyn Fn(usize) -> Write + Send + Sync>;

impl Races {
    /// A service in process, such as an axum `Router`.
    ///
    /// Any HTTP client that is a tower service fits as well, such as one that speaks TLS; its resource is then a whole
    /// URI.
    ///
    /// ```
    /// use etag_core::testing::Races;
    /// use http::{Request, Response};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // In place of an HTTP client: its server looks at no If-Match.
    /// let client = tower::service_fn(async |_: Request<_>| {
    ///     Response::builder().header("etag", "\"v1\"").body("text".to_owned())
    /// });
    /// let races = Races::of(client).resource("https://pumps.example/north").clients(2).rounds(1);
    /// let report = races.put("text/plain", |number| number.to_string()).run().await;
    /// let line = report.failed().next().unwrap();
    /// assert!(line.findings()[0].exchange().starts_with("> PUT https://pumps.example/north\n"));
    /// # }
    /// ```
    pub fn of<S, B>(service: S) -> Self
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        Self::over(Transport::of(service, String::new(), false))
    }

    /// A service at an address such as `http://127.0.0.1:3000`.
    ///
    /// It is spoken to without TLS; for `https`, give a client of yours to [`of`](Self::of).
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let base = format!("http://{}", listener.local_addr()?);
    /// let show = async || ([("etag", "\"v1\"")], "text");
    /// let app = Router::new().route("/", get(show).put(async || ()));
    /// tokio::spawn(async { axum::serve(listener, app).await });
    ///
    /// let races = Races::at(&base).put("text/plain", |number| number.to_string());
    /// let report = races.clients(4).rounds(1).run().await;
    /// assert_eq!(report.lines()[0].counts().written, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn at(base: &str) -> Self {
        Self::over(Transport::at(base))
    }

    fn over(transport: Transport) -> Self {
        Self {
            servers: vec![transport],
            headers: HeaderMap::new(),
            resource: "/".to_owned(),
            write: None,
            create: None,
            bulk: None,
            counter: None,
            clients: 16,
            rounds: 8,
            additions: 8,
            time: Duration::from_secs(60),
        }
    }

    /// Another address of the same service, such as a second process on one database: clients take turns between them.
    ///
    /// ```
    /// use etag_core::testing::Races;
    ///
    /// let races = Races::at("http://127.0.0.1:3000").and_at("http://127.0.0.1:3001").resource("/pumps/north");
    /// assert!(format!("{races:?}").contains("servers: 2"));
    /// ```
    pub fn and_at(mut self, base: &str) -> Self {
        self.servers.push(Transport::at(base));
        self
    }

    /// The path of the resource, with its query string; `/` where none is named. It exists before, or is
    /// [created](Self::create), and is left in some state that was written. Nobody else changes it meanwhile.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    /// use etag_core::testing::races::Outcome;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = Router::new().route("/motd", get(async || ([("etag", "\"v1\"")], "be kind")));
    /// let races = Races::of(app).put("text/plain", |number| number.to_string());
    /// let report = races.clone().run().await;
    /// let Outcome::NotApplicable(why) = report.lines()[0].outcome() else { panic!() };
    /// assert!(why.starts_with("nothing is at /,"));
    /// // There is no PUT, which is now found out.
    /// let report = races.resource("/motd").run().await;
    /// assert!(matches!(report.lines()[0].outcome(), Outcome::Failed(_)));
    /// # }
    /// ```
    pub fn resource(self, path: &str) -> Self {
        Self { resource: path.to_owned(), ..self }
    }

    /// PUT changes the resource: the body of each number makes a state that no other number makes.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let show = async || ([("etag", "\"v1\"")], "text");
    /// let app = Router::new().route("/", get(show).put(async || ()));
    /// let races = Races::of(app).put("text/plain", |number| format!("text {number}"));
    /// let report = races.clients(2).rounds(1).run().await;
    /// let exchange = report.failed().next().unwrap().findings()[0].exchange();
    /// // The first write had no rivals.
    /// assert!(exchange.contains("> text 2\n") && exchange.contains("> text 3\n"));
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// [`run`](Self::run) does, where the media type can't stand in a header.
    pub fn put<B: Into<Bytes>>(
        self,
        media_type: &str,
        body: impl Fn(usize) -> B + Send + Sync + 'static,
    ) -> Self {
        let media_type = media_type.to_owned();
        self.modify(move |number| Write::put(&media_type, body(number)))
    }

    /// What changes the resource, where it is no PUT: the write of each number makes a state that no other number makes.
    ///
    /// ```
    /// use etag_core::testing::Races;
    /// use etag_core::testing::conformance::Write;
    ///
    /// let races = Races::at("http://127.0.0.1:3000").resource("/pumps/north").modify(|number| {
    ///     Write::patch("application/merge-patch+json", format!(r#"{{"litres":{number}}}"#))
    /// });
    /// ```
    pub fn modify(self, write: impl Fn(usize) -> Write + Send + Sync + 'static) -> Self {
        Self { write: Some(Arc::new(write)), ..self }
    }

    /// The [write](Self::put) that was given also creates the resource, with `If-None-Match: *`; DELETE deletes it.
    ///
    /// ```
    /// use etag_core::testing::Races;
    /// use etag_core::testing::races::{Line, Outcome};
    /// # use axum::{Router, routing::get};
    /// # use etag_core::axum::{Fresh, Guarded, Problem, Tagged, Update};
    /// # use etag_core::{Database, Versioned};
    /// # use serde::{Deserialize, Serialize};
    ///
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database, create = "put")]
    /// # struct Pump { #[versioned(id)] id: String, litres: u64 }
    /// # async fn show(pump: Fresh<Pump>) -> Tagged<Pump> { pump.into() }
    /// # async fn replace(pump: Update<Pump>) -> Result<Tagged<Pump>, Problem> {
    /// #     pump.save().await
    /// # }
    /// # async fn remove(pump: Guarded<Pump>) -> Result<http::StatusCode, Problem> {
    /// #     pump.delete().await
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = Router::new().route("/pumps/{id}", get(show).put(replace).delete(remove));
    /// # let app = app.with_state(Database::connect("memory:").await?);
    /// // Pumps by GET, PUT and DELETE; none is there before.
    /// let report = Races::of(app)
    ///     .resource("/pumps/north")
    ///     .put("application/json", |number| format!(r#"{{"litres":{number}}}"#))
    ///     .creates()
    ///     .clients(4)
    ///     .rounds(2)
    ///     .run()
    ///     .await;
    /// let passed = report.lines().iter().filter(|line| matches!(line.outcome(), Outcome::Passed));
    /// assert!(passed.map(Line::race).eq(["update", "create", "delete", "revive"]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Where no write was given before.
    pub fn creates(self) -> Self {
        assert!(self.write.is_some(), "a write before, which also creates");
        Self { create: self.write.clone(), ..self }
    }

    /// What creates the resource at its path, with `If-None-Match: *`, where that is another write than the one that
    /// changes it; DELETE deletes it. Each number makes a state that no other number makes, by any of these writes.
    ///
    /// ```
    /// use etag_core::testing::Races;
    /// use etag_core::testing::conformance::Write;
    /// use etag_core::testing::races::{Line, Outcome};
    /// # use axum::{Router, routing::get};
    /// # use etag_core::axum::{Fresh, Guarded, MergePatch, Problem, Tagged, Update};
    /// # use etag_core::{Database, Versioned};
    /// # use serde::{Deserialize, Serialize};
    ///
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database, create = "put")]
    /// # struct Pump { #[versioned(id)] id: String, litres: u64 }
    /// # async fn show(pump: Fresh<Pump>) -> Tagged<Pump> { pump.into() }
    /// # async fn replace(pump: Update<Pump>) -> Result<Tagged<Pump>, Problem> {
    /// #     pump.save().await
    /// # }
    /// # async fn remove(pump: Guarded<Pump>) -> Result<http::StatusCode, Problem> {
    /// #     pump.delete().await
    /// # }
    /// # async fn fill(pump: Update<Pump, MergePatch>) -> Result<Tagged<Pump>, Problem> {
    /// #     pump.save().await
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let methods = get(show).put(replace).patch(fill).delete(remove);
    /// # let app = Router::new().route("/pumps/{id}", methods);
    /// # let app = app.with_state(Database::connect("memory:").await?);
    /// // PUT creates a pump, and PATCH changes it.
    /// let litres = |number| format!(r#"{{"litres":{number}}}"#);
    /// let report = Races::of(app)
    ///     .resource("/pumps/north")
    ///     .modify(move |number| Write::patch("application/merge-patch+json", litres(number)))
    ///     .create(move |number| Write::put("application/json", litres(number)))
    ///     .clients(4)
    ///     .rounds(2)
    ///     .run()
    ///     .await;
    /// let passed = report.lines().iter().filter(|line| matches!(line.outcome(), Outcome::Passed));
    /// assert!(passed.map(Line::race).eq(["update", "create", "delete", "revive"]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(self, write: impl Fn(usize) -> Write + Send + Sync + 'static) -> Self {
        Self { create: Some(Arc::new(write)), ..self }
    }

    /// A list that is changed as a whole: its path, the paths of its items, and the bulk of each number, which changes each
    /// item, and makes states that no other number makes.
    ///
    /// Its GET shows these items, and a tag that moves with each of them. Where the [resource](Self::resource) is one of
    /// them, bulks race with single writes.
    ///
    /// ```
    /// use etag_core::testing::Races;
    /// use etag_core::testing::conformance::Write;
    ///
    /// let races = Races::at("http://127.0.0.1:3000")
    ///     .resource("/pumps/a")
    ///     .put("application/json", |number| format!(r#"{{"litres":{number}}}"#))
    ///     .bulk("/pumps", ["/pumps/a", "/pumps/b"], |number| {
    ///         let both = format!(r#"[{{"id":"a","litres":{number}}},{{"id":"b","litres":{number}}}]"#);
    ///         Write::put("application/json", both)
    ///     });
    /// ```
    pub fn bulk<'a>(
        self,
        path: &str,
        items: impl IntoIterator<Item = &'a str>,
        write: impl Fn(usize) -> Write + Send + Sync + 'static,
    ) -> Self {
        let items = items.into_iter().map(str::to_owned).collect();
        Self { bulk: Some(Route { path: path.to_owned(), items, write: Arc::new(write) }), ..self }
    }

    /// A number in the resource: how it is read from a representation, and the write that makes it another one.
    ///
    /// ```
    /// use etag_core::testing::Races;
    /// use etag_core::testing::conformance::Write;
    ///
    /// let litres = |shown: &[u8]| serde_json::from_slice::<serde_json::Value>(shown).ok()?["litres"].as_u64();
    /// let races = Races::at("http://127.0.0.1:3000").resource("/pumps/north").counter(litres, |_shown, litres| {
    ///     Write::put("application/json", format!(r#"{{"litres":{litres}}}"#))
    /// });
    /// assert_eq!(litres(br#"{"litres":7}"#), Some(7));
    /// ```
    pub fn counter(
        self,
        read: impl Fn(&[u8]) -> Option<u64> + Send + Sync + 'static,
        write: impl Fn(&[u8], u64) -> Write + Send + Sync + 'static,
    ) -> Self {
        Self { counter: Some(Counter { read: Arc::new(read), write: Arc::new(write) }), ..self }
    }

    /// A header of each request, such as `Authorization`, beside others of its name.
    ///
    /// ```
    /// use axum::http::{HeaderMap, StatusCode};
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let show = async |headers: HeaderMap| match headers.contains_key("authorization") {
    ///     true => Ok("text"),
    ///     false => Err(StatusCode::UNAUTHORIZED),
    /// };
    /// let races = Races::of(Router::new().route("/", get(show))).put("text/plain", |_| "text");
    /// let report = races.clone().run().await;
    /// assert!(report.lines()[0].findings()[0].exchange().contains("< 401 Unauthorized"));
    /// // There is no tag, and so nothing to race for.
    /// races.header("authorization", "Bearer of-a-test").run().await.assert();
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Where the name or the value can't stand in a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("the name of a header");
        self.headers.append(name, HeaderValue::from_str(value).expect("the value of a header"));
        self
    }

    /// How many requests are sent at once: 16, unless said otherwise.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let show = async || ([("etag", "\"v1\"")], "text");
    /// let app = Router::new().route("/", get(show).put(async || ()));
    /// let races = Races::of(app).put("text/plain", |number| number.to_string()).rounds(1);
    /// assert_eq!(races.clone().run().await.lines()[0].counts().attempts, 16);
    /// assert_eq!(races.clients(5).run().await.lines()[0].counts().attempts, 5);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Where it is less than two: nobody races alone.
    pub fn clients(self, clients: usize) -> Self {
        assert!(clients > 1, "at least two clients, so that they race");
        Self { clients, ..self }
    }

    /// How often each race is run: 8 times, unless said otherwise, and once at least.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let show = async || ([("etag", "\"v1\"")], "text");
    /// let app = Router::new().route("/", get(show).put(async || ()));
    /// let races = Races::of(app).put("text/plain", |number| number.to_string()).clients(2);
    /// assert_eq!(races.clone().rounds(3).run().await.lines()[0].counts().rounds, 3);
    /// // At least once.
    /// assert_eq!(races.rounds(0).run().await.lines()[0].counts().rounds, 1);
    /// # }
    /// ```
    pub fn rounds(self, rounds: usize) -> Self {
        Self { rounds: rounds.max(1), ..self }
    }

    /// How often each client adds 1 to the [counter](Self::counter): 8 times, unless said otherwise, and once at least.
    ///
    /// ```
    /// use etag_core::testing::Races;
    /// use etag_core::testing::conformance::Write;
    /// use serde_json::{Value, from_slice};
    /// # use axum::{Router, routing::get};
    /// # use etag_core::axum::{Fresh, Guarded, Problem, Tagged, Update};
    /// # use etag_core::{Database, Versioned};
    /// # use serde::{Deserialize, Serialize};
    ///
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database, create = "put")]
    /// # struct Pump { #[versioned(id)] id: String, litres: u64 }
    /// # async fn show(pump: Fresh<Pump>) -> Tagged<Pump> { pump.into() }
    /// # async fn replace(pump: Update<Pump>) -> Result<Tagged<Pump>, Problem> {
    /// #     pump.save().await
    /// # }
    /// # async fn remove(pump: Guarded<Pump>) -> Result<http::StatusCode, Problem> {
    /// #     pump.delete().await
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = Router::new().route("/pumps/{id}", get(show).put(replace).delete(remove));
    /// # let app = app.with_state(Database::connect("memory:").await?);
    /// // Pumps by GET, PUT and DELETE; none is there before.
    /// let litres = |shown: &[u8]| from_slice::<Value>(shown).ok()?["litres"].as_u64();
    /// let put = |litres| Write::put("application/json", format!(r#"{{"litres":{litres}}}"#));
    /// let report = Races::of(app)
    ///     .resource("/pumps/north")
    ///     .create(move |number| put(number as u64))
    ///     .counter(litres, move |_shown, sum| put(sum))
    ///     .clients(3)
    ///     .rounds(1)
    ///     .additions(2)
    ///     .run()
    ///     .await;
    /// let counter = report.lines().iter().find(|line| line.race() == "counter").unwrap();
    /// assert_eq!(counter.counts().written, 3 * 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn additions(self, additions: usize) -> Self {
        Self { additions: additions.max(1), ..self }
    }

    /// How long all races may take together: a minute, unless said otherwise. A race that it ends is judged by the rounds
    /// that there were.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    /// use etag_core::testing::races::Outcome;
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let show = async || ([("etag", "\"v1\"")], "text");
    /// let app = Router::new().route("/", get(show).put(async || ()));
    /// let races = Races::of(app).put("text/plain", |number| number.to_string());
    /// let report = races.within(Duration::ZERO).run().await;
    /// let Outcome::NotApplicable(why) = report.lines()[0].outcome() else { panic!() };
    /// assert_eq!(why, "the time was over before a round was");
    /// # }
    /// ```
    pub fn within(self, time: Duration) -> Self {
        Self { time, ..self }
    }

    /// Runs all races.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    /// use etag_core::testing::races::Outcome;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let show = async || ([("etag", "\"v1\"")], "text");
    /// let app = Router::new().route("/", get(show).put(async || ()));
    /// let races = Races::of(app).put("text/plain", |number| number.to_string()).clients(2);
    /// let report = races.run().await;
    /// assert!(matches!(report.lines()[0].outcome(), Outcome::Failed(_)));
    /// // Nothing was said of what creates, of a bulk and of a counter.
    /// let rest = &report.lines()[1..];
    /// assert!(rest.iter().all(|line| matches!(line.outcome(), Outcome::NotApplicable(_))));
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime, or in one without timers.
    pub async fn run(self) -> Report {
        let mut run = Run::new(self);
        let lines = vec![
            update::line(&mut run).await,
            create::line(&mut run).await,
            delete::line(&mut run).await,
            delete::line_of_revivals(&mut run).await,
            bulk::line(&mut run).await,
            counter::line(&mut run).await,
        ];
        Report::new(lines)
    }
}

impl fmt::Debug for Races {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Races")
            .field("servers", &self.servers.len())
            .field("resource", &self.resource)
            .field("clients", &self.clients)
            .field("rounds", &self.rounds)
            .finish_non_exhaustive()
    }
}
