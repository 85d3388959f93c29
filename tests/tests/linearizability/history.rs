//! Histories of a few registers, and whether they are linearizable.

use std::fmt::Write as _;
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use todc_utils::linearizability::WGLChecker;
use todc_utils::linearizability::history::{Action, History as Actions};
use todc_utils::specifications::Specification;
use tokio::task::JoinSet;

use crate::services::{Seen, Service, Write};

/// Clients that act at once.
const CLIENTS: usize = 8;
/// Registers that they share: the fewer, the more writes meet.
const KEYS: usize = 3;
/// What each client does before all wait for one another.
const OPERATIONS: usize = 10;

/// What happened to each register.
pub struct History {
    registers: Vec<Register>,
}

/// What happened to one register, cut where nobody was at work and its state is known: each segment begins with that.
#[derive(Default)]
struct Register {
    over: Vec<Vec<Event>>,
    segment: Vec<Event>,
}

/// An operation that began and ended; times are places in one order of all beginnings and ends.
#[derive(Debug, Clone)]
struct Event {
    began: u64,
    ended: u64,
    client: usize,
    operation: Operation,
}

/// What was done, and what came of it. A state is the number that was written, or `None` where nothing is.
#[derive(Debug, Clone, Copy)]
enum Operation {
    /// The state in which a segment begins.
    Begin(Option<u64>),
    Read(Option<u64>),
    Write {
        required: Option<u64>,
        to: Option<u64>,
        outcome: Outcome,
    },
}

/// What became of a guarded write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Written,
    /// The state was another one: 412, or 404.
    Refused,
    /// It may be carried out at any later time, or never: 503, or no answer.
    Unknown,
}

/// A register that is compared and written in one step.
struct Guarded;

impl Specification for Guarded {
    type State = Option<u64>;
    type Operation = Operation;

    fn init() -> Option<u64> {
        None
    }

    fn apply(operation: &Operation, state: &Option<u64>) -> (bool, Option<u64>) {
        match *operation {
            Operation::Begin(state) => (true, state),
            Operation::Read(shown) => (shown == *state, *state),
            Operation::Write { required, to, outcome } => {
                let is_admitted = required == *state;
                match outcome {
                    Outcome::Written => (is_admitted, to),
                    Outcome::Refused => (!is_admitted, *state),
                    // What never happened is taken for what happens after all that was seen.
                    Outcome::Unknown => (true, if is_admitted { to } else { *state }),
                }
            }
        }
    }
}

/// How many operations there were, and what came of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub operations: usize,
    pub written: usize,
    pub refused: usize,
    pub unknown: usize,
    /// Reads of what does not exist.
    pub absent: usize,
    /// Those of the longest segment.
    pub longest: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.operations += other.operations;
        self.written += other.written;
        self.refused += other.refused;
        self.unknown += other.unknown;
        self.absent += other.absent;
        self.longest = self.longest.max(other.longest);
    }
}

/// Lets all clients act, and be quiet, for a number of times.
pub async fn record(service: &impl Service, seed: u64, epochs: usize) -> History {
    let clock = Arc::new(AtomicU64::new(0));
    let mut clients: Vec<Client<_>> = (0..CLIENTS)
        .map(|number| {
            let rng = Rng::with_seed(seed * CLIENTS as u64 + number as u64);
            Client {
                service: service.clone(),
                seed,
                number,
                rng,
                clock: clock.clone(),
                seen: Default::default(),
            }
        })
        .collect();
    let mut history = History { registers: (0..KEYS).map(|_| Register::default()).collect() };
    for _ in 0..epochs {
        let mut working = JoinSet::new();
        clients.drain(..).for_each(|client| drop(working.spawn(client.work())));
        for (client, events) in working.join_all().await {
            clients.push(client);
            events.into_iter().for_each(|(key, event)| history.registers[key].segment.push(event));
        }
        for (key, register) in history.registers.iter_mut().enumerate() {
            let event = clients[0].read(key).await;
            register.cut(event);
        }
    }
    history
}

impl History {
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for segment in self.registers.iter().flat_map(Register::segments) {
            counts.longest = counts.longest.max(segment.len());
            for event in segment {
                match event.operation {
                    Operation::Begin(_) => continue,
                    Operation::Read(shown) => counts.absent += usize::from(shown.is_none()),
                    Operation::Write { outcome: Outcome::Written, .. } => counts.written += 1,
                    Operation::Write { outcome: Outcome::Refused, .. } => counts.refused += 1,
                    Operation::Write { outcome: Outcome::Unknown, .. } => counts.unknown += 1,
                }
                counts.operations += 1;
            }
        }
        counts
    }

    /// # Errors
    ///
    /// The first segment that is not linearizable, a line for each operation.
    pub fn check(&self) -> Result<(), String> {
        let wrong =
            self.registers.iter().flat_map(Register::segments).find(|segment| !is_linearizable(segment));
        let Some(segment) = wrong else {
            return Ok(());
        };
        let mut text = String::new();
        for Event { began, ended, client, operation } in segment {
            writeln!(text, "{began:>6} to {ended:>6}  client {client}: {operation:?}").unwrap();
        }
        Err(text)
    }
}

impl Register {
    /// Ends a segment with a read while nobody is at work, unless a write may still be on its way.
    fn cut(&mut self, read: Event) {
        let is_unknown =
            |event: &Event| matches!(event.operation, Operation::Write { outcome: Outcome::Unknown, .. });
        let (Operation::Read(state), ended) = (read.operation, read.ended) else {
            unreachable!("it is a read");
        };
        self.segment.push(read);
        self.segment.sort_by_key(|event| event.began);
        if !self.segment.iter().any(is_unknown) {
            let begin = Event { began: ended, ended, client: CLIENTS, operation: Operation::Begin(state) };
            self.over.push(std::mem::replace(&mut self.segment, vec![begin]));
        }
    }

    fn segments(&self) -> impl Iterator<Item = &Vec<Event>> {
        self.over.iter().chain([&self.segment])
    }
}

/// Whether there is an order; the checker is Wing and Gong's, with Lowe's memory of what was tried.
fn is_linearizable(segment: &[Event]) -> bool {
    let mut actions: Vec<(u64, usize, Action<Operation>)> = Vec::new();
    for (place, event) in segment.iter().enumerate() {
        let is_unknown = matches!(event.operation, Operation::Write { outcome: Outcome::Unknown, .. });
        // What may happen later ends last, and its client goes on meanwhile: it counts as another one.
        let (client, ended) =
            if is_unknown { (CLIENTS + 1 + place, u64::MAX) } else { (event.client, event.ended) };
        actions.push((event.began, client, Action::Call(event.operation)));
        actions.push((ended, client, Action::Response(event.operation)));
    }
    actions.sort_by_key(|(time, ..)| *time);
    let actions = actions.into_iter().map(|(_, client, action)| (client, action)).collect();
    WGLChecker::<Guarded>::is_linearizable(Actions::from_actions(actions))
}

/// Somebody who reads and writes as a seed says.
struct Client<S> {
    service: S,
    seed: u64,
    number: usize,
    rng: Rng,
    clock: Arc<AtomicU64>,
    /// What was seen of each register, the last one last.
    seen: [Vec<Seen>; KEYS],
}

impl<S: Service> Client<S> {
    async fn work(mut self) -> (Self, Vec<(usize, Event)>) {
        let mut events = Vec::new();
        for _ in 0..OPERATIONS {
            let key = self.rng.usize(..KEYS);
            let kind = self.rng.u8(..10);
            // Whoever has just read names the current state, unless somebody comes in between.
            if kind < 7 {
                events.push((key, self.read(key).await));
            }
            let required = if kind == 9 { None } else { self.state_to_name(key) };
            let is_write = kind > 1 || required.is_none();
            events.push((key, self.write(key, required, is_write).await));
        }
        (self, events)
    }

    /// The state that was seen last, or at times an older one.
    fn state_to_name(&mut self, key: usize) -> Option<Seen> {
        let seen = &self.seen[key];
        let is_last = self.rng.u8(..5) > 0;
        if is_last { seen.last().cloned() } else { self.rng.choice(seen).cloned() }
    }

    async fn read(&mut self, key: usize) -> Event {
        let known = self.seen[key].last().filter(|_| self.rng.bool()).cloned();
        let began = self.tick();
        let shown = self.service.read(&self.name(key), known.as_ref()).await;
        let operation = Operation::Read(shown.as_ref().map(|seen| seen.number));
        self.seen[key].extend(shown);
        self.event(began, operation)
    }

    /// Creates where no state is named; else replaces or deletes.
    async fn write(&mut self, key: usize, required: Option<Seen>, is_write: bool) -> Event {
        // No number is written twice.
        let to = is_write.then(|| self.tick());
        let began = self.tick();
        let write = Write { key: &self.name(key), required: required.as_ref(), to };
        let (outcome, seen) = self.service.write(write).await;
        self.seen[key].extend(seen);
        let required = required.map(|seen| seen.number);
        self.event(began, Operation::Write { required, to, outcome })
    }

    fn name(&self, key: usize) -> String {
        S::name(self.seed, key)
    }

    fn event(&self, began: u64, operation: Operation) -> Event {
        Event { began, ended: self.tick(), client: self.number, operation }
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }
}
