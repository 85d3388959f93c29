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
