//! The version of a list: what is made of the versions of its items.

use std::cmp::Ordering;
use std::fmt::Display;
use std::ops::Range;

use sha2::{Digest as _, Sha256};

use crate::canonical::{self, Facts, utf16_order};
use crate::outline::Outline;
use crate::representation::{Versions, embed, hash_state};
use crate::{Key, StateTag};

/// The items of a list that is being written.
#[derive(Debug)]
pub(crate) struct Items {
    lines: Vec<Line>,
    /// Whether each item is state as a whole, so that the list is.
    is_plain: bool,
    weak: bool,
}

/// What an item adds to its list's version.
#[derive(Debug)]
struct Line {
    /// The item's name, where the list is a map.
    name: Option<String>,
    state: LineState,
    variant: Option<StateTag>,
}

#[derive(Debug)]
enum LineState {
    /// That of a plain item, which nobody may ask for.
    Of(Range<usize>),
    Made(StateTag),
}

/// An item, as it was written.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) range: Range<usize>,
    /// `None` for a plain item: its bytes are its state, and no tag is shown in it.
    versions: Option<Versions>,
    state: Option<StateTag>,
    embed: Option<(usize, &'static str)>,
}

impl Item {
    /// The item that was written at `start`; its state, where it is known.
    pub(crate) fn of(
        outline: &Outline,
        bytes: &[u8],
        start: usize,
        facts: &Facts,
        known: Option<StateTag>,
    ) -> Self {
        let range = start..bytes.len();
        let versions = match known {
            Some(state) => Versions::with_state(outline, bytes, facts, state),
            None if Versions::are_plain(outline, facts) => {
                return Self { range, versions: None, state: None, embed: None };
            }
            None => Versions::of(outline, bytes, start, facts),
        };
        // A revision tells the versions of one resource apart, not resources: its item counts by its bytes as well.
        let state = match versions.state().revision().filter(|_| known.is_none()) {
            None => versions.state(),
            Some(revision) => hash_state(bytes, start, facts, revision.to_string().as_bytes()),
        };
        Self { range, versions: Some(versions), state: Some(state), embed: facts.embed }
    }

    /// The same item, where its bytes have been moved.
    pub(crate) fn moved_to(mut self, start: usize) -> Self {
        if let Some((at, _)) = &mut self.embed {
            *at = start + (*at - self.range.start);
        }
        self.range = start..start + self.range.len();
        self
    }

    /// What tells the item's version from others, where it is not plain. No key moves it.
    pub(crate) fn unkeyed_tag(&self) -> Option<String> {
        self.versions.as_ref().map(|versions| versions.unkeyed_etag().to_string())
    }

    /// Shows the item's tag in it.
    pub(crate) fn embed(&self, bytes: &mut Vec<u8>) -> Result<(), canonical::Error> {
        if let (Some(versions), Some(place)) = (&self.versions, self.embed) {
            embed(&versions.etag()?, bytes, place);
        }
        Ok(())
    }
}

impl Default for Items {
    fn default() -> Self {
        Self { lines: Vec::new(), is_plain: true, weak: false }
    }
}

impl Items {
    /// Adds the next item, whose bytes are where it says.
    pub(crate) fn push(&mut self, name: Option<String>, item: &Item, bytes: &[u8]) {
        let variant = item.versions.as_ref().and_then(Versions::variant);
        self.weak |= item.versions.as_ref().is_some_and(Versions::is_weak);
        if self.is_plain && item.versions.is_some() {
            self.is_plain = false;
            self.lines.iter_mut().for_each(|line| line.make(bytes));
        }
        let state = item.state.map_or(LineState::Of(item.range.clone()), LineState::Made);
        let mut line = Line { name, state, variant };
        if !self.is_plain {
            line.make(bytes);
        }
        self.lines.push(line);
    }

    /// Puts the items of a map into the order in which its members are sent.
    pub(crate) fn sort(&mut self) {
        self.lines.sort_by(|a, b| match (&a.name, &b.name) {
            (Some(a), Some(b)) => utf16_order(a, b),
            _ => Ordering::Equal,
        });
    }

    /// Puts the items of a set into an order that no member outside of their states moves.
    pub(crate) fn sort_by_state(&mut self) {
        let key = |line: &Line| match line.state {
            LineState::Made(state) => (state.to_string(), line.variant.map(|variant| variant.to_string())),
            LineState::Of(_) => Default::default(),
        };
        self.lines.sort_by_cached_key(key);
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.is_plain
    }

    pub(crate) fn is_weak(&self) -> bool {
        self.weak
    }

    pub(crate) fn has_variant(&self) -> bool {
        self.lines.iter().any(|line| line.variant.is_some())
    }

    /// The state of a list that is not plain.
    pub(crate) fn state(&self) -> StateTag {
        let made = self.lines.iter().filter_map(|line| match line.state {
            LineState::Made(state) => Some((line.name.as_deref().map(canonical::string), state)),
            LineState::Of(_) => None,
        });
        hash_states(made)
    }

    pub(crate) fn variant(&self) -> Option<StateTag> {
        hash_variants(self.lines.iter().map(|line| line.variant))
    }
}

impl Line {
    fn make(&mut self, bytes: &[u8]) {
        if let LineState::Of(range) = &self.state {
            self.state = LineState::Made(StateTag::hash([&bytes[range.clone()]]));
        }
    }
}

/// The state of a list: the SHA-256 of the items' states in order, each with a line feed behind it and, where
/// it has one, the JSON of its name or key and a space before it.
pub(crate) fn hash_states(items: impl Iterator<Item = (Option<String>, StateTag)>) -> StateTag {
    hash(items.map(|(name, state)| line(name, state)))
}

/// The hash of the line that a resource has in such a list.
pub(crate) fn hash_line(name: String, state: impl Display) -> [u8; 32] {
    Sha256::digest(line(Some(name), state)).into()
}

/// A resource's name in a list: its key's parts as a JSON array.
pub(crate) fn name_of(key: &impl Key) -> String {
    name_of_parts(&key.parts())
}

/// The name of the resource whose key has these parts.
pub(crate) fn name_of_parts(parts: &[String]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| canonical::string(part)).collect();
    format!("[{}]", parts.join(","))
}

fn line(name: Option<String>, state: impl Display) -> String {
    match name {
        Some(name) => format!("{name} {state}\n"),
        None => format!("{state}\n"),
    }
}

/// The variant of a list: the SHA-256 of the items' variants in order, each with a line feed behind it; an empty
/// line for an item without one.
pub(crate) fn hash_variants(items: impl Iterator<Item = Option<StateTag>> + Clone) -> Option<StateTag> {
    let line = |variant: Option<StateTag>| match variant {
        Some(variant) => format!("{variant}\n"),
        None => "\n".to_owned(),
    };
    items.clone().any(|variant| variant.is_some()).then(|| hash(items.map(line)))
}

fn hash(lines: impl Iterator<Item = String>) -> StateTag {
    let mut hasher = Sha256::new();
    lines.for_each(|line| hasher.update(line));
    StateTag::from_hash(hasher.finalize().into())
}
