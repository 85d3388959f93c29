//! What was acknowledged is on the disk, with as few statements as it takes; and a document that can't be read.
//! `faults` has what is killed in the middle of writes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use etag_core::axum::{Fresh, Guarded, Problem, Tagged, Update};
use etag_core::{Database, Matched, Store, Timestamp, Versioned};
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, Row, Sqlite, SqlitePool};
use tests::clients::alone::Resource;
use tests::clients::{Answer, Site, exchange, tag_of};
use tests::statements::{statements_of, verbs};
use tests::{Registry, call, client, sqlite_file};

async fn show(url: &str) -> Answer {
    exchange(client().get(url)).await.unwrap()
}

#[tokio::test]
async fn each_connection_syncs_each_commit_to_the_disk() {
    let (_folder, url) = sqlite_file();
    let database = Database::connect(&url).await.unwrap();
    let pool = database.pool::<Sqlite>().unwrap();
    let mut connections = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        connections.push(pool.acquire().await.unwrap());
    }
    for connection in &mut connections {
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut **connection).await.unwrap();
        let full: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut **connection).await.unwrap();
        assert_eq!((mode.as_str(), full), ("wal", 2));
    }
}

/// A registry with a resource whose document is a zero byte; the resource as it was shown before.
async fn with_an_unreadable_document(collection: &str) -> (tempfile::TempDir, Registry, Resource) {
    let (folder, database) = sqlite_file();
    let registry = Registry::start(&database);
    let list = show(&registry.url(&format!("/{collection}"))).await.json();
    let key = list[0]["id"].as_str().unwrap();
    let site = Site::new(registry.url(""), &Arc::default());
    let resource = Resource::at(&site, format!("/{collection}/{key}")).await;
    let pool = SqlitePool::connect(&database).await.unwrap();
    let broken = sqlx::query("UPDATE etag_rows SET document = x'00' WHERE collection = ? AND key = ?");
    let broken = broken.bind(collection).bind(key).execute(&pool).await.unwrap();
    assert_eq!(broken.rows_affected(), 1);
    pool.close().await;
    (folder, registry, resource)
}

#[tokio::test]
async fn a_304_needs_no_document() {
    for collection in ["assets", "products"] {
        let (_folder, registry, resource) = with_an_unreadable_document(collection).await;
        for method in [Method::GET, Method::HEAD] {
            let request = client().request(method, registry.url(&resource.path));
            let request = request.header(IF_NONE_MATCH, &resource.acknowledged.tag);
            let answer = exchange(request).await.unwrap();
            assert_eq!((answer.status, &answer.tag), (304, &resource.acknowledged.tag));
        }
    }
}

#[tokio::test]
async fn an_unreadable_document_is_a_500_that_does_not_say_why() {
    for collection in ["assets", "products"] {
        let (_folder, registry, resource) = with_an_unreadable_document(collection).await;
        let response = client().get(registry.url(&resource.path)).send().await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert!(!response.headers().contains_key(ETAG));
        let problem: Value = response.json().await.unwrap();
        let expected = json!({
            "type": "https://docs.rs/etag-core/latest/etag_core/struct.Problem.html#internal-error",
            "title": "Internal error",
            "status": 500,
            "detail": "the service failed; its log says how",
        });
        assert_eq!(problem, expected);
    }
}

#[tokio::test]
async fn a_guarded_put_mends_an_unreadable_document() {
    for collection in ["assets", "products"] {
        let (_folder, registry, resource) = with_an_unreadable_document(collection).await;
        let url = registry.url(&resource.path);
        let mut body = resource.acknowledged.json();
        body["name"] = json!("Mended");
        let put = client().put(&url).header(IF_MATCH, &resource.acknowledged.tag).json(&body);
        let mended = exchange(put).await.unwrap();
        assert_eq!(mended.status, 200, "{}", mended.body);
        assert_eq!(show(&url).await, mended);
        assert_eq!(mended.tag, tag_of(&mended.body));
    }
}

#[tokio::test]
async fn a_stale_put_is_refused_without_the_document() {
    for collection in ["assets", "products"] {
        let (_folder, registry, resource) = with_an_unreadable_document(collection).await;
        let mut body = resource.acknowledged.json();
        body.as_object_mut().unwrap().remove("etag");
        let put = client().put(registry.url(&resource.path)).header(IF_MATCH, tag_of("{}")).json(&body);
        let refused = exchange(put).await.unwrap();
        assert_eq!((refused.status, &refused.tag), (412, &resource.acknowledged.tag));
    }
}

#[derive(Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
    #[versioned(modified)]
    at: Timestamp,
}

/// Notes in a file that is reached over one connection.
struct Notes {
    router: Router,
    pool: SqlitePool,
    _folder: tempfile::TempDir,
}

impl Notes {
    async fn new() -> Self {
        let (folder, url) = sqlite_file();
        let options = SqlitePoolOptions::new().max_connections(1);
        let pool = options.connect(&format!("{url}?mode=rwc")).await.unwrap();
        let database = Database::from_pool(pool.clone()).await.unwrap();
        async fn show(note: Fresh<Note>) -> Tagged<Note> {
            note.into()
        }
        async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> {
            note.save().await
        }
        async fn delete(note: Guarded<Note>) -> Result<StatusCode, Problem> {
            note.delete().await
        }
        let routes = get(show).put(replace).delete(delete);
        let router = Router::new().route("/notes/{id}", routes).with_state(database);
        Self { router, pool, _folder: folder }
    }

    /// Sends a request about note 1; the answer's status and tag, and the statements that it took.
    async fn send(
        &self,
        method: &str,
        conditions: &[(&str, &str)],
        text: &str,
    ) -> (u16, String, Vec<String>) {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(conditions);
        let body = json!({ "text": text }).to_string();
        let request = call(&self.router, method, "/notes/1", &headers, body);
        let (answer, statements) = statements_of(&self.pool, request).await;
        (answer.status, answer.header("etag").to_owned(), statements)
    }

    /// Creates note 1; its tag.
    async fn create(&self) -> String {
        let (status, tag, statements) = self.send("PUT", &[("if-none-match", "*")], "first").await;
        assert_eq!((status, verbs(&statements)), (201, vec!["INSERT"]));
        tag
    }
}

#[tokio::test]
async fn a_put_that_names_one_tag_is_one_update() {
    let notes = Notes::new().await;
    let first = notes.create().await;
    let (status, second, statements) = notes.send("PUT", &[("if-match", &first)], "second").await;
    assert_eq!((status, verbs(&statements)), (200, vec!["UPDATE"]));
    assert_ne!(first, second);
    // Only a miss is looked into: what is there, and in which members that differs.
    let (status, current, statements) = notes.send("PUT", &[("if-match", &first)], "third").await;
    assert_eq!((status, verbs(&statements)), (412, vec!["UPDATE", "SELECT", "SELECT"]));
    assert!(statements[1].contains("CASE WHEN content = $3 THEN document"), "{}", statements[1]);
    assert_eq!(current, second);
}

/// An index is rewritten where a statement names one of its columns: only that of pages has any that change.
#[tokio::test]
async fn a_write_over_a_row_rewrites_one_index() {
    let notes = Notes::new().await;
    let first = notes.create().await;
    let (_, _, statements) = notes.send("PUT", &[("if-match", &first)], "second").await;
    let explain = format!("EXPLAIN {}", statements[0]);
    let operations = sqlx::query(AssertSqlSafe(explain)).fetch_all(&notes.pool).await.unwrap();
    let operations: Vec<String> = operations.iter().map(|operation| operation.get("opcode")).collect();
    let rewritten = operations.iter().filter(|operation| *operation == "IdxInsert").count();
    assert_eq!(rewritten, 1, "{operations:?}");
}

/// Its value takes so many milliseconds to be written out.
#[derive(Clone, Deserialize, Versioned)]
#[versioned(store = Database)]
struct Slow {
    #[versioned(id)]
    id: u64,
    #[versioned(serde)]
    delay: Delay,
}

#[derive(Clone, Deserialize)]
struct Delay(u64);

impl Serialize for Delay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        std::thread::sleep(Duration::from_millis(self.0));
        serializer.serialize_u64(self.0)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_is_written_out_before_it_is_its_turn_to_write() {
    let (_folder, url) = sqlite_file();
    let database = Database::connect(&url).await.unwrap();
    let write = |id, delay| {
        let database = database.clone();
        tokio::spawn(async move {
            let written =
                database.replace(Matched::unconditional(id), Slow { id, delay: Delay(delay) }).await;
            written.map(drop)
        })
    };
    let slow = write(1, 2000);
    tokio::time::sleep(Duration::from_millis(100)).await;
    write(2, 0).await.unwrap().unwrap();
    assert!(!slow.is_finished(), "the other one has not waited for it");
    slow.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_304_is_one_select_without_the_document() {
    let notes = Notes::new().await;
    let tag = notes.create().await;
    for method in ["GET", "HEAD"] {
        let (status, _, statements) = notes.send(method, &[("if-none-match", &tag)], "").await;
        assert_eq!((status, verbs(&statements)), (304, vec!["SELECT"]));
        assert!(!statements[0].contains("document"), "{}", statements[0]);
    }
    let (status, _, statements) = notes.send("GET", &[], "").await;
    assert_eq!((status, verbs(&statements)), (200, vec!["SELECT"]));
    assert!(statements[0].contains("document"), "{}", statements[0]);
}

#[tokio::test]
async fn a_delete_is_one_select_and_one_update() {
    let notes = Notes::new().await;
    let tag = notes.create().await;
    let (status, _, statements) = notes.send("DELETE", &[("if-match", &tag)], "").await;
    assert_eq!((status, verbs(&statements)), (204, vec!["SELECT", "UPDATE"]));
}

/// A table of another version's is left as it is.
#[tokio::test]
async fn a_table_with_other_columns_is_refused_with_the_way_out() {
    let (_folder, url) = sqlite_file();
    let options: sqlx::sqlite::SqliteConnectOptions = url.parse().unwrap();
    let pool = sqlx::SqlitePool::connect_with(options.create_if_missing(true)).await.unwrap();
    let table =
        "CREATE TABLE etag_rows (collection TEXT, key TEXT, deleted INTEGER, shape TEXT, document BLOB)";
    sqlx::query(table).execute(&pool).await.unwrap();
    sqlx::query("INSERT INTO etag_rows (key) VALUES ('kept')").execute(&pool).await.unwrap();
    for opened in [Database::connect(&url).await, Database::from_pool(pool.clone()).await] {
        let error = opened.unwrap_err().to_string();
        assert!(error.contains("another version of etag-core"), "{error}");
    }
    let kept: Vec<String> = sqlx::query_scalar("SELECT key FROM etag_rows").fetch_all(&pool).await.unwrap();
    assert_eq!(kept, ["kept"]);
    let schema: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_schema").fetch_all(&pool).await.unwrap();
    assert_eq!(schema, ["etag_rows"]);
}
