use std::fmt;

use super::run::{Stop, is_refused, is_unavailable};
use crate::testing::conformance::Failure;
use crate::testing::conformance::exchange::Exchange;

/// What became of each race.
///
/// Its text is a table, and below each line that failed what shows it.
///
/// ```
/// use axum::{Router, routing::get};
/// use etag_core::testing::Races;
/// use etag_core::testing::races::Outcome;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let report = Races::of(Router::new().route("/", get(async || "text"))).run().await;
/// report.assert();
/// assert!(report.lines().iter().all(|line| matches!(line.outcome(), Outcome::NotApplicable(_))));
/// assert!(report.to_string().ends_with("0 passed, 0 FAILED, 6 n/a"));
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

    /// A line for each race.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    /// use etag_core::testing::races::Line;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let report = Races::of(Router::new().route("/", get(async || "text"))).run().await;
    /// let races = ["update", "create", "delete", "revive", "bulk", "counter"];
    /// assert!(report.lines().iter().map(Line::race).eq(races));
    /// # }
    /// ```
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The lines of the races in which something was found.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    /// use etag_core::testing::races::Line;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // A tag, and nobody who looks at If-Match.
    /// let show = async || ([("etag", "\"v1\"")], "text");
    /// let app = Router::new().route("/", get(show).put(async || ()));
    /// let races = Races::of(app).put("text/plain", |number| number.to_string());
    /// let report = races.clients(2).rounds(1).run().await;
    /// assert!(report.failed().map(Line::race).eq(["update"]));
    /// # }
    /// ```
    pub fn failed(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.findings().is_empty())
    }

    /// Nothing was found.
    ///
    /// ```should_panic
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // A tag, and nobody who looks at If-Match.
    /// let show = async || ([("etag", "\"v1\"")], "text");
    /// let app = Router::new().route("/", get(show).put(async || ()));
    /// let races = Races::of(app).put("text/plain", |number| number.to_string());
    /// races.clients(2).rounds(1).run().await.assert();
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Where something was, with the whole report.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.failed().next().is_none(), "the service loses races\n{self}");
    }

    fn count(&self, outcome: &str) -> usize {
        self.lines.iter().filter(|line| line.outcome.word() == outcome).count()
    }
}

/// What became of one race.
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
/// let races = Races::of(app).put("text/plain", |number| number.to_string());
/// let report = races.clients(2).rounds(1).run().await;
/// let line = &report.lines()[0];
/// assert_eq!((line.race(), line.counts().written), ("update", 2));
/// assert_eq!(line.requirement(), "of writes that name one tag, one is carried out, and shown");
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Line {
    race: &'static str,
    requirement: &'static str,
    counts: Counts,
    outcome: Outcome,
}

impl Line {
    /// The name of the race, such as `update`.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let report = Races::of(Router::new().route("/", get(async || "text"))).run().await;
    /// let names: Vec<&str> = report.lines().iter().map(|line| line.race()).collect();
    /// assert!(names.starts_with(&["update", "create"]));
    /// # }
    /// ```
    pub fn race(&self) -> &'static str {
        self.race
    }

    /// What has to hold.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let report = Races::of(Router::new().route("/", get(async || "text"))).run().await;
    /// let revive = report.lines().iter().find(|line| line.race() == "revive").unwrap();
    /// assert_eq!(revive.requirement(), "a tag of before a deletion lets nothing through");
    /// # }
    /// ```
    pub fn requirement(&self) -> &'static str {
        self.requirement
    }

    /// How many requests there were, and what became of them.
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
    /// let races = Races::of(app).put("text/plain", |number| number.to_string());
    /// let report = races.clients(4).rounds(2).run().await;
    /// let counts = report.lines()[0].counts();
    /// assert_eq!((counts.rounds, counts.attempts, counts.written), (2, 8, 8));
    /// # }
    /// ```
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Whether it held.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use etag_core::testing::Races;
    /// use etag_core::testing::races::Outcome;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // A tag, and nobody who looks at If-Match.
    /// let show = async || ([("etag", "\"v1\"")], "text");
    /// let app = Router::new().route("/", get(show).put(async || ()));
    /// let races = Races::of(app).put("text/plain", |number| number.to_string());
    /// let report = races.clients(2).rounds(1).run().await;
    /// let Outcome::Failed(findings) = report.lines()[0].outcome() else { panic!() };
    /// assert!(findings[0].why().starts_with("2 of 2 writes"));
    /// # }
    /// ```
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// What shows that it did not hold; empty where nothing does.
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
    /// let races = Races::of(app).put("text/plain", |number| number.to_string());
    /// let report = races.clients(2).rounds(3).run().await;
    /// let [update, create, ..] = report.lines() else { panic!() };
    /// assert!(update.findings()[0].exchange().contains("> if-match: \"v1\""));
    /// // It was not run.
    /// assert!(create.findings().is_empty());
    /// # }
    /// ```
    pub fn findings(&self) -> &[Failure] {
        match &self.outcome {
            Outcome::Failed(findings) => findings,
            _ => &[],
        }
    }
}

/// What became of the writes of a race.
///
/// ```
/// use axum::{Router, routing::get};
/// use etag_core::testing::Races;
/// use etag_core::testing::races::Counts;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // A tag, and nobody who looks at If-Match.
/// let show = async || ([("etag", "\"v1\"")], "text");
/// let app = Router::new().route("/", get(show).put(async || ()));
/// let races = Races::of(app).put("text/plain", |number| number.to_string());
/// let report = races.clients(4).rounds(1).run().await;
/// let Counts { attempts, written, refused, forked, .. } = *report.lines()[0].counts();
/// assert_eq!((attempts, written, refused), (4, 4, 0));
/// // One of them was right.
/// assert_eq!(forked, 3);
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Rounds that were run to their end.
    pub rounds: usize,
    /// Writes that were sent, each time that one was.
    pub attempts: usize,
    /// Answers that say that a write was carried out: 2xx.
    pub written: usize,
    /// Answers that say that the state is another one: 412, and 404 where it was deleted.
    pub refused: usize,
    /// Answers that say that the service is busy: 503.
    pub unavailable: usize,
    /// Writes that were acknowledged, and that nothing shows.
    pub lost: usize,
    /// Writes that were acknowledged beside another one that named the same version.
    pub forked: usize,
}

/// Whether a race was won once in each of its rounds.
///
/// ```
/// use axum::{Router, routing::get};
/// use etag_core::testing::Races;
/// use etag_core::testing::races::Outcome;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // A tag, and nobody who looks at If-Match.
/// let show = async || ([("etag", "\"v1\"")], "text");
/// let app = Router::new().route("/", get(show).put(async || ()));
/// let races = Races::of(app).put("text/plain", |number| number.to_string());
/// let report = races.clients(2).rounds(1).run().await;
/// let [update, create, ..] = report.lines() else { panic!() };
/// assert!(matches!(update.outcome(), Outcome::Failed(findings) if !findings.is_empty()));
/// let Outcome::NotApplicable(why) = create.outcome() else { panic!() };
/// assert_eq!(why, "no write that creates was given");
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// It was.
    Passed,
    /// It was not: what shows it.
    Failed(Vec<Failure>),
    /// It could not be run, or says nothing of this service: why.
    NotApplicable(String),
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => PASSED,
            Self::Failed(_) => FAILED,
            Self::NotApplicable(_) => NOT_APPLICABLE,
        }
    }

    /// What stands below the line.
    fn notes(&self) -> Vec<String> {
        match self {
            Self::Passed => Vec::new(),
            Self::NotApplicable(why) => vec![why.clone()],
            Self::Failed(findings) => {
                let shown = findings.iter().take(SHOWN).flat_map(Failure::notes).map(str::to_owned);
                let rest = findings.len().saturating_sub(SHOWN);
                shown.chain((rest > 0).then(|| format!("… and {rest} more findings"))).collect()
            }
        }
    }
}

/// What is known of a race while it is run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    pub(super) findings: Vec<Failure>,
}

impl Tally {
    pub(super) fn finding(&mut self, why: impl Into<String>, exchanges: &[&dyn fmt::Display]) {
        let exchanges: String = exchanges.iter().map(|exchange| exchange.to_string()).collect();
        self.findings.push(Failure::new(why.into(), exchanges));
    }

    /// Counts what became of a request, and how many answers before were 503; `None` where there is no answer.
    pub(super) fn count(&mut self, answer: Result<Exchange, String>, unavailable: usize) -> Option<Exchange> {
        let counts = &mut self.counts;
        counts.attempts += unavailable + usize::from(!answer.as_ref().is_ok_and(is_unavailable));
        counts.unavailable += unavailable;
        match answer {
            Ok(exchange) => {
                counts.written += usize::from(exchange.status.is_success());
                counts.refused += usize::from(is_refused(&exchange));
                Some(exchange)
            }
            Err(why) => {
                self.finding(why, &[]);
                None
            }
        }
    }

    pub(super) fn line(
        mut self,
        race: &'static str,
        requirement: &'static str,
        ended: Result<(), Stop>,
    ) -> Line {
        let why = match ended {
            Ok(()) => None,
            Err(Stop::NotApplicable(why)) => Some(why),
            Err(Stop::OutOfTime) if self.counts.rounds > 0 => None,
            Err(Stop::OutOfTime) => Some("the time was over before a round was".to_owned()),
            Err(Stop::Failed(failure)) => {
                self.findings.push(failure);
                None
            }
        };
        let outcome = match why {
            _ if !self.findings.is_empty() => Outcome::Failed(self.findings),
            Some(why) => Outcome::NotApplicable(why),
            None => Outcome::Passed,
        };
        Line { race, requirement, counts: self.counts, outcome }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "race     rounds  sent   2xx   412   503  lost  forked")?;
        for Line { race, requirement, counts, outcome } in &self.lines {
            let Counts { rounds, attempts, written, refused, unavailable, lost, forked } = counts;
            write!(
                f,
                "{race:<7}  {rounds:>6}  {attempts:>4}  {written:>4}  {refused:>4}  {unavailable:>4}  "
            )?;
            writeln!(f, "{lost:>4}  {forked:>6}  {word:<6}  {requirement}", word = outcome.word())?;
            for note in outcome.notes() {
                writeln!(f, "{:9}{note}", "")?;
            }
        }
        let counts = [PASSED, FAILED, NOT_APPLICABLE].map(|word| format!("{} {word}", self.count(word)));
        write!(f, "{}", counts.join(", "))
    }
}

const PASSED: &str = "passed";
const FAILED: &str = "FAILED";
const NOT_APPLICABLE: &str = "n/a";

/// How many findings of a race are shown.
const SHOWN: usize = 3;
