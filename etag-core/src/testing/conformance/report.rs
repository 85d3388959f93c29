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
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The lines that failed and are not tolerated.
    pub fn failed(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| matches!(line.outcome, Outcome::Failed(_)))
    }

    /// Nothing failed that is not tolerated.
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
#[derive(Debug, Clone)]
pub struct Line {
    pub(super) rule: u8,
    pub(super) section: &'static str,
    pub(super) requirement: &'static str,
    pub(super) outcome: Outcome,
}

impl Line {
    /// The number of the rule in the [checklist](crate::guides::http_checklist).
    pub fn rule(&self) -> u8 {
        self.rule
    }

    /// Where the rule stands: `§…` is of RFC 9110.
    pub fn section(&self) -> &'static str {
        self.section
    }

    /// What is required.
    pub fn requirement(&self) -> &'static str {
        self.requirement
    }

    /// Whether it was kept.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// Whether a rule was kept.
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
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The request, each line after `>`, and what came back, after `<`; empty where nothing did.
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
