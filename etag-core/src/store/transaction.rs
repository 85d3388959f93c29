use super::memory::Draft;
use super::rows::{Address, Makes, Outcome, Prepared, Stored, Write};
use super::stored_type::Type;
use super::{
    BulkIn, Database, DatabaseError, InsertIn, Inserted, Matched, Removed, Required, StoreIn, Written,
    WrittenAll, lists, rows,
};
use crate::{FromJson, Resource, Selection, StateTag};

/// Several writes in a [`Database`] that are there together, or not at all; dropped, it has written nothing.
///
/// It is the same for memory, SQLite and PostgreSQL. For tables of your own beside these rows, `Database::begin` gives one of
/// sqlx's instead.
///
/// ```
/// use etag_core::{Database, Matched, StoreIn, Versioned};
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
/// let mut transaction = database.transaction().await?;
/// for id in [1, 2] {
///     let _ = database.replace_in(&mut transaction, Matched::unconditional(id), Note { id }).await?;
/// }
/// assert!(database.get::<Note>(&1).await?.is_none());
/// transaction.commit().await?;
/// assert_eq!(database.all::<Note>().await?.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is written before it is committed"]
pub struct Transaction(pub(super) Kind);

#[derive(Debug)]
pub(super) enum Kind {
    Memory(Draft),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

/// Runs a call on the rows of whichever transaction it is.
macro_rules! within {
    ($transaction:expr, |$rows:ident| $call:expr) => {
        match &mut $transaction.0 {
            $crate::store::transaction::Kind::Memory(draft) => {
                let $rows = draft;
                $call.await
            }
            #[cfg(feature = "sqlite")]
            $crate::store::transaction::Kind::Sqlite(transaction) => {
                let $rows = &mut **transaction;
                $call.await
            }
            #[cfg(feature = "postgres")]
            $crate::store::transaction::Kind::Postgres(transaction) => {
                let $rows = &mut **transaction;
                $call.await
            }
        }
    };
}

pub(super) use within;

impl Transaction {
    /// The value under a key, as it will be once this is committed. No policy is asked.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, StoreIn, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let mut transaction = database.transaction().await?;
    /// let counter = Counter { id: 7, count: 1 };
    /// let _ = database.replace_in(&mut transaction, Matched::unconditional(7), counter).await?;
    /// assert_eq!(transaction.get::<Counter>(&7).await?, Some(counter));
    /// assert_eq!(database.get::<Counter>(&7).await?, None); // which others see
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Database::get`].
    pub async fn get<T: Resource + FromJson>(&mut self, key: &T::Key) -> Result<Option<T>, DatabaseError> {
        let address = Address::of::<T>(key);
        let stored = self.row(Type::of::<T>(), &address).await?;
        stored.map(|stored| stored.value(&address, key)).transpose()
    }

    /// Writes all of it.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, StoreIn, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let mut transaction = database.transaction().await?;
    /// let counter = Counter { id: 7, count: 1 };
    /// let _ = database.replace_in(&mut transaction, Matched::unconditional(7), counter).await?;
    /// transaction.commit().await?;
    /// assert_eq!(database.get::<Counter>(&7).await?, Some(counter));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the database fails, or a statement failed before in a transaction of PostgreSQL: then nothing was written.
    pub async fn commit(self) -> Result<(), DatabaseError> {
        let kind = match self.0 {
            #[cfg(feature = "postgres")]
            Kind::Postgres(mut transaction) => {
                // Where a statement failed, COMMIT is a ROLLBACK that is called a success; any other statement fails.
                sqlx::query("SELECT 1").execute(&mut *transaction).await?;
                Kind::Postgres(transaction)
            }
            kind => kind,
        };
        Self(kind).end(true).await
    }
}

/// One of sqlx's, as [`Database::begin`] gives it.
#[cfg(feature = "sqlite")]
impl From<sqlx::Transaction<'static, sqlx::Sqlite>> for Transaction {
    fn from(transaction: sqlx::Transaction<'static, sqlx::Sqlite>) -> Self {
        Self(Kind::Sqlite(transaction))
    }
}

/// One of sqlx's, as [`Database::begin`] gives it.
#[cfg(feature = "postgres")]
impl From<sqlx::Transaction<'static, sqlx::Postgres>> for Transaction {
    fn from(transaction: sqlx::Transaction<'static, sqlx::Postgres>) -> Self {
        Self(Kind::Postgres(transaction))
    }
}

impl Transaction {
    async fn row(&mut self, of: Type, address: &Address) -> Result<Option<Stored>, DatabaseError> {
        within!(self, |rows| rows::load(rows, of, address))
    }

    async fn write(&mut self, write: &mut Write, made: &mut dyn Makes) -> Result<Outcome, DatabaseError> {
        within!(self, |rows| rows::write(rows, write, made))
    }

    async fn remove(
        &mut self,
        of: Type,
        address: Address,
        required: Required,
    ) -> Result<Removed, DatabaseError> {
        within!(self, |rows| rows::remove(rows, of, &address, required))
    }

    /// Writes all of it, or nothing. Whoever keeps it knows that no statement failed.
    pub(super) async fn end(self, is_kept: bool) -> Result<(), DatabaseError> {
        if is_kept {
            match self.0 {
                Kind::Memory(draft) => draft.commit(),
                #[cfg(feature = "sqlite")]
                Kind::Sqlite(transaction) => transaction.commit().await?,
                #[cfg(feature = "postgres")]
                Kind::Postgres(transaction) => transaction.commit().await?,
            }
            return Ok(());
        }
        match self.0 {
            Kind::Memory(draft) => drop(draft),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(transaction) => transaction.rollback().await?,
            #[cfg(feature = "postgres")]
            Kind::Postgres(transaction) => transaction.rollback().await?,
        }
        Ok(())
    }
}

impl<T: Resource + FromJson> StoreIn<T, Transaction> for Database {
    async fn replace_in(
        &self,
        transaction: &mut Transaction,
        matched: Matched<T>,
        value: T,
    ) -> Result<Written<T>, DatabaseError> {
        let mut prepared = Prepared::new(matched, value)?;
        let outcome = transaction.write(&mut prepared.write, &mut prepared.made).await?;
        prepared.written(outcome)
    }

    fn remove_in(
        &self,
        transaction: &mut Transaction,
        matched: Matched<T>,
    ) -> impl Future<Output = Result<Removed, DatabaseError>> + Send {
        transaction.remove(Type::of::<T>(), Address::of::<T>(matched.key()), matched.required())
    }
}

impl<T: Resource + FromJson> InsertIn<T, Selection, Transaction> for Database {
    async fn insert_in(
        &self,
        transaction: &mut Transaction,
        within: &[String],
        query: &Selection,
        required: StateTag,
        matched: Matched<T>,
        value: T,
    ) -> Result<Inserted<T>, DatabaseError> {
        within!(transaction, |rows| lists::insert(rows, within, query, required, matched, value))
    }
}

impl<T: Resource + FromJson> BulkIn<T, Transaction> for Database {
    async fn replace_all_in(
        &self,
        transaction: &mut Transaction,
        writes: Vec<(Matched<T>, T)>,
    ) -> Result<WrittenAll<T>, DatabaseError> {
        match &mut transaction.0 {
            Kind::Memory(draft) => {
                let before = draft.savepoint();
                let outcome = lists::replace_all(draft, writes).await;
                if !matches!(outcome, Ok(WrittenAll::Written(_))) {
                    draft.rollback_to(before);
                }
                outcome
            }
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(transaction) => self.replace_all_in(transaction, writes).await,
            #[cfg(feature = "postgres")]
            Kind::Postgres(transaction) => self.replace_all_in(transaction, writes).await,
        }
    }
}
