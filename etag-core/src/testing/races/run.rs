use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{IF_MATCH, IF_NONE_MATCH, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::judge::Shows;
use super::report::Tally;
use super::{Making, Races};
use crate::EntityTag;
use crate::testing::conformance::exchange::Exchange;
use crate::testing::conformance::session::{HeaderLine, line};
use crate::testing::conformance::transport::Transport;
use crate::testing::conformance::{Failure, Write};

/// A run of all races: what was sent so far, and what is known of the service by that.
pub(super) struct Run {
    pub(super) kit: Races,
    /// The number of the last write.
    number: usize,
    /// Which server is asked next.
    turn: usize,
    pub(super) deadline: Instant,
    /// What a write without rivals is followed by, for each path.
    shows: HashMap<String, Shows>,
}

/// Why a race ended before its last round.
pub(super) enum Stop {
    NotApplicable(String),
    OutOfTime,
    Failed(Failure),
}

/// A request to be sent beside others.
pub(super) struct Attempt {
    method: Method,
    path: String,
    headers: HeaderMap,
    content: Bytes,
}

/// What came of requests that were sent at once.
pub(super) struct Done {
    pub(super) exchanges: Vec<Exchange>,
    /// One of them may have been carried out, and nobody can tell: its answer is missing.
    pub(super) is_unknown: bool,
}

/// What this race is told of, where it was told.
pub(super) fn told<T: Clone>(of: &Option<T>, what: &str) -> Result<T, Stop> {
    of.clone().ok_or_else(|| Stop::NotApplicable(format!("no {what} was given")))
}

impl Attempt {
    pub(super) fn write(path: &str, write: Write, condition: HeaderLine) -> Self {
        let Write { method, mut headers, content } = write;
        headers.append(condition.0, condition.1);
        Self { method, path: path.to_owned(), headers, content }
    }

    pub(super) fn delete(path: &str, condition: HeaderLine) -> Self {
        let headers = HeaderMap::from_iter([condition]);
        Self { method: Method::DELETE, path: path.to_owned(), headers, content: Bytes::new() }
    }

    pub(super) fn get(path: &str) -> Self {
        Self { method: Method::GET, path: path.to_owned(), headers: HeaderMap::new(), content: Bytes::new() }
    }

    /// The same with the headers of each request.
    pub(super) fn with(mut self, headers: &HeaderMap) -> Self {
        for (name, value) in headers {
            self.headers.append(name.clone(), value.clone());
        }
        self
    }

    /// Sends it, and again where the answer says that this helps; with how many answers were 503.
    pub(super) async fn send(
        self,
        server: &Transport,
        deadline: Instant,
    ) -> (Result<Exchange, String>, usize) {
        let mut unavailable = 0;
        loop {
            let Self { method, path, headers, content } = &self;
            let sent = server.exchange(method.clone(), path, headers.clone(), content.clone()).await;
            unavailable += usize::from(sent.as_ref().is_ok_and(is_unavailable));
            match sent.as_ref().ok().and_then(retry_after) {
                Some(wait) if unavailable <= RETRIES && Instant::now() + wait < deadline => {
                    tokio::time::sleep(wait).await;
                }
                _ => return (sent, unavailable),
            }
        }
    }
}

impl Run {
    pub(super) fn new(kit: Races) -> Self {
        let deadline = Instant::now() + kit.time;
        Self { kit, number: 0, turn: 0, deadline, shows: HashMap::new() }
    }

    pub(super) fn in_time(&self) -> Result<(), Stop> {
        if Instant::now() < self.deadline { Ok(()) } else { Err(Stop::OutOfTime) }
    }

    /// A write that makes a state that no write before made.
    pub(super) fn next(&mut self, making: &Making) -> Write {
        self.number += 1;
        making(self.number)
    }

    pub(super) fn server(&mut self) -> Transport {
        self.turn += 1;
        self.kit.servers[self.turn % self.kit.servers.len()].clone()
    }

    /// Sends requests at once, and waits for all answers; these are in the order of the requests.
    pub(super) async fn race(&mut self, attempts: Vec<Attempt>, tally: &mut Tally) -> Done {
        let start = Arc::new(Barrier::new(attempts.len()));
        let mut racers = JoinSet::new();
        for (place, attempt) in attempts.into_iter().enumerate() {
            let (server, start, deadline) = (self.server(), Arc::clone(&start), self.deadline);
            let attempt = attempt.with(&self.kit.headers);
            racers.spawn(async move {
                start.wait().await;
                (place, attempt.send(&server, deadline).await)
            });
        }
        let mut answers = racers.join_all().await;
        answers.sort_by_key(|(place, _)| *place);
        let mut done = Done { exchanges: Vec::new(), is_unknown: false };
        for (_, (answer, unavailable)) in answers {
            match tally.count(answer, unavailable) {
                Some(exchange) => done.exchanges.push(exchange),
                None => done.is_unknown = true,
            }
        }
        done
    }

    /// Sends a request without rivals.
    pub(super) async fn alone(&mut self, attempt: Attempt) -> Result<Exchange, Stop> {
        let server = self.server();
        let (answer, _) = attempt.with(&self.kit.headers).send(&server, self.deadline).await;
        answer.map_err(|why| Stop::Failed(Failure::new(why, String::new())))
    }

    /// Sends a write that has to be carried out.
    pub(super) async fn carried_out(&mut self, attempt: Attempt) -> Result<Exchange, Stop> {
        let done = self.alone(attempt).await?;
        if done.status.is_success() {
            return Ok(done);
        }
        let why = format!("{} for a write without rivals whose condition is true", done.status);
        Err(Stop::Failed(Failure::new(why, done.to_string())))
    }

    /// What is there, or that nothing is.
    pub(super) async fn look(&mut self, path: &str) -> Result<Exchange, Stop> {
        let shown = self.alone(Attempt::get(path)).await?;
        if shown.status == StatusCode::OK || is_absent(&shown) {
            return Ok(shown);
        }
        Err(Stop::Failed(Failure::new("expected 200 or 404".to_owned(), shown.to_string())))
    }

    /// What is there, and the condition that it is still that.
    pub(super) async fn tagged(&mut self, path: &str) -> Result<(Exchange, HeaderLine), Stop> {
        let shown = self.look(path).await?;
        if is_absent(&shown) {
            return Err(Stop::NotApplicable(format!(
                "nothing is at {path}, and nothing was given that creates it"
            )));
        }
        match shown.etag() {
            Some(tag) if !tag.is_weak() => Ok((shown, guard(&tag))),
            _ => Err(Stop::NotApplicable("there is no strong tag that a write could name".to_owned())),
        }
    }

    /// The resource and the condition that it is unchanged; it is created where it is not there.
    pub(super) async fn present(&mut self) -> Result<(Exchange, HeaderLine), Stop> {
        let path = self.kit.resource.clone();
        if let Some(create) = self.kit.create.clone()
            && is_absent(&self.look(&path).await?)
        {
            let create = Attempt::write(&path, self.next(&create), line(IF_NONE_MATCH, "*"));
            let created = self.carried_out(create).await?;
            if is_absent(&self.look(&path).await?) {
                let why = "what was created is not shown".to_owned();
                return Err(Stop::Failed(Failure::new(why, created.to_string())));
            }
        }
        self.tagged(&path).await
    }

    /// Deletes the resource, where it is there.
    pub(super) async fn absent(&mut self) -> Result<Exchange, Stop> {
        let path = self.kit.resource.clone();
        if !is_absent(&self.look(&path).await?) {
            let (_, guard) = self.tagged(&path).await?;
            self.carried_out(Attempt::delete(&path, guard)).await?;
        }
        let gone = self.look(&path).await?;
        if is_absent(&gone) {
            return Ok(gone);
        }
        Err(Stop::Failed(Failure::new("what was deleted is shown".to_owned(), gone.to_string())))
    }

    /// What a write without rivals is followed by.
    pub(super) async fn shows(&mut self, path: &str, making: &Making) -> Result<Shows, Stop> {
        if let Some(shows) = self.shows.get(path) {
            return Ok(*shows);
        }
        let (_, guard) = self.tagged(path).await?;
        let write = self.next(making);
        let done = self.carried_out(Attempt::write(path, write, guard)).await?;
        let shown = self.look(path).await?;
        let shows = Shows::of(&done, &shown);
        self.shows.insert(path.to_owned(), shows);
        Ok(shows)
    }

    /// What a creation without rivals is followed by.
    pub(super) async fn shows_of_creation(&mut self, create: &Making) -> Result<Shows, Stop> {
        let path = self.kit.resource.clone();
        self.present().await?;
        self.absent().await?;
        let create = Attempt::write(&path, self.next(create), line(IF_NONE_MATCH, "*"));
        let done = self.carried_out(create).await?;
        Ok(Shows::of(&done, &self.look(&path).await?))
    }
}

pub(super) fn guard(tag: &EntityTag) -> HeaderLine {
    (IF_MATCH, tag.to_header_value())
}

pub(super) fn is_absent(exchange: &Exchange) -> bool {
    matches!(exchange.status, StatusCode::NOT_FOUND | StatusCode::GONE)
}

/// The answer says that the state is another one, or none.
pub(super) fn is_refused(exchange: &Exchange) -> bool {
    exchange.status == StatusCode::PRECONDITION_FAILED || is_absent(exchange)
}

pub(super) fn is_unavailable(exchange: &Exchange) -> bool {
    exchange.status == StatusCode::SERVICE_UNAVAILABLE
}

/// When a request is to be sent again, where its answer says that it was not carried out.
fn retry_after(exchange: &Exchange) -> Option<Duration> {
    let after = exchange.headers.get(RETRY_AFTER).filter(|_| is_unavailable(exchange))?;
    // Seconds; a date (RFC 9110 §10.2.3) is not waited for.
    let seconds = after.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// How often a request is sent again.
const RETRIES: usize = 8;
