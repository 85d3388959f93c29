use std::borrow::Cow;
use std::pin::Pin;

#[cfg(feature = "_sqlx")]
use either::Either;
use serde::de::DeserializeOwned;

use super::document::{key_of, value_of};
use super::lists::{Foreign, Found, Listed, Lists as _, Scope};
use super::memory::Memory;
#[cfg(feature = "postgres")]
use super::postgres;
use super::retags::Retags;
use super::rows::{Address, Outcome, Prepared, Row, Rows as _, Stored, join, text_of};
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::stored_type::Type;
use super::transaction::within;
use super::{
    Bulk, DatabaseError, Insert, InsertIn as _, Inserted, Loaded, Matched, Removed, Required, Select,
    Selected, Store, Transaction, Written, WrittenAll, lists, rows, transaction,
};
use crate::{FromJson, Key as _, Resource, Selection, StateTag, Version};

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

/// A call on whichever rows there are.
///
/// What a program awaits is compiled with the program. A database's part is not: it is on the heap, where its type has
/// no name, and is compiled here. What is in memory needs no heap.
macro_rules! with_rows {
    ($database:expr, $pool:ident, |$rows:ident| $call:expr) => {
        with_rows!($database, $pool, in_time, |$rows| $call)
    };
    ($database:expr, $pool:ident, $limit:ident, |$rows:ident| $call:expr) => {
        match &$database.kind {
            Kind::Memory(memory) => in_memory(async move {
                let _turn = memory.$pool().await;
                let $rows = &mut { memory };
                $call.await
            }),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(pools) => on_the_heap(async move {
                let mut connection = pools.$pool.acquire().await?;
                let $rows = &mut *connection;
                $call.await
            }),
            #[cfg(feature = "postgres")]
            Kind::Postgres(pool) => on_the_heap(postgres::$limit(async move {
                let mut connection = pool.acquire().await?;
                let $rows = &mut *connection;
                $call.await
            })),
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
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, Store, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let _ = database.replace(Matched::unconditional(7), Counter { id: 7, count: 1 }).await?;
    /// // A clone is the same database.
    /// assert_eq!(database.clone().all::<Counter>().await?.len(), 1);
    /// assert_eq!(Database::connect("memory:").await?.all::<Counter>().await?.len(), 0);
    /// assert!(matches!(Database::connect("oracle:").await, Err(DatabaseError::Url(_))));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the URL names none of these, or the database can't be opened.
    pub async fn connect(url: &str) -> Result<Self, DatabaseError> {
        Self::open(url).await
    }

    /// Begins a transaction for `save_in`, whatever database this is; in memory and in SQLite it waits for its turn to
    /// write.
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
    /// assert_eq!(database.get::<Counter>(&7).await?, None);
    /// transaction.commit().await?;
    /// assert_eq!(database.get::<Counter>(&7).await?, Some(counter));
    /// # Ok(())
    /// # }
    /// ```
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
        let address = Address::of::<T>(key);
        let stored = self.row_in_any_time(Type::of::<T>(), &address).await?;
        stored.map(|stored| stored.value(&address, key)).transpose()
    }

    /// All values of a type, in the order of their keys' texts: 10 comes before 2.
    ///
    /// No policy is asked: a list is yours to authorise.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Required, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let counters = [2, 10].map(|id| Counter { id, count: 0 });
    /// database.import(counters.into(), Required::New, |_| {}).await?;
    /// let all: Vec<Counter> = database.all().await?;
    /// assert_eq!((all[0].id, all[1].id), (10, 2));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn all<T: Resource + FromJson>(&self) -> Result<Vec<T>, DatabaseError> {
        let of = Type::of::<T>();
        let value = |(key, row): (String, Row)| {
            let address = of.address(key);
            value_of(&address, &key_of::<T>(&address.key)?, &row)
        };
        self.all_rows(of).await?.into_iter().map(value).collect()
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
fn keyed<T: Resource + DeserializeOwned>(value: T) -> Result<(T::Key, T), DatabaseError> {
    let key = value.key().ok_or(DatabaseError::Key { collection: T::COLLECTION, key: String::new() })?;
    rows::check_writable(key, value)
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
        self.version_of_row(Type::of::<T>(), text_of(key)).await
    }

    async fn load(&self, key: &T::Key) -> Result<Option<(T, Version)>, DatabaseError> {
        let address = Address::of::<T>(key);
        let stored = self.row(Type::of::<T>(), &address).await?;
        stored.map(|stored| Ok((stored.value(&address, key)?, stored.version))).transpose()
    }

    fn deleted_state(
        &self,
        key: &T::Key,
    ) -> impl Future<Output = Result<Option<StateTag>, DatabaseError>> + Send {
        self.deleted_state_of_row(Address::of::<T>(key))
    }

    fn collection_state(&self) -> impl Future<Output = Result<Option<StateTag>, DatabaseError>> + Send {
        self.state_of_collection(Type::of::<T>())
    }

    async fn replace(&self, matched: Matched<T>, value: T) -> Result<Written<T>, DatabaseError> {
        let mut prepared = Prepared::new(matched, value)?;
        let outcome = self.write(&mut prepared.write, &mut prepared.made).await?;
        prepared.written(outcome)
    }

    fn remove(&self, matched: Matched<T>) -> impl Future<Output = Result<Removed, DatabaseError>> + Send {
        self.remove_row(Type::of::<T>(), Address::of::<T>(matched.key()), matched.required())
    }
}

/// What is done with rows, whatever their type is.
impl Database {
    fn version_of_row<'a>(
        &'a self,
        of: Type,
        key: Cow<'a, str>,
    ) -> impl Future<Output = Result<Option<Version>, DatabaseError>> + Send {
        with_rows!(self, shared, |rows| rows::version(rows, of, &key))
    }

    fn row<'a>(
        &'a self,
        of: Type,
        address: &'a Address,
    ) -> impl Future<Output = Result<Option<Stored>, DatabaseError>> + Send {
        with_rows!(self, shared, |rows| rows::load(rows, of, address))
    }

    fn row_in_any_time<'a>(
        &'a self,
        of: Type,
        address: &'a Address,
    ) -> impl Future<Output = Result<Option<Stored>, DatabaseError>> + Send {
        with_rows!(self, shared, in_any_time, |rows| rows::load(rows, of, address))
    }

    fn all_rows(&self, of: Type) -> impl Future<Output = Result<Vec<(String, Row)>, DatabaseError>> + Send {
        with_rows!(self, shared, in_any_time, |rows| rows.all(of.collection, ""))
    }

    fn deleted_state_of_row(
        &self,
        address: Address,
    ) -> impl Future<Output = Result<Option<StateTag>, DatabaseError>> + Send {
        with_rows!(self, shared, |rows| rows::deleted_state(rows, &address))
    }

    /// What is kept of a whole collection.
    fn kept(&self, scope: Scope) -> impl Future<Output = Result<String, DatabaseError>> + Send {
        with_rows!(self, shared, |rows| rows.collection(&scope))
    }

    fn write<'a>(
        &'a self,
        write: &'a mut rows::Write,
        made: &'a mut dyn rows::Makes,
    ) -> impl Future<Output = Result<Outcome, DatabaseError>> + Send {
        with_rows!(self, writes, |rows| rows::write(rows, write, made))
    }

    fn remove_row(
        &self,
        of: Type,
        address: Address,
        required: Required,
    ) -> impl Future<Output = Result<Removed, DatabaseError>> + Send {
        with_rows!(self, writes, |rows| rows::remove(rows, of, &address, required))
    }

    fn select_rows<'a>(
        &'a self,
        of: Type,
        within: &'a [String],
        selection: &'a Selection,
        documents: bool,
    ) -> impl Future<Output = Result<Listed, DatabaseError>> + Send {
        with_rows!(self, shared, |rows| lists::list(rows, of, within, selection, documents))
    }

    fn find_all(
        &self,
        of: Type,
        keys: Vec<String>,
        documents: bool,
    ) -> impl Future<Output = Result<Vec<Option<Found>>, DatabaseError>> + Send {
        with_rows!(self, shared, |rows| lists::find(rows, of, &keys, documents))
    }

    /// Some of the rows that another shape made.
    pub(super) fn foreign<'a>(
        &'a self,
        scope: &'a Scope,
        after: &'a Foreign,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Foreign>, DatabaseError>> + Send {
        with_rows!(self, shared, |rows| rows.foreign(scope, after, limit))
    }

    /// Those of these rows that are there, with their documents.
    pub(super) fn find<'a>(
        &'a self,
        scope: &'a Scope,
        keys: &'a [String],
    ) -> impl Future<Output = Result<Vec<Found>, DatabaseError>> + Send {
        with_rows!(self, shared, |rows| rows.find(scope, keys, true))
    }

    async fn state_of_collection(&self, of: Type) -> Result<Option<StateTag>, DatabaseError> {
        let kept = self.kept(Scope::of(of, &[])).await?;
        Ok(Some(lists::collection_state(of, &kept)))
    }

    async fn list(
        &self,
        of: Type,
        within: &[String],
        selection: &Selection,
        documents: bool,
    ) -> Result<Listed, DatabaseError> {
        let listed = self.select_rows(of, within, selection, documents).await?;
        if listed.has_foreign {
            self.retags.begin(self, of);
        }
        Ok(listed)
    }

    /// Compiled here, as a call on rows is.
    fn open(url: &str) -> Call<'_, Self> {
        Box::pin(Self::open_any(url))
    }

    async fn open_any(url: &str) -> Result<Self, DatabaseError> {
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
}

impl<T: Resource + FromJson> Select<T, Selection> for Database {
    async fn select(&self, within: &[String], query: &Selection) -> Result<Selected<T>, DatabaseError> {
        Ok(self.list(Type::of::<T>(), within, query, false).await?.read()?.1)
    }

    async fn load_selected(
        &self,
        within: &[String],
        query: &Selection,
    ) -> Result<(Vec<T>, Selected<T>), DatabaseError> {
        self.list(Type::of::<T>(), within, query, true).await?.read()
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
        let of = Type::of::<T>();
        lists::versions_of::<T>(of, self.find_all(of, texts::<T>(keys), false).await?)
    }

    async fn load_all(&self, keys: &[T::Key]) -> Result<Loaded<T>, DatabaseError> {
        let of = Type::of::<T>();
        lists::values_of::<T>(of, self.find_all(of, texts::<T>(keys), true).await?)
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

fn texts<T: Resource>(keys: &[T::Key]) -> Vec<String> {
    keys.iter().map(|key| join(&key.parts())).collect()
}

type Call<'a, R> = Pin<Box<dyn Future<Output = Result<R, DatabaseError>> + Send + 'a>>;

#[cfg(feature = "_sqlx")]
fn in_memory<'a, M, R>(call: M) -> Either<M, Call<'a, R>> {
    Either::Left(call)
}

#[cfg(not(feature = "_sqlx"))]
fn in_memory<M>(call: M) -> M {
    call
}

#[cfg(feature = "_sqlx")]
fn on_the_heap<'a, M, R>(
    call: impl Future<Output = Result<R, DatabaseError>> + Send + 'a,
) -> Either<M, Call<'a, R>> {
    Either::Right(Box::pin(call))
}
