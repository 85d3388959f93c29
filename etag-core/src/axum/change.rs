use axum::Json;

use super::{JsonPatch, MergePatch, Patch};
use crate::{FromJson, Resource};

/// What the body of an [`Update`](super::Update) says: the [`Whole`] new value, `Json<Other>`, or a patch: a
/// [`MergePatch`], a [`JsonPatch`], or a [`Patch`] of either kind.
///
/// ```
/// use etag_core::axum::{Change, MergePatch, Problem, Tagged, Update, Whole};
/// # use axum::Router;
/// # use axum::routing::put;
/// # use etag_core::{Database, Required, Versioned};
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
///
/// async fn save<B: Change<Note>>(note: Update<Note, B>) -> Result<Tagged<Note>, Problem> {
///     note.save().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let database = Database::connect("memory:").await?;
/// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
/// let routes = put(save::<Whole>).patch(save::<MergePatch>);
/// let app = Router::new().route("/notes/{id}", routes).with_state(database);
/// let patch = || Request::patch("/notes/1").header("if-match", "*");
/// let merge = patch().header("content-type", "application/merge-patch+json");
/// assert_eq!(send(&app, merge, r#"{"text":"second"}"#).await.status(), 200);
/// let json = patch().header("content-type", "application/json");
/// assert_eq!(send(&app, json, r#"{"text":"second"}"#).await.status(), 415); // no way to patch
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no way to change a `{T}`",
    label = "expected `Whole`, `Json<Other>`, `MergePatch`, `JsonPatch` or `Patch`",
    note = "a body that says how to change it is `Update<{T}, Json<{Self}>>`; `Update<{T}>` alone takes the whole new value"
)]
pub trait Change<T: Resource>: sealed::Sealed {
    /// What [`Update::body`](super::Update::body) gives.
    type Body: Send + Sync;
}

/// What the body of a [`GuardedList`](super::GuardedList) has for each item: the [`Whole`] new value, or a
/// [`MergePatch`].
///
/// ```
/// use etag_core::axum::{ChangeEach, GuardedList, MergePatch, Problem, Tagged, Whole};
/// # use axum::Router;
/// # use axum::routing::put;
/// # use etag_core::{Database, Required, Versioned};
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
///
/// async fn save<B>(notes: GuardedList<Note, B>) -> Result<Tagged<Vec<Note>>, Problem>
/// where
///     B: ChangeEach<Note>,
/// {
///     notes.save().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let database = Database::connect("memory:").await?;
/// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
/// let routes = put(save::<Whole>).patch(save::<MergePatch>);
/// let app = Router::new().route("/notes", routes).with_state(database);
/// let put = Request::put("/notes").header("content-type", "application/json");
/// let replaced = send(&app, put.header("if-match", "*"), r#"[{"id":1,"text":"second"}]"#).await;
/// assert_eq!(replaced.status(), 200);
/// let patch = Request::patch("/notes").header("content-type", "application/merge-patch+json");
/// let patched = send(&app, patch.header("if-match", "*"), r#"[{"id":1,"text":"third"}]"#).await;
/// assert_eq!(patched.body(), r#"[{"id":1,"text":"third"}]"#);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no way to change each `{T}` of a list",
    label = "expected `Whole` or `MergePatch`",
    note = "`GuardedList<{T}>` alone takes the whole new value of each"
)]
pub trait ChangeEach<T: Resource>: Change<T> {}

impl<T: Resource> ChangeEach<T> for Whole {}

impl<T: Resource> ChangeEach<T> for MergePatch {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Whole {}
    impl Sealed for super::MergePatch {}
    impl Sealed for super::JsonPatch {}
    impl Sealed for super::Patch {}
    impl<O> Sealed for super::Json<O> {}
}

/// The body is the whole new value.
///
/// ```
/// use etag_core::axum::{Problem, Tagged, Update, Whole};
/// # use axum::Router;
/// # use axum::routing::put;
/// # use etag_core::{Database, Required, Versioned};
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
///
/// /// As `Update<Note>`.
/// async fn replace(note: Update<Note, Whole>) -> Result<Tagged<Note>, Problem> {
///     note.save().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let database = Database::connect("memory:").await?;
/// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
/// let app = Router::new().route("/notes/{id}", put(replace)).with_state(database);
/// let put = || {
///     Request::put("/notes/1").header("content-type", "application/json").header("if-match", "*")
/// };
/// assert_eq!(send(&app, put(), r#"{"text":"second"}"#).await.status(), 200);
/// assert_eq!(send(&app, put(), "{}").await.status(), 422); // a member is missing
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Whole;

impl<T: Resource> Change<T> for Whole {
    type Body = ();
}

/// The body is of another type, and the handler changes the stored value.
impl<T: Resource, O: FromJson + Send + Sync> Change<T> for Json<O> {
    type Body = O;
}

impl<T: Resource> Change<T> for JsonPatch {
    type Body = Self;
}

impl<T: Resource> Change<T> for Patch {
    type Body = Self;
}
