use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::json::Json;
use super::shape::{Place, Shape};
use crate::Versioned;
use crate::canonical::{Error, Facts, Writer};
use crate::outline::Outline;
use crate::representation::Versions;

/// A value's tag, and what it was made of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pin {
    pub(super) etag: String,
    /// Whether the tag is keyed: `etag` is what it would be without.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) keyed: bool,
    /// The state, where it is a revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) epochs: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) members: BTreeMap<String, Place>,
    pub(super) shape: BTreeMap<String, String>,
    /// The canonical JSON, without the tags that are shown in it.
    pub(super) body: Json,
}

impl Pin {
    pub(super) fn of<T: Versioned + ?Sized>(value: &T) -> Result<Self, Error> {
        let mut writer = Writer::for_a_store();
        writer.outermost(&value);
        let (json, facts) = writer.finish_with_facts()?;
        let etag = Versions::of(Outline::of::<T>(), &json, 0, &facts).unkeyed_etag().to_string();
        let body = serde_json::from_slice(&json).map_err(|error| Error::Custom(error.to_string()))?;
        let Facts { revision, .. } = facts;
        let Shape { keyed, epochs, members, words, .. } = Shape::of::<T>();
        Ok(Self { etag, keyed, revision, epochs, members, shape: words, body })
    }

    /// Whether the value is versioned by its revision: no member of the state is in the tag. (A variant can have none,
    /// where the type has one.)
    pub(super) fn has_revision(&self) -> bool {
        self.revision.is_some()
    }

    /// Whether the shape is in the tag: that of the value, or that of a list's items.
    pub(super) fn has_shape_in_tag(&self) -> bool {
        self.members.values().any(|place| *place == Place::Revision)
    }

    /// Whether the member at `pointer` is in the tag, where it is a member of what has roles.
    pub(super) fn counts(&self, pointer: &str) -> Option<bool> {
        self.members.get(pointer).map(|place| match place {
            Place::State => !self.has_revision(),
            Place::Variant | Place::Revision => true,
            Place::NoTag => false,
        })
    }

    pub(super) fn is_weak(&self) -> bool {
        self.etag.starts_with("W/")
    }
}
