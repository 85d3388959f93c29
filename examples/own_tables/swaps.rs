//! Each `swap` writes over what was found, and over nothing else: what a client rarely meets is made here on purpose.

use std::fmt::Debug;

use etag_core::{CompareAndSwap, Found, Matched, Removed, Resource, Written};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};

use crate::{machines, parts, tools};

async fn place() -> SqliteConnection {
    let mut place = SqliteConnection::connect("sqlite::memory:").await.expect("a database in memory");
    for schema in [tools::SCHEMA, machines::SCHEMA, parts::SCHEMA] {
        sqlx::raw_sql(schema).execute(&mut place).await.expect("the schema is one");
    }
    place
}

/// What somebody else does between a `find` and its `swap`.
async fn write<T>(place: &mut SqliteConnection, key: &T::Key, value: &Value, name: &str)
where
    T: Resource + DeserializeOwned + Debug,
    SqliteConnection: CompareAndSwap<T>,
{
    let value: T = named(value, name);
    let written = place.replace(Matched::unconditional(key.clone()), value).await.expect("it is written");
    assert!(matches!(written, Written::Created(..) | Written::Replaced(..)), "{written:?}");
}

async fn remove<T: Resource>(place: &mut SqliteConnection, key: &T::Key)
where
    SqliteConnection: CompareAndSwap<T>,
{
    let matched = Matched::<T>::unconditional(key.clone());
    assert_eq!(place.remove(matched).await.expect("it is removed"), Removed::Removed);
}

fn named<T: DeserializeOwned>(value: &Value, name: &str) -> T {
    let mut value = value.clone();
    value["name"] = name.into();
    serde_json::from_value(value).expect("it is one")
}

/// Neither a value nor its end is put where something else was found.
async fn is_refused<T>(
    place: &mut SqliteConnection,
    key: &T::Key,
    found: &Found<T>,
    value: &Value,
    when: &str,
) where
    T: Resource + DeserializeOwned + Debug,
    SqliteConnection: CompareAndSwap<T>,
{
    let before = format!("{:?}", place.find(key).await.expect("it is found"));
    let late: T = named(value, "late");
    assert!(!place.swap(key, found, Some(&late)).await.expect("it is compared"), "{when}: overwrites");
    if found.value.is_some() {
        assert!(!place.swap(key, found, None).await.expect("it is compared"), "{when}: deletes");
    }
    assert_eq!(format!("{:?}", place.find(key).await.expect("it is found")), before, "{when}");
}

async fn compares<T>(key: T::Key, value: Value, keeps_stamps: bool)
where
    T: Resource + DeserializeOwned + Debug,
    SqliteConnection: CompareAndSwap<T>,
{
    let place = &mut place().await;
    let never: Found<T> = place.find(&key).await.expect("it is found");
    assert!(never.value.is_none() && never.last.is_none());
    write::<T>(place, &key, &value, "first").await;
    is_refused(place, &key, &never, &value, "somebody else created it").await;

    let first: Found<T> = place.find(&key).await.expect("it is found");
    write::<T>(place, &key, &value, "second").await;
    is_refused(place, &key, &first, &value, "somebody else wrote it").await;

    let second: Found<T> = place.find(&key).await.expect("it is found");
    remove::<T>(place, &key).await;
    is_refused(place, &key, &second, &value, "somebody else deleted it").await;

    let deleted: Found<T> = place.find(&key).await.expect("it is found");
    assert_eq!((deleted.value.is_none(), deleted.last.is_some()), (true, keeps_stamps));
    write::<T>(place, &key, &value, "third").await;
    is_refused(place, &key, &deleted, &value, "somebody else made it again").await;
    if keeps_stamps {
        remove::<T>(place, &key).await;
        is_refused(place, &key, &deleted, &value, "somebody else made it again, and deleted it").await;
    }
}

#[tokio::test]
async fn a_tool_is_swapped_for_what_was_found_and_for_nothing_else() {
    let value = json!({ "id": "saw", "name": "", "keeper": null, "uses": 1, "revision": 7 });
    compares::<tools::Tool>("saw".to_owned(), value, true).await;
}

#[tokio::test]
async fn a_machine_is_swapped_for_what_was_found_and_for_nothing_else() {
    let value = json!({ "id": 1, "name": "", "hall": null, "hours": 1, "updatedAt": "2026-01-01T00:00:00Z" });
    compares::<machines::Machine>(1, value, true).await;
}

#[tokio::test]
async fn a_part_is_swapped_for_what_was_found_and_for_nothing_else() {
    let value = json!({ "id": "bolt", "name": "", "shelf": null, "stock": 1 });
    compares::<parts::Part>("bolt".to_owned(), value, false).await;
}

/// Each column of a part is compared, and one NULL is another's equal.
#[tokio::test]
async fn a_part_of_which_one_column_is_another_is_another() {
    let place = &mut place().await;
    for column in ["name = 'other'", "shelf = 'A'", "stock = 2"] {
        let delete = sqlx::query("DELETE FROM parts");
        delete.execute(&mut *place).await.expect("it is deleted");
        let value = json!({ "id": "bolt", "name": "", "shelf": null, "stock": 1 });
        write::<parts::Part>(place, &"bolt".to_owned(), &value, "bolt").await;
        let found =
            CompareAndSwap::<parts::Part>::find(place, &"bolt".to_owned()).await.expect("it is found");
        let update = sqlx::AssertSqlSafe(format!("UPDATE parts SET {column}"));
        sqlx::query(update).execute(&mut *place).await.expect("it is changed");
        is_refused(place, &"bolt".to_owned(), &found, &value, column).await;
    }
}
