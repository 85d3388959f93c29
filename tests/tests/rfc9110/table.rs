//! The table of the guide names each number once, and for each a test that exists, or why there is none.

use std::collections::BTreeMap;

const GUIDE: &str = include_str!("../../../etag-core/src/guides/http_checklist.md");

/// Where the named tests are.
const SOURCES: [&str; 8] = [
    include_str!("answers.rs"),
    include_str!("asked.rs"),
    include_str!("choices.rs"),
    include_str!("evaluation.rs"),
    include_str!("kept.rs"),
    include_str!("live.rs"),
    include_str!("mistakes.rs"),
    include_str!("validators.rs"),
];

/// The rows of the guide: what stands first and last in each.
fn rows() -> Vec<(&'static str, &'static str)> {
    let rows = GUIDE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| # "));
    let rows = rows.filter_map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        Some((*cells.first()?, *cells.last()?))
    });
    rows.collect()
}

/// The tests, each after its attribute.
fn tests() -> Vec<&'static str> {
    let functions = SOURCES.iter().flat_map(|source| source.split("test]\n").skip(1));
    let names = functions.filter_map(|function| function.split_once("fn ")?.1.split_once('('));
    names.map(|(name, _)| name).collect()
}

/// The tests that a cell names.
fn named(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| ["rfc_", "choice_", "mistake_"].iter().any(|prefix| name.starts_with(prefix)))
}

#[test]
fn each_number_is_in_the_table_once_with_its_test_or_a_reason() {
    let mut cells = BTreeMap::new();
    for (first, last) in rows() {
        if let Ok(number) = first.parse::<u8>() {
            assert!(cells.insert(number, last).is_none(), "{number} is there twice");
        }
    }
    assert!(cells.keys().copied().eq(1..=123), "{:?}", cells.keys());
    for (number, cell) in cells {
        let names: Vec<&str> = named(cell).collect();
        let own = format!("rfc_{number:03}_");
        let is_own = names.iter().any(|name| name.starts_with(&own));
        assert!(is_own || names.is_empty() && cell.starts_with("none: "), "{number}: {cell}");
    }
}

#[test]
fn each_test_that_the_guide_names_exists_and_each_test_is_named() {
    let tests = tests();
    let mut missing: Vec<&str> = rows().into_iter().flat_map(|(_, cell)| named(cell)).collect();
    let unnamed: Vec<&&str> = tests.iter().filter(|test| !missing.contains(*test)).collect();
    assert!(unnamed.is_empty(), "not in the guide: {unnamed:?}");
    missing.retain(|name| !tests.contains(name));
    assert!(missing.is_empty(), "in the guide, and no tests: {missing:?}");
}
