//! Many resources that are written together, or not at all: [`Bulk`].

use super::Store;
use crate::{Matched, Resource, Version};

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
