//! The databases of sqlx under a [`Database`]: their pools and transactions, for tables of the user's own.

use sqlx::{Connection as _, Pool};

use super::database::Kind;
use super::{
    BulkIn, Database, DatabaseError, InsertIn, Inserted, Matched, Removed, StoreIn, Written, WrittenAll,
    lists, rows,
};
use crate::{FromJson, Resource, Selection, StateTag};

/// A database of sqlx's that a [`Database`] is kept in: `sqlx::Sqlite` (feature `sqlite`) or `sqlx::Postgres` (feature
/// `postgres`).
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), etag_core::DatabaseError> {
/// use etag_core::{Database, sqlx::Sqlite};
///
/// let database = Database::connect("sqlite::memory:").await?;
/// assert!(database.pool::<Sqlite>().is_some());
/// let transaction = database.begin::<Sqlite>().await?;
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub trait Backend: Kept {}

impl<DB: Kept> Backend for DB {}

use sealed::Kept;

mod sealed {
    use super::{Database, DatabaseError, Pool};

    pub trait Kept: sqlx::Database {
        const BEGIN: &'static str;

        fn open(pool: Pool<Self>) -> impl Future<Output = Result<Database, DatabaseError>> + Send;

        fn pool(database: &Database) -> Option<&Pool<Self>>;
    }
}

impl Database {
    /// Keeps rows in a database that is already open, beside tables of your own: the pool's transactions
    /// are those of `save_in`.
    ///
    /// The pool's settings are kept: see [`connect`](Self::connect) for those that make writes durable.
    ///
    /// # Errors
    ///
    /// Where the table `etag_rows` can't be created.
    pub async fn from_pool<DB: Backend>(pool: Pool<DB>) -> Result<Self, DatabaseError> {
        DB::open(pool).await
    }

    /// The pool of a database of that kind, for tables of your own beside it; `None` where it is of another kind.
    pub fn pool<DB: Backend>(&self) -> Option<&Pool<DB>> {
        DB::pool(self)
    }

    /// Begins a transaction of sqlx's for `save_in`; tables of your own can be written in it as well.
    ///
    /// In SQLite it waits for its turn to write: a transaction that is begun in another way and reads before it writes
    /// is answered 503 where another one wrote meanwhile. In PostgreSQL it is `READ COMMITTED` unless the server says
    /// otherwise; where it is more, a write that others overtook is answered 503 in place of 412. A transaction of
    /// another database of the same kind is not told apart: it would be written in.
    ///
    /// # Errors
    ///
    /// Where the database is of another kind, or does not come to its turn.
    pub async fn begin<DB: Backend>(&self) -> Result<sqlx::Transaction<'static, DB>, DatabaseError> {
        let pool = self.pool::<DB>().ok_or(DatabaseError::Transaction)?;
        Ok(pool.begin_with(DB::BEGIN).await?)
    }
}

/// Writes in the transactions of a database of sqlx's.
macro_rules! writes_in {
    ($backend:ty, $kind:ident) => {
        impl<'c, T: Resource + FromJson> StoreIn<T, sqlx::Transaction<'c, $backend>> for Database {
            async fn replace_in(
                &self,
                transaction: &mut sqlx::Transaction<'c, $backend>,
                matched: Matched<T>,
                value: T,
            ) -> Result<Written<T>, DatabaseError> {
                match self.kind {
                    Kind::$kind(_) => rows::replace(&mut **transaction, matched, value).await,
                    _ => Err(DatabaseError::Transaction),
                }
            }

            async fn remove_in(
                &self,
                transaction: &mut sqlx::Transaction<'c, $backend>,
                matched: Matched<T>,
            ) -> Result<Removed, DatabaseError> {
                match self.kind {
                    Kind::$kind(_) => rows::remove(&mut **transaction, matched).await,
                    _ => Err(DatabaseError::Transaction),
                }
            }
        }

        impl<'c, T: Resource + FromJson> InsertIn<T, Selection, sqlx::Transaction<'c, $backend>>
            for Database
        {
            async fn insert_in(
                &self,
                transaction: &mut sqlx::Transaction<'c, $backend>,
                within: &[String],
                query: &Selection,
                required: StateTag,
                matched: Matched<T>,
                value: T,
            ) -> Result<Inserted<T>, DatabaseError> {
                match self.kind {
                    Kind::$kind(_) => {
                        lists::insert(&mut **transaction, within, query, required, matched, value).await
                    }
                    _ => Err(DatabaseError::Transaction),
                }
            }
        }

        impl<'c, T: Resource + FromJson> BulkIn<T, sqlx::Transaction<'c, $backend>> for Database {
            async fn replace_all_in(
                &self,
                transaction: &mut sqlx::Transaction<'c, $backend>,
                writes: Vec<(Matched<T>, T)>,
            ) -> Result<WrittenAll<T>, DatabaseError> {
                if !matches!(self.kind, Kind::$kind(_)) {
                    return Err(DatabaseError::Transaction);
                }
                let mut savepoint = transaction.begin().await?;
                let outcome = lists::replace_all(&mut *savepoint, writes).await?;
                match outcome {
                    WrittenAll::Written(_) => savepoint.commit().await?,
                    WrittenAll::Stale(_) => savepoint.rollback().await?,
                }
                Ok(outcome)
            }
        }
    };
}

#[cfg(feature = "sqlite")]
impl Kept for sqlx::Sqlite {
    const BEGIN: &'static str = "BEGIN IMMEDIATE";

    async fn open(pool: Pool<Self>) -> Result<Database, DatabaseError> {
        Ok(Database::of(Kind::Sqlite(super::sqlite::Pools::of(pool).await?)))
    }

    fn pool(database: &Database) -> Option<&Pool<Self>> {
        match &database.kind {
            Kind::Sqlite(pools) => Some(&pools.shared),
            _ => None,
        }
    }
}

#[cfg(feature = "sqlite")]
writes_in!(sqlx::Sqlite, Sqlite);

#[cfg(feature = "postgres")]
impl Kept for sqlx::Postgres {
    const BEGIN: &'static str = "BEGIN";

    async fn open(pool: Pool<Self>) -> Result<Database, DatabaseError> {
        super::postgres::create_table(&pool).await?;
        Ok(Database::of(Kind::Postgres(pool)))
    }

    fn pool(database: &Database) -> Option<&Pool<Self>> {
        match &database.kind {
            Kind::Postgres(pool) => Some(pool),
            _ => None,
        }
    }
}

#[cfg(feature = "postgres")]
writes_in!(sqlx::Postgres, Postgres);
