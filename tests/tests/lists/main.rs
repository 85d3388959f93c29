//! Lists: which resources a selection has, in which order and in which versions; and writes of many resources at
//! once. (Checklist 13, 34, 35, 44, 52, 74, 77, 97, 120, 123.)

mod bulks;
mod inserts;
mod own_store;
mod policies;
mod releases;
mod scalars;
mod selections;
mod tenants;
mod versions;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{self, AtomicBool};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{FromRef, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{self, get};
use axum::{Json, Router};
use etag_core::axum::{
    ChangeEach, Create, Fresh, FreshList, Guarded, GuardedList, InList, MergePatch, Tagged, Update, Whole,
};
use etag_core::{
    Access, Anyone, Authorize, Bulk, Database, DatabaseError, Insert, Inserted, KeyPrefix, Loaded, Matched,
    Problem, Removed, Representation, Required, Resource, Select, Selected, Selection, StateTag, Store,
    StoreIn, Timestamp, Version, Versioned, Written, WrittenAll,
};
use http::StatusCode;
use http::request::Parts;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select, subsequence};
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use tests::statements::{statements_of, verbs};
use tests::{Answer, call, on_each_database, sqlite_file};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use uuid::Uuid;

/// The types whose tags are made in each way.
macro_rules! kinds {
    ($($kind:ident $collection:literal $([$attribute:meta])* { $($members:tt)* })*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
        #[versioned(store = Database, collection = $collection, create = "put")]
        $(#[$attribute])*
        struct $kind {
            #[versioned(id)]
            id: u64,
            text: String,
            $($members)*
        }
    )*};
}

kinds! {
    Note "notes" {}
    Shown "shown" [versioned(embed = "etag")] {}
    Second "second" [versioned(epoch = 2)] {}
    Dated "dated" { #[versioned(modified)] at: Timestamp, }
    Counted "counted" [versioned(embed = "etag")] { #[versioned(revision)] revision: u64, }
    Silent "silent" { #[serde(skip)] #[versioned(revision)] revision: u64, }
    Timed "timed" [versioned(epoch = 2)] { #[versioned(revision)] at: Timestamp, }
}

/// A list with each of its methods, and its resources.
fn routes<T>() -> Router<Database>
where
    T: Resource<Store = Database, Policy = Anyone> + DeserializeOwned,
{
    let list = get(async |list: FreshList<T>| list)
        .put(async |list: GuardedList<T>| list.save().await)
        .patch(async |list: GuardedList<T, MergePatch>| list.save().await)
        .post(async |value: Create<T, InList>| value.save().await);
    let one = get(async |value: Fresh<T>| value)
        .put(async |value: Update<T>| value.save().await)
        .delete(async |value: Guarded<T>| value.delete().await);
    Router::new()
        .route(&format!("/{}", T::COLLECTION), list)
        .route(&format!("/{}/{{id}}", T::COLLECTION), one)
}

async fn show(router: &Router, uri: &str) -> Answer {
    let answer = call(router, "GET", uri, &[], "").await;
    assert_eq!(answer.status, 200, "GET {uri}: {}", answer.text());
    answer
}

async fn show_if(router: &Router, uri: &str, tag: &str) -> Answer {
    call(router, "GET", uri, &[("if-none-match", tag)], "").await
}

async fn send(router: &Router, method: &str, uri: &str, condition: (&str, &str), body: &Value) -> Answer {
    let content_type = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
    let headers = [("content-type", content_type), condition];
    let headers = if condition.0.is_empty() { &headers[..1] } else { &headers[..] };
    call(router, method, uri, headers, body.to_string()).await
}

const NO_CONDITION: (&str, &str) = ("", "");

/// Writes `{"text":…}` whatever is there.
async fn put(router: &Router, uri: &str, text: &str) -> Answer {
    let exists = call(router, "GET", uri, &[], "").await.status == 200;
    let condition = if exists { ("if-match", "*") } else { NO_CONDITION };
    let answer = send(router, "PUT", uri, condition, &json!({ "text": text })).await;
    assert!([200, 201].contains(&answer.status), "PUT {uri}: {}", answer.text());
    answer
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn items_of(list: &Answer) -> Vec<Value> {
    serde_json::from_slice(&list.body).unwrap()
}

fn ids(list: &Answer) -> Vec<Value> {
    items_of(list).iter().map(|item| item["id"].clone()).collect()
}

/// What stands in front of the variant, and the variant.
fn parts_of(etag: &str) -> (&str, Option<&str>) {
    let opaque = etag.trim_matches('"');
    opaque.split_once('.').map_or((opaque, None), |(state, variant)| (state, Some(variant)))
}

fn sha_256(text: &str) -> StateTag {
    StateTag::from_hash(Sha256::digest(text).into())
}

async fn import<T: Resource + DeserializeOwned>(database: &Database, values: Vec<T>) {
    database.import(values, Required::New, |_| {}).await.unwrap();
}

async fn ids_of<T: Resource + DeserializeOwned>(database: &Database, query: &str) -> Vec<T::Key> {
    let selection = Selection::parse::<T>(query).unwrap();
    let selected: Selected<T> = database.select(&[], &selection).await.unwrap();
    selected.items().iter().map(|(key, _)| key.clone()).collect()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "texts")]
struct ByText {
    #[versioned(id)]
    id: String,
    text: String,
}

impl ByText {
    fn new(id: &str, text: &str) -> Self {
        Self { id: id.to_owned(), text: text.to_owned() }
    }
}

/// Keys that SQL, JSON or a path could misread, in the order of their texts.
const ODD: [&str; 14] =
    ["\0", "\"", "%", "%2F", "' OR 1=1 --", "-1", "/", "10", "9", "a", "a\0b", "a/b", "\u{e9}", "\u{1f600}"];

/// Numbers that a double, or 64 bits, can't tell from their neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "large")]
struct Large {
    #[versioned(id)]
    id: u8,
    whole: u64,
    wide: i128,
    double: f64,
    #[versioned(serde)]
    foreign: i64,
}

const LARGE: Large = Large { id: 0, whole: 0, wide: 0, double: 0.0, foreign: 0 };

fn note(id: u64, text: &str) -> Note {
    Note { id, text: text.to_owned() }
}

fn dated(id: u64, text: &str) -> Dated {
    Dated { id, text: text.to_owned(), at: Timestamp::now() }
}
