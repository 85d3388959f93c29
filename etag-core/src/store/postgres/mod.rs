//! Rows in PostgreSQL: each call is one statement, so one round trip.
//!
//! A write and the look at what stands in its way are one statement. It sees the rows as they were when it began, but an
//! `UPDATE` that waited for another writer compares with what that one left (READ COMMITTED): so nothing is written over
//! another state, and what is seen may be the state before. It is then one that the write admits, and the caller comes
//! again.

mod collections;
mod lists;

use std::collections::HashSet;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{Connection as _, PgConnection, Row as _};

use super::DatabaseError;
use super::copy::{Copied, Copies};
use super::rows::{Address, Columns, Entry, Row, Rows, Tried, check_length};
use super::sql::{after, columns, seen, whole};
use crate::Timestamp;
use crate::selection::Scalar;

/// Opens a database; its pool is bounded, and so is the time for which a write waits for others.
pub(super) async fn open(options: PgConnectOptions) -> Result<PgPool, DatabaseError> {
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .after_connect(|connection, _| {
            Box::pin(async move {
                let statement = format!("SET lock_timeout = {}", PATIENCE.as_millis());
                sqlx::query(sqlx::AssertSqlSafe(statement)).execute(connection).await.map(drop)
            })
        })
        // A round trip before each statement would double its time: only a connection that was idle is asked.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
    let pool = pool.connect_with(options).await?;
    create_table(&pool).await?;
    Ok(pool)
}

/// How long a request waits for a connection, and a write for the locks of others, before it is answered 503.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a request waits in all: for a connection, then for a lock, and for a server that is there and says nothing.
const LIMIT: Duration = Duration::from_secs(25);

const CONNECTIONS: u32 = 10;

const IDLE: Duration = Duration::from_secs(1);

/// What a call gives, where the server answers at all. Of a write that it does not answer nothing is known.
pub(super) async fn in_time<R>(
    call: impl Future<Output = Result<R, DatabaseError>>,
) -> Result<R, DatabaseError> {
    tokio::time::timeout(LIMIT, call).await.unwrap_or(Err(DatabaseError::Unresponsive(LIMIT)))
}

/// What a call gives that no request waits for, however long it takes.
pub(super) async fn in_any_time<R>(
    call: impl Future<Output = Result<R, DatabaseError>>,
) -> Result<R, DatabaseError> {
    call.await
}

/// Creates the table, or sees that it is the one that is known here.
///
/// All that a version is made of is in the primary key's index: neither a 304 nor the tag of a page touches a document.
/// Texts are in the order of their bytes, whatever the database's locale.
pub(super) async fn create_table(pool: &PgPool) -> Result<(), DatabaseError> {
    let mut names = names(&mut *pool.acquire().await?).await?;
    if names.is_empty() {
        let mut transaction = pool.begin().await?;
        // Two processes that start together: `IF NOT EXISTS` alone lets one of them fail.
        let lock = sqlx::query("SELECT pg_advisory_xact_lock(hashtext('etag_rows'))");
        lock.execute(&mut *transaction).await?;
        for statement in TABLES {
            sqlx::query(statement).execute(&mut *transaction).await?;
        }
        names = self::names(&mut transaction).await?;
        transaction.commit().await?;
    }
    if names == COLUMNS.map(str::to_owned).into() { Ok(()) } else { Err(DatabaseError::Table) }
}

/// The names of the table's columns; none where there is no table.
async fn names(connection: &mut PgConnection) -> Result<HashSet<String>, DatabaseError> {
    let names = sqlx::query_scalar(
        "SELECT attname::TEXT FROM pg_attribute
        WHERE attrelid = to_regclass('etag_rows') AND attnum > 0 AND NOT attisdropped",
    );
    let names: Vec<String> = names.fetch_all(connection).await?;
    Ok(names.into_iter().collect())
}

const TABLES: [&str; 3] = [
    r#"CREATE TABLE IF NOT EXISTS etag_rows (
        collection TEXT COLLATE "C" NOT NULL,
        key TEXT COLLATE "C" NOT NULL,
        deleted BOOLEAN NOT NULL,
        modified BIGINT NOT NULL,
        alone BOOLEAN NOT NULL,
        state TEXT COLLATE "C" NOT NULL,
        content TEXT COLLATE "C" NOT NULL,
        shape TEXT COLLATE "C" NOT NULL,
        exact BOOLEAN NOT NULL,
        members BYTEA[] NOT NULL,
        document BYTEA,
        PRIMARY KEY (collection, key) INCLUDE (deleted, modified, alone, state, shape, exact)
    )"#,
    "CREATE INDEX IF NOT EXISTS etag_rows_shape ON etag_rows (collection, shape, key) WHERE NOT deleted",
    collections::TABLE,
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

impl Rows for PgConnection {
    async fn columns(&mut self, address: &Address) -> Result<Option<Columns>, DatabaseError> {
        let row = sqlx::query(
            "SELECT deleted, modified, alone, state, '' AS content, shape, exact
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
            WHERE collection = $1 AND NOT deleted AND key >= $2 AND ($3::TEXT IS NULL OR key < $3)
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
        _: bool,
    ) -> Result<Tried<bool>, DatabaseError> {
        let statement = sqlx::query(
            "WITH written AS (
                UPDATE etag_rows
                SET state = $3, content = $4, modified = $6, document = $7, members = $8,
                    exact = TRUE, alone = modified / 1000000 < $6 / 1000000
                WHERE collection = $1 AND key = $2 AND NOT deleted
                    AND shape = $5 AND content <> $4 AND modified < $6
                    AND ($9::TEXT IS NULL OR state = $9)
                RETURNING alone AS is_alone
            )
            SELECT * FROM (SELECT 1) AS once LEFT JOIN written ON TRUE LEFT JOIN (
                SELECT deleted, modified, alone, state, content, shape, exact,
                    CASE WHEN content = $4 THEN document END AS document
                FROM etag_rows WHERE collection = $1 AND key = $2 AND NOT EXISTS (SELECT FROM written)
            ) AS seen ON TRUE",
        );
        let row = bind(statement, address, new).bind(state).fetch_one(self).await?;
        tried(&row, row.try_get("is_alone")?)
    }

    async fn insert(
        &mut self,
        address: &Address,
        over_tombstone: bool,
        new: &Entry,
    ) -> Result<Tried<bool>, DatabaseError> {
        let statement = sqlx::query(
            "WITH written AS (
                INSERT INTO etag_rows AS old
                    (collection, key, deleted, state, content, shape, modified, document, members, alone, exact)
                VALUES ($1, $2, FALSE, $3, $4, $5, $6, $7, $8, TRUE, TRUE)
                ON CONFLICT (collection, key) DO UPDATE
                SET deleted = FALSE, state = $3, content = $4, shape = $5, modified = $6, document = $7, members = $8,
                    exact = TRUE, alone = old.modified / 1000000 < $6 / 1000000
                WHERE old.deleted AND old.modified < $6 AND $9
                RETURNING alone AS is_alone
            )
            SELECT * FROM (SELECT 1) AS once LEFT JOIN written ON TRUE LEFT JOIN (
                SELECT deleted, modified, alone, state, content, shape, exact,
                    CASE WHEN content = $4 THEN document END AS document
                FROM etag_rows WHERE collection = $1 AND key = $2 AND NOT EXISTS (SELECT FROM written)
            ) AS seen ON TRUE",
        );
        let row = bind(statement, address, new).bind(over_tombstone).fetch_one(self).await?;
        tried(&row, row.try_get("is_alone")?)
    }

    async fn bury(
        &mut self,
        address: &Address,
        state: Option<(&str, &str)>,
        at: Timestamp,
        keeps_state: bool,
    ) -> Result<Tried<()>, DatabaseError> {
        let row = sqlx::query(
            "WITH written AS (
                UPDATE etag_rows
                SET deleted = TRUE, state = CASE WHEN $6 THEN state ELSE '' END, content = '', shape = '',
                    members = '{}', document = NULL, alone = FALSE, modified = greatest($5, modified + 1)
                WHERE collection = $1 AND key = $2 AND NOT deleted
                    AND ($3::TEXT IS NULL OR state = $3 AND shape = $4)
                RETURNING TRUE AS is_buried
            )
            SELECT * FROM (SELECT 1) AS once LEFT JOIN written ON TRUE LEFT JOIN (
                SELECT deleted, modified, alone, state, content, shape, exact, NULL::BYTEA AS document
                FROM etag_rows WHERE collection = $1 AND key = $2 AND NOT EXISTS (SELECT FROM written)
            ) AS seen ON TRUE",
        )
        .bind(address.collection)
        .bind(&address.key)
        .bind(state.map(|(state, _)| state))
        .bind(state.map(|(_, shape)| shape))
        .bind(at.as_microseconds())
        .bind(keeps_state)
        .fetch_one(self)
        .await?;
        let is_buried: Option<bool> = row.try_get("is_buried")?;
        tried(&row, is_buried.map(drop))
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
        .bind(bytes(members))
        .execute(self)
        .await?;
        Ok(retagged.rows_affected() > 0)
    }
}

impl Copies for PgConnection {
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
        let copied = |row: &PgRow| {
            let members: Vec<Option<Vec<u8>>> = row.try_get("members")?;
            let members = members.iter().map(|member| Scalar::from_bytes(member.as_deref())).collect();
            let (collection, key) = (row.try_get("collection")?, row.try_get("key")?);
            Ok(Copied { collection, key, row: whole(row)?, members })
        };
        rows.iter().map(copied).collect()
    }

    async fn put(&mut self, copied: &Copied) -> Result<(), DatabaseError> {
        let Copied { collection, key, row: Row { columns, document }, members } = copied;
        check_length(collection, key)?;
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
        .bind(bytes(members))
        .bind((!columns.deleted).then_some(document))
        .execute(self)
        .await?;
        Ok(())
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

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
        .bind(bytes(members))
}

fn bytes(members: &[Scalar]) -> Vec<Option<Vec<u8>>> {
    members.iter().map(Scalar::to_bytes).collect()
}

/// What became of a write: where it wrote nothing, what is there instead.
fn tried<W>(row: &PgRow, written: Option<W>) -> Result<Tried<W>, DatabaseError> {
    if let Some(written) = written {
        return Ok(Tried::Written(written));
    }
    let is_there = row.try_get::<Option<bool>, _>("deleted")?.is_some();
    Ok(Tried::Missed(is_there.then(|| seen(row)).transpose()?))
}
