use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::{PolicyInState, Refusal, StoreInState, Tagged, Target};
use crate::preconditions::Asked;
use crate::{Access, Resource, Store, Version};

/// The stored value at the request's path, for a client that does not have it yet.
///
/// The version is read first, and a 304 answered from it without the document.
///
/// ```
/// use axum::{Router, routing::get};
/// use etag_core::axum::{Fresh, Problem, Tagged, Update};
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
/// async fn show(note: Fresh<Note>) -> Tagged<Note> {
///     note.into()
/// }
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/notes/{id}", get(show).put(replace));
/// let app = app.with_state(Database::connect("memory:").await?);
/// let json = ("content-type", "application/json");
/// let put = Request::put("/notes/a").header(json.0, json.1);
/// let (_, etag) = call(&app, put, r#"{"text":"first"}"#).await;
/// assert_eq!(call(&app, Request::get("/notes/a"), "").await.0, 200);
/// let again = Request::get("/notes/a").header("if-none-match", &etag);
/// assert_eq!(call(&app, again, "").await.0, 304);
/// assert_eq!(call(&app, Request::get("/notes/b"), "").await.0, 404);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Fresh<T: Resource, S: Store<T> = <T as Resource>::Store> {
    value: T,
    version: Version,
    asked: Asked,
    from: PhantomData<fn() -> S>,
}

impl<T: Resource, S: Store<T>> Fresh<T, S> {
    pub(super) fn new(value: T, version: Version, asked: Asked) -> Self {
        Self { value, version, asked, from: PhantomData }
    }

    /// The value's version.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::get;
    /// # use etag_core::{Database, Required, StateTag, Versioned};
    /// # use etag_core::axum::Fresh;
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
    /// async fn state(note: Fresh<Note>) -> String {
    ///     note.version().state.to_string()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let database = Database::connect("memory:").await?;
    /// let note = Note { id: 1, text: "first".to_owned() };
    /// let expected = StateTag::of(&note)?.to_string();
    /// database.import(vec![note], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", get(state)).with_state(database);
    /// assert_eq!(send(&app, Request::get("/notes/1"), "").await.body(), &expected);
    /// # Ok(())
    /// # }
    /// ```
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The value and its version.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::get;
    /// # use etag_core::{Database, Required, StateTag, Versioned};
    /// # use etag_core::axum::Fresh;
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
    /// async fn text(note: Fresh<Note>) -> String {
    ///     let (note, version) = note.into_parts();
    ///     assert_eq!(StateTag::of(&note).ok(), Some(version.state));
    ///     note.text // moved out, not cloned
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", get(text)).with_state(database);
    /// assert_eq!(send(&app, Request::get("/notes/1"), "").await.body(), "first");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_parts(self) -> (T, Version) {
        (self.value, self.version)
    }
}

impl<T, S, A> FromRequestParts<A> for Fresh<T, S>
where
    T: Resource,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &A) -> Result<Self, Refusal> {
        Target::<T, S>::reach(parts, state, Access::Read).await?.fresh().await
    }
}

impl<T: Resource, S: Store<T>> Deref for Fresh<T, S> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Resource, S: Store<T>> From<Fresh<T, S>> for Tagged<T> {
    fn from(fresh: Fresh<T, S>) -> Self {
        Self::stored(fresh.value, fresh.version).asked(&fresh.asked)
    }
}

impl<T: Resource, S: Store<T>> IntoResponse for Fresh<T, S> {
    fn into_response(self) -> Response {
        Tagged::from(self).into_response()
    }
}
