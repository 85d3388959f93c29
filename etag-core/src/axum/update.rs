use std::ops::{Deref, DerefMut};

use axum::Json as AxumJson;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};

use http::Method;

use super::body::{Json, MediaType, read};
use super::guard::{Plan, Race, admit, admit_and_report, plan, preconditions_or_not_found};
use super::replay::content_of;
use super::rules::Rules;
use super::ticket::{Guard, Ticket, location};
use super::{Change, MergePatch, Pending, PolicyInState, Refusal, StoreInState, Tagged, Target, Whole};
use crate::outline::Outline;
use crate::{FromJson, Key, Matched, Problem, Required, Resource, Store, StoreIn, Timestamp, Written};

/// A write with a body, in the state that the request requires.
///
/// - `Update<T>`: the body is the whole new value, and this derefs to it. Nothing is read first where the
///   request names one tag: 404 and 412 come from [`save`](Self::save).
/// - `Update<T, Json<Other>>`: derefs to the stored value, for the handler to change by what
///   [`body`](Self::body) says.
/// - `Update<T, MergePatch>`: derefs to the stored value with the patch applied.
///
/// It reads the body, so it is a handler's last parameter. Nothing is stored before [`save`](Self::save).
///
/// Id, stamps and an embedded tag need not be sent; an id that differs from the path's is 422.
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
}

type Apply<T, B> = fn(&<B as Change<T>>::Body, T) -> Result<T, Problem>;

impl<T: Resource, B: Change<T>, S: Store<T>> Update<T, B, S> {
    /// What was sent.
    pub fn body(&self) -> &B::Body {
        &self.body
    }

    /// Writes the value over the state that the guard requires, and answers with it.
    ///
    /// A patch under `If-Match: *` is applied again to what is there now when somebody else was faster,
    /// unless the handler has changed the value. A write that is sent again because its answer was lost can be
    /// recognised: see [`Replay`](crate::Replay).
    ///
    /// # Errors
    ///
    /// 412 where the state is another one, 409 where the request named none and somebody else was faster,
    /// 404 where nothing is there, 428 where something is and the request named no state, 503 where a patch
    /// is overtaken time and again.
    pub async fn save(self) -> Result<Tagged<T>, Problem> {
        match self.reapply {
            Some(apply) if self.ticket.guard == Guard::Read(Race::Conflict) => self.save_again(apply).await,
            _ => self.ticket.save(self.value).await,
        }
    }

    async fn save_again(mut self, apply: Apply<T, B>) -> Result<Tagged<T>, Problem> {
        let mut value = self.value;
        for _ in 1..ATTEMPTS {
            let written = self.ticket.replace(value).await?;
            if !matches!(written, Written::Stale(Some(_))) {
                return self.ticket.answer(written);
            }
            let loaded = self.ticket.store.load(&self.ticket.key).await.map_err(Into::into)?;
            let (stored, version) = loaded.ok_or_else(Problem::not_found)?;
            if let Err(Refusal::Problem(problem)) =
                admit::<T>(&self.ticket.rules, &self.ticket.preconditions, &version)
            {
                return Err(problem);
            }
            value = apply(&self.body, stored)?;
            self.ticket.required = Required::State(version.state);
        }
        match self.ticket.replace(value).await? {
            Written::Stale(Some(_)) => {
                Err(Problem::unavailable("others kept changing the resource that a patch applies to"))
            }
            written => self.ticket.answer(written),
        }
    }

    /// As [`save`](Self::save), in a transaction of yours; a patch is not applied again: 409, and a write that is
    /// sent again is not recognised: 412.
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
    pub fn into_parts(self) -> (T, Matched<T>) {
        (self.value, self.ticket.into_matched())
    }
}

/// How often a patch is applied.
const ATTEMPTS: u32 = 5;

impl<T, S, A> FromRequest<A> for Update<T, Whole, S>
where
    T: Resource + FromJson,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &A) -> Result<Self, Refusal> {
        let Received { target, conditions, rules, json, location, sent } =
            receive::<T, S, A>(request, state, MediaType::JSON).await?;
        let preconditions =
            preconditions_or_not_found::<T, S>(conditions, &target.store, &target.key).await?;
        let Plan { required, guard } =
            plan::<T, S>(&rules, &preconditions, &target.store, &target.key).await?;
        let mut json = json?;
        let now = Timestamp::now();
        json.fill::<T>(&target.key.parts(), now)?;
        let mut value: T = json.to_resource(now)?;
        // What is kept out of the body, the handler finds all the same.
        value.set_key(&target.key);
        value.stamp(now);
        let may_be_replayed = rules.replayed(&preconditions).next().is_some();
        let Target { key, store, .. } = target;
        let ticket =
            Ticket { key, store, required, guard, preconditions, rules, may_be_replayed, location, sent };
        Ok(Self { value, body: (), ticket, reapply: None })
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
        let Stored { value, json, ticket, admitted } =
            receive_stored::<T, S, A>(request, state, MediaType::JSON).await?;
        admitted?;
        let mut json = json?;
        json.remove_tag::<T>();
        Ok(Self { value, body: json.to()?, ticket, reapply: None })
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
        let Stored { value: stored, json, mut ticket, admitted } =
            receive_stored::<T, S, A>(request, state, MediaType::MERGE_PATCH).await?;
        ticket.may_be_replayed = ticket.rules.replayed(&ticket.preconditions).next().is_some();
        let before = admitted.is_err().then(|| content_of(&stored)).transpose()?;
        let patched = patched(json, stored, &ticket.key);
        let (body, value) = match admitted {
            Ok(()) => patched?,
            // It is stale, and may be sent again: it changes nothing, or is refused.
            Err(refusal) => match patched {
                Ok((body, value)) if before == Some(content_of(&value)?) => (body, value),
                _ => return Err(refusal),
            },
        };
        Ok(Self { value, body, ticket, reapply: Some(MergePatch::apply) })
    }
}

/// A patch, and what it makes of a stored value.
fn patched<T: Resource + FromJson>(
    json: Result<Json, Problem>,
    stored: T,
    key: &T::Key,
) -> Result<(MergePatch, T), Problem> {
    let mut json = json?;
    json.strip(&key.parts(), &stored)?;
    let patch = MergePatch::new(json);
    let mut value = patch.apply(stored)?;
    value.set_key(key);
    value.stamp(Timestamp::now());
    Ok((patch, value))
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
    let bytes = read(Request::from_parts(parts, body), state, wanted).await?;
    let json = Json::parse(&bytes);
    if let (Ok(json), Some(member)) = (&json, Outline::of::<T>().embed) {
        conditions = conditions.with_body_tag(member, json.tag(member));
    }
    Ok(Received { target, conditions, rules, json, location, sent: is_put.then_some(bytes) })
}

/// A stored value that is to be changed by a body.
struct Stored<T: Resource, S: Store<T>> {
    value: T,
    json: Result<Json, Problem>,
    ticket: Ticket<T, S>,
    /// 412 where the request can have been carried out before, over a state that it names.
    admitted: Result<(), Refusal>,
}

/// The same, and loads the value that is to be changed: 404, 428, 412.
async fn receive_stored<T, S, A>(
    request: Request,
    state: &A,
    wanted: MediaType,
) -> Result<Stored<T, S>, Refusal>
where
    T: Resource,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    let Received { target, conditions, rules, json, location, sent } =
        receive::<T, S, A>(request, state, wanted).await?;
    let (value, version) = target.load().await?;
    let preconditions = conditions.into_preconditions()?;
    let (race, required, admitted) = match admit_and_report::<T>(&rules, &preconditions, &version) {
        Ok(race) => (race, version.state, Ok(())),
        Err(refusal) => match rules.replayed(&preconditions).next() {
            Some(state) => (Race::Stale, state, Err(refusal)),
            None => return Err(refusal),
        },
    };
    let Target { key, store, .. } = target;
    let (required, guard) = (Required::State(required), Guard::Read(race));
    let may_be_replayed = false;
    let ticket =
        Ticket { key, store, required, guard, preconditions, rules, may_be_replayed, location, sent };
    Ok(Stored { value, json, ticket, admitted })
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
