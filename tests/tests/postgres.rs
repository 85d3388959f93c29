//! What PostgreSQL alone has: round trips, plans, isolation, and servers that go away.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::{get, put};
use etag_core::axum::{Create, Fresh, FreshList, Guarded, InList, Problem, Tagged, Update};
use etag_core::{
    Database, DatabaseError, Insert, InsertIn, Inserted, Matched, Required, Select, Selection, Store,
    StoreIn, Timestamp, Transaction, Versioned, Written,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Postgres, Sqlite};
use tests::postgres::{Cluster, postgres_database};
use tests::statements::{statements_of, verbs};
use tests::{Answer, Registry, call, client, sqlite_file};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "notes", create = "put")]
struct Note {
    #[versioned(id)]
    id: String,
    text: String,
    #[versioned(modified)]
    at: Timestamp,
}

impl Note {
    fn new(id: &str, text: &str) -> Self {
        Self { id: id.to_owned(), text: text.to_owned(), at: Timestamp::from_microseconds(0) }
    }
}

fn router(database: &Database) -> Router {
    async fn show(note: Fresh<Note>) -> Tagged<Note> {
        note.into()
    }
    async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> {
        note.save().await
    }
    async fn delete(note: Guarded<Note>) -> Result<StatusCode, Problem> {
        note.delete().await
    }
    async fn list(notes: FreshList<Note>) -> Tagged<Vec<Note>> {
        notes.into()
    }
    async fn create(note: Create<Note, InList>) -> Result<Tagged<Note>, Problem> {
        note.save().await
    }
    Router::new()
        .route("/notes", get(list).post(create))
        .route("/notes/{id}", get(show).put(replace).delete(delete))
        .with_state(database.clone())
}

/// Notes in a database that is reached over one connection.
struct Notes {
    router: Router,
    pool: PgPool,
}

impl Notes {
    async fn new() -> Option<Self> {
        let pool = PgPoolOptions::new().max_connections(1).test_before_acquire(false);
        let pool = pool.connect(&postgres_database()?).await.unwrap();
        let database = Database::from_pool(pool.clone()).await.unwrap();
        Some(Self { router: router(&database), pool })
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
        let (answer, statements) =
            statements_of(&self.pool, call(&self.router, method, "/notes/1", &headers, body)).await;
        (answer.status, answer.header("etag").to_owned(), statements)
    }
}

#[tokio::test]
async fn a_guarded_write_is_one_round_trip_that_tells_why_it_wrote_nothing() {
    let Some(notes) = Notes::new().await else { return };
    let (status, first, statements) = notes.send("PUT", &[("if-none-match", "*")], "first").await;
    assert_eq!((status, verbs(&statements)), (201, vec!["WITH"]));
    let (status, second, statements) = notes.send("PUT", &[("if-match", &first)], "second").await;
    assert_eq!((status, verbs(&statements)), (200, vec!["WITH"]), "replaced");
    let (status, same, statements) = notes.send("PUT", &[("if-match", &second)], "second").await;
    assert_eq!((status, verbs(&statements)), (200, vec!["WITH"]), "unchanged");
    assert_eq!(same, second);
    // The 412 says in which members what is there differs: that is read afterwards.
    let (status, current, statements) = notes.send("PUT", &[("if-match", &first)], "third").await;
    assert_eq!((status, verbs(&statements)), (412, vec!["WITH", "SELECT"]), "stale");
    assert_eq!(current, second);
    let (status, _, statements) = notes.send("PUT", &[("if-none-match", "*")], "third").await;
    assert_eq!((status, verbs(&statements)[0]), (412, "WITH"), "there already");
    let (status, _, statements) = notes.send("DELETE", &[("if-match", &second)], "").await;
    assert_eq!((status, verbs(&statements)), (204, vec!["SELECT", "WITH"]));
    let (status, _, statements) = notes.send("PUT", &[("if-match", &second)], "third").await;
    assert_eq!((status, verbs(&statements)[0]), (412, "WITH"), "absent");
}

#[tokio::test]
async fn a_304_and_the_tag_of_a_page_are_read_from_the_index_alone() {
    let Some(notes) = Notes::new().await else { return };
    let database = Database::from_pool(notes.pool.clone()).await.unwrap();
    let many = (0..2000).map(|number| Note::new(&format!("{number:04}"), "same")).collect();
    database.import(many, Required::New, |_| {}).await.unwrap();
    sqlx::query("VACUUM ANALYZE etag_rows").execute(&notes.pool).await.unwrap();
    let (_, tag, _) = notes.send("PUT", &[], "first").await;
    let page = call(&notes.router, "GET", "/notes?limit=20&offset=100", &[], "").await;
    let requests = [("/notes/1", tag.as_str()), ("/notes?limit=20&offset=100", page.header("etag"))];
    for (uri, tag) in requests {
        let conditions = [("if-none-match", tag)];
        let asked = call(&notes.router, "GET", uri, &conditions, "");
        let (answer, statements) = statements_of(&notes.pool, asked).await;
        assert_eq!((answer.status, statements.len()), (304, 1), "{uri}: {statements:?}");
        let plan = plan(&notes.pool, &statements[0]).await;
        assert!(plan.contains("Index Only Scan using etag_rows_pkey"), "{uri}: {plan}");
        assert!(!plan.contains("Seq Scan") && !plan.contains("Index Scan "), "{uri}: {plan}");
    }
}

/// How PostgreSQL would run a statement, whatever the values are.
async fn plan(pool: &PgPool, statement: &str) -> String {
    let mut transaction = pool.begin().await.unwrap();
    for setting in ["enable_seqscan = off", "plan_cache_mode = force_generic_plan"] {
        sqlx::query(AssertSqlSafe(format!("SET LOCAL {setting}"))).execute(&mut *transaction).await.unwrap();
    }
    let prepare = format!("PREPARE asked AS {statement}");
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *transaction).await.unwrap();
    let parameters = (1..20).rev().find(|number| statement.contains(&format!("${number}"))).unwrap();
    let nulls = vec!["NULL"; parameters].join(", ");
    let explain = format!("EXPLAIN EXECUTE asked({nulls})");
    let lines: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut *transaction).await.unwrap();
    sqlx::raw_sql("DEALLOCATE asked").execute(&mut *transaction).await.unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn processes_that_start_together_make_one_table() {
    let Some(url) = postgres_database() else { return };
    let starts = (0..8).map(|_| {
        let url = url.clone();
        tokio::spawn(async move { Database::connect(&url).await.map(drop) })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_user_who_may_not_create_tables_can_use_the_one_that_is_there() {
    let Some(url) = postgres_database() else { return };
    let database = Database::connect(&url).await.unwrap();
    let role = format!("reader_{}", url.rsplit('_').next().unwrap());
    let setup = format!(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE {role} LOGIN;
        GRANT SELECT, INSERT, UPDATE ON etag_rows TO {role}"
    );
    sqlx::raw_sql(AssertSqlSafe(setup)).execute(database.pool::<Postgres>().unwrap()).await.unwrap();
    let options: PgConnectOptions = url.parse().unwrap();
    let pool = PgPool::connect_with(options.username(&role)).await.unwrap();
    let limited = Database::from_pool(pool).await.unwrap();
    let written = limited.replace(Matched::unconditional("1".to_owned()), Note::new("1", "a")).await.unwrap();
    assert!(matches!(written, Written::Created(..)));
}

#[tokio::test]
async fn a_table_of_another_version_is_refused() {
    let Some(url) = postgres_database() else { return };
    let pool = PgPool::connect(&url).await.unwrap();
    sqlx::query("CREATE TABLE etag_rows (key TEXT)").execute(&pool).await.unwrap();
    for opened in [Database::connect(&url).await, Database::from_pool(pool.clone()).await] {
        assert!(matches!(opened.unwrap_err(), DatabaseError::Table));
    }
}

/// There and back again, by the registry's own command.
#[tokio::test]
async fn a_database_that_moves_between_sqlite_and_postgres_keeps_its_tags() {
    let (Some(url), (_folder, file)) = (postgres_database(), sqlite_file()) else { return };
    let (_other_folder, other_file) = sqlite_file();
    let first = Registry::start(&file);
    let assets: Value = client().get(first.url("/assets")).send().await.unwrap().json().await.unwrap();
    let removed = first.url(&format!("/assets/{}", assets[0]["id"].as_str().unwrap()));
    let etag = assets[0]["etag"].as_str().unwrap();
    let deleted = client().delete(&removed).header("if-match", etag).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    let shown = shown_by(&first).await;
    assert!(
        shown.iter().all(|(_, tag, date, body)| tag.is_some() && (date.is_some() || body.starts_with('[')))
    );

    let there = Registry::start_with(&url, &["--copy-from", &file]);
    assert_eq!(shown_by(&there).await, shown);
    // A tombstone is copied as well: what was deleted is not revived by an old tag.
    let mut put = assets[0].clone();
    put.as_object_mut().unwrap().remove("etag");
    let put = client()
        .put(there.url(removed.split_once("/assets").map(|(_, id)| format!("/assets{id}")).unwrap().as_str()))
        .header("if-match", etag)
        .json(&put);
    assert_eq!(put.send().await.unwrap().status(), 412);
    let back = Registry::start_with(&other_file, &["--copy-from", &url]);
    assert_eq!(shown_by(&back).await, shown);

    let (database, other) =
        (Database::connect(&url).await.unwrap(), Database::connect(&other_file).await.unwrap());
    assert!(matches!(database.copy_to(&other, |_| {}).await, Err(DatabaseError::NotEmpty)));
    let memory = Database::connect("memory:").await.unwrap();
    assert!(matches!(database.copy_to(&memory, |_| {}).await, Err(DatabaseError::Transaction)));
}

/// Path, tag, date and body of each kind of answer.
async fn shown_by(registry: &Registry) -> Vec<(String, Option<String>, Option<String>, String)> {
    let list: Value = client().get(registry.url("/assets")).send().await.unwrap().json().await.unwrap();
    let asset = format!("/assets/{}", list[0]["id"].as_str().unwrap());
    let mut shown = Vec::new();
    for path in
        ["/assets", "/assets?sort=-name&limit=3", "/assets?status=active&sort=value", "/settings", &asset]
    {
        let answer = client().get(registry.url(path)).send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (tag, date) = (header("etag"), header("last-modified"));
        shown.push((path.to_owned(), tag, date, answer.text().await.unwrap()));
    }
    shown
}

#[tokio::test]
async fn a_key_may_hold_a_nul_and_is_refused_where_it_is_too_long_for_an_index() {
    let Some(url) = postgres_database() else { return };
    let router = router(&Database::connect(&url).await.unwrap());
    let json = [("content-type", "application/json")];
    for key in ["a%00b", "%00", "%2525%00", "%252F"] {
        let uri = format!("/notes/{key}");
        let put = call(&router, "PUT", &uri, &json, r#"{"text":"odd"}"#).await;
        assert_eq!(put.status, 201, "{key}: {}", put.text());
        let shown = call(&router, "GET", &uri, &[("if-none-match", put.header("etag"))], "").await;
        assert_eq!(shown.status, 304, "{key}");
    }
    let list = call(&router, "GET", "/notes?sort=id", &[], "").await;
    assert_eq!(serde_json::from_slice::<Value>(&list.body).unwrap().as_array().unwrap().len(), 4);
    for (length, status) in [(2048, 201), (2049, 422)] {
        let uri = format!("/notes/{}", "x".repeat(length));
        assert_eq!(call(&router, "GET", &uri, &[], "").await.status, 404);
        let put = call(&router, "PUT", &uri, &json, r#"{"text":"long"}"#).await;
        assert_eq!(put.status, status, "{length}: {}", put.text());
        assert_eq!(put.text().contains("at most 2048 octets"), status == 422);
    }
}

#[tokio::test]
async fn what_a_list_guards_is_written_once_however_many_ask_and_write_beside_it() {
    let Some(url) = postgres_database() else { return };
    let database = Database::connect(&url).await.unwrap();
    for round in 0..10 {
        let all = Selection::new().with_limit(500);
        let before = Select::<Note, _>::select(&database, &[], &all).await.unwrap().state();
        let inserts = (0..8).map(|client| {
            let (database, all) = (database.clone(), all.clone());
            tokio::spawn(async move {
                let id = format!("{round}-{client}");
                let new = Note::new(&id, "guarded");
                if client % 2 == 0 {
                    let inserted = database.insert(&[], &all, before, Matched::unconditional(id), new).await;
                    return matches!(inserted.unwrap(), Inserted::Written(_));
                }
                // Who does not look at the list still changes it.
                let _: Written<Note> = database.replace(Matched::unconditional(id), new).await.unwrap();
                false
            })
        });
        let mut written = 0;
        for insert in inserts.collect::<Vec<_>>() {
            written += usize::from(insert.await.unwrap());
        }
        assert!(written <= 1, "{written} were guarded by one state of the list");
    }
}

#[tokio::test]
async fn a_list_is_not_compared_in_a_transaction_that_sees_only_the_past() {
    let Some(url) = postgres_database() else { return };
    let database = Database::connect(&url).await.unwrap();
    let all = Selection::new();
    let empty = Select::<Note, _>::select(&database, &[], &all).await.unwrap().state();
    for (isolation, works) in [("REPEATABLE READ", false), ("SERIALIZABLE", false), ("READ COMMITTED", true)]
    {
        let mut transaction = database.begin::<Postgres>().await.unwrap();
        let set = format!("SET TRANSACTION ISOLATION LEVEL {isolation}");
        sqlx::query(AssertSqlSafe(set)).execute(&mut *transaction).await.unwrap();
        let id = "1".to_owned();
        let new = Note::new("1", "a");
        let inserted =
            database.insert_in(&mut transaction, &[], &all, empty, Matched::unconditional(id), new).await;
        match inserted {
            Ok(inserted) => assert!(works && matches!(inserted, Inserted::Written(_)), "{isolation}"),
            Err(error) => {
                assert!(!works && matches!(error, DatabaseError::Isolation(_)), "{isolation}: {error}")
            }
        }
    }
}

#[tokio::test]
async fn a_write_that_others_overtook_in_a_stricter_transaction_is_a_503() {
    let Some(url) = postgres_database() else { return };
    let database = Database::connect(&url).await.unwrap();
    let key = || Matched::<Note>::unconditional("1".to_owned());
    let _: Written<Note> = database.replace(key(), Note::new("1", "first")).await.unwrap();
    let mut transaction = database.begin::<Postgres>().await.unwrap();
    for statement in ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SELECT count(*) FROM etag_rows"] {
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
    }
    let _: Written<Note> = database.replace(key(), Note::new("1", "overtakes")).await.unwrap();
    let error = database.replace_in(&mut transaction, key(), Note::new("1", "late")).await.unwrap_err();
    assert_eq!(Problem::from(error).status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(transaction);
    assert_eq!(database.get::<Note>(&"1".to_owned()).await.unwrap().unwrap().text, "overtakes");
}

/// PostgreSQL ends such a transaction by a ROLLBACK, which answers `COMMIT` with success.
#[tokio::test]
async fn a_transaction_in_which_a_statement_failed_is_not_acknowledged() {
    async fn fail(transaction: &mut sqlx::Transaction<'static, Postgres>) {
        sqlx::query("INSERT INTO audit").execute(&mut **transaction).await.unwrap_err();
    }
    async fn replace(State(database): State<Database>, note: Update<Note>) -> Result<Tagged<Note>, Problem> {
        let mut transaction = database.begin::<Postgres>().await?;
        let saved = note.save_in(&mut transaction).await?;
        fail(&mut transaction).await;
        saved.commit(transaction).await
    }
    async fn delete(State(database): State<Database>, note: Guarded<Note>) -> Result<StatusCode, Problem> {
        let mut transaction = database.begin::<Postgres>().await?;
        let deleted = note.delete_in(&mut transaction).await?;
        fail(&mut transaction).await;
        deleted.commit(transaction).await
    }
    let Some(url) = postgres_database() else { return };
    let database = Database::connect(&url).await.unwrap();
    let key = Matched::<Note>::unconditional("1".to_owned());
    let Written::Created(_, version) = database.replace(key, Note::new("1", "first")).await.unwrap() else {
        panic!("there was none")
    };
    let router = Router::new().route("/notes/{id}", put(replace).delete(delete)).with_state(database.clone());
    let tag = format!("\"{}\"", version.state);
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    for method in ["PUT", "DELETE"] {
        let answer: Answer = call(&router, method, "/notes/1", &headers, r#"{"text":"lost?"}"#).await;
        assert_eq!((answer.status, answer.headers.get("etag")), (500, None), "{method}");
        assert_eq!(database.get::<Note>(&"1".to_owned()).await.unwrap().unwrap().text, "first", "{method}");
    }
    let mut transaction = database.begin::<Postgres>().await.unwrap();
    fail(&mut transaction).await;
    assert!(Transaction::from(transaction).commit().await.is_err());
}

/// What a failing database is answered with: 503, and never success.
async fn assert_unavailable(router: &Router, conditions: &[(&str, &str)]) {
    let headers = [&[("content-type", "application/json")], conditions].concat();
    let answer: Answer = call(router, "PUT", "/notes/1", &headers, r#"{"text":"lost?"}"#).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.headers.contains_key("retry-after"));
    assert!(!answer.headers.contains_key("etag"));
}

#[tokio::test]
async fn a_lock_that_does_not_come_in_time_is_a_503_and_a_deadlock_is_one() {
    let Some(url) = postgres_database() else { return };
    let options: PgConnectOptions = url.parse().unwrap();
    let options = options.options([("lock_timeout", "200ms"), ("deadlock_timeout", "50ms")]);
    let pool = PgPool::connect_with(options).await.unwrap();
    let database = Database::from_pool(pool.clone()).await.unwrap();
    let router = router(&database);
    for id in ["1", "2"] {
        let _: Written<Note> =
            database.replace(Matched::unconditional(id.to_owned()), Note::new(id, "first")).await.unwrap();
    }
    let mut held = pool.begin().await.unwrap();
    sqlx::query("SELECT FROM etag_rows WHERE key = '1' FOR UPDATE").execute(&mut *held).await.unwrap();
    assert_unavailable(&router, &[]).await;
    drop(held);

    let deadlocked = async |first: &'static str, second: &'static str| {
        let mut transaction = database.begin::<Postgres>().await?;
        sqlx::query("SET LOCAL lock_timeout = 0").execute(&mut *transaction).await?;
        for id in [first, second] {
            let matched = Matched::unconditional(id.to_owned());
            let _: Written<Note> =
                database.replace_in(&mut transaction, matched, Note::new(id, first)).await?;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        transaction.commit().await.map_err(DatabaseError::from)
    };
    let (one, other) = tokio::join!(deadlocked("1", "2"), deadlocked("2", "1"));
    let errors: Vec<DatabaseError> = [one, other].into_iter().filter_map(Result::err).collect();
    assert_eq!(errors.len(), 1, "one of them is ended, so that the other one goes on");
    for error in errors {
        assert_eq!(Problem::from(error).status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_503_and_one_that_is_back_is_used() {
    let Some(mut cluster) = Cluster::start(&["fsync=on"]) else { return };
    let database = Database::connect(&cluster.database()).await.unwrap();
    let router = router(&database);
    let put = async |condition: (&str, &str), text: &str| {
        let body = json!({ "text": text }).to_string();
        let headers = [("content-type", "application/json"), condition];
        call(&router, "PUT", "/notes/1", &headers, body).await
    };
    let acknowledged = put(("if-none-match", "*"), "before").await;
    assert_eq!(acknowledged.status, 201);
    cluster.kill();
    // The pool waits ten seconds for a connection before it says so.
    let gone = call(&router, "GET", "/notes/1", &[], "").await;
    assert_eq!(gone.status, 503, "{}", gone.text());
    cluster.restart();
    let shown = call(&router, "GET", "/notes/1", &[], "").await;
    assert_eq!((shown.status, shown.header("etag")), (200, acknowledged.header("etag")));
    assert_eq!(put(("if-match", shown.header("etag")), "after").await.status, 200);
}

/// A transaction can still fail when it is committed: what a statement has given by then is no acknowledgement.
#[tokio::test]
async fn a_write_that_fails_at_its_commit_is_not_acknowledged() {
    let Some(url) = postgres_database() else { return };
    let database = Database::connect(&url).await.unwrap();
    let router = router(&database);
    let send = async |method: &str, id: &str, condition: (&str, &str)| {
        let headers = [("content-type", "application/json"), condition];
        let body = json!({ "text": condition.1 }).to_string();
        call(&router, method, &format!("/notes/{id}"), &headers, body).await
    };
    let kept = send("PUT", "kept", ("if-none-match", "*")).await;
    assert_eq!(kept.status, 201);
    let fails_at_commit = "CREATE FUNCTION fail() RETURNS TRIGGER LANGUAGE plpgsql AS
        $$ BEGIN RAISE 'overtaken' USING ERRCODE = 'serialization_failure'; END $$;
        CREATE CONSTRAINT TRIGGER fails AFTER INSERT OR UPDATE ON etag_rows
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()";
    sqlx::raw_sql(fails_at_commit).execute(database.pool::<Postgres>().unwrap()).await.unwrap();
    let tag = ("if-match", kept.header("etag"));
    let answers = [
        send("PUT", "new", ("if-none-match", "*")).await,
        send("PUT", "kept", tag).await,
        send("DELETE", "kept", tag).await,
    ];
    for answer in answers {
        assert_eq!(answer.status, 503, "{}", answer.text());
    }
    let shown = call(&router, "GET", "/notes/kept", &[], "").await;
    assert_eq!((shown.status, shown.header("etag")), (200, kept.header("etag")));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_a_503_after_a_while() {
    let Some(cluster) = Cluster::start(&["fsync=off"]) else { return };
    let database = Database::connect(&cluster.database()).await.unwrap();
    let router = router(&database);
    let put = async |id: u32| {
        let uri = format!("/notes/{id}");
        let headers = [("content-type", "application/json"), ("if-none-match", "*")];
        call(&router, "PUT", &uri, &headers, r#"{"text":"one"}"#).await
    };
    assert_eq!(put(0).await.status, 201);
    cluster.freeze(true);
    let begun = Instant::now();
    let (read, written) = tokio::join!(call(&router, "GET", "/notes/0", &[], ""), put(1));
    assert_eq!((read.status, written.status), (503, 503), "{}", written.text());
    assert!(begun.elapsed() < Duration::from_secs(29), "{:?}", begun.elapsed());
    cluster.freeze(false);
    assert_eq!(call(&router, "GET", "/notes/0", &[], "").await.status, 200);
    assert_eq!(put(2).await.status, 201);
}

#[tokio::test]
async fn a_transaction_of_another_kind_of_database_is_refused() {
    let (Some(url), (_folder, file)) = (postgres_database(), sqlite_file()) else { return };
    let (postgres, sqlite) =
        (Database::connect(&url).await.unwrap(), Database::connect(&file).await.unwrap());
    assert!(matches!(postgres.begin::<Sqlite>().await, Err(DatabaseError::Transaction)));
    let mut transaction = postgres.begin::<Postgres>().await.unwrap();
    let matched = Matched::unconditional("1".to_owned());
    let refused = sqlite.replace_in(&mut transaction, matched, Note::new("1", "a")).await;
    assert!(matches!(refused, Err(DatabaseError::Transaction)));
    assert!(postgres.pool::<Sqlite>().is_none() && postgres.pool::<Postgres>().is_some());
}
