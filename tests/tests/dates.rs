//! Dates as validators, over sockets: when one stands for a version, when it does not, and what stamps
//! promise.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::{Router, routing};
use etag_core::axum::{Fresh, Guarded, MergePatch, Problem, Tagged, Update};
use etag_core::{
    Anyone, Database, Matched, Resource, StateTag, Store, Timestamp, Versioned, Written, canonical,
};
use http::header::{
    CONTENT_TYPE, DATE, ETAG, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE,
    LAST_MODIFIED,
};
use http::{Method, StatusCode};
use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{client, sqlite_file};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Its tag is a hash, and its date a member beside it.
#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "notes", create = "put")]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
    #[versioned(modified)]
    changed: Timestamp,
}

/// Its tag is its date.
#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "rows", create = "put")]
struct Row {
    #[versioned(id)]
    id: u64,
    text: String,
    #[versioned(revision)]
    changed: Timestamp,
}

/// A type of these tests: a text and a time.
trait Dated: Resource<Key = u64, Store = Database, Policy = Anyone> + DeserializeOwned + Serialize {
    fn new(text: String) -> Self;
    fn changed(&self) -> Timestamp;
}

impl Dated for Note {
    fn new(text: String) -> Self {
        Self { id: 0, text, changed: Timestamp::now() }
    }

    fn changed(&self) -> Timestamp {
        self.changed
    }
}

impl Dated for Row {
    fn new(text: String) -> Self {
        Self { id: 0, text, changed: Timestamp::now() }
    }

    fn changed(&self) -> Timestamp {
        self.changed
    }
}

async fn show<T: Dated>(value: Fresh<T>) -> Tagged<T> {
    value.into()
}

async fn replace<T: Dated>(value: Update<T>) -> Result<Tagged<T>, Problem> {
    value.save().await
}

async fn patch<T: Dated>(value: Update<T, MergePatch>) -> Result<Tagged<T>, Problem> {
    value.save().await
}

async fn remove<T: Dated>(value: Guarded<T>) -> Result<StatusCode, Problem> {
    value.delete().await
}

/// Writes when the next second has begun, and lets nothing else run until then.
async fn replace_in_the_next_second<T: Dated>(value: Update<T>) -> Result<Tagged<T>, Problem> {
    let second = Timestamp::now().as_seconds();
    while Timestamp::now().as_seconds() == second {
        std::thread::sleep(Duration::from_millis(1));
    }
    value.save().await
}

fn router(database: Database) -> Router {
    fn methods<T: Dated>() -> routing::MethodRouter<Database> {
        routing::get(show::<T>).put(replace::<T>).patch(patch::<T>).delete(remove::<T>)
    }
    Router::new()
        .route("/notes/{id}", methods::<Note>())
        .route("/rows/{id}", methods::<Row>())
        .route("/slow/notes/{id}", routing::put(replace_in_the_next_second::<Note>))
        .route("/slow/rows/{id}", routing::put(replace_in_the_next_second::<Row>))
        .with_state(database)
}

/// A server with a database, and one collection of it.
#[derive(Clone)]
struct Service {
    base: String,
    collection: &'static str,
    client: Client,
    database: Database,
    _folder: Option<Arc<TempDir>>,
}

impl Service {
    async fn start(url: &str, folder: Option<TempDir>) -> Self {
        let database = Database::connect(url).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router(database.clone())).into_future());
        Self { base, collection: "notes", client: client(), database, _folder: folder.map(Arc::new) }
    }

    async fn in_memory() -> Self {
        Self::start("memory:", None).await
    }

    async fn on_a_file() -> Self {
        let (folder, url) = sqlite_file();
        Self::start(&url, Some(folder)).await
    }

    /// The other collection.
    fn rows(&self) -> Self {
        Self { collection: "rows", ..self.clone() }
    }

    fn resource(&self, id: u64) -> Location<'_> {
        Location { service: self, path: format!("/{}/{id}", self.collection) }
    }
}

/// Runs a test side by side on each kind of database, and for each type.
async fn everywhere<F: Future<Output = ()> + Send + 'static>(test: impl Fn(Service) -> F) {
    let (memory, file) = (Service::in_memory().await, Service::on_a_file().await);
    let services = [memory.rows(), memory, file.rows(), file];
    services.into_iter().map(test).collect::<JoinSet<_>>().join_all().await;
}

struct Location<'a> {
    service: &'a Service,
    path: String,
}

impl Location<'_> {
    fn request(&self, method: Method) -> RequestBuilder {
        self.service.client.request(method, format!("{}{}", self.service.base, self.path))
    }

    async fn get(&self, header: Option<(HeaderName, &str)>) -> Answer {
        send(self.request(Method::GET), header).await
    }

    async fn put(&self, text: &str, header: Option<(HeaderName, &str)>) -> Answer {
        send(self.request(Method::PUT).json(&json!({ "text": text })), header).await
    }

    async fn patch(&self, text: &str, header: Option<(HeaderName, &str)>) -> Answer {
        let body = json!({ "text": text }).to_string();
        let request = self.request(Method::PATCH).header(CONTENT_TYPE, "application/merge-patch+json");
        send(request.body(body), header).await
    }

    async fn delete(&self, header: Option<(HeaderName, &str)>) -> Answer {
        send(self.request(Method::DELETE), header).await
    }

    async fn create(&self, text: &str) -> Answer {
        let created = self.put(text, Some((IF_NONE_MATCH, "*"))).await;
        assert_eq!(created.status, 201, "{}", created.body);
        created
    }
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    etag: String,
    last_modified: String,
    date: String,
    body: Value,
}

impl Answer {
    /// The stamp in the body.
    fn changed(&self) -> Timestamp {
        self.body["changed"].as_str().expect("a time").parse().expect("a time")
    }
}

async fn send(request: RequestBuilder, header: Option<(HeaderName, &str)>) -> Answer {
    let request = match header {
        Some((name, value)) => request.header(name, value),
        None => request,
    };
    let response = request.send().await.expect("an answer");
    let header = |name: HeaderName| {
        let value = response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        value.unwrap_or_default()
    };
    let (etag, last_modified, date) = (header(ETAG), header(LAST_MODIFIED), header(DATE));
    let status = response.status();
    let body = response.text().await.expect("a whole answer");
    let body = serde_json::from_str(&body).unwrap_or(Value::Null);
    Answer { status, etag, last_modified, date, body }
}

/// Long enough for whoever trusts a date after some while: 2 seconds, or 10 under `ETAG_LONG=1`.
async fn wait_for_trust() {
    let seconds = if std::env::var("ETAG_LONG").is_ok_and(|long| long == "1") { 10 } else { 2 };
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// Waits until the second of a time is over, and no longer.
async fn wait_for_the_end_of_the_second(of: Timestamp) {
    let end = (of.as_seconds() + 1) * 1_000_000;
    let left = end - Timestamp::now().as_microseconds();
    tokio::time::sleep(Duration::from_micros(left.max(0).unsigned_abs())).await;
    assert!(Timestamp::now().as_seconds() > of.as_seconds());
}

fn seconds(date: &str) -> SystemTime {
    httpdate::parse_http_date(date).unwrap_or_else(|error| panic!("{date:?}: {error}"))
}

/// A date that is weak answers a read in full and lets no write through.
async fn assert_weak(resource: &Location<'_>, current: &Answer) {
    let date = current.last_modified.as_str();
    let read = resource.get(Some((IF_MODIFIED_SINCE, date))).await;
    assert_eq!((read.status, &read.etag), (StatusCode::OK, &current.etag), "{date}");
    assert_eq!(read.body, current.body);
    let since = Some((IF_UNMODIFIED_SINCE, date));
    assert_eq!(resource.put("lost", since.clone()).await.status, 412, "{date}");
    assert_eq!(resource.patch("lost", since.clone()).await.status, 412, "{date}");
    assert_eq!(resource.delete(since).await.status, 412, "{date}");
    assert_eq!(resource.get(None).await.etag, current.etag, "nothing was written");
}

/// How often a test is tried whose requests must fall into one second.
const ATTEMPTS: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_two_versions_share_stands_for_neither() {
    everywhere(|service| async move {
        for id in 1..=ATTEMPTS {
            let resource = service.resource(id);
            let first = resource.create("first").await;
            let second = resource.put("second", Some((IF_MATCH, &first.etag))).await;
            assert_eq!(second.status, 200);
            if first.last_modified != second.last_modified {
                continue;
            }
            assert_ne!(first.etag, second.etag);
            wait_for_trust().await;
            return assert_weak(&resource, &second).await;
        }
        panic!("two writes never fell into one second");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_a_deleted_version_shares_stands_for_neither() {
    everywhere(|service| async move {
        for id in 1..=ATTEMPTS {
            let resource = service.resource(id);
            let first = resource.create("first").await;
            assert_eq!(resource.delete(Some((IF_MATCH, &first.etag))).await.status, 204);
            let second = resource.create("second").await;
            assert!(first.changed() < second.changed());
            if first.last_modified != second.last_modified {
                continue;
            }
            wait_for_trust().await;
            return assert_weak(&resource, &second).await;
        }
        panic!("a deletion and two writes never fell into one second");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_stands_for_its_only_version_when_its_second_is_over() {
    everywhere(|service| async move {
        for id in 1..=ATTEMPTS {
            let resource = service.resource(id);
            let only = resource.create("only").await;
            let date = only.last_modified.as_str();
            let early_read = resource.get(Some((IF_MODIFIED_SINCE, date))).await;
            let early_write = resource.put("lost", Some((IF_UNMODIFIED_SINCE, date))).await;
            if Timestamp::now().as_seconds() > only.changed().as_seconds() {
                continue;
            }
            assert_eq!((early_read.status, early_write.status.as_u16()), (StatusCode::OK, 412));
            wait_for_the_end_of_the_second(only.changed()).await;
            let late_read = resource.get(Some((IF_MODIFIED_SINCE, date))).await;
            assert_eq!((late_read.status.as_u16(), &late_read.etag), (304, &only.etag));
            let late_write = resource.put("next", Some((IF_UNMODIFIED_SINCE, date))).await;
            assert_eq!(late_write.status, 200);
            assert!(late_write.changed() > only.changed());
            return;
        }
        panic!("a write and two requests never fell into one second");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_changes_nothing_leaves_the_date_as_strong_as_it_was() {
    everywhere(|service| async move {
        let resource = service.resource(1);
        let only = resource.create("same").await;
        let again = resource.put("same", Some((IF_MATCH, &only.etag))).await;
        let date = only.last_modified.as_str();
        assert_eq!((again.status, again.etag.as_str()), (StatusCode::OK, only.etag.as_str()));
        assert_eq!((again.body, again.last_modified.as_str()), (only.body.clone(), date));
        wait_for_the_end_of_the_second(only.changed()).await;
        assert_eq!(resource.get(Some((IF_MODIFIED_SINCE, date))).await.status, 304);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strong_date_guards_every_kind_of_write() {
    everywhere(|service| async move {
        let kinds = [Method::PUT, Method::PATCH, Method::DELETE];
        let guarded = |kind: Method, id: u64, date: String| {
            let service = service.clone();
            async move {
                let resource = service.resource(id);
                let since = Some((IF_UNMODIFIED_SINCE, date.as_str()));
                match kind {
                    Method::PUT => resource.put("next", since).await.status.as_u16(),
                    Method::PATCH => resource.patch("next", since).await.status.as_u16(),
                    _ => resource.delete(since).await.status.as_u16(),
                }
            }
        };
        let mut last = Timestamp::from_microseconds(0);
        for id in 1..=6 {
            last = service.resource(id).create("first").await.changed();
        }
        wait_for_the_end_of_the_second(last).await;
        for (kind, id) in kinds.into_iter().zip(1..) {
            let current = service.resource(id).get(None).await;
            let at = seconds(&current.last_modified);
            let day = Duration::from_secs(86_400);
            let done = if kind == Method::DELETE { 204 } else { 200 };
            let invalid = current.last_modified.replace("GMT", "UTC");
            let before = httpdate::fmt_http_date(at - Duration::from_secs(1));
            assert_eq!(guarded(kind.clone(), id, invalid).await, 428, "{kind}: no date, no guard");
            assert_eq!(guarded(kind.clone(), id, before).await, 412, "{kind}: changed since");
            assert_eq!(service.resource(id).get(None).await.etag, current.etag, "{kind}: not written");
            assert_eq!(guarded(kind.clone(), id, current.last_modified).await, done, "{kind}: as read");
            let after = httpdate::fmt_http_date(at + day);
            assert_eq!(guarded(kind.clone(), id + 3, after).await, done, "{kind}: a later date");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_is_a_time_is_tag_and_date_at_once() {
    for service in [Service::in_memory().await.rows(), Service::on_a_file().await.rows()] {
        let resource = service.resource(1);
        let first = resource.create("first").await;
        let second = resource.patch("second", Some((IF_MATCH, &first.etag))).await;
        assert_eq!(second.status, 200);
        for answer in [&first, &second, &resource.get(None).await] {
            let at = answer.changed();
            assert!(answer.etag.starts_with(&format!("\"{}.", at.as_microseconds())), "{answer:?}");
            let since = seconds(&answer.last_modified).duration_since(SystemTime::UNIX_EPOCH).unwrap();
            assert_eq!(i64::try_from(since.as_secs()).unwrap(), at.as_seconds());
        }
        assert_eq!(resource.get(Some((IF_NONE_MATCH, &second.etag))).await.status, 304);
        assert_eq!(resource.put("third", Some((IF_MATCH, &first.etag))).await.status, 412);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn last_modified_is_not_later_than_date_where_a_second_begins_in_the_handler() {
    everywhere(|service| async move {
        let path = format!("/slow/{}/1", service.collection);
        let slow = Location { service: &service, path };
        let created = slow.create("first").await;
        assert!(seconds(&created.last_modified) <= seconds(&created.date), "{created:?}");
    })
    .await;
}

/// Moves the stored stamp as far ahead as if the clock had been set back since.
async fn set_clock_back<T: Dated>(database: &Database, id: u64, by: Duration) -> Timestamp {
    let mut value: T = database.get(&id).await.unwrap().expect("it is stored");
    let by = i64::try_from(by.as_micros()).unwrap();
    let ahead = Timestamp::from_microseconds(value.changed().as_microseconds() + by);
    value.stamp(ahead);
    let update =
        "UPDATE etag_rows SET modified = ?3, state = ?4, document = ?5 WHERE collection = ?1 AND key = ?2";
    let updated = sqlx::query(update)
        .bind(T::COLLECTION)
        .bind(id.to_string())
        .bind(ahead.as_microseconds())
        .bind(StateTag::of(&value).unwrap().to_string())
        .bind(canonical::to_vec(&value).unwrap())
        .execute(database.pool::<sqlx::Sqlite>().expect("a file"))
        .await
        .unwrap();
    assert_eq!(updated.rows_affected(), 1);
    ahead
}

async fn stamps_after_the_clock_was_set_back<T: Dated>(service: Service) {
    const HOUR: Duration = Duration::from_secs(3600);
    let resource = service.resource(1);
    resource.create("first").await;
    let ahead = set_clock_back::<T>(&service.database, 1, HOUR).await;
    let mut last = resource.get(None).await;
    assert_eq!(last.changed(), ahead);
    assert!(
        seconds(&last.last_modified) <= seconds(&last.date),
        "a date to come is sent as the present: {last:?}"
    );
    for text in ["second", "third"] {
        let next = resource.put(text, Some((IF_MATCH, &last.etag))).await;
        assert_eq!(next.status, 200, "{}", next.body);
        assert_eq!(next.changed(), last.changed().next());
        assert!(seconds(&next.last_modified) <= seconds(&next.date), "{next:?}");
        assert_ne!(next.etag, last.etag);
        last = next;
    }
    assert_weak(&resource, &last).await;
    assert_eq!(resource.delete(Some((IF_MATCH, &last.etag))).await.status, 204);
    let revived = resource.create("third").await;
    assert!(revived.changed() > last.changed(), "also over what was deleted");
    assert_ne!(revived.etag, last.etag, "a tag is not used again");
}

#[tokio::test(flavor = "multi_thread")]
async fn stamps_move_on_where_the_clock_was_set_back() {
    let service = Service::on_a_file().await;
    stamps_after_the_clock_was_set_back::<Row>(service.rows()).await;
    stamps_after_the_clock_was_set_back::<Note>(service).await;
}

const WRITES: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn no_two_of_200_writes_over_sockets_have_one_stamp() {
    everywhere(|service| async move {
        const CLIENTS: usize = 4;
        service.resource(1).create("first").await;
        let writers = (0..CLIENTS).map(|client| {
            let service = service.clone();
            async move {
                let mut stamps = Vec::new();
                for number in 0..WRITES / CLIENTS {
                    let text = format!("{client}.{number}");
                    let written = service.resource(1).put(&text, Some((IF_MATCH, "*"))).await;
                    assert_eq!(written.status, 200, "{}", written.body);
                    stamps.push(written.changed());
                }
                assert!(stamps.is_sorted_by(|a, b| a < b), "later than what it replaced");
                stamps
            }
        });
        let stamps = writers.collect::<JoinSet<_>>().join_all().await;
        let mut stamps = stamps.concat();
        stamps.sort();
        stamps.dedup();
        assert_eq!(stamps.len(), WRITES);
    })
    .await;
}

#[tokio::test]
async fn each_of_200_writes_in_a_burst_is_later_than_the_one_before() {
    async fn burst<T: Dated>(database: &Database) {
        let mut last = Timestamp::from_microseconds(0);
        for number in 0..WRITES {
            let written = database.replace(Matched::unconditional(1), T::new(number.to_string())).await;
            let (Written::Created(value, version) | Written::Replaced(value, version)) = written.unwrap()
            else {
                panic!("each text is another");
            };
            assert!(value.changed() > last);
            assert_eq!(version.modified.map(|date| date.time()), Some(value.changed()));
            last = value.changed();
        }
    }
    let (_folder, file) = sqlite_file();
    for url in ["memory:", &file] {
        let database = Database::connect(url).await.unwrap();
        burst::<Note>(&database).await;
        burst::<Row>(&database).await;
    }
}
