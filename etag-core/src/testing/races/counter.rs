use std::collections::HashMap;
use std::sync::Arc;

use http::HeaderMap;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::judge::condition;
use super::report::{Line, Tally};
use super::run::{Attempt, Run, Stop, guard, is_refused, is_unavailable, told};
use crate::testing::conformance::exchange::Exchange;
use crate::testing::conformance::transport::Transport;
use crate::testing::conformance::{Failure, Write};

/// A number in the resource.
#[derive(Clone)]
pub(super) struct Counter {
    pub(super) read: Reading,
    pub(super) write: Adding,
}

type Reading = Arc<dyn Fn(&[u8]) -> Option<u64> + Send + Sync>;
type Adding = Arc<dyn Fn(&[u8], u64) -> Write + Send + Sync>;

pub(super) async fn line(run: &mut Run) -> Line {
    let mut tally = Tally::default();
    let ended = race(run, &mut tally).await;
    tally.line("counter", "of clients that each add 1 to what they read, no addition is lost", ended)
}

async fn race(run: &mut Run, tally: &mut Tally) -> Result<(), Stop> {
    let counter = told(&run.kit.counter, "counter")?;
    let path = run.kit.resource.clone();
    run.in_time()?;
    let before = run.present().await?.0;
    let first = counter.value(&before)?;
    let mut adders = JoinSet::new();
    for _ in 0..run.kit.clients {
        let (server, headers) = (run.server(), run.kit.headers.clone());
        let (counter, path, deadline) = (counter.clone(), path.clone(), run.deadline);
        let most = run.kit.clients * run.kit.additions;
        let adder = Adder { server, headers, path, counter, deadline, most };
        adders.spawn(adder.add(run.kit.additions));
    }
    let mut sums = Sums::default();
    for added in adders.join_all().await {
        sums.take(added, tally);
    }
    let after = run.look(&path).await?;
    sums.judge(first, counter.value(&after)?, &after, tally);
    if tally.counts.written < run.kit.clients * run.kit.additions { run.in_time() } else { Ok(()) }
}

/// The additions of all clients.
#[derive(Default)]
struct Sums {
    /// Those that were acknowledged, by the tag that they named.
    acknowledged: HashMap<String, Vec<Exchange>>,
    /// Those that may have been carried out: there is no answer.
    unknown: u64,
}

impl Sums {
    fn take(&mut self, added: Added, tally: &mut Tally) {
        let mut last = None;
        for (answer, unavailable) in added.answers {
            match tally.count(answer, unavailable) {
                Some(done) if done.status.is_success() => {
                    self.acknowledged.entry(condition(&done)).or_default().push(done);
                }
                Some(done) if is_refused(&done) => last = Some(done),
                Some(done) if is_unavailable(&done) => {}
                Some(done) => {
                    tally.finding(format!("expected 2xx or 412, not {}", done.status.as_u16()), &[&done]);
                }
                None => self.unknown += 1,
            }
        }
        if let Some(done) = last.filter(|_| added.is_stuck) {
            let why = "who names what is shown was refused more often in a row than others can have written";
            tally.finding(why, &[&done]);
        }
    }

    fn judge(&self, first: u64, last: u64, after: &Exchange, tally: &mut Tally) {
        tally.counts.rounds += 1;
        for (tag, done) in self.acknowledged.iter().filter(|(_, done)| done.len() > 1) {
            tally.counts.forked += done.len() - 1;
            let why = format!("{} additions that name {tag} were carried out", done.len());
            tally.finding(why, &[&done[0], &done[1]]);
        }
        let additions: usize = self.acknowledged.values().map(Vec::len).sum();
        let expected = first + additions as u64;
        let lost = expected.saturating_sub(last);
        if lost > 0 || last > expected + self.unknown {
            tally.counts.lost += usize::try_from(lost).unwrap_or(usize::MAX);
            let why = format!("{additions} additions to {first} were acknowledged, and the sum is {last}");
            tally.finding(why, &[after]);
        }
    }
}

impl Counter {
    fn value(&self, shown: &Exchange) -> Result<u64, Stop> {
        (self.read)(&shown.body).ok_or_else(|| {
            let why = "no number can be read from what is shown".to_owned();
            Stop::Failed(Failure::new(why, shown.to_string()))
        })
    }
}

/// A client that adds 1, time and again.
struct Adder {
    server: Transport,
    headers: HeaderMap,
    path: String,
    counter: Counter,
    deadline: Instant,
    /// All additions of all clients: each refusal is due to one of them, or to none.
    most: usize,
}

/// What became of a client's writes.
struct Added {
    answers: Vec<(Result<Exchange, String>, usize)>,
    /// It gave up, since nobody else can be the cause that it was refused.
    is_stuck: bool,
}

impl Adder {
    /// Ends with its last addition, when the time is over, and with an answer that was not to be expected.
    async fn add(self, additions: usize) -> Added {
        let (mut rest, mut refused) = (additions, 0);
        let mut answers = Vec::new();
        while rest > 0 && refused <= self.most && Instant::now() < self.deadline {
            let Some(write) = self.next().await else {
                break;
            };
            let (answer, unavailable) = write.with(&self.headers).send(&self.server, self.deadline).await;
            let (is_written, is_refused) = match &answer {
                Ok(exchange) => (exchange.status.is_success(), is_refused(exchange)),
                Err(_) => (false, false),
            };
            rest -= usize::from(is_written);
            refused = if is_refused { refused + 1 } else { 0 };
            answers.push((answer, unavailable));
            if !is_written && !is_refused {
                break;
            }
        }
        Added { answers, is_stuck: refused > self.most }
    }

    /// The write that adds 1 to what is there; `None` where nothing is shown that can be added to.
    async fn next(&self) -> Option<Attempt> {
        let get = Attempt::get(&self.path).with(&self.headers);
        let shown = get.send(&self.server, self.deadline).await.0.ok()?;
        let value = (self.counter.read)(&shown.body)?;
        let tag = shown.etag().filter(|tag| !tag.is_weak())?;
        // Whoever else is ready comes in between.
        tokio::task::yield_now().await;
        let write = (self.counter.write)(&shown.body, value + 1);
        Some(Attempt::write(&self.path, write, guard(&tag)))
    }
}
