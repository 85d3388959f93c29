use super::body::Json;
use super::{JsonPatch, MergePatch};
use crate::{FromJson, Problem, Resource};

/// A patch of either kind, by the media type that it is sent as.
///
/// ```
/// use axum::{Router, routing::put};
/// use etag_core::axum::{Patch, Problem, Tagged, Update};
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
/// async fn patch(note: Update<Note, Patch>) -> Result<Tagged<Note>, Problem> {
///     note.save().await
/// }
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/notes/{id}", put(replace).patch(patch));
/// let app = app.with_state(Database::connect("memory:").await?);
/// let put = Request::put("/notes/a").header("content-type", "application/json");
/// call(&app, put, r#"{"text":"first"}"#).await;
/// let patch = || Request::patch("/notes/a").header("if-match", "*");
/// let merge = patch().header("content-type", "application/merge-patch+json");
/// let (_, etag) = call(&app, merge, r#"{"text":"second"}"#).await;
/// let json = patch().header("content-type", "application/json-patch+json");
/// assert_eq!(call(&app, json, r#"[{"op":"test","path":"/text","value":"second"}]"#).await, (200, etag));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Patch {
    /// `application/merge-patch+json`.
    Merge(MergePatch),
    /// `application/json-patch+json`.
    Operations(JsonPatch),
}

impl Patch {
    /// Whether the patch says anything of a member: [`MergePatch::names`], [`JsonPatch::names`].
    ///
    /// ```
    /// # use axum::Router;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::{Patch, Tagged, Update};
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
    /// async fn patch(note: Update<Note, Patch>) -> Result<Tagged<Note>, Problem> {
    ///     match note.body().names("text") {
    ///         true => Err(StatusCode::FORBIDDEN.into()),
    ///         false => note.save().await,
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", axum::routing::patch(patch)).with_state(database);
    /// # let patch = |kind| Request::patch("/notes/1")
    /// #     .header("content-type", kind).header("if-match", "*");
    /// let merge = patch("application/merge-patch+json");
    /// assert_eq!(send(&app, merge, r#"{"text":"second"}"#).await.status(), 403);
    /// let json = patch("application/json-patch+json");
    /// let replace = r#"[{"op":"replace","path":"/text","value":"second"}]"#;
    /// assert_eq!(send(&app, json, replace).await.status(), 403);
    /// let json = patch("application/json-patch+json");
    /// assert_eq!(send(&app, json, "[]").await.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    pub fn names(&self, member: &str) -> bool {
        match self {
            Self::Merge(patch) => patch.names(member),
            Self::Operations(patch) => patch.names(member),
        }
    }

    pub(super) fn read_merge<T: Resource>(json: Json, key: &[String]) -> Result<Self, Problem> {
        MergePatch::read::<T>(json, key).map(Self::Merge)
    }

    pub(super) fn read_json(json: Json, key: &[String]) -> Result<Self, Problem> {
        JsonPatch::read(json, key).map(Self::Operations)
    }

    pub(super) fn apply<T: Resource + FromJson>(&self, stored: T) -> Result<T, Problem> {
        match self {
            Self::Merge(patch) => patch.apply(stored),
            Self::Operations(patch) => patch.apply(stored),
        }
    }
}
