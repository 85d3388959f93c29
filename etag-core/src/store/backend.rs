//! The databases of sqlx under a [`Database`]: their pools and transactions, for tables of the user's own.

use sqlx::{Connection as _, Pool};

use super::database::Kind;
use super::rows::Address;
use super::stored_type::Type;
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
#[diagnostic::on_unimplemented(
    message = "a `Database` is not kept in `{Self}`",
    label = "expected `sqlx::Sqlite` or `sqlx::Postgres`",
    note = "the features `sqlite` and `postgres` of etag-core add these"
)]
pub trait Backend: Kept {}

#[diagnostic::do_not_recommend]
impl<DB: Kept> Backend for DB {}

use sealed::Kept;

mod sealed {
    use super::*;

    /// What a database does in a connection, whose rows are written in a way of its own.
    pub trait Kept: sqlx::Database {
        const BEGIN: &'static str;

        fn open(pool: Pool<Self>) -> impl Future<Output = Result<Database, DatabaseError>> + Send;

        fn pool(database: &Database) -> Option<&Pool<Self>>;

        fn replace<T: Resource + FromJson>(
            connection: &mut Self::Connection,
            matched: Matched<T>,
            value: T,
        ) -> impl Future<Output = Result<Written<T>, DatabaseError>> + Send;

        fn remove<T: Resource + FromJson>(
            connection: &mut Self::Connection,
            matched: Matched<T>,
        ) -> impl Future<Output = Result<Removed, DatabaseError>> + Send;

        fn insert<T: Resource + FromJson>(
            connection: &mut Self::Connection,
            list: (&[String], &Selection, StateTag),
            matched: Matched<T>,
            value: T,
        ) -> impl Future<Output = Result<Inserted<T>, DatabaseError>> + Send;

        fn replace_all<T: Resource + FromJson>(
            connection: &mut Self::Connection,
            writes: Vec<(Matched<T>, T)>,
        ) -> impl Future<Output = Result<WrittenAll<T>, DatabaseError>> + Send;
    }
}

impl Database {
    /// Keeps rows in a database that is already open, beside tables of your own: the pool's transactions
    /// are those of `save_in`.
    ///
    /// The pool's settings are kept: see [`connect`](Self::connect) for those that make writes durable. Where a disk is
    /// full, SQLite ends a transaction by itself and sqlx takes it for an open one: a pool whose `before_acquire` drops
    /// a connection that `is_in_transaction()` goes on when there is room again.
    ///
    /// ```
    /// # #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, etag_core::Versioned)]
    /// # #[versioned(store = etag_core::Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), etag_core::DatabaseError> {
    /// use etag_core::sqlx::{query, query_scalar, sqlite::SqlitePoolOptions};
    /// # use etag_core::{Database, Matched, Store};
    ///
    /// let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    /// query("CREATE TABLE audit (counter INTEGER)").execute(&pool).await?; // a table of your own
    /// let database = Database::from_pool(pool.clone()).await?;
    /// let _ = database.replace(Matched::unconditional(7), Counter { id: 7, count: 1 }).await?;
    /// let rows: i64 = query_scalar("SELECT count(*) FROM etag_rows").fetch_one(&pool).await?;
    /// assert_eq!(rows, 1);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// Where the table `etag_rows` can't be created.
    pub async fn from_pool<DB: Backend>(pool: Pool<DB>) -> Result<Self, DatabaseError> {
        DB::open(pool).await
    }

    /// The pool of a database of that kind, for tables of your own beside it; `None` where it is of another kind.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), etag_core::DatabaseError> {
    /// # use etag_core::{Database, DatabaseError};
    /// # use etag_core::sqlx::Sqlite;
    /// let database = Database::connect("sqlite::memory:").await?;
    /// let pool = database.pool::<Sqlite>().ok_or(DatabaseError::Transaction)?;
    /// etag_core::sqlx::query("CREATE TABLE audit (counter INTEGER)").execute(pool).await?;
    /// assert!(Database::connect("memory:").await?.pool::<Sqlite>().is_none());
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
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
    /// ```
    /// # #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, etag_core::Versioned)]
    /// # #[versioned(store = etag_core::Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), etag_core::DatabaseError> {
    /// # use etag_core::{Database, DatabaseError, Matched, StoreIn};
    /// # use etag_core::sqlx::Sqlite;
    /// let database = Database::connect("sqlite::memory:").await?;
    /// let mut transaction = database.begin::<Sqlite>().await?;
    /// let counter = Counter { id: 7, count: 1 };
    /// let _ = database.replace_in(&mut transaction, Matched::unconditional(7), counter).await?;
    /// transaction.rollback().await?;
    /// assert_eq!(database.get::<Counter>(&7).await?, None);
    /// let other = Database::connect("memory:").await?;
    /// assert!(matches!(other.begin::<Sqlite>().await, Err(DatabaseError::Transaction)));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// Where the database is of another kind, or does not come to its turn.
    pub async fn begin<DB: Backend>(&self) -> Result<sqlx::Transaction<'static, DB>, DatabaseError> {
        let pool = self.pool::<DB>().ok_or(DatabaseError::Transaction)?;
        Ok(pool.begin_with(DB::BEGIN).await?)
    }
}

impl Database {
    /// A transaction of another kind of database is none of this one's.
    fn check_kind<DB: Backend>(&self) -> Result<(), DatabaseError> {
        self.pool::<DB>().map(drop).ok_or(DatabaseError::Transaction)
    }
}

impl<'c, T: Resource + FromJson, DB: Backend> StoreIn<T, sqlx::Transaction<'c, DB>> for Database {
    async fn replace_in(
        &self,
        transaction: &mut sqlx::Transaction<'c, DB>,
        matched: Matched<T>,
        value: T,
    ) -> Result<Written<T>, DatabaseError> {
        self.check_kind::<DB>()?;
        DB::replace(transaction, matched, value).await
    }

    async fn remove_in(
        &self,
        transaction: &mut sqlx::Transaction<'c, DB>,
        matched: Matched<T>,
    ) -> Result<Removed, DatabaseError> {
        self.check_kind::<DB>()?;
        DB::remove(transaction, matched).await
    }
}

impl<'c, T: Resource + FromJson, DB: Backend> InsertIn<T, Selection, sqlx::Transaction<'c, DB>> for Database {
    async fn insert_in(
        &self,
        transaction: &mut sqlx::Transaction<'c, DB>,
        within: &[String],
        query: &Selection,
        required: StateTag,
        matched: Matched<T>,
        value: T,
    ) -> Result<Inserted<T>, DatabaseError> {
        self.check_kind::<DB>()?;
        DB::insert(transaction, (within, query, required), matched, value).await
    }
}

impl<'c, T: Resource + FromJson, DB: Backend> BulkIn<T, sqlx::Transaction<'c, DB>> for Database {
    async fn replace_all_in(
        &self,
        transaction: &mut sqlx::Transaction<'c, DB>,
        writes: Vec<(Matched<T>, T)>,
    ) -> Result<WrittenAll<T>, DatabaseError> {
        self.check_kind::<DB>()?;
        let mut savepoint = transaction.begin().await?;
        let outcome = DB::replace_all(&mut savepoint, writes).await?;
        match outcome {
            WrittenAll::Written(_) => savepoint.commit().await?,
            WrittenAll::Stale(_) => savepoint.rollback().await?,
        }
        Ok(outcome)
    }
}

/// The engine over the rows of a connection.
macro_rules! engine {
    ($connection:ty) => {
        async fn replace<T: Resource + FromJson>(
            connection: &mut $connection,
            matched: Matched<T>,
            value: T,
        ) -> Result<Written<T>, DatabaseError> {
            rows::replace(connection, matched, value).await
        }

        async fn remove<T: Resource + FromJson>(
            connection: &mut $connection,
            matched: Matched<T>,
        ) -> Result<Removed, DatabaseError> {
            let address = Address::of::<T>(matched.key());
            rows::remove(connection, Type::of::<T>(), &address, matched.required()).await
        }

        async fn insert<T: Resource + FromJson>(
            connection: &mut $connection,
            (within, query, required): (&[String], &Selection, StateTag),
            matched: Matched<T>,
            value: T,
        ) -> Result<Inserted<T>, DatabaseError> {
            lists::insert(connection, within, query, required, matched, value).await
        }

        async fn replace_all<T: Resource + FromJson>(
            connection: &mut $connection,
            writes: Vec<(Matched<T>, T)>,
        ) -> Result<WrittenAll<T>, DatabaseError> {
            lists::replace_all(connection, writes).await
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

    engine!(sqlx::SqliteConnection);
}

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

    engine!(sqlx::PgConnection);
}
