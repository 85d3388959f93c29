//! Re-tagging ahead of time: all rows of another release, once, and nothing else. (Checklist 13, 14, 60.)

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::get;
use etag_core::axum::{Fresh, Guarded, Update};
use etag_core::{
    Anyone, Database, DatabaseError, Required, Resource, Retagged, StateTag, Store, Timestamp, Version,
    Versioned,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, Sqlite};
use tests::{call, on_each_database};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;

/// A release of a program: the collection `things` as it knows it.
macro_rules! release {
    ($release:ident, $id:ty, { $($members:tt)* }) => {
        mod $release {
            use super::*;

            #[derive(Debug, Serialize, Deserialize, Versioned)]
            #[versioned(store = Database, collection = "things", create = "put")]
            pub struct Thing {
                #[versioned(id)]
                pub id: $id,
                #[versioned(modified)]
                pub modified: Timestamp,
                $($members)*
            }
        }
    };
}

release!(before, u64, { pub count: u64 });
release!(after, u64, { pub count: u64, #[serde(default)] pub colour: Option<String> });
release!(texts, u64, { pub count: String });
release!(by_name, String, { pub count: u64 });

fn before(id: u64) -> before::Thing {
    before::Thing { id, modified: Timestamp::now(), count: 0 }
}

fn after(id: u64) -> after::Thing {
    after::Thing { id, modified: Timestamp::now(), count: 0, colour: None }
}

fn text(id: u64) -> texts::Thing {
    texts::Thing { id, modified: Timestamp::now(), count: "many".to_owned() }
}

fn by_name(id: &str) -> by_name::Thing {
    by_name::Thing { id: id.to_owned(), modified: Timestamp::now(), count: 0 }
}

async fn import<T: Resource + DeserializeOwned>(database: &Database, values: Vec<T>) {
    database.import(values, Required::New, |_| {}).await.unwrap();
}

async fn version<T: Resource + DeserializeOwned>(database: &Database, id: T::Key) -> Version {
    Store::<T>::version(database, &id).await.unwrap().unwrap()
}

async fn retag<T: Resource + DeserializeOwned>(database: &Database) -> Retagged {
    let unexpected = |_: &Retagged, unreadable: &[DatabaseError]| assert!(unreadable.is_empty());
    database.retag::<T>(unexpected).await.unwrap()
}

/// The rows of a database, all columns, by key; none in memory, which nobody can look into.
async fn rows(database: &Database) -> Vec<String> {
    if let Some(pool) = database.pool::<Postgres>() {
        let all =
            "SELECT concat_ws('|', key, modified, alone, state, content, shape, exact, members, document)
            FROM etag_rows ORDER BY key";
        return sqlx::query_scalar(all).fetch_all(pool).await.unwrap();
    }
    let Some(pool) = database.pool::<Sqlite>() else {
        return Vec::new();
    };
    let all =
        "SELECT concat_ws('|', key, modified, alone, state, content, shape, exact, members, hex(document))
        FROM etag_rows ORDER BY key";
    sqlx::query_scalar(all).fetch_all(pool).await.unwrap()
}

#[tokio::test]
async fn the_rows_of_another_release_are_retagged_once_and_those_of_this_one_are_left_alone() {
    on_each_database(async |database| {
        import(&database, (0..603).map(before).collect()).await;
        import(&database, (2000..2005).map(after).collect()).await;
        let own = version::<after::Thing>(&database, 2000).await;
        let rows_before = rows(&database).await;

        let mut steps = Vec::new();
        let done = database.retag::<after::Thing>(|so_far, unreadable| {
            assert!(unreadable.is_empty());
            steps.push(*so_far);
        });
        let done = done.await.unwrap();
        assert_eq!((done.total, done.seen, done.retagged, done.unreadable), (603, 603, 603, 0));
        assert_eq!(steps.last(), Some(&done));
        assert!(steps.len() > 1 && steps.is_sorted_by_key(|step| step.seen), "{steps:?}");

        let rows_after = rows(&database).await;
        for (before, after) in rows_before.iter().zip(&rows_after) {
            let is_own = before.split('|').next().unwrap().parse::<u64>().unwrap() >= 2000;
            assert_eq!(before == after, is_own, "{before}\n{after}");
            let document = |row: &str| row.rsplit('|').next().unwrap().to_owned();
            assert_eq!(document(before), document(after));
        }
        assert_eq!(retag::<after::Thing>(&database).await, Retagged::default());
        assert_eq!(rows(&database).await, rows_after);

        assert_eq!(version::<after::Thing>(&database, 2000).await, own);
        assert!(own.modified.unwrap().is_alone());
        for id in [0, 499, 500, 602] {
            let value = database.get::<after::Thing>(&id).await.unwrap().unwrap();
            let version = version::<after::Thing>(&database, id).await;
            assert_eq!(version.state, StateTag::of(&value).unwrap());
            assert!(!version.modified.unwrap().is_alone(), "the date has stood for two bodies");
        }
    })
    .await;
}

#[tokio::test]
async fn what_can_not_be_read_is_named_and_all_others_are_done() {
    on_each_database(async |database| {
        import(&database, (0..550).map(text).collect()).await;
        import(&database, (1000..1550).map(before).collect()).await;
        import(&database, vec![by_name("north")]).await;
        let old = version::<texts::Thing>(&database, 7).await;
        for retagged in [550, 0] {
            let mut named = Vec::new();
            let done = database.retag::<after::Thing>(|_, unreadable| {
                named.extend(unreadable.iter().map(ToString::to_string));
            });
            let done = done.await.unwrap();
            assert_eq!((done.seen, done.retagged, done.unreadable), (551 + retagged, retagged, 551));
            for id in (0..550).map(|id| id.to_string()).chain(["north".to_owned()]) {
                let names = |error: &&String| {
                    error.contains(&format!("`things/{id}`")) || error.starts_with(&format!("`{id}`"))
                };
                assert_eq!(named.iter().filter(names).count(), 1, "{id}");
            }
        }
        assert_eq!(version::<texts::Thing>(&database, 7).await, old, "they are as they were");
        let unreadable = database.get::<after::Thing>(&7).await;
        assert!(matches!(unreadable, Err(DatabaseError::Document { key, .. }) if key == "7"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_once_share_the_rows() {
    on_each_database(async |database| {
        import(&database, (0..1500).map(before).collect()).await;
        let others = database.clone();
        let other = tokio::spawn(async move { retag::<after::Thing>(&others).await });
        let one = retag::<after::Thing>(&database).await;
        let other = other.await.unwrap();
        assert_eq!(one.retagged + other.retagged, 1500, "{one:?} {other:?}");
        assert_eq!(retag::<after::Thing>(&database).await.seen, 0);
    })
    .await;
}

#[tokio::test]
async fn what_was_done_before_it_was_stopped_stays_done() {
    on_each_database(async |database| {
        import(&database, (0..1500).map(before).collect()).await;
        let (sender, mut steps) = unbounded_channel();
        let stopped = database.retag::<after::Thing>(move |so_far, _| sender.send(*so_far).unwrap());
        let so_far = tokio::select! {
            biased;
            so_far = steps.recv() => so_far.unwrap(),
            _ = stopped => panic!("it was to be stopped in the middle"),
        };
        assert!((1..1500).contains(&so_far.retagged), "{so_far:?}");
        let rest = retag::<after::Thing>(&database).await;
        assert!((1..=1500 - so_far.retagged).contains(&rest.retagged), "{so_far:?} {rest:?}");
        assert_eq!(rest.seen, rest.total);
        assert_eq!(retag::<after::Thing>(&database).await.seen, 0);
    })
    .await;
}

fn router<T>(database: &Database) -> Router
where
    T: Resource<Store = Database, Policy = Anyone> + DeserializeOwned,
{
    let one = get(async |value: Fresh<T>| value)
        .put(async |value: Update<T>| value.save().await)
        .delete(async |value: Guarded<T>| value.delete().await);
    Router::new().route("/things/{id}", one).with_state(database.clone())
}

/// Counts a row up through both releases in turn, and makes it anew now and then, until it is told to stop.
/// Returns the last count.
async fn count_up(releases: [Router; 2], id: u64, stop: Arc<AtomicBool>) -> u64 {
    let uri = format!("/things/{id}");
    let mut count = 0;
    for turn in 0.. {
        let release = &releases[turn % 2];
        let shown = call(release, "GET", &uri, &[], "").await;
        assert_eq!(shown.status, 200, "{}", shown.text());
        assert!(shown.text().contains(&format!(r#""count":{count},"#)), "{} after {count}", shown.text());
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let guard = ("if-match", shown.header("etag"));
        if turn % 5 == 4 {
            let deleted = call(release, "DELETE", &uri, &[guard], "").await;
            assert_eq!(deleted.status, 204, "{uri}: {}", deleted.text());
            let gone = call(release, "GET", &uri, &[], "").await;
            assert_eq!(gone.status, 404, "{uri}");
        }
        let guard = if turn % 5 == 4 { ("if-none-match", "*") } else { guard };
        let headers = [("content-type", "application/json"), guard];
        let body = format!(r#"{{"count":{}}}"#, count + 1);
        let written = call(release, "PUT", &uri, &headers, body).await;
        assert!([200, 201].contains(&written.status), "{uri}: {}", written.text());
        count += 1;
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_write_and_delete_meanwhile_is_not_lost() {
    on_each_database(async |database| {
        import(&database, (0..600).map(before).collect()).await;
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = JoinSet::new();
        for id in [0, 1, 450, 599] {
            let releases = [router::<before::Thing>(&database), router::<after::Thing>(&database)];
            let stop = Arc::clone(&stop);
            writers.spawn(async move { (id, count_up(releases, id, stop).await) });
        }
        for _ in 0..3 {
            retag::<after::Thing>(&database).await;
            retag::<before::Thing>(&database).await;
        }
        stop.store(true, Ordering::SeqCst);
        retag::<after::Thing>(&database).await;
        for (id, count) in writers.join_all().await {
            let kept = database.get::<after::Thing>(&id).await.unwrap().unwrap();
            assert_eq!(kept.count, count, "{id}");
            assert!(count > 0, "{id} was not written meanwhile");
        }
    })
    .await;
}
