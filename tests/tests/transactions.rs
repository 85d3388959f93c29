//! `save_in`: a resource and rows of the user's own are committed together, or not at all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, Query, State};
use axum::routing::{get, post};
use etag_core::axum::{Create, Fresh, Guarded, Problem, Tagged, Update};
use etag_core::{Database, DatabaseError, Matched, Store, StoreIn, Timestamp, Versioned, Written};
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Sqlite, SqlitePool, Transaction};
use tempfile::TempDir;
use tests::sqlite_file;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database)]
struct Account {
    #[versioned(id)]
    id: u64,
    balance: i64,
    #[versioned(modified)]
    changed: Timestamp,
}

/// What a request writes into the user's own table.
#[derive(Deserialize)]
struct Entry {
    /// An empty one is refused by the table.
    text: String,
    /// An unknown one is refused when the transaction is committed.
    auditor: String,
    /// Whether the transaction begins with a look into the table.
    #[serde(default)]
    review: bool,
}

const TABLES: &str = "
    CREATE TABLE auditors (name TEXT PRIMARY KEY) STRICT;
    INSERT INTO auditors VALUES ('ada');
    CREATE TABLE audit (
        account INTEGER NOT NULL,
        text TEXT NOT NULL CHECK (text <> ''),
        auditor TEXT NOT NULL REFERENCES auditors (name) DEFERRABLE INITIALLY DEFERRED
    ) STRICT;
";

const GOOD: &str = "text=checked&auditor=ada";
const REFUSED_AT_ONCE: &str = "text=&auditor=ada";
const REFUSED_AT_COMMIT: &str = "text=checked&auditor=eve";

impl Entry {
    async fn write(&self, transaction: &mut Transaction<'_, Sqlite>, account: u64) -> Result<(), Problem> {
        let insert = sqlx::query("INSERT INTO audit VALUES (?, ?, ?)").bind(account.cast_signed());
        insert.bind(&self.text).bind(&self.auditor).execute(&mut **transaction).await?;
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Point {
    /// The guard has passed.
    Entered,
    /// The transaction has read.
    Reviewed,
    /// All is written.
    Written,
}

/// Holds up the next handler that comes to a point.
struct Gate {
    point: Point,
    reached: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
}

#[derive(Clone)]
struct App {
    database: Database,
    /// Where the user's own table is.
    pool: SqlitePool,
    gates: Arc<Mutex<Vec<Gate>>>,
}

impl FromRef<App> for Database {
    fn from_ref(app: &App) -> Self {
        app.database.clone()
    }
}

impl App {
    /// Says when a handler has come to the point; it goes on when it is told to.
    fn hold(&self, point: Point) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let (reached, has_reached) = oneshot::channel();
        let (go_on, go) = oneshot::channel();
        self.gates.lock().unwrap().push(Gate { point, reached, go });
        (has_reached, go_on)
    }

    async fn pass(&self, point: Point) {
        let gate = {
            let mut gates = self.gates.lock().unwrap();
            gates.iter().position(|gate| gate.point == point).map(|index| gates.remove(index))
        };
        if let Some(gate) = gate {
            gate.reached.send(()).unwrap();
            gate.go.await.unwrap();
        }
    }
}

async fn show(account: Fresh<Account>) -> Tagged<Account> {
    account.into()
}

async fn replace(
    State(app): State<App>,
    Query(entry): Query<Entry>,
    account: Update<Account>,
) -> Result<Tagged<Account>, Problem> {
    app.pass(Point::Entered).await;
    let mut transaction = app.pool.begin().await?;
    if entry.review {
        sqlx::query("SELECT * FROM audit").fetch_all(&mut *transaction).await?;
        app.pass(Point::Reviewed).await;
    }
    let saved = account.save_in(&mut transaction).await?;
    entry.write(&mut transaction, saved.value().id).await?;
    app.pass(Point::Written).await;
    saved.committed(transaction.commit().await)
}

async fn close(
    State(app): State<App>,
    Query(entry): Query<Entry>,
    mut account: Guarded<Account>,
) -> Result<Tagged<Account>, Problem> {
    app.pass(Point::Entered).await;
    account.balance = 0;
    let mut transaction = app.pool.begin().await?;
    entry.write(&mut transaction, account.id).await?;
    let saved = account.save_in(&mut transaction).await?;
    saved.committed(transaction.commit().await)
}

async fn create(
    State(app): State<App>,
    Query(entry): Query<Entry>,
    account: Create<Account>,
) -> Result<Tagged<Account>, Problem> {
    let mut transaction = app.pool.begin().await?;
    entry.write(&mut transaction, *account.key()).await?;
    let saved = account.save_in(&mut transaction).await?;
    app.pass(Point::Written).await;
    saved.committed(transaction.commit().await)
}

async fn delete(
    State(app): State<App>,
    Query(entry): Query<Entry>,
    account: Guarded<Account>,
) -> Result<StatusCode, Problem> {
    app.pass(Point::Entered).await;
    let mut transaction = app.pool.begin().await?;
    entry.write(&mut transaction, account.id).await?;
    let deleted = account.delete_in(&mut transaction).await?;
    app.pass(Point::Written).await;
    deleted.committed(transaction.commit().await)
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn tag(&self) -> &str {
        self.headers[ETAG].to_str().unwrap()
    }
}

/// A bank with the accounts 1 and 2.
struct Bank {
    app: App,
    router: Router,
    _folder: TempDir,
}

impl Bank {
    async fn new() -> Self {
        let (folder, url) = sqlite_file();
        let database = Database::connect(&url).await.unwrap();
        let pool = database.pool::<Sqlite>().unwrap().clone();
        Self::of(database, pool, folder).await
    }

    /// One whose connections do not wait for each other.
    async fn impatient() -> Self {
        let (folder, url) = sqlite_file();
        let options: SqliteConnectOptions = url.parse().unwrap();
        let options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let options = options.busy_timeout(Duration::ZERO);
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
        Self::of(Database::from_pool(pool.clone()).await.unwrap(), pool, folder).await
    }

    /// One whose accounts are in memory, and its audit in a file.
    async fn in_memory() -> Self {
        let Self { app, _folder, .. } = Self::new().await;
        sqlx::raw_sql("DROP TABLE audit; DROP TABLE auditors;").execute(&app.pool).await.unwrap();
        Self::of(Database::connect("memory:").await.unwrap(), app.pool, _folder).await
    }

    async fn of(database: Database, pool: SqlitePool, folder: TempDir) -> Self {
        sqlx::raw_sql(TABLES).execute(&pool).await.unwrap();
        for id in [1, 2] {
            let account = Account { id, balance: 100, changed: Timestamp::now() };
            let written = database.replace(Matched::unconditional(id), account).await.unwrap();
            assert!(matches!(written, Written::Created(..)));
        }
        let app = App { database, pool, gates: Arc::default() };
        let router = Router::new()
            .route("/accounts", post(create))
            .route("/accounts/{id}", get(show).put(replace).delete(delete))
            .route("/accounts/{id}/close", post(close))
            .with_state(app.clone());
        Self { app, router, _folder: folder }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        answer(self.router.clone(), request).await
    }

    /// Sends a request again for as long as the database is busy: after a commit that failed, what sqlx undoes is undone
    /// behind the answer.
    async fn retry(&self, request: impl Fn() -> Request<Body>) -> Answer {
        for _ in 0..5 {
            let answer = self.send(request()).await;
            if answer.status != 503 {
                return answer;
            }
            let seconds = answer.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
        panic!("the database is still busy");
    }

    fn spawn(&self, request: Request<Body>) -> JoinHandle<Answer> {
        tokio::spawn(answer(self.router.clone(), request))
    }

    async fn show(&self, id: u64) -> Answer {
        let request = Request::get(format!("/accounts/{id}")).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// How many audit rows are committed.
    async fn entries(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM audit").fetch_one(&self.app.pool).await.unwrap()
    }
}

async fn answer(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
}

fn request(method: Method, target: &str, tag: Option<&str>, body: &Value) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(target).header(CONTENT_TYPE, "application/json");
    if let Some(tag) = tag {
        request = request.header(IF_MATCH, tag);
    }
    request.body(Body::from(body.to_string())).unwrap()
}

fn to_replace(tag: &str, balance: i64, entry: &str) -> Request<Body> {
    request(Method::PUT, &format!("/accounts/1?{entry}"), Some(tag), &json!({ "balance": balance }))
}

fn to_close(tag: &str, entry: &str) -> Request<Body> {
    request(Method::POST, &format!("/accounts/1/close?{entry}"), Some(tag), &Value::Null)
}

fn to_delete(tag: &str, entry: &str) -> Request<Body> {
    request(Method::DELETE, &format!("/accounts/1?{entry}"), Some(tag), &Value::Null)
}

fn to_create(entry: &str) -> Request<Body> {
    request(Method::POST, &format!("/accounts?{entry}"), None, &json!({ "id": 3, "balance": 7 }))
}

/// Each way to write in a transaction.
fn writes(tag: &str, entry: &str) -> [Request<Body>; 4] {
    [to_replace(tag, 7, entry), to_close(tag, entry), to_delete(tag, entry), to_create(entry)]
}

#[tokio::test]
async fn a_replacement_and_its_audit_row_are_committed_together() {
    let bank = Bank::new().await;
    let before = bank.show(1).await;
    let saved = bank.send(to_replace(before.tag(), 7, GOOD)).await;
    assert_eq!(saved.status, 200);
    assert_ne!(saved.tag(), before.tag());
    let shown = bank.show(1).await;
    assert_eq!((shown.tag(), &shown.body), (saved.tag(), &saved.body));
    assert_eq!((&shown.body["balance"], bank.entries().await), (&json!(7), 1));
}

#[tokio::test]
async fn a_guarded_change_and_its_audit_row_are_committed_together() {
    let bank = Bank::new().await;
    let tag = bank.show(1).await.tag().to_owned();
    let closed = bank.send(to_close(&tag, GOOD)).await;
    assert_eq!((closed.status, &closed.body["balance"]), (200, &json!(0)));
    assert_eq!((bank.show(1).await.body, bank.entries().await), (closed.body, 1));
}

#[tokio::test]
async fn a_deletion_and_its_audit_row_are_committed_together() {
    let bank = Bank::new().await;
    let tag = bank.show(1).await.tag().to_owned();
    let (written, go_on) = bank.app.hold(Point::Written);
    let deleting = bank.spawn(to_delete(&tag, GOOD));
    written.await.unwrap();
    assert_eq!((bank.show(1).await.status, bank.entries().await), (200, 0));
    go_on.send(()).unwrap();
    assert_eq!(deleting.await.unwrap().status, 204);
    assert_eq!((bank.show(1).await.status, bank.entries().await), (404, 1));
}

#[tokio::test]
async fn a_creation_and_its_audit_row_are_committed_together() {
    let bank = Bank::new().await;
    let (written, go_on) = bank.app.hold(Point::Written);
    let creating = bank.spawn(to_create(GOOD));
    written.await.unwrap();
    assert_eq!((bank.show(3).await.status, bank.entries().await), (404, 0));
    go_on.send(()).unwrap();
    let created = creating.await.unwrap();
    assert_eq!((created.status, &created.headers[LOCATION]), (201, &"/accounts/3".parse().unwrap()));
    let shown = bank.show(3).await;
    assert_eq!((shown.tag(), &shown.body), (created.tag(), &created.body));
    // Under a key that is taken neither is written.
    assert_eq!(bank.send(to_create(GOOD)).await.status, 409);
    assert_eq!((bank.show(3).await.body, bank.entries().await), (shown.body, 1));
}

#[tokio::test]
async fn a_refused_audit_row_or_commit_undoes_each_write() {
    let bank = Bank::new().await;
    let before = bank.show(1).await;
    for entry in [REFUSED_AT_ONCE, REFUSED_AT_COMMIT] {
        for write in writes(before.tag(), entry) {
            let what = format!("{} {}", write.method(), write.uri());
            assert_eq!(bank.send(write).await.status, 500, "{what}");
            assert_eq!((bank.show(1).await.body, bank.show(3).await.status), (before.body.clone(), 404));
            assert_eq!(bank.entries().await, 0, "{what}");
        }
    }
    // The tag is still that of the current state.
    assert_eq!(bank.send(to_replace(before.tag(), 7, GOOD)).await.status, 200);
    assert_eq!(bank.entries().await, 1);
}

#[tokio::test]
async fn nothing_is_visible_before_the_commit() {
    let bank = Bank::new().await;
    let before = bank.show(1).await;
    let (written, go_on) = bank.app.hold(Point::Written);
    let saving = bank.spawn(to_replace(before.tag(), 7, GOOD));
    written.await.unwrap();
    let conditional = || {
        let request = Request::get("/accounts/1").header(IF_NONE_MATCH, before.tag());
        bank.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!((bank.show(1).await.body, bank.entries().await), (before.body.clone(), 0));
    assert_eq!(conditional().await.status, 304);
    go_on.send(()).unwrap();
    let saved = saving.await.unwrap();
    assert_eq!((conditional().await.body, bank.entries().await), (saved.body, 1));
}

#[tokio::test]
async fn a_request_that_is_dropped_before_its_commit_writes_nothing() {
    let bank = Bank::new().await;
    let before = bank.show(1).await;
    let (written, _go_on) = bank.app.hold(Point::Written);
    let saving = bank.spawn(to_replace(before.tag(), 7, GOOD));
    written.await.unwrap();
    saving.abort();
    assert!(saving.await.unwrap_err().is_cancelled());
    assert_eq!(bank.send(to_replace(before.tag(), 8, GOOD)).await.status, 200);
    assert_eq!((&bank.show(1).await.body["balance"], bank.entries().await), (&json!(8), 1));
}

#[tokio::test]
async fn a_write_that_changes_nothing_keeps_its_tag_and_commits_the_rest() {
    let bank = Bank::new().await;
    let before = bank.show(1).await;
    let saved = bank.send(to_replace(before.tag(), 100, GOOD)).await;
    assert_eq!((saved.status, saved.tag(), &saved.body), (200, before.tag(), &before.body));
    assert_eq!(bank.entries().await, 1);
}

#[tokio::test]
async fn a_stale_tag_leaves_no_audit_row() {
    let bank = Bank::new().await;
    let stale = bank.show(1).await.tag().to_owned();
    let current = bank.send(to_replace(&stale, 7, GOOD)).await;
    for write in [to_replace(&stale, 8, GOOD), to_close(&stale, GOOD), to_delete(&stale, GOOD)] {
        let what = format!("{} {}", write.method(), write.uri());
        let refused = bank.send(write).await;
        assert_eq!((refused.status, refused.tag()), (412, current.tag()), "{what}");
        assert_eq!(bank.entries().await, 1, "{what}");
    }
}

#[tokio::test]
async fn a_tag_that_grows_stale_behind_the_guard_undoes_what_the_transaction_wrote() {
    let bank = Bank::new().await;
    let ways: [fn(&str, &str) -> Request<Body>; 2] = [to_close, to_delete];
    for (balance, to_write) in [8, 9].into_iter().zip(ways) {
        let tag = bank.show(1).await.tag().to_owned();
        let entries = bank.entries().await;
        let (entered, go_on) = bank.app.hold(Point::Entered);
        let writing = bank.spawn(to_write(&tag, GOOD));
        entered.await.unwrap();
        let other = bank.send(to_replace(&tag, balance, GOOD)).await;
        assert_eq!(other.status, 200);
        go_on.send(()).unwrap();
        assert_eq!(writing.await.unwrap().status, 412);
        assert_eq!((bank.show(1).await.body, bank.entries().await), (other.body, entries + 1));
    }
}

#[tokio::test]
async fn of_many_transactions_on_one_state_one_is_committed() {
    let bank = Bank::new().await;
    for round in 1..=5 {
        let tag = bank.show(1).await.tag().to_owned();
        let requests = (0..16).map(|number| to_replace(&tag, 1000 * round + number, GOOD));
        let sent = requests.map(|request| answer(bank.router.clone(), request)).collect::<JoinSet<_>>();
        let mut statuses = BTreeMap::new();
        for answer in sent.join_all().await {
            *statuses.entry(answer.status).or_insert(0) += 1;
        }
        assert_eq!(statuses, BTreeMap::from([(200, 1), (412, 15)]));
        assert_eq!(bank.entries().await, round);
    }
}

#[tokio::test]
async fn a_second_transaction_waits_for_the_first_and_is_refused() {
    let bank = Bank::new().await;
    let tag = bank.show(1).await.tag().to_owned();
    let (written, finish_first) = bank.app.hold(Point::Written);
    let first = bank.spawn(to_replace(&tag, 7, GOOD));
    written.await.unwrap();
    let (entered, start_second) = bank.app.hold(Point::Entered);
    let second = bank.spawn(to_replace(&tag, 8, GOOD));
    entered.await.unwrap();
    start_second.send(()).unwrap();
    finish_first.send(()).unwrap();
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!((first.status, second.status), (200, 412));
    assert_eq!(second.tag(), first.tag());
    assert_eq!((bank.show(1).await.body, bank.entries().await), (first.body, 1));
}

#[tokio::test]
async fn a_busy_database_is_a_503_and_a_retry_finds_out() {
    for (first_entry, first_status, retried_status) in [(GOOD, 200, 412), (REFUSED_AT_COMMIT, 500, 200)] {
        let bank = Bank::impatient().await;
        let tag = bank.show(1).await.tag().to_owned();
        let (written, go_on) = bank.app.hold(Point::Written);
        let first = bank.spawn(to_replace(&tag, 7, first_entry));
        written.await.unwrap();
        let busy = bank.send(to_replace(&tag, 8, GOOD)).await;
        assert_eq!((busy.status, &busy.headers[RETRY_AFTER]), (503, &"1".parse().unwrap()));
        go_on.send(()).unwrap();
        assert_eq!(first.await.unwrap().status, first_status);
        let retried = bank.retry(|| to_replace(&tag, 8, GOOD)).await;
        assert_eq!((retried.status, bank.entries().await), (retried_status, 1));
    }
}

/// SQLite can't write in a transaction that has read what another one has changed since
/// (`SQLITE_BUSY_SNAPSHOT`).
#[tokio::test]
async fn a_transaction_over_an_outdated_snapshot_is_a_503_and_a_retry_succeeds() {
    let bank = Bank::new().await;
    let tag = bank.show(1).await.tag().to_owned();
    let review = || to_replace(&tag, 7, &format!("{GOOD}&review=true"));
    let (reviewed, go_on) = bank.app.hold(Point::Reviewed);
    let first = bank.spawn(review());
    reviewed.await.unwrap();
    let other = bank.show(2).await;
    let target = format!("/accounts/2?{GOOD}");
    let other = request(Method::PUT, &target, Some(other.tag()), &json!({ "balance": 7 }));
    assert_eq!(bank.send(other).await.status, 200);
    go_on.send(()).unwrap();
    let refused = first.await.unwrap();
    assert_eq!((refused.status, &refused.headers[RETRY_AFTER]), (503, &"1".parse().unwrap()));
    assert_eq!((bank.show(1).await.tag(), bank.entries().await), (tag.as_str(), 1));
    assert_eq!((bank.send(review()).await.status, bank.entries().await), (200, 2));
}

#[tokio::test]
async fn a_database_in_memory_refuses_to_write_in_a_transaction() {
    let bank = Bank::in_memory().await;
    let before = bank.show(1).await;
    for write in writes(before.tag(), GOOD) {
        let what = format!("{} {}", write.method(), write.uri());
        assert_eq!(bank.send(write).await.status, 500, "{what}");
        assert_eq!((bank.show(1).await.body, bank.show(3).await.status), (before.body.clone(), 404));
        assert_eq!(bank.entries().await, 0, "{what}");
    }
    let account: Account = bank.app.database.get(&1).await.unwrap().unwrap();
    let mut transaction = bank.app.pool.begin().await.unwrap();
    let replaced = bank.app.database.replace_in(&mut transaction, Matched::unconditional(1), account).await;
    assert!(matches!(replaced, Err(DatabaseError::Transaction)), "{replaced:?}");
    let matched = Matched::<Account>::unconditional(1);
    let removed = bank.app.database.remove_in(&mut transaction, matched).await;
    assert!(matches!(removed, Err(DatabaseError::Transaction)), "{removed:?}");
}
