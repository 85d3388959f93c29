//! The processes, and what all clients know together.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::kinds::{KINDS, Kind, Release};

/// How many resources each collection has.
pub const ROWS: u64 = 3;

pub struct Service {
    addresses: [String; 2],
    serves_before: AtomicBool,
    serves_after: AtomicBool,
    shared: Mutex<Shared>,
}

/// By address, what was acknowledged and what was not answered; by address and tag, what was sent.
#[derive(Default)]
struct Shared {
    acknowledged: HashMap<String, u64>,
    writes: HashMap<String, u64>,
    unanswered: HashMap<String, u64>,
    bodies: HashMap<(String, String), Vec<u8>>,
    counts: BTreeMap<String, u64>,
}

/// A release that serves; it is ended when this is dropped.
pub struct Process {
    process: Child,
    pub address: String,
}

impl Process {
    pub fn start(release: Release, database: &str) -> Self {
        let mut process = command(release, database).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("its output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("its output is text");
        let address = line.trim().strip_prefix("listening on ").expect("it says where it listens").to_owned();
        Self { process, address }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.process.kill().expect("it was running");
        self.process.wait().expect("it has ended");
    }
}

/// Re-tags all rows in a release's words.
pub fn retag(release: Release, database: &str) -> Output {
    command(release, database).arg("retag").output().expect("it runs")
}

fn command(release: Release, database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_release"));
    command.args([if release == Release::Before { "before" } else { "after" }, database]);
    command
}

impl Service {
    /// Two processes, of which the one before serves at first.
    pub fn new(before: &Process, after: &Process) -> Self {
        let mut shared = Shared::default();
        for kind in &KINDS {
            shared.acknowledged.extend((0..ROWS).map(|id| (uri(kind, id), 0)));
        }
        Self {
            addresses: [before.address.clone(), after.address.clone()],
            serves_before: AtomicBool::new(true),
            serves_after: AtomicBool::new(false),
            shared: Mutex::new(shared),
        }
    }

    pub fn serve(&self, release: Release, serves: bool) {
        self.flag(release).store(serves, Ordering::SeqCst);
    }

    pub fn serves(&self, release: Release) -> bool {
        self.flag(release).load(Ordering::SeqCst)
    }

    /// One of those that serve.
    pub fn one_of(&self, number: u64) -> Release {
        match (self.serves(Release::Before), self.serves(Release::After)) {
            (true, true) => [Release::Before, Release::After][(number % 2) as usize],
            (true, false) => Release::Before,
            _ => Release::After,
        }
    }

    pub fn url(&self, release: Release, uri: &str) -> String {
        format!("{}{uri}", self.addresses[usize::from(release == Release::After)])
    }

    pub fn uri(&self, kind: &Kind, id: u64) -> String {
        uri(kind, id)
    }

    /// The last write of each resource that its client knows of.
    pub fn acknowledged(&self) -> HashMap<String, u64> {
        self.shared().acknowledged.clone()
    }

    pub fn acknowledge(&self, uri: &str, count: u64) {
        let mut shared = self.shared();
        *shared.writes.entry(uri.to_owned()).or_default() += 1;
        let last = shared.acknowledged.get_mut(uri).expect("a known resource");
        *last = count.max(*last);
    }

    pub fn unanswered(&self, uri: &str) {
        *self.shared().unanswered.entry(uri.to_owned()).or_default() += 1;
    }

    /// A strong tag names one body, whoever sends it (RFC 9110 §8.8.1).
    pub fn assert_one_body(&self, uri: &str, tag: &str, bytes: &[u8]) {
        let mut shared = self.shared();
        let known = shared.bodies.entry((uri.to_owned(), tag.to_owned())).or_insert_with(|| bytes.to_vec());
        assert_eq!(known, bytes, "{uri}: two bodies under {tag}");
    }

    /// Each write that was acknowledged is counted, and each that was not answered may be.
    pub fn assert_all_written(&self, uri: &str, count: u64) {
        let shared = self.shared();
        let of = |writes: &HashMap<String, u64>| writes.get(uri).copied().unwrap_or_default();
        let (least, open) = (of(&shared.writes), of(&shared.unanswered));
        assert!(
            (least..=least + open).contains(&count),
            "{uri}: {count} after {least} writes and {open} open ones"
        );
    }

    pub fn count(&self, what: &str) {
        *self.shared().counts.entry(what.to_owned()).or_default() += 1;
    }

    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.shared().counts.clone()
    }

    fn flag(&self, release: Release) -> &AtomicBool {
        if release == Release::Before { &self.serves_before } else { &self.serves_after }
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().expect("no client failed")
    }
}

fn uri(kind: &Kind, id: u64) -> String {
    format!("/{}/{id}", kind.collection)
}
