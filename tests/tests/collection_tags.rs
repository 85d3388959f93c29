//! `collection_tag`: the lists of a type have the tag of the whole collection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use etag_core::axum::{
    Create, Fresh, FreshList, Guarded, GuardedList, InList, MergePatch, Problem, Tagged, Update,
};
use etag_core::{
    Database, FromJson, Matched, Required, Resource, Select, Selection, StateTag, Store, StoreIn, Timestamp,
    Versioned, Written,
};
use http::StatusCode;
use proptest::prelude::{Strategy, any};
use proptest::proptest;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, Postgres, Sqlite};
use tests::statements::statements_of;
use tests::{Answer, call, on_each_database, postgres_database, sqlite_file};
use tokio::task::JoinSet;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "readings", create = "put", collection_tag)]
struct Reading {
    #[versioned(id)]
    id: String,
    celsius: i64,
}

impl Reading {
    fn new(id: &str, celsius: i64) -> Self {
        Self { id: id.to_owned(), celsius }
    }
}

/// The same rows in a later release.
mod later {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
    #[versioned(store = Database, collection = "readings", create = "put", collection_tag)]
    pub struct Reading {
        #[versioned(id)]
        pub id: String,
        pub celsius: i64,
        #[serde(default)]
        pub place: String,
    }
}

/// The same without.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "plain", create = "put")]
struct Plain {
    #[versioned(id)]
    id: String,
    celsius: i64,
}

const JSON: (&str, &str) = ("content-type", "application/json");

fn router(database: &Database) -> Router {
    async fn list(readings: FreshList<Reading>) -> Tagged<Vec<Reading>> {
        readings.into()
    }
    async fn create(reading: Create<Reading, InList>) -> Result<Tagged<Reading>, Problem> {
        reading.save().await
    }
    async fn replace_all(readings: GuardedList<Reading>) -> Result<Tagged<Vec<Reading>>, Problem> {
        readings.save().await
    }
    async fn patch_all(readings: GuardedList<Reading, MergePatch>) -> Result<Tagged<Vec<Reading>>, Problem> {
        readings.save().await
    }
    async fn show(reading: Fresh<Reading>) -> Tagged<Reading> {
        reading.into()
    }
    async fn replace(reading: Update<Reading>) -> Result<Tagged<Reading>, Problem> {
        reading.save().await
    }
    async fn delete(reading: Guarded<Reading>) -> Result<StatusCode, Problem> {
        reading.delete().await
    }
    async fn plain(readings: FreshList<Plain>) -> Tagged<Vec<Plain>> {
        readings.into()
    }
    Router::new()
        .route("/readings", get(list).post(create).put(replace_all).patch(patch_all))
        .route("/readings/{id}", get(show).put(replace).delete(delete))
        .route("/plain", get(plain))
        .with_state(database.clone())
}

async fn get_list(app: &Router, query: &str, tag: &str) -> Answer {
    call(app, "GET", &format!("/readings{query}"), &[("if-none-match", tag)], "").await
}

async fn tag(app: &Router) -> String {
    get_list(app, "", "\"none\"").await.header("etag").to_owned()
}

async fn put(app: &Router, id: &str, conditions: &[(&str, &str)], celsius: i64) -> Answer {
    let headers = [&[JSON], conditions].concat();
    call(app, "PUT", &format!("/readings/{id}"), &headers, format!(r#"{{"celsius":{celsius}}}"#)).await
}

#[tokio::test]
async fn each_list_has_the_tag_of_the_collection_and_each_change_another_one() {
    on_each_database(async |database| {
        let app = router(&database);
        let mut seen = vec![tag(&app).await];
        for (id, celsius) in [("a", 1), ("b", 2), ("a", 3)] {
            let current = call(&app, "GET", &format!("/readings/{id}"), &[], "").await;
            let condition = match current.status {
                404 => ("if-none-match", "*"),
                _ => ("if-match", current.header("etag")),
            };
            let first = put(&app, id, &[condition], celsius).await;
            assert!(first.status < 300, "{}", first.text());
            seen.push(tag(&app).await);
            // What changes nothing changes no tag.
            assert_eq!(put(&app, id, &[("if-match", first.header("etag"))], celsius).await.status, 200);
            assert_eq!(put(&app, id, &[("if-match", "\"stale\"")], 99).await.status, 412);
            assert_eq!(&tag(&app).await, seen.last().unwrap());
        }
        let current = call(&app, "GET", "/readings/b", &[], "").await;
        let deleted = call(&app, "DELETE", "/readings/b", &[("if-match", current.header("etag"))], "").await;
        assert_eq!(deleted.status, 204);
        let last = tag(&app).await;
        for query in ["", "?limit=1", "?sort=-celsius", "?celsius=77", "?offset=5"] {
            let page = get_list(&app, query, "").await;
            assert_eq!((page.status, page.header("etag")), (200, last.as_str()), "{query}");
            assert_eq!(page.header("x-total-count"), if query.contains("77") { "0" } else { "1" });
            assert_eq!(get_list(&app, query, &last).await.status, 304, "{query}");
            for older in &seen {
                assert_eq!(get_list(&app, query, older).await.status, 200, "{query}");
            }
        }
        seen.push(last);
        let distinct: std::collections::HashSet<&String> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "{seen:?}");
    })
    .await;
}

#[tokio::test]
async fn the_tag_of_the_collection_guards_writes_of_its_lists() {
    on_each_database(async |database| {
        let app = router(&database);
        for id in ["a", "b", "c"] {
            assert_eq!(put(&app, id, &[("if-none-match", "*")], 0).await.status, 201);
        }
        let first = tag(&app).await;
        let patch = async |tag: &str, celsius: i64| {
            let headers = [("content-type", "application/merge-patch+json"), ("if-match", tag)];
            let body = format!(r#"[{{"id":"a","celsius":{celsius}}},{{"id":"b","celsius":{celsius}}}]"#);
            call(&app, "PATCH", "/readings", &headers, body).await
        };
        let patched = patch(&first, 5).await;
        assert_eq!((patched.status, patched.header("etag")), (200, ""), "{}", patched.text());
        // The client was not shown a tag of what others may have written since.
        let stale = patch(&first, 6).await;
        let second = tag(&app).await;
        assert_eq!((stale.status, stale.header("etag")), (412, second.as_str()));
        // A change of what the body does not name counts as well.
        let c = call(&app, "GET", "/readings/c", &[], "").await;
        assert_eq!(put(&app, "c", &[("if-match", c.header("etag"))], 1).await.status, 200);
        assert_eq!(patch(&second, 6).await.status, 412);

        let third = tag(&app).await;
        let post = async |tag: &str, id: &str| {
            let body = format!(r#"{{"id":"{id}","celsius":0}}"#);
            call(&app, "POST", "/readings", &[JSON, ("if-match", tag)], body).await.status
        };
        assert_eq!(post(&second, "d").await, 412);
        assert_eq!(post(&third, "d").await, 201);
        assert_eq!(post(&third, "e").await, 412);
        let whole = [JSON, ("if-match", &*tag(&app).await)];
        let body = r#"[{"id":"a","celsius":8}]"#;
        assert_eq!(call(&app, "PUT", "/readings", &whole, body).await.status, 200);
        assert_eq!(call(&app, "PUT", "/readings", &whole, body).await.status, 412);
    })
    .await;
}

#[tokio::test]
async fn a_304_of_a_list_is_one_look_at_the_collection_however_long_that_is() {
    let (_folder, file) = sqlite_file();
    let sqlite = Database::connect(&file).await.unwrap();
    let app = router(&sqlite);
    let many = (0..2000).map(|number| Reading::new(&number.to_string(), number)).collect();
    sqlite.import(many, Required::New, |_| {}).await.unwrap();
    let tag_now = tag(&app).await;
    let one = SqlitePoolOptions::new().max_connections(1).connect(&file).await.unwrap();
    let one = Database::from_pool(one).await.unwrap();
    let app = router(&one);
    let asked = get_list(&app, "?sort=-celsius", &tag_now);
    let (answer, statements) = statements_of(one.pool::<Sqlite>().unwrap(), asked).await;
    assert_eq!((answer.status, statements.len()), (304, 1), "{statements:?}");
    assert!(!statements[0].contains("etag_rows"), "{statements:?}");

    let Some(url) = postgres_database() else { return };
    let pool =
        PgPoolOptions::new().max_connections(1).test_before_acquire(false).connect(&url).await.unwrap();
    let app = router(&Database::from_pool(pool.clone()).await.unwrap());
    let tag_now = tag(&app).await;
    let asked = get_list(&app, "?sort=-celsius", &tag_now);
    let (answer, statements) = statements_of(&pool, asked).await;
    assert_eq!((answer.status, statements.len()), (304, 1), "{statements:?}");
    assert!(!statements[0].contains("etag_rows"), "{statements:?}");
}

#[tokio::test]
async fn whoever_writes_the_rows_changes_the_tag() {
    let statements = [
        "UPDATE etag_rows SET document = document WHERE collection = 'readings' AND key = 'a'",
        "DELETE FROM etag_rows WHERE collection = 'readings'",
    ];
    on_each_database(async |database| {
        let app = router(&database);
        assert_eq!(put(&app, "a", &[("if-none-match", "*")], 0).await.status, 201);
        for statement in statements {
            let before = tag(&app).await;
            if let Some(pool) = database.pool::<Sqlite>() {
                sqlx::query(statement).execute(pool).await.unwrap();
            } else if let Some(pool) = database.pool::<Postgres>() {
                sqlx::query(statement).execute(pool).await.unwrap();
            } else {
                return;
            }
            assert_ne!(tag(&app).await, before, "{statement}");
        }
        // Of other collections nothing is kept.
        let before = tag(&app).await;
        let matched = Matched::unconditional("a".to_owned());
        let _: Written<Plain> =
            database.replace(matched, Plain { id: "a".to_owned(), celsius: 1 }).await.unwrap();
        assert_eq!(tag(&app).await, before);
    })
    .await;
}

/// What the greatest stamp of all rows would miss: the one that was taken first is committed last.
#[tokio::test]
async fn a_change_that_is_committed_late_changes_the_tag() {
    let Some(url) = postgres_database() else { return };
    let database = Database::connect(&url).await.unwrap();
    let app = router(&database);
    tag(&app).await;
    let mut slow = database.begin::<Postgres>().await.unwrap();
    let matched = Matched::unconditional("slow".to_owned());
    let _: Written<Reading> = database.replace_in(&mut slow, matched, Reading::new("slow", 1)).await.unwrap();
    assert_eq!(put(&app, "fast", &[("if-none-match", "*")], 1).await.status, 201);
    let between = get_list(&app, "", "").await;
    assert_eq!(between.header("x-total-count"), "1");
    slow.commit().await.unwrap();
    let after = get_list(&app, "", between.header("etag")).await;
    assert_eq!((after.status, after.header("x-total-count")), (200, "2"));
}

#[tokio::test]
async fn another_release_has_other_tags_for_the_same_rows() {
    on_each_database(async |database| {
        async fn list(readings: FreshList<later::Reading>) -> Tagged<Vec<later::Reading>> {
            readings.into()
        }
        let app = router(&database);
        let other = Router::new().route("/readings", get(list)).with_state(database.clone());
        assert_eq!(put(&app, "a", &[("if-none-match", "*")], 0).await.status, 201);
        for query in ["", "?sort=celsius"] {
            let (old, new) = (get_list(&app, query, "").await, get_list(&other, query, "").await);
            assert_eq!((old.status, new.status), (200, 200));
            assert_ne!(old.header("etag"), new.header("etag"), "{query}");
            assert_ne!(old.body, new.body);
        }
    })
    .await;
}

/// Creates, replaces and deletes three readings of its own until then; how often.
async fn keep_writing(app: Router, writer: i64, until: Instant) -> usize {
    let mut written = 0;
    for number in 0.. {
        if Instant::now() > until {
            break;
        }
        let id = format!("{writer}-{}", number % 3);
        let path = format!("/readings/{id}");
        let current = call(&app, "GET", &path, &[], "").await;
        let guard = match current.status {
            404 => ("if-none-match", "*"),
            _ => ("if-match", current.header("etag")),
        };
        let answer = match number % 5 {
            4 if current.status == 200 => call(&app, "DELETE", &path, &[guard], "").await,
            _ => put(&app, &id, &[guard], number).await,
        };
        assert!(answer.status < 300, "{}", answer.text());
        written += 1;
        tokio::task::yield_now().await;
    }
    written
}

/// The body that each tag was seen with.
type Bodies = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// Asks for the list with the last tag until then; how often there was another one.
async fn keep_watching(app: Router, bodies: Bodies, until: Instant) -> usize {
    let mut held = String::new();
    let mut seen = 0;
    while Instant::now() < until {
        tokio::task::yield_now().await;
        let answer = get_list(&app, "?limit=100", &held).await;
        if answer.status == 304 {
            continue;
        }
        held = answer.header("etag").to_owned();
        let body = answer.body.to_vec();
        let known = bodies.lock().unwrap().entry(held.clone()).or_insert(body.clone()).clone();
        assert_eq!(known, body, "{held}");
        seen += 1;
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn no_tag_names_two_lists_while_writers_run() {
    on_each_database(async |database| {
        let bodies = Bodies::default();
        let app = router(&database);
        let until = Instant::now() + Duration::from_secs(3);
        let mut tasks = JoinSet::new();
        for writer in 0..6 {
            tasks.spawn(keep_writing(app.clone(), writer, until));
        }
        for _ in 0..4 {
            tasks.spawn(keep_watching(app.clone(), Arc::clone(&bodies), until));
        }
        let counts = tasks.join_all().await;
        eprintln!("writes and lists: {counts:?}, tags: {}", bodies.lock().unwrap().len());
        assert!(bodies.lock().unwrap().len() > 5);
        // What is there in the end is what its tag has named all along.
        let last = get_list(&app, "?limit=100", "").await;
        assert_eq!(get_list(&app, "?limit=100", last.header("etag")).await.status, 304);
        let rows: Value = serde_json::from_slice(&last.body).unwrap();
        assert_eq!(rows.as_array().unwrap().len().to_string(), last.header("x-total-count"));
    })
    .await;
}

/// Bulks in opposite orders, and single writes between them: nobody waits in a circle for what is kept.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_the_collection_makes_no_deadlock() {
    let Some(url) = postgres_database() else { return };
    let database = Database::connect(&url).await.unwrap();
    let app = router(&database);
    for id in ["a", "b", "c"] {
        assert_eq!(put(&app, id, &[("if-none-match", "*")], 0).await.status, 201);
    }
    tag(&app).await;
    let mut tasks = JoinSet::new();
    for client in 0..8_i64 {
        let app = app.clone();
        tasks.spawn(async move {
            for round in 0..15 {
                let ids = if client % 2 == 0 { ["a", "b", "c"] } else { ["c", "b", "a"] };
                let celsius = client * 100 + round;
                let items = ids.map(|id| format!(r#"{{"id":"{id}","celsius":{celsius}}}"#)).join(",");
                let headers = [("content-type", "application/merge-patch+json"), ("if-match", "*")];
                let answer = call(&app, "PATCH", "/readings", &headers, format!("[{items}]")).await;
                // Overtaken time and again is no deadlock, which would be told after a second.
                assert!([200, 503].contains(&answer.status), "{}", answer.text());
                assert!(!answer.text().contains("deadlock"));
            }
        });
    }
    tasks.join_all().await;
    let deadlocks: i64 =
        sqlx::query_scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            .fetch_one(&PgPool::connect(&url).await.unwrap())
            .await
            .unwrap();
    assert_eq!(deadlocks, 0);
}

/// What a write costs more where the collection is kept: `-- --nocapture` prints it.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_where_the_collection_is_kept_costs_little_more() {
    let (_folder, file) = sqlite_file();
    let urls = [Some("memory:".to_owned()), Some(file), postgres_database()];
    for url in urls.into_iter().flatten() {
        let database = Database::connect(&url).await.unwrap();
        Select::<Reading, _>::select(&database, &[], &Selection::new()).await.unwrap();
        let (mut kept, mut plain) = (Vec::new(), Vec::new());
        for round in 0..200 {
            let begun = Instant::now();
            let matched = Matched::<Reading>::unconditional("a".to_owned());
            let _: Written<Reading> = database.replace(matched, Reading::new("a", round)).await.unwrap();
            kept.push(begun.elapsed());
            let begun = Instant::now();
            let matched = Matched::<Plain>::unconditional("a".to_owned());
            let new = Plain { id: "a".to_owned(), celsius: round };
            let _: Written<Plain> = Store::<Plain>::replace(&database, matched, new).await.unwrap();
            plain.push(begun.elapsed());
        }
        // The middle ones: others on the machine make some writes of either kind slow.
        let [kept, plain] = [kept, plain].map(|mut times: Vec<Duration>| {
            times.sort();
            times[times.len() / 2]
        });
        let kind = url.split(':').next().unwrap();
        eprintln!("{kind}: {:.2} of a write without", kept.as_secs_f64() / plain.as_secs_f64());
        assert!(kept < plain * 5, "{kind}: {kept:?} and {plain:?}");
    }
}

#[tokio::test]
async fn a_collection_can_be_named_by_any_text() {
    #[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
    #[versioned(store = Database, collection = "it's \"a\" %I $1 \\ collection of a name that is longer than an identifier may be", collection_tag)]
    struct Odd {
        #[versioned(id)]
        id: u64,
    }
    on_each_database(async |database| {
        let first = Store::<Odd>::collection_state(&database).await.unwrap();
        let _: Written<Odd> = database.replace(Matched::unconditional(1), Odd { id: 1 }).await.unwrap();
        assert_ne!(Store::<Odd>::collection_state(&database).await.unwrap(), first);
        if let Some(pool) = database.pool::<Postgres>() {
            let removed = AssertSqlSafe("DELETE FROM etag_rows");
            sqlx::query(removed).execute(pool).await.unwrap();
            assert_ne!(Store::<Odd>::collection_state(&database).await.unwrap(), first);
        }
    })
    .await;
}

async fn in_memory() -> Database {
    Database::connect("memory:").await.unwrap()
}

async fn state_of<T: Resource<Store = Database> + FromJson>(database: &Database) -> StateTag {
    Store::<T>::collection_state(database).await.unwrap().unwrap()
}

async fn write<T: Resource<Key = String> + FromJson>(database: &Database, id: &str, value: T) {
    let _: Written<T> = database.replace(Matched::unconditional(id.to_owned()), value).await.unwrap();
}

async fn delete<T: Resource<Key = String> + FromJson>(database: &Database, id: &str) {
    let _ = Store::<T>::remove(database, Matched::unconditional(id.to_owned())).await.unwrap();
}

/// As a process that is started again and filled again: who had a list has it still.
#[tokio::test]
async fn in_memory_the_same_items_have_the_same_tag_whatever_led_to_them() {
    let database = in_memory().await;
    for (id, celsius) in [("c", 9), ("b", 2), ("c", 3), ("a", 1)] {
        write(&database, id, Reading::new(id, celsius)).await;
    }
    let tag_then = tag(&router(&database)).await;
    for id in ["a", "c"] {
        delete::<Reading>(&database, id).await;
        assert_ne!(tag(&router(&database)).await, tag_then);
    }
    write(&database, "c", Reading::new("c", 3)).await;
    write(&database, "a", Reading::new("a", 1)).await;
    assert_eq!(get_list(&router(&database), "?sort=-celsius", &tag_then).await.status, 304);

    let other = in_memory().await;
    let readings = [("a", 1), ("b", 2), ("c", 3)].map(|(id, celsius)| Reading::new(id, celsius));
    other.import(readings.to_vec(), Required::New, |_| {}).await.unwrap();
    assert_eq!(get_list(&router(&other), "", &tag_then).await.status, 304);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "numbered", collection_tag)]
struct Numbered {
    #[versioned(id)]
    id: String,
    #[versioned(revision)]
    revision: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "dated", collection_tag)]
struct Dated {
    #[versioned(id)]
    id: String,
    #[versioned(modified)]
    changed: Timestamp,
}

/// Their states never come again, and so does no tag of theirs.
#[tokio::test]
async fn what_is_stamped_has_another_tag_after_it_was_deleted_and_created_again() {
    async fn never_again<T: Resource<Key = String, Store = Database> + FromJson>(new: impl Fn() -> T) {
        let database = in_memory().await;
        let mut seen = vec![state_of::<T>(&database).await];
        for _ in 0..3 {
            write(&database, "a", new()).await;
            let with = state_of::<T>(&database).await;
            assert!(!seen.contains(&with));
            seen.push(with);
            delete::<T>(&database, "a").await;
            assert_eq!(state_of::<T>(&database).await, seen[0], "nothing is there again");
        }
    }
    never_again(|| Numbered { id: "a".to_owned(), revision: 0 }).await;
    never_again(|| Dated { id: "a".to_owned(), changed: Timestamp::now() }).await;
}

/// Its date is shown to the second, and sorted by to the microsecond.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "coarse", collection_tag)]
struct Coarse {
    #[versioned(id)]
    id: String,
    celsius: i64,
    #[versioned(modified)]
    #[serde(with = "chrono::serde::ts_seconds")]
    changed: chrono::DateTime<chrono::Utc>,
}

#[tokio::test]
async fn a_list_by_a_date_that_is_shown_to_the_second_has_the_tag_of_its_order() {
    let database = in_memory().await;
    let new =
        |id: &str, celsius| Coarse { id: id.to_owned(), celsius, changed: chrono::DateTime::UNIX_EPOCH };
    let list = async || {
        let by_date = Selection::new().with_sort("changed");
        let (values, selected): (Vec<Coarse>, _) = database.load_selected(&[], &by_date).await.unwrap();
        // As they are sent.
        (serde_json::to_string(&values).unwrap(), selected.state())
    };
    let mut bodies: HashMap<StateTag, String> = HashMap::new();
    for celsius in [1, 2, 1, 2, 1, 2, 1, 2] {
        for id in ["a", "b"] {
            write(&database, id, new(id, celsius)).await;
            let (body, state) = list().await;
            assert_eq!(bodies.entry(state).or_insert_with(|| body.clone()), &body);
        }
    }
}

/// The rows of [`Reading`] as a release shows them that has a date in addition, and `place`.
mod dated {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
    #[versioned(store = Database, collection = "readings", create = "put", collection_tag)]
    pub struct Reading {
        #[versioned(id)]
        pub id: String,
        pub celsius: i64,
        #[serde(default)]
        pub place: String,
        #[versioned(modified)]
        #[serde(default = "Timestamp::now")]
        pub changed: Timestamp,
    }
}

/// Which release does what to which item.
type Step = (u8, bool, bool, bool, bool);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec((0..3_u8, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()), 1..25)
}

/// Takes the list of a release, and compares it with the one that had this tag before.
async fn watch<T: Resource<Key = String> + FromJson + Serialize>(
    database: &Database,
    bodies: &mut HashMap<StateTag, String>,
) {
    let (values, selected) =
        Select::<T, Selection>::load_selected(database, &[], &Selection::new()).await.unwrap();
    let body = serde_json::to_string(&values).unwrap();
    assert_eq!(bodies.entry(selected.state()).or_insert_with(|| body.clone()), &body);
}

async fn take(database: &Database, (release, deletes, b, warm, far): Step) {
    let (id, celsius) = (if b { "b" } else { "a" }.to_owned(), i64::from(warm));
    let place = if far { "far" } else { "near" }.to_owned();
    match release {
        _ if deletes => delete::<Reading>(database, &id).await,
        0 => write(database, &id.clone(), Reading { id, celsius }).await,
        1 => write(database, &id.clone(), later::Reading { id, celsius, place }).await,
        _ => {
            let changed = Timestamp::now();
            write(database, &id.clone(), dated::Reading { id, celsius, place, changed }).await;
        }
    }
}

proptest! {
    /// What one release makes of a row is not all that another one shows of it.
    #[test]
    fn in_memory_no_tag_names_two_lists_while_three_releases_write(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let database = in_memory().await;
            let mut bodies = HashMap::new();
            for step in steps {
                take(&database, step).await;
                watch::<Reading>(&database, &mut bodies).await;
                watch::<later::Reading>(&database, &mut bodies).await;
                watch::<dated::Reading>(&database, &mut bodies).await;
                // Rows are re-tagged beside the requests, at times.
                if step.3 {
                    tokio::task::yield_now().await;
                }
            }
        });
    }
}
