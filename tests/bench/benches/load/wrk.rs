//! A load generator of its own process: <https://github.com/wg/wrk>.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// How long a run takes.
const SECONDS: u32 = 3;

/// Whether it is installed.
pub(crate) fn is_there() -> bool {
    Command::new("wrk").arg("--version").output().is_ok()
}

/// What is asked for again and again.
#[derive(Debug, Clone)]
pub(crate) enum Load {
    Get { url: String, if_none_match: Option<String> },
    Put { base: String, body: String },
}

impl Load {
    /// The requests a second that so many connections get answered.
    ///
    /// # Panics
    ///
    /// Where an answer is neither a success nor a 304, and where a connection fails.
    pub(crate) fn run(&self, connections: u32) -> f64 {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let mut wrk = Command::new("wrk");
        wrk.args([format!("-c{connections}"), format!("-d{SECONDS}s")]);
        match self {
            Self::Get { url, if_none_match } => {
                wrk.arg("-t1");
                if let Some(tag) = if_none_match {
                    wrk.args(["-H", &format!("If-None-Match: {tag}")]);
                }
                wrk.arg(url);
            }
            Self::Put { base, body } => {
                let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/load/put.lua");
                // Each run writes rows of its own, for it knows no tags of others.
                let id = format!("run-{}", RUNS.fetch_add(1, Ordering::Relaxed));
                wrk.args([&format!("-t{connections}"), "-s", script, base, "--", &id, body]);
            }
        }
        let output = wrk.output().expect("wrk is installed");
        let report = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
        let failed = ["Non-2xx or 3xx responses", "Socket errors"].map(|line| report.contains(line));
        assert_eq!(failed, [false; 2], "each request has the answer that it asks for: {report}");
        let rate = report.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
        rate.expect("the report has the rate").trim().parse().expect("it is a number")
    }
}
