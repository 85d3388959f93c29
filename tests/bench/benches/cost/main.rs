//! What a tag costs: `cargo bench --manifest-path tests/bench/Cargo.toml --bench cost`.
//!
//! Each row is the time of one thing in units of that of another one. Both run in turns in one process, and the figure
//! is the median of the rounds: another program on the machine slows both.
//!
//! - `-- hash huge answers layers writes`: only these groups.
//! - `-- --check`: fails where a goal is missed.
//! - `-- --instructions`: the rows within the process in instructions, as valgrind's callgrind counts them. It knows
//!   no SHA extensions: there, hashing costs what it does in software.

mod answers;
mod hash;
mod instructions;
mod layers;
mod writes;

use std::process::ExitCode;

use bench::race::{Calls, Effort, ratio};
use bench::table::{Goal, Table, has_sha_extensions};
use tokio::runtime::Runtime;

/// Two jobs that are measured against each other.
pub(crate) struct Row<'a> {
    pub(crate) what: String,
    pub(crate) against: &'static str,
    pub(crate) goal: Option<Goal>,
    pub(crate) subject: Calls<'a>,
    pub(crate) rival: Calls<'a>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(
        what: impl Into<String>,
        against: &'static str,
        most: impl Into<Option<f64>>,
        subject: Calls<'a>,
        rival: Calls<'a>,
    ) -> Self {
        Self { what: what.into(), against, goal: most.into().map(Goal::AtMost), subject, rival }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = Runtime::new().expect("a runtime");
    if let [command, row, side, count] = &arguments[..]
        && command == instructions::CALL
    {
        instructions::call(in_process(&runtime, |group| group != "huge"), row, side, count);
        return ExitCode::SUCCESS;
    }
    let groups: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let is_wanted = |group: &str| groups.is_empty() || groups.iter().any(|wanted| *wanted == group);
    let counts_instructions = arguments.iter().any(|argument| argument == "--instructions");
    println!("SHA extensions of the CPU: {}\n", if has_sha_extensions() { "yes" } else { "no" });
    if counts_instructions {
        return instructions::table(in_process(&runtime, |group| group != "huge" && is_wanted(group)));
    }
    let mut table = Table::new("time");
    for mut row in in_process(&runtime, is_wanted) {
        let time = ratio(Effort::IN_PROCESS, &mut row.subject, &mut row.rival);
        table.row(&row.what, row.against, time, row.goal);
    }
    if is_wanted("writes") {
        writes::measure(&runtime, &mut table);
    }
    table.finish()
}

fn in_process(runtime: &Runtime, is_wanted: impl Fn(&str) -> bool) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    if is_wanted("hash") {
        rows.extend(hash::rows(is_wanted("huge")));
    }
    if is_wanted("answers") {
        rows.extend(answers::rows(runtime));
    }
    if is_wanted("layers") {
        rows.extend(layers::rows(runtime));
    }
    rows
}
