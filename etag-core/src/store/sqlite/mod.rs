//! Rows in a SQLite file: each write is one statement, so one atomic step; one that wrote nothing is followed by a look
//! at what is there.

mod lists;

use std::collections::HashSet;
use std::future::ready;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use tokio::time::sleep;

use super::DatabaseError;
use super::copy::{Copied, Copies};
use super::error::sqlite_code;
use super::rows::{Address, Columns, Entry, Row, Rows, Seen, Tried};
use super::sql::{after, columns, seen, whole};
use crate::Timestamp;
use crate::selection::Scalar;

/// Where rows are read, and tables of the user's are; and where rows are written.
#[derive(Debug, Clone)]
pub(super) struct Pools {
    pub(super) shared: SqlitePool,
    pub(super) writes: SqlitePool,
}

impl Pools {
    /// Opens a database whose acknowledged writes survive a crash and a loss of power.
    pub(super) async fn open(options: SqliteConnectOptions, in_memory: bool) -> Result<Self, DatabaseError> {
        let options = options.synchronous(SqliteSynchronous::Full).busy_timeout(BUSY_TIMEOUT);
        if in_memory {
            // A database in memory belongs to its connection.
            let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
            return Self::of(pool.connect_with(options).await?).await;
        }
        let options = options.journal_mode(SqliteJournalMode::Wal);
        // The file is created once: where it is taken away later, no connection begins an empty one in its place.
        let mut first = first_connection(&options.clone().create_if_missing(true)).await?;
        create_table(&mut first).await?;
        first.close().await?;
        let pool = |connections| {
            let pool = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(BUSY_TIMEOUT);
            // Where the disk is full, SQLite ends a transaction by itself, and sqlx counts it as one that is still open:
            // such a connection begins no other one.
            pool.before_acquire(|connection, _| Box::pin(ready(Ok(!connection.is_in_transaction()))))
        };
        // Writers take turns in any case: where they wait for one another, they keep no reader waiting.
        let (shared, writes) = (pool(CONNECTIONS), pool(1));
        Ok(Self {
            shared: shared.connect_with(options.clone()).await?,
            writes: writes.connect_with(options).await?,
        })
    }

    /// One pool for both.
    pub(super) async fn of(pool: SqlitePool) -> Result<Self, DatabaseError> {
        create_table(&mut *pool.acquire().await?).await?;
        Ok(Self { shared: pool.clone(), writes: pool })
    }
}

/// SQLite waits for no lock while it makes a new file a write-ahead log: another process may just be doing that.
async fn first_connection(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let started = Instant::now();
    loop {
        match SqliteConnection::connect_with(options).await {
            Err(error) if is_busy(&error) && started.elapsed() < BUSY_TIMEOUT => sleep(PAUSE).await,
            opened => return opened,
        }
    }
}

/// SQLITE_BUSY.
fn is_busy(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| sqlite_code(&error.code()?)) == Some(5)
}

const PAUSE: Duration = Duration::from_millis(10);

/// How long a write waits for others before it is answered 503.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

const CONNECTIONS: u32 = 8;

/// Creates the table, or sees that it is the one that is known here. The document comes last: what is read without it
/// does not touch its pages.
async fn create_table(connection: &mut SqliteConnection) -> Result<(), DatabaseError> {
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS etag_rows (
            collection TEXT NOT NULL,
            key TEXT NOT NULL,
            deleted INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            alone INTEGER NOT NULL,
            state TEXT NOT NULL,
            content TEXT NOT NULL,
            shape TEXT NOT NULL,
            exact INTEGER NOT NULL,
            members TEXT NOT NULL,
            document BLOB,
            PRIMARY KEY (collection, key)
        ) STRICT",
    )
    .execute(&mut *connection)
    .await?;
    let names = sqlx::query_scalar("SELECT name FROM pragma_table_info('etag_rows')");
    let names: HashSet<String> = names.fetch_all(&mut *connection).await?.into_iter().collect();
    if names != COLUMNS.map(str::to_owned).into() {
        return Err(DatabaseError::Table);
    }
    for statement in INDEXES {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    create_collections(connection).await
}

/// Creates what is kept of whole collections: the time of the last change, and later than the one before, whoever writes.
/// Of a collection that is not in the table nothing is kept.
async fn create_collections(connection: &mut SqliteConnection) -> Result<(), DatabaseError> {
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS etag_collections (collection TEXT NOT NULL PRIMARY KEY, changed INTEGER NOT NULL) STRICT",
    )
    .execute(&mut *connection)
    .await?;
    for (event, row) in [("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")] {
        let trigger = format!(
            "CREATE TRIGGER IF NOT EXISTS etag_rows_{event} AFTER {event} ON etag_rows BEGIN
                UPDATE etag_collections
                SET changed = max(changed + 1, CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER))
                WHERE collection = {row}.collection;
            END"
        );
        sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// `etag_rows_live` has all that the tag of a page is made of: the table's own rows are not read for it, and none that is
/// deleted is walked through. An index whose columns change gets another name, for one that is there stays as it is:
/// `etag_rows_page` is that of an older version, which makes it again when it starts. It goes first, and its room is
/// the new one's.
const INDEXES: [&str; 3] = [
    "CREATE INDEX IF NOT EXISTS etag_rows_shape ON etag_rows (collection, shape, key) WHERE NOT deleted",
    "DROP INDEX IF EXISTS etag_rows_page",
    "CREATE INDEX IF NOT EXISTS etag_rows_live
    ON etag_rows (collection, deleted, key, state, modified, alone, shape, exact)",
];

const COLUMNS: [&str; 11] = [
    "collection",
    "key",
    "deleted",
    "modified",
    "alone",
    "state",
    "content",
    "shape",
    "exact",
    "members",
    "document",
];

/// Writes over a row of the same shape, which is left as it is: an index is rewritten where the statement names one of its
/// columns, whatever the value is.
///
/// What is returned takes time, and wakes the caller once more: only what somebody asks for.
macro_rules! replace {
    () => {
        "UPDATE etag_rows
        SET state = $3, content = $4, modified = $6, document = $7, members = $8,
            exact = TRUE, alone = modified / 1000000 < $6 / 1000000
        WHERE collection = $1 AND key = $2 AND NOT deleted
            AND shape = $5 AND content <> $4 AND modified < $6
            AND ($9 IS NULL OR state = $9)"
    };
}

impl Rows for SqliteConnection {
    async fn columns(&mut self, address: &Address) -> Result<Option<Columns>, DatabaseError> {
        let row = sqlx::query(
            "SELECT deleted, modified, alone, state, content, shape, exact
            FROM etag_rows WHERE collection = $1 AND key = $2",
        )
        .bind(address.collection)
        .bind(&address.key)
        .fetch_optional(self)
        .await?;
        row.map(|row| columns(&row, row.try_get("deleted")?)).transpose()
    }

    async fn row(&mut self, address: &Address) -> Result<Option<Row>, DatabaseError> {
        let row = sqlx::query(
            "SELECT deleted, modified, alone, state, content, shape, exact, document
            FROM etag_rows WHERE collection = $1 AND key = $2",
        )
        .bind(address.collection)
        .bind(&address.key)
        .fetch_optional(self)
        .await?;
        row.as_ref().map(whole).transpose()
    }

    async fn all(
        &mut self,
        collection: &'static str,
        prefix: &str,
    ) -> Result<Vec<(String, Row)>, DatabaseError> {
        let rows = sqlx::query(
            "SELECT deleted, modified, alone, state, content, shape, exact, document, key
            FROM etag_rows
            WHERE collection = $1 AND NOT deleted AND key >= $2 AND ($3 IS NULL OR key < $3)
            ORDER BY key",
        )
        .bind(collection)
        .bind(prefix)
        .bind(after(prefix))
        .fetch_all(self)
        .await?;
        rows.iter().map(|row| Ok((row.try_get("key")?, whole(row)?))).collect()
    }

    async fn replace(
        &mut self,
        address: &Address,
        state: Option<&str>,
        new: &Entry,
        asks_alone: bool,
    ) -> Result<Tried<bool>, DatabaseError> {
        let alone = if asks_alone {
            let statement =
                bind(sqlx::query(concat!(replace!(), " RETURNING alone")), address, new).bind(state);
            alone(&statement.fetch_all(&mut *self).await?)?
        } else {
            let statement = bind(sqlx::query(replace!()), address, new).bind(state);
            (statement.execute(&mut *self).await?.rows_affected() > 0).then_some(false)
        };
        tried(self, address, &new.row.columns.content, alone).await
    }

    async fn insert(
        &mut self,
        address: &Address,
        over_tombstone: bool,
        new: &Entry,
    ) -> Result<Tried<bool>, DatabaseError> {
        let statement = sqlx::query(
            "INSERT INTO etag_rows
                (collection, key, deleted, state, content, shape, modified, document, members, alone, exact)
            VALUES ($1, $2, FALSE, $3, $4, $5, $6, $7, $8, TRUE, TRUE)
            ON CONFLICT (collection, key) DO UPDATE
            SET deleted = FALSE, state = $3, content = $4, shape = $5, modified = $6, document = $7, members = $8,
                exact = TRUE, alone = modified / 1000000 < $6 / 1000000
            WHERE deleted AND modified < $6 AND $9
            RETURNING alone",
        );
        let rows = bind(statement, address, new).bind(over_tombstone).fetch_all(&mut *self).await?;
        tried(self, address, &new.row.columns.content, alone(&rows)?).await
    }

    async fn bury(
        &mut self,
        address: &Address,
        state: Option<(&str, &str)>,
        at: Timestamp,
        keeps_state: bool,
    ) -> Result<Tried<()>, DatabaseError> {
        let buried = sqlx::query(
            "UPDATE etag_rows
            SET deleted = TRUE, state = iif($6, state, ''), content = '', shape = '', members = '[]', document = NULL,
                alone = FALSE, modified = max($5, modified + 1)
            WHERE collection = $1 AND key = $2 AND NOT deleted
                AND ($3 IS NULL OR state = $3 AND shape = $4)",
        )
        .bind(address.collection)
        .bind(&address.key)
        .bind(state.map(|(state, _)| state))
        .bind(state.map(|(_, shape)| shape))
        .bind(at.as_microseconds())
        .bind(keeps_state)
        .execute(&mut *self)
        .await?;
        if buried.rows_affected() > 0 {
            return Ok(Tried::Written(()));
        }
        Ok(Tried::Missed(self.columns(address).await?.map(Seen::from)))
    }

    async fn retag(&mut self, address: &Address, old: &Columns, new: &Entry) -> Result<bool, DatabaseError> {
        let Entry { row: Row { columns: made, .. }, members } = new;
        let retagged = sqlx::query(
            "UPDATE etag_rows SET state = $3, content = $4, shape = $5, alone = $6, exact = $10, members = $11
            WHERE collection = $1 AND key = $2 AND NOT deleted
                AND state = $7 AND shape = $8 AND modified = $9",
        )
        .bind(address.collection)
        .bind(&address.key)
        .bind(&made.state)
        .bind(&made.content)
        .bind(&made.shape)
        .bind(made.alone)
        .bind(&old.state)
        .bind(&old.shape)
        .bind(old.modified.as_microseconds())
        .bind(made.exact)
        .bind(json(members))
        .execute(self)
        .await?;
        Ok(retagged.rows_affected() > 0)
    }
}

impl Copies for SqliteConnection {
    async fn rows_after(
        &mut self,
        collection: &str,
        key: &str,
        limit: i64,
    ) -> Result<Vec<Copied>, DatabaseError> {
        let rows = sqlx::query(
            "SELECT collection, key, deleted, modified, alone, state, content, shape, exact, members, document
            FROM etag_rows WHERE (collection, key) > ($1, $2) ORDER BY collection, key LIMIT $3",
        );
        let rows = rows.bind(collection).bind(key).bind(limit).fetch_all(self).await?;
        let copied = |row: &SqliteRow| {
            let members: Vec<Value> = serde_json::from_str(row.try_get("members")?).unwrap_or_default();
            let members = members.iter().map(Scalar::from_json).collect();
            let (collection, key) = (row.try_get("collection")?, row.try_get("key")?);
            Ok(Copied { collection, key, row: whole(row)?, members })
        };
        rows.iter().map(copied).collect()
    }

    async fn put(&mut self, copied: &Copied) -> Result<(), DatabaseError> {
        let Copied { collection, key, row: Row { columns, document }, members } = copied;
        sqlx::query(
            "INSERT INTO etag_rows
                (collection, key, deleted, modified, alone, state, content, shape, exact, members, document)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(collection)
        .bind(key)
        .bind(columns.deleted)
        .bind(columns.modified.as_microseconds())
        .bind(columns.alone)
        .bind(&columns.state)
        .bind(&columns.content)
        .bind(&columns.shape)
        .bind(columns.exact)
        .bind(json(members))
        .bind((!columns.deleted).then_some(document))
        .execute(self)
        .await?;
        Ok(())
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// Binds `$1` to `$8`.
fn bind<'q>(statement: Query<'q>, address: &'q Address, Entry { row, members }: &'q Entry) -> Query<'q> {
    statement
        .bind(address.collection)
        .bind(&address.key)
        .bind(&row.columns.state)
        .bind(&row.columns.content)
        .bind(&row.columns.shape)
        .bind(row.columns.modified.as_microseconds())
        .bind(&row.document)
        .bind(json(members))
}

fn json(members: &[Scalar]) -> String {
    Value::from_iter(members.iter().map(Scalar::to_json)).to_string()
}

/// The one row that was written. All rows are fetched, so that the statement has ended, and with it its
/// transaction.
fn alone(rows: &[SqliteRow]) -> Result<Option<bool>, DatabaseError> {
    Ok(rows.first().map(|row| row.try_get("alone")).transpose()?)
}

/// What became of a write: where it wrote nothing, what is there instead.
async fn tried(
    connection: &mut SqliteConnection,
    address: &Address,
    content: &str,
    alone: Option<bool>,
) -> Result<Tried<bool>, DatabaseError> {
    if let Some(alone) = alone {
        return Ok(Tried::Written(alone));
    }
    let row = sqlx::query(
        "SELECT deleted, modified, alone, state, content, shape, exact, CASE WHEN content = $3 THEN document END AS document
        FROM etag_rows WHERE collection = $1 AND key = $2",
    )
    .bind(address.collection)
    .bind(&address.key)
    .bind(content)
    .fetch_optional(connection)
    .await?;
    Ok(Tried::Missed(row.as_ref().map(seen).transpose()?))
}
