#![doc = include_str!("../README.md")]
// What is behind a feature that is off has no page to link to.
#![cfg_attr(
    not(all(feature = "testing", feature = "sqlite", feature = "postgres")),
    allow(rustdoc::broken_intra_doc_links)
)]

pub mod canonical;
pub mod guides;

#[cfg(feature = "axum")]
pub mod axum;

#[cfg(feature = "testing")]
pub mod testing;

mod alteration;
mod authorize;
#[cfg(feature = "collections")]
mod collection;
mod entity_tag;
mod from_json;
mod key;
mod last_modified;
mod list;
mod outline;
mod preconditions;
mod preferences;
mod problem;
mod representation;
mod resource;
mod selection;
mod stamp;
mod state_tag;
mod store;
mod sum;
mod tag_keys;
mod timestamp;
mod validators;
mod versioned;

pub use alteration::Alteration;
pub use authorize::{Access, Anyone, Authorize, KeyPrefix};
pub use entity_tag::{EntityTag, InvalidEntityTag};
pub use from_json::FromJson;
pub use key::{Key, KeyPart};
pub use last_modified::LastModified;
pub use preconditions::{MalformedPrecondition, Outcome, Part, Preconditions, TagList};
pub use preferences::{Algorithm, Preferences, Return};
pub use problem::Problem;
pub use representation::Representation;
pub use resource::{Creation, IfMatch, Replay, Resource, Tolerate, Wildcard};
pub use selection::{InvalidSelection, Selection};
pub use stamp::{Modified, Revision};
pub use state_tag::{InvalidStateTag, StateTag};
pub use store::{
    Bulk, BulkIn, CompareAndSwap, Database, DatabaseError, Found, Insert, InsertIn, Inserted, Loaded,
    Matched, Removed, Required, Retagged, Select, Selected, Store, StoreIn, Transaction, Written, WrittenAll,
};
pub use tag_keys::{TagKeys, TagKeysError};
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use validators::{Validators, Version};
pub use versioned::{Describe, Versioned};

#[cfg(feature = "collections")]
pub use collection::Collection;
#[cfg(feature = "derive")]
pub use etag_derive::Versioned;
/// The crate whose transactions `save_in` takes.
#[cfg(feature = "_sqlx")]
pub use sqlx;
#[cfg(feature = "_sqlx")]
pub use store::Backend;

/// What a type must implement for `#[versioned(serde)]`.
pub use serde::Serialize;
