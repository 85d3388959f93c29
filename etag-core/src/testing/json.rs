use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// JSON whose numbers keep their digits: `-9007199254740993` and `1e+21` are what they were.
#[derive(Debug, Clone)]
pub(super) enum Json {
    Object(BTreeMap<String, Json>),
    Array(Vec<Json>),
    /// A string, a number, a boolean or `null`.
    Leaf(Box<RawValue>),
}

/// How a value at a JSON pointer came to be another one.
#[derive(Debug)]
pub(super) enum Change<'a> {
    Added(&'a Json),
    Gone(&'a Json),
    Differs(&'a Json, &'a Json),
}

impl Json {
    /// Removes what `pattern` points at: a JSON pointer in which `*` is any element.
    pub(super) fn remove(&mut self, pattern: &str) {
        let Some(pattern) = pattern.strip_prefix('/') else {
            return;
        };
        let (first, rest) = pattern.find('/').map_or((pattern, ""), |at| pattern.split_at(at));
        match self {
            Self::Object(members) if first == "*" => {
                members.values_mut().for_each(|value| value.remove(rest))
            }
            Self::Array(elements) if first == "*" => elements.iter_mut().for_each(|value| value.remove(rest)),
            Self::Object(members) if rest.is_empty() => members.retain(|name, _| escaped(name) != first),
            Self::Object(members) => {
                let inner = members.iter_mut().filter(|(name, _)| escaped(name) == first);
                inner.for_each(|(_, value)| value.remove(rest));
            }
            Self::Array(_) | Self::Leaf(_) => {}
        }
    }

    /// What is another value in `after`, each with its JSON pointer.
    pub(super) fn changes<'a>(&'a self, after: &'a Self) -> Vec<(String, Change<'a>)> {
        let mut changes = Vec::new();
        collect(String::new(), Some(self), Some(after), &mut changes);
        changes
    }

    fn of(raw: Box<RawValue>) -> serde_json::Result<Self> {
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'{') => Self::Object(serde_json::from_str(text)?),
            Some(b'[') => Self::Array(serde_json::from_str(text)?),
            _ => Self::Leaf(raw),
        })
    }
}

/// A JSON pointer to a member of what is at `pointer` (RFC 6901 §3).
pub(super) fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", escaped(name))
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn collect<'a>(
    pointer: String,
    before: Option<&'a Json>,
    after: Option<&'a Json>,
    changes: &mut Vec<(String, Change<'a>)>,
) {
    match (before, after) {
        (Some(Json::Object(before)), Some(Json::Object(after))) => {
            for name in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
                collect(member(&pointer, name), before.get(name), after.get(name), changes);
            }
        }
        (Some(Json::Array(before)), Some(Json::Array(after))) => {
            for index in 0..before.len().max(after.len()) {
                collect(format!("{pointer}/{index}"), before.get(index), after.get(index), changes);
            }
        }
        (Some(Json::Leaf(before)), Some(Json::Leaf(after))) if before.get() == after.get() => {}
        (Some(before), Some(after)) => changes.push((pointer, Change::Differs(before, after))),
        (Some(before), None) => changes.push((pointer, Change::Gone(before))),
        (None, Some(after)) => changes.push((pointer, Change::Added(after))),
        (None, None) => {}
    }
}

/// On one line; a long one is cut.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => write!(f, "{}…", &text[..end]),
            None => f.write_str(&text),
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(members) => serializer.collect_map(members),
            Self::Array(elements) => serializer.collect_seq(elements),
            Self::Leaf(text) => text.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(Box::<RawValue>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

const LONGEST: usize = 100;
