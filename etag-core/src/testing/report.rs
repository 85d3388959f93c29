use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::WRITE;
use super::json::Change;
use super::lock::Lock;
use super::pin::Pin;
use super::shape::Place;

/// What is not as it was, and what to do about it; `None` where all is.
pub(super) fn of(before: &Lock, after: &Lock) -> Option<String> {
    let mut parts = Vec::new();
    let mut is_moved = false;
    for name in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        match (before.get(name), after.get(name)) {
            (Some(before), Some(after)) if (&before.etag, before.keyed) != (&after.etag, after.keyed) => {
                is_moved = true;
                parts.push(moved(name, before, after));
            }
            (None, Some(_)) => parts.push(format!("`{name}` is not in the file: `{WRITE}` adds it")),
            (Some(_), None) => {
                let ways = format!("pin it again, or `{WRITE}` removes it");
                parts.push(format!("`{name}` is in the file, and nobody pins it: {ways}"));
            }
            _ => {}
        }
    }
    if is_moved {
        parts.push(format!(
            "Not meant? Undo what is named above; the `epoch` stays as it is.\n\
             Meant? `{WRITE}` writes the new tags; say in the changelog that they move."
        ));
    }
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

fn moved(name: &str, before: &Pin, after: &Pin) -> String {
    let mut lines = vec![
        format!("The tag of `{name}` moved:"),
        format!("  before {}", before.etag),
        format!("  after  {}", after.etag),
    ];
    let reasons = reasons(before, after);
    let is_explained = !reasons.is_empty();
    lines.extend(reasons.into_iter().map(|reason| format!("  - {reason}")));
    let has_same_type = (&before.shape, before.keyed) == (&after.shape, after.keyed);
    if !is_explained {
        lines.push(format!("  - {}", unexplained(after)));
    } else if has_same_type {
        lines.push(format!("  {}", only_the_value(after)));
    } else if !after.has_shape_in_tag() && before.shape != after.shape {
        lines.push("  The type is described in another way:".to_owned());
        lines.extend(in_shape(before, after).map(|line| format!("    {line}")));
    }
    if is_same_state(before, after) {
        lines.push(
            "  The state has not moved: a write that the old tag guards still goes through.".to_owned(),
        );
    }
    lines.join("\n")
}

fn reasons(before: &Pin, after: &Pin) -> Vec<String> {
    let mut reasons = Vec::new();
    match (before.is_weak(), after.is_weak()) {
        (false, true) => reasons.push("strong became weak".to_owned()),
        (true, false) => reasons.push("weak became strong".to_owned()),
        _ => {}
    }
    match (before.keyed, after.keyed) {
        (false, true) => {
            reasons.push("it is keyed now: the tag that a key makes is not in this file".to_owned())
        }
        (true, false) => reasons.push("it was keyed, and shows the hash of its content now".to_owned()),
        _ => {}
    }
    reasons.extend(differences(&before.epochs, &after.epochs).map(|(pointer, before, after)| {
        format!("the epoch of {}: {} → {}", named(pointer), or_none(before), or_none(after))
    }));
    match (before.has_revision(), after.has_revision()) {
        (false, true) => reasons.push("the state is a revision now, and was a hash".to_owned()),
        (true, false) => reasons.push("the state is a hash now, and was a revision".to_owned()),
        _ if before.revision != after.revision => {
            let [before, after] = [before.revision, after.revision].map(|it| or_none(it.as_ref()));
            reasons.push(format!("the revision: {before} → {after}"));
        }
        _ => {}
    }
    reasons.extend(in_body(before, after));
    reasons.extend(in_members(before, after));
    if before.has_shape_in_tag() && after.has_shape_in_tag() {
        reasons
            .extend(in_shape(before, after).map(|line| format!("the shape, a revision's variant: {line}")));
    }
    reasons
}

/// The values that are in the tag and are other ones, without those whose place in the tag is another one.
fn in_body(before: &Pin, after: &Pin) -> Vec<String> {
    let pins = [before, after];
    let pointers = pins.into_iter().flat_map(|pin| pin.members.keys());
    let is_out = |pointer: &&String| pins.iter().any(|pin| pin.counts(pointer) == Some(false));
    let out: BTreeSet<&String> = pointers.filter(is_out).collect();
    let [was, is] = pins.map(|pin| {
        let mut body = pin.body.clone();
        out.iter().for_each(|pointer| body.remove(pointer));
        body
    });
    let changes = was.changes(&is);
    let mut lines: Vec<String> = changes
        .iter()
        .take(MOST)
        .map(|(pointer, change)| {
            let place = match after.members.get(pointer) {
                Some(Place::Variant) => " to the variant",
                _ => "",
            };
            in_value(&named(pointer), place, change)
        })
        .collect();
    if changes.len() > MOST {
        lines.push(format!("and {} more values", changes.len() - MOST));
    }
    lines
}

fn in_value(name: &str, place: &str, change: &Change<'_>) -> String {
    match change {
        Change::Added(is) => format!("{name} was added{place}: {is}"),
        Change::Gone(was) => format!("{name} is gone: it was {was}"),
        Change::Differs(was, is) => format!("{name} has another value: {was} → {is}"),
    }
}

/// The members that count for another part of the tag.
fn in_members(before: &Pin, after: &Pin) -> Vec<String> {
    let has_variant = |pin: &Pin| pin.members.values().any(|place| *place == Place::Variant);
    // The first one moves the tag even where it is left out of the body.
    let is_telling = |place: &Place| match place {
        Place::Variant => has_variant(before) != has_variant(after),
        Place::NoTag => before.is_weak() != after.is_weak(),
        Place::State | Place::Revision => false,
    };
    let line = |(pointer, before, after): (&str, Option<&Place>, Option<&Place>)| {
        let name = named(pointer);
        match (before, after) {
            (Some(Place::Revision), _) | (_, Some(Place::Revision)) if pointer.is_empty() => None,
            (_, Some(Place::Revision)) => Some(format!("the state of {name} is a revision now")),
            (Some(Place::Revision), _) => Some(format!("the state of {name} is no revision now")),
            (Some(before), Some(after)) => {
                Some(format!("{name} moved from {} to {}", in_words(*before), in_words(*after)))
            }
            (None, Some(place)) if is_telling(place) => {
                Some(format!("{name} is in {} now", in_words(*place)))
            }
            (Some(place), None) if is_telling(place) => {
                Some(format!("{name} was in {}, and is gone", in_words(*place)))
            }
            _ => None,
        }
    };
    differences(&before.members, &after.members).filter_map(line).collect()
}

/// A line for each place where the type is described in another way.
fn in_shape<'a>(before: &'a Pin, after: &'a Pin) -> impl Iterator<Item = String> + 'a {
    differences(&before.shape, &after.shape).map(|(pointer, before, after)| match (before, after) {
        (None, Some(after)) => format!("{} was added: {after}", named(pointer)),
        (Some(before), None) => format!("{} is gone: {before}", named(pointer)),
        _ => format!("{}: {} → {}", named(pointer), or_none(before), or_none(after)),
    })
}

fn only_the_value(after: &Pin) -> String {
    let is_foreign = after.shape.values().any(|words| words.split(' ').any(|word| word == "serde"));
    let or = if is_foreign { ", or `serde` writes it in another way" } else { "" };
    format!("The type is described as before: only the value is another one{or}. Hand `pin` the old value.")
}

fn unexplained(after: &Pin) -> String {
    let is_numbered =
        after.members.iter().any(|(pointer, place)| !pointer.is_empty() && *place == Place::Revision);
    let mut line =
        "no value, member, epoch or word of the shape did: the canonical form itself changed".to_owned();
    if is_numbered {
        line.push_str(", or an item has another revision, which it does not show");
    }
    line
}

/// Whether both tags are `"S"` or `"S.V"` with one S.
fn is_same_state(before: &Pin, after: &Pin) -> bool {
    let state = |pin: &Pin| pin.etag.trim_matches('"').split('.').next().map(str::to_owned);
    let is_strong = !before.is_weak() && !after.is_weak();
    is_strong && before.keyed == after.keyed && state(before) == state(after)
}

/// The entries that are not the same in both.
fn differences<'a, V: PartialEq>(
    before: &'a BTreeMap<String, V>,
    after: &'a BTreeMap<String, V>,
) -> impl Iterator<Item = (&'a str, Option<&'a V>, Option<&'a V>)> {
    let pointers: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let both =
        pointers.into_iter().map(|pointer| (pointer.as_str(), before.get(pointer), after.get(pointer)));
    both.filter(|(_, before, after)| before != after)
}

fn in_words(place: Place) -> &'static str {
    match place {
        Place::State => "the state",
        Place::Variant => "the variant",
        Place::NoTag => "no tag",
        Place::Revision => "a revision",
    }
}

fn named(pointer: &str) -> String {
    if pointer.is_empty() { "the value".to_owned() } else { format!("`{pointer}`") }
}

fn or_none<V: Display>(value: Option<&V>) -> String {
    value.map_or_else(|| "none".to_owned(), V::to_string)
}

/// The most values that are named: a longer list says no more.
const MOST: usize = 12;
