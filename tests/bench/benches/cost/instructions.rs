//! The same rows in instructions, which no other program on the machine changes.

use std::process::{Command, ExitCode};

use bench::table::Table;

use crate::Row;

/// The argument of the process that callgrind watches: which row, which side of it, and how often.
pub(crate) const CALL: &str = "--call";

/// Carries out one side of one row.
pub(crate) fn call(rows: Vec<Row<'_>>, row: &str, side: &str, count: &str) {
    let mut row = rows.into_iter().find(|candidate| name(candidate) == row).expect("the row is one");
    let job = if side == "subject" { &mut row.subject } else { &mut row.rival };
    job(count.parse().expect("a number"));
}

/// Prints the table in instructions.
pub(crate) fn table(rows: Vec<Row<'_>>) -> ExitCode {
    let mut table = Table::new("instructions");
    for row in &rows {
        let of = |side| of_each(&name(row), side);
        table.row(&row.what, row.against, of("subject") / of("rival"), row.goal);
    }
    table.finish()
}

fn name(row: &Row<'_>) -> String {
    format!("{} / {}", row.what, row.against)
}

/// The instructions of each call: what more calls add.
fn of_each(row: &str, side: &str) -> f64 {
    let (few, many) = (5, 25);
    (of_all(row, side, many) - of_all(row, side, few)) / f64::from(many - few)
}

fn of_all(row: &str, side: &str, count: u32) -> f64 {
    let program = std::env::current_exe().expect("this program is a file");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([CALL, row, side, &count.to_string()])
        .output()
        .expect("valgrind is installed");
    let log = String::from_utf8_lossy(&output.stderr);
    let collected = log.lines().find_map(|line| line.split_once("Collected : "));
    let (_, instructions) = collected.unwrap_or_else(|| panic!("callgrind counts: {log}"));
    instructions.trim().parse().expect("a number")
}
