//! One oracle for the canonical form: whatever serde can derive is written as RFC 8785 writes what
//! `serde_json` sends for it, as two other implementations see it; and what `serde_json` refuses to send,
//! or sends with a member twice, is an error.
//!
//! Each file has the shapes of one idea, and [`shape::Shape`] says what is asked of each of them.

mod adjacent;
mod arrays;
mod crates;
mod documents;
mod enums;
mod flatten;
mod foreign;
mod generics;
mod into;
mod maps;
mod names;
mod numbers;
mod others;
mod recursive;
mod rename;
mod shape;
mod standard;
mod structs;
mod tagged;
mod untagged;
mod values;
mod with;

use std::sync::Mutex;

use shape::{Shape, Tally};

/// The values in all: a few thousand, or a million under `ETAG_LONG=1`.
fn values_in_all() -> u32 {
    if is_long() { 1_000_000 } else { 12_000 }
}

fn is_long() -> bool {
    std::env::var("ETAG_LONG").is_ok_and(|long| long == "1")
}

#[test]
fn every_shape_has_the_form_of_what_serde_json_sends() {
    let shapes = shapes();
    let cases = values_in_all().div_ceil(shapes.len() as u32);
    let (tally, failures) = check(&shapes, cases);
    println!("{} shapes, {tally}", shapes.len());
    assert!(failures.is_empty(), "{} shapes differ:\n\n{}", failures.len(), failures.join("\n\n"));
    assert!(shapes.len() >= 70 && tally.refused > 0 && tally.repeated > 0, "{tally}");
}

fn shapes() -> Vec<Shape> {
    let ideas = [
        structs::shapes(),
        arrays::shapes(),
        rename::shapes(),
        names::shapes(),
        enums::shapes(),
        tagged::shapes(),
        adjacent::shapes(),
        untagged::shapes(),
        flatten::shapes(),
        with::shapes(),
        into::shapes(),
        generics::shapes(),
        recursive::shapes(),
        maps::shapes(),
        standard::shapes(),
        crates::shapes(),
        documents::shapes(),
        foreign::shapes(),
    ];
    ideas.into_iter().flatten().collect()
}

/// Checks so many values of each shape, on each processor.
fn check(shapes: &[Shape], cases: u32) -> (Tally, Vec<String>) {
    let rest = Mutex::new(shapes.iter());
    let outcome = Mutex::new((Tally::default(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                loop {
                    let Some(shape) = rest.lock().unwrap().next() else { break };
                    let checked = shape.check(cases);
                    let (tally, failures) = &mut *outcome.lock().unwrap();
                    match checked {
                        Ok(checked) => *tally += checked,
                        Err(failure) => failures.push(failure),
                    }
                }
            });
        }
    });
    outcome.into_inner().unwrap()
}
