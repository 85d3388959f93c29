//! What a store promises, held by each database of ours and by one of a user's own. (Checklist 14, 20, 25,
//! 36, 41, 44, 50, 53.)

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use etag_core::axum::{
    Create, Fresh, FreshList, Guarded, MergePatch, NoList, Problem, Tagged, Update, Whole,
};
use etag_core::{
    Anyone, Database, DatabaseError, Key, Matched, Removed, Representation, Required, Resource, Select,
    Selection, StateTag, Store, StoreIn, Timestamp, Version, Versioned, Written,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, SqlitePool};
use tests::promises::Collection;
use tests::{Answer, call, on_each_database, sqlite_file};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "notes", create = "put")]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
    #[versioned(modified)]
    modified: Timestamp,
}

impl Note {
    fn new(id: u64, text: &str) -> Self {
        // The store says when: this is what a stamp replaces.
        Self { id, text: text.to_owned(), modified: Timestamp::from_microseconds(0) }
    }
}

/// A note without a date, whose state is the revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "counted", create = "put, ignore-if-match")]
struct Counted {
    #[versioned(id)]
    id: u64,
    text: String,
    #[versioned(revision)]
    revision: u64,
}

impl Counted {
    fn new(id: u64, text: &str) -> Self {
        Self { id, text: text.to_owned(), revision: 0 }
    }
}

async fn write<T: Resource + DeserializeOwned>(database: &Database, key: T::Key, value: T) -> Written<T> {
    database.replace(Matched::unconditional(key), value).await.unwrap()
}

/// Writes what is only there to be found.
async fn put<T: Resource + DeserializeOwned>(database: &Database, key: T::Key, value: T) {
    let _: Written<T> = write(database, key, value).await;
}

async fn version_of<T: Resource + DeserializeOwned>(database: &Database, key: &T::Key) -> Option<Version> {
    let version = Store::<T>::version(database, key).await.unwrap();
    let loaded: Option<(T, Version)> = database.load(key).await.unwrap();
    assert_eq!(version, loaded.as_ref().map(|(_, version)| *version), "columns and document agree");
    if let Some((value, version)) = &loaded {
        assert_eq!(version.state, StateTag::of(value).unwrap());
    }
    version
}

#[tokio::test]
async fn a_write_creates_replaces_or_changes_nothing() {
    on_each_database(async |database| {
        assert_eq!(version_of::<Note>(&database, &1).await, None);
        let Written::Created(created, first) = write(&database, 1, Note::new(1, "a")).await else {
            panic!("nothing was there");
        };
        assert_eq!(version_of::<Note>(&database, &1).await, Some(first));
        assert_eq!(first.modified.unwrap().time(), created.modified);

        let Written::Unchanged(same, version) = write(&database, 1, Note::new(1, "a")).await else {
            panic!("it is what is there, but for its date");
        };
        assert_eq!((same, version), (created.clone(), first));
        assert_eq!(version_of::<Note>(&database, &1).await, Some(first));

        let Written::Replaced(replaced, second) = write(&database, 1, Note::new(1, "b")).await else {
            panic!("it is another text");
        };
        assert!(replaced.modified > created.modified);
        assert_eq!(version_of::<Note>(&database, &1).await, Some(second));

        let Written::Replaced(back, third) = write(&database, 1, Note::new(1, "a")).await else {
            panic!("it is another text");
        };
        assert!(back.modified > replaced.modified);
        assert_ne!(third.state, first.state, "the date is part of the state");
    })
    .await;
}

#[tokio::test]
async fn a_key_in_the_value_is_that_of_the_write() {
    on_each_database(async |database| {
        let Written::Created(stored, _) = write(&database, 7, Note::new(9, "a")).await else {
            panic!("nothing was there");
        };
        assert_eq!(stored.id, 7);
        assert_eq!(database.get::<Note>(&7).await.unwrap(), Some(stored));
        assert_eq!(database.get::<Note>(&9).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_removed_value_is_gone_and_can_be_created_again() {
    on_each_database(async |database| {
        let remove = async || Store::<Note>::remove(&database, Matched::unconditional(1)).await.unwrap();
        assert_eq!(remove().await, Removed::Stale(None));
        let Written::Created(first, _) = write(&database, 1, Note::new(1, "a")).await else {
            panic!("nothing was there");
        };
        assert_eq!(remove().await, Removed::Removed);
        assert_eq!(remove().await, Removed::Stale(None));
        assert_eq!(version_of::<Note>(&database, &1).await, None);
        assert_eq!(database.all::<Note>().await.unwrap(), []);
        let Written::Created(second, _) = write(&database, 1, Note::new(1, "a")).await else {
            panic!("it was removed");
        };
        assert!(second.modified > first.modified);
    })
    .await;
}

/// The proof of a guard that passed is worth nothing once the state is another one.
#[tokio::test]
async fn a_guard_that_passed_too_early_is_stale() {
    on_each_database(async |database| {
        put(&database, 1, Note::new(1, "a")).await;
        let router = Router::new()
            .route("/replaced/{id}", get(overtaken_by_a_write).delete(delete_overtaken_by_a_write))
            .route("/removed/{id}", get(overtaken_by_a_removal))
            .with_state(database.clone());
        for (method, uri) in [("GET", "/replaced/1"), ("DELETE", "/replaced/1"), ("GET", "/removed/1")] {
            let answer = call(&router, method, uri, &[("if-match", "*")], "").await;
            assert_eq!((answer.status, answer.text()), (200, ""), "{method} {uri}");
        }
    })
    .await;
}

async fn overtaken_by_a_write(State(database): State<Database>, note: Guarded<Note>) {
    let (mut note, matched) = note.into_parts();
    assert_eq!(matched.required(), Required::State(StateTag::of(&note).unwrap()));
    put(&database, note.id, Note::new(note.id, "faster")).await;
    let current = version_of::<Note>(&database, &note.id).await;
    note.text = "lost".to_owned();
    assert_eq!(database.replace(matched, note).await.unwrap(), Written::Stale(current));
    assert_eq!(version_of::<Note>(&database, &1).await, current);
}

async fn delete_overtaken_by_a_write(State(database): State<Database>, note: Guarded<Note>) {
    let (note, matched) = note.into_parts();
    put(&database, note.id, Note::new(note.id, "faster again")).await;
    let current = version_of::<Note>(&database, &note.id).await;
    assert_eq!(database.remove(matched).await.unwrap(), Removed::Stale(current));
    assert_eq!(version_of::<Note>(&database, &1).await, current);
}

async fn overtaken_by_a_removal(State(database): State<Database>, note: Guarded<Note>) {
    let (mut note, matched) = note.into_parts();
    let removed = Store::<Note>::remove(&database, Matched::unconditional(note.id)).await.unwrap();
    assert_eq!(removed, Removed::Removed);
    note.text = "revived".to_owned();
    assert_eq!(database.replace(matched, note).await.unwrap(), Written::Stale(None));
    assert_eq!(database.get::<Note>(&1).await.unwrap(), None);
}

/// `/{id}` with each guarded write, and a POST that creates.
fn guarded<T, S>() -> Router<S>
where
    T: Resource<Policy = Anyone> + DeserializeOwned,
    S: Store<T>,
{
    let methods = get(async |value: Fresh<T, S>| value)
        .put(async |value: Update<T, Whole, S>| value.save().await)
        .patch(async |value: Update<T, MergePatch, S>| value.save().await)
        .delete(async |value: Guarded<T, S>| value.delete().await);
    let create = axum::routing::post(async |value: Create<T, NoList, S>| value.save().await);
    Router::new().route("/", create).route("/{id}", methods)
}

async fn send(router: &Router, method: &str, uri: &str, condition: (&str, &str), body: &str) -> Answer {
    let content_type = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
    let headers = [("content-type", content_type), condition];
    let headers = if condition.0.is_empty() { &headers[..1] } else { &headers[..] };
    call(router, method, uri, headers, body.to_owned()).await
}

const NO_CONDITION: (&str, &str) = ("", "");

/// What every store does with a write of `{"text":…}` to `/1`; PUT creates.
async fn guards(router: &Router) {
    let (keys, value) = ([1.into(), 2.into()], serde_json::json!({}));
    Collection { service: router, path: "", keys, member: "text", value }.guards().await;
}

#[tokio::test]
async fn a_write_is_carried_out_in_the_required_state_and_in_no_other() {
    on_each_database(async |database| {
        guards(&guarded::<Note, Database>().with_state(database.clone())).await;
    })
    .await;
}

#[tokio::test]
async fn a_tag_creates_what_never_was_and_revives_nothing() {
    on_each_database(async |database| {
        let router = guarded::<Counted, Database>().with_state(database);
        for condition in [("if-match", "\"7\""), ("if-match", "*")] {
            let created = send(&router, "PUT", "/1", condition, r#"{"text":"a"}"#).await;
            let etag = created.header("etag").to_owned();
            assert!([200, 201].contains(&created.status), "{condition:?}: {}", created.text());
            assert_eq!(send(&router, "DELETE", "/1", ("if-match", &etag), "").await.status, 204);
            for stale in [etag.as_str(), "\"7\"", "*"] {
                let refused = send(&router, "PUT", "/1", ("if-match", stale), r#"{"text":"a"}"#).await;
                assert_eq!(refused.status, 412, "{stale} would revive what was deleted");
            }
            let recreated = send(&router, "PUT", "/1", NO_CONDITION, r#"{"text":"a"}"#).await;
            assert_eq!(recreated.status, 201);
            assert_ne!(recreated.header("etag"), etag);
        }
    })
    .await;
}

/// Reads `count` from the body, and writes one more with the tag that came with it, until that is accepted.
async fn increment(router: &Router) {
    loop {
        let current = call(router, "GET", "/1", &[], "").await;
        let note: Counted = serde_json::from_slice(&current.body).unwrap();
        let body = format!(r#"{{"text":"{}"}}"#, note.text.parse::<u32>().unwrap() + 1);
        match send(router, "PUT", "/1", ("if-match", current.header("etag")), &body).await.status {
            200 => return,
            412 => {}
            status => panic!("{status}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_update_is_lost() {
    on_each_database(async |database| {
        put(&database, 1, Counted::new(1, "0")).await;
        let router = guarded::<Counted, Database>().with_state(database.clone());
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let router = router.clone();
            writers.spawn(async move {
                for _ in 0..10 {
                    increment(&router).await;
                }
            });
        }
        writers.join_all().await;
        assert_eq!(database.get::<Counted>(&1).await.unwrap().unwrap().text, "80");
    })
    .await;
}

/// Writes and removes one resource; gives every revision that was made. Where others are always faster, it
/// tries again.
async fn hammer(database: Database, hand: u32) -> Vec<u64> {
    let mut revisions = Vec::new();
    while revisions.len() < 40 {
        let round = revisions.len();
        let value = Counted::new(1, &format!("{hand} {round}"));
        match database.replace(Matched::unconditional(1), value).await {
            Ok(Written::Created(_, version) | Written::Replaced(_, version)) => {
                revisions.push(version.state.revision().unwrap());
            }
            Err(DatabaseError::Busy(_)) => continue,
            written => panic!("{written:?}"),
        }
        if round % 3 == 0 {
            let removed = Store::<Counted>::remove(&database, Matched::unconditional(1)).await.unwrap();
            assert!(matches!(removed, Removed::Removed | Removed::Stale(None)), "{removed:?}");
        }
    }
    assert!(revisions.is_sorted(), "each revision is later than the one before");
    revisions
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_never_comes_back_whatever_is_deleted_and_created_meanwhile() {
    on_each_database(async |database| {
        let mut hands = tokio::task::JoinSet::new();
        for hand in 0..4 {
            hands.spawn(hammer(database.clone(), hand));
        }
        let revisions = hands.join_all().await.concat();
        let different: BTreeSet<u64> = revisions.iter().copied().collect();
        assert_eq!((revisions.len(), different.len()), (160, 160));
    })
    .await;
}

#[tokio::test]
async fn a_revision_is_later_than_the_last_one_even_where_the_clock_was_set_back() {
    let (_folder, file) = sqlite_file();
    let database = Database::connect(&file).await.unwrap();
    let in_2100: u64 = 4_102_444_800_000_000;
    put(&database, 1, Counted::new(1, "live")).await;
    put(&database, 2, Counted::new(2, "deleted")).await;
    let removed = Store::<Counted>::remove(&database, Matched::unconditional(2)).await.unwrap();
    assert_eq!(removed, Removed::Removed);
    for statement in [
        "UPDATE etag_rows SET modified = 4102444800000000, state = '4102444800000000' WHERE key = '1'",
        "UPDATE etag_rows SET modified = 4102444800000000 WHERE key = '2'",
    ] {
        sqlx::query(statement).execute(database.pool::<Sqlite>().unwrap()).await.unwrap();
    }
    for (key, was_deleted) in [(1, false), (2, true)] {
        let (stored, version) = match write(&database, key, Counted::new(key, "new")).await {
            Written::Created(stored, version) if was_deleted => (stored, version),
            Written::Replaced(stored, version) if !was_deleted => (stored, version),
            written => panic!("{written:?}"),
        };
        assert_eq!(stored.revision, in_2100 + 1);
        assert_eq!(version_of::<Counted>(&database, &key).await, Some(version));
    }
}

#[tokio::test]
async fn a_date_is_alone_in_its_second_only_where_no_other_version_was_in_it() {
    on_each_database(async |database| {
        let is_alone = async || {
            let version = version_of::<Note>(&database, &1).await.unwrap();
            version.modified.unwrap().is_alone()
        };
        a_second_begins().await;
        put(&database, 1, Note::new(1, "a")).await;
        assert!(is_alone().await);
        put(&database, 1, Note::new(1, "a")).await;
        assert!(is_alone().await, "nothing was written");
        put(&database, 1, Note::new(1, "b")).await;
        assert!(!is_alone().await);
        a_second_begins().await;
        put(&database, 1, Note::new(1, "c")).await;
        assert!(is_alone().await);
        let removed = Store::<Note>::remove(&database, Matched::unconditional(1)).await.unwrap();
        assert_eq!(removed, Removed::Removed);
        put(&database, 1, Note::new(1, "d")).await;
        assert!(!is_alone().await, "another version was in this second, before it was removed");
    })
    .await;
}

async fn a_second_begins() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    tokio::time::sleep(Duration::from_millis(u64::from(1005 - now.subsec_millis()))).await;
}

/// A value under each kind of key.
macro_rules! keyed {
    ($($name:ident: $key:ty;)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
        #[versioned(store = Database, create = "put")]
        struct $name {
            #[versioned(id)]
            id: $key,
            text: String,
        }
    )*};
}

keyed! {
    ByNumber: u64;
    ByText: String;
    ByUuid: Uuid;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
struct ByBoth {
    #[versioned(id)]
    tenant: String,
    #[versioned(id)]
    id: Uuid,
    text: String,
}

/// Values under several keys are told apart, listed by key, and each is replaced and removed alone.
async fn each_key_is_another<T>(database: &Database, values: Vec<(T::Key, T)>, others: Vec<T>)
where
    T: Resource + DeserializeOwned + Clone + PartialEq + Debug,
{
    for (key, value) in &values {
        let written = write(database, key.clone(), value.clone()).await;
        assert!(matches!(written, Written::Created(..)), "{key:?}: {written:?}");
    }
    for (key, value) in &values {
        assert_eq!(database.get::<T>(key).await.unwrap().as_ref(), Some(value), "{key:?}");
        let texts = key.parts();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert_eq!(T::Key::from_parts(&texts).as_ref(), Some(key), "a key is read as it is written");
    }
    let all = database.all::<T>().await.unwrap();
    assert!(all.len() == values.len() && values.iter().all(|(_, value)| all.contains(value)), "{all:?}");
    for (index, (key, value)) in values.iter().enumerate() {
        let other = others[index].clone();
        let written = write(database, key.clone(), other.clone()).await;
        assert!(matches!(written, Written::Replaced(..)), "{key:?}: {written:?}");
        let all = database.all::<T>().await.unwrap();
        assert!(all.contains(&other) && !all.contains(value) && all.len() == values.len() - index);
        let removed = Store::<T>::remove(database, Matched::unconditional(key.clone())).await.unwrap();
        assert_eq!(removed, Removed::Removed, "{key:?}");
    }
    assert_eq!(database.all::<T>().await.unwrap(), []);
}

const ODD: [&str; 16] = [
    "a",
    "A",
    "a/b",
    "a%2Fb",
    "a%252Fb",
    "%",
    "%25",
    "/",
    "//",
    " ",
    "a b",
    "é",
    "e\u{301}",
    "\u{1f600}",
    "...",
    "a\0b",
];

#[tokio::test]
async fn keys_of_every_type_are_told_apart() {
    on_each_database(async |database| {
        let number = |id: u64, text: &str| ByNumber { id, text: text.to_owned() };
        let numbers = [0, 1, 10, 2, u64::MAX];
        let values = numbers.iter().map(|id| (*id, number(*id, "a"))).collect();
        each_key_is_another(&database, values, numbers.map(|id| number(id, "b")).to_vec()).await;

        let named = |id: &str, text: &str| ByText { id: id.to_owned(), text: text.to_owned() };
        let values = ODD.iter().map(|id| ((*id).to_owned(), named(id, "a"))).collect();
        each_key_is_another(&database, values, ODD.map(|id| named(id, "b")).to_vec()).await;

        let unique = |id: Uuid, text: &str| ByUuid { id, text: text.to_owned() };
        let uuids = [Uuid::nil(), Uuid::max(), Uuid::new_v4()];
        let values = uuids.iter().map(|id| (*id, unique(*id, "a"))).collect();
        each_key_is_another(&database, values, uuids.map(|id| unique(id, "b")).to_vec()).await;

        let both = |tenant: &str, id: Uuid, text: &str| {
            let (tenant, text) = (tenant.to_owned(), text.to_owned());
            ByBoth { tenant, id, text }
        };
        let pairs: Vec<(&str, Uuid)> = ODD.iter().flat_map(|odd| uuids.map(|id| (*odd, id))).collect();
        let values = pairs.iter().map(|(tenant, id)| (((*tenant).to_owned(), *id), both(tenant, *id, "a")));
        let others = pairs.iter().map(|(tenant, id)| both(tenant, *id, "b"));
        each_key_is_another(&database, values.collect(), others.collect()).await;
    })
    .await;
}

#[tokio::test]
async fn nothing_is_written_that_no_path_can_name() {
    on_each_database(async |database| {
        for id in ["", ".", ".."] {
            let value = ByText { id: id.to_owned(), text: "a".to_owned() };
            let written = database.replace(Matched::unconditional(id.to_owned()), value).await;
            assert!(matches!(written, Err(DatabaseError::Key { .. })), "{id:?}: {written:?}");
        }
        assert_eq!(database.all::<ByText>().await.unwrap(), []);
    })
    .await;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, key = (), create = "put")]
struct Settings {
    theme: String,
}

/// A bare map: its key is only in the path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, key = Uuid, create = "put")]
struct Labels(BTreeMap<String, u8>);

#[tokio::test]
async fn a_key_may_be_only_in_the_path_or_nowhere() {
    on_each_database(async |database| {
        let settings = |theme: &str| Settings { theme: theme.to_owned() };
        each_key_is_another(&database, vec![((), settings("dark"))], vec![settings("light")]).await;
        let labels = |n: u8| Labels(BTreeMap::from([("n".to_owned(), n)]));
        let keys = [Uuid::nil(), Uuid::new_v4()];
        let values = vec![(keys[0], labels(1)), (keys[1], labels(2))];
        each_key_is_another(&database, values, vec![labels(3), labels(4)]).await;

        let router = Router::new()
            .route(
                "/settings",
                get(async |value: Fresh<Settings>| value)
                    .put(async |value: Update<Settings>| value.save().await),
            )
            .route(
                "/of/{tenant}/labels/{any}",
                get(async |value: Fresh<Labels>| value).put(async |value: Update<Labels>| value.save().await),
            )
            .with_state(database);
        let labels = format!("/of/7/labels/{}", keys[0]);
        for (uri, body) in [("/settings", r#"{"theme":"dark"}"#), (labels.as_str(), r#"{"n":1}"#)] {
            assert_eq!(call(&router, "GET", uri, &[], "").await.status, 404);
            let created = send(&router, "PUT", uri, NO_CONDITION, body).await;
            assert_eq!((created.status, created.header("location")), (201, uri));
            assert_eq!(call(&router, "GET", uri, &[], "").await.text(), body);
        }
        assert_eq!(call(&router, "GET", "/of/7/labels/8", &[], "").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_location_leads_to_what_was_created_whatever_its_key() {
    on_each_database(async |database| {
        let router = guarded::<ByText, Database>().with_state(database.clone());
        for id in ODD.into_iter().filter(|id| !id.contains('.')) {
            let body = serde_json::json!({ "id": id, "text": "a" }).to_string();
            let created = send(&router, "POST", "/", NO_CONDITION, &body).await;
            assert_eq!(created.status, 201, "{id:?}: {}", created.text());
            let found = call(&router, "GET", created.header("location"), &[], "").await;
            assert_eq!((found.status, found.header("etag")), (200, created.header("etag")), "{id:?}");
            let found: ByText = serde_json::from_slice(&found.body).unwrap();
            assert_eq!(found.id, id);
        }
    })
    .await;
}

#[tokio::test]
async fn collections_do_not_mix() {
    on_each_database(async |database| {
        put(&database, 1, Note::new(1, "note")).await;
        put(&database, 1, Counted::new(1, "counted")).await;
        put(&database, 2, Counted::new(2, "counted")).await;
        let removed = Store::<Counted>::remove(&database, Matched::unconditional(1)).await.unwrap();
        assert_eq!(removed, Removed::Removed);
        assert_eq!(database.get::<Note>(&1).await.unwrap().unwrap().text, "note");
        assert_eq!(database.get::<Note>(&2).await.unwrap(), None);
        assert_eq!((database.all::<Note>().await.unwrap().len(), Note::COLLECTION), (1, "notes"));
        assert_eq!(database.all::<Counted>().await.unwrap()[0].id, 2);
        assert_eq!(ByNumber::COLLECTION, "ByNumber", "without a name of its own, it has the type's");
    })
    .await;
}

/// A value that can be refused: by a key that is no string, or by a number that JSON does not have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "fragile")]
struct Fragile {
    #[versioned(id)]
    id: String,
    map: BTreeMap<Option<u8>, u8>,
    double: f64,
}

impl Fragile {
    fn new(id: &str, key: Option<u8>, double: f64) -> Self {
        Self { id: id.to_owned(), map: BTreeMap::from([(key, 1)]), double }
    }
}

#[tokio::test]
async fn an_import_writes_all_or_none() {
    on_each_database(async |database| {
        let kept = ByText { id: "kept".to_owned(), text: "a".to_owned() };
        put(&database, "kept".to_owned(), kept.clone()).await;
        let text = |id: &str| ByText { id: id.to_owned(), text: "imported".to_owned() };
        let mut progress = Vec::new();
        let values = vec![text("kept"), text("new"), text("kept")];
        database.import(values, Required::Unconditional, |done| progress.push(done)).await.unwrap();
        assert_eq!(progress, [1, 2, 3]);
        assert_eq!(database.all::<ByText>().await.unwrap(), [text("kept"), text("new")]);

        let settings = || Settings { theme: "dark".to_owned() };
        database.import(vec![settings()], Required::New, |_| {}).await.unwrap();
        assert_eq!(database.all::<Settings>().await.unwrap(), [settings()], "a singleton has a key");
    })
    .await;
}

#[tokio::test]
async fn an_import_of_what_is_new_leaves_alone_what_is_there_or_was() {
    on_each_database(async |database| {
        put(&database, 1, Note::new(1, "edited")).await;
        put(&database, 2, Note::new(2, "deleted")).await;
        let removed = Store::<Note>::remove(&database, Matched::unconditional(2)).await.unwrap();
        assert_eq!(removed, Removed::Removed);
        let values = (1..=3).map(|id| Note::new(id, "imported")).collect();
        database.import(values, Required::New, |_| {}).await.unwrap();
        let texts: Vec<String> =
            database.all::<Note>().await.unwrap().into_iter().map(|note| note.text).collect();
        assert_eq!(texts, ["edited", "imported"]);
    })
    .await;
}

#[tokio::test]
async fn an_import_with_one_value_without_json_writes_none() {
    on_each_database(async |database| {
        let good = || Fragile::new("good", Some(1), 1.0);
        let values = vec![good(), Fragile::new("bad", None, 1.0)];
        let error = database.import(values, Required::Unconditional, |_| {}).await.unwrap_err();
        assert!(matches!(error, DatabaseError::Canonical(_)), "{error}");
        let stored = database.get::<Fragile>(&"good".to_owned()).await.unwrap();
        assert_eq!(stored, None, "a value was written before the one that failed");
    })
    .await;
}

/// A number that is not finite is written as `null`, which is read as no number.
#[tokio::test]
async fn an_import_with_one_value_that_can_not_be_read_back_writes_none() {
    on_each_database(async |database| {
        let values = vec![Fragile::new("good", Some(1), 1.0), Fragile::new("bad", Some(1), f64::NAN)];
        let imported = database.import(values, Required::Unconditional, |_| {}).await;
        assert!(matches!(imported, Err(DatabaseError::Document { .. })), "{imported:?}");
        let good = database.get::<Fragile>(&"good".to_owned()).await.unwrap();
        assert_eq!(good, None, "it failed, and has written");
    })
    .await;
}

#[tokio::test]
async fn an_import_that_the_database_stops_halfway_writes_none() {
    let (_folder, file) = sqlite_file();
    let database = Database::connect(&file).await.unwrap();
    let stop = "CREATE TRIGGER stop BEFORE INSERT ON etag_rows WHEN NEW.key = 'bad'
        BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    sqlx::query(stop).execute(database.pool::<Sqlite>().unwrap()).await.unwrap();
    let text = |id: &str| ByText { id: id.to_owned(), text: "a".to_owned() };
    let values = vec![text("good"), text("bad")];
    let error = database.import(values, Required::Unconditional, |_| {}).await.unwrap_err();
    assert!(matches!(error, DatabaseError::Sqlx(_)), "{error}");
    assert_eq!(database.all::<ByText>().await.unwrap(), []);
}

/// No path names a resource whose key is the empty text.
#[tokio::test]
async fn what_an_import_accepts_can_be_listed() {
    on_each_database(async |database| {
        let text = |id: &str| ByText { id: id.to_owned(), text: "a".to_owned() };
        let imported = database.import(vec![text("good"), text("")], Required::Unconditional, |_| {}).await;
        let listed = database.all::<ByText>().await.unwrap().len();
        assert_eq!(listed, if imported.is_ok() { 2 } else { 0 });
    })
    .await;
}

/// Gives the row whose key is `dots` the key of `value`, as a release wrote it that took dot segments for keys.
async fn rename<T: Resource>(database: &Database, segment: &str, value: &T) {
    let renamed = sqlx::query(
        "UPDATE etag_rows
        SET key = replace(key, 'dots', $1), members = replace(members, 'dots', $1),
            document = CAST(replace(CAST(document AS TEXT), 'dots', $1) AS BLOB),
            state = $2, content = $2
        WHERE key LIKE '%dots%'",
    );
    let state = StateTag::of(value).unwrap().to_string();
    let renamed =
        renamed.bind(segment).bind(state).execute(database.pool::<Sqlite>().unwrap()).await.unwrap();
    assert_eq!(renamed.rows_affected(), 1);
}

/// That a row is read whose key no request can name: `dots` has a dot segment where `named` has the text `dots`.
async fn a_dot_segment_is_read<T>(segment: &str, [named, dots, other]: [T; 3])
where
    T: Resource<Store = Database, Policy = Anyone> + DeserializeOwned + Clone + PartialEq + Debug,
{
    let ((_folder, file), (_other_folder, other_file)) = (sqlite_file(), sqlite_file());
    let database = Database::connect(&file).await.unwrap();
    database.import(vec![named, other.clone()], Required::New, |_| {}).await.unwrap();
    rename(&database, segment, &dots).await;
    let both = [dots.clone(), other.clone()];
    let keys = both.each_ref().map(|value| value.key().unwrap());
    let key = keys[0].clone();

    assert_eq!(database.all::<T>().await.unwrap(), both);
    let selection = Selection::parse::<T>("").unwrap();
    let (listed, selected) = Select::<T, _>::load_selected(&database, &[], &selection).await.unwrap();
    assert_eq!(listed, both);
    let selected_keys: Vec<T::Key> = selected.items().iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(selected_keys, keys);
    let list = Router::new().route("/", get(async |list: FreshList<T>| list)).with_state(database.clone());
    let answer = call(&list, "GET", "/", &[], "").await;
    assert_eq!((answer.status, answer.header("x-total-count")), (200, "2"), "{}", answer.text());
    assert!(version_of::<T>(&database, &key).await.is_some());

    let copy = Database::connect(&other_file).await.unwrap();
    assert_eq!(database.copy_to(&copy, |_| {}).await.unwrap(), 2);
    assert_eq!(copy.all::<T>().await.unwrap(), both);
    sqlx::query("UPDATE etag_rows SET shape = ''").execute(copy.pool::<Sqlite>().unwrap()).await.unwrap();
    let unreadable = |_: &_, unreadable: &[DatabaseError]| assert!(unreadable.is_empty(), "{unreadable:?}");
    assert_eq!(copy.retag::<T>(unreadable).await.unwrap().retagged, 2);

    let refused = database.replace(Matched::unconditional(key.clone()), dots.clone()).await;
    assert!(matches!(refused, Err(DatabaseError::Key { .. })), "{refused:?}");
    let refused = database.import(vec![dots], Required::Unconditional, |_| {}).await;
    assert!(matches!(refused, Err(DatabaseError::Key { .. })), "{refused:?}");
    let removed = Store::<T>::remove(&database, Matched::unconditional(key)).await.unwrap();
    assert_eq!(removed, Removed::Removed);
    assert_eq!(database.all::<T>().await.unwrap(), [other]);
}

/// What a release before wrote is there, whether or not a request can name it.
#[tokio::test]
async fn a_row_whose_key_is_a_dot_segment_is_listed_copied_retagged_and_removed_but_not_written() {
    for segment in [".", ".."] {
        let text = |id: &str| ByText { id: id.to_owned(), text: "a".to_owned() };
        a_dot_segment_is_read(segment, [text("dots"), text(segment), text("other")]).await;
        let both = |tenant: &str| ByBoth { tenant: tenant.to_owned(), id: Uuid::nil(), text: "a".to_owned() };
        a_dot_segment_is_read(segment, [both("dots"), both(segment), both("other")]).await;
    }
}

#[tokio::test]
async fn lists_of_different_resources_have_different_tags() {
    let list = |ids: [u64; 2]| {
        let items = ids.map(|id| Counted { id, text: format!("text of {id}"), revision: 7 });
        Representation::of(items.as_slice()).unwrap()
    };
    let (first, second) = (list([1, 2]), list([3, 4]));
    assert_ne!(first.body(), second.body());
    assert_ne!(first.validators().etag, second.validators().etag);
}

#[tokio::test]
async fn what_is_no_database_can_not_be_opened() {
    let (folder, file) = sqlite_file();
    for url in ["", "memory", "oracle:", "postgres:", "postgresql", "test.db"] {
        let error = Database::connect(url).await.unwrap_err();
        assert!(matches!(&error, DatabaseError::Url(named) if named == url), "{url}: {error}");
    }
    let broken = folder.path().join("broken.db");
    std::fs::write(&broken, "this is no database, and it is longer than a header".repeat(50)).unwrap();
    let nowhere = file.replace("test.db", "missing/test.db");
    let urls = [
        nowhere,
        format!("{file}?mode=sideways"),
        format!("sqlite:{}", folder.path().display()),
        format!("sqlite:{}", broken.display()),
        "postgres://127.0.0.1:1/nothing-listens-here".to_owned(),
        "postgres://localhost:port/".to_owned(),
    ];
    for url in urls {
        let error = Database::connect(&url).await.unwrap_err();
        assert!(matches!(error, DatabaseError::Sqlx(_)), "{url}: {error}");
    }
}

#[tokio::test]
async fn sqlite_in_memory_is_one_database_of_its_own() {
    let database = Database::connect("sqlite::memory:").await.unwrap();
    let other = Database::connect("sqlite::memory:").await.unwrap();
    guards(&guarded::<Note, Database>().with_state(database.clone())).await;
    assert_eq!(other.all::<Note>().await.unwrap(), []);
}

/// SQLite waits for no lock while it makes a new file a write-ahead log.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_is_opened_by_many_at_once() {
    for _ in 0..100 {
        let (_folder, file) = sqlite_file();
        let mut opened = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let file = file.clone();
            opened.spawn(async move { Database::connect(&file).await.map(drop) });
        }
        for opened in opened.join_all().await {
            opened.unwrap();
        }
    }
}

/// What SQLite takes for a database of one connection is none for a pool of them.
#[tokio::test]
async fn a_database_that_opens_is_one_database_for_all_who_write_at_once() {
    let (_folder, file) = sqlite_file();
    let urls = ["memory:", &file, "sqlite::memory:", "sqlite:", "sqlite://", "sqlite:any.db?mode=memory"];
    for url in urls {
        let Ok(database) = Database::connect(url).await else {
            continue;
        };
        let mut writers = tokio::task::JoinSet::new();
        for id in 0..16 {
            let database = database.clone();
            writers
                .spawn(async move { database.replace(Matched::unconditional(id), Note::new(id, "a")).await });
        }
        for written in writers.join_all().await {
            assert!(matches!(written, Ok(Written::Created(..))), "{url:?}: {written:?}");
        }
        assert_eq!(database.all::<Note>().await.unwrap().len(), 16, "{url:?}");
    }
}

#[tokio::test]
async fn clones_and_connections_of_one_database_see_one_truth() {
    let (_folder, file) = sqlite_file();
    let open = async || Database::connect(&file).await.unwrap();
    let (first, second) = (open().await, open().await);
    put(&first, 1, Counted::new(1, "first")).await;
    let seen = version_of::<Counted>(&second, &1).await;
    assert_eq!(seen, version_of::<Counted>(&first, &1).await);
    let written = write(&second, 1, Counted::new(1, "second")).await;
    assert!(matches!(written, Written::Replaced(..)));
    drop((first, second));
    assert_eq!(open().await.get::<Counted>(&1).await.unwrap().unwrap().text, "second");

    let memory = Database::connect("memory:").await.unwrap();
    put(&memory.clone(), 1, Counted::new(1, "clone")).await;
    assert_eq!(memory.get::<Counted>(&1).await.unwrap().unwrap().text, "clone");
    let other = Database::connect("memory:").await.unwrap();
    assert_eq!(other.get::<Counted>(&1).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_databases_on_one_file_never_issue_a_revision_twice() {
    let (_folder, file) = sqlite_file();
    let mut hands = tokio::task::JoinSet::new();
    for hand in 0..2 {
        hands.spawn(hammer(Database::connect(&file).await.unwrap(), hand));
    }
    let revisions = hands.join_all().await.concat();
    assert_eq!(revisions.iter().collect::<BTreeSet<_>>().len(), 80);
}

#[tokio::test]
async fn a_database_of_a_pool_writes_in_its_transactions_beside_tables_of_the_users() {
    let (_folder, file) = sqlite_file();
    let pool = SqlitePool::connect(&format!("{file}?mode=rwc")).await.unwrap();
    sqlx::query("CREATE TABLE audit (note INTEGER)").execute(&pool).await.unwrap();
    let database = Database::from_pool(pool.clone()).await.unwrap();
    for commits in [false, true] {
        let mut transaction = database.pool::<Sqlite>().unwrap().begin().await.unwrap();
        let matched = Matched::unconditional(1);
        let written = database.replace_in(&mut transaction, matched, Note::new(1, "a")).await.unwrap();
        assert!(matches!(written, Written::Created(..)));
        sqlx::query("INSERT INTO audit VALUES (1)").execute(&mut *transaction).await.unwrap();
        if commits {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
        let (audited,): (i64,) = sqlx::query_as("SELECT count(*) FROM audit").fetch_one(&pool).await.unwrap();
        let notes = database.all::<Note>().await.unwrap().len();
        assert_eq!((audited, notes), (i64::from(commits), usize::from(commits)));
    }
    let again = Database::from_pool(pool).await.unwrap();
    assert!(again.get::<Note>(&1).await.unwrap().is_some(), "the table that is there is kept");
}

#[tokio::test]
async fn a_database_in_memory_has_no_transactions() {
    let (_folder, file) = sqlite_file();
    let sqlite = Database::connect(&file).await.unwrap();
    let memory = Database::connect("memory:").await.unwrap();
    assert!(memory.pool::<Sqlite>().is_none());
    let mut transaction = sqlite.pool::<Sqlite>().unwrap().begin().await.unwrap();
    let written = memory.replace_in(&mut transaction, Matched::unconditional(1), Note::new(1, "a")).await;
    assert!(matches!(written, Err(DatabaseError::Transaction)), "{written:?}");
    let removed = StoreIn::<Note, _>::remove_in(&memory, &mut transaction, Matched::unconditional(1)).await;
    assert!(matches!(removed, Err(DatabaseError::Transaction)), "{removed:?}");
}

/// A user's own store: the last stamp of each key, and what is there.
#[derive(Clone)]
struct Shelf<T>(Arc<Mutex<Slots<T>>>);

type Slots<T> = HashMap<u64, (Timestamp, Option<T>)>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Shelf<Shelved>, create = "put")]
struct Shelved {
    #[versioned(id)]
    id: u64,
    text: String,
    #[versioned(revision)]
    revision: u64,
}

impl<T: Resource<Key = u64> + Clone + PartialEq> Store<T> for Shelf<T> {
    type Error = Problem;

    async fn version(&self, key: &u64) -> Result<Option<Version>, Problem> {
        Ok(self.load(key).await?.map(|(_, version)| version))
    }

    async fn load(&self, key: &u64) -> Result<Option<(T, Version)>, Problem> {
        let stored = self.0.lock().unwrap().get(key).and_then(|(_, stored)| stored.clone());
        let state = stored.as_ref().map(StateTag::of).transpose()?;
        Ok(stored.zip(state.map(Version::from)))
    }

    async fn replace(&self, matched: Matched<T>, mut new: T) -> Result<Written<T>, Problem> {
        let mut shelf = self.0.lock().unwrap();
        let (required, was_there) = (matched.required(), shelf.contains_key(matched.key()));
        let (last, stored) = shelf.entry(*matched.key()).or_insert((Timestamp::from_microseconds(0), None));
        let found = stored.as_ref().map(StateTag::of).transpose()?;
        if !found.map_or(required.admits_creation(was_there), |state| required.admits(state)) {
            return Ok(Written::Stale(found.map(Version::from)));
        }
        new.stamp(*last);
        if let Some(state) = found.filter(|_| stored.as_ref() == Some(&new)) {
            return Ok(Written::Unchanged(new, state.into()));
        }
        *last = Timestamp::now().max(last.next());
        new.stamp(*last);
        let version = StateTag::of(&new)?.into();
        let written = if found.is_some() { Written::Replaced } else { Written::Created };
        Ok(written(stored.insert(new).clone(), version))
    }

    async fn remove(&self, matched: Matched<T>) -> Result<Removed, Problem> {
        let mut shelf = self.0.lock().unwrap();
        let Some((_, stored)) = shelf.get_mut(matched.key()) else { return Ok(Removed::Stale(None)) };
        let found = stored.as_ref().map(StateTag::of).transpose()?;
        if !found.is_some_and(|state| matched.required().admits(state)) {
            return Ok(Removed::Stale(found.map(Version::from)));
        }
        *stored = None;
        Ok(Removed::Removed)
    }
}

#[tokio::test]
async fn a_store_of_the_users_own_guards_as_ours_do() {
    async fn show(note: Fresh<Shelved>) -> Tagged<Shelved> {
        note.into()
    }
    async fn replace(note: Update<Shelved>) -> Result<Tagged<Shelved>, Problem> {
        note.save().await
    }
    let shelf = Shelf(Arc::default());
    guards(&guarded::<Shelved, Shelf<Shelved>>().with_state(shelf.clone())).await;
    let router = Router::new().route("/{id}", get(show).put(replace)).with_state(shelf);
    let revived = send(&router, "PUT", "/1", NO_CONDITION, r#"{"text":"a"}"#).await;
    assert_eq!(revived.status, 201, "{}", revived.text());
    let shown = call(&router, "GET", "/1", &[], "").await;
    assert_eq!((shown.status, shown.body), (200, revived.body));
}

/// `Note` names the database as its store.
#[tokio::test]
async fn another_store_than_the_types_own_can_be_named_at_the_extractor() {
    async fn show(note: Fresh<Note, Shelf<Note>>) -> Tagged<Note> {
        note.into()
    }
    async fn correct(mut note: Update<Note, Json<String>, Shelf<Note>>) -> Result<Tagged<Note>, Problem> {
        note.text = note.body().clone();
        note.save().await
    }
    let shelf = Shelf(Arc::default());
    guards(&guarded::<Note, Shelf<Note>>().with_state(shelf.clone())).await;
    let router = Router::new().route("/{id}", get(show).put(correct)).with_state(shelf);
    let shown = call(&router, "GET", "/2", &[], "").await;
    assert_eq!(shown.status, 200, "{}", shown.text());
    let condition = ("if-match", shown.header("etag"));
    let corrected = send(&router, "PUT", "/2", condition, r#""corrected""#).await;
    assert!(corrected.text().contains(r#""text":"corrected""#), "{}", corrected.text());
    assert_eq!(send(&router, "PUT", "/2", condition, r#""lost""#).await.status, 412);
}
