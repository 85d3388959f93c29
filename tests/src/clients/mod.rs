//! Clients that write all the time and know what they were told, so that they can say what is missing: whatever broke,
//! what was acknowledged is there, what was not is there whole or not at all, and each tag is true.

pub mod alone;
pub mod transfers;
pub mod workload;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use etag_core::StateTag;
use http::header::{ETAG, RETRY_AFTER};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::client;

/// Who waits for longer than that waits for ever.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// What a service answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// Empty where there is none.
    pub tag: String,
    /// How many items there are on all pages of a list.
    pub total: Option<usize>,
    /// In how many seconds to come again.
    pub retry_after: Option<u64>,
    pub body: String,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The items of a list.
    #[track_caller]
    pub fn items(&self) -> Vec<Value> {
        match self.json() {
            Value::Array(items) => items,
            other => panic!("no list: {other}"),
        }
    }
}

/// Sends a request once.
pub async fn exchange(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let text =
        |name: &str| Some(response.headers().get(name)?.to_str().expect("the header is text").to_owned());
    let number = |name: &str| text(name).map(|number| number.parse().expect("a number"));
    Ok(Answer {
        status: response.status().as_u16(),
        tag: text(ETAG.as_str()).unwrap_or_default(),
        total: number("x-total-count").map(|total| total as usize),
        retry_after: number(RETRY_AFTER.as_str()),
        body: response.text().await?,
    })
}

/// Sends a request, again where the answer says that this helps.
pub async fn answer(request: RequestBuilder) -> Answer {
    loop {
        let again = request.try_clone().expect("its body is in memory");
        let answer = exchange(again).await.expect("the service answers");
        if answer.status != 503 {
            return answer;
        }
        eprintln!("503: {}", answer.body);
        pause_after(&answer).await;
    }
}

/// Waits for as long as a 503 says.
pub async fn pause_after(unavailable: &Answer) {
    let seconds = unavailable.retry_after.expect("a 503 says when to come again");
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// The tag that the bytes themselves have: that of an asset is made without the member that holds it.
pub fn tag_of(body: &str) -> String {
    let value: Value = serde_json::from_str(body).expect("the body is JSON");
    tag_of_hashed(&match value.get("etag") {
        Some(embedded) => body.replacen(&format!("\"etag\":{embedded},"), "", 1),
        None => body.to_owned(),
    })
}

pub(crate) fn tag_of_hashed(text: &str) -> String {
    format!("\"{}\"", StateTag::from_hash(Sha256::digest(text).into()))
}

/// A service as its clients know it, and what all of them have met there.
#[derive(Debug, Clone)]
pub struct Site {
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    pub http: Client,
    pub log: Arc<Log>,
}

/// What became of a write.
pub enum Sent {
    Answered(Answer),
    /// A 503, or no answer: it is there, or it is not.
    Unanswered,
}

impl Site {
    pub fn new(base: String, log: &Arc<Log>) -> Self {
        Self { base, http: client(), log: Arc::clone(log) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Sends a write once.
    pub async fn write(&self, request: RequestBuilder) -> Sent {
        let begun = Instant::now();
        let exchanged = exchange(request).await;
        self.log.count(|tally| {
            tally.operations += 1;
            tally.slowest = tally.slowest.max(begun.elapsed());
        });
        match exchanged {
            Ok(answer) if answer.status == 503 => {
                self.log.count(|tally| tally.unavailable += 1);
                pause_after(&answer).await;
                Sent::Unanswered
            }
            Ok(answer) => {
                // What a database's failure is answered with is a 503: nobody is told of a mistake in the service.
                assert!(answer.status < 500, "{}: {}", answer.status, answer.body);
                self.log.count(|tally| match answer.status {
                    412 => tally.refused += 1,
                    _ => tally.acknowledged += usize::from(answer.status < 300),
                });
                Sent::Answered(answer)
            }
            Err(_) => {
                self.log.count(|tally| tally.broken += 1);
                Sent::Unanswered
            }
        }
    }

    /// Reads until there is an answer other than 503; `None` where nobody listens any more.
    pub async fn read(&self, request: RequestBuilder) -> Option<Answer> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let asked = Instant::now();
            let exchanged = exchange(request.try_clone().expect("a GET")).await;
            self.log.count(|tally| tally.slowest = tally.slowest.max(asked.elapsed()));
            match exchanged {
                Ok(answer) if answer.status == 503 => {
                    self.log.count(|tally| tally.unavailable += 1);
                    pause_after(&answer).await;
                }
                Ok(answer) => return Some(answer),
                Err(error) if error.is_connect() => return None,
                Err(_) => self.log.count(|tally| tally.broken += 1),
            }
        }
        panic!("{} answers nothing but 503", self.base);
    }

    pub async fn show(&self, path: &str) -> Option<Answer> {
        self.read(self.http.get(self.url(path))).await
    }
}

/// What clients have met so far, and whether they are to stop.
#[derive(Debug, Default)]
pub struct Log {
    is_over: AtomicBool,
    tally: Mutex<Tally>,
}

/// Counts of writes; the 503s and the slowest answer are also those of reads.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub operations: usize,
    pub acknowledged: usize,
    pub refused: usize,
    pub unavailable: usize,
    pub broken: usize,
    /// Writes without an answer that were there, and that were not.
    pub found: usize,
    pub absent: usize,
    pub slowest: Duration,
}

impl Log {
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Lets clients begin, or stop.
    pub fn set_over(&self, is_over: bool) {
        self.is_over.store(is_over, Ordering::Relaxed);
    }

    pub fn count(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.tally.lock().expect("no client panics with the lock"));
    }

    pub fn tally(&self) -> Tally {
        *self.tally.lock().expect("no client panics with the lock")
    }

    /// What became of a write that was not answered.
    pub fn resolve(&self, is_there: bool) {
        self.count(|tally| *if is_there { &mut tally.found } else { &mut tally.absent } += 1);
    }

    /// Waits until so many more writes are acknowledged.
    pub async fn acknowledged(&self, more: usize) {
        let (begun, wanted) = (Instant::now(), self.tally().acknowledged + more);
        while self.tally().acknowledged < wanted {
            assert!(begun.elapsed() < PATIENCE, "the clients can't write: {}", self.tally());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operations, acknowledged, refused, unavailable, broken, found, absent, slowest } = self;
        write!(
            f,
            "{operations} writes: {acknowledged} acknowledged, 0 lost, {refused} refused, {unavailable} times 503, \
             {broken} connections broken; of those without an answer {found} there, {absent} not; \
             slowest answer {:.1} s",
            slowest.as_secs_f32()
        )
    }
}
