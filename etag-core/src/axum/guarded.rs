use std::ops::{Deref, DerefMut};

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{Method, StatusCode};

use super::guard::admit_and_report;
use super::replay::of_deleted;
use super::rules::Rules;
use super::ticket::{Guard, Ticket, location};
use super::{Pending, PendingDeletion, PolicyInState, Refusal, StoreInState, Tagged, Target};
use crate::{Matched, Problem, Required, Resource, Store, StoreIn};

/// The stored value at the request's path, in the state that the request requires: it may be changed, saved
/// or deleted.
///
/// For writes without a body. Before the handler runs, 404, 428 and 412 are answered; [`save`](Self::save)
/// compares again, in the step that writes. A DELETE that is sent again because its answer was lost can be
/// answered 204 without the handler: see [`Replay`](crate::Replay).
///
/// ```
/// use axum::{Router, http::StatusCode, routing::put};
/// use etag_core::axum::{Guarded, Problem, Tagged, Update};
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
/// async fn delete(note: Guarded<Note>) -> Result<StatusCode, Problem> {
///     note.delete().await
/// }
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/notes/{id}", put(replace).delete(delete));
/// let app = app.with_state(Database::connect("memory:").await?);
/// let json = ("content-type", "application/json");
/// let put = Request::put("/notes/a").header(json.0, json.1);
/// let (_, etag) = call(&app, put, r#"{"text":"first"}"#).await;
/// let delete = || Request::delete("/notes/a");
/// assert_eq!(call(&app, delete(), "").await.0, 428);
/// assert_eq!(call(&app, delete().header("if-match", r#""other""#), "").await, (412, etag.clone()));
/// assert_eq!(call(&app, delete().header("if-match", &etag), "").await.0, 204);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Guarded<T: Resource, S: Store<T> = <T as Resource>::Store> {
    value: T,
    ticket: Ticket<T, S>,
}

impl<T: Resource, S: Store<T>> Guarded<T, S> {
    /// Writes the value over the state that the guard saw, and answers with it.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::post;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::{Guarded, Tagged};
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
    /// async fn clear(mut note: Guarded<Note>) -> Result<Tagged<Note>, Problem> {
    ///     note.text.clear();
    ///     note.save().await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}/clear", post(clear)).with_state(database.clone());
    /// let clear = Request::post("/notes/1/clear").header("if-match", "*");
    /// assert_eq!(send(&app, clear, "").await.body(), r#"{"id":1,"text":""}"#);
    /// assert!(database.get::<Note>(&1).await?.is_some_and(|note| note.text.is_empty()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// 412 where somebody else was faster, 409 where the request named no state, 404 where it was deleted.
    pub async fn save(self) -> Result<Tagged<T>, Problem> {
        self.ticket.save(self.value).await
    }

    /// As [`save`](Self::save), in a transaction of yours.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::extract::State;
    /// # use axum::routing::post;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::{Guarded, Tagged};
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
    /// async fn clear(
    ///     State(database): State<Database>,
    ///     mut note: Guarded<Note>,
    /// ) -> Result<Tagged<Note>, Problem> {
    ///     note.text.clear();
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
    /// # let app = Router::new().route("/notes/{id}/clear", post(clear)).with_state(database.clone());
    /// # let clear = Request::post("/notes/1/clear").header("if-match", "*");
    /// assert_eq!(send(&app, clear, "").await.status(), 200);
    /// assert!(database.get::<Note>(&1).await?.is_some_and(|note| note.text.is_empty()));
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

    /// Deletes the resource in the state that the guard saw: 204.
    ///
    /// ```
    /// # use axum::Router;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::Guarded;
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
    /// async fn delete(note: Guarded<Note>) -> Result<StatusCode, Problem> {
    ///     note.delete().await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", axum::routing::delete(delete))
    /// #     .with_state(database.clone());
    /// let delete = Request::delete("/notes/1").header("if-match", "*");
    /// assert_eq!(send(&app, delete, "").await.status(), 204);
    /// assert!(database.get::<Note>(&1).await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub async fn delete(self) -> Result<StatusCode, Problem> {
        self.ticket.delete().await?;
        Ok(StatusCode::NO_CONTENT)
    }

    /// As [`delete`](Self::delete), in a transaction of yours.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::extract::State;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::Guarded;
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
    /// async fn delete(
    ///     State(database): State<Database>,
    ///     note: Guarded<Note>,
    /// ) -> Result<StatusCode, Problem> {
    ///     let mut transaction = database.transaction().await?;
    ///     let deleted = note.delete_in(&mut transaction).await?;
    ///     assert!(database.get::<Note>(&1).await?.is_some()); // it is there until the commit
    ///     deleted.commit(transaction).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", axum::routing::delete(delete))
    /// #     .with_state(database.clone());
    /// # let delete = Request::delete("/notes/1").header("if-match", "*");
    /// assert_eq!(send(&app, delete, "").await.status(), 204);
    /// assert!(database.get::<Note>(&1).await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub async fn delete_in<Tx: Send>(self, transaction: &mut Tx) -> Result<PendingDeletion, Problem>
    where
        S: StoreIn<T, Tx>,
    {
        self.ticket.delete_in(transaction).await?;
        Ok(PendingDeletion::new())
    }

    /// The value, and the proof that a store takes.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::extract::State;
    /// # use etag_core::{Database, Problem, Removed, Required, Store, Versioned};
    /// # use etag_core::axum::Guarded;
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
    /// /// Answers with what is deleted.
    /// async fn take(
    ///     State(database): State<Database>,
    ///     note: Guarded<Note>,
    /// ) -> Result<String, Problem> {
    ///     let (note, matched) = note.into_parts();
    ///     match database.remove(matched).await? {
    ///         Removed::Removed => Ok(note.text),
    ///         Removed::Stale(_) => Err(StatusCode::PRECONDITION_FAILED.into()),
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", axum::routing::delete(take))
    /// #     .with_state(database.clone());
    /// let delete = Request::delete("/notes/1").header("if-match", "*");
    /// assert_eq!(send(&app, delete, "").await.body(), "first");
    /// assert!(database.get::<Note>(&1).await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_parts(self) -> (T, Matched<T>) {
        (self.value, self.ticket.into_matched())
    }
}

impl<T, S, A> FromRequestParts<A> for Guarded<T, S>
where
    T: Resource,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &A) -> Result<Self, Refusal> {
        let (target, conditions) = Target::<T, S>::reach_for_write(parts, state).await?;
        let rules = Rules::of::<T>(parts);
        let Some((value, version)) = target.store.load(&target.key).await.map_err(Into::into)? else {
            return Err(match (&parts.method, conditions.into_preconditions()) {
                (&Method::DELETE, Ok(preconditions)) => of_deleted(&target, &rules, &preconditions).await,
                // What else the handler does was not done by who deleted it.
                _ => Problem::not_found().into(),
            });
        };
        let preconditions = conditions.into_preconditions()?;
        let race = admit_and_report(&rules, &preconditions, &version)?;
        let ticket = Ticket {
            key: target.key,
            store: target.store,
            required: Required::State(version.state),
            guard: Guard::Read(race),
            preconditions,
            rules,
            // What the handler makes of the stored value may depend on it.
            may_be_replayed: false,
            location: location(parts),
            sent: None,
        };
        Ok(Self { value, ticket })
    }
}

impl<T: Resource, S: Store<T>> Deref for Guarded<T, S> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Resource, S: Store<T>> DerefMut for Guarded<T, S> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
