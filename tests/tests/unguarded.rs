//! The way to `if_match = "required"` on a live service, and what `If-Match: *` is worth: rules of a type, and of a router.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::{any, post, put};
use axum::{Extension, Json, Router};
use etag_core::axum::{
    Create, Fresh, FreshList, Guarded, GuardedList, MergePatch, Problem, Tagged, Unguarded, UnguardedWrites,
    Update,
};
use etag_core::{Database, IfMatch, Timestamp, Versioned, Wildcard};
use serde::{Deserialize, Serialize};
use tests::{Answer, call, on_each_database};
use tokio::task::JoinSet;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

const JSON: (&str, &str) = ("content-type", "application/json");
const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "notes", if_match = "report", query = "etag", embed = "etag")]
struct Note {
    #[versioned(id)]
    id: String,
    #[serde(default)]
    text: String,
    #[versioned(modified)]
    changed: Timestamp,
}

async fn show(note: Fresh<Note>) -> Tagged<Note> {
    note.into()
}

async fn create(note: Create<Note>) -> Result<Tagged<Note>, Problem> {
    note.save().await
}

async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> {
    note.save().await
}

async fn patch(note: Update<Note, MergePatch>) -> Result<Tagged<Note>, Problem> {
    note.save().await
}

async fn append(mut note: Update<Note, Json<String>>) -> Result<Tagged<Note>, Problem> {
    note.text = format!("{}{}", note.text, note.body());
    note.save().await
}

async fn delete(note: Guarded<Note>) -> Result<StatusCode, Problem> {
    note.delete().await
}

async fn list(notes: FreshList<Note>) -> Tagged<Vec<Note>> {
    notes.into()
}

async fn replace_all(notes: GuardedList<Note>) -> Result<Tagged<Vec<Note>>, Problem> {
    notes.save().await
}

async fn patch_all(notes: GuardedList<Note, MergePatch>) -> Result<Tagged<Vec<Note>>, Problem> {
    notes.save().await
}

fn notes(database: &Database) -> Router {
    let router = Router::new()
        .route("/notes", post(create).get(list).put(replace_all).patch(patch_all))
        .route("/notes/{id}", put(replace).patch(patch).delete(delete).get(show).post(append))
        .route("/notes/{id}/any", any(append));
    // Nested: the route is told as the client's path has it.
    Router::new().nest("/v1", router).with_state(database.clone())
}

const PATH: &str = "/v1/notes/a";
const LIST: &str = "/v1/notes";

/// Each way to write, DELETE last: method, path, media type, and body.
const WRITES: [(&str, &str, (&str, &str), &str); 6] = [
    ("PUT", PATH, JSON, r#"{"text":"put"}"#),
    ("PATCH", PATH, PATCH, r#"{"text":"patched"}"#),
    ("POST", PATH, JSON, r#""appended""#),
    ("PUT", LIST, JSON, r#"[{"id":"a","text":"put"}]"#),
    ("PATCH", LIST, PATCH, r#"[{"id":"a","text":"patched"}]"#),
    ("DELETE", PATH, JSON, ""),
];

async fn create_a(app: &Router) -> Answer {
    let created = call(app, "POST", LIST, &[JSON], r#"{"id":"a"}"#).await;
    assert_eq!(created.status, 201, "{}", created.text());
    created
}

/// The note `a`, which is created where it is not there.
async fn show_a(app: &Router) -> Answer {
    let shown = call(app, "GET", PATH, &[], "").await;
    if shown.status == 200 {
        return shown;
    }
    create_a(app).await;
    call(app, "GET", PATH, &[], "").await
}

/// The events of this library that are logged on this thread, each with its fields.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<BTreeMap<&'static str, String>>>>);

impl Log {
    fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn take(&self) -> Vec<BTreeMap<&'static str, String>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("etag_core") {
            let mut fields = Fields(BTreeMap::from([("level", event.metadata().level().to_string())]));
            event.record(&mut fields);
            self.0.lock().unwrap().push(fields.0);
        }
    }
}

struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, text: &str) {
        self.0.insert(field.name(), text.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

fn only(unguarded: &Unguarded) -> UnguardedWrites {
    let writes = unguarded.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    writes[0].clone()
}

#[tokio::test]
async fn a_write_that_required_would_refuse_is_carried_out_and_counted_and_traced() {
    on_each_database(async |database| {
        let (log, _guard) = Log::listen();
        let app = notes(&database);
        for (method, path, media_type, body) in WRITES {
            if database.get::<Note>(&"a".to_owned()).await.unwrap().is_none() {
                create_a(&app).await;
            }
            let required = app.clone().layer(Extension(IfMatch::Required));
            assert_eq!(
                call(&required, method, path, &[media_type], body).await.status,
                428,
                "{method} {path}"
            );
            assert!(log.take().is_empty());

            let unguarded = Unguarded::new();
            let counted = app.clone().layer(Extension(unguarded.clone()));
            let headers = [media_type, ("user-agent", "old client/1.2 (a \"b\")")];
            let answer = call(&counted, method, path, &headers, body).await;
            assert!(matches!(answer.status, 200 | 204), "{method} {path}: {}", answer.text());
            let route = if path == LIST { "/v1/notes" } else { "/v1/notes/{id}" };
            let writes = only(&unguarded);
            assert_eq!((writes.method, &*writes.route, writes.collection), (method, route, "notes"));
            assert_eq!((&*writes.user_agent, writes.count), ("old client/1.2 (a \"b\")", 1));
            assert!(unguarded.since() <= writes.first && writes.first == writes.last);

            let [event] = &log.take()[..] else { panic!("{method} {path}: one event") };
            let field = |name| event.get(name).map(String::as_str).unwrap_or_default();
            assert_eq!((field("level"), field("method"), field("route")), ("WARN", method, route));
            assert_eq!((field("user_agent"), field("collection")), ("old client/1.2 (a \"b\")", "notes"));
            assert!(field("message").contains("without a guard"), "{event:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_place_to_count_in_a_write_is_traced_alone() {
    let (log, _guard) = Log::listen();
    let app = notes(&Database::connect("memory:").await.unwrap());
    create_a(&app).await;
    assert_eq!(call(&app, "PUT", PATH, &[JSON], "{}").await.status, 200);
    assert_eq!(log.take().len(), 1);
}

#[tokio::test]
async fn a_write_that_required_would_not_answer_428_is_not_counted() {
    on_each_database(async |database| {
        let (log, _guard) = Log::listen();
        let unguarded = Unguarded::new();
        let app = notes(&database).layer(Extension(unguarded.clone()));
        let absent = ["/v1/notes/absent", r#"[{"id":"absent"}]"#];
        for (method, path, media_type, body) in WRITES {
            let path = if path == PATH { absent[0] } else { path };
            let body = if path == LIST { absent[1] } else { body };
            let status = if path == LIST { 422 } else { 404 };
            assert_eq!(call(&app, method, path, &[media_type], body).await.status, status, "{method} {path}");
        }
        for guard in ["*", "the tag"] {
            for (method, path, media_type, body) in WRITES {
                let current = show_a(&app).await;
                let list = call(&app, "GET", "/v1/notes?id=a", &[], "").await;
                let tag = if path == LIST { list.header("etag") } else { current.header("etag") };
                // Refused for another reason: checklist 96.
                for condition in [("if-none-match", tag), ("if-match", "\"stale\"")] {
                    let answer = call(&app, method, path, &[media_type, condition], body).await;
                    assert_eq!(answer.status, 412, "{method} {path} {condition:?}");
                }
                let guard = ("if-match", if guard == "*" { guard } else { tag });
                let answer = call(&app, method, path, &[media_type, guard], body).await;
                assert!(answer.status < 300, "{method} {path} {guard:?}: {}", answer.text());
            }
        }
        let state = create_a(&app).await.header("etag").to_owned();
        let by_query = format!("{PATH}?etag={}", state.trim_matches('"'));
        let put = call(&app, "PUT", &by_query, &[JSON], r#"{"text":"query"}"#).await;
        assert_eq!(put.status, 200);
        let item = format!(r#"[{{"id":"a","etag":{:?}}}]"#, put.header("etag"));
        assert_eq!(call(&app, "PUT", LIST, &[JSON], item).await.status, 200);
        assert_eq!(unguarded.writes(), []);
        assert_eq!(log.take(), []);
    })
    .await;
}

#[tokio::test]
async fn a_strong_date_is_a_guard() {
    on_each_database(async |database| {
        let unguarded = Unguarded::new();
        let app = notes(&database).layer(Extension(unguarded.clone()));
        create_a(&app).await;
        for (method, body, status) in [("PUT", r#"{"text":"put"}"#, 200), ("DELETE", "", 204)] {
            // The second of the last change is over.
            tokio::time::sleep(Duration::from_millis(1100)).await;
            let shown = call(&app, "GET", PATH, &[], "").await;
            let date = ("if-unmodified-since", shown.header("last-modified"));
            let answer = call(&app, method, PATH, &[JSON, date], body).await;
            assert_eq!(answer.status, status, "{}", answer.text());
        }
        assert_eq!(unguarded.writes(), []);
    })
    .await;
}

/// What is answered is what `optional` answers, whoever races.
#[tokio::test(flavor = "multi_thread")]
async fn unguarded_writes_that_race_are_all_carried_out_and_each_is_counted_once() {
    const RACERS: u64 = 32;
    on_each_database(async |database| {
        let unguarded = Unguarded::new();
        let app = notes(&database).layer(Extension(unguarded.clone()));
        create_a(&app).await;
        for (round, (method, path, media_type)) in
            [("PUT", PATH, JSON), ("PATCH", PATH, PATCH), ("PUT", LIST, JSON)].into_iter().enumerate()
        {
            let race = |number| {
                let app = app.clone();
                let member = format!(r#"{{"id":"a","text":"{round}-{number}"}}"#);
                let body = if path == LIST { format!("[{member}]") } else { member };
                async move { call(&app, method, path, &[media_type], body).await.status }
            };
            let answers = (0..RACERS).map(race).collect::<JoinSet<_>>().join_all().await;
            // A patch that is overtaken time and again gives up.
            let is_carried_out = |status: &u16| *status == 200 || method == "PATCH" && *status == 503;
            assert!(answers.iter().all(is_carried_out), "{method} {path}: {answers:?}");
            let writes = unguarded.writes();
            let is_it =
                |it: &&UnguardedWrites| it.method == method && it.route.ends_with('s') == (path == LIST);
            let writes = writes.iter().find(is_it).expect("they are counted");
            assert_eq!((writes.count, &*writes.user_agent), (RACERS, ""));
            assert!(writes.first < writes.last);
        }
    })
    .await;
}

#[tokio::test]
async fn what_clients_call_themselves_takes_a_bounded_place() {
    let unguarded = Unguarded::new();
    let app = notes(&Database::connect("memory:").await.unwrap()).layer(Extension(unguarded.clone()));
    create_a(&app).await;
    let put = async |agent: &str| {
        let answer = call(&app, "PUT", PATH, &[JSON, ("user-agent", agent)], "{}").await;
        assert_eq!(answer.status, 200);
    };
    put(&"x".repeat(10_000)).await;
    for number in 1..250 {
        put(&format!("client/{number}")).await;
    }
    put("client/1").await;
    put("client/249").await;
    let writes = unguarded.writes();
    assert_eq!(writes.len(), 101);
    assert_eq!((&*writes[0].user_agent, writes[0].count), ("other", 151), "the most frequent first");
    assert_eq!((&*writes[1].user_agent, writes[1].count), ("client/1", 2));
    assert_eq!(writes.iter().map(|writes| writes.user_agent.chars().count()).max(), Some(401));
    assert_eq!(writes.iter().map(|writes| writes.count).sum::<u64>(), 252);

    // Each route has its own, whatever the others' clients do; methods that nobody knows are one.
    for number in 0..200 {
        let answer = call(&app, &format!("M{number}"), "/v1/notes/a/any", &[JSON], r#""""#).await;
        assert_eq!(answer.status, 200);
    }
    let writes = unguarded.writes();
    assert_eq!((writes.len(), writes[0].method, writes[0].count), (102, "other", 200));
    assert_eq!((&*writes[0].route, &*writes[0].user_agent), ("/v1/notes/{id}/any", ""));
}

#[tokio::test]
async fn the_counts_are_json_for_an_operator() {
    let unguarded = Unguarded::new();
    let app = notes(&Database::connect("memory:").await.unwrap()).layer(Extension(unguarded.clone()));
    create_a(&app).await;
    call(&app, "PUT", PATH, &[JSON, ("user-agent", "old/1")], "{}").await;
    let writes = only(&unguarded);
    let json = serde_json::to_value(unguarded.writes()).unwrap();
    let expected = serde_json::json!([{
        "method": "PUT",
        "route": "/v1/notes/{id}",
        "collection": "notes",
        "userAgent": "old/1",
        "count": 1,
        "first": writes.first.to_string(),
        "last": writes.last.to_string(),
    }]);
    assert_eq!(json, expected);
}

#[tokio::test]
async fn what_is_required_or_optional_is_not_counted() {
    on_each_database(async |database| {
        let (log, _guard) = Log::listen();
        let unguarded = Unguarded::new();
        for (rule, status) in [(IfMatch::Required, 428), (IfMatch::Optional, 200)] {
            let app = notes(&database).layer((Extension(unguarded.clone()), Extension(rule)));
            if status == 428 {
                create_a(&app).await;
            }
            for (method, path, media_type, body) in WRITES {
                let expected = if (method, status) == ("DELETE", 200) { 204 } else { status };
                let answer = call(&app, method, path, &[media_type], body).await;
                assert_eq!(answer.status, expected, "{rule:?} {method} {path}");
            }
        }
        assert_eq!(unguarded.writes(), []);
        assert_eq!(log.take(), []);
    })
    .await;
}

#[tokio::test]
async fn the_innermost_rule_of_a_router_is_the_one_that_holds() {
    let database = Database::connect("memory:").await.unwrap();
    let strict = notes(&database).layer(Extension(IfMatch::Required));
    create_a(&strict).await;
    assert_eq!(call(&strict, "PUT", PATH, &[JSON], "{}").await.status, 428);
    let outer = strict.layer(Extension(IfMatch::Optional));
    assert_eq!(call(&outer, "PUT", PATH, &[JSON], "{}").await.status, 428);
}

/// `If-Match: *` is no guard: what each rule for writes without one makes of it.
#[tokio::test]
async fn a_wildcard_that_is_refused_is_answered_as_no_guard() {
    on_each_database(async |database| {
        let any_state = ("if-match", "*");
        for rule in [IfMatch::Required, IfMatch::Report, IfMatch::Optional] {
            let unguarded = Unguarded::new();
            let app = notes(&database).layer(Extension(Wildcard::Refuse));
            let app = app.layer((Extension(rule), Extension(unguarded.clone())));
            let mut counted = 0;
            for (method, path, media_type, body) in WRITES {
                let there = show_a(&app).await;
                let answer = call(&app, method, path, &[media_type, any_state], body).await;
                if rule == IfMatch::Required {
                    assert_eq!(answer.status, 428, "{method} {path}: {}", answer.text());
                    assert_eq!(answer.header("cache-control"), "no-store");
                    assert!(answer.text().contains("`If-Match: *` is not taken here"), "{}", answer.text());
                    assert_eq!(call(&app, "GET", PATH, &[], "").await, there, "{method} {path}");
                } else {
                    assert!(answer.status < 300, "{rule:?} {method} {path}: {}", answer.text());
                }
                counted += u64::from(rule == IfMatch::Report);
                let total = unguarded.writes().iter().map(|writes| writes.count).sum::<u64>();
                assert_eq!(total, counted, "{rule:?} {method} {path}");
            }
            // Nothing exists: 404 first (checklist 36, 96), and nothing is created. Another condition: 412.
            for (method, path, media_type, body) in WRITES.into_iter().filter(|write| write.1 == PATH) {
                let absent = path.replace("/a", "/absent");
                let answer = call(&app, method, &absent, &[media_type, any_state], body).await;
                assert_eq!(answer.status, 404, "{rule:?} {method}");
            }
            if rule == IfMatch::Required {
                let exists = [JSON, any_state, ("if-none-match", "*")];
                assert_eq!(call(&app, "PUT", PATH, &exists, "{}").await.status, 412);
            }
        }
    })
    .await;
}

/// In a bulk, tags on all items are guards beside a `*` that is none.
#[tokio::test]
async fn a_wildcard_that_is_refused_leaves_the_items_own_tags() {
    let app = notes(&Database::connect("memory:").await.unwrap());
    let app = app.layer((Extension(Wildcard::Refuse), Extension(IfMatch::Required)));
    let tag = create_a(&app).await.header("etag").to_owned();
    let items = format!(r#"[{{"id":"a","text":"b","etag":{tag:?}}}]"#);
    assert_eq!(call(&app, "PUT", LIST, &[JSON, ("if-match", "*")], items).await.status, 200);
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put", wildcard = "refuse")]
struct Draft {
    #[versioned(id)]
    id: u64,
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put, ignore-if-match", wildcard = "refuse")]
struct Import {
    #[versioned(id)]
    id: u64,
}

/// RFC 9110 §13.1.1: `*` requires that something exists, unless the type says that it is ignored then.
#[tokio::test]
async fn a_wildcard_that_is_refused_is_still_a_condition_of_a_put_that_would_create() {
    async fn draft(draft: Update<Draft>) -> Result<Tagged<Draft>, Problem> {
        draft.save().await
    }
    async fn import(import: Update<Import>) -> Result<Tagged<Import>, Problem> {
        import.save().await
    }
    on_each_database(async |database| {
        let app = Router::new().route("/drafts/{id}", put(draft)).route("/imports/{id}", put(import));
        let app = app.with_state(database);
        let any_state = [JSON, ("if-match", "*")];
        assert_eq!(call(&app, "PUT", "/drafts/7", &any_state, "{}").await.status, 412);
        assert_eq!(call(&app, "PUT", "/drafts/7", &[JSON], "{}").await.status, 201);
        assert_eq!(call(&app, "PUT", "/drafts/7", &any_state, "{}").await.status, 428);
        assert_eq!(call(&app, "PUT", "/imports/7", &any_state, "{}").await.status, 201);
        assert_eq!(call(&app, "PUT", "/imports/7", &any_state, "{}").await.status, 428);
    })
    .await;
}
