use std::ops::{Deref, DerefMut};

use axum::Json as AxumJson;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};

use http::Method;

use super::body::{Json, MediaType, read};
use super::caller::Caller;
use super::guard::{Plan, Race, admit, admit_and_report, plan, preconditions_or_not_found};
use super::replay::content_of;
use super::rules::Rules;
use super::ticket::{Guard, Ticket, location};
use super::{
    Change, JsonPatch, MergePatch, Patch, Pending, PolicyInState, Refusal, StoreInState, Tagged, Target,
    Whole,
};
use crate::outline::Outline;
use crate::{
    FromJson, Key, Matched, Problem, Required, Resource, Store, StoreIn, Timestamp, Version, Written,
};

/// A write with a body, in the state that the request requires.
///
/// - `Update<T>`: the body is the whole new value, and this derefs to it. Nothing is read first where the
///   request names one tag: 404 and 412 come from [`save`](Self::save).
/// - `Update<T, Json<Other>>`: derefs to the stored value, for the handler to change by what
///   [`body`](Self::body) says.
/// - `Update<T, MergePatch>`, `Update<T, JsonPatch>` and, for a route that takes both, `Update<T, Patch>`: derefs to
///   the stored value with the patch applied.
///
/// It reads the body, so it is a handler's last parameter. Nothing is stored before [`save`](Self::save).
///
/// Id, stamps and an embedded tag need not be sent; an id that differs from the path's is 422. So is a member in another
/// form than it is shown in, such as an array for a struct, which serde would read: but not of a member that a function
/// of yours reads and writes, by `with` or `#[versioned(serde)]`.
///
/// A 412 says to who may read the resource what has changed, and shows it where that is preferred: see
/// [`Problem`](Problem#precondition-failed).
///
/// ```
/// use axum::{Json, Router, routing::put};
/// use etag_core::axum::{MergePatch, Problem, Tagged, Update};
/// use http::Request;
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database, create = "put")]
/// # struct Note { #[versioned(id)] id: String, text: String }
/// # async fn call(app: &axum::Router, request: http::request::Builder, body: &str) -> (u16, String) {
/// #     use tower::ServiceExt;
/// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
/// #     let answer = app.clone().oneshot(request).await.unwrap();
/// #     let etag = answer.headers().get("etag").map(|etag| etag.to_str().unwrap().to_owned());
/// #     (answer.status().as_u16(), etag.unwrap_or_default())
/// # }
///
/// #[derive(Deserialize)]
/// struct Append {
///     line: String,
/// }
///
/// async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> {
///     note.save().await
/// }
///
/// async fn patch(note: Update<Note, MergePatch>) -> Result<Tagged<Note>, Problem> {
///     note.save().await
/// }
///
/// async fn append(mut note: Update<Note, Json<Append>>) -> Result<Tagged<Note>, Problem> {
///     note.text = format!("{}\n{}", note.text, note.body().line);
///     note.save().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/notes/{id}", put(replace).patch(patch).post(append));
/// let app = app.with_state(Database::connect("memory:").await?);
/// let json = ("content-type", "application/json");
/// let put = Request::put("/notes/a").header(json.0, json.1);
/// let (_, etag) = call(&app, put, r#"{"text":"first"}"#).await;
/// let append = Request::post("/notes/a").header(json.0, json.1).header("if-match", &etag);
/// assert_eq!(call(&app, append, r#"{"line":"second"}"#).await.0, 200);
/// let patch = Request::patch("/notes/a").header(json.0, "application/merge-patch+json");
/// let stale = patch.header("if-match", &etag); // the tag before the line was appended
/// assert_eq!(call(&app, stale, r#"{"text":"lost"}"#).await.0, 412);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Update<T: Resource, B: Change<T> = Whole, S: Store<T> = <T as Resource>::Store> {
    value: T,
    body: B::Body,
    ticket: Ticket<T, S>,
    /// How the body is applied to another stored value, unless the handler has changed what came of it.
    reapply: Option<Apply<T, B>>,
    caller: Caller<T>,
    submitted: Submitted<T, B>,
}

type Apply<T, B> = fn(&<B as Change<T>>::Body, T) -> Result<T, Problem>;

/// What a refusal compares with the current representation.
#[derive(Debug)]
enum Submitted<T: Resource, B: Change<T>> {
    /// A whole new value, and how it is read.
    Whole(Json, fn(&Json, Timestamp) -> Result<T, Problem>),
    /// What a patch makes of the current value.
    Patch(Apply<T, B>),
    /// Only the handler knows what becomes of the body.
    Other,
}

impl<T: Resource, B: Change<T>> Submitted<T, B> {
    /// What the write would make of the current value, as far as that is known.
    fn made(&self, body: &B::Body, current: T) -> Option<T> {
        match self {
            Self::Whole(json, read) => read(json, Timestamp::now()).ok(),
            Self::Patch(apply) => apply(body, current).ok(),
            Self::Other => None,
        }
    }
}

impl<T: Resource, B: Change<T>, S: Store<T>> Update<T, B, S> {
    /// What was sent.
    ///
    /// ```
    /// # use axum::{Json, Router};
    /// # use axum::routing::post;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::{Tagged, Update};
    /// # use http::Request;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Note { #[versioned(id)] id: u64, text: String }
    /// # async fn send(app: &Router, request: http::request::Builder, body: &str) -> http::Response<String> {
    /// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    /// #     let answer = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
    /// #     let (parts, body) = answer.into_parts();
    /// #     let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    /// #     http::Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
    /// # }
    /// #[derive(Deserialize)]
    /// struct Append {
    ///     line: String,
    /// }
    ///
    /// async fn append(mut note: Update<Note, Json<Append>>) -> Result<Tagged<Note>, Problem> {
    ///     note.text = format!("{}, {}", note.text, note.body().line);
    ///     note.save().await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}/lines", post(append)).with_state(database);
    /// # let post = Request::post("/notes/1/lines")
    /// #     .header("content-type", "application/json").header("if-match", "*");
    /// let appended = send(&app, post, r#"{"line":"second"}"#).await;
    /// assert_eq!(appended.body(), r#"{"id":1,"text":"first, second"}"#);
    /// # Ok(())
    /// # }
    /// ```
    pub fn body(&self) -> &B::Body {
        &self.body
    }

    /// Writes the value over the state that the guard requires, and answers with it.
    ///
    /// A patch under `If-Match: *` is applied again to what is there now when somebody else was faster,
    /// unless the handler has changed the value. A write that is sent again because its answer was lost can be
    /// recognised: see [`Replay`](crate::Replay).
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::put;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::{Tagged, Update};
    /// # use http::Request;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Note { #[versioned(id)] id: u64, text: String }
    /// # async fn send(app: &Router, request: http::request::Builder, body: &str) -> http::Response<String> {
    /// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    /// #     let answer = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
    /// #     let (parts, body) = answer.into_parts();
    /// #     let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    /// #     http::Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
    /// # }
    /// async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> {
    ///     note.save().await.inspect_err(|problem| assert_eq!(problem.status(), 412))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", put(replace)).with_state(database.clone());
    /// # let put = || Request::put("/notes/1").header("content-type", "application/json");
    /// let stale = put().header("if-match", r#""of-another-state""#);
    /// assert_eq!(send(&app, stale, r#"{"text":"lost"}"#).await.status(), 412);
    /// let any = put().header("if-match", "*");
    /// assert_eq!(send(&app, any, r#"{"text":"second"}"#).await.status(), 200);
    /// assert!(database.get::<Note>(&1).await?.is_some_and(|note| note.text == "second"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// 412 where the state is another one, 409 where the request named none and somebody else was faster,
    /// 404 where nothing is there, 428 where something is and the request named no state, 503 where a patch
    /// is overtaken time and again.
    pub async fn save(self) -> Result<Tagged<T>, Problem> {
        let Self { value, body, mut ticket, reapply, caller, submitted } = self;
        let saved = match reapply {
            Some(apply) if ticket.guard == Guard::Read(Race::Conflict) => {
                save_again(&mut ticket, value, &body, apply).await
            }
            _ => ticket.save(value).await,
        };
        match saved {
            Ok(tagged) => Ok(tagged),
            Err(problem) => {
                let mut made = |current| submitted.made(&body, current);
                Err(caller.explain(problem, &ticket.store, &ticket.key, &mut made).await)
            }
        }
    }

    /// As [`save`](Self::save), in a transaction of yours; a patch is not applied again: 409, a write that is sent
    /// again is not recognised: 412, and that says no more than the current tag.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::extract::State;
    /// # use axum::routing::put;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::{Tagged, Update};
    /// # use http::Request;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Note { #[versioned(id)] id: u64, text: String }
    /// # async fn send(app: &Router, request: http::request::Builder, body: &str) -> http::Response<String> {
    /// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    /// #     let answer = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
    /// #     let (parts, body) = answer.into_parts();
    /// #     let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    /// #     http::Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
    /// # }
    /// async fn replace(
    ///     State(database): State<Database>,
    ///     note: Update<Note>,
    /// ) -> Result<Tagged<Note>, Problem> {
    ///     let mut transaction = database.transaction().await?;
    ///     let saved = note.save_in(&mut transaction).await?;
    ///     assert!(database.get::<Note>(&1).await?.is_some_and(|note| note.text == "first"));
    ///     saved.commit(transaction).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", put(replace)).with_state(database.clone());
    /// # let put = Request::put("/notes/1")
    /// #     .header("content-type", "application/json").header("if-match", "*");
    /// assert_eq!(send(&app, put, r#"{"text":"second"}"#).await.status(), 200);
    /// assert!(database.get::<Note>(&1).await?.is_some_and(|note| note.text == "second"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub async fn save_in<Tx: Send>(self, transaction: &mut Tx) -> Result<Pending<T>, Problem>
    where
        S: StoreIn<T, Tx>,
    {
        self.ticket.save_in(transaction, self.value).await
    }

    /// The value, and the proof that a store takes.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::extract::State;
    /// # use axum::routing::put;
    /// # use etag_core::{Database, Problem, Required, Store, Versioned, Written};
    /// # use etag_core::axum::Update;
    /// # use http::{Request, StatusCode};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Note { #[versioned(id)] id: u64, text: String }
    /// # async fn send(app: &Router, request: http::request::Builder, body: &str) -> http::Response<String> {
    /// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    /// #     let answer = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
    /// #     let (parts, body) = answer.into_parts();
    /// #     let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    /// #     http::Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
    /// # }
    /// async fn replace(
    ///     State(database): State<Database>,
    ///     note: Update<Note>,
    /// ) -> Result<StatusCode, Problem> {
    ///     let (note, matched) = note.into_parts();
    ///     match database.replace(matched, note).await? {
    ///         Written::Created(..) => Ok(StatusCode::CREATED),
    ///         Written::Replaced(..) | Written::Unchanged(..) => Ok(StatusCode::NO_CONTENT),
    ///         Written::Stale(_) => Err(StatusCode::PRECONDITION_FAILED.into()),
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", put(replace)).with_state(database);
    /// # let put = |tag| Request::put("/notes/1")
    /// #     .header("content-type", "application/json").header("if-match", tag);
    /// assert_eq!(send(&app, put(r#""another""#), r#"{"text":"lost"}"#).await.status(), 412);
    /// assert_eq!(send(&app, put("*"), r#"{"text":"second"}"#).await.status(), 204);
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_parts(self) -> (T, Matched<T>) {
        (self.value, self.ticket.into_matched())
    }
}

/// Writes a patched value; where somebody else was faster, the patch is applied to what they wrote.
async fn save_again<T: Resource, S: Store<T>, P>(
    ticket: &mut Ticket<T, S>,
    mut value: T,
    patch: &P,
    apply: fn(&P, T) -> Result<T, Problem>,
) -> Result<Tagged<T>, Problem> {
    for attempt in 1..=ATTEMPTS {
        let written = ticket.replace(value).await?;
        if !matches!(written, Written::Stale(Some(_))) {
            return ticket.answer(written);
        }
        if attempt == ATTEMPTS {
            break;
        }
        let loaded = ticket.store.load(&ticket.key).await.map_err(Into::into)?;
        let (stored, version) = loaded.ok_or_else(Problem::not_found)?;
        if let Err(Refusal::Problem(problem)) = admit(&ticket.rules, &ticket.preconditions, &version) {
            return Err(problem);
        }
        value = patched(patch, stored, &ticket.key, apply)?;
        ticket.required = Required::State(version.state);
    }
    Err(Problem::unavailable("others kept changing the resource that a patch applies to"))
}

/// How often a patch is applied.
const ATTEMPTS: u32 = 5;

/// What a patch makes of a stored value, with what is kept out of the body.
fn patched<T: Resource, P>(
    patch: &P,
    stored: T,
    key: &T::Key,
    apply: fn(&P, T) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let mut value = apply(patch, stored)?;
    value.set_key(key);
    value.stamp(Timestamp::now());
    Ok(value)
}

impl<T, S, A> FromRequest<A> for Update<T, Whole, S>
where
    T: Resource + FromJson,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &A) -> Result<Self, Refusal> {
        let Received { target, conditions, rules, json, location, sent, caller } =
            receive::<T, S, A>(request, state, MediaType::JSON).await?;
        let Target { key, store, .. } = target;
        let preconditions = preconditions_or_not_found::<T, S>(conditions, &store, &key).await?;
        let now = Timestamp::now();
        let filled = json.and_then(|mut json| json.fill::<T>(&key.parts(), now).map(|()| json));
        let Plan { required, guard } = match plan::<T, S>(&rules, &preconditions, &store, &key).await {
            Ok(plan) => plan,
            Err(refusal) => {
                let mut made = |_| filled.as_ref().ok()?.to_resource(now).ok();
                return Err(caller.explain_refusal(refusal, &store, &key, &mut made).await);
            }
        };
        let json = filled?;
        let mut value: T = json.to_resource(now)?;
        // What is kept out of the body, the handler finds all the same.
        value.set_key(&key);
        value.stamp(now);
        let may_be_replayed = rules.replayed(&preconditions).next().is_some();
        let ticket =
            Ticket { key, store, required, guard, preconditions, rules, may_be_replayed, location, sent };
        let submitted = Submitted::Whole(json, Json::to_resource::<T>);
        Ok(Self { value, body: (), ticket, reapply: None, caller, submitted })
    }
}

impl<T, O, S, A> FromRequest<A> for Update<T, AxumJson<O>, S>
where
    T: Resource,
    O: FromJson + Send + Sync,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &A) -> Result<Self, Refusal> {
        let received = receive::<T, S, A>(request, state, MediaType::JSON).await?;
        let Stored { value, version, json, ticket, caller, admitted } = received.stored().await?;
        if let Err(refusal) = admitted {
            return Err(caller.explain_loaded(refusal, &ticket.key, (value, version), &mut |_| None).await);
        }
        let mut json = json?;
        json.remove_tag(Outline::of::<T>());
        Ok(Self { value, body: json.to()?, ticket, reapply: None, caller, submitted: Submitted::Other })
    }
}

impl<T, S, A> FromRequest<A> for Update<T, MergePatch, S>
where
    T: Resource + FromJson,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &A) -> Result<Self, Refusal> {
        let received = receive::<T, S, A>(request, state, MediaType::MERGE_PATCH).await?;
        received.patched(MergePatch::read::<T>, MergePatch::apply, true).await
    }
}

impl<T, S, A> FromRequest<A> for Update<T, JsonPatch, S>
where
    T: Resource + FromJson,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &A) -> Result<Self, Refusal> {
        let received = receive::<T, S, A>(request, state, MediaType::JSON_PATCH).await?;
        received.patched(JsonPatch::read, JsonPatch::apply, false).await
    }
}

impl<T, S, A> FromRequest<A> for Update<T, Patch, S>
where
    T: Resource + FromJson,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &A) -> Result<Self, Refusal> {
        let is_json_patch = MediaType::JSON_PATCH.is_that_of(request.headers());
        let read = if is_json_patch { Patch::read_json } else { Patch::read_merge::<T> };
        let received = receive::<T, S, A>(request, state, MediaType::PATCH).await?;
        received.patched(read, Patch::apply, !is_json_patch).await
    }
}

/// What a request says before anything is read.
struct Received<T: Resource, S: Store<T>> {
    target: Target<T, S>,
    conditions: super::guard::Conditions,
    rules: Rules,
    /// What is wrong with the body is answered after its guard.
    json: Result<Json, Problem>,
    location: Option<http::HeaderValue>,
    /// The content of a PUT.
    sent: Option<Bytes>,
    caller: Caller<T>,
}

/// Authorises, and reads the body: 404, 415, 413.
async fn receive<T, S, A>(request: Request, state: &A, wanted: MediaType) -> Result<Received<T, S>, Problem>
where
    T: Resource,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    let (mut parts, body) = request.into_parts();
    let (target, mut conditions) = Target::<T, S>::reach_for_write(&mut parts, state).await?;
    let (rules, location) = (Rules::of::<T>(&parts), location(&parts));
    let is_put = parts.method == Method::PUT;
    let caller = Caller::new(&parts, state);
    let bytes = read(Request::from_parts(parts, body), state, wanted).await?;
    let json = Json::parse(&bytes);
    if let (Ok(json), Some(member)) = (&json, Outline::of::<T>().embed) {
        conditions = conditions.with_body_tag(member, json.tag(member));
    }
    let sent = is_put.then_some(bytes);
    Ok(Received { target, conditions, rules, json, location, sent, caller })
}

/// A stored value that is to be changed by a body.
struct Stored<T: Resource, S: Store<T>> {
    value: T,
    version: Version,
    json: Result<Json, Problem>,
    ticket: Ticket<T, S>,
    caller: Caller<T>,
    /// 412 or 428 where the guard refuses the write.
    admitted: Result<(), Refusal>,
}

/// How a patch of the resource of a key is read.
type Read<P> = fn(Json, &[String]) -> Result<P, Problem>;

impl<T: Resource, S: Store<T>> Received<T, S> {
    /// Loads the value that is to be changed: 404, 400.
    async fn stored(self) -> Result<Stored<T, S>, Refusal> {
        let Self { target, conditions, rules, json, location, sent, caller } = self;
        let (value, version) = target.load().await?;
        let preconditions = conditions.into_preconditions()?;
        let (race, admitted) = match admit_and_report(&rules, &preconditions, &version) {
            Ok(race) => (race, Ok(())),
            Err(refusal) => (Race::Stale, Err(refusal)),
        };
        // What the guard refuses is written, if at all, over the state that it names.
        let named = admitted.is_err().then(|| rules.replayed(&preconditions).next()).flatten();
        let (required, guard) = (Required::State(named.unwrap_or(version.state)), Guard::Read(race));
        let Target { key, store, .. } = target;
        let may_be_replayed = false;
        let ticket =
            Ticket { key, store, required, guard, preconditions, rules, may_be_replayed, location, sent };
        Ok(Stored { value, version, json, ticket, caller, admitted })
    }

    /// The same, and applies a patch to it: 428, 412, 400, 409, 422.
    /// Two that append the same are two changes: only what is the same when it is done twice may be replayed.
    async fn patched<P>(
        self,
        read: Read<P>,
        apply: Apply<T, P>,
        is_idempotent: bool,
    ) -> Result<Update<T, P, S>, Refusal>
    where
        P: Change<T, Body = P>,
        T::Policy: Send + Sync,
    {
        let Stored { value: stored, version, json, mut ticket, caller, admitted } = self.stored().await?;
        let key = ticket.key.parts();
        ticket.may_be_replayed =
            is_idempotent && ticket.rules.replayed(&ticket.preconditions).next().is_some();
        let (body, value) = match admitted {
            Ok(()) => {
                let body = read(json?, &key)?;
                let value = patched(&body, stored, &ticket.key, apply)?;
                (body, value)
            }
            Err(refusal) if !ticket.may_be_replayed => {
                let mut json = json.ok();
                let mut made = |current| apply(&read(json.take()?, &key).ok()?, current).ok();
                return Err(caller.explain_loaded(refusal, &ticket.key, (stored, version), &mut made).await);
            }
            // It is stale, and may be sent again: it changes nothing, or is refused.
            Err(refusal) => {
                let mut sent = json.as_ref().ok().cloned();
                match replayed(json, stored, &ticket.key, read, apply) {
                    Ok(Some(changes_nothing)) => changes_nothing,
                    _ => {
                        let mut made = |current| apply(&read(sent.take()?, &key).ok()?, current).ok();
                        let (store, key) = (&ticket.store, &ticket.key);
                        return Err(caller.explain_refusal(refusal, store, key, &mut made).await);
                    }
                }
            }
        };
        let submitted = Submitted::Patch(apply);
        Ok(Update { value, body, ticket, reapply: Some(apply), caller, submitted })
    }
}

/// A patch, and what it makes of the stored value, where that is the same.
fn replayed<T: Resource, P>(
    json: Result<Json, Problem>,
    stored: T,
    key: &T::Key,
    read: Read<P>,
    apply: fn(&P, T) -> Result<T, Problem>,
) -> Result<Option<(P, T)>, Problem> {
    let body = read(json?, &key.parts())?;
    let before = content_of(&stored)?;
    let value = patched(&body, stored, key, apply)?;
    Ok((before == content_of(&value)?).then_some((body, value)))
}

impl<T: Resource, B: Change<T>, S: Store<T>> Deref for Update<T, B, S> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Resource, B: Change<T>, S: Store<T>> DerefMut for Update<T, B, S> {
    /// What the handler changes is not a patch any more: it is written over the state that it saw, or not
    /// at all.
    fn deref_mut(&mut self) -> &mut T {
        if self.reapply.take().is_some() {
            self.ticket.may_be_replayed = false;
        }
        &mut self.value
    }
}
