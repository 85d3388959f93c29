//! From a value to a row, and back.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::DatabaseError;
use super::rows::{Address, Columns, Entry, Row, split};
use crate::canonical::{Value, Writer, buffer};
use crate::outline::{Member, Outline};
use crate::representation::Document;
use crate::selection::Scalar;
use crate::{Key, Resource, Revision as _, Timestamp, canonical};

/// The entry of a value that is written at that time.
pub(super) fn entry_of<T: Resource>(value: &mut T, at: Timestamp) -> Result<Entry, DatabaseError> {
    entry(stamped(value, at)?, Outline::of::<T>(), at)
}

fn entry(document: Document, outline: &Outline, at: Timestamp) -> Result<Entry, DatabaseError> {
    let Document { json, state, content, .. } = document;
    let columns = Columns {
        deleted: false,
        state: state.to_string(),
        content: content.to_string(),
        modified: at,
        alone: true,
        shape: outline.shape.clone(),
        exact: true,
    };
    let members = members_of(outline, &json)?;
    Ok(Entry { row: Row { columns, document: json }, members })
}

/// A value as it is written at that time.
pub(super) fn stamped<T: Resource>(value: &mut T, at: Timestamp) -> Result<Document, DatabaseError> {
    value.stamp(at);
    storable(Document::of(value)?, T::COLLECTION, at)
}

/// That a value can be stored which was stamped at that time.
fn storable(document: Document, collection: &'static str, at: Timestamp) -> Result<Document, DatabaseError> {
    let unstorable = |reason| Err(DatabaseError::Type { collection, reason });
    if document.shows_more {
        return unstorable(
            "it shows `variant` or `skip` members of what it flattens or lists; move these to a view",
        );
    }
    if document.revision.is_some_and(|revision| revision != at.revision())
        || document.modified.is_some_and(|stamp| stamp != at)
    {
        return unstorable(
            "its `revision` or `modified` is in a flattened member or in a variant, where `Resource::stamp` does not reach; move it to the type itself, or to a struct that flattens the enum",
        );
    }
    Ok(document)
}

/// What a list is filtered and sorted by, in the order of the type's outline.
pub(super) fn members_of(outline: &Outline, json: &[u8]) -> Result<Vec<Scalar>, DatabaseError> {
    let members = &outline.members;
    if members.is_empty() || json.first() != Some(&b'{') {
        return Ok(members.iter().map(|_| Scalar::Null).collect());
    }
    let scalars = serde_json::Deserializer::from_slice(json).deserialize_map(Scalars(members));
    Ok(scalars.map_err(|error| canonical::Error::Custom(error.to_string()))?)
}

/// Reads an object's scalars, in the order of these members.
struct Scalars<'m>(&'m [Member]);

impl<'de> Visitor<'de> for Scalars<'_> {
    type Value = Vec<Scalar>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut sent: A) -> Result<Vec<Scalar>, A::Error> {
        let members = self.0;
        let mut scalars = vec![Scalar::Null; members.len()];
        let mut next = 0;
        while let Some(place) = sent.next_key_seed(Place { members, next })? {
            match place {
                Some(place) => {
                    let json: &RawValue = sent.next_value()?;
                    scalars[place] = Scalar::of(json.get(), &members[place].kind);
                    next = place + 1;
                }
                None => drop(sent.next_value::<IgnoredAny>()?),
            }
        }
        Ok(scalars)
    }
}

/// The place of a name among the members: most come in their order, and are found at the first look.
struct Place<'m> {
    members: &'m [Member],
    next: usize,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<Option<usize>, D::Error> {
        name.deserialize_str(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a member")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        let Self { members, next } = self;
        let mut places = (next..members.len()).chain(0..next);
        Ok(places.find(|place| members[*place].name == name))
    }
}

/// The value of a row.
pub(super) fn value_of<T: Resource + DeserializeOwned>(
    address: &Address,
    key: &T::Key,
    row: &Row,
) -> Result<T, DatabaseError> {
    let mut value: T =
        serde_json::from_str(text(address, &row.document)?).map_err(|error| unreadable(address, &error))?;
    value.set_key(key);
    value.stamp(row.columns.modified);
    Ok(value)
}

fn text<'a>(address: &Address, document: &'a [u8]) -> Result<&'a str, DatabaseError> {
    str::from_utf8(document).map_err(|error| unreadable(address, &error))
}

fn unreadable(address: &Address, error: &dyn fmt::Display) -> DatabaseError {
    DatabaseError::Document {
        collection: address.collection,
        key: address.key.clone(),
        error: error.to_string(),
    }
}

/// The key that a row stands under.
pub(super) fn key_of<T: Resource>(text: &str) -> Result<T::Key, DatabaseError> {
    let parts = split(text);
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|_| T::Key::PARTS > 0).collect();
    let unreadable = || DatabaseError::Key { collection: T::COLLECTION, key: text.to_owned() };
    T::Key::from_stored_parts(&parts).ok_or_else(unreadable)
}

/// What this program makes of a row that another shape had made.
pub(super) fn remake<T: Resource + DeserializeOwned>(
    address: &Address,
    row: &Row,
) -> Result<Entry, DatabaseError> {
    let mut value: T = value_of(address, &key_of::<T>(&address.key)?, row)?;
    Ok(remade(entry_of(&mut value, row.columns.modified)?, row))
}

fn remade(made: Entry, row: &Row) -> Entry {
    let Entry { row: made, members } = made;
    let old = &row.columns;
    let is_same = (&made.columns.state, &made.columns.shape) == (&old.state, &old.shape);
    // The document may say more, or less, in this program's words: the same date named other bytes.
    let columns =
        Columns { alone: old.alone && is_same, exact: made.document == row.document, ..made.columns };
    Entry { row: Row { columns, document: made.document }, members }
}

/// Whether that is the document of a value.
pub(super) fn is_written_as<T: Resource>(value: &T, document: &[u8]) -> Result<bool, canonical::Error> {
    is_value_written_as(&value, document)
}

fn is_value_written_as(value: &dyn Value, document: &[u8]) -> Result<bool, canonical::Error> {
    let mut writer = Writer::for_a_store();
    writer.outermost(value);
    let (json, _) = writer.finish_with_facts()?;
    let is_same = json == document;
    buffer::put_back(json);
    Ok(is_same)
}

/// Compares a row's columns with what its value says.
pub(super) fn check<T: Resource>(
    address: &Address,
    columns: &Columns,
    value: &T,
) -> Result<(), DatabaseError> {
    compare(address, columns, &Document::of(value)?)
}

fn compare(address: &Address, columns: &Columns, document: &Document) -> Result<(), DatabaseError> {
    let (state, content) = (document.state.to_string(), document.content.to_string());
    if (&state, &content) == (&columns.state, &columns.content) {
        return Ok(());
    }
    let difference = format!(
        "state `{}` and content `{}` are written, `{state}` and `{content}` are read from the document",
        columns.state, columns.content
    );
    Err(DatabaseError::Mismatch { collection: address.collection, key: address.key.clone(), difference })
}
