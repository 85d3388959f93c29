//! A guarded PUT beside a plain UPDATE: the same handler, over HTTP, to the same kind of database.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Path, State};
use axum::routing::put;
use axum::{Json, Router};
use bench::apps::Stored;
use bench::models::Medium;
use bench::race::{Calls, Effort, ratio};
use bench::table::{Goal, Table};
use etag_core::Database;
use futures_util::future::join_all;
use http::StatusCode;
use reqwest::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};
use tests::postgres::Cluster;
use tests::{client, sqlite_file};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Measures each database that there is, with one client and with many.
pub(crate) fn measure(runtime: &Runtime, table: &mut Table) {
    let (_guarded_folder, guarded) = sqlite_file();
    let (_plain_folder, plain) = sqlite_file();
    let plain = runtime.block_on(Plain::on_sqlite(&plain));
    rows(runtime, table, "SQLite", &guarded, plain);
    // What a disk takes hides what is done beside it: so both are measured.
    for (database, settings) in [("PostgreSQL", &[][..]), ("PostgreSQL without fsync", &["fsync=off"][..])] {
        let Some(cluster) = Cluster::start(settings) else {
            println!("PostgreSQL is not installed");
            return;
        };
        let plain = runtime.block_on(Plain::on_postgres(&cluster.database()));
        rows(runtime, table, database, &cluster.database(), plain);
    }
}

fn rows(runtime: &Runtime, table: &mut Table, database: &str, url: &str, plain: Plain) {
    let guarded = runtime.block_on(Database::connect(url)).expect("the database opens");
    let guarded = Router::new().route("/values/{id}", Medium::routes()).with_state(guarded);
    let guarded = runtime.block_on(serve(guarded));
    let plain = runtime.block_on(serve(plain.router()));
    for clients in [1, 16] {
        let mut subject = writers(runtime, clients, &guarded);
        let mut rival = writers(runtime, clients, &plain);
        let rate = 1.0 / ratio(Effort::OUTSIDE, &mut subject, &mut rival);
        let what = format!("guarded PUTs a second, {database}, clients: {clients}");
        table.row(&what, "a plain UPDATE", rate, Some(Goal::AtLeast(0.95)));
    }
}

/// Listens on a port of its own; says where.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/values/")
}

/// A client with a row of its own, which it writes again and again.
struct Writer {
    client: reqwest::Client,
    url: String,
    value: Medium,
    /// What the last answer said; nothing where no tag is sent.
    tag: Option<reqwest::header::HeaderValue>,
}

impl Writer {
    async fn put(&mut self) {
        // A write that changes nothing would not be one.
        self.value.quantity += 1;
        let body = serde_json::to_vec(&self.value).expect("the model is JSON");
        let mut request = self.client.put(&self.url).header(CONTENT_TYPE, "application/json").body(body);
        if let Some(tag) = &self.tag {
            request = request.header(IF_MATCH, tag);
        }
        let answer = request.send().await.expect("the service answers");
        assert!(answer.status().is_success(), "{}", answer.status());
        self.tag = answer.headers().get(ETAG).cloned();
        answer.bytes().await.expect("the answer is whole");
    }
}

/// Clients that write side by side: so many times in all.
fn writers<'a>(runtime: &'a Runtime, clients: u32, base: &str) -> Calls<'a> {
    static NAMES: AtomicU64 = AtomicU64::new(0);
    let mut writers: Vec<Writer> = (0..clients)
        .map(|number| {
            let id = format!("row-{}", NAMES.fetch_add(1, Ordering::Relaxed));
            let value = Medium { id: id.clone(), ..Medium::sample(number) };
            Writer { client: client(), url: format!("{base}{id}"), value, tag: None }
        })
        .collect();
    // Each makes its row.
    runtime.block_on(join_all(writers.iter_mut().map(Writer::put)));
    Box::new(move |count| {
        let each = count.div_ceil(clients);
        runtime.block_on(join_all(writers.iter_mut().map(async |writer| {
            for _ in 0..each {
                writer.put().await;
            }
        })));
    })
}

/// Where the plain rows are.
#[derive(Clone)]
enum Plain {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Plain {
    /// The writers' pool is like the library's own: what was acknowledged is on the disk, and writers take turns.
    async fn on_sqlite(url: &str) -> Self {
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

    async fn on_postgres(url: &str) -> Self {
        let pool = PgPoolOptions::new().max_connections(10).acquire_timeout(PATIENCE);
        let pool = pool.test_before_acquire(false).connect(url).await.expect("the database opens");
        for statement in POSTGRES {
            sqlx::query(statement).execute(&pool).await.expect("the table can be made");
        }
        Self::Postgres(pool)
    }

    fn router(self) -> Router {
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
    ON plain_rows (collection, key, deleted, state, modified, alone, shape, exact)",
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
