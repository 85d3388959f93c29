//! Stores: where versions are compared and written in one atomic step.

#[cfg(feature = "_sqlx")]
mod backend;
mod bulk;
mod compare_and_swap;
#[cfg(feature = "_sqlx")]
mod copy;
mod database;
mod document;
mod error;
mod insert;
mod lists;
mod matched;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
mod retag;
mod retags;
mod rows;
mod select;
#[cfg(feature = "_sqlx")]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod stored_type;
mod transaction;

#[cfg(feature = "_sqlx")]
pub use backend::Backend;
pub use bulk::{Bulk, BulkIn, Loaded, WrittenAll};
pub use compare_and_swap::{CompareAndSwap, Found};
pub use database::Database;
pub use error::DatabaseError;
pub use insert::{Insert, InsertIn, Inserted};
pub use matched::{Matched, Required};
pub use retag::Retagged;
pub use select::{Select, Selected};
pub use transaction::Transaction;

#[cfg(feature = "axum")]
pub(crate) use select::collection_validators;

use crate::{Problem, Resource, StateTag, Version};

/// Keeps the resources of a type, and writes only over the state that a guard saw.
///
/// [`Database`] is the store of this crate; for tables of your own, implement this trait, which [`CompareAndSwap`] makes
/// short. What it promises:
///
/// - [`replace`](Self::replace) and [`remove`](Self::remove) compare with [`Matched::required`] and write
///   in one atomic step, such as an `UPDATE … WHERE state = …`; a read before the write is no comparison.
/// - A write that changes nothing but stamps keeps the version.
/// - A stamp ([`Resource::stamp`]) is later than the one it replaces, also the last one of a deleted resource
///   under the same key.
/// - [`deleted_state`](Self::deleted_state) may know in which state a resource was deleted; without it, a DELETE that is
///   sent again is answered 404.
/// - [`version`](Self::version) and [`load`](Self::load) agree: the state is that of the value, as
///   [`StateTag::of`](crate::StateTag::of) makes it.
///
/// A store of your own, over a map:
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::{Arc, Mutex};
/// use etag_core::{Matched, Problem, Removed, Store, StateTag, Version, Versioned, Written};
///
/// #[derive(Clone, Versioned)]
/// #[versioned(store = Counters)]
/// struct Counter {
///     #[versioned(id)]
///     name: String,
///     count: u64,
/// }
///
/// #[derive(Clone, Default)]
/// struct Counters(Arc<Mutex<HashMap<String, Counter>>>);
///
/// fn version(counter: &Counter) -> Result<Version, Problem> {
///     Ok(StateTag::of(counter)?.into())
/// }
///
/// impl Store<Counter> for Counters {
///     type Error = Problem;
///
///     async fn version(&self, key: &String) -> Result<Option<Version>, Problem> {
///         self.0.lock().unwrap().get(key).map(version).transpose()
///     }
///
///     async fn load(&self, key: &String) -> Result<Option<(Counter, Version)>, Problem> {
///         let found = self.0.lock().unwrap().get(key).cloned();
///         found.map(|counter| Ok((counter.clone(), version(&counter)?))).transpose()
///     }
///
///     async fn replace(&self, matched: Matched<Counter>, new: Counter) -> Result<Written<Counter>, Problem> {
///         let mut counters = self.0.lock().unwrap(); // from the comparison to the write
///         let found = counters.get(matched.key()).map(version).transpose()?;
///         let admitted = match &found {
///             Some(found) => matched.required().admits(found.state),
///             None => matched.required().admits_creation(false),
///         };
///         if !admitted {
///             return Ok(Written::Stale(found));
///         }
///         counters.insert(matched.key().clone(), new.clone());
///         let version = version(&new)?;
///         Ok(if found.is_some() { Written::Replaced(new, version) } else { Written::Created(new, version) })
///     }
///
///     async fn remove(&self, matched: Matched<Counter>) -> Result<Removed, Problem> {
///         let mut counters = self.0.lock().unwrap();
///         let found = counters.get(matched.key()).map(version).transpose()?;
///         if !found.is_some_and(|found| matched.required().admits(found.state)) {
///             return Ok(Removed::Stale(found));
///         }
///         counters.remove(matched.key());
///         Ok(Removed::Removed)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Problem> {
/// let counters = Counters::default();
/// let visits = Counter { name: "visits".to_owned(), count: 1 };
/// let written = counters.replace(Matched::unconditional("visits".to_owned()), visits).await?;
/// assert!(matches!(written, Written::Created(..)));
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not store `{T}`",
    label = "expected a store: a type that implements `Store<{T}>`",
    note = "`etag_core::Database` does; for tables of your own, implement `etag_core::Store<{T}>`"
)]
pub trait Store<T: Resource>: Clone + Send + Sync + 'static {
    /// Why a call failed, and how that is answered.
    type Error: Into<Problem> + Send;

    /// The current version, without reading the value where it can be told apart; `None` where nothing
    /// exists. Unless a store says more, it is that of the value.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, StateTag, Store, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// assert_eq!(Store::<Counter>::version(&database, &7).await?, None);
    /// let counter = Counter { id: 7, count: 1 };
    /// let _ = database.replace(Matched::unconditional(7), counter).await?;
    /// let version = Store::<Counter>::version(&database, &7).await?;
    /// assert_eq!(version, Some(StateTag::of(&counter)?.into()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn version(&self, key: &T::Key) -> impl Future<Output = Result<Option<Version>, Self::Error>> + Send {
        async { Ok(self.load(key).await?.map(|(_, version)| version)) }
    }

    /// The current value and its version.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, StateTag, Store, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let counter = Counter { id: 7, count: 1 };
    /// let _ = database.replace(Matched::unconditional(7), counter).await?;
    /// assert_eq!(database.load(&7).await?, Some((counter, StateTag::of(&counter)?.into())));
    /// assert_eq!(Store::<Counter>::load(&database, &8).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the store fails, or what it keeps is no `T`.
    fn load(&self, key: &T::Key) -> impl Future<Output = Result<Option<(T, Version)>, Self::Error>> + Send;

    /// Writes a value over the required state.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, Store, Versioned, Written};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let seven = || Matched::unconditional(7);
    /// let write = async |count| database.replace(seven(), Counter { id: 7, count }).await;
    /// assert!(matches!(write(1).await?, Written::Created(..)));
    /// assert!(matches!(write(2).await?, Written::Replaced(..)));
    /// assert!(matches!(write(2).await?, Written::Unchanged(..))); // with the old version
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the store fails. Another state than the required one is [`Written::Stale`].
    fn replace(
        &self,
        matched: Matched<T>,
        value: T,
    ) -> impl Future<Output = Result<Written<T>, Self::Error>> + Send;

    /// The state in which the resource that was under this key was deleted, where the store keeps it: it answers a
    /// DELETE that is sent again ([`Replay::Accept`](crate::Replay::Accept)).
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, StateTag, Store, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Serialize, Deserialize, Versioned)]
    /// #[versioned(store = Database, replay = "accept")]
    /// struct Counter {
    ///     #[versioned(id)]
    ///     id: u64,
    ///     count: u64,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let counter = Counter { id: 7, count: 1 };
    /// let state = StateTag::of(&counter)?;
    /// let _ = database.replace(Matched::unconditional(7), counter).await?;
    /// assert_eq!(Store::<Counter>::deleted_state(&database, &7).await?, None); // it exists
    /// let _ = database.remove(Matched::<Counter>::unconditional(7)).await?;
    /// assert_eq!(Store::<Counter>::deleted_state(&database, &7).await?, Some(state));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn deleted_state(
        &self,
        _: &T::Key,
    ) -> impl Future<Output = Result<Option<StateTag>, Self::Error>> + Send {
        async { Ok(None) }
    }

    /// The state of all resources of the type together, where the store keeps it: it changes in the step that changes
    /// one of them. Asked for where the type has [`COLLECTION_TAG`](Resource::COLLECTION_TAG).
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, Store, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Serialize, Deserialize, Versioned)]
    /// #[versioned(store = Database, collection_tag)]
    /// struct Counter {
    ///     #[versioned(id)]
    ///     id: u64,
    ///     count: u64,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let before = Store::<Counter>::collection_state(&database).await?;
    /// let _ = database.replace(Matched::unconditional(7), Counter { id: 7, count: 1 }).await?;
    /// assert!(before.is_some());
    /// assert_ne!(Store::<Counter>::collection_state(&database).await?, before);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the store fails.
    fn collection_state(&self) -> impl Future<Output = Result<Option<StateTag>, Self::Error>> + Send {
        async { Ok(None) }
    }

    /// Deletes what is in the required state.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, Removed, Store, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let _ = database.replace(Matched::unconditional(7), Counter { id: 7, count: 1 }).await?;
    /// let remove = async || database.remove(Matched::<Counter>::unconditional(7)).await;
    /// assert_eq!(remove().await?, Removed::Removed);
    /// assert_eq!(remove().await?, Removed::Stale(None)); // nothing is there any more
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the store fails. Another state than the required one is [`Removed::Stale`].
    fn remove(&self, matched: Matched<T>) -> impl Future<Output = Result<Removed, Self::Error>> + Send;
}

/// A store that writes in a transaction of the caller's.
///
/// ```
/// use etag_core::{Database, DatabaseError, Matched, StoreIn, Transaction, Written};
/// # use etag_core::Versioned;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database)]
/// # struct Counter { #[versioned(id)] id: u64, count: u64 }
///
/// /// Puts both there, or neither, in whichever store writes in these transactions.
/// async fn put<S>(store: &S, tx: &mut Transaction, counters: [Counter; 2]) -> Result<(), S::Error>
/// where
///     S: StoreIn<Counter, Transaction>,
/// {
///     for counter in counters {
///         let _ = store.replace_in(tx, Matched::unconditional(counter.id), counter).await?;
///     }
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// let database = Database::connect("memory:").await?;
/// let mut transaction = database.transaction().await?;
/// let counters = [Counter { id: 7, count: 1 }, Counter { id: 8, count: 1 }];
/// put(&database, &mut transaction, counters).await?;
/// transaction.commit().await?;
/// assert_eq!(database.all::<Counter>().await?, counters);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't store `{T}` in a transaction of type `{Tx}`",
    label = "expected a store that implements `StoreIn<{T}, {Tx}>`",
    note = "`Database` writes in `etag_core::Transaction`, and in `sqlx::Transaction<'_, sqlx::Sqlite>` or `<'_, sqlx::Postgres>`"
)]
pub trait StoreIn<T: Resource, Tx>: Store<T> {
    /// As [`Store::replace`]; nothing is written before the transaction is committed.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, StoreIn, Versioned, Written};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let mut transaction = database.transaction().await?;
    /// let counter = Counter { id: 7, count: 1 };
    /// let matched = Matched::unconditional(7);
    /// let written = database.replace_in(&mut transaction, matched, counter).await?;
    /// assert!(matches!(written, Written::Created(..)));
    /// drop(transaction); // without a commit
    /// assert_eq!(database.get::<Counter>(&7).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::replace`].
    fn replace_in(
        &self,
        transaction: &mut Tx,
        matched: Matched<T>,
        value: T,
    ) -> impl Future<Output = Result<Written<T>, Self::Error>> + Send;

    /// As [`Store::remove`]; nothing is deleted before the transaction is committed.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, Removed, Store, StoreIn, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let _ = database.replace(Matched::unconditional(7), Counter { id: 7, count: 1 }).await?;
    /// let mut transaction = database.transaction().await?;
    /// let matched = Matched::<Counter>::unconditional(7);
    /// assert_eq!(database.remove_in(&mut transaction, matched).await?, Removed::Removed);
    /// assert!(database.get::<Counter>(&7).await?.is_some()); // nothing is committed yet
    /// transaction.commit().await?;
    /// assert!(database.get::<Counter>(&7).await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::remove`].
    fn remove_in(
        &self,
        transaction: &mut Tx,
        matched: Matched<T>,
    ) -> impl Future<Output = Result<Removed, Self::Error>> + Send;
}

/// What became of a [`replace`](Store::replace): the stored value and its version.
///
/// ```
/// use etag_core::{Database, DatabaseError, Matched, Store, Written};
/// # use etag_core::Versioned;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database)]
/// # struct Counter { #[versioned(id)] id: u64, count: u64 }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// let database = Database::connect("memory:").await?;
/// let seven = Counter { id: 7, count: 1 };
/// let write = async || database.replace(Matched::unconditional(7), seven).await;
/// let Written::Created(counter, version) = write().await? else { panic!() };
/// assert_eq!(write().await?, Written::Unchanged(counter, version));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Written<T> {
    /// Nothing existed under the key; now the value does.
    Created(T, Version),
    /// The value replaced the required state.
    Replaced(T, Version),
    /// The value was already there: nothing was written, and the version is the old one.
    Unchanged(T, Version),
    /// Another state was found, or none, and nothing was written.
    Stale(Option<Version>),
}

/// What became of a [`remove`](Store::remove).
///
/// ```
/// use etag_core::{Database, DatabaseError, Matched, Removed, Store};
/// # use etag_core::Versioned;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database)]
/// # struct Counter { #[versioned(id)] id: u64, count: u64 }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// let database = Database::connect("memory:").await?;
/// let removed = database.remove(Matched::<Counter>::unconditional(7)).await?;
/// assert_eq!(removed, Removed::Stale(None)); // there was nothing to delete
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Removed {
    /// The resource is gone.
    Removed,
    /// Another state was found, or none, and nothing was deleted.
    Stale(Option<Version>),
}
