use serde::de::DeserializeOwned;

#[cfg(feature = "sqlite")]
use sqlx::{Sqlite, SqlitePool, Transaction, sqlite::SqliteConnectOptions};

use super::memory::Memory;
use super::{DatabaseError, Matched, Removed, Store, Written, rows};
#[cfg(feature = "sqlite")]
use super::{StoreIn, sqlite};
use crate::{Resource, Version};

/// The store of this crate: memory, or a SQLite file, for every resource that implements `Deserialize`.
///
/// It keeps a row for each resource: collection, key, state, date, shape and document. It is cheap to clone, and put into
/// the router's state.
///
/// ```
/// # use etag_core::{Database, DatabaseError};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// let database = Database::connect("memory:").await?;
/// assert!(Database::connect("oracle:").await.is_err());
/// # drop(database);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Database(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Memory(Memory),
    #[cfg(feature = "sqlite")]
    Sqlite(SqlitePool),
}

/// Runs a call on whichever rows there are.
macro_rules! with_rows {
    ($database:expr, |$rows:ident| $call:expr) => {
        match &$database.0 {
            Kind::Memory(memory) => {
                let $rows = &mut memory.clone();
                $call.await
            }
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(pool) => {
                let mut connection = pool.acquire().await?;
                let $rows = &mut *connection;
                $call.await
            }
        }
    };
}

impl Database {
    /// Opens a database: `memory:`, or `sqlite:FILE` (feature `sqlite`), which is created where it does not exist.
    ///
    /// A SQLite file is kept in WAL mode with `synchronous=FULL`: what was acknowledged is on the disk.
    ///
    /// # Errors
    ///
    /// Where the URL names neither, or the file can't be opened.
    pub async fn connect(url: &str) -> Result<Self, DatabaseError> {
        if url == "memory:" {
            return Ok(Self(Kind::Memory(Memory::default())));
        }
        #[cfg(feature = "sqlite")]
        if url.starts_with("sqlite:") {
            let options: SqliteConnectOptions = url.parse()?;
            return Self::from_pool(sqlite::connect(options, url.contains(":memory:")).await?).await;
        }
        Err(DatabaseError::Url(url.to_owned()))
    }

    /// Keeps rows in a database that is already open, beside tables of your own: the pool's transactions are those of `save_in`.
    ///
    /// The pool's settings are kept: see [`connect`](Self::connect) for those that make writes durable.
    ///
    /// # Errors
    ///
    /// Where the table `etag_rows` can't be created.
    #[cfg(feature = "sqlite")]
    pub async fn from_pool(pool: SqlitePool) -> Result<Self, DatabaseError> {
        sqlite::create_table(&pool).await?;
        Ok(Self(Kind::Sqlite(pool)))
    }

    /// The pool of a SQLite database, to begin a transaction for `save_in`.
    #[cfg(feature = "sqlite")]
    pub fn pool(&self) -> Option<&SqlitePool> {
        match &self.0 {
            Kind::Memory(_) => None,
            Kind::Sqlite(pool) => Some(pool),
        }
    }

    /// The value under a key, if there is one.
    ///
    /// # Errors
    ///
    /// Where the database fails, or the stored document can't be read as a `T`.
    pub async fn get<T: Resource + DeserializeOwned>(
        &self,
        key: &T::Key,
    ) -> Result<Option<T>, DatabaseError> {
        let loaded = with_rows!(self, |rows| rows::load::<T>(rows, key))?;
        Ok(loaded.map(|(value, _)| value))
    }

    /// All values of a type, by key.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn all<T: Resource + DeserializeOwned>(&self) -> Result<Vec<T>, DatabaseError> {
        with_rows!(self, |rows| rows::all::<T>(rows))
    }

    /// Writes values under their own keys, over what is there: all of them, or none where one fails.
    ///
    /// `written` is told how many are written so far.
    ///
    /// # Errors
    ///
    /// Where the database fails, a value has no canonical JSON, or a value has no key of its own.
    pub async fn import<T: Resource + DeserializeOwned>(
        &self,
        values: Vec<T>,
        mut written: impl FnMut(usize) + Send,
    ) -> Result<(), DatabaseError> {
        let keyed = values.into_iter().map(|value| match value.key() {
            Some(key) => crate::canonical::to_vec(&value).map(|_| (key, value)).map_err(DatabaseError::from),
            None => Err(DatabaseError::Document {
                collection: T::COLLECTION,
                key: String::new(),
                error: "the value has no key of its own".to_owned(),
            }),
        });
        let keyed: Vec<_> = keyed.collect::<Result<_, _>>()?;
        match &self.0 {
            // Nothing can fail from here on: each value has its canonical form, and memory has no disk.
            Kind::Memory(memory) => {
                for (count, (key, value)) in keyed.into_iter().enumerate() {
                    let _: Written<T> =
                        rows::replace(&mut memory.clone(), Matched::unconditional(key), value).await?;
                    written(count + 1);
                }
            }
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(pool) => {
                let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
                for (count, (key, value)) in keyed.into_iter().enumerate() {
                    let _: Written<T> =
                        rows::replace(&mut *transaction, Matched::unconditional(key), value).await?;
                    written(count + 1);
                }
                transaction.commit().await?;
            }
        }
        Ok(())
    }
}

impl<T: Resource + DeserializeOwned> Store<T> for Database {
    type Error = DatabaseError;

    async fn version(&self, key: &T::Key) -> Result<Option<Version>, DatabaseError> {
        with_rows!(self, |rows| rows::version::<T>(rows, key))
    }

    async fn load(&self, key: &T::Key) -> Result<Option<(T, Version)>, DatabaseError> {
        with_rows!(self, |rows| rows::load::<T>(rows, key))
    }

    async fn replace(&self, matched: Matched<T>, value: T) -> Result<Written<T>, DatabaseError> {
        with_rows!(self, |rows| rows::replace(rows, matched, value))
    }

    async fn remove(&self, matched: Matched<T>) -> Result<Removed, DatabaseError> {
        with_rows!(self, |rows| rows::remove(rows, matched))
    }
}

#[cfg(feature = "sqlite")]
impl<'c, T: Resource + DeserializeOwned> StoreIn<T, Transaction<'c, Sqlite>> for Database {
    async fn replace_in(
        &self,
        transaction: &mut Transaction<'c, Sqlite>,
        matched: Matched<T>,
        value: T,
    ) -> Result<Written<T>, DatabaseError> {
        match self.0 {
            Kind::Memory(_) => Err(DatabaseError::Transaction),
            Kind::Sqlite(_) => rows::replace(&mut **transaction, matched, value).await,
        }
    }

    async fn remove_in(
        &self,
        transaction: &mut Transaction<'c, Sqlite>,
        matched: Matched<T>,
    ) -> Result<Removed, DatabaseError> {
        match self.0 {
            Kind::Memory(_) => Err(DatabaseError::Transaction),
            Kind::Sqlite(_) => rows::remove(&mut **transaction, matched).await,
        }
    }
}
