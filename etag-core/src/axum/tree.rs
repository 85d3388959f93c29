//! JSON that is told apart only where somebody looks: all else keeps its text, to the last digit.

use std::collections::BTreeMap;

use jsonptr::{Pointer, Token};
use serde_json::value::RawValue;

use super::body::Members;
use crate::{Problem, canonical};

/// A JSON value that can be changed at the places that pointers name (RFC 6901).
///
/// `serde_json::Value` rounds a number of many digits, wherever it stands.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    /// What nobody has looked into, or has no inside.
    Text(Box<RawValue>),
    Object(BTreeMap<String, Tree>),
    Array(Vec<Tree>),
}

/// How deep a pointer reaches, and how many arrays and objects may stand in one another: `serde_json` reads
/// no more.
pub(super) const DEEPEST: usize = 128;

impl Tree {
    /// What stands at a place, if anything does.
    pub(super) fn find(&mut self, pointer: &Pointer) -> Option<&mut Self> {
        pointer.tokens().try_fold(self, |tree, token| tree.child(&token))
    }

    /// Puts a value in: into an object in place of what is there, into an array before it (RFC 6902 §4.1).
    pub(super) fn add(&mut self, pointer: &Pointer, value: Self) -> Option<()> {
        let Some((parent, last)) = pointer.split_back() else {
            *self = value;
            return Some(());
        };
        match self.find(parent)?.open() {
            Self::Object(members) => drop(members.insert(last.decoded().into_owned(), value)),
            Self::Array(elements) => {
                elements.insert(last.to_index().ok()?.for_len_incl(elements.len()).ok()?, value);
            }
            Self::Text(_) => return None,
        }
        Some(())
    }

    /// Takes a value out. The whole can't be: nothing would be left.
    pub(super) fn remove(&mut self, pointer: &Pointer) -> Option<Self> {
        let (parent, last) = pointer.split_back()?;
        match self.find(parent)?.open() {
            Self::Object(members) => members.remove(last.decoded().as_ref()),
            Self::Array(elements) => {
                Some(elements.remove(last.to_index().ok()?.for_len(elements.len()).ok()?))
            }
            Self::Text(_) => None,
        }
    }

    /// Whether both are one JSON value: numbers are compared by value, members in any order (RFC 6902 §4.6).
    pub(super) fn equals(&mut self, other: &mut Self) -> bool {
        match (self.open(), other.open()) {
            (Self::Object(first), Self::Object(second)) => {
                let are_same =
                    |((name, first), (other, second)): ((&String, &mut Self), (&String, &mut Self))| {
                        name == other && first.equals(second)
                    };
                first.len() == second.len() && first.iter_mut().zip(second).all(are_same)
            }
            (Self::Array(first), Self::Array(second)) => {
                first.len() == second.len()
                    && first.iter_mut().zip(second).all(|(first, second)| first.equals(second))
            }
            (Self::Text(first), Self::Text(second)) => are_equal(first.get(), second.get()),
            _ => false,
        }
    }

    /// How many arrays and objects that were looked into stand in one another.
    pub(super) fn height(&self) -> usize {
        match self {
            Self::Text(_) => 0,
            Self::Object(members) => 1 + members.values().map(Self::height).max().unwrap_or_default(),
            Self::Array(elements) => 1 + elements.iter().map(Self::height).max().unwrap_or_default(),
        }
    }

    /// The whole, as JSON.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// The whole, as it stands in an object.
    pub(super) fn into_json(self) -> Result<Box<RawValue>, Problem> {
        match self {
            Self::Text(json) => Ok(json),
            tree => RawValue::from_string(tree.to_text()).map_err(Problem::internal_error),
        }
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::Text(json) => text.push_str(json.get()),
            Self::Object(members) => {
                text.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { "," });
                    canonical::push_string(text, name);
                    text.push(':');
                    value.write(text);
                }
                text.push('}');
            }
            Self::Array(elements) => {
                text.push('[');
                for (index, value) in elements.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { "," });
                    value.write(text);
                }
                text.push(']');
            }
        }
    }

    fn child(&mut self, token: &Token<'_>) -> Option<&mut Self> {
        match self.open() {
            Self::Object(members) => members.get_mut(token.decoded().as_ref()),
            Self::Array(elements) => {
                let index = token.to_index().ok()?.for_len(elements.len()).ok()?;
                elements.get_mut(index)
            }
            Self::Text(_) => None,
        }
    }

    /// Tells the outermost members or elements apart.
    fn open(&mut self) -> &mut Self {
        let opened = match self {
            Self::Text(json) if json.get().starts_with('{') => {
                serde_json::from_str(json.get()).ok().map(|members: Members| {
                    Self::Object(
                        members.into_map().into_iter().map(|(name, json)| (name, Self::Text(json))).collect(),
                    )
                })
            }
            Self::Text(json) if json.get().starts_with('[') => serde_json::from_str(json.get())
                .ok()
                .map(|elements: Vec<_>| Self::Array(elements.into_iter().map(Self::Text).collect())),
            _ => None,
        };
        if let Some(opened) = opened {
            *self = opened;
        }
        self
    }
}

impl From<Box<RawValue>> for Tree {
    fn from(json: Box<RawValue>) -> Self {
        Self::Text(json)
    }
}

/// Whether two values without an inside are one.
fn are_equal(first: &str, second: &str) -> bool {
    let is_number = |text: &str| text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    match first.starts_with('"') && second.starts_with('"') {
        true => {
            let [first, second] = [first, second].map(serde_json::from_str::<String>);
            matches!((first, second), (Ok(first), Ok(second)) if first == second)
        }
        false if is_number(first) && is_number(second) => canonical::are_equal_numbers(first, second),
        false => first == second,
    }
}
