use std::marker::PhantomData;

use crate::Selection;

/// Which list guards what a [`Create`](super::Create) creates: [`NoList`], or [`InList`].
///
/// ```
/// use etag_core::axum::{Create, InList, ListGuard, NoList};
/// # use axum::Router;
/// # use axum::routing::post;
/// # use etag_core::{Database, Versioned};
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
/// /// What both can do, whatever guards them.
/// async fn key<L: ListGuard>(note: Create<Note, L>) -> String {
///     note.key().to_string()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app =
///     Router::new().route("/free", post(key::<NoList>)).route("/listed", post(key::<InList>));
/// # let app = app.with_state(Database::connect("memory:").await?);
/// for path in ["/free", "/listed"] {
///     let post = Request::post(path).header("content-type", "application/json");
///     assert_eq!(send(&app, post, r#"{"id":7,"text":"first"}"#).await.body(), "7");
/// }
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which list guards what is created",
    label = "expected `NoList`, `InList` or `InList<Query>`",
    note = "`Create<T>` alone is guarded by no list; a store other than the type's own is the third parameter"
)]
pub trait ListGuard: sealed::Sealed {
    /// What the list's query string is read into.
    type Query;
}

/// No list guards what is created.
///
/// ```
/// use etag_core::axum::{Create, NoList, Problem, Tagged};
/// # use axum::Router;
/// # use axum::routing::post;
/// # use etag_core::{Database, Versioned};
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
/// /// As `Create<Note>`.
/// async fn create(note: Create<Note, NoList>) -> Result<Tagged<Note>, Problem> {
///     note.save().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/notes", post(create));
/// # let app = app.with_state(Database::connect("memory:").await?);
/// let post = || Request::post("/notes").header("content-type", "application/json");
/// let guarded = post().header("if-match", r#""a-list""#); // which no list is compared with
/// assert_eq!(send(&app, guarded, r#"{"id":7,"text":"first"}"#).await.status(), 412);
/// assert_eq!(send(&app, post(), r#"{"id":7,"text":"first"}"#).await.status(), 201);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct NoList;

/// The list that the request's query string selects guards what is created in it.
///
/// ```
/// use etag_core::axum::{Create, FreshList, InList, Problem, Tagged};
/// # use axum::Router;
/// # use axum::routing::get;
/// # use etag_core::{Database, Versioned};
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
/// async fn create(note: Create<Note, InList>) -> Result<Tagged<Note>, Problem> {
///     note.save().await
/// }
/// # async fn list(notes: FreshList<Note>) -> Tagged<Vec<Note>> { notes.into() }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/notes", get(list).post(create));
/// # let app = app.with_state(Database::connect("memory:").await?);
/// let empty = send(&app, Request::get("/notes"), "").await;
/// let post = Request::post("/notes").header("content-type", "application/json");
/// let post = post.header("if-match", &empty.headers()["etag"]);
/// assert_eq!(send(&app, post, r#"{"id":7,"text":"the first one"}"#).await.status(), 201);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct InList<Q = Selection>(PhantomData<fn() -> Q>);

impl ListGuard for NoList {
    type Query = ();
}

impl<Q> ListGuard for InList<Q> {
    type Query = Q;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NoList {}
    impl<Q> Sealed for super::InList<Q> {}
}
