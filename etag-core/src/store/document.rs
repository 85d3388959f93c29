//! From a value to a row, and back.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::DatabaseError;
use super::rows::{Address, Columns, Entry, Row};
use crate::canonical::{Writer, buffer};
use crate::outline::{Member, Outline};
use crate::representation::Document;
use crate::selection::Scalar;
use crate::{LastModified, Resource, Revision as _, StateTag, Timestamp, Version, canonical};

/// The entry of a value that is written at that time.
pub(super) fn entry_of<T: Resource>(value: &mut T, at: Timestamp) -> Result<Entry, DatabaseError> {
    let Document { json, state, content, .. } = stamped(value, at)?;
    let shape = Outline::of::<T>().shape.clone();
    let columns = Columns {
        deleted: false,
        state: state.to_string(),
        content: content.to_string(),
        modified: at,
        alone: true,
        shape,
        exact: true,
    };
    let members = members_of::<T>(&json)?;
    Ok(Entry { row: Row { columns, document: json }, members })
}

/// A value as it is written at that time.
pub(super) fn stamped<T: Resource>(value: &mut T, at: Timestamp) -> Result<Document, DatabaseError> {
    value.stamp(at);
    let document = Document::of(value)?;
    let unstorable = |reason| Err(DatabaseError::Type { collection: T::COLLECTION, reason });
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
pub(super) fn members_of<T: Resource>(json: &[u8]) -> Result<Vec<Scalar>, DatabaseError> {
    let members = &Outline::of::<T>().members;
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
    let unreadable = |error: serde_json::Error| DatabaseError::Document {
        collection: address.collection,
        key: address.key.clone(),
        error: error.to_string(),
    };
    let mut value: T = serde_json::from_slice(&row.document).map_err(unreadable)?;
    value.set_key(key);
    value.stamp(row.columns.modified);
    Ok(value)
}

/// Whether a row's state is what this program makes of its document: whether it was written with the same
/// shape, and with all the members that the state is made of.
pub(super) fn is_trusted<T: Resource>(columns: &Columns) -> bool {
    columns.shape == Outline::of::<T>().shape && columns.exact
}

/// The version that a trusted row's columns name.
pub(super) fn version_of<T: Resource>(key: &str, columns: &Columns) -> Result<Version, DatabaseError> {
    let state: StateTag = columns.state.parse().map_err(|_| DatabaseError::Mismatch {
        collection: T::COLLECTION,
        key: key.to_owned(),
        difference: format!("`{}` is no state", columns.state),
    })?;
    let modified = Outline::of::<T>().has_modified.then(|| match columns.alone {
        true => LastModified::strong(columns.modified),
        false => LastModified::from(columns.modified),
    });
    Ok(Version { state, modified })
}

/// Whether that is the document of a value.
pub(super) fn is_written_as<T: Resource>(value: &T, document: &[u8]) -> Result<bool, canonical::Error> {
    let mut writer = Writer::for_a_store();
    writer.outermost(&value);
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
    let Document { state, content, .. } = Document::of(value)?;
    let (state, content) = (state.to_string(), content.to_string());
    if (&state, &content) == (&columns.state, &columns.content) {
        return Ok(());
    }
    let difference = format!(
        "state `{}` and content `{}` are written, `{state}` and `{content}` are read from the document",
        columns.state, columns.content
    );
    Err(DatabaseError::Mismatch { collection: address.collection, key: address.key.clone(), difference })
}
