//! What a stored type is: [`Resource`], and the parts its derive is made of.

use crate::{Authorize, Key, Timestamp, Versioned};

/// A type that is kept in a store under a key, and answered for at a path.
///
/// `#[derive(Versioned)]` with `#[versioned(store = …)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not stored",
    label = "expected a type that a store keeps",
    note = "to store it, put `#[derive(Versioned)]` and `#[versioned(store = Database)]` on it, and `#[versioned(id)]` on the field that identifies it",
    note = "a view is not stored: build it from what `Target::load` gives and answer with `Preconditions::respond`"
)]
pub trait Resource: Versioned + Sized + Send + Sync + 'static {
    /// What identifies a resource among those of its type.
    type Key: Key;
    /// The store that extractors take from the router's state.
    type Store;
    /// Who may see and change the resource.
    type Policy: Authorize<Self>;

    /// The collection's name in a store.
    const COLLECTION: &'static str;
    /// The path parameters that the key is read from, in the key's order; empty: the path's last ones.
    const PARAMETERS: &'static [&'static str];
    /// The members that show the key, in the key's order; empty for one that is kept out of the body.
    const MEMBERS: &'static [&'static str];
    /// Whether a write needs `If-Match`.
    const IF_MATCH: IfMatch = IfMatch::Required;
    /// The query parameter that counts as `If-Match`, if there is one.
    const QUERY: Option<&'static str> = None;
    /// Whether `If-Match: *` overwrites.
    const WILDCARD: Wildcard = Wildcard::Overwrite;
    /// Whether a PUT creates what does not exist.
    const CREATE: Creation = Creation::Never;
    /// Whether a write that was carried out before succeeds again.
    const REPLAY: Replay = Replay::Refuse;
    /// Which altered tags a write is guarded by.
    const TOLERATE: Tolerate = Tolerate::Nothing;

    /// The value's own key; `None` where the key is only in the path.
    fn key(&self) -> Option<Self::Key>;
    /// Puts the key into the value.
    fn set_key(&mut self, key: &Self::Key);
    /// Puts the time of this version into the value's `modified` and `revision` members.
    fn stamp(&mut self, at: Timestamp);
}

/// Whether a write needs `If-Match` (`if_match = "…"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IfMatch {
    /// A write without a guard is answered 428 (RFC 6585 §3).
    Required,
    /// A write without a guard is carried out.
    Optional,
    /// A write without a guard is carried out, and reported: those that [`Required`](Self::Required) would
    /// refuse.
    Report,
}

/// What `If-Match: *` on a write means (`wildcard = "…"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wildcard {
    /// Overwrite what exists, whatever its state (RFC 9110 §13.1.1).
    Overwrite,
    /// No guard: the write is answered 428, as one without `If-Match`.
    Refuse,
}

/// Whether a PUT creates what does not exist (`create = "…"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Creation {
    /// No: 404.
    Never,
    /// A PUT without `If-Match` creates (`create = "put"`); one with it is answered 412 (RFC 9110 §13.1.1).
    Put,
    /// As [`Put`](Self::Put), and `If-Match` is ignored on a key that never existed
    /// (`create = "put, ignore-if-match"`); on one that was deleted it is answered 412.
    PutIgnoreIfMatch,
}

/// What a write is answered whose tag is stale, where the stored state is the one that it would make
/// (`replay = "…"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replay {
    /// 412.
    Refuse,
    /// 2xx: it was carried out before, and its answer lost (RFC 9110 §13.1.1).
    Accept,
}

/// Which tags in `If-Match` guard a write, besides those that were sent (`tolerate = "…"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tolerate {
    /// None.
    Nothing,
    /// Those that an intermediary altered in a way that is known: `W/"S"`, `"S-gzip"`.
    Intermediaries,
}
