//! What rows need to know of the type of their values: all that works on rows alone is compiled once in a program, and
//! not again for each of its types.

use serde::de::DeserializeOwned;

use super::DatabaseError;
use super::document::remake;
use super::rows::{Address, Columns, Entry, Row};
use crate::outline::Outline;
use crate::{LastModified, Replay, Resource, StateTag, Version};

/// A stored type, as far as its rows tell.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub(super) collection: &'static str,
    /// Whether lists of the collection have its tag.
    pub(super) collection_tag: bool,
    /// Whether a tombstone keeps the state that was deleted: a hash of what is gone is kept by nobody who does not ask
    /// for it.
    pub(super) keeps_state: bool,
    pub(super) outline: &'static Outline,
    /// What this program makes of a row that another shape had made.
    pub(super) remake: fn(&Address, &Row) -> Result<Entry, DatabaseError>,
}

impl Type {
    pub(super) fn of<T: Resource + DeserializeOwned>() -> Self {
        Self {
            collection: T::COLLECTION,
            collection_tag: T::COLLECTION_TAG,
            keeps_state: T::REPLAY == Replay::Accept,
            outline: Outline::of::<T>(),
            remake: remake::<T>,
        }
    }

    /// The row under a key of that text.
    pub(super) fn address(&self, key: String) -> Address {
        Address { collection: self.collection, collection_tag: self.collection_tag, key }
    }

    /// Whether a row's state is what this program makes of its document: whether it was written with the same
    /// shape, and with all the members that the state is made of.
    pub(super) fn is_trusted(&self, columns: &Columns) -> bool {
        columns.shape == self.outline.shape && columns.exact
    }

    /// The version that a trusted row's columns name.
    pub(super) fn version(&self, key: &str, columns: &Columns) -> Result<Version, DatabaseError> {
        let state: StateTag = columns.state.parse().map_err(|_| DatabaseError::Mismatch {
            collection: self.collection,
            key: key.to_owned(),
            difference: format!("`{}` is no state", columns.state),
        })?;
        let modified = self.outline.has_modified.then(|| match columns.alone {
            true => LastModified::strong(columns.modified),
            false => LastModified::from(columns.modified),
        });
        Ok(Version { state, modified })
    }
}
