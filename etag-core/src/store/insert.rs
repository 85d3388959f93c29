//! A resource that is created in a list which is in a required state: [`Insert`].

use super::{Select, Selected};
use crate::{Matched, Resource, StateTag, Written};

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
    /// As [`replace`](crate::Store::replace), where what [`select`](Select::select) gives is in the state `required`:
    /// compared and written in one atomic step.
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
    /// As [`select`](Select::select) and [`replace`](crate::Store::replace). A list in another state is [`Inserted::Stale`].
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
