//! What was acknowledged stays: through `kill -9` in the middle of writes, and with as few statements as it
//! takes.

use std::collections::HashMap;

use axum::Router;
use axum::routing::get;
use etag_core::axum::{Fresh, Guarded, Problem, Tagged, Update};
use etag_core::{Database, StateTag, Timestamp, Versioned};
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{Method, StatusCode};
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Sqlite, SqlitePool};
use tests::statements::{statements_of, verbs};
use tests::{Registry, call, client, sqlite_file};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use uuid::Uuid;

/// How often the processes are killed, and how many writes they acknowledge before.
const ROUNDS: usize = 4;
const WRITES: usize = 150;

#[derive(Debug, Clone, PartialEq)]
struct Answer {
    status: StatusCode,
    /// Empty where there is none.
    tag: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

async fn exchange(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let status = response.status();
    let tag = response.headers().get(ETAG).map(|tag| tag.to_str().unwrap().to_owned());
    Ok(Answer { status, tag: tag.unwrap_or_default(), body: response.text().await? })
}

async fn show(url: &str) -> Answer {
    exchange(client().get(url)).await.unwrap()
}

/// The tag that the bytes themselves have: that of an asset is made without the member that holds it.
fn tag_of(body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap();
    let hashed = match value.get("etag") {
        Some(embedded) => body.replacen(&format!("\"etag\":{embedded},"), "", 1),
        None => body.to_owned(),
    };
    format!("\"{}\"", StateTag::from_hash(Sha256::digest(hashed).into()))
}

/// A resource as the last answer showed it, and what its client was about to make of it.
struct Resource {
    path: String,
    acknowledged: Answer,
    /// The name of a write that was sent, and not answered.
    sent: Option<String>,
}

impl Resource {
    async fn at(registry: &Registry, path: String) -> Self {
        let acknowledged = show(&registry.url(&path)).await;
        Self { path, acknowledged, sent: None }
    }

    /// Renames it over and over, until the connection breaks.
    async fn keep_renaming(mut self, base: String, written: UnboundedSender<()>) -> Self {
        let client = client();
        for number in 0.. {
            let name = format!("{} of {}", number, self.acknowledged.tag);
            let mut body = self.acknowledged.json();
            body["name"] = json!(name);
            let request = client.put(format!("{base}{}", self.path));
            let request = request.header(IF_MATCH, &self.acknowledged.tag).json(&body);
            let Ok(answer) = exchange(request).await else {
                self.sent = Some(name);
                break;
            };
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert_eq!(answer.json()["name"], name);
            self.acknowledged = answer;
            written.send(()).unwrap();
        }
        self
    }

    /// It is as it was acknowledged, or as it was to be made.
    async fn survived(&mut self, registry: &Registry) {
        let url = registry.url(&self.path);
        let shown = show(&url).await;
        assert_eq!(shown.status, 200, "{url}");
        assert_eq!(shown.tag, tag_of(&shown.body));
        if shown.tag == self.acknowledged.tag {
            assert_eq!(shown, Answer { status: StatusCode::OK, ..self.acknowledged.clone() });
        } else {
            assert!(self.sent.is_some(), "{url} was acknowledged as {:?}", self.acknowledged);
            assert_eq!(shown.json()["name"].as_str(), self.sent.as_deref());
            let outdated = client().get(&url).header(IF_NONE_MATCH, &self.acknowledged.tag);
            assert_eq!(exchange(outdated).await.unwrap(), shown);
        }
        let current = exchange(client().get(&url).header(IF_NONE_MATCH, &shown.tag)).await.unwrap();
        let (status, body) = (StatusCode::NOT_MODIFIED, String::new());
        assert_eq!(current, Answer { status, body, tag: shown.tag.clone() });
        *self = Self { path: self.path.clone(), acknowledged: shown, sent: None };
    }
}

/// Assets of one client's own: it creates them, and deletes every other one.
#[derive(Default)]
struct Churn {
    created: Vec<Resource>,
    deleted: Vec<(String, Answer)>,
}

impl Churn {
    async fn keep_churning(mut self, base: String, written: UnboundedSender<()>) -> Self {
        let client = client();
        for number in 0.. {
            let path = format!("/assets/{}", Uuid::new_v4());
            let url = format!("{base}{path}");
            let create = client.put(&url).header(IF_NONE_MATCH, "*").json(&new_asset());
            let Ok(acknowledged) = exchange(create).await else {
                break;
            };
            assert_eq!(acknowledged.status, 201, "{}", acknowledged.body);
            written.send(()).unwrap();
            if number % 2 == 0 {
                self.created.push(Resource { path, acknowledged, sent: None });
                continue;
            }
            let delete = client.delete(&url).header(IF_MATCH, &acknowledged.tag);
            let Ok(answer) = exchange(delete).await else {
                break;
            };
            assert_eq!(answer.status, 204);
            self.deleted.push((path, acknowledged));
            written.send(()).unwrap();
        }
        self
    }

    /// What was created is there, and what was deleted is not, and not to be revived by who missed that.
    async fn survived(&mut self, registry: &Registry) {
        for created in &mut self.created {
            created.survived(registry).await;
        }
        for (path, last) in &self.deleted {
            let url = registry.url(path);
            assert_eq!(show(&url).await.status, 404);
            let late = client().put(&url).header(IF_MATCH, &last.tag).json(&last.json());
            assert_eq!(exchange(late).await.unwrap().status, 412);
            assert_eq!(show(&url).await.status, 404);
        }
    }
}

fn new_asset() -> Value {
    json!({
        "serialNumber": "D-1",
        "name": "Flight recorder",
        "status": "active",
        "value": 0.1,
        "tags": ["ågren"],
        "location": null,
        "productId": Uuid::nil(),
    })
}

/// The clients of one run, and what none of them touches.
struct Clients {
    renamed: Vec<Resource>,
    churned: Vec<Churn>,
    untouched: HashMap<String, Value>,
}

impl Clients {
    async fn of(registry: &Registry) -> Self {
        let mut renamed = Vec::new();
        let mut untouched = HashMap::new();
        for (collection, writers) in [("assets", 6), ("products", 3)] {
            let list = show(&registry.url(&format!("/{collection}?limit=500"))).await.json();
            for (index, item) in list.as_array().unwrap().iter().enumerate() {
                let path = format!("/{collection}/{}", item["id"].as_str().unwrap());
                if index < writers {
                    renamed.push(Resource::at(registry, path).await);
                } else {
                    untouched.insert(path, item.clone());
                }
            }
        }
        Self { renamed, churned: vec![Churn::default(), Churn::default(), Churn::default()], untouched }
    }

    /// All write, each to one of the processes, which are killed one after another.
    async fn write_until_killed(self, registries: Vec<Registry>) -> Self {
        let (written, mut acknowledged) = unbounded_channel();
        let bases: Vec<String> = registries.iter().map(|registry| registry.url("")).collect();
        let base = |index: usize| bases[index % bases.len()].clone();
        let renamers = self.renamed.into_iter().enumerate();
        let renamers: JoinSet<Resource> =
            renamers.map(|(index, resource)| resource.keep_renaming(base(index), written.clone())).collect();
        let churners = self.churned.into_iter().enumerate();
        let churners: JoinSet<Churn> =
            churners.map(|(index, churn)| churn.keep_churning(base(index), written.clone())).collect();
        drop(written);
        for registry in registries {
            wait_for_writes(&mut acknowledged).await;
            registry.kill();
        }
        let (renamed, churned) = (renamers.join_all().await, churners.join_all().await);
        Self { renamed, churned, untouched: self.untouched }
    }

    async fn survived(&mut self, registry: &Registry) {
        for resource in &mut self.renamed {
            assert!(resource.sent.is_some(), "{} was not being written", resource.path);
            resource.survived(registry).await;
        }
        for churn in &mut self.churned {
            churn.survived(registry).await;
        }
        for (path, item) in &self.untouched {
            assert_eq!(show(&registry.url(path)).await.json(), *item);
        }
    }
}

async fn wait_for_writes(acknowledged: &mut UnboundedReceiver<()>) {
    for _ in 0..WRITES {
        acknowledged.recv().await.expect("the clients keep writing");
    }
}

async fn assert_intact(database: &str) {
    let pool = SqlitePool::connect(database).await.unwrap();
    let check: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&pool).await.unwrap();
    assert_eq!(check, "ok");
    pool.close().await;
}

async fn what_was_acknowledged_survives(processes: usize) {
    let (_folder, database) = sqlite_file();
    let mut registry = Registry::start(&database);
    let mut clients = Clients::of(&registry).await;
    for _ in 0..ROUNDS {
        let mut registries = vec![registry];
        registries.extend((1..processes).map(|_| Registry::start(&database)));
        clients = clients.write_until_killed(registries).await;
        registry = Registry::start(&database);
        clients.survived(&registry).await;
        assert_intact(&database).await;
    }
    assert!(clients.churned.iter().all(|churn| !churn.created.is_empty() && !churn.deleted.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_acknowledged_survives() {
    what_was_acknowledged_survives(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_processes_acknowledged_survives_when_they_are_killed_in_turn() {
    what_was_acknowledged_survives(2).await;
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
    let resource = Resource::at(&registry, format!("/{collection}/{key}")).await;
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
            assert_eq!((answer.status.as_u16(), &answer.tag), (304, &resource.acknowledged.tag));
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
        assert_eq!((refused.status.as_u16(), &refused.tag), (412, &resource.acknowledged.tag));
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
