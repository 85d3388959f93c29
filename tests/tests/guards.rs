//! What a guard must not let through: keys of another tenant, values that are not what was sent, types that can't be kept.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::{get, post, put};
use etag_core::axum::{Create, Fresh, Guarded, MergePatch, Problem, Tagged, Update};
use etag_core::{Database, DatabaseError, Matched, Store, Timestamp, Versioned};
use serde::{Deserialize, Serialize};
use tests::{Answer, call, on_each_database, sqlite_file};

const JSON: (&str, &str) = ("content-type", "application/json");
const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

/// The tenant is only in the path.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
struct Note {
    #[serde(skip)]
    #[versioned(id)]
    tenant: u64,
    #[versioned(id)]
    name: String,
    #[serde(default)]
    text: String,
    #[serde(skip, default = "Timestamp::now")]
    #[versioned(modified)]
    changed: Timestamp,
}

fn notes(database: &Database) -> Router {
    async fn create(note: Create<Note>) -> Result<Tagged<Note>, Problem> {
        assert_eq!(note.tenant, 7, "the handler finds the tenant");
        note.save().await
    }
    async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> {
        assert_eq!(note.tenant, 7, "the handler finds the tenant");
        note.save().await
    }
    async fn patch(note: Update<Note, MergePatch>) -> Result<Tagged<Note>, Problem> {
        assert_eq!(note.tenant, 7, "the handler finds the tenant");
        note.save().await
    }
    async fn show(note: Fresh<Note>) -> Tagged<Note> {
        assert_eq!(note.tenant, 7, "the handler finds the tenant");
        note.into()
    }
    Router::new()
        .route("/tenants/{tenant}/notes", post(create))
        .route("/tenants/{tenant}/notes/{name}", get(show).put(replace).patch(patch).post(replace))
        .with_state(database.clone())
}

#[tokio::test]
async fn what_the_path_says_of_a_key_is_the_key_also_where_the_body_does_not_show_it() {
    on_each_database(async |database| {
        let app = notes(&database);
        let created = call(&app, "POST", "/tenants/7/notes", &[JSON], r#"{"name":"a"}"#).await;
        assert_eq!((created.status, created.header("location")), (201, "/tenants/7/notes/a"));
        let shown = call(&app, "GET", "/tenants/7/notes/a", &[], "").await;
        assert_eq!((shown.status, &shown.body), (200, &created.body));
        let tag = ("if-match", shown.header("etag"));
        let patched = call(&app, "PATCH", "/tenants/7/notes/a", &[PATCH, tag], r#"{"text":"b"}"#).await;
        assert_eq!(patched.status, 200, "{}", patched.text());
        let tag = ("if-match", patched.header("etag"));
        let replaced = call(&app, "PUT", "/tenants/7/notes/a", &[JSON, tag], "{}").await;
        assert_eq!(replaced.status, 200, "{}", replaced.text());
        let names: Vec<(u64, String)> =
            database.all::<Note>().await.unwrap().into_iter().map(|note| (note.tenant, note.name)).collect();
        assert_eq!(names, [(7, "a".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn what_is_created_is_201_on_any_method() {
    on_each_database(async |database| {
        let app = notes(&database);
        let created = call(&app, "POST", "/tenants/7/notes/a", &[JSON], "{}").await;
        assert_eq!(created.status, 201);
    })
    .await;
}

#[tokio::test]
async fn a_coded_or_partial_body_is_not_taken_for_the_whole() {
    on_each_database(async |database| {
        let app = notes(&database);
        let path = "/tenants/7/notes/a";
        let coded = call(&app, "PUT", path, &[JSON, ("content-encoding", "gzip")], "{}").await;
        assert_eq!((coded.status, coded.header("accept-encoding")), (415, "identity"));
        let part = call(&app, "PUT", path, &[JSON, ("content-range", "bytes 0-1/10")], "{}").await;
        assert_eq!(part.status, 400);
        let identity = call(&app, "PUT", path, &[JSON, ("content-encoding", "identity")], "{}").await;
        assert_eq!(identity.status, 201);
    })
    .await;
}

#[tokio::test]
async fn what_was_sent_is_repeated_in_part_only() {
    on_each_database(async |database| {
        let app = notes(&database);
        let body = format!(r#"{{"{0}":1,"{0}":2}}"#, "n".repeat(100_000));
        let answer = call(&app, "PUT", "/tenants/7/notes/a", &[JSON], body).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.len() < 2_000, "{} bytes", answer.body.len());
    })
    .await;
}

#[tokio::test]
async fn a_failed_condition_is_the_one_that_is_named() {
    on_each_database(async |database| {
        let app = notes(&database);
        let path = "/tenants/7/notes/a";
        let created = call(&app, "PUT", path, &[JSON], "{}").await;
        let current = created.header("etag");
        let reason = |answer: &Answer| {
            let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            (answer.status, problem["reason"].as_str().unwrap_or_default().to_owned())
        };
        let both = [JSON, ("if-match", current), ("if-none-match", "*")];
        let exists = call(&app, "PUT", path, &both, "{}").await;
        assert_eq!(reason(&exists), (412, "exists".to_owned()));
        let since = [JSON, ("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT")];
        let absent = call(&app, "PUT", "/tenants/7/notes/b", &since, "{}").await;
        assert_eq!(reason(&absent), (412, "absent".to_owned()));
        let listed = call(&app, "POST", "/tenants/7/notes", &[JSON, ("if-match", current)], "{}").await;
        assert_eq!(reason(&listed), (412, "collection".to_owned()));
    })
    .await;
}

/// A date before 1970 is valid, and earlier than any version.
#[tokio::test]
async fn a_date_before_1970_lets_no_write_through() {
    on_each_database(async |database| {
        let app = notes(&database);
        let path = "/tenants/7/notes/a";
        call(&app, "PUT", path, &[JSON], "{}").await;
        let since = [JSON, ("if-unmodified-since", "Fri, 01 Jan 1960 00:00:00 GMT")];
        assert_eq!(call(&app, "PUT", path, &since, r#"{"text":"lost"}"#).await.status, 412);
    })
    .await;
}

#[derive(Serialize, Deserialize, Versioned)]
struct Stamps {
    #[versioned(revision)]
    revision: u64,
}

#[derive(Serialize, Deserialize, Versioned)]
#[versioned(store = Database)]
struct StampedInside {
    #[versioned(id)]
    id: u64,
    #[serde(flatten)]
    stamps: Stamps,
}

#[derive(Serialize, Deserialize, Versioned)]
struct Shown {
    #[versioned(variant)]
    author: String,
}

#[derive(Serialize, Deserialize, Versioned)]
#[versioned(store = Database)]
struct ShowsMore {
    #[versioned(id)]
    id: u64,
    #[serde(flatten)]
    shown: Shown,
}

/// A revision that nobody stamps would let each write through; a member that is in no state would be lost.
#[tokio::test]
async fn a_type_whose_roles_come_from_what_it_flattens_is_not_stored() {
    on_each_database(async |database| {
        let stamped = StampedInside { id: 1, stamps: Stamps { revision: 1 } };
        let refused = database.replace(Matched::unconditional(1), stamped).await;
        assert!(matches!(refused, Err(DatabaseError::Type { .. })));
        let more = ShowsMore { id: 1, shown: Shown { author: "Ada".to_owned() } };
        let refused = database.replace(Matched::unconditional(1), more).await;
        assert!(matches!(refused, Err(DatabaseError::Type { .. })));
    })
    .await;
}

fn five() -> u64 {
    5
}

fn six() -> u64 {
    6
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database)]
struct Lossy {
    #[versioned(id)]
    id: u64,
    #[serde(default = "five", skip_serializing_if = "is_zero")]
    n: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[tokio::test]
async fn a_value_that_reads_back_as_another_is_not_written() {
    on_each_database(async |database| {
        let lossy = database.replace(Matched::unconditional(1), Lossy { id: 1, n: 0 }).await;
        assert!(matches!(lossy, Err(DatabaseError::Mismatch { .. })), "{lossy:?}");
        assert!(database.get::<Lossy>(&1).await.unwrap().is_none());
    })
    .await;
}

mod first {
    use super::*;

    #[derive(Serialize, Deserialize, Versioned)]
    #[versioned(store = Database, collection = "defaults", create = "put")]
    pub struct Row {
        #[versioned(id)]
        pub id: u64,
    }
}

mod second {
    use super::*;

    #[derive(Serialize, Deserialize, Versioned)]
    #[versioned(store = Database, collection = "defaults")]
    pub struct Row {
        #[versioned(id)]
        pub id: u64,
        #[serde(default = "five")]
        pub n: u64,
    }
}

mod third {
    use super::*;

    #[derive(Serialize, Deserialize, Versioned)]
    #[versioned(store = Database, collection = "defaults")]
    pub struct Row {
        #[versioned(id)]
        pub id: u64,
        #[serde(default = "six")]
        pub n: u64,
    }
}

#[tokio::test]
async fn another_default_moves_the_tag_of_a_row_that_leaves_the_member_out() {
    on_each_database(async |database| {
        let first = Router::new()
            .route("/{id}", put(async |row: Update<first::Row>| row.save().await))
            .with_state(database.clone());
        assert_eq!(call(&first, "PUT", "/1", &[JSON], "{}").await.status, 201);
        let second = Router::new().route("/{id}", get(async |row: Fresh<second::Row>| row));
        let five = call(&second.with_state(database.clone()), "GET", "/1", &[], "").await;
        assert_eq!(five.body, Bytes::from(r#"{"id":1,"n":5}"#));
        let third = Router::new()
            .route(
                "/{id}",
                get(async |row: Fresh<third::Row>| row)
                    .delete(async |row: Guarded<third::Row>| row.delete().await),
            )
            .with_state(database.clone());
        for _ in 0..2 {
            let condition = ("if-none-match", five.header("etag"));
            let six = call(&third, "GET", "/1", &[condition], "").await;
            assert_eq!((six.status, six.text()), (200, r#"{"id":1,"n":6}"#));
            let again = call(&third, "GET", "/1", &[("if-none-match", six.header("etag"))], "").await;
            assert_eq!(again.status, 304);
        }
    })
    .await;
}

/// A connection that is opened later finds that the file is gone, and begins no empty one.
#[tokio::test]
async fn a_database_that_is_taken_away_is_not_begun_anew() {
    let (folder, url) = sqlite_file();
    let database = Database::connect(&url).await.unwrap();
    std::fs::remove_file(folder.path().join("test.db")).unwrap();
    let reads = (0..16).map(|id| {
        let database = database.clone();
        tokio::spawn(async move { database.get::<Lossy>(&id).await.map(drop) })
    });
    for read in reads.collect::<Vec<_>>() {
        let _either = read.await.unwrap();
    }
    assert!(!folder.path().join("test.db").exists());
}

#[tokio::test]
async fn transactions_that_read_first_wait_for_their_turn() {
    let (_folder, url) = sqlite_file();
    let database = Database::connect(&url).await.unwrap();
    async fn count(
        State(database): State<Database>,
        row: Update<first::Row>,
    ) -> Result<Tagged<first::Row>, Problem> {
        let mut transaction = database.begin::<sqlx::Sqlite>().await?;
        sqlx::query("SELECT count(*) FROM etag_rows").fetch_one(&mut *transaction).await?;
        let saved = row.save_in(&mut transaction).await?;
        saved.committed(transaction.commit().await)
    }
    let app = Router::new().route("/{id}", put(count)).with_state(database);
    let calls = (0..16).map(|id| {
        let app = app.clone();
        tokio::spawn(async move { call(&app, "PUT", &format!("/{id}"), &[JSON], "{}").await.status })
    });
    for status in calls.collect::<Vec<_>>() {
        assert_eq!(status.await.unwrap(), 201);
    }
}
