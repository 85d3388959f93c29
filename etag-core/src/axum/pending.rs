use http::StatusCode;

use super::Tagged;
use crate::{Problem, Transaction, Versioned};

/// A write in a transaction that is not committed yet: no answer before it is.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # mod with_sqlite {
/// use axum::extract::State;
/// use etag_core::axum::{Problem, Tagged, Update};
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database, create = "put")]
/// # struct Note { #[versioned(id)] id: String, text: String }
///
/// async fn audited(State(database): State<Database>, note: Update<Note>) -> Result<Tagged<Note>, Problem> {
///     let mut transaction = database.begin::<sqlx::Sqlite>().await?;
///     let saved = note.save_in(&mut transaction).await?;
///     sqlx::query("INSERT INTO audit (note) VALUES (?)").bind(&saved.value().id).execute(&mut *transaction).await?;
///     saved.committed(transaction.commit().await)
/// }
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is written before the transaction is committed: answer with `committed(transaction.commit().await)`"]
pub struct Pending<T: Versioned>(Tagged<T>);

impl<T: Versioned> Pending<T> {
    pub(super) fn new(tagged: Tagged<T>) -> Self {
        Self(tagged)
    }

    /// Commits the transaction, and answers.
    ///
    /// ```
    /// # #[cfg(feature = "postgres")]
    /// # mod with_postgres {
    /// # use axum::extract::State;
    /// # use etag_core::axum::{Problem, Tagged, Update};
    /// # use etag_core::{Database, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database, create = "put")]
    /// # struct Note { #[versioned(id)] id: String, text: String }
    /// async fn replace(State(database): State<Database>, note: Update<Note>) -> Result<Tagged<Note>, Problem> {
    ///     let mut transaction = database.begin::<sqlx::Postgres>().await?;
    ///     let saved = note.save_in(&mut transaction).await?;
    ///     saved.commit(transaction).await
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the commit failed, or a statement failed before in a transaction of PostgreSQL: then nothing was written.
    pub async fn commit(self, transaction: impl Into<Transaction>) -> Result<Tagged<T>, Problem> {
        self.committed(transaction.into().commit().await)
    }

    /// The answer, once the transaction is committed.
    ///
    /// PostgreSQL takes `COMMIT` for a `ROLLBACK` where a statement of the transaction failed, and sqlx calls that a
    /// success: hand on each error with `?`, or call [`commit`](Self::commit), which sees it.
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
    ///     saved.committed(transaction.commit().await)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}/clear", post(clear)).with_state(database.clone());
    /// # let clear = Request::post("/notes/1/clear").header("if-match", "*");
    /// assert_eq!(send(&app, clear, "").await.body(), r#"{"id":1,"text":""}"#);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the commit failed: then nothing was written.
    pub fn committed<E: Into<Problem>>(self, commit: Result<(), E>) -> Result<Tagged<T>, Problem> {
        match commit {
            Ok(()) => Ok(self.0),
            Err(error) => Err(error.into()),
        }
    }

    /// The value as it will be stored, with its stamps.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::extract::State;
    /// # use axum::routing::post;
    /// # use etag_core::{Database, Problem, Timestamp, Versioned};
    /// # use etag_core::axum::{Create, Tagged};
    /// # use http::Request;
    /// # use serde::{Deserialize, Serialize};
    /// # async fn send(app: &Router, request: http::request::Builder, body: &str) -> http::Response<String> {
    /// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    /// #     let answer = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
    /// #     let (parts, body) = answer.into_parts();
    /// #     let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    /// #     http::Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
    /// # }
    /// #[derive(Serialize, Deserialize, Versioned)]
    /// #[versioned(store = Database)]
    /// struct Note {
    ///     #[versioned(id)]
    ///     id: u64,
    ///     #[versioned(modified)]
    ///     at: Timestamp,
    /// }
    ///
    /// async fn create(
    ///     State(database): State<Database>,
    ///     note: Create<Note>,
    /// ) -> Result<Tagged<Note>, Problem> {
    ///     let before = note.at;
    ///     let mut transaction = database.transaction().await?;
    ///     let saved = note.save_in(&mut transaction).await?;
    ///     assert!(saved.value().at > before); // such as for a log of the changes
    ///     saved.commit(transaction).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = Router::new().route("/notes", post(create))
    /// #     .with_state(Database::connect("memory:").await?);
    /// # let post = Request::post("/notes").header("content-type", "application/json");
    /// assert_eq!(send(&app, post, r#"{"id":7}"#).await.status(), 201);
    /// # Ok(())
    /// # }
    /// ```
    pub fn value(&self) -> &T {
        &self.0
    }
}

/// A deletion in a transaction that is not committed yet.
///
/// ```
/// use axum::extract::State;
/// use etag_core::axum::{Guarded, PendingDeletion, Problem};
/// use http::StatusCode;
/// # use axum::Router;
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
/// async fn delete(
///     State(database): State<Database>,
///     note: Guarded<Note>,
/// ) -> Result<StatusCode, Problem> {
///     let mut transaction = database.transaction().await?;
///     let deleted: PendingDeletion = note.delete_in(&mut transaction).await?;
///     // Here something else is written in the transaction.
///     deleted.commit(transaction).await
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
#[derive(Debug)]
#[must_use = "nothing is deleted before the transaction is committed: answer with `committed(transaction.commit().await)`"]
pub struct PendingDeletion(());

impl PendingDeletion {
    pub(super) fn new() -> Self {
        Self(())
    }

    /// Commits the transaction; 204.
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
    ///     note.delete_in(&mut transaction).await?.commit(transaction).await
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
    /// As [`Pending::commit`]: then nothing was deleted.
    pub async fn commit(self, transaction: impl Into<Transaction>) -> Result<StatusCode, Problem> {
        self.committed(transaction.into().commit().await)
    }

    /// 204, once the transaction is committed; as [`Pending::committed`].
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::extract::State;
    /// # use etag_core::{Database, DatabaseError, Problem, Required, Versioned};
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
    ///     drop(transaction); // as where the commit fails
    ///     deleted.committed(Err(DatabaseError::Busy(64)))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", axum::routing::delete(delete))
    /// #     .with_state(database.clone());
    /// # let delete = Request::delete("/notes/1").header("if-match", "*");
    /// assert_eq!(send(&app, delete, "").await.status(), 503);
    /// assert!(database.get::<Note>(&1).await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the commit failed: then nothing was deleted.
    pub fn committed<E: Into<Problem>>(self, commit: Result<(), E>) -> Result<StatusCode, Problem> {
        commit.map(|()| StatusCode::NO_CONTENT).map_err(Into::into)
    }
}
