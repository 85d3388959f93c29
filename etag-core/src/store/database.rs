use serde::de::DeserializeOwned;

use super::lists::{Foreign, Found, Lists as _, Scope};
use super::memory::Memory;
#[cfg(feature = "postgres")]
use super::postgres;
use super::retags::Retags;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::transaction::within;
use super::{
    Bulk, DatabaseError, Insert, InsertIn as _, Inserted, Loaded, Matched, Removed, Required, Select,
    Selected, Store, Transaction, Written, WrittenAll, lists, rows, transaction,
};
use crate::{FromJson, Resource, Selection, StateTag, Version};

/// The store of this crate: memory, a SQLite file or PostgreSQL, for every resource that implements `Deserialize`.
///
/// It keeps a row for each resource: collection, key, state, date, shape and document. It is cheap to
/// clone, and put into the router's state. The rows of one resource have the same tags in each kind of database.
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
pub struct Database {
    pub(super) kind: Kind,
    retags: Retags,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Memory(Memory),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Pools),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

/// Runs a call on whichever rows there are.
macro_rules! with_rows {
    ($database:expr, $pool:ident, |$rows:ident| $call:expr) => {
        match &$database.kind {
            Kind::Memory(memory) => {
                let _turn = memory.$pool().await;
                let $rows = &mut { memory };
                $call.await
            }
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(pools) => {
                Box::pin(async {
                    let mut connection = pools.$pool.acquire().await?;
                    let $rows = &mut *connection;
                    $call.await
                })
                .await
            }
            #[cfg(feature = "postgres")]
            Kind::Postgres(pool) => {
                Box::pin(async {
                    let mut connection = pool.acquire().await?;
                    let $rows = &mut *connection;
                    $call.await
                })
                .await
            }
        }
    };
}

impl Database {
    /// Opens a database: `memory:`; `sqlite:FILE` (feature `sqlite`), which is created where it does not exist; or
    /// `postgres://USER@HOST/DATABASE` (feature `postgres`), which exists, and gets a table `etag_rows`.
    ///
    /// A SQLite file is kept in WAL mode with `synchronous=FULL`: what was acknowledged is on the disk. In PostgreSQL it
    /// is as safe as the server's `fsync` and `synchronous_commit` say. Ten connections are kept there at most; a request
    /// that waits ten seconds for one, as long again for a lock of others, or 25 seconds in all, is answered 503. For more, or for TLS (a feature of
    /// sqlx's), make a pool yourself, and call [`from_pool`](Self::from_pool).
    ///
    /// # Errors
    ///
    /// Where the URL names none of these, or the database can't be opened.
    pub async fn connect(url: &str) -> Result<Self, DatabaseError> {
        if url == "memory:" {
            return Ok(Self::of(Kind::Memory(Memory::default())));
        }
        #[cfg(feature = "sqlite")]
        if let Some(path) = url.strip_prefix("sqlite:").filter(|path| names_a_file(path)) {
            let options: sqlx::sqlite::SqliteConnectOptions = url.parse()?;
            let in_memory = path.trim_start_matches('/') == ":memory:" || url.contains("mode=memory");
            return Ok(Self::of(Kind::Sqlite(sqlite::Pools::open(options, in_memory).await?)));
        }
        #[cfg(feature = "postgres")]
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options: sqlx::postgres::PgConnectOptions = url.parse()?;
            return Ok(Self::of(Kind::Postgres(postgres::open(options).await?)));
        }
        // What stands before an `@` may be a password.
        let shown = url.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, host)| format!("…@{host}"));
        Err(DatabaseError::Url(shown))
    }

    /// Begins a transaction for `save_in`, whatever database this is; in memory and in SQLite it waits for its turn to
    /// write.
    ///
    /// # Errors
    ///
    /// Where the database does not come to its turn.
    pub async fn transaction(&self) -> Result<Transaction, DatabaseError> {
        Ok(Transaction(match &self.kind {
            Kind::Memory(memory) => transaction::Kind::Memory(memory.begin().await),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(pools) => {
                transaction::Kind::Sqlite(pools.writes.begin_with("BEGIN IMMEDIATE").await?)
            }
            #[cfg(feature = "postgres")]
            Kind::Postgres(pool) => transaction::Kind::Postgres(pool.begin().await?),
        }))
    }

    /// The value under a key, if there is one. No policy is asked: authorise what you show.
    ///
    /// ```
    /// # use etag_core::{Database, Versioned};
    /// # #[derive(serde::Serialize, serde::Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Note { #[versioned(id)] id: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), etag_core::DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// assert!(database.get::<Note>(&7).await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the database fails, or the stored document can't be read as a `T`.
    pub async fn get<T: Resource + FromJson>(&self, key: &T::Key) -> Result<Option<T>, DatabaseError> {
        let loaded = with_rows!(self, shared, |rows| rows::load::<T>(rows, key))?;
        Ok(loaded.map(|(value, _)| value))
    }

    /// All values of a type, in the order of their keys' texts: 10 comes before 2.
    ///
    /// No policy is asked: a list is yours to authorise.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn all<T: Resource + FromJson>(&self) -> Result<Vec<T>, DatabaseError> {
        with_rows!(self, shared, |rows| rows::all::<T>(rows))
    }

    /// Writes many values under their own keys where `required` admits it: all of these, or none where one
    /// fails.
    ///
    /// [`Required::Unconditional`] writes over what is there, [`Required::New`] leaves alone what is there
    /// or ever was. `done` is told how many values are dealt with so far.
    ///
    /// ```
    /// use etag_core::{Database, Required, Versioned};
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
    /// database.import(vec![Note { id: 1 }, Note { id: 2 }], Required::New, |_| {}).await?;
    /// assert_eq!(database.all::<Note>().await?.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the database fails, a value has no canonical JSON or can't be read back from it, or a value
    /// has no key of its own.
    pub async fn import<T: Resource + FromJson>(
        &self,
        values: Vec<T>,
        required: Required,
        done: impl FnMut(usize) + Send,
    ) -> Result<(), DatabaseError> {
        let keyed: Vec<(T::Key, T)> = values.into_iter().map(keyed).collect::<Result<_, _>>()?;
        let mut transaction = self.transaction().await?;
        within!(transaction, |rows| write_all(rows, keyed, required, done))?;
        transaction.commit().await
    }
}

/// Without a name, each connection would have a database of its own.
#[cfg(feature = "sqlite")]
fn names_a_file(path: &str) -> bool {
    let name = path.trim_start_matches('/').split('?').next();
    name.is_some_and(|name| !name.is_empty())
}

/// A value that can be written, and its key.
fn keyed<T: Resource + DeserializeOwned>(mut value: T) -> Result<(T::Key, T), DatabaseError> {
    let key = value.key().ok_or(DatabaseError::Key { collection: T::COLLECTION, key: String::new() })?;
    rows::check_writable(&key, &mut value)?;
    Ok((key, value))
}

async fn write_all<T: Resource + DeserializeOwned>(
    rows: &mut impl rows::Rows,
    values: Vec<(T::Key, T)>,
    required: Required,
    mut done: impl FnMut(usize) + Send,
) -> Result<(), DatabaseError> {
    for (index, (key, value)) in values.into_iter().enumerate() {
        let _: Written<T> = rows::replace(rows, Matched::new(key, required), value).await?;
        done(index + 1);
    }
    Ok(())
}

impl<T: Resource + FromJson> Store<T> for Database {
    type Error = DatabaseError;

    async fn version(&self, key: &T::Key) -> Result<Option<Version>, DatabaseError> {
        self.in_time(async { with_rows!(self, shared, |rows| rows::version::<T>(rows, key)) }).await
    }

    async fn load(&self, key: &T::Key) -> Result<Option<(T, Version)>, DatabaseError> {
        self.in_time(async { with_rows!(self, shared, |rows| rows::load::<T>(rows, key)) }).await
    }

    async fn deleted_state(&self, key: &T::Key) -> Result<Option<StateTag>, DatabaseError> {
        self.in_time(async { with_rows!(self, shared, |rows| rows::deleted_state::<T>(rows, key)) }).await
    }

    async fn collection_state(&self) -> Result<Option<StateTag>, DatabaseError> {
        let scope = Scope::of::<T>(&[]);
        let kept = self.in_time(async { with_rows!(self, shared, |rows| rows.collection(&scope)) }).await?;
        Ok(Some(lists::collection_state::<T>(&kept)))
    }

    async fn replace(&self, matched: Matched<T>, value: T) -> Result<Written<T>, DatabaseError> {
        let prepared = rows::Prepared::new(matched, value)?;
        self.in_time(async { with_rows!(self, writes, |rows| prepared.write(rows)) }).await
    }

    async fn remove(&self, matched: Matched<T>) -> Result<Removed, DatabaseError> {
        self.in_time(async { with_rows!(self, writes, |rows| rows::remove(rows, matched)) }).await
    }
}

impl Database {
    async fn list<T: Resource + DeserializeOwned>(
        &self,
        within: &[String],
        selection: &Selection,
        documents: bool,
    ) -> Result<(Vec<T>, Selected<T>), DatabaseError> {
        let listed = self
            .in_time(async {
                with_rows!(self, shared, |rows| lists::list::<T>(rows, within, selection, documents))
            })
            .await?;
        if listed.has_foreign {
            self.retags.begin(self, T::COLLECTION, Self::retag_beside::<T>);
        }
        Ok((listed.values, listed.selected))
    }

    /// What a request waits for: a PostgreSQL that is there, and says nothing, is not waited for without end.
    async fn in_time<R>(
        &self,
        call: impl Future<Output = Result<R, DatabaseError>> + Send,
    ) -> Result<R, DatabaseError> {
        match &self.kind {
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => postgres::in_time(call).await,
            _ => call.await,
        }
    }

    pub(super) fn of(kind: Kind) -> Self {
        Self { kind, retags: Retags::default() }
    }

    /// Some of the rows that another shape made.
    pub(super) async fn foreign(
        &self,
        scope: &Scope,
        after: &Foreign,
        limit: u32,
    ) -> Result<Vec<Foreign>, DatabaseError> {
        self.in_time(async { with_rows!(self, shared, |rows| rows.foreign(scope, after, limit)) }).await
    }

    /// Those of these rows that are there, with their documents.
    pub(super) async fn find(&self, scope: &Scope, keys: &[String]) -> Result<Vec<Found>, DatabaseError> {
        self.in_time(async { with_rows!(self, shared, |rows| rows.find(scope, keys, true)) }).await
    }
}

impl<T: Resource + FromJson> Select<T, Selection> for Database {
    async fn select(&self, within: &[String], query: &Selection) -> Result<Selected<T>, DatabaseError> {
        Ok(self.list(within, query, false).await?.1)
    }

    async fn load_selected(
        &self,
        within: &[String],
        query: &Selection,
    ) -> Result<(Vec<T>, Selected<T>), DatabaseError> {
        self.list(within, query, true).await
    }
}

impl<T: Resource + FromJson> Insert<T, Selection> for Database {
    async fn insert(
        &self,
        within: &[String],
        query: &Selection,
        required: StateTag,
        matched: Matched<T>,
        value: T,
    ) -> Result<Inserted<T>, DatabaseError> {
        self.in_time(async {
            let mut transaction = self.transaction().await?;
            let inserted = self.insert_in(&mut transaction, within, query, required, matched, value).await?;
            transaction.end(matches!(inserted, Inserted::Written(_))).await?;
            Ok(inserted)
        })
        .await
    }
}

impl<T: Resource + FromJson> Bulk<T> for Database {
    async fn versions(&self, keys: &[T::Key]) -> Result<Vec<Option<Version>>, DatabaseError> {
        self.in_time(async { with_rows!(self, shared, |rows| lists::versions::<T>(rows, keys)) }).await
    }

    async fn load_all(&self, keys: &[T::Key]) -> Result<Loaded<T>, DatabaseError> {
        self.in_time(async { with_rows!(self, shared, |rows| lists::load_all::<T>(rows, keys)) }).await
    }

    async fn replace_all(&self, writes: Vec<(Matched<T>, T)>) -> Result<WrittenAll<T>, DatabaseError> {
        self.in_time(async {
            let mut transaction = self.transaction().await?;
            let written = within!(transaction, |rows| lists::replace_all(rows, writes))?;
            transaction.end(matches!(written, WrittenAll::Written(_))).await?;
            Ok(written)
        })
        .await
    }
}
