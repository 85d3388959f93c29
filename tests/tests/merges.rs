//! What a 412 says, so that its client can merge: which members differ, and the current representation where it is
//! preferred; to nobody who may not read it. (HTTP.md's choice for a 412; checklist 85, 86, 106, 108, 109, 120.)

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{FromRef, State};
use axum::routing::{patch, put};
use axum::{Json, Router};
use etag_core::axum::{Fresh, Guarded, Patch, Problem, Tagged, Update};
use etag_core::{
    Access, Authorize, Database, DatabaseError, Matched, Removed, Required, Store, Timestamp, Version,
    Versioned, Written,
};
use http::StatusCode;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tests::{Answer, call};

const JSON: (&str, &str) = ("content-type", "application/json");
const JSON_PATCH: (&str, &str) = ("content-type", "application/json-patch+json");
const MERGE_PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");
const PREFER: (&str, &str) = ("prefer", "return=representation");
const STALE: (&str, &str) = ("if-match", "\"Wqpcd7ifa1NxSQdjdXYSJg7hmkQPGnM80pSVIV3OxBs\"");

#[derive(Serialize, Deserialize, Versioned)]
#[versioned(store = Watched, authorize = Staff, embed = "etag", create = "put")]
struct Worker {
    #[versioned(id)]
    id: u64,
    name: String,
    #[serde(default)]
    skills: Vec<String>,
    #[serde(default)]
    notes: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[versioned(serde)]
    exact: Option<Box<RawValue>>,
    #[serde(default)]
    salary: u64,
    #[versioned(modified)]
    changed: Timestamp,
}

/// What was called, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, call: impl Into<String>) {
        self.0.lock().unwrap().push(call.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// A database whose calls are written down, and in which something may happen before a value is loaded.
#[derive(Clone)]
struct Watched {
    database: Database,
    log: Log,
    before_load: BeforeLoad,
}

#[derive(Clone, Copy, PartialEq)]
enum BeforeLoad {
    Nothing,
    /// The worker gets another name.
    Change,
    Failure,
}

impl Store<Worker> for Watched {
    type Error = DatabaseError;

    async fn version(&self, key: &u64) -> Result<Option<Version>, DatabaseError> {
        self.log.add("version");
        Store::<Worker>::version(&self.database, key).await
    }

    async fn load(&self, key: &u64) -> Result<Option<(Worker, Version)>, DatabaseError> {
        self.log.add("load");
        let loaded: Option<(Worker, Version)> = self.database.load(key).await?;
        match (self.before_load, loaded) {
            (BeforeLoad::Failure, _) => Err(DatabaseError::Transaction),
            (BeforeLoad::Change, Some((worker, _))) => {
                let other = Worker { name: "x".to_owned(), ..worker };
                let _ = self.database.replace(Matched::unconditional(*key), other).await?;
                self.database.load(key).await
            }
            (_, loaded) => Ok(loaded),
        }
    }

    async fn replace(
        &self,
        matched: Matched<Worker>,
        worker: Worker,
    ) -> Result<Written<Worker>, DatabaseError> {
        self.log.add("replace");
        self.database.replace(matched, worker).await
    }

    async fn remove(&self, matched: Matched<Worker>) -> Result<Removed, DatabaseError> {
        self.log.add("remove");
        self.database.remove(matched).await
    }
}

/// Everybody may write, clerks may not read, and only payroll sees what is paid.
#[derive(Clone)]
struct Staff(Log);

impl Authorize<Worker> for Staff {
    async fn authorize(&self, parts: &Parts, _: Option<&u64>, access: Access) -> Result<(), Problem> {
        self.0.add(format!("policy {access:?}"));
        match parts.headers.contains_key("x-clerk") && access == Access::Read {
            true => Err(StatusCode::NOT_FOUND.into()),
            false => Ok(()),
        }
    }

    fn redacts(&self, parts: &Parts, member: &str) -> bool {
        member == "salary" && !parts.headers.contains_key("x-payroll")
    }
}

#[derive(Clone)]
struct App {
    store: Watched,
}

impl FromRef<App> for Watched {
    fn from_ref(app: &App) -> Self {
        app.store.clone()
    }
}

impl FromRef<App> for Staff {
    fn from_ref(app: &App) -> Self {
        Self(app.store.log.clone())
    }
}

#[derive(Deserialize)]
struct Rename {
    name: String,
}

async fn rename(mut worker: Update<Worker, Json<Rename>>) -> Result<Tagged<Worker>, Problem> {
    worker.name = worker.body().name.clone();
    worker.save().await
}

/// Somebody else is faster: they are called `x`.
async fn overtaken(State(app): State<App>, worker: Update<Worker, Patch>) -> Result<Tagged<Worker>, Problem> {
    let loaded = Store::<Worker>::load(&app.store.database, &7).await?;
    let (mut other, _) = loaded.expect("the worker is there");
    other.name = "x".to_owned();
    let _ = app.store.database.replace(Matched::unconditional(7), other).await?;
    worker.save().await
}

struct Service {
    router: Router,
    log: Log,
}

impl Service {
    /// A service with the worker 7.
    async fn new() -> Self {
        Self::with(BeforeLoad::Nothing).await
    }

    async fn with(before_load: BeforeLoad) -> Self {
        let log = Log::default();
        let database = Database::connect("memory:").await.unwrap();
        let worker = json!({
            "id": 7,
            "name": "Ada",
            "skills": ["crane"],
            "notes": {"a/b": {"~": 1, "same": 2}},
            "exact": 1,
            "salary": 4_815_162_342_u64,
            "changed": Timestamp::now(),
        });
        let mut worker: Worker = serde_json::from_value(worker).unwrap();
        worker.exact = Some(RawValue::from_string("123456789012345678901234567890".to_owned()).unwrap());
        database.import(vec![worker], Required::New, |_| {}).await.unwrap();
        let store = Watched { database, log: log.clone(), before_load };
        let methods = put(async |worker: Update<Worker>| worker.save().await)
            .get(async |worker: Fresh<Worker>| worker)
            .patch(async |worker: Update<Worker, Patch>| worker.save().await)
            .delete(async |worker: Guarded<Worker>| worker.delete().await);
        let router = Router::new()
            .route("/workers/{id}", methods)
            .route("/workers/{id}/name", put(rename))
            .route("/workers/{id}/overtaken", patch(overtaken))
            .with_state(App { store });
        Self { router, log }
    }

    async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        call(&self.router, method, path, headers, body.to_owned()).await
    }

    async fn shown(&self) -> Answer {
        let shown = self.call("GET", "/workers/7", &[], "").await;
        assert_eq!(shown.status, 200);
        self.log.take();
        shown
    }

    /// Sends a stale write, and reads the problem.
    async fn refused(&self, method: &str, headers: &[(&str, &str)], body: &str) -> (Answer, Value) {
        let headers = [headers, &[STALE]].concat();
        let answer = self.call(method, "/workers/7", &headers, body).await;
        assert_eq!(answer.status, 412, "{}", answer.text());
        let problem = serde_json::from_str(answer.text()).unwrap();
        (answer, problem)
    }

    async fn changed(&self, method: &str, headers: &[(&str, &str)], body: &str) -> Value {
        self.refused(method, headers, body).await.1["changed"].clone()
    }
}

/// The worker as it is shown, but for some members.
fn with(shown: &Answer, members: Value) -> String {
    let mut value: Value = serde_json::from_str(shown.text()).unwrap();
    value["exact"] = json!("EXACT");
    value.as_object_mut().unwrap().remove("etag");
    for (name, member) in members.as_object().unwrap() {
        value[name] = member.clone();
    }
    // `Value` would round it.
    value.to_string().replace("\"EXACT\"", "123456789012345678901234567890")
}

#[tokio::test]
async fn a_stale_put_is_told_which_members_of_it_differ() {
    let service = Service::new().await;
    let shown = service.shown().await;
    for (members, changed) in [
        (json!({}), json!([])),
        (json!({"name": "Bob"}), json!(["/name"])),
        (json!({"skills": ["crane", "truck"], "name": "Bob"}), json!(["/name", "/skills"])),
        (json!({"notes": {"a/b": {"~": 3, "same": 2}}}), json!(["/notes/a~1b/~0"])),
        (json!({"notes": {"a/b": {"same": 2}, "": 1}}), json!(["/notes/", "/notes/a~1b/~0"])),
        (json!({"notes": {"a/b": 1}}), json!(["/notes/a~1b"])),
        (json!({"notes": {}}), json!(["/notes/a~1b"])),
        // What the server owns does not differ by what a client says of it.
        (json!({"changed": "2001-01-01T00:00:00Z"}), json!([])),
        (json!({"exact": 1}), json!(["/exact"])),
        (json!({"unknown": 1}), json!([])),
    ] {
        let (answer, problem) = service.refused("PUT", &[JSON], &with(&shown, members.clone())).await;
        assert_eq!(problem["changed"], changed, "{members}");
        assert_eq!((&problem["reason"], &problem["etag"]), (&json!("stale"), &json!(shown.header("etag"))));
        assert!(problem.get("current").is_none() && problem.get("more").is_none(), "{problem}");
        assert_eq!((answer.header("etag"), answer.header("vary")), (shown.header("etag"), "Prefer"));
        assert_eq!(answer.header("preference-applied"), "");
        assert_eq!(answer.header("cache-control"), "private, no-cache");
    }
    // Two numbers that a double can't tell apart.
    let near = with(&shown, json!({})).replace("567890,", "567891,");
    assert_eq!(service.changed("PUT", &[JSON], &near).await, json!(["/exact"]));
    // What is left out has its default.
    assert_eq!(
        service.changed("PUT", &[JSON], r#"{"name":"Ada"}"#).await,
        json!(["/exact", "/notes/a~1b", "/skills"]),
    );
}

#[tokio::test]
async fn the_current_representation_is_in_the_problem_where_it_is_preferred() {
    let service = Service::new().await;
    let shown = service.shown().await;
    let payroll = ("x-payroll", "yes");
    for (method, media_type, body) in [
        ("PUT", JSON, r#"{"name":"Bob"}"#),
        ("PATCH", MERGE_PATCH, r#"{"name":"Bob"}"#),
        ("PATCH", JSON_PATCH, r#"[{"op":"replace","path":"/name","value":"Bob"}]"#),
    ] {
        let (answer, problem) = service.refused(method, &[media_type, PREFER, payroll], body).await;
        assert_eq!(answer.header("preference-applied"), "return=representation");
        assert_eq!((answer.header("vary"), answer.header("etag")), ("Prefer", shown.header("etag")));
        // Each byte of it: `Value` would round a number.
        assert!(answer.text().contains(&format!(r#""current":{}"#, shown.text())), "{}", answer.text());
        assert_eq!(problem["current"]["etag"], shown.header("etag"));
        let (answer, problem) =
            service.refused(method, &[media_type, ("prefer", "return=minimal"), payroll], body).await;
        assert_eq!((answer.header("preference-applied"), problem.get("current")), ("", None));
    }
}

#[tokio::test]
async fn a_stale_patch_is_told_which_members_it_would_change() {
    let service = Service::new().await;
    for (media_type, body, changed) in [
        (MERGE_PATCH, r#"{"name":"Ada"}"#, json!([])),
        (MERGE_PATCH, r#"{"name":"Bob","skills":["crane"]}"#, json!(["/name"])),
        (MERGE_PATCH, r#"{"notes":{"a/b":{"~":null,"same":2},"c":null}}"#, json!(["/notes/a~1b/~0"])),
        (MERGE_PATCH, r#"{"exact":null,"changed":null}"#, json!(["/exact"])),
        // What it would make can't be: nothing is said of it.
        (MERGE_PATCH, r#"{"name":null}"#, Value::Null),
        (MERGE_PATCH, r#"{"name"#, Value::Null),
        (JSON_PATCH, "[]", json!([])),
        (JSON_PATCH, r#"[{"op":"copy","from":"/name","path":"/skills/-"}]"#, json!(["/skills"])),
        (JSON_PATCH, r#"[{"op":"test","path":"/name","value":"Bob"}]"#, Value::Null),
        (JSON_PATCH, r#"{}"#, Value::Null),
    ] {
        assert_eq!(service.changed("PATCH", &[media_type], body).await, changed, "{body}");
    }
}

#[tokio::test]
async fn a_body_that_only_the_handler_knows_is_told_the_current_representation_alone() {
    let service = Service::new().await;
    let headers = [JSON, STALE, PREFER, ("x-payroll", "yes")];
    let answer = service.call("PUT", "/workers/7/name", &headers, r#"{"name":"Bob"}"#).await;
    let problem: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(
        (answer.status, problem.get("changed"), &problem["current"]["name"]),
        (412, None, &json!("Ada"))
    );
}

#[tokio::test]
async fn who_may_write_and_not_read_is_told_nothing() {
    let service = Service::new().await;
    let shown = service.shown().await;
    let clerk = ("x-clerk", "yes");
    for (method, media_type, body) in [
        ("PUT", JSON, r#"{"name":"Bob"}"#),
        ("PATCH", MERGE_PATCH, r#"{"name":"Bob"}"#),
        ("PATCH", JSON_PATCH, "[]"),
    ] {
        let (answer, problem) = service.refused(method, &[media_type, PREFER, clerk], body).await;
        let mut members: Vec<&String> = problem.as_object().unwrap().keys().collect();
        members.sort();
        assert_eq!(members, ["detail", "etag", "reason", "status", "title", "type"]);
        assert_eq!((answer.header("etag"), answer.header("vary")), (shown.header("etag"), ""));
        assert_eq!(answer.header("preference-applied"), "");
    }
}

#[tokio::test]
async fn what_the_policy_redacts_is_told_to_nobody_else() {
    let service = Service::new().await;
    let body = r#"{"name":"Bob","salary":9}"#;
    for (method, media_type) in [("PUT", JSON), ("PATCH", MERGE_PATCH)] {
        let (answer, problem) = service.refused(method, &[media_type, PREFER], body).await;
        assert!(
            !answer.text().contains("salary") && !answer.text().contains("4815162342"),
            "{}",
            answer.text()
        );
        assert_eq!(problem["current"]["name"], "Ada");
        let payroll = [media_type, PREFER, ("x-payroll", "yes")];
        let (_, problem) = service.refused(method, &payroll, body).await;
        assert_eq!(problem["current"]["salary"], 4_815_162_342_u64);
        assert!(problem["changed"].as_array().unwrap().contains(&json!("/salary")), "{problem}");
    }
}

/// The document is read after a miss, and never else.
#[tokio::test]
async fn a_write_that_succeeds_reads_no_more_and_asks_no_more() {
    let service = Service::new().await;
    let shown = service.shown().await;
    let current = ("if-match", shown.header("etag"));
    for (method, body, calls) in [
        ("DELETE", "", &["policy Write", "load"][..]),
        ("PATCH", r#"{"name":"Bob"}"#, &["policy Write", "load", "policy Read"]),
        ("PUT", r#"{"name":"Bob"}"#, &["policy Write", "replace", "policy Read", "load"]),
    ] {
        let media_type = if method == "PATCH" { MERGE_PATCH } else { JSON };
        service.refused(method, &[media_type], body).await;
        assert_eq!(service.log.take(), calls, "{method}");
    }
    let written = service.call("PUT", "/workers/7", &[JSON, PREFER, current], r#"{"name":"Bob"}"#).await;
    assert_eq!(
        (written.status, service.log.take()),
        (200, vec!["policy Write".to_owned(), "replace".to_owned()])
    );
    let current = ("if-match", written.header("etag"));
    let written = service.call("PATCH", "/workers/7", &[MERGE_PATCH, PREFER, current], "{}").await;
    assert_eq!(
        (written.status, service.log.take()),
        (200, ["policy Write", "load", "replace"].map(str::to_owned).into())
    );
}

#[tokio::test]
async fn where_the_document_can_not_be_read_the_plain_412_stands() {
    let service = Service::with(BeforeLoad::Failure).await;
    let (answer, problem) = service.refused("PUT", &[JSON, PREFER], r#"{"name":"Bob"}"#).await;
    assert_eq!(
        (&problem["reason"], problem.get("changed"), problem.get("current")),
        (&json!("stale"), None, None)
    );
    assert!(answer.header("etag").starts_with('"'));
}

#[tokio::test]
async fn what_is_not_there_has_no_members() {
    let service = Service::new().await;
    let absent = service.call("PUT", "/workers/8", &[JSON, PREFER, STALE], r#"{"name":"Bob"}"#).await;
    let problem: Value = serde_json::from_str(absent.text()).unwrap();
    assert_eq!((absent.status, &problem["reason"]), (412, &json!("absent")));
    assert!(problem.get("changed").is_none() && problem.get("current").is_none(), "{problem}");
    assert_eq!(service.log.take(), ["policy Write", "replace"]);
}

#[tokio::test]
async fn a_put_of_what_exists_already_is_told_where_it_differs() {
    let service = Service::new().await;
    let shown = service.shown().await;
    for conditions in [&[("if-none-match", "*")][..], &[("if-match", "\"a\", \"b\"")]] {
        let headers = [&[JSON, PREFER], conditions].concat();
        let body = with(&shown, json!({"name": "Bob"}));
        let answer = service.call("PUT", "/workers/7", &headers, &body).await;
        let problem: Value = serde_json::from_str(answer.text()).unwrap();
        assert_eq!((answer.status, &problem["changed"]), (412, &json!(["/name"])), "{conditions:?}");
        assert_eq!(problem["current"]["name"], "Ada");
    }
}

#[tokio::test]
async fn a_lost_race_is_told_the_state_that_won() {
    let service = Service::new().await;
    let shown = service.shown().await;
    let headers = [MERGE_PATCH, PREFER, ("if-match", shown.header("etag"))];
    let body = r#"{"name":"Bob","skills":[]}"#;
    let answer = service.call("PATCH", "/workers/7/overtaken", &headers, body).await;
    let problem: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!((answer.status, &problem["changed"]), (412, &json!(["/name", "/skills"])), "{problem}");
    assert_eq!(problem["current"]["name"], "x");
    let current = service.shown().await;
    assert_eq!(
        (answer.header("etag"), &problem["etag"]),
        (current.header("etag"), &json!(current.header("etag")))
    );
    assert_eq!(problem["current"]["etag"], current.header("etag"));
}

/// What is shown, and the tag beside it, are of one version.
#[tokio::test]
async fn what_changes_again_before_it_is_told_is_told_with_its_own_tag() {
    let service = Service::with(BeforeLoad::Change).await;
    let (answer, problem) = service.refused("PUT", &[JSON, PREFER], r#"{"name":"x"}"#).await;
    assert_eq!(problem["current"]["name"], "x");
    assert!(!problem["changed"].as_array().unwrap().contains(&json!("/name")), "{problem}");
    let current = problem["current"]["etag"].as_str().unwrap();
    assert_eq!((answer.header("etag"), problem["etag"].as_str()), (current, Some(current)));
}

/// Checklist 101.
#[tokio::test]
async fn what_is_told_is_bounded_in_number_length_and_depth() {
    let service = Service::new().await;
    let many: Value = (0..200).map(|number| (format!("n{number:03}"), json!(1))).collect();
    let (_, problem) = service.refused("PATCH", &[MERGE_PATCH], &json!({"notes": many}).to_string()).await;
    let changed = problem["changed"].as_array().unwrap();
    assert_eq!((changed.len(), &problem["more"]), (100, &json!(true)));
    assert_eq!((&changed[0], &changed[99]), (&json!("/notes/n000"), &json!("/notes/n099")));

    let long: Value = (0..90).map(|number| (format!("{}{number}", "n".repeat(5000)), json!(1))).collect();
    let (answer, problem) =
        service.refused("PATCH", &[MERGE_PATCH], &json!({"notes": long}).to_string()).await;
    assert_eq!((&problem["more"], answer.body.len() < 20_000), (&json!(true), true));

    let deep = (0..20).fold(json!(1), |inner, _| json!({"d": inner}));
    let changed = |inner: Value| json!({"notes": {"d": inner}}).to_string();
    let tag = service.shown().await;
    let put = [MERGE_PATCH, ("if-match", tag.header("etag"))];
    assert_eq!(service.call("PATCH", "/workers/7", &put, &changed(deep)).await.status, 200);
    let other = (0..20).fold(json!(2), |inner, _| json!({"d": inner}));
    let changed = service.changed("PATCH", &[MERGE_PATCH], &changed(other)).await;
    assert_eq!(changed, json!([format!("/notes{}", "/d".repeat(7))]));
}
