//! The rows of a database, and the guarded writes that every kind of database shares.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::document::{check, entry_of, is_trusted, is_written_as, value_of, version_of};
use super::{DatabaseError, Matched, Removed, Required, Written};
use crate::outline::Outline;
use crate::selection::Scalar;
use crate::{Key, Replay, Resource, StateTag, Timestamp, Version};

/// Where a row stands.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) collection: &'static str,
    /// Whether lists of the collection have its tag.
    pub(super) collection_tag: bool,
    pub(super) key: String,
}

impl Address {
    pub(super) fn of<T: Resource>(key: &T::Key) -> Self {
        Self::under::<T>(text_of(key).into_owned())
    }

    /// The row under a key of that text.
    pub(super) fn under<T: Resource>(key: String) -> Self {
        Self { collection: T::COLLECTION, collection_tag: T::COLLECTION_TAG, key }
    }
}

/// The key's text in a row, borrowed where the key is that text.
fn text_of<K: Key>(key: &K) -> Cow<'_, str> {
    match key.only_part() {
        Some(part) if !needs_escapes(&part) => part,
        _ => join(&key.parts()).into(),
    }
}

/// One text for a key of several parts: a part's own `/` and `%` are escaped, and NUL, which is in no text of
/// PostgreSQL's.
pub(super) fn join(parts: &[String]) -> String {
    let escaped = |part: &String| part.replace('%', "%25").replace('/', "%2F").replace('\0', "%00");
    parts.iter().map(escaped).collect::<Vec<_>>().join("/")
}

fn needs_escapes(part: &str) -> bool {
    part.bytes().any(|byte| matches!(byte, b'%' | b'/' | b'\0'))
}

/// The parts of such a text.
pub(super) fn split(key: &str) -> Vec<String> {
    let read = |part: &str| part.replace("%00", "\0").replace("%2F", "/").replace("%25", "%");
    key.split('/').map(read).collect()
}

/// What is known of a resource without its document.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// A tombstone: of a deleted resource only the key and the time are kept, and the state where that is wanted.
    pub(super) deleted: bool,
    pub(super) state: String,
    /// The hash without stamped members.
    pub(super) content: String,
    /// The stamp; a tombstone's is that of the deletion.
    pub(super) modified: Timestamp,
    /// Whether no other version fell into the second of `modified`.
    pub(super) alone: bool,
    /// The shape of the type that made `state` and `content`.
    pub(super) shape: String,
    /// Whether the document is the canonical JSON of the value: not where a member of a later type has its
    /// default.
    pub(super) exact: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) columns: Columns,
    pub(super) document: Vec<u8>,
}

/// A row that is written, with what lists select by.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) row: Row,
    pub(super) members: Vec<Scalar>,
}

/// What became of a step that compares and writes.
pub(super) enum Tried<W> {
    Written(W),
    /// Nothing was written, for this is what is there: as it was when the step began, where others wrote meanwhile.
    Missed(Option<Seen>),
}

/// A row that a write did not find as it must be.
pub(super) struct Seen {
    pub(super) columns: Columns,
    /// Where its content is that of the new value.
    pub(super) document: Option<Vec<u8>>,
}

impl From<Columns> for Seen {
    fn from(columns: Columns) -> Self {
        Self { columns, document: None }
    }
}

/// A database, or a transaction in one: each call is one atomic step.
pub(super) trait Rows: Send {
    /// The columns, without the document.
    fn columns(
        &mut self,
        address: &Address,
    ) -> impl Future<Output = Result<Option<Columns>, DatabaseError>> + Send;

    /// What `look` makes of a row's columns: where they are kept in memory, nothing is copied.
    fn look<R, L>(
        &mut self,
        collection: &'static str,
        key: &str,
        look: L,
    ) -> impl Future<Output = Result<R, DatabaseError>> + Send
    where
        R: Send,
        L: FnOnce(Option<&Columns>) -> R + Send,
    {
        // Nothing is written, so nothing is kept of the collection.
        let address = Address { collection, collection_tag: false, key: key.to_owned() };
        async move { Ok(look(self.columns(&address).await?.as_ref())) }
    }

    /// The whole row.
    fn row(&mut self, address: &Address) -> impl Future<Output = Result<Option<Row>, DatabaseError>> + Send;

    /// All rows of a collection whose keys begin with `prefix` and that are not deleted, by key.
    fn all(
        &mut self,
        collection: &'static str,
        prefix: &str,
    ) -> impl Future<Output = Result<Vec<(String, Row)>, DatabaseError>> + Send;

    /// Replaces a row that has the new one's shape, other content, an earlier stamp and, where one is
    /// given, that state. Says whether the new version is alone in its second, where somebody asks; if not, `false`.
    fn replace(
        &mut self,
        address: &Address,
        state: Option<&str>,
        entry: &Entry,
        asks_alone: bool,
    ) -> impl Future<Output = Result<Tried<bool>, DatabaseError>> + Send;

    /// Inserts a row where there is none or, if that is wanted, an earlier tombstone. Says as
    /// [`replace`](Self::replace).
    fn insert(
        &mut self,
        address: &Address,
        over_tombstone: bool,
        entry: &Entry,
    ) -> impl Future<Output = Result<Tried<bool>, DatabaseError>> + Send;

    /// Makes a tombstone of a row that has, where they are given, that state and shape; later than the row
    /// and not before `at`. It keeps the row's state, or not.
    fn bury(
        &mut self,
        address: &Address,
        state: Option<(&str, &str)>,
        at: Timestamp,
        keeps_state: bool,
    ) -> impl Future<Output = Result<Tried<()>, DatabaseError>> + Send;

    /// Puts other columns and members into a row that is still `old`, and leaves its document.
    fn retag(
        &mut self,
        address: &Address,
        old: &Columns,
        new: &Entry,
    ) -> impl Future<Output = Result<bool, DatabaseError>> + Send;
}

/// How often a write is tried whose row others keep changing: its stamp is older than theirs by the time
/// that it waited for them.
pub(super) const ATTEMPTS: u32 = 64;

pub(super) async fn version<T: Resource + DeserializeOwned>(
    rows: &mut impl Rows,
    key: &T::Key,
) -> Result<Option<Version>, DatabaseError> {
    let text: &str = &text_of(key);
    let look = |columns: Option<&Columns>| match columns.filter(|columns| !columns.deleted) {
        Some(columns) if is_trusted::<T>(columns) => Some(version_of::<T>(text, columns).map(Some)),
        Some(_) => None,
        None => Some(Ok(None)),
    };
    match rows.look(T::COLLECTION, text, look).await? {
        Some(version) => version,
        // It is seldom, and on the heap it makes no other call larger.
        None => Ok(Box::pin(load::<T>(rows, key)).await?.map(|(_, version)| version)),
    }
}

/// The state that a tombstone keeps.
pub(super) async fn deleted_state<T: Resource>(
    rows: &mut impl Rows,
    key: &T::Key,
) -> Result<Option<StateTag>, DatabaseError> {
    let columns = rows.columns(&Address::of::<T>(key)).await?;
    Ok(columns.filter(|columns| columns.deleted).and_then(|columns| columns.state.parse().ok()))
}

pub(super) async fn load<T: Resource + DeserializeOwned>(
    rows: &mut impl Rows,
    key: &T::Key,
) -> Result<Option<(T, Version)>, DatabaseError> {
    let address = Address::of::<T>(key);
    for _ in 0..ATTEMPTS {
        let Some(row) = rows.row(&address).await?.filter(|row| !row.columns.deleted) else {
            return Ok(None);
        };
        if let Some(stored) = read_or_retag::<T>(rows, &address, key, row).await? {
            return Ok(Some((stored.value, stored.version)));
        }
    }
    Err(DatabaseError::Busy(ATTEMPTS))
}

pub(super) async fn all<T: Resource + DeserializeOwned>(
    rows: &mut impl Rows,
) -> Result<Vec<T>, DatabaseError> {
    let mut values = Vec::new();
    for (text, row) in rows.all(T::COLLECTION, "").await? {
        let key = key_of::<T>(&text)?;
        let address = Address::under::<T>(text);
        values.push(value_of(&address, &key, &row)?);
    }
    Ok(values)
}

/// The key that a row stands under.
pub(super) fn key_of<T: Resource>(text: &str) -> Result<T::Key, DatabaseError> {
    let parts = split(text);
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|_| T::Key::PARTS > 0).collect();
    let unreadable = || DatabaseError::Key { collection: T::COLLECTION, key: text.to_owned() };
    T::Key::from_parts(&parts).ok_or_else(unreadable)
}

pub(super) async fn replace<T: Resource + DeserializeOwned>(
    rows: &mut impl Rows,
    matched: Matched<T>,
    value: T,
) -> Result<Written<T>, DatabaseError> {
    Prepared::new(matched, value)?.write(rows).await
}

/// A write that is ready: all that takes no connection is done before others wait for it.
pub(super) struct Prepared<T: Resource> {
    matched: Matched<T>,
    value: T,
    address: Address,
    entry: Entry,
}

impl<T: Resource + DeserializeOwned> Prepared<T> {
    pub(super) fn new(matched: Matched<T>, mut value: T) -> Result<Self, DatabaseError> {
        let key = matched.key();
        let address = Address::of::<T>(key);
        check_key::<T>(key)?;
        value.set_key(key);
        let entry = readable_entry_of(&address, key, &mut value, Timestamp::now())?;
        Ok(Self { matched, value, address, entry })
    }

    pub(super) async fn write(self, rows: &mut impl Rows) -> Result<Written<T>, DatabaseError> {
        let Self { matched, mut value, address, mut entry } = self;
        for _ in 0..ATTEMPTS {
            let at = entry.row.columns.modified;
            let seen = match write::<T>(rows, &address, matched.required(), &entry).await? {
                Tried::Written(hit) => {
                    let columns = Columns { alone: hit.alone, ..entry.row.columns };
                    let version = version_of::<T>(&address.key, &columns)?;
                    return Ok(match hit.created {
                        true => Written::Created(value, version),
                        false => Written::Replaced(value, version),
                    });
                }
                Tried::Missed(seen) => seen,
            };
            let at = match examine(rows, &address, &matched, &entry.row, seen).await? {
                Miss::Answer(written) => return Ok(written),
                Miss::Again { later_than: Some(stamp) } => Timestamp::now().max(stamp.next()),
                Miss::Again { later_than: None } => Timestamp::now().max(at),
            };
            entry = readable_entry_of(&address, matched.key(), &mut value, at)?;
        }
        Err(DatabaseError::Busy(ATTEMPTS))
    }
}

struct Hit {
    alone: bool,
    created: bool,
}

/// The write itself: one step, which compares; and one more where nothing is there to be replaced.
async fn write<T: Resource>(
    rows: &mut impl Rows,
    address: &Address,
    required: Required,
    entry: &Entry,
) -> Result<Tried<Hit>, DatabaseError> {
    // Only a date tells whether a version is alone in its second.
    let asks_alone = Outline::of::<T>().has_modified;
    let replaced = match required {
        Required::State(state) | Required::StateOrNew(state) => {
            Some(rows.replace(address, Some(&state.to_string()), entry, asks_alone).await?)
        }
        Required::Exists | Required::ExistsOrNew | Required::Unconditional => {
            Some(rows.replace(address, None, entry, asks_alone).await?)
        }
        Required::Absent | Required::New => None,
    };
    match replaced {
        Some(Tried::Written(alone)) => return Ok(Tried::Written(Hit { alone, created: false })),
        Some(Tried::Missed(Some(seen))) if !seen.columns.deleted => return Ok(Tried::Missed(Some(seen))),
        Some(Tried::Missed(seen)) if !required.admits_creation(seen.is_some()) => {
            return Ok(Tried::Missed(seen));
        }
        _ => {}
    }
    Ok(match rows.insert(address, required.admits_creation(true), entry).await? {
        Tried::Written(alone) => Tried::Written(Hit { alone, created: true }),
        Tried::Missed(seen) => Tried::Missed(seen),
    })
}

/// Why a write found no row to write.
enum Miss<T> {
    /// It is stale, or it changes nothing.
    Answer(Written<T>),
    /// The clock is behind the stamp that is stored, another shape had made the row's state, or the row has
    /// just changed.
    Again { later_than: Option<Timestamp> },
}

async fn examine<T: Resource + DeserializeOwned>(
    rows: &mut impl Rows,
    address: &Address,
    matched: &Matched<T>,
    new: &Row,
    seen: Option<Seen>,
) -> Result<Miss<T>, DatabaseError> {
    let required = matched.required();
    let Seen { columns, document } = match seen {
        Some(seen) if !seen.columns.deleted => seen,
        tombstone if required.admits_creation(tombstone.is_some()) => {
            return Ok(Miss::Again { later_than: tombstone.map(|seen| seen.columns.modified) });
        }
        _ => return Ok(Miss::Answer(Written::Stale(None))),
    };
    if is_trusted::<T>(&columns) {
        let version = version_of::<T>(&address.key, &columns)?;
        if !required.admits(version.state) {
            return Ok(Miss::Answer(Written::Stale(Some(version))));
        }
        if columns.content != new.columns.content {
            return Ok(Miss::Again { later_than: Some(columns.modified) });
        }
    }
    let row = match document {
        Some(document) => Some(Row { columns, document }),
        None => rows.row(address).await?.filter(|row| !row.columns.deleted),
    };
    match row {
        Some(row) => examine_document(rows, address, matched, new, row).await,
        None => Ok(Miss::Again { later_than: None }),
    }
}

/// What needs the document: a value that was there already, and a state that another shape had made.
async fn examine_document<T: Resource + DeserializeOwned>(
    rows: &mut impl Rows,
    address: &Address,
    matched: &Matched<T>,
    new: &Row,
    row: Row,
) -> Result<Miss<T>, DatabaseError> {
    let Some(stored) = read_or_retag::<T>(rows, address, matched.key(), row).await? else {
        return Ok(Miss::Again { later_than: None });
    };
    let is_admitted = matched.required().admits(stored.version.state);
    Ok(match stored.content == new.columns.content {
        _ if !is_admitted => Miss::Answer(Written::Stale(Some(stored.version))),
        true => Miss::Answer(Written::Unchanged(stored.value, stored.version)),
        false => Miss::Again { later_than: None },
    })
}

pub(super) async fn remove<T: Resource + DeserializeOwned>(
    rows: &mut impl Rows,
    matched: Matched<T>,
) -> Result<Removed, DatabaseError> {
    let (key, required) = (matched.key(), matched.required());
    let address = Address::of::<T>(key);
    let shape = &Outline::of::<T>().shape;
    // A hash of what is gone is kept by nobody who does not ask for it.
    let keeps_state = T::REPLAY == Replay::Accept;
    for _ in 0..ATTEMPTS {
        let buried = match required {
            Required::State(state) | Required::StateOrNew(state) => {
                rows.bury(&address, Some((&state.to_string(), shape)), Timestamp::now(), keeps_state).await?
            }
            Required::Exists | Required::ExistsOrNew | Required::Unconditional => {
                rows.bury(&address, None, Timestamp::now(), keeps_state).await?
            }
            Required::Absent | Required::New => Tried::Missed(rows.columns(&address).await?.map(Seen::from)),
        };
        let found = match buried {
            Tried::Written(()) => return Ok(Removed::Removed),
            Tried::Missed(Some(seen)) if seen.columns.deleted => None,
            Tried::Missed(Some(seen)) if is_trusted::<T>(&seen.columns) => {
                Some(version_of::<T>(&address.key, &seen.columns)?)
            }
            Tried::Missed(Some(_)) => load::<T>(rows, key).await?.map(|(_, version)| version),
            Tried::Missed(None) => None,
        };
        match found {
            // It has just changed, or another shape had made its state.
            Some(version) if required.admits(version.state) => {}
            found => return Ok(Removed::Stale(found)),
        }
    }
    Err(DatabaseError::Busy(ATTEMPTS))
}

struct Stored<T> {
    value: T,
    version: Version,
    content: String,
}

/// Reads a row, and re-tags it where another shape made its state; `None` where it changed meanwhile.
async fn read_or_retag<T: Resource + DeserializeOwned>(
    rows: &mut impl Rows,
    address: &Address,
    key: &T::Key,
    row: Row,
) -> Result<Option<Stored<T>>, DatabaseError> {
    let mut value: T = value_of(address, key, &row)?;
    let columns = if is_trusted::<T>(&row.columns) {
        if cfg!(debug_assertions) {
            check(address, &row.columns, &value)?;
        }
        row.columns
    } else {
        let old = &row.columns;
        let made = remade(&mut value, &row)?;
        if (&made.row.columns.state, &made.row.columns.shape) != (&old.state, &old.shape)
            && !rows.retag(address, old, &made).await?
        {
            return Ok(None);
        }
        made.row.columns
    };
    let version = version_of::<T>(&address.key, &columns)?;
    Ok(Some(Stored { value, version, content: columns.content }))
}

/// What this program makes of a row that another shape had made.
pub(super) fn remade<T: Resource>(value: &mut T, row: &Row) -> Result<Entry, DatabaseError> {
    let old = &row.columns;
    let Entry { row: made, members } = entry_of(value, old.modified)?;
    let is_same = (&made.columns.state, &made.columns.shape) == (&old.state, &old.shape);
    // The document may say more, or less, in this program's words: the same date named other bytes.
    let columns =
        Columns { alone: old.alone && is_same, exact: made.document == row.document, ..made.columns };
    Ok(Entry { row: Row { columns, document: made.document }, members })
}

/// What a write would refuse, before anything is written.
pub(super) fn check_writable<T: Resource + DeserializeOwned>(
    key: &T::Key,
    value: &mut T,
) -> Result<(), DatabaseError> {
    check_key::<T>(key)?;
    readable_entry_of(&Address::of::<T>(key), key, value, Timestamp::now()).map(drop)
}

/// A key that is not read back from its own text could never be listed.
fn check_key<T: Resource>(key: &T::Key) -> Result<(), DatabaseError> {
    let parts = key.parts();
    let texts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match T::Key::from_parts(&texts) {
        Some(read) if read == *key => Ok(()),
        _ => Err(DatabaseError::Key { collection: T::COLLECTION, key: join(&parts) }),
    }
}

/// The entry of a value that is written at that time.
///
/// The document is read back first: a float that is not finite, or a member that is left out and has no default, would
/// make it unreadable for good; another default than what was left out, another value.
fn readable_entry_of<T: Resource + DeserializeOwned>(
    address: &Address,
    key: &T::Key,
    value: &mut T,
    at: Timestamp,
) -> Result<Entry, DatabaseError> {
    let entry = entry_of(value, at)?;
    let read: T = value_of(address, key, &entry.row)?;
    // The same document has the same hashes.
    if !is_written_as(&read, &entry.row.document)? {
        check(address, &entry.row.columns, &read)?;
    }
    Ok(entry)
}
