//! Rows in the process's own memory.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::DatabaseError;
use super::rows::{Address, Columns, Row, Rows};
use crate::Timestamp;

/// Each call holds the lock from its comparison to its write.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    collections: Arc<Mutex<BTreeMap<&'static str, Collection>>>,
}

type Collection = BTreeMap<String, Row>;

impl Memory {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Collection>> {
        self.collections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update<R>(&self, address: &Address, update: impl FnOnce(&mut Row) -> Option<R>) -> Option<R> {
        update(self.lock().get_mut(address.collection)?.get_mut(&address.key)?)
    }
}

impl Rows for Memory {
    async fn columns(&mut self, address: &Address) -> Result<Option<Columns>, DatabaseError> {
        Ok(self.update(address, |row| Some(row.columns.clone())))
    }

    async fn row(&mut self, address: &Address) -> Result<Option<Row>, DatabaseError> {
        Ok(self.update(address, |row| Some(row.clone())))
    }

    async fn all(&mut self, collection: &'static str) -> Result<Vec<(String, Row)>, DatabaseError> {
        let collections = self.lock();
        let rows = collections.get(collection).into_iter().flatten();
        let live = rows.filter(|(_, row)| !row.columns.deleted);
        Ok(live.map(|(key, row)| (key.clone(), row.clone())).collect())
    }

    async fn replace(
        &mut self,
        address: &Address,
        state: Option<&str>,
        new: &Row,
    ) -> Result<Option<bool>, DatabaseError> {
        Ok(self.update(address, |row| {
            let old = &row.columns;
            let is_it = !old.deleted
                && old.shape == new.columns.shape
                && old.content != new.columns.content
                && old.modified < new.columns.modified
                && state.is_none_or(|state| old.state == state);
            is_it.then(|| supersede(row, new))
        }))
    }

    async fn insert(
        &mut self,
        address: &Address,
        over_tombstone: bool,
        new: &Row,
    ) -> Result<Option<bool>, DatabaseError> {
        let mut collections = self.lock();
        let collection = collections.entry(address.collection).or_default();
        Ok(match collection.entry(address.key.clone()) {
            Entry::Vacant(vacant) => Some(vacant.insert(new.clone()).columns.alone),
            Entry::Occupied(mut row) => {
                let old = &row.get().columns;
                let is_it = over_tombstone && old.deleted && old.modified < new.columns.modified;
                is_it.then(|| supersede(row.get_mut(), new))
            }
        })
    }

    async fn bury(
        &mut self,
        address: &Address,
        state: Option<(&str, &str)>,
        at: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let buried = self.update(address, |row| {
            let old = &row.columns;
            let is_it = state.is_none_or(|(state, shape)| old.state == state && old.shape == shape);
            if old.deleted || !is_it {
                return None;
            }
            let modified = at.max(old.modified.next());
            let columns = Columns {
                deleted: true,
                state: String::new(),
                content: String::new(),
                modified,
                alone: false,
                shape: String::new(),
                exact: true,
            };
            *row = Row { columns, document: Vec::new() };
            Some(())
        });
        Ok(buried.is_some())
    }

    async fn retag(
        &mut self,
        address: &Address,
        old: &Columns,
        new: &Columns,
    ) -> Result<bool, DatabaseError> {
        let retagged = self.update(address, |row| {
            let found = &row.columns;
            let is_it = !found.deleted
                && (&found.state, &found.shape, found.modified) == (&old.state, &old.shape, old.modified);
            is_it.then(|| row.columns = new.clone())
        });
        Ok(retagged.is_some())
    }
}

/// Puts a new version over an old one; says whether it is alone in its second.
fn supersede(row: &mut Row, new: &Row) -> bool {
    let alone = row.columns.modified.as_seconds() < new.columns.modified.as_seconds();
    *row = new.clone();
    row.columns.alone = alone;
    alone
}
