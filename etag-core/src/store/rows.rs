//! The rows of a database, and the guarded writes that every kind of database shares.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::document::{check, entry_of, is_written_as, value_of};
use super::stored_type::Type;
use super::{DatabaseError, Matched, Removed, Required, Written};
use crate::selection::Scalar;
use crate::{Key, Resource, StateTag, Timestamp, Version};

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
        let key = text_of(key).into_owned();
        Self { collection: T::COLLECTION, collection_tag: T::COLLECTION_TAG, key }
    }
}

/// The key's text in a row, borrowed where the key is that text.
pub(super) fn text_of<K: Key>(key: &K) -> Cow<'_, str> {
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

/// A row in this program's words.
pub(super) struct Stored {
    pub(super) row: Row,
    pub(super) version: Version,
}

impl Stored {
    /// A row that stays as it is, also where another shape made it.
    pub(super) fn of(of: Type, address: &Address, row: Row) -> Result<Self, DatabaseError> {
        let columns = match of.is_trusted(&row.columns) {
            true => row.columns,
            false => (of.remake)(address, &row)?.row.columns,
        };
        let version = of.version(&address.key, &columns)?;
        Ok(Self { row: Row { columns, document: row.document }, version })
    }

    /// The value, which is that of the columns.
    pub(super) fn value<T: Resource + DeserializeOwned>(
        &self,
        address: &Address,
        key: &T::Key,
    ) -> Result<T, DatabaseError> {
        let value = value_of(address, key, &self.row)?;
        if cfg!(debug_assertions) {
            check(address, &self.row.columns, &value)?;
        }
        Ok(value)
    }
}

pub(super) async fn version(
    rows: &mut impl Rows,
    of: Type,
    key: &str,
) -> Result<Option<Version>, DatabaseError> {
    let look = |columns: Option<&Columns>| match columns.filter(|columns| !columns.deleted) {
        Some(columns) if of.is_trusted(columns) => Some(of.version(key, columns).map(Some)),
        Some(_) => None,
        None => Some(Ok(None)),
    };
    match rows.look(of.collection, key, look).await? {
        Some(version) => version,
        // It is seldom, and on the heap it makes no other call larger.
        None => {
            let address = of.address(key.to_owned());
            Ok(Box::pin(load(rows, of, &address)).await?.map(|stored| stored.version))
        }
    }
}

/// The state that a tombstone keeps.
pub(super) async fn deleted_state(
    rows: &mut impl Rows,
    address: &Address,
) -> Result<Option<StateTag>, DatabaseError> {
    let columns = rows.columns(address).await?;
    Ok(columns.filter(|columns| columns.deleted).and_then(|columns| columns.state.parse().ok()))
}

pub(super) async fn load(
    rows: &mut impl Rows,
    of: Type,
    address: &Address,
) -> Result<Option<Stored>, DatabaseError> {
    for _ in 0..ATTEMPTS {
        let Some(row) = rows.row(address).await?.filter(|row| !row.columns.deleted) else {
            return Ok(None);
        };
        if let Some(stored) = retagged(rows, of, address, row).await? {
            return Ok(Some(stored));
        }
    }
    Err(DatabaseError::Busy(ATTEMPTS))
}

/// Re-tags a row where another shape made its state; `None` where it changed meanwhile.
async fn retagged(
    rows: &mut impl Rows,
    of: Type,
    address: &Address,
    row: Row,
) -> Result<Option<Stored>, DatabaseError> {
    let row = if of.is_trusted(&row.columns) {
        row
    } else {
        let made = (of.remake)(address, &row)?;
        let (old, new) = (&row.columns, &made.row.columns);
        if (&new.state, &new.shape) != (&old.state, &old.shape) && !rows.retag(address, old, &made).await? {
            return Ok(None);
        }
        Row { columns: made.row.columns, document: row.document }
    };
    let version = of.version(&address.key, &row.columns)?;
    Ok(Some(Stored { row, version }))
}

pub(super) async fn replace<T: Resource + DeserializeOwned>(
    rows: &mut impl Rows,
    matched: Matched<T>,
    value: T,
) -> Result<Written<T>, DatabaseError> {
    let mut prepared = Prepared::new(matched, value)?;
    let outcome = write(rows, &mut prepared.write, &mut prepared.made).await?;
    prepared.written(outcome)
}

/// A write that is ready: all that takes no connection is done before others wait for it.
pub(super) struct Prepared<T: Resource> {
    pub(super) write: Write,
    pub(super) made: Made<T>,
}

/// What is written, whatever its type is.
pub(super) struct Write {
    of: Type,
    address: Address,
    required: Required,
    entry: Entry,
}

/// A value that is written, and its key.
pub(super) struct Made<T: Resource> {
    key: T::Key,
    value: T,
}

/// What entries are made of.
pub(super) trait Makes: Send {
    /// The entry of what is written at that time.
    fn entry(&mut self, address: &Address, at: Timestamp) -> Result<Entry, DatabaseError>;
}

/// What became of a write.
pub(super) enum Outcome {
    Created(Version),
    Replaced(Version),
    Unchanged(Stored),
    Stale(Option<Version>),
}

impl<T: Resource + DeserializeOwned> Prepared<T> {
    pub(super) fn new(matched: Matched<T>, mut value: T) -> Result<Self, DatabaseError> {
        let (key, required) = matched.into_parts();
        let address = Address::of::<T>(&key);
        check_key::<T>(&key)?;
        value.set_key(&key);
        let mut made = Made { key, value };
        let entry = made.entry(&address, Timestamp::now())?;
        Ok(Self { write: Write { of: Type::of::<T>(), address, required, entry }, made })
    }

    pub(super) fn written(self, outcome: Outcome) -> Result<Written<T>, DatabaseError> {
        let Self { write, made: Made { key, value } } = self;
        Ok(match outcome {
            Outcome::Created(version) => Written::Created(value, version),
            Outcome::Replaced(version) => Written::Replaced(value, version),
            Outcome::Unchanged(stored) => {
                Written::Unchanged(stored.value(&write.address, &key)?, stored.version)
            }
            Outcome::Stale(found) => Written::Stale(found),
        })
    }
}

impl<T: Resource + DeserializeOwned> Makes for Made<T> {
    /// The document is read back first: a float that is not finite, or a member that is left out and has no default, would
    /// make it unreadable for good; another default than what was left out, another value.
    fn entry(&mut self, address: &Address, at: Timestamp) -> Result<Entry, DatabaseError> {
        let entry = entry_of(&mut self.value, at)?;
        let read: T = value_of(address, &self.key, &entry.row)?;
        // The same document has the same hashes.
        if !is_written_as(&read, &entry.row.document)? {
            check(address, &entry.row.columns, &read)?;
        }
        Ok(entry)
    }
}

pub(super) async fn write(
    rows: &mut impl Rows,
    write: &mut Write,
    made: &mut dyn Makes,
) -> Result<Outcome, DatabaseError> {
    for _ in 0..ATTEMPTS {
        let at = write.entry.row.columns.modified;
        let seen = match attempt(rows, write).await? {
            Tried::Written(hit) => {
                write.entry.row.columns.alone = hit.alone;
                let version = write.of.version(&write.address.key, &write.entry.row.columns)?;
                return Ok(if hit.created { Outcome::Created(version) } else { Outcome::Replaced(version) });
            }
            Tried::Missed(seen) => seen,
        };
        let at = match examine(rows, write, seen).await? {
            Miss::Answer(outcome) => return Ok(outcome),
            Miss::Again { later_than: Some(stamp) } => Timestamp::now().max(stamp.next()),
            Miss::Again { later_than: None } => Timestamp::now().max(at),
        };
        write.entry = made.entry(&write.address, at)?;
    }
    Err(DatabaseError::Busy(ATTEMPTS))
}

struct Hit {
    alone: bool,
    created: bool,
}

/// The write itself: one step, which compares; and one more where nothing is there to be replaced.
async fn attempt(rows: &mut impl Rows, write: &Write) -> Result<Tried<Hit>, DatabaseError> {
    let Write { of, address, required, entry } = write;
    // Only a date tells whether a version is alone in its second.
    let asks_alone = of.outline.has_modified;
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
    check_length(address.collection, &address.key)?;
    Ok(match rows.insert(address, required.admits_creation(true), entry).await? {
        Tried::Written(alone) => Tried::Written(Hit { alone, created: true }),
        Tried::Missed(seen) => Tried::Missed(seen),
    })
}

/// A key that is created here can be moved to any of the databases, and named by a path.
pub(super) fn check_length(collection: &str, key: &str) -> Result<(), DatabaseError> {
    if key.len() > LONGEST_KEY {
        return Err(DatabaseError::LongKey { collection: collection.to_owned(), limit: LONGEST_KEY });
    }
    Ok(())
}

/// What an entry of PostgreSQL's indexes has room for, with the other columns in it: about a third of a page of 8 KiB.
const LONGEST_KEY: usize = 2048;

/// Why a write found no row to write.
enum Miss {
    /// It is stale, or it changes nothing.
    Answer(Outcome),
    /// The clock is behind the stamp that is stored, another shape had made the row's state, or the row has
    /// just changed.
    Again { later_than: Option<Timestamp> },
}

async fn examine(rows: &mut impl Rows, write: &Write, seen: Option<Seen>) -> Result<Miss, DatabaseError> {
    let Write { of, address, required, entry } = write;
    let Seen { columns, document } = match seen {
        Some(seen) if !seen.columns.deleted => seen,
        tombstone if required.admits_creation(tombstone.is_some()) => {
            return Ok(Miss::Again { later_than: tombstone.map(|seen| seen.columns.modified) });
        }
        _ => return Ok(Miss::Answer(Outcome::Stale(None))),
    };
    if of.is_trusted(&columns) {
        let version = of.version(&address.key, &columns)?;
        if !required.admits(version.state) {
            return Ok(Miss::Answer(Outcome::Stale(Some(version))));
        }
        if columns.content != entry.row.columns.content {
            return Ok(Miss::Again { later_than: Some(columns.modified) });
        }
    }
    let row = match document {
        Some(document) => Some(Row { columns, document }),
        None => rows.row(address).await?.filter(|row| !row.columns.deleted),
    };
    match row {
        Some(row) => examine_document(rows, write, row).await,
        None => Ok(Miss::Again { later_than: None }),
    }
}

/// What needs the document: a value that was there already, and a state that another shape had made.
async fn examine_document(rows: &mut impl Rows, write: &Write, row: Row) -> Result<Miss, DatabaseError> {
    let Some(stored) = retagged(rows, write.of, &write.address, row).await? else {
        return Ok(Miss::Again { later_than: None });
    };
    Ok(match stored.row.columns.content == write.entry.row.columns.content {
        _ if !write.required.admits(stored.version.state) => {
            Miss::Answer(Outcome::Stale(Some(stored.version)))
        }
        true => Miss::Answer(Outcome::Unchanged(stored)),
        false => Miss::Again { later_than: None },
    })
}

pub(super) async fn remove(
    rows: &mut impl Rows,
    of: Type,
    address: &Address,
    required: Required,
) -> Result<Removed, DatabaseError> {
    for _ in 0..ATTEMPTS {
        let buried = match required {
            Required::State(state) | Required::StateOrNew(state) => {
                let state = state.to_string();
                let state = Some((state.as_str(), of.outline.shape.as_str()));
                rows.bury(address, state, Timestamp::now(), of.keeps_state).await?
            }
            Required::Exists | Required::ExistsOrNew | Required::Unconditional => {
                rows.bury(address, None, Timestamp::now(), of.keeps_state).await?
            }
            Required::Absent | Required::New => Tried::Missed(rows.columns(address).await?.map(Seen::from)),
        };
        let found = match buried {
            Tried::Written(()) => return Ok(Removed::Removed),
            Tried::Missed(Some(seen)) if seen.columns.deleted => None,
            Tried::Missed(Some(seen)) if of.is_trusted(&seen.columns) => {
                Some(of.version(&address.key, &seen.columns)?)
            }
            Tried::Missed(Some(_)) => load(rows, of, address).await?.map(|stored| stored.version),
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

/// What a write would refuse, before anything is written.
pub(super) fn check_writable<T: Resource + DeserializeOwned>(
    key: T::Key,
    value: T,
) -> Result<(T::Key, T), DatabaseError> {
    check_key::<T>(&key)?;
    let address = Address::of::<T>(&key);
    let mut made = Made { key, value };
    made.entry(&address, Timestamp::now())?;
    Ok((made.key, made.value))
}

/// A key that is not read back from its own text could never be listed; one that no path can have, never asked for.
fn check_key<T: Resource>(key: &T::Key) -> Result<(), DatabaseError> {
    let parts = key.parts();
    let texts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match T::Key::from_parts(&texts) {
        Some(read) if read == *key => Ok(()),
        _ => Err(DatabaseError::Key { collection: T::COLLECTION, key: join(&parts) }),
    }
}
