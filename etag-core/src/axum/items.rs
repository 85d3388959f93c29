//! The items of a request that changes many resources.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::body::Json;
use crate::outline::Outline;
use crate::{EntityTag, Key, Problem, Resource};

/// An element of the body, and which resource it is about.
#[derive(Debug)]
pub(super) struct Item<T: Resource> {
    /// Its place in the body: `[0]`.
    pub(super) path: String,
    pub(super) key: T::Key,
    pub(super) json: Json,
}

impl<T: Resource> Item<T> {
    /// The tag that it shows, where the type embeds one.
    pub(super) fn tag(&self) -> Option<Result<EntityTag, Problem>> {
        self.json.tag(Outline::of::<T>().embed?)
    }
}

/// How many items there can be.
pub(super) const MOST: usize = 500;

/// Reads an array of objects that name their keys, each another one; `within` are the parts of the key that the path
/// has. 400 where it is no JSON, else 422.
pub(super) fn items<T: Resource>(bytes: &[u8], within: &[String]) -> Result<Vec<Item<T>>, Problem> {
    let is_shown = |index: usize| T::MEMBERS.get(index).is_some_and(|name| !name.is_empty());
    if !(within.len()..T::Key::PARTS).all(is_shown) {
        let error = format!("`{}` can't be changed as a list: its key is not in its members", T::COLLECTION);
        return Err(Problem::internal_error(error));
    }
    let json = Json::parse(bytes)?;
    let Elements(elements) = match &json {
        Json::Other(_) => json.to()?,
        Json::Object(_) => {
            return Err(Problem::invalid_member("", "expected an array, with an object for each item"));
        }
    };
    if elements.len() > MOST {
        return Err(Problem::invalid_member("", format!("at most {MOST} items can be changed at once")));
    }
    let mut seen = HashSet::new();
    let items = elements.into_iter().enumerate().map(|(index, element)| {
        let path = format!("[{index}]");
        let read = Json::parse(element.get().as_bytes()).and_then(|json| {
            let key = key_of::<T>(&json, within)?;
            if !seen.insert(key.parts()) {
                let name = T::MEMBERS.last().copied().unwrap_or_default();
                let twice = format!("the item `{}` is there twice", key.parts().join("/"));
                return Err(Problem::invalid_member(name, twice));
            }
            Ok((key, json))
        });
        let (key, json) = read.map_err(|problem| problem.at(&path))?;
        Ok(Item { path, key, json })
    });
    items.collect()
}

/// The elements of an array; no more are kept than can be changed at once, and one.
pub(super) struct Elements(pub(super) Vec<Box<RawValue>>);

impl<'de> Deserialize<'de> for Elements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array, with an object for each item")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Elements, A::Error> {
        let mut elements = Vec::new();
        while elements.len() <= MOST {
            match array.next_element()? {
                Some(element) => elements.push(element),
                None => return Ok(Elements(elements)),
            }
        }
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Elements(elements))
    }
}

/// The key of an item: the parts that the path has, and those that its members show.
fn key_of<T: Resource>(json: &Json, within: &[String]) -> Result<T::Key, Problem> {
    let Json::Object(members) = json else {
        return Err(Problem::invalid_member("", "expected an object"));
    };
    let mut parts = within.to_vec();
    for (index, name) in T::MEMBERS.iter().enumerate().skip(within.len()) {
        let sent = members.get(name).ok_or_else(|| {
            Problem::invalid_member(name, format!("missing `{name}`, which says what is changed"))
        })?;
        let part = T::Key::part_from_json(index, sent.get());
        parts.push(
            part.ok_or_else(|| Problem::invalid_member(name, format!("`{name}` can't identify a resource")))?,
        );
    }
    let texts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let named = T::MEMBERS.last().copied().unwrap_or_default();
    T::Key::from_parts(&texts)
        .ok_or_else(|| Problem::invalid_member(named, format!("`{named}` can't identify a resource")))
}
