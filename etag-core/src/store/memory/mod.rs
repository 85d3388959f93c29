//! Rows in the process's own memory.

mod content;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use content::Content;
use tokio::sync::OwnedMutexGuard;

use super::DatabaseError;
use super::lists::{Foreign, Found, Lists, Page, Scope, found, pick};
use super::rows::{Address, Columns, Entry, Row, Rows, Seen, Tried};
use crate::Timestamp;
use crate::selection::Resolved;

/// Each call holds the lock from its comparison to its write.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    collections: Arc<Mutex<Collections>>,
    writers: Arc<tokio::sync::Mutex<()>>,
}

/// A transaction: what it writes is seen by nobody before it is committed, and other writers wait.
#[derive(Debug)]
pub(super) struct Draft {
    memory: Memory,
    written: Collections,
    _turn: Turn,
}

/// The turn to write, until it is dropped.
pub(super) type Turn = OwnedMutexGuard<()>;

/// A point in a draft that it can go back to.
pub(super) struct Savepoint(Collections);

#[derive(Debug, Clone, Default)]
struct Collections(BTreeMap<&'static str, Collection>);

#[derive(Debug, Clone, Default)]
struct Collection {
    rows: BTreeMap<String, Arc<Entry>>,
    /// How many of the rows are not deleted.
    live: usize,
    /// When it was last changed, and later than the time before; in a draft, when that last wrote in it.
    changed: Option<Timestamp>,
    /// What is kept of it: from its first row on where that is of a type with `collection_tag`, else since it was asked
    /// for. A draft keeps nothing.
    content: Option<Content>,
}

impl Memory {
    /// Nobody waits to read.
    pub(super) async fn shared(&self) -> Option<Turn> {
        None
    }

    pub(super) async fn writes(&self) -> Option<Turn> {
        Some(Arc::clone(&self.writers).lock_owned().await)
    }

    pub(super) async fn begin(&self) -> Draft {
        let turn = Arc::clone(&self.writers).lock_owned().await;
        Draft { memory: self.clone(), written: Collections::default(), _turn: turn }
    }

    fn lock(&self) -> MutexGuard<'_, Collections> {
        self.collections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Draft {
    /// What has been written so far.
    pub(super) fn savepoint(&self) -> Savepoint {
        Savepoint(self.written.clone())
    }

    /// Forgets what was written since.
    pub(super) fn rollback_to(&mut self, savepoint: Savepoint) {
        self.written = savepoint.0;
    }

    /// All that was written is there at once.
    pub(super) fn commit(self) {
        let mut collections = self.memory.lock();
        for (name, written) in self.written.0 {
            if let Some(at) = written.changed {
                let collection = collections.collection(name);
                collection.merge(written.rows);
                collection.touch(Timestamp::now().max(at));
            }
        }
    }
}

impl Collection {
    fn put(&mut self, key: String, entry: Arc<Entry>) {
        if let Some(content) = &mut self.content {
            content.change(&key, self.rows.get(&key).map(|old| &**old), &entry);
        }
        self.live += usize::from(!entry.row.columns.deleted);
        let old = self.rows.insert(key, entry);
        self.live -= usize::from(old.is_some_and(|old| !old.row.columns.deleted));
    }

    /// Puts the rows of a draft over these.
    fn merge(&mut self, written: BTreeMap<String, Arc<Entry>>) {
        for (key, entry) in written {
            // Most of what a draft only reads is as it was.
            if !self.rows.get(&key).is_some_and(|own| Arc::ptr_eq(own, &entry)) {
                self.put(key, entry);
            }
        }
    }

    fn touch(&mut self, at: Timestamp) {
        self.changed = Some(at).max(self.changed.map(Timestamp::next));
    }

    /// From now on, each write follows what it changes of the content.
    fn keep(&mut self) {
        if self.content.is_none() {
            let rows = self.rows.iter().map(|(key, entry)| (key.as_str(), &**entry));
            self.content = Some(Content::of(rows));
        }
    }
}

impl Collections {
    fn collection(&mut self, name: &'static str) -> &mut Collection {
        self.0.entry(name).or_default()
    }

    /// Nothing is kept more easily than what is kept of no rows.
    fn begin(&mut self, address: &Address) {
        if address.collection_tag {
            let collection = self.collection(address.collection);
            if collection.rows.is_empty() {
                collection.keep();
            }
        }
    }

    fn get(&self, address: &Address) -> Option<&Arc<Entry>> {
        self.entry(address.collection, &address.key)
    }

    fn entry(&self, collection: &str, key: &str) -> Option<&Arc<Entry>> {
        self.0.get(collection)?.rows.get(key)
    }

    fn put(&mut self, address: &Address, entry: Entry) {
        let collection = self.collection(address.collection);
        collection.put(address.key.clone(), Arc::new(entry));
        collection.touch(Timestamp::now());
    }

    /// The rows of a collection whose keys begin with `prefix` and that are not deleted, by key.
    fn live<'a>(&'a self, collection: &str, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Entry)> {
        let from = move |collection: &'a Collection| {
            collection.rows.range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
        };
        let entries = self.0.get(collection).into_iter().flat_map(from);
        let entries = entries.take_while(move |(key, _)| key.starts_with(prefix));
        entries.map(|(key, entry)| (key.as_str(), &**entry)).filter(|(_, entry)| !entry.row.columns.deleted)
    }

    fn all(&self, collection: &str, prefix: &str) -> Vec<(String, Row)> {
        self.live(collection, prefix).map(|(key, entry)| (key.to_owned(), entry.row.clone())).collect()
    }

    fn select(&self, scope: &Scope, selection: &Resolved, documents: bool) -> Option<Page> {
        let entries = || self.live(scope.collection, &scope.prefix);
        let is_own = |(_, entry): (&str, &Entry)| entry.row.columns.shape == scope.shape;
        let knows_all = !selection.knows_members() || entries().all(is_own);
        let collection = scope.collection_tag.then(|| self.kept(scope)).flatten();
        knows_all.then(|| Page { collection, ..pick(entries(), self.count(scope), selection, documents) })
    }

    /// How many rows a scope has, where that is the whole collection.
    fn count(&self, scope: &Scope) -> Option<u64> {
        let collection = self.0.get(scope.collection).filter(|_| scope.prefix.is_empty())?;
        Some(collection.live as u64)
    }

    /// What tells one content of a collection from another one, where that is kept.
    fn kept(&self, scope: &Scope) -> Option<String> {
        let collection = self.0.get(scope.collection)?;
        Some(collection.content.as_ref()?.text(scope.shape, collection.changed))
    }

    fn find(&self, scope: &Scope, keys: &[String], documents: bool) -> Vec<Found> {
        let row = |key: &String| {
            let row = &self.0.get(scope.collection)?.rows.get(key)?.row;
            (!row.columns.deleted).then(|| found(key, row, documents))
        };
        keys.iter().filter_map(row).collect()
    }

    fn foreign(&self, scope: &Scope, after: &Foreign, limit: u32) -> Vec<Foreign> {
        let place = |(key, entry): (&str, &Entry)| Foreign {
            shape: entry.row.columns.shape.clone(),
            key: key.to_owned(),
        };
        let rows = self.live(scope.collection, "").map(place);
        let rows: BTreeSet<_> = rows.filter(|row| row.shape != scope.shape && row > after).collect();
        rows.into_iter().take(limit as usize).collect()
    }

    fn replace(&mut self, address: &Address, state: Option<&str>, new: &Entry) -> Option<bool> {
        let (old, made) = (&self.get(address)?.row.columns, &new.row.columns);
        let is_it = !old.deleted
            && old.shape == made.shape
            && old.content != made.content
            && old.modified < made.modified
            && state.is_none_or(|state| old.state == state);
        is_it.then(|| self.supersede(address, new))
    }

    fn insert(&mut self, address: &Address, over_tombstone: bool, new: &Entry) -> Option<bool> {
        let is_it = self.get(address).is_none_or(|old| {
            let old = &old.row.columns;
            over_tombstone && old.deleted && old.modified < new.row.columns.modified
        });
        is_it.then(|| self.supersede(address, new))
    }

    /// Puts a new version over what there is; says whether it is alone in its second.
    fn supersede(&mut self, address: &Address, new: &Entry) -> bool {
        let mut entry = new.clone();
        let columns = &mut entry.row.columns;
        if let Some(old) = self.get(address) {
            columns.alone = old.row.columns.modified.as_seconds() < columns.modified.as_seconds();
        }
        let alone = columns.alone;
        self.put(address, entry);
        alone
    }

    fn bury(
        &mut self,
        address: &Address,
        state: Option<(&str, &str)>,
        at: Timestamp,
        keeps_state: bool,
    ) -> Option<()> {
        let old = &self.get(address)?.row.columns;
        let is_it = state.is_none_or(|(state, shape)| old.state == state && old.shape == shape);
        if old.deleted || !is_it {
            return None;
        }
        let columns = Columns {
            deleted: true,
            state: if keeps_state { old.state.clone() } else { String::new() },
            content: String::new(),
            modified: at.max(old.modified.next()),
            alone: false,
            shape: String::new(),
            exact: true,
        };
        self.put(address, Entry { row: Row { columns, document: Vec::new() }, members: Vec::new() });
        Some(())
    }

    fn retag(&mut self, address: &Address, old: &Columns, new: &Entry) -> bool {
        let Some(entry) = self.get(address).filter(|entry| {
            let found = &entry.row.columns;
            !found.deleted
                && (&found.state, &found.shape, found.modified) == (&old.state, &old.shape, old.modified)
        }) else {
            return false;
        };
        let row = Row { columns: new.row.columns.clone(), document: entry.row.document.clone() };
        self.put(address, Entry { row, members: new.members.clone() });
        true
    }

    /// What became of a step: where it wrote nothing, what it found instead.
    fn tried<W>(&self, address: &Address, written: Option<W>, new: Option<&Entry>) -> Tried<W> {
        let seen = |entry: &Arc<Entry>| {
            let Row { columns, document } = &entry.row;
            let is_same = new.is_some_and(|new| new.row.columns.content == columns.content);
            Seen { columns: columns.clone(), document: is_same.then(|| document.clone()) }
        };
        written.map_or_else(|| Tried::Missed(self.get(address).map(seen)), Tried::Written)
    }
}

/// Where rows are: those that everybody sees, or those of a draft.
trait Place: Send {
    /// The collections, in which the row at `address` is as it is now.
    fn at(&mut self, address: &Address) -> impl DerefMut<Target = Collections>;

    /// What `look` makes of a row as it is now.
    fn look<R>(&self, collection: &str, key: &str, look: impl FnOnce(Option<&Entry>) -> R) -> R;

    /// The collections, in which the rows of that one are as they are now.
    fn whole(&mut self, collection: &'static str) -> impl Deref<Target = Collections>;

    /// From now on, what tells one content of a collection from another one is kept.
    fn keep(&mut self, collection: &'static str);
}

impl Place for &Memory {
    fn at(&mut self, address: &Address) -> impl DerefMut<Target = Collections> {
        let mut collections = self.lock();
        collections.begin(address);
        collections
    }

    fn look<R>(&self, collection: &str, key: &str, look: impl FnOnce(Option<&Entry>) -> R) -> R {
        look(self.lock().entry(collection, key).map(Arc::as_ref))
    }

    fn whole(&mut self, _: &'static str) -> impl Deref<Target = Collections> {
        self.lock()
    }

    fn keep(&mut self, collection: &'static str) {
        self.lock().collection(collection).keep();
    }
}

impl Place for Draft {
    fn at(&mut self, address: &Address) -> impl DerefMut<Target = Collections> {
        if self.written.get(address).is_none()
            && let Some(entry) = (&self.memory).at(address).get(address)
        {
            let collection = self.written.collection(address.collection);
            collection.put(address.key.clone(), Arc::clone(entry));
        }
        &mut self.written
    }

    fn look<R>(&self, collection: &str, key: &str, look: impl FnOnce(Option<&Entry>) -> R) -> R {
        match self.written.entry(collection, key) {
            Some(written) => look(Some(written)),
            None => (&self.memory).look(collection, key, look),
        }
    }

    fn whole(&mut self, collection: &'static str) -> impl Deref<Target = Collections> {
        let mut whole = self.memory.lock().0.get(collection).cloned().unwrap_or_default();
        if let Some(written) = self.written.0.get(collection)
            && let Some(at) = written.changed
        {
            whole.merge(written.rows.clone());
            whole.touch(at);
        }
        Box::new(Collections([(collection, whole)].into()))
    }

    fn keep(&mut self, collection: &'static str) {
        (&self.memory).keep(collection);
    }
}

impl<P: Place> Rows for P {
    async fn columns(&mut self, address: &Address) -> Result<Option<Columns>, DatabaseError> {
        Ok(self.at(address).get(address).map(|entry| entry.row.columns.clone()))
    }

    async fn look<R, L>(&mut self, collection: &'static str, key: &str, look: L) -> Result<R, DatabaseError>
    where
        R: Send,
        L: FnOnce(Option<&Columns>) -> R + Send,
    {
        Ok(Place::look(self, collection, key, |entry| look(entry.map(|entry| &entry.row.columns))))
    }

    async fn row(&mut self, address: &Address) -> Result<Option<Row>, DatabaseError> {
        Ok(self.at(address).get(address).map(|entry| entry.row.clone()))
    }

    async fn all(
        &mut self,
        collection: &'static str,
        prefix: &str,
    ) -> Result<Vec<(String, Row)>, DatabaseError> {
        Ok(self.whole(collection).all(collection, prefix))
    }

    async fn replace(
        &mut self,
        address: &Address,
        state: Option<&str>,
        new: &Entry,
        _: bool,
    ) -> Result<Tried<bool>, DatabaseError> {
        let mut place = self.at(address);
        let replaced = place.replace(address, state, new);
        Ok(place.tried(address, replaced, Some(new)))
    }

    async fn insert(
        &mut self,
        address: &Address,
        over_tombstone: bool,
        new: &Entry,
    ) -> Result<Tried<bool>, DatabaseError> {
        let mut place = self.at(address);
        let inserted = place.insert(address, over_tombstone, new);
        Ok(place.tried(address, inserted, Some(new)))
    }

    async fn bury(
        &mut self,
        address: &Address,
        state: Option<(&str, &str)>,
        at: Timestamp,
        keeps_state: bool,
    ) -> Result<Tried<()>, DatabaseError> {
        let mut place = self.at(address);
        let buried = place.bury(address, state, at, keeps_state);
        Ok(place.tried(address, buried, None))
    }

    async fn retag(&mut self, address: &Address, old: &Columns, new: &Entry) -> Result<bool, DatabaseError> {
        Ok(self.at(address).retag(address, old, new))
    }
}

impl<P: Place> Lists for P {
    async fn select(
        &mut self,
        scope: &Scope,
        selection: &Resolved,
        documents: bool,
    ) -> Result<Option<Page>, DatabaseError> {
        Ok(self.whole(scope.collection).select(scope, selection, documents))
    }

    async fn find(
        &mut self,
        scope: &Scope,
        keys: &[String],
        documents: bool,
    ) -> Result<Vec<Found>, DatabaseError> {
        Ok(self.whole(scope.collection).find(scope, keys, documents))
    }

    async fn collection(&mut self, scope: &Scope) -> Result<String, DatabaseError> {
        self.keep(scope.collection);
        Ok(self.whole(scope.collection).kept(scope).unwrap_or_default())
    }

    async fn foreign(
        &mut self,
        scope: &Scope,
        after: &Foreign,
        limit: u32,
    ) -> Result<Vec<Foreign>, DatabaseError> {
        Ok(self.whole(scope.collection).foreign(scope, after, limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(content: &str, microseconds: i64) -> Entry {
        let columns = Columns {
            deleted: false,
            state: content.to_owned(),
            content: content.to_owned(),
            modified: Timestamp::from_microseconds(microseconds),
            alone: true,
            shape: "shape".to_owned(),
            exact: true,
        };
        Entry { row: Row { columns, document: Vec::new() }, members: Vec::new() }
    }

    /// As where the clock was set back: the writer looks what is there, and comes again with a later stamp.
    #[tokio::test]
    async fn a_row_is_written_over_with_a_later_stamp_only() -> Result<(), DatabaseError> {
        fn alone<W>(tried: Tried<W>) -> Option<W> {
            match tried {
                Tried::Written(alone) => Some(alone),
                Tried::Missed(seen) => {
                    assert!(seen.is_some(), "there is a row");
                    None
                }
            }
        }
        let memory = Memory::default();
        let mut rows = &memory;
        let at = Address { collection: "notes", collection_tag: false, key: "1".to_owned() };
        assert_eq!(alone(rows.insert(&at, false, &entry("first", 10_000_000)).await?), Some(true));
        for earlier in [0, 9_999_999, 10_000_000] {
            assert_eq!(alone(rows.replace(&at, None, &entry("second", earlier), true).await?), None);
        }
        // In the same second neither is alone, and in the next one it is.
        assert_eq!(alone(rows.replace(&at, None, &entry("second", 10_000_001), true).await?), Some(false));
        assert_eq!(alone(rows.replace(&at, None, &entry("third", 11_000_000), true).await?), Some(true));

        assert!(alone(rows.bury(&at, None, Timestamp::from_microseconds(0), false).await?).is_some());
        for earlier in [0, 11_000_000, 11_000_001] {
            assert_eq!(alone(rows.insert(&at, true, &entry("fourth", earlier)).await?), None);
        }
        assert_eq!(alone(rows.insert(&at, true, &entry("fourth", 11_000_002)).await?), Some(false));
        Ok(())
    }

    #[tokio::test]
    async fn a_draft_sees_its_own_columns_and_those_that_it_has_not_written() -> Result<(), DatabaseError> {
        let memory = Memory::default();
        let [kept, written] = ["kept", "written"].map(|key| Address {
            collection: "notes",
            collection_tag: false,
            key: key.to_owned(),
        });
        (&memory).insert(&kept, false, &entry("first", 1)).await?;
        (&memory).insert(&written, false, &entry("first", 1)).await?;
        let mut draft = memory.begin().await;
        draft.replace(&written, None, &entry("second", 2), true).await?;
        for (key, state) in [("kept", Some("first")), ("written", Some("second")), ("absent", None)] {
            let look = |columns: Option<&Columns>| columns.map(|columns| columns.state.clone());
            assert_eq!(Rows::look(&mut draft, "notes", key, look).await?.as_deref(), state, "{key}");
        }
        let look = |columns: Option<&Columns>| columns.map(|columns| columns.state.clone());
        assert_eq!(Rows::look(&mut &memory, "notes", "written", look).await?.as_deref(), Some("first"));
        Ok(())
    }
}
