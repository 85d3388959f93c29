//! What a store does with many resources at once: [`Select`], [`Insert`] and [`Bulk`].

use std::fmt;

use crate::{
    Matched, Resource, StateTag, Store, Validators, Version, Written, list, outline::Outline, representation,
};

/// A store that answers for lists of its resources, as a query of type `Q` selects them.
///
/// [`Database`](crate::Database) takes a [`Selection`](crate::Selection). `within` are the parts of the key that
/// the list's path has: only resources whose keys begin with them belong to the list, whatever the query says.
///
/// A store of your own, over a map:
///
/// ```
/// use etag_core::{Select, Selected, StateTag};
/// # use std::collections::BTreeMap;
/// # use etag_core::{Matched, Problem, Removed, Store, Version, Versioned, Written};
/// # #[derive(Clone, Versioned)]
/// # #[versioned(store = Counters)]
/// # struct Counter { #[versioned(id)] name: String, count: u64 }
/// # #[derive(Clone, Default)]
/// # struct Counters(BTreeMap<String, Counter>);
/// # impl Store<Counter> for Counters {
/// #     type Error = Problem;
/// #     async fn version(&self, _: &String) -> Result<Option<Version>, Problem> { Ok(None) }
/// #     async fn load(&self, _: &String) -> Result<Option<(Counter, Version)>, Problem> { Ok(None) }
/// #     async fn replace(&self, _: Matched<Counter>, _: Counter) -> Result<Written<Counter>, Problem> { Ok(Written::Stale(None)) }
/// #     async fn remove(&self, _: Matched<Counter>) -> Result<Removed, Problem> { Ok(Removed::Stale(None)) }
/// # }
///
/// #[derive(serde::Deserialize)]
/// struct AtLeast {
///     count: u64,
/// }
///
/// impl Select<Counter, AtLeast> for Counters {
///     async fn select(&self, _: &[String], query: &AtLeast) -> Result<Selected<Counter>, Problem> {
///         let counters = self.0.values().filter(|counter| counter.count >= query.count);
///         let items = counters.map(|counter| Ok((counter.name.clone(), StateTag::of(counter)?.into())));
///         let items: Vec<_> = items.collect::<Result<_, Problem>>()?;
///         let total = items.len() as u64;
///         Ok(Selected::new(items, total))
///     }
///
///     async fn load_selected(
///         &self,
///         within: &[String],
///         query: &AtLeast,
///     ) -> Result<(Vec<Counter>, Selected<Counter>), Problem> {
///         let selected = self.select(within, query).await?;
///         let values = selected.items().iter().map(|(name, _)| self.0[name].clone()).collect();
///         Ok((values, selected))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Problem> {
/// let visits = Counter { name: "visits".to_owned(), count: 7 };
/// let counters = Counters([(visits.name.clone(), visits)].into());
/// assert_eq!(counters.select(&[], &AtLeast { count: 8 }).await?.total(), 0);
/// assert_eq!(counters.load_selected(&[], &AtLeast { count: 7 }).await?.0.len(), 1);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not select lists of `{T}` by `{Q}`",
    label = "expected a store that implements `Select<{T}, {Q}>`",
    note = "`Database` selects by `Selection`"
)]
pub trait Select<T: Resource, Q>: Store<T> {
    /// The keys and versions of a list, in order, without reading the values where they can be told apart.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Required, Select, Selected, Selection, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let counters = [1, 2, 3].map(|id| Counter { id, count: 10 * id });
    /// database.import(counters.into(), Required::New, |_| {}).await?;
    /// let greatest = Selection::new().with_sort("-count").with_limit(2);
    /// let selected: Selected<Counter> = database.select(&[], &greatest).await?;
    /// let keys: Vec<u64> = selected.items().iter().map(|(key, _)| *key).collect();
    /// assert_eq!((keys, selected.total()), (vec![3, 2], 3));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the store fails, or the query selects by something that the type has not.
    fn select(
        &self,
        within: &[String],
        query: &Q,
    ) -> impl Future<Output = Result<Selected<T>, Self::Error>> + Send;

    /// The same with the values, all of one moment.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Required, Select, Selection, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let counters = [1, 2, 3].map(|id| Counter { id, count: 10 * id });
    /// database.import(counters.into(), Required::New, |_| {}).await?;
    /// let twenty = Selection::new().with_filter("count", "20");
    /// let (values, selected): (Vec<Counter>, _) = database.load_selected(&[], &twenty).await?;
    /// assert_eq!((values, selected.total()), (vec![Counter { id: 2, count: 20 }], 1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`select`](Self::select).
    fn load_selected(
        &self,
        within: &[String],
        query: &Q,
    ) -> impl Future<Output = Result<(Vec<T>, Selected<T>), Self::Error>> + Send;
}

/// A store that creates a resource only where a list is in a required state.
///
/// ```
/// use etag_core::{Database, Insert, Inserted, Matched, Select, Selected, Selection, Versioned};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Versioned)]
/// #[versioned(store = Database)]
/// struct Note {
///     #[versioned(id)]
///     id: u64,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), etag_core::DatabaseError> {
/// let (database, all) = (Database::connect("memory:").await?, Selection::new());
/// let empty: Selected<Note> = database.select(&[], &all).await?;
/// let insert = async |id| database.insert(&[], &all, empty.state(), Matched::unconditional(id), Note { id }).await;
/// assert!(matches!(insert(1).await?, Inserted::Written(_)));
/// assert!(matches!(insert(2).await?, Inserted::Stale(..))); // the list has got a note
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't guard what it creates by a list of `{T}`",
    label = "expected a store that implements `Insert<{T}, {Q}>`",
    note = "`Database` does, by a `Selection`"
)]
pub trait Insert<T: Resource, Q>: Select<T, Q> {
    /// As [`Store::replace`], where what [`select`](Select::select) gives is in the state `required`: compared and
    /// written in one atomic step.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Insert, Inserted};
    /// # use etag_core::{Matched, Selected, Selection, Store, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let (database, all) = (Database::connect("memory:").await?, Selection::new());
    /// let empty = Selected::<Counter>::new(Vec::new(), 0).state();
    /// let _ = database.replace(Matched::unconditional(7), Counter { id: 7, count: 1 }).await?;
    /// let (matched, new) = (Matched::unconditional(8), Counter { id: 8, count: 1 });
    /// let inserted = database.insert(&[], &all, empty, matched, new).await?;
    /// let Inserted::Stale(selected, given_back) = inserted else { panic!() };
    /// assert_eq!((selected.items()[0].0, given_back), (7, new)); // the list is not empty any more
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Select::select`] and [`Store::replace`]. A list in another state is [`Inserted::Stale`].
    fn insert(
        &self,
        within: &[String],
        query: &Q,
        required: StateTag,
        matched: Matched<T>,
        value: T,
    ) -> impl Future<Output = Result<Inserted<T>, Self::Error>> + Send;
}

/// A store that does so in a transaction of the caller's.
///
/// ```
/// use etag_core::{Database, InsertIn, Inserted, Matched, Selected, Selection, Transaction};
/// # use etag_core::{DatabaseError, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database)]
/// # struct Counter { #[versioned(id)] id: u64, count: u64 }
///
/// /// Whether that is the first one now, in whichever store guards by a list.
/// async fn is_first<S>(store: &S, tx: &mut Transaction, new: Counter) -> Result<bool, S::Error>
/// where
///     S: InsertIn<Counter, Selection, Transaction>,
/// {
///     let none = Selected::<Counter>::new(Vec::new(), 0).state();
///     let matched = Matched::unconditional(new.id);
///     let inserted = store.insert_in(tx, &[], &Selection::new(), none, matched, new).await?;
///     Ok(matches!(inserted, Inserted::Written(_)))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// let database = Database::connect("memory:").await?;
/// let mut transaction = database.transaction().await?;
/// assert!(is_first(&database, &mut transaction, Counter { id: 7, count: 1 }).await?);
/// assert!(!is_first(&database, &mut transaction, Counter { id: 8, count: 1 }).await?);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't guard by a list of `{T}` what it creates in a transaction of type `{Tx}`",
    label = "expected a store that implements `InsertIn<{T}, {Q}, {Tx}>`",
    note = "`Database` does, by a `Selection`, in `etag_core::Transaction`, and in `sqlx::Transaction<'_, sqlx::Sqlite>` or `<'_, sqlx::Postgres>`"
)]
pub trait InsertIn<T: Resource, Q, Tx>: Insert<T, Q> {
    /// As [`Insert::insert`]; nothing is written before the transaction is committed.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, InsertIn, Inserted};
    /// # use etag_core::{Matched, Selected, Selection, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let (database, all) = (Database::connect("memory:").await?, Selection::new());
    /// let empty = Selected::<Counter>::new(Vec::new(), 0).state();
    /// let mut transaction = database.transaction().await?;
    /// let (matched, new) = (Matched::unconditional(7), Counter { id: 7, count: 1 });
    /// let inserted = database.insert_in(&mut transaction, &[], &all, empty, matched, new).await?;
    /// assert!(matches!(inserted, Inserted::Written(_)));
    /// assert_eq!(database.get::<Counter>(&7).await?, None); // before the commit
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Insert::insert`].
    fn insert_in(
        &self,
        transaction: &mut Tx,
        within: &[String],
        query: &Q,
        required: StateTag,
        matched: Matched<T>,
        value: T,
    ) -> impl Future<Output = Result<Inserted<T>, Self::Error>> + Send;
}

/// A store that changes many resources together, or none of them.
///
/// ```
/// use etag_core::{Bulk, Database, Matched, Required, Versioned, WrittenAll};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Versioned)]
/// #[versioned(store = Database)]
/// struct Note {
///     #[versioned(id)]
///     id: u64,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), etag_core::DatabaseError> {
/// let database = Database::connect("memory:").await?;
/// let notes = [2, 1].map(|id| (Matched::unconditional(id), Note { id }));
/// let WrittenAll::Written(written) = database.replace_all(notes.into()).await? else { panic!() };
/// assert_eq!(written[0].0.id, 2);
/// let versions = Bulk::<Note>::versions(&database, &[1, 2, 3]).await?;
/// assert_eq!(versions, [Some(written[1].1), Some(written[0].1), None]);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't change several `{T}` together",
    label = "expected a store that implements `Bulk<{T}>`",
    note = "`Database` does"
)]
pub trait Bulk<T: Resource>: Store<T> {
    /// The versions of these resources, each another one, all of one moment; `None` for one that does not exist.
    ///
    /// ```
    /// # use etag_core::{Bulk, Database, DatabaseError, Matched, StateTag, Store, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let counter = Counter { id: 7, count: 1 };
    /// let _ = database.replace(Matched::unconditional(7), counter).await?;
    /// let versions = Bulk::<Counter>::versions(&database, &[8, 7]).await?;
    /// assert_eq!(versions, [None, Some(StateTag::of(&counter)?.into())]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn versions(
        &self,
        keys: &[T::Key],
    ) -> impl Future<Output = Result<Vec<Option<Version>>, Self::Error>> + Send;

    /// The same with the values.
    ///
    /// ```
    /// # use etag_core::{Bulk, Database, DatabaseError, Matched, StateTag, Store, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let counter = Counter { id: 7, count: 1 };
    /// let _ = database.replace(Matched::unconditional(7), counter).await?;
    /// let loaded = Bulk::<Counter>::load_all(&database, &[8, 7]).await?;
    /// assert_eq!(loaded, [None, Some((counter, StateTag::of(&counter)?.into()))]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::load`].
    fn load_all(&self, keys: &[T::Key]) -> impl Future<Output = Result<Loaded<T>, Self::Error>> + Send;

    /// As [`Store::replace`] for each of these: all of them are written, or none. Keys are told apart by the
    /// caller.
    ///
    /// Concurrent calls must not wait for one another in a circle: write in the order of the keys.
    ///
    /// ```
    /// # use etag_core::{Bulk, Database, DatabaseError, Matched, Versioned, WrittenAll};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let counters = [Counter { id: 8, count: 1 }, Counter { id: 7, count: 2 }];
    /// let writes = counters.map(|counter| (Matched::unconditional(counter.id), counter));
    /// let outcome = database.replace_all(writes.into()).await?;
    /// let WrittenAll::Written(written) = outcome else { panic!() };
    /// assert_eq!((written[0].0, written[1].0), (counters[0], counters[1])); // as they were given
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::replace`]. Another state than a required one is [`WrittenAll::Stale`].
    fn replace_all(
        &self,
        writes: Vec<(Matched<T>, T)>,
    ) -> impl Future<Output = Result<WrittenAll<T>, Self::Error>> + Send;
}

/// A store that does so in a transaction of the caller's.
///
/// ```
/// use etag_core::{BulkIn, Database, Matched, Transaction, WrittenAll};
/// # use etag_core::{DatabaseError, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database)]
/// # struct Counter { #[versioned(id)] id: u64, count: u64 }
///
/// /// Writes all of them, or none, in whichever store changes many in these transactions.
/// async fn put<S>(store: &S, tx: &mut Transaction, all: [Counter; 2]) -> Result<bool, S::Error>
/// where
///     S: BulkIn<Counter, Transaction>,
/// {
///     let writes = all.map(|counter| (Matched::unconditional(counter.id), counter));
///     let written = store.replace_all_in(tx, writes.into()).await?;
///     Ok(matches!(written, WrittenAll::Written(_)))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// let database = Database::connect("memory:").await?;
/// let mut transaction = database.transaction().await?;
/// let counters = [7, 8].map(|id| Counter { id, count: 1 });
/// assert!(put(&database, &mut transaction, counters).await?);
/// transaction.commit().await?;
/// assert_eq!(database.all::<Counter>().await?, counters);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't change several `{T}` together in a transaction of type `{Tx}`",
    label = "expected a store that implements `BulkIn<{T}, {Tx}>`",
    note = "`Database` does in `etag_core::Transaction`, and in `sqlx::Transaction<'_, sqlx::Sqlite>` or `<'_, sqlx::Postgres>`"
)]
pub trait BulkIn<T: Resource, Tx>: Bulk<T> {
    /// As [`Bulk::replace_all`]: where one write finds another state, the transaction is as it was before. Nothing is
    /// written before it is committed.
    ///
    /// ```
    /// # use etag_core::{BulkIn, Database, DatabaseError, Matched, Versioned, WrittenAll};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let mut transaction = database.transaction().await?;
    /// let writes = [7, 8].map(|id| (Matched::unconditional(id), Counter { id, count: 1 }));
    /// let written = database.replace_all_in(&mut transaction, writes.into()).await?;
    /// assert!(matches!(written, WrittenAll::Written(written) if written.len() == 2));
    /// assert_eq!(database.all::<Counter>().await?, []); // before the commit
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Bulk::replace_all`].
    fn replace_all_in(
        &self,
        transaction: &mut Tx,
        writes: Vec<(Matched<T>, T)>,
    ) -> impl Future<Output = Result<WrittenAll<T>, Self::Error>> + Send;
}

/// What [`Bulk::load_all`] finds, in the order in which it was asked.
///
/// ```
/// use etag_core::{Bulk, Database, DatabaseError, Loaded};
/// # use etag_core::Versioned;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database)]
/// # struct Counter { #[versioned(id)] id: u64, count: u64 }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// let database = Database::connect("memory:").await?;
/// let loaded: Loaded<Counter> = database.load_all(&[7, 8]).await?;
/// assert_eq!(loaded, [None, None]); // a place for each key, also where nothing exists
/// # Ok(())
/// # }
/// ```
pub type Loaded<T> = Vec<Option<(T, Version)>>;

/// The keys and versions of a list, in order, and how many there are on all of its pages.
///
/// ```
/// use etag_core::{Selected, StateTag};
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database)]
/// # struct Counter { #[versioned(id)] id: u64, count: u64 }
///
/// let versions = [1, 2].map(|key| (key, StateTag::from_revision(key).into()));
/// let page = Selected::<Counter>::new(versions.into(), 20);
/// assert_eq!((page.items().len(), page.total()), (2, 20));
/// ```
pub struct Selected<T: Resource> {
    items: Vec<(T::Key, Version)>,
    total: u64,
    collection: Option<StateTag>,
}

impl<T: Resource> Selected<T> {
    /// A page of a list of `total` items.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, StateTag, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let versions = vec![(7, StateTag::from_revision(1).into())];
    /// let page = Selected::<Counter>::new(versions, 20); // one item of 20
    /// assert_eq!((page.items()[0].0, page.total()), (7, 20));
    /// ```
    pub const fn new(items: Vec<(T::Key, Version)>, total: u64) -> Self {
        Self { items, total, collection: None }
    }

    /// The same page, of a collection that is in that state as a whole: its own state is then that one
    /// ([`Resource::COLLECTION_TAG`]). Both are of one moment.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, StateTag, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let whole = StateTag::from_revision(9);
    /// let version = StateTag::from_revision(1).into();
    /// let page = |key| Selected::<Counter>::new(vec![(key, version)], 2);
    /// assert_ne!(page(7).state(), page(8).state());
    /// assert_eq!(page(7).of_collection(whole).state(), whole);
    /// assert_eq!(page(8).of_collection(whole).state(), whole);
    /// ```
    pub fn of_collection(self, state: StateTag) -> Self {
        Self { collection: Some(state), ..self }
    }

    /// Whether its state is that of the whole collection.
    #[cfg(feature = "axum")]
    pub(crate) const fn is_of_collection(&self) -> bool {
        self.collection.is_some()
    }

    /// The page's items.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, StateTag, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let versions = [8, 7].map(|key| (key, StateTag::from_revision(key).into()));
    /// let page = Selected::<Counter>::new(versions.into(), 2);
    /// assert_eq!(page.items(), versions); // in the list's order
    /// ```
    pub fn items(&self) -> &[(T::Key, Version)] {
        &self.items
    }

    /// How many items the list has on all of its pages.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let behind_the_last = Selected::<Counter>::new(Vec::new(), 20);
    /// assert_eq!(behind_the_last.total(), 20);
    /// ```
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The state of the page: the SHA-256 of a line for each item, its key's parts as a JSON array, a space and its
    /// state.
    ///
    /// It is the same for the same items in the same order, whatever selected them; or that of the whole collection.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, StateTag, Version, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let [a, b] = [7, 8].map(|key| (key, Version::from(StateTag::from_revision(key))));
    /// let state = |items, total| Selected::<Counter>::new(items, total).state();
    /// assert_eq!(state(vec![a, b], 2), state(vec![a, b], 20));
    /// assert_ne!(state(vec![a, b], 2), state(vec![b, a], 2)); // another order
    /// ```
    pub fn state(&self) -> StateTag {
        if let Some(state) = self.collection {
            return state;
        }
        let named = |(key, version): &(T::Key, Version)| (Some(list::name_of(key)), version.state);
        list::hash_states(self.items.iter().map(named))
    }

    /// The page's validators: a tag, and no date, for that would miss what left the list.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, StateTag, Validators, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let page = Selected::<Counter>::new(vec![(7, StateTag::from_revision(1).into())], 1);
    /// let Validators { etag, last_modified } = page.validators();
    /// assert_eq!(etag.map(|etag| etag.to_string()), Some(format!("\"{}\"", page.state())));
    /// assert_eq!(last_modified, None);
    /// ```
    pub fn validators(&self) -> Validators {
        if let Some(state) = self.collection {
            return collection_validators(Outline::of::<T>(), state);
        }
        let outline = Outline::of::<T>();
        let variant = list::hash_variants(self.items.iter().map(|_| outline.fixed_variant));
        let etag = representation::tag_of(outline, self.state(), variant, false);
        Validators { etag, last_modified: None }
    }
}

/// The validators of each list of a collection in that state.
pub(crate) fn collection_validators(outline: &Outline, state: StateTag) -> Validators {
    let etag = representation::tag_of(outline, state, outline.fixed_variant, false);
    Validators { etag, last_modified: None }
}

impl<T: Resource> Clone for Selected<T> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), ..*self }
    }
}

impl<T: Resource> fmt::Debug for Selected<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selected")
            .field("items", &self.items)
            .field("total", &self.total)
            .field("collection", &self.collection)
            .finish()
    }
}

impl<T: Resource> PartialEq for Selected<T> {
    fn eq(&self, other: &Self) -> bool {
        (&self.items, self.total, self.collection) == (&other.items, other.total, other.collection)
    }
}

/// What became of an [`insert`](Insert::insert).
///
/// ```
/// use etag_core::{Database, Insert, Inserted, Matched, Selection, StateTag};
/// # use etag_core::{DatabaseError, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database)]
/// # struct Counter { #[versioned(id)] id: u64, count: u64 }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// let (database, all) = (Database::connect("memory:").await?, Selection::new());
/// let (required, new) = (StateTag::from_revision(1), Counter { id: 7, count: 1 });
/// let inserted = database.insert(&[], &all, required, Matched::unconditional(7), new).await?;
/// let Inserted::Stale(selected, given_back) = inserted else { panic!() };
/// assert_eq!((selected.total(), given_back), (0, new)); // the list is empty, and stays so
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub enum Inserted<T: Resource> {
    /// The list was in the required state.
    Written(Written<T>),
    /// The list was in another state, and nothing was written: the value is given back.
    Stale(Selected<T>, T),
}

/// What became of a [`replace_all`](Bulk::replace_all).
///
/// ```
/// use etag_core::{Problem, WrittenAll};
/// use http::StatusCode;
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database)]
/// # struct Counter { #[versioned(id)] id: u64, count: u64 }
///
/// fn count(outcome: WrittenAll<Counter>) -> Result<usize, Problem> {
///     match outcome {
///         WrittenAll::Written(written) => Ok(written.len()),
///         WrittenAll::Stale(place) => {
///             Err(Problem::from(StatusCode::PRECONDITION_FAILED).member("item", place))
///         }
///     }
/// }
///
/// assert_eq!(count(WrittenAll::Stale(3)).map_err(|problem| problem.status().as_u16()), Err(412));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum WrittenAll<T> {
    /// The stored values and their versions, in the order in which they were given.
    Written(Vec<(T, Version)>),
    /// The write at this place found another state, or nothing; nothing was written.
    Stale(usize),
}
