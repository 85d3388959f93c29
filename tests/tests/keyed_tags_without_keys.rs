//! A program whose keys for tags were never installed: nothing is read, nothing is written, and the log says why.

use std::fmt::Debug;
use std::sync::{Mutex, Once};

use axum::Router;
use axum::routing::{get, post};
use etag_core::axum::{Create, Fresh, FreshList, Guarded, GuardedList, MergePatch, Problem, Tagged, Update};
use etag_core::{
    Access, Authorize, Database, Matched, Outcome, Preconditions, Representation, StateTag, Store, Version,
    Versioned, canonical,
};
use http::header::IF_MATCH;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use tests::{Answer, call, on_each_database};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

const JSON: (&str, &str) = ("content-type", "application/json");
const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

/// Whatever guard is asked for, it is not what keeps a write from being carried out.
#[derive(Debug, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, authorize = Staff, keyed, create = "put", if_match = "optional", embed = "etag")]
struct Vote {
    #[versioned(id)]
    id: String,
    candidate: String,
}

#[derive(Debug, Clone)]
struct Staff;

impl Authorize<Vote> for Staff {
    async fn authorize(&self, parts: &Parts, _: Option<&String>, _: Access) -> Result<(), Problem> {
        match parts.headers.contains_key("x-stranger") {
            false => Ok(()),
            true => Err(StatusCode::FORBIDDEN.into()),
        }
    }
}

#[derive(Clone, axum::extract::FromRef)]
struct AppState {
    database: Database,
    staff: Staff,
}

async fn create(vote: Create<Vote>) -> Result<Tagged<Vote>, Problem> {
    vote.save().await
}

async fn list(votes: FreshList<Vote>) -> Tagged<Vec<Vote>> {
    votes.into()
}

async fn replace_all(votes: GuardedList<Vote>) -> Result<Tagged<Vec<Vote>>, Problem> {
    votes.save().await
}

async fn patch_all(votes: GuardedList<Vote, MergePatch>) -> Result<Tagged<Vec<Vote>>, Problem> {
    votes.save().await
}

async fn show(vote: Fresh<Vote>) -> Tagged<Vote> {
    vote.into()
}

async fn replace(vote: Update<Vote>) -> Result<Tagged<Vote>, Problem> {
    vote.save().await
}

async fn patch(vote: Update<Vote, MergePatch>) -> Result<Tagged<Vote>, Problem> {
    vote.save().await
}

async fn delete(vote: Guarded<Vote>) -> Result<StatusCode, Problem> {
    vote.delete().await
}

async fn unstored() -> Tagged<Vec<Vote>> {
    Tagged::new(vec![Vote { id: "a".to_owned(), candidate: "x".to_owned() }])
}

fn app(database: &Database) -> Router {
    Router::new()
        .route("/votes", post(create).get(list).put(replace_all).patch(patch_all))
        .route("/votes/{id}", get(show).put(replace).patch(patch).delete(delete))
        .route("/unstored", get(unstored))
        .route("/plain", get(async || Tagged::new("text")))
        .with_state(AppState { database: database.clone(), staff: Staff })
}

/// Each request that there is, with these headers.
async fn all(app: &Router, headers: &[(&str, &str)]) -> Vec<Answer> {
    let (vote, votes) = (r#"{"candidate":"y"}"#, r#"[{"id":"a","candidate":"y"}]"#);
    let mut all = Vec::new();
    for (method, path, kind, body) in [
        ("GET", "/votes", JSON, ""),
        ("POST", "/votes", JSON, r#"{"id":"b","candidate":"y"}"#),
        ("PUT", "/votes", JSON, votes),
        ("PATCH", "/votes", PATCH, votes),
        ("GET", "/votes/a", JSON, ""),
        ("PUT", "/votes/a", JSON, vote),
        ("PUT", "/votes/b", JSON, vote),
        ("PATCH", "/votes/a", PATCH, vote),
        ("DELETE", "/votes/a", JSON, ""),
    ] {
        let headers: Vec<_> = headers.iter().copied().chain([kind]).collect();
        all.push(call(app, method, path, &headers, body).await);
    }
    all
}

#[tokio::test]
async fn each_request_is_answered_500_and_nothing_is_written() {
    on_each_database(async |database| {
        let app = app(&database);
        let vote = || Vote { id: "a".to_owned(), candidate: "x".to_owned() };
        let _written = database.replace(Matched::unconditional("a".to_owned()), vote()).await.unwrap();
        let state = format!("\"{}\"", StateTag::of(&vote()).unwrap());
        for headers in
            [vec![], vec![("if-match", "*")], vec![("if-match", &*state)], vec![("if-none-match", "*")]]
        {
            for answer in all(&app, &headers).await {
                assert_eq!(answer.status, 500, "{headers:?} {}", answer.text());
                assert!(!answer.headers.contains_key("etag"));
                assert!(!answer.text().contains(state.trim_matches('"')), "{}", answer.text());
            }
            assert_eq!(database.all::<Vote>().await.unwrap(), [vote()], "{headers:?}");
        }
        let answer = call(&app, "GET", "/unstored", &[], "").await;
        assert_eq!((answer.status, answer.header("etag")), (500, ""));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_keyed_needs_no_keys() {
    let database = Database::connect("memory:").await.unwrap();
    let answer = call(&app(&database), "GET", "/plain", &[], "").await;
    let state = StateTag::of("text").unwrap();
    assert_eq!((answer.status, answer.header("etag")), (200, &*format!("\"{state}\"")));
}

#[tokio::test]
async fn who_may_not_see_it_is_told_no_more_than_that() {
    let database = Database::connect("memory:").await.unwrap();
    for answer in all(&app(&database), &[("x-stranger", "")]).await {
        assert_eq!(answer.status, 403, "{}", answer.text());
    }
}

#[test]
fn a_version_has_no_tag_and_no_tag_guards_it() {
    let vote = Vote { id: "a".to_owned(), candidate: "x".to_owned() };
    assert_eq!(Representation::of(&vote).unwrap_err(), canonical::Error::NoTagKeys);
    let version = Version::from(StateTag::of(&vote).unwrap());
    let validators = version.validators::<Vote>();
    assert_eq!(validators.etag, None);
    let mut headers = HeaderMap::new();
    headers.insert(IF_MATCH, HeaderValue::from_str(&format!("\"{}\"", version.state)).unwrap());
    let preconditions = Preconditions::from_parts(&Method::PUT, &headers).unwrap();
    assert_eq!(preconditions.evaluate(Some(&validators)), Outcome::PreconditionFailed);
}

#[tokio::test]
async fn the_log_says_what_to_do() {
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Errors);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    let database = Database::connect("memory:").await.unwrap();
    call(&app(&database), "GET", "/votes/a", &[], "").await;
    let errors = ERRORS.lock().unwrap();
    assert!(errors.iter().any(|error| error.contains("`TagKeys::new(key)?.install()?`")), "{errors:?}");
}

/// Keeps what is said of an error.
struct Errors;

static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl<S: Subscriber> Layer<S> for Errors {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Errors);
    }
}

impl Visit for Errors {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "error" {
            ERRORS.lock().unwrap().push(format!("{value:?}"));
        }
    }
}
