//! Many rows at once: lists, and writes of all or nothing.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::document::{key_of, members_of};
use super::rows::{ATTEMPTS, Columns, Entry, Row, Rows, Stored, join, replace};
use super::stored_type::Type;
use super::{DatabaseError, Inserted, Loaded, Matched, Selected, Written, WrittenAll};
use crate::selection::{Column, Resolved, Scalar};
use crate::{Key, Resource, Selection, StateTag, Version};

/// The rows among which a list selects.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) collection: &'static str,
    /// What each key begins with.
    pub(super) prefix: String,
    /// The shape of the running program's type: of its rows alone the members are known.
    pub(super) shape: &'static str,
    /// Whether its lists have the tag of the whole collection.
    pub(super) collection_tag: bool,
}

/// A row that a list found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) key: String,
    pub(super) columns: Columns,
    /// Where it was wanted.
    pub(super) document: Option<Vec<u8>>,
}

/// What was selected, in order, and how many rows there are on all pages.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) rows: Vec<Found>,
    pub(super) total: u64,
    /// What is kept of the whole collection, where that is wanted.
    pub(super) collection: Option<String>,
}

/// A database that answers for many rows at once: each call sees one moment.
pub(super) trait Lists: Rows {
    /// A page; its rows without documents where these are not wanted. `None` where members are selected by, and another shape made one of the rows: its members are not known.
    fn select(
        &mut self,
        scope: &Scope,
        selection: &Resolved,
        documents: bool,
    ) -> impl Future<Output = Result<Option<Page>, DatabaseError>> + Send;

    /// Those of these rows that are there, in any order; as [`select`](Self::select).
    fn find(
        &mut self,
        scope: &Scope,
        keys: &[String],
        documents: bool,
    ) -> impl Future<Output = Result<Vec<Found>, DatabaseError>> + Send;

    /// What is kept of a whole collection: another text wherever a list of it is another one.
    fn collection(&mut self, scope: &Scope) -> impl Future<Output = Result<String, DatabaseError>> + Send;

    /// Keeps others from writing rows until the transaction ends, where they could.
    fn hold(&mut self) -> impl Future<Output = Result<(), DatabaseError>> + Send {
        async { Ok(()) }
    }

    /// At most that many rows of the collection that another shape made: the first ones behind `after`, in the order of
    /// shape and key.
    fn foreign(
        &mut self,
        scope: &Scope,
        after: &Foreign,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Foreign>, DatabaseError>> + Send;
}

/// Where a row stands that another shape made; the default is before all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Foreign {
    pub(super) shape: String,
    pub(super) key: String,
}

/// A list, and whether another shape had made a row of its collection.
pub(super) struct Listed {
    of: Type,
    page: Page,
    pub(super) has_foreign: bool,
}

impl Scope {
    pub(super) fn of(of: Type, within: &[String]) -> Self {
        let prefix = if within.is_empty() { String::new() } else { format!("{}/", join(within)) };
        let Type { collection, collection_tag, outline, .. } = of;
        Self { collection, prefix, shape: &outline.shape, collection_tag }
    }
}

impl Listed {
    /// The keys and versions, and the values where documents were wanted.
    pub(super) fn read<T: Resource + DeserializeOwned>(self) -> Result<(Vec<T>, Selected<T>), DatabaseError> {
        let Self { of, page, .. } = self;
        let (mut items, mut values) = (Vec::new(), Vec::new());
        for found in page.rows {
            let (key, version, value) = interpret::<T>(of, found)?;
            items.push((key, version));
            values.extend(value);
        }
        let selected = Selected::new(items, page.total);
        let selected = match page.collection {
            Some(kept) => selected.of_collection(collection_state(of, &kept)),
            None => selected,
        };
        Ok((values, selected))
    }
}

pub(super) async fn list(
    rows: &mut impl Lists,
    of: Type,
    within: &[String],
    selection: &Selection,
    documents: bool,
) -> Result<Listed, DatabaseError> {
    let scope = Scope::of(of, within);
    let selection = selection.resolve(of.outline)?;
    let mut page = rows.select(&scope, &selection, documents).await?;
    if scope.collection_tag && page.as_ref().is_some_and(|page| page.collection.is_none()) {
        // From now on it is kept.
        rows.collection(&scope).await?;
        page = rows.select(&scope, &selection, documents).await?;
    }
    if !documents && page.as_ref().is_some_and(|page| !tells_versions(of, &page.rows)) {
        page = rows.select(&scope, &selection, true).await?;
    }
    let (page, has_foreign) = match page {
        Some(page) => (page, false),
        None => (select_remade(rows, of, &scope, &selection).await?, true),
    };
    Ok(Listed { of, page, has_foreign })
}

/// The state of all resources of a type, of what a database keeps of the collection. Another shape sends the same rows
/// as other bytes.
pub(super) fn collection_state(of: Type, kept: &str) -> StateTag {
    let text = format!("{}\n{kept}\n", of.outline.shape);
    StateTag::from_hash(Sha256::digest(text).into())
}

/// Whether the columns alone tell the versions.
fn tells_versions(of: Type, rows: &[Found]) -> bool {
    rows.iter().all(|found| of.is_trusted(&found.columns))
}

/// The same where some rows are to be read in this program's words first: a rolling deploy has two programs, and
/// neither can wait until the other's rows are all its own.
async fn select_remade(
    rows: &mut impl Lists,
    of: Type,
    scope: &Scope,
    selection: &Resolved,
) -> Result<Page, DatabaseError> {
    let (collection, rows) = all_of_one_moment(rows, scope).await?;
    let mut entries = Vec::new();
    for (text, row) in rows {
        let address = of.address(text);
        let entry = match of.is_trusted(&row.columns) {
            true => Entry { members: members_of(of.outline, &row.document)?, row },
            false => (of.remake)(&address, &row)?,
        };
        entries.push((address.key, entry));
    }
    let entries = entries.iter().map(|(key, entry)| (key.as_str(), entry));
    Ok(Page { collection, ..pick(entries, None, selection, true) })
}

/// All rows of a scope and, where that is wanted, what is kept of their collection.
async fn all_of_one_moment(
    rows: &mut impl Lists,
    scope: &Scope,
) -> Result<(Option<String>, Vec<(String, Row)>), DatabaseError> {
    if !scope.collection_tag {
        return Ok((None, rows.all(scope.collection, &scope.prefix).await?));
    }
    let mut before = rows.collection(scope).await?;
    for _ in 0..ATTEMPTS {
        let all = rows.all(scope.collection, &scope.prefix).await?;
        let after = rows.collection(scope).await?;
        if before == after {
            return Ok((Some(after), all));
        }
        before = after;
    }
    Err(DatabaseError::Busy(ATTEMPTS))
}

/// Selects among the scope's entries, which are at hand in the order of their keys; how many they are may be known.
pub(super) fn pick<'a>(
    entries: impl Iterator<Item = (&'a str, &'a Entry)>,
    count: Option<u64>,
    selection: &Resolved,
    documents: bool,
) -> Page {
    let is_wanted = |(_, entry): &(&str, &Entry)| {
        let equals = |(column, values): &(Column, Vec<Scalar>)| values.contains(&scalar(entry, *column));
        selection.filters.iter().all(equals)
    };
    let entries = entries.filter(is_wanted);
    let count = count.filter(|_| selection.filters.is_empty());
    if selection.sort.is_empty() {
        return page(entries, count, selection, documents);
    }
    let mut entries: Vec<_> = entries.collect();
    // What is equal stays in the order of the keys.
    entries.sort_by(|(_, a), (_, b)| {
        let by_members = selection.sort.iter().map(|(column, descends)| {
            let order = scalar(a, *column).cmp(&scalar(b, *column));
            if *descends { order.reverse() } else { order }
        });
        by_members.fold(Ordering::Equal, Ordering::then)
    });
    page(entries.into_iter(), count, selection, documents)
}

/// Copies a page of what was selected; what is behind it is only walked through where it is to be counted.
fn page<'a>(
    entries: impl Iterator<Item = (&'a str, &'a Entry)>,
    count: Option<u64>,
    selection: &Resolved,
    documents: bool,
) -> Page {
    let wanted = selection.offset..selection.offset.saturating_add(selection.limit);
    let (mut rows, mut seen) = (Vec::new(), 0);
    for (key, Entry { row, .. }) in entries {
        if wanted.contains(&seen) {
            rows.push(found(key, row, documents));
        } else if count.is_some() && seen >= wanted.end {
            break;
        }
        seen += 1;
    }
    Page { rows, total: count.unwrap_or(seen), collection: None }
}

fn scalar(entry: &Entry, column: Column) -> Cow<'_, Scalar> {
    match column {
        Column::Modified => Cow::Owned(Scalar::Integer(entry.row.columns.modified.as_microseconds())),
        Column::Member(index) => entry.members.get(index).map_or(Cow::Owned(Scalar::Null), Cow::Borrowed),
    }
}

pub(super) fn found(key: &str, row: &Row, documents: bool) -> Found {
    let document = documents.then(|| row.document.clone());
    Found { key: key.to_owned(), columns: row.columns.clone(), document }
}

/// The version of a row, and its value where its document was read. A row that another shape made stays as it is.
fn interpret<T: Resource + DeserializeOwned>(
    of: Type,
    found: Found,
) -> Result<(T::Key, Version, Option<T>), DatabaseError> {
    let key = key_of::<T>(&found.key)?;
    let address = of.address(found.key);
    let Some(document) = found.document else {
        return Ok((key, of.version(&address.key, &found.columns)?, None));
    };
    let stored = Stored::of(of, &address, Row { columns: found.columns, document })?;
    let value = stored.value(&address, &key)?;
    Ok((key, stored.version, Some(value)))
}

/// The versions of what [`find`] found.
pub(super) fn versions_of<T: Resource + DeserializeOwned>(
    of: Type,
    found: Vec<Option<Found>>,
) -> Result<Vec<Option<Version>>, DatabaseError> {
    let version = |found| Ok(interpret::<T>(of, found)?.1);
    found.into_iter().map(|found| found.map(version).transpose()).collect()
}

/// The same with the values, where documents were wanted.
pub(super) fn values_of<T: Resource + DeserializeOwned>(
    of: Type,
    found: Vec<Option<Found>>,
) -> Result<Loaded<T>, DatabaseError> {
    let value = |found| {
        let (_, version, value) = interpret::<T>(of, found)?;
        Ok(value.map(|value| (value, version)))
    };
    found.into_iter().map(|found| found.map_or(Ok(None), value)).collect()
}

/// What is under these keys' texts, in their order.
pub(super) async fn find(
    rows: &mut impl Lists,
    of: Type,
    keys: &[String],
    documents: bool,
) -> Result<Vec<Option<Found>>, DatabaseError> {
    let places: HashMap<&str, usize> =
        keys.iter().enumerate().map(|(place, key)| (key.as_str(), place)).collect();
    let scope = Scope::of(of, &[]);
    let mut found = rows.find(&scope, keys, documents).await?;
    if !documents && !tells_versions(of, &found) {
        found = rows.find(&scope, keys, true).await?;
    }
    let mut all: Vec<Option<Found>> = Vec::new();
    all.resize_with(keys.len(), || None);
    for found in found {
        if let Some(&place) = places.get(found.key.as_str()) {
            all[place] = Some(found);
        }
    }
    Ok(all)
}

/// Writes in the order of the keys, in a transaction: it is to be committed where all is written, and nowhere else.
pub(super) async fn replace_all<T: Resource + DeserializeOwned>(
    rows: &mut impl Rows,
    writes: Vec<(Matched<T>, T)>,
) -> Result<WrittenAll<T>, DatabaseError> {
    let mut ordered: Vec<_> = writes.into_iter().enumerate().collect();
    ordered.sort_by_cached_key(|(_, (matched, _))| join(&matched.key().parts()));
    let mut done = Vec::new();
    for (place, (matched, value)) in ordered {
        match replace(rows, matched, value).await? {
            Written::Created(value, version)
            | Written::Replaced(value, version)
            | Written::Unchanged(value, version) => done.push((place, (value, version))),
            Written::Stale(_) => return Ok(WrittenAll::Stale(place)),
        }
    }
    done.sort_by_key(|(place, _)| *place);
    Ok(WrittenAll::Written(done.into_iter().map(|(_, written)| written).collect()))
}

/// Writes in a transaction, where the list is in the required state.
pub(super) async fn insert<T: Resource + DeserializeOwned>(
    rows: &mut impl Lists,
    within: &[String],
    selection: &Selection,
    required: StateTag,
    matched: Matched<T>,
    value: T,
) -> Result<Inserted<T>, DatabaseError> {
    rows.hold().await?;
    let listed = list(rows, Type::of::<T>(), within, selection, false).await?;
    let (_, selected) = listed.read::<T>()?;
    if selected.state() != required {
        return Ok(Inserted::Stale(selected, value));
    }
    Ok(Inserted::Written(replace(rows, matched, value).await?))
}
