//! Rows in the process's own memory.

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::ops::{Bound, Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
struct Collections {
    rows: BTreeMap<&'static str, Collection>,
    /// When each was last changed, and later than the time before: in a draft, the times before it.
    changed: BTreeMap<&'static str, Timestamp>,
}

type Collection = BTreeMap<String, Arc<Entry>>;

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
        for (name, written) in self.written.rows {
            collections.rows.entry(name).or_default().extend(written);
            collections.touch(name);
        }
    }
}

impl Collections {
    fn get(&self, address: &Address) -> Option<&Arc<Entry>> {
        self.entry(address.collection, &address.key)
    }

    fn entry(&self, collection: &str, key: &str) -> Option<&Arc<Entry>> {
        self.rows.get(collection)?.get(key)
    }

    fn update<R>(&mut self, address: &Address, update: impl FnOnce(&mut Entry) -> Option<R>) -> Option<R> {
        let updated = update(Arc::make_mut(self.rows.get_mut(address.collection)?.get_mut(&address.key)?))?;
        self.touch(address.collection);
        Some(updated)
    }

    /// The rows of a collection whose keys begin with `prefix` and that are not deleted, by key.
    fn live<'a>(&'a self, collection: &str, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Entry)> {
        let from = move |collection: &'a Collection| {
            collection.range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
        };
        let entries = self.rows.get(collection).into_iter().flat_map(from);
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
        let collection = scope.collection_tag.then(|| self.kept(scope.collection));
        knows_all.then(|| Page { collection, ..pick(entries(), selection, documents) })
    }

    /// What tells one content of a collection from another one.
    fn kept(&self, collection: &str) -> String {
        self.changed.get(collection).map_or(0, |changed| changed.as_microseconds()).to_string()
    }

    fn touch(&mut self, collection: &'static str) {
        let changed = self.changed.entry(collection).or_insert(Timestamp::from_microseconds(0));
        *changed = Timestamp::now().max(changed.next());
    }

    fn find(&self, scope: &Scope, keys: &[String], documents: bool) -> Vec<Found> {
        let row = |key: &String| {
            let row = &self.rows.get(scope.collection)?.get(key)?.row;
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
        self.update(address, |entry| {
            let (old, made) = (&entry.row.columns, &new.row.columns);
            let is_it = !old.deleted
                && old.shape == made.shape
                && old.content != made.content
                && old.modified < made.modified
                && state.is_none_or(|state| old.state == state);
            is_it.then(|| supersede(entry, new))
        })
    }

    fn insert(&mut self, address: &Address, over_tombstone: bool, new: &Entry) -> Option<bool> {
        let collection = self.rows.entry(address.collection).or_default();
        let inserted = match collection.entry(address.key.clone()) {
            btree_map::Entry::Vacant(vacant) => Some(vacant.insert(Arc::new(new.clone())).row.columns.alone),
            btree_map::Entry::Occupied(mut entry) => {
                let old = &entry.get().row.columns;
                let is_it = over_tombstone && old.deleted && old.modified < new.row.columns.modified;
                is_it.then(|| supersede(Arc::make_mut(entry.get_mut()), new))
            }
        }?;
        self.touch(address.collection);
        Some(inserted)
    }

    fn bury(
        &mut self,
        address: &Address,
        state: Option<(&str, &str)>,
        at: Timestamp,
        keeps_state: bool,
    ) -> Option<()> {
        self.update(address, |entry| {
            let old = &entry.row.columns;
            let is_it = state.is_none_or(|(state, shape)| old.state == state && old.shape == shape);
            if old.deleted || !is_it {
                return None;
            }
            let modified = at.max(old.modified.next());
            let columns = Columns {
                deleted: true,
                state: if keeps_state { old.state.clone() } else { String::new() },
                content: String::new(),
                modified,
                alone: false,
                shape: String::new(),
                exact: true,
            };
            *entry = Entry { row: Row { columns, document: Vec::new() }, members: Vec::new() };
            Some(())
        })
    }

    fn retag(&mut self, address: &Address, old: &Columns, new: &Entry) -> bool {
        let retagged = self.update(address, |entry| {
            let found = &entry.row.columns;
            let is_it = !found.deleted
                && (&found.state, &found.shape, found.modified) == (&old.state, &old.shape, old.modified);
            is_it.then(|| {
                entry.row.columns = new.row.columns.clone();
                entry.members.clone_from(&new.members);
            })
        });
        retagged.is_some()
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

/// Puts a new version over an old one; says whether it is alone in its second.
fn supersede(entry: &mut Entry, new: &Entry) -> bool {
    let alone = entry.row.columns.modified.as_seconds() < new.row.columns.modified.as_seconds();
    *entry = new.clone();
    entry.row.columns.alone = alone;
    alone
}

/// Where rows are: those that everybody sees, or those of a draft.
trait Place: Send {
    /// The collections, in which the row at `address` is as it is now.
    fn at(&mut self, address: &Address) -> impl DerefMut<Target = Collections>;

    /// What `look` makes of a row as it is now.
    fn look<R>(&self, collection: &str, key: &str, look: impl FnOnce(Option<&Entry>) -> R) -> R;

    /// The collections, in which the rows of that one are as they are now.
    fn whole(&mut self, collection: &'static str) -> impl Deref<Target = Collections>;
}

impl Place for &Memory {
    fn at(&mut self, _: &Address) -> impl DerefMut<Target = Collections> {
        self.lock()
    }

    fn look<R>(&self, collection: &str, key: &str, look: impl FnOnce(Option<&Entry>) -> R) -> R {
        look(self.lock().entry(collection, key).map(Arc::as_ref))
    }

    fn whole(&mut self, _: &'static str) -> impl Deref<Target = Collections> {
        self.lock()
    }
}

impl Place for Draft {
    fn at(&mut self, address: &Address) -> impl DerefMut<Target = Collections> {
        if self.written.get(address).is_none()
            && let Some(entry) = self.memory.lock().get(address)
        {
            let collection = self.written.rows.entry(address.collection).or_default();
            collection.insert(address.key.clone(), Arc::clone(entry));
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
        let memory = self.memory.lock();
        let mut rows = memory.rows.get(collection).cloned().unwrap_or_default();
        let changed = memory.changed.get(collection).map(|changed| (collection, *changed));
        let written = self.written.rows.get(collection).into_iter().flatten();
        rows.extend(written.map(|(key, entry)| (key.clone(), Arc::clone(entry))));
        Box::new(Collections { rows: [(collection, rows)].into(), changed: changed.into_iter().collect() })
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

    async fn collection(&mut self, name: &'static str) -> Result<String, DatabaseError> {
        Ok(self.whole(name).kept(name))
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
        let at = Address { collection: "notes", key: "1".to_owned() };
        assert_eq!(alone(rows.insert(&at, false, &entry("first", 10_000_000)).await?), Some(true));
        for earlier in [0, 9_999_999, 10_000_000] {
            assert_eq!(alone(rows.replace(&at, None, &entry("second", earlier)).await?), None);
        }
        // In the same second neither is alone, and in the next one it is.
        assert_eq!(alone(rows.replace(&at, None, &entry("second", 10_000_001)).await?), Some(false));
        assert_eq!(alone(rows.replace(&at, None, &entry("third", 11_000_000)).await?), Some(true));

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
        let [kept, written] =
            ["kept", "written"].map(|key| Address { collection: "notes", key: key.to_owned() });
        (&memory).insert(&kept, false, &entry("first", 1)).await?;
        (&memory).insert(&written, false, &entry("first", 1)).await?;
        let mut draft = memory.begin().await;
        draft.replace(&written, None, &entry("second", 2)).await?;
        for (key, state) in [("kept", Some("first")), ("written", Some("second")), ("absent", None)] {
            let look = |columns: Option<&Columns>| columns.map(|columns| columns.state.clone());
            assert_eq!(Rows::look(&mut draft, "notes", key, look).await?.as_deref(), state, "{key}");
        }
        let look = |columns: Option<&Columns>| columns.map(|columns| columns.state.clone());
        assert_eq!(Rows::look(&mut &memory, "notes", "written", look).await?.as_deref(), Some("first"));
        Ok(())
    }
}
