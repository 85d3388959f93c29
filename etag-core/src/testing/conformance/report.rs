use std::fmt;

/// What became of each check.
///
/// Its text is a table, and below each line that failed what was sent and what came back.
///
/// ```
/// use axum::{Router, routing::get};
/// use etag_core::testing::Conformance;
/// use etag_core::testing::conformance::Outcome;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // A tag, and nobody who looks at If-None-Match.
/// let app = Router::new().route("/", get(|| async { ([("etag", "\"v1\"")], "text") }));
/// let report = Conformance::of(app).run().await;
/// let line = report.failed().find(|line| line.rule() == 51).unwrap();
/// let Outcome::Failed(failure) = line.outcome() else { panic!() };
/// assert!(failure.why().starts_with("expected 304, not 200"));
/// assert!(failure.exchange().contains("> if-none-match: \"v1\""));
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Report {
    lines: Vec<Line>,
}

impl Report {
    pub(super) fn new(lines: Vec<Line>) -> Self {
        Self { lines }
    }

    /// All lines, by the numbers of their rules; a rule with several checks has several.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = Router::new().route("/", get(async || ([("etag", "\"v1\"")], "text")));
    /// let report = Conformance::of(app).run().await;
    /// assert!(report.lines().is_sorted_by_key(|line| line.rule()));
    /// // Checked of If-None-Match and of If-Match.
    /// assert_eq!(report.lines().iter().filter(|line| line.rule() == 7).count(), 2);
    /// # }
    /// ```
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The lines that failed and are not tolerated.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // A tag, and nobody who looks at any condition.
    /// let app = Router::new().route("/", get(async || ([("etag", "\"v1\"")], "text")));
    /// let report = Conformance::of(app).tolerating(48, "of no use on GET").run().await;
    /// assert!(report.failed().any(|line| line.rule() == 51));
    /// assert!(report.failed().all(|line| line.rule() != 48));
    /// # }
    /// ```
    pub fn failed(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| matches!(line.outcome, Outcome::Failed(_)))
    }

    /// Nothing failed that is not tolerated.
    ///
    /// ```should_panic
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // A tag, and nobody who looks at If-None-Match.
    /// let app = Router::new().route("/", get(async || ([("etag", "\"v1\"")], "text")));
    /// Conformance::of(app).run().await.assert();
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Where something did, with the whole report.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.failed().next().is_none(), "the service does not conform\n{self}");
    }

    fn count(&self, outcome: &str) -> usize {
        self.lines.iter().filter(|line| line.outcome.word() == outcome).count()
    }
}

/// What became of one check.
///
/// ```
/// use axum::{Router, routing::get};
/// use etag_core::testing::Conformance;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = Router::new().route("/", get(async || ([("etag", "\"v1\"")], "text")));
/// let report = Conformance::of(app).run().await;
/// let line = &report.lines()[0];
/// let text = format!("{} of {}: {}", line.rule(), line.section(), line.requirement());
/// assert_eq!(text, "1 of §8.8.3: a tag is in double quotes, with W/ before them or nothing");
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Line {
    pub(super) rule: u8,
    pub(super) section: &'static str,
    pub(super) requirement: &'static str,
    pub(super) outcome: Outcome,
}

impl Line {
    /// The number of the rule in the [checklist](crate::guides::http_checklist).
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // Nothing that a condition could name.
    /// let app = Router::new().route("/", get(async || "text"));
    /// let report = Conformance::of(app).run().await;
    /// assert_eq!(report.failed().next().unwrap().rule(), 22);
    /// # }
    /// ```
    pub fn rule(&self) -> u8 {
        self.rule
    }

    /// Where the rule stands: `§…` is of RFC 9110.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = Router::new().route("/", get(async || ([("etag", "\"v1\"")], "text")));
    /// let report = Conformance::of(app).run().await;
    /// let line = |rule| report.lines().iter().find(|line| line.rule() == rule).unwrap();
    /// assert_eq!((line(51).section(), line(94).section()), ("§13.1.2", "RFC 6585 §3"));
    /// # }
    /// ```
    pub fn section(&self) -> &'static str {
        self.section
    }

    /// What is required.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = Router::new().route("/", get(async || ([("etag", "\"v1\"")], "text")));
    /// let report = Conformance::of(app).run().await;
    /// let line = report.lines().iter().find(|line| line.rule() == 20).unwrap();
    /// assert_eq!(line.requirement(), "the tag of what did not change does not move");
    /// # }
    /// ```
    pub fn requirement(&self) -> &'static str {
        self.requirement
    }

    /// Whether it was kept.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Conformance;
    /// use etag_core::testing::conformance::Outcome;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = Router::new().route("/", get(async || ([("etag", "v1, unquoted")], "text")));
    /// let report = Conformance::of(app).run().await;
    /// // A tag is in double quotes.
    /// let line = report.lines().iter().find(|line| line.rule() == 1).unwrap();
    /// assert!(matches!(line.outcome(), Outcome::Failed(_)));
    /// # }
    /// ```
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// Whether a rule was kept.
///
/// ```
/// use axum::{Router, routing::get};
/// use etag_core::testing::Conformance;
/// use etag_core::testing::conformance::Outcome;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // A tag, and nobody who looks at any condition.
/// let app = Router::new().route("/", get(async || ([("etag", "\"v1\"")], "text")));
/// let report = Conformance::of(app).tolerating(48, "of no use").run().await;
/// let line = |rule| report.lines().iter().find(|line| line.rule() == rule).unwrap();
/// assert!(matches!(line(1).outcome(), Outcome::Passed));
/// assert!(matches!(line(51).outcome(), Outcome::Failed(_)));
/// let Outcome::Tolerated { because, .. } = line(48).outcome() else { panic!() };
/// assert_eq!(because, "of no use");
/// let Outcome::NotApplicable(why) = line(42).outcome() else { panic!() };
/// assert_eq!(why, "no write was given");
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// It was.
    Passed,
    /// It was not.
    Failed(Failure),
    /// It was not, which is accepted.
    Tolerated {
        /// The reason that was given.
        because: String,
        /// What was seen.
        failure: Failure,
    },
    /// It could not be judged, or says nothing of this service: why.
    NotApplicable(String),
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => PASSED,
            Self::Failed(_) => FAILED,
            Self::Tolerated { .. } => TOLERATED,
            Self::NotApplicable(_) => NOT_APPLICABLE,
        }
    }

    /// What stands below the line.
    fn notes(&self) -> Vec<&str> {
        match self {
            Self::Passed => Vec::new(),
            Self::Failed(failure) => failure.notes(),
            Self::Tolerated { because, failure } => [vec![because.as_str()], failure.notes()].concat(),
            Self::NotApplicable(why) => vec![why],
        }
    }
}

/// How a service broke a rule.
///
/// ```
/// use axum::{Router, routing::get};
/// use etag_core::testing::Conformance;
/// use etag_core::testing::conformance::Outcome;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = Router::new().route("/", get(async || "text"));
/// let report = Conformance::of(app).run().await;
/// let Outcome::Failed(failure) = report.failed().next().unwrap().outcome() else { panic!() };
/// assert_eq!(failure.why(), "there is neither an ETag nor a Last-Modified");
/// assert!(failure.exchange().contains("< 200 OK"));
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Failure {
    why: String,
    exchange: String,
}

impl Failure {
    pub(in crate::testing) fn new(why: String, exchange: String) -> Self {
        Self { why, exchange }
    }

    /// What was expected, and what was found.
    ///
    /// ```
    /// use etag_core::testing::Conformance;
    /// use etag_core::testing::conformance::Outcome;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // Nothing is anywhere.
    /// let report = Conformance::of(axum::Router::new()).run().await;
    /// let Outcome::Failed(failure) = report.failed().next().unwrap().outcome() else { panic!() };
    /// assert!(failure.why().starts_with("expected 200, not 404"));
    /// # }
    /// ```
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The request, each line after `>`, and what came back, after `<`; empty where nothing did.
    ///
    /// ```
    /// use etag_core::testing::Conformance;
    /// use etag_core::testing::conformance::Outcome;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // Nothing is anywhere.
    /// let report = Conformance::of(axum::Router::new()).run().await;
    /// let Outcome::Failed(failure) = report.failed().next().unwrap().outcome() else { panic!() };
    /// assert!(failure.exchange().starts_with("> GET /\n< 404 Not Found\n"));
    /// # }
    /// ```
    pub fn exchange(&self) -> &str {
        &self.exchange
    }

    pub(in crate::testing) fn notes(&self) -> Vec<&str> {
        std::iter::once(self.why.as_str()).chain(self.exchange.lines()).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let section = self.lines.iter().map(|line| line.section.chars().count()).max().unwrap_or(0);
        for line in &self.lines {
            let Line { rule, section: at, requirement, outcome } = line;
            writeln!(f, "{rule:>3}  {at:<section$}  {word:<9}  {requirement}", word = outcome.word())?;
            for note in outcome.notes() {
                writeln!(f, "{:indent$}{note}", "", indent = section + 18)?;
            }
        }
        let counts =
            [PASSED, FAILED, TOLERATED, NOT_APPLICABLE].map(|word| format!("{} {word}", self.count(word)));
        write!(f, "{}", counts.join(", "))
    }
}

const PASSED: &str = "passed";
const FAILED: &str = "FAILED";
const TOLERATED: &str = "tolerated";
const NOT_APPLICABLE: &str = "n/a";
