//! Conformance: the rules of RFC 9110 for conditional requests, held against a service of yours.
//!
//! [`Conformance`] is a client. It reads and changes one resource in each way that the rules speak of, and says of each
//! rule whether it was kept. The service need not be made with this crate: whatever has an `ETag` or a `Last-Modified`
//! can be checked, in process or over a socket.
//!
//! ```
//! use etag_core::testing::Conformance;
//! # use axum::{Router, routing::get};
//! # use etag_core::axum::{Fresh, Problem, Tagged, Update};
//! # use etag_core::{Database, Versioned};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Debug, Serialize, Deserialize, Versioned)]
//! # #[versioned(store = Database, create = "put")]
//! # struct Pump { #[versioned(id)] id: String, litres: f64 }
//! # async fn show(pump: Fresh<Pump>) -> Tagged<Pump> { pump.into() }
//! # async fn replace(pump: Update<Pump>) -> Result<Tagged<Pump>, Problem> { pump.save().await }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let app = Router::new().route("/pumps/{id}", get(show).put(replace));
//! # let app = app.with_state(Database::connect("memory:").await?);
//! # use tower::ServiceExt;
//! # let put = http::Request::put("/pumps/north").header("content-type", "application/json");
//! # app.clone().oneshot(put.body(axum::body::Body::from(r#"{"litres":40}"#))?).await?;
//!
//! let report = Conformance::of(app)
//!     .resource("/pumps/north")
//!     .put("application/json", [r#"{"litres":40}"#, r#"{"litres":41}"#])
//!     .requires_if_match()
//!     .run()
//!     .await;
//! report.assert();
//! # Ok(())
//! # }
//! ```
//!
//! - The resource exists before, is changed many times, and is left in some state that was written. Nobody else changes
//!   it meanwhile.
//! - What the kit is not told of is not applicable: without a [write](Conformance::put) only reads are checked, and
//!   without an [absent](Conformance::absent) path nothing is created or deleted.
//! - A rule that can't be judged because another one is broken is not applicable, and names the other: what is reported
//!   as failed is the cause.
//! - Where a resource has a date, a run takes some seconds: a date counts once its second is over (RFC 9110 §8.8.2.2).
//!
//! # The report
//!
//! [`Report`] is a table, a line for each check: the number of the rule in the
//! [checklist](crate::guides::http_checklist), the section, the outcome and what is required. Below a line that failed
//! stand what was expected, what was sent, and what came back. [`Report::lines`] has the same as data.
//!
//! # Behind a proxy
//!
//! [`Conformance::at`] takes the address of a proxy as well. What the proxy breaks and you accept is
//! [tolerated](Conformance::tolerating), by the number of its rule and for a reason; it still stands in the report.

pub(super) mod exchange;
mod report;
mod rules;
pub(super) mod session;
pub(super) mod transport;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use tower_service::Service;

use session::Session;
use transport::Transport;
use write::Writes;

pub use report::{Failure, Line, Outcome, Report};
pub use write::Write;

/// A service, one of its resources, and how that is changed: what the rules are held against.
///
/// The [module](self) has the whole story.
///
/// ```
/// use axum::{Router, routing::get};
/// use etag_core::axum::EtagLayer;
/// use etag_core::testing::Conformance;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = Router::new().route("/motd", get(|| async { "be kind" })).layer(EtagLayer::new());
/// let report = Conformance::of(app)
///     .resource("/motd")
///     .tolerating(48, "the layer evaluates no If-Match: the handler has run by then")
///     .run()
///     .await;
/// report.assert();
/// assert!(report.to_string().contains("52  §13.1.2"));
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is sent before `run`"]
pub struct Conformance {
    transport: Transport,
    resource: String,
    absent: Option<String>,
    collection: Option<(String, Write)>,
    writes: Writes,
    headers: HeaderMap,
    requires_if_match: bool,
    tolerated: BTreeMap<u8, String>,
}

impl Conformance {
    /// A service in process, such as an axum `Router`.
    ///
    /// Any HTTP client that is a tower service fits as well, such as one that speaks TLS; its resource is then a whole
    /// URI. The rules about `Date` are not applicable here: it is the server around a service that sends it.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    /// use etag_core::testing::conformance::Outcome;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = Router::new().route("/", get(async || ([("etag", "\"v1\"")], "text")));
    /// let report = Conformance::of(app).run().await;
    /// let line = |rule| report.lines().iter().find(|line| line.rule() == rule).unwrap();
    /// assert!(matches!(line(1).outcome(), Outcome::Passed));
    /// // "each answer has a Date"
    /// assert!(matches!(line(27).outcome(), Outcome::NotApplicable(_)));
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
    /// use etag_core::testing::Conformance;
    /// use etag_core::testing::conformance::Outcome;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let base = format!("http://{}", listener.local_addr()?);
    /// let app = Router::new().route("/", get(async || ([("etag", "\"v1\"")], "text")));
    /// tokio::spawn(async { axum::serve(listener, app).await });
    ///
    /// let report = Conformance::at(&base).run().await;
    /// // "each answer has a Date": the server sends it.
    /// let line = report.lines().iter().find(|line| line.rule() == 27).unwrap();
    /// assert!(matches!(line.outcome(), Outcome::Passed));
    /// # Ok(())
    /// # }
    /// ```
    pub fn at(base: &str) -> Self {
        Self::over(Transport::at(base))
    }

    fn over(transport: Transport) -> Self {
        Self {
            transport,
            resource: "/".to_owned(),
            absent: None,
            collection: None,
            writes: Writes::None,
            headers: HeaderMap::new(),
            requires_if_match: false,
            tolerated: BTreeMap::new(),
        }
    }

    /// The path of the resource, with its query string; `/` where none is named.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = Router::new().route("/motd", get(async || ([("etag", "\"v1\"")], "be kind")));
    /// // Rule 22: a 200 to GET has a validator.
    /// let report = Conformance::of(app.clone()).resource("/motd?lang=en").run().await;
    /// assert!(report.failed().all(|line| line.rule() != 22));
    /// let report = Conformance::of(app).run().await;
    /// assert!(report.failed().any(|line| line.rule() == 22));
    /// # }
    /// ```
    pub fn resource(self, path: &str) -> Self {
        Self { resource: path.to_owned(), ..self }
    }

    /// PUT changes the resource: two bodies or more, taken in turns. The first may be what is there.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    /// # use std::sync::{Arc, Mutex};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let text = Arc::new(Mutex::new("kind".to_owned()));
    /// # let shown = Arc::clone(&text);
    /// # let show = async move || {
    /// #     let text = shown.lock().unwrap().clone();
    /// #     ([("etag", format!("\"{text}\""))], text)
    /// # };
    /// # let replace = async move |sent: String| *text.lock().unwrap() = sent;
    /// // The tag moves with each PUT, and nobody looks at If-Match.
    /// let app = Router::new().route("/motd", get(show).put(replace));
    /// let kit = Conformance::of(app).resource("/motd").put("text/plain", ["kind", "brief"]);
    /// // Rule 43: a write that names another state is not carried out.
    /// assert!(kit.run().await.failed().any(|line| line.rule() == 43));
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Where there are less than two bodies: the resource is to change.
    /// Where the media type can't stand in a header.
    pub fn put<B: Into<Bytes>>(self, media_type: &str, bodies: impl IntoIterator<Item = B>) -> Self {
        let writes: Vec<Write> = bodies.into_iter().map(|body| Write::put(media_type, body)).collect();
        assert!(writes.len() > 1, "at least two bodies, so that the resource changes");
        Self { writes: Writes::InTurns(writes), ..self }
    }

    /// What changes the resource: the first write, the second, and so on. Each makes another state than the one before.
    ///
    /// ```
    /// use etag_core::testing::Conformance;
    /// use etag_core::testing::conformance::Write;
    ///
    /// let kit = Conformance::at("http://127.0.0.1:3000").resource("/pumps/north").modify(|number| {
    ///     Write::patch("application/merge-patch+json", format!(r#"{{"litres":{number}}}"#))
    /// });
    /// ```
    pub fn modify(self, write: impl Fn(usize) -> Write + Send + Sync + 'static) -> Self {
        Self { writes: Writes::made(write), ..self }
    }

    /// A path where nothing exists, and which the caller may see.
    ///
    /// Where the write that is given is a PUT and creates it, what was created is deleted and created again.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    /// use etag_core::testing::conformance::Outcome;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = Router::new().route("/motd", get(async || ([("etag", "\"v1\"")], "be kind")));
    /// let report = Conformance::of(app).resource("/motd").absent("/nothing").run().await;
    /// // What is not there is 404 under any condition.
    /// let line = report.lines().iter().find(|line| line.rule() == 36).unwrap();
    /// assert!(matches!(line.outcome(), Outcome::Passed));
    /// # }
    /// ```
    pub fn absent(self, path: &str) -> Self {
        Self { absent: Some(path.to_owned()), ..self }
    }

    /// The path of a collection, and a POST that creates in it. What was created is deleted again, where DELETE is
    /// allowed.
    ///
    /// ```
    /// use axum::http::StatusCode;
    /// use axum::routing::{get, post};
    /// use etag_core::testing::Conformance;
    /// use etag_core::testing::conformance::Write;
    /// # use axum::Router;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let show = async || ([("etag", "\"v1\"")], "a note");
    /// // The answer has another tag than what it created.
    /// let create = async || (StatusCode::CREATED, [("location", "/notes/1"), ("etag", "\"v0\"")]);
    /// let app = Router::new().route("/notes", post(create)).route("/notes/1", get(show));
    /// let kit = Conformance::of(app).resource("/notes/1");
    /// let report = kit.collection("/notes", Write::post("text/plain", "a note")).run().await;
    /// assert!(report.failed().any(|line| line.rule() == 81));
    /// # }
    /// ```
    pub fn collection(self, path: &str, post: Write) -> Self {
        Self { collection: Some((path.to_owned(), post)), ..self }
    }

    /// A header of each request, such as `Authorization`, beside others of its name.
    ///
    /// ```
    /// use axum::http::{HeaderMap, StatusCode};
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let show = async |headers: HeaderMap| match headers.contains_key("authorization") {
    ///     true => Ok(([("etag", "\"v1\"")], "text")),
    ///     false => Err(StatusCode::UNAUTHORIZED),
    /// };
    /// let kit = Conformance::of(Router::new().route("/", get(show)));
    /// // Rule 22: a 200 to GET has a validator.
    /// assert!(kit.clone().run().await.failed().any(|line| line.rule() == 22));
    /// let report = kit.header("authorization", "Bearer of-a-test").run().await;
    /// assert!(report.failed().all(|line| line.rule() != 22));
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

    /// A write without a condition is to be answered 428 (RFC 6585 §3); else it may be carried out.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let show = async || ([("etag", "\"v1\"")], "text");
    /// let app = Router::new().route("/", get(show).put(async || ()));
    /// let kit = Conformance::of(app).put("text/plain", ["text", "other text"]);
    /// assert!(kit.clone().run().await.failed().all(|line| line.rule() != 94));
    /// assert!(kit.requires_if_match().run().await.failed().any(|line| line.rule() == 94));
    /// # }
    /// ```
    pub fn requires_if_match(self) -> Self {
        Self { requires_if_match: true, ..self }
    }

    /// Where a rule fails it is tolerated, for this reason: what a proxy in front does, or a choice of the service.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    /// use etag_core::testing::conformance::Outcome;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // A tag, and nobody who looks at If-None-Match.
    /// let app = Router::new().route("/", get(async || ([("etag", "\"v1\"")], "text")));
    /// let report = Conformance::of(app).tolerating(51, "the CDN answers 304").run().await;
    /// assert!(report.failed().all(|line| line.rule() != 51));
    /// let line = report.lines().iter().find(|line| line.rule() == 51).unwrap();
    /// let Outcome::Tolerated { because, .. } = line.outcome() else { panic!() };
    /// assert_eq!(because, "the CDN answers 304");
    /// # }
    /// ```
    pub fn tolerating(mut self, rule: u8, because: &str) -> Self {
        self.tolerated.insert(rule, because.to_owned());
        self
    }

    /// Holds all rules against the service.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    /// use etag_core::testing::conformance::Outcome;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = Router::new().route("/", get(async || ([("etag", "\"v1\"")], "text")));
    /// let report = Conformance::of(app).run().await;
    /// let line = |rule| report.lines().iter().find(|line| line.rule() == rule).unwrap();
    /// assert!(matches!(line(22).outcome(), Outcome::Passed));
    /// // Nothing was said of how the resource is changed.
    /// let Outcome::NotApplicable(why) = line(42).outcome() else { panic!() };
    /// assert_eq!(why, "no write was given");
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime, or in one without timers.
    pub async fn run(self) -> Report {
        let tolerated = self.tolerated.clone();
        let mut session = Session::new(self);
        let mut lines = Vec::new();
        for rule in rules::all() {
            let verdict = rule.check(&mut session).await;
            lines.push(rule.line(verdict, tolerated.get(&rule.number())));
        }
        // By number; checks of one rule in the order in which they were made.
        lines.sort_by_key(Line::rule);
        Report::new(lines)
    }
}

impl fmt::Debug for Conformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conformance")
            .field("resource", &self.resource)
            .field("absent", &self.absent)
            .field("tolerated", &self.tolerated)
            .finish_non_exhaustive()
    }
}

/// Any error, as services have them.
///
/// ```
/// use etag_core::testing::Conformance;
/// use etag_core::testing::conformance::{BoxError, Outcome};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let service =
///     tower::service_fn(async |_| Err::<http::Response<String>, BoxError>("it is down".into()));
/// let report = Conformance::of(service).run().await;
/// let Outcome::Failed(failure) = report.failed().next().unwrap().outcome() else { panic!() };
/// assert_eq!(failure.why(), "GET /: it is down");
/// # }
/// ```
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
