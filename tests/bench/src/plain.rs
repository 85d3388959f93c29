//! The service that most programs are: rows without tags, written without a condition.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Path, State};
use axum::routing::put;
use axum::{Json, Router};
use http::StatusCode;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};

use crate::models::Medium;

/// Where the plain rows are.
#[derive(Clone)]
pub enum Plain {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Plain {
    /// The writers' pool is like the library's own: what was acknowledged is on the disk, and writers take turns.
    pub async fn on_sqlite(url: &str) -> Self {
        let options: SqliteConnectOptions = url.parse().expect("the URL is one");
        let options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let options = options.synchronous(SqliteSynchronous::Full).busy_timeout(PATIENCE);
        let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
        let pool = pool.connect_with(options).await.expect("the database opens");
        for statement in SQLITE {
            sqlx::query(statement).execute(&pool).await.expect("the table can be made");
        }
        Self::Sqlite(pool)
    }

    /// The same for PostgreSQL, with as many connections as the library has.
    pub async fn on_postgres(url: &str) -> Self {
        let pool = PgPoolOptions::new().max_connections(10).acquire_timeout(PATIENCE);
        let pool = pool.test_before_acquire(false).connect(url).await.expect("the database opens");
        for statement in POSTGRES {
            sqlx::query(statement).execute(&pool).await.expect("the table can be made");
        }
        Self::Postgres(pool)
    }

    /// Writes a row without a condition: `PUT /values/{id}`.
    pub fn router(self) -> Router {
        Router::new().route("/values/{id}", put(replace)).with_state(self)
    }

    /// How many rows a statement writes.
    async fn write(
        &self,
        statement: &'static str,
        key: &str,
        modified: i64,
        document: &[u8],
    ) -> sqlx::Result<u64> {
        match self {
            Self::Sqlite(pool) => {
                let statement = sqlx::query(statement).bind(key).bind(modified).bind(document);
                Ok(statement.execute(pool).await?.rows_affected())
            }
            Self::Postgres(pool) => {
                let statement = sqlx::query(statement).bind(key).bind(modified).bind(document);
                Ok(statement.execute(pool).await?.rows_affected())
            }
        }
    }
}

/// The handler that most programs have: the last writer wins.
async fn replace(
    State(plain): State<Plain>,
    Path(id): Path<String>,
    Json(value): Json<Medium>,
) -> Result<Json<Medium>, StatusCode> {
    let document = serde_json::to_vec(&value).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let modified = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    for statement in [UPDATE, INSERT] {
        let written = plain.write(statement, &id, modified, &document).await;
        if written.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)? > 0 {
            break;
        }
    }
    Ok(Json(value))
}

const PATIENCE: Duration = Duration::from_secs(10);

const UPDATE: &str =
    "UPDATE plain_rows SET modified = $2, document = $3 WHERE collection = 'Medium' AND key = $1";

const INSERT: &str =
    "INSERT INTO plain_rows (collection, key, modified, document) VALUES ('Medium', $1, $2, $3)";

/// The columns and indexes of the library's own table.
const SQLITE: [&str; 3] = [
    "CREATE TABLE plain_rows (
        collection TEXT NOT NULL,
        key TEXT NOT NULL,
        deleted INTEGER NOT NULL DEFAULT FALSE,
        modified INTEGER NOT NULL,
        alone INTEGER NOT NULL DEFAULT TRUE,
        state TEXT NOT NULL DEFAULT '',
        content TEXT NOT NULL DEFAULT '',
        shape TEXT NOT NULL DEFAULT '',
        exact INTEGER NOT NULL DEFAULT TRUE,
        members TEXT NOT NULL DEFAULT '[]',
        document BLOB,
        PRIMARY KEY (collection, key)
    ) STRICT",
    "CREATE INDEX plain_rows_shape ON plain_rows (collection, shape, key) WHERE NOT deleted",
    "CREATE INDEX plain_rows_page
    ON plain_rows (collection, deleted, key, state, modified, alone, shape, exact)",
];

/// The same for PostgreSQL.
const POSTGRES: [&str; 2] = [
    r#"CREATE TABLE plain_rows (
        collection TEXT COLLATE "C" NOT NULL,
        key TEXT COLLATE "C" NOT NULL,
        deleted BOOLEAN NOT NULL DEFAULT FALSE,
        modified BIGINT NOT NULL,
        alone BOOLEAN NOT NULL DEFAULT TRUE,
        state TEXT COLLATE "C" NOT NULL DEFAULT '',
        content TEXT COLLATE "C" NOT NULL DEFAULT '',
        shape TEXT COLLATE "C" NOT NULL DEFAULT '',
        exact BOOLEAN NOT NULL DEFAULT TRUE,
        members BYTEA[] NOT NULL DEFAULT '{}',
        document BYTEA,
        PRIMARY KEY (collection, key) INCLUDE (deleted, modified, alone, state, shape, exact)
    )"#,
    "CREATE INDEX plain_rows_shape ON plain_rows (collection, shape, key) WHERE NOT deleted",
];
