use std::borrow::Cow;

use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use http::Uri;
use http::request::Parts;

use super::guard::{Conditions, has_tags};
use super::path;
use super::{Fresh, PolicyInState, Refusal, StoreInState};
use crate::outline::Outline;
use crate::{Access, Authorize, Key, KeyPrefix, Preconditions, Problem, Resource, Store, Version};

/// The resource at the request's path: its key is read and the caller authorised, and nothing else is read
/// yet.
///
/// For a route that sometimes answers with the stored value and sometimes with a view of it.
///
/// ```
/// use axum::response::{IntoResponse, Response};
/// use axum::{Router, extract::RawQuery, routing::get};
/// use etag_core::Preconditions;
/// use etag_core::axum::{Problem, Refusal, Tagged, Target, Update};
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
/// #[derive(Versioned)]
/// struct WithViews {
///     #[serde(flatten)]
///     note: Note,
///     #[versioned(skip)]
///     views: u64,
/// }
///
/// async fn show(pre: Preconditions, note: Target<Note>, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
///     if query.as_deref() != Some("views") {
///         return Ok(note.fresh().await?.into_response());
///     }
///     let (note, version) = note.load().await?;
///     let view = WithViews { note, views: 7 };
///     Ok(pre.respond(Tagged::new(view).with_last_modified(version.modified)))
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
/// assert_eq!(call(&app, Request::get("/notes/a"), "").await, (200, etag.clone()));
/// let view = call(&app, Request::get("/notes/a?views"), "").await;
/// assert_eq!(view, (200, format!("W/\"{}.~\"", etag.trim_matches('"'))));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Target<T: Resource, S: Store<T> = <T as Resource>::Store> {
    pub(super) key: T::Key,
    pub(super) store: S,
    pub(super) preconditions: Preconditions,
}

impl<T: Resource, S: Store<T>> Target<T, S> {
    /// What identifies the resource.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::get;
    /// # use etag_core::{Database, Versioned};
    /// # use etag_core::axum::Target;
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
    /// async fn key(note: Target<Note>) -> String {
    ///     note.key().to_string()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = Router::new().route("/notes/{id}/key", get(key));
    /// # let app = app.with_state(Database::connect("memory:").await?);
    /// let answer = send(&app, Request::get("/notes/7/key"), "").await;
    /// assert_eq!(answer.body(), "7"); // nothing was read: there is no such note
    /// assert_eq!(send(&app, Request::get("/notes/seven/key"), "").await.status(), 404);
    /// # Ok(())
    /// # }
    /// ```
    pub fn key(&self) -> &T::Key {
        &self.key
    }

    /// The stored value, or 304 before it was loaded.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::get;
    /// # use etag_core::{Database, Required, Versioned};
    /// # use etag_core::axum::{Refusal, Tagged, Target};
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
    /// async fn show(note: Target<Note>) -> Result<Tagged<Note>, Refusal> {
    ///     Ok(note.fresh().await?.into())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", get(show)).with_state(database);
    /// let first = send(&app, Request::get("/notes/1"), "").await;
    /// assert_eq!(first.body(), r#"{"id":1,"text":"first"}"#);
    /// let again = Request::get("/notes/1").header("if-none-match", &first.headers()["etag"]);
    /// assert_eq!(send(&app, again, "").await.status(), 304);
    /// assert_eq!(send(&app, Request::get("/notes/2"), "").await.status(), 404);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// 304, 404, 412, or 400 for an `If-Match` that can't be read.
    pub async fn fresh(self) -> Result<Fresh<T, S>, Refusal> {
        if self.preconditions.is_conditional() {
            let version = self.store.version(&self.key).await.map_err(Into::into)?;
            self.check(&version.ok_or_else(Problem::not_found)?)?;
        }
        let (value, version) = self.load().await?;
        // It may have changed since its version was read.
        self.check(&version)?;
        Ok(Fresh::new(value, version, self.preconditions.asked().clone()))
    }

    /// The stored value and its version, to build a view from; answer with [`Preconditions::respond`].
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::response::Response;
    /// # use axum::routing::get;
    /// # use etag_core::{Database, Preconditions, Problem, Required, Versioned};
    /// # use etag_core::axum::{Tagged, Target};
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
    /// #[derive(Versioned)]
    /// struct Length {
    ///     letters: usize,
    /// }
    ///
    /// async fn show(pre: Preconditions, note: Target<Note>) -> Result<Response, Problem> {
    ///     let (note, _) = note.load().await?;
    ///     Ok(pre.respond(Tagged::new(Length { letters: note.text.len() })))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}/length", get(show)).with_state(database);
    /// let length = send(&app, Request::get("/notes/1/length"), "").await;
    /// assert_eq!(length.body(), r#"{"letters":5}"#);
    /// assert_eq!(send(&app, Request::get("/notes/2/length"), "").await.status(), 404);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// 404.
    pub async fn load(&self) -> Result<(T, Version), Problem> {
        let loaded = self.store.load(&self.key).await.map_err(Into::into)?;
        loaded.ok_or_else(Problem::not_found)
    }

    fn check(&self, version: &Version) -> Result<(), Refusal> {
        self.preconditions.check_for(Some(Cow::Owned(version.validators::<T>())), Outline::of::<T>())
    }

    /// Reads the key and runs the policy; `access` says for what.
    pub(super) async fn reach<A>(parts: &mut Parts, state: &A, access: Access) -> Result<Self, Problem>
    where
        S: StoreInState<T, A>,
        T::Policy: PolicyInState<T, A>,
        A: Send + Sync,
    {
        let key = path::key::<T>(parts).await?;
        T::Policy::from_ref(state).authorize(parts, Some(&key), access).await?;
        has_tags::<T>()?;
        let preconditions = Preconditions::of::<T>(parts);
        Ok(Self { key, store: S::from_ref(state), preconditions })
    }

    /// As [`reach`](Self::reach), for a write: with the tags of the query string.
    pub(super) async fn reach_for_write<A>(
        parts: &mut Parts,
        state: &A,
    ) -> Result<(Self, Conditions), Problem>
    where
        S: StoreInState<T, A>,
        T::Policy: PolicyInState<T, A>,
        A: Send + Sync,
    {
        let target = Self::reach(parts, state, Access::Write).await?;
        let conditions = Conditions::new(target.preconditions.clone(), parts.uri.query(), T::QUERY);
        Ok((target, conditions))
    }
}

/// The parts of the key that the path of a list has. A policy finds them among the request's extensions.
///
/// A route that misnames one would show the lists of all: it is an error of the program's.
pub(super) fn list_prefix<T: Resource>(
    parts: &mut Parts,
) -> impl Future<Output = Result<KeyPrefix, Problem>> + Send {
    prefix(KeyPath::of::<T>(), parts, true)
}

/// The parts of the key that a path has, each in the one form that equal parts share: 404 where a part is none.
pub(super) fn key_prefix<T: Resource>(
    parts: &mut Parts,
) -> impl Future<Output = Result<KeyPrefix, Problem>> + Send {
    prefix(KeyPath::of::<T>(), parts, false)
}

async fn prefix(key: KeyPath, parts: &mut Parts, is_list: bool) -> Result<KeyPrefix, Problem> {
    // A parameter that is no UTF-8 names nothing.
    let all = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Problem::not_found())?;
    let prefix = KeyPrefix::new(key.read(&all).ok_or_else(Problem::not_found)?);
    parts.extensions.insert(prefix.clone());
    let names_all = prefix.parts().len() >= key.parts && key.parts > 0;
    let has_others = || all.iter().any(|(name, _)| !key.names.contains(&name));
    let misses_some = prefix.parts().len() + 1 < key.parts && has_others();
    if is_list && (names_all || misses_some) {
        let wanted = key.names.join("`, `");
        let error = format!(
            "the route of a list of `{}` has to have the first parameters of its key, and not the last: `{wanted}`",
            key.collection
        );
        return Err(Problem::internal_error(error));
    }
    Ok(prefix)
}

/// How the key of a type stands in a path.
struct KeyPath {
    collection: &'static str,
    /// None where the key is the path's last parameters, whatever they are called.
    names: &'static [&'static str],
    /// How many parts the key has.
    parts: usize,
    to_text: fn(usize, &str) -> Option<String>,
}

impl KeyPath {
    fn of<T: Resource>() -> Self {
        let (collection, names) = (T::COLLECTION, T::PARAMETERS);
        Self { collection, names, parts: T::Key::PARTS, to_text: T::Key::part_to_text }
    }

    /// The texts under the key's names, up to the first that is missing; `None` where one of them is no part of a key.
    fn read(&self, all: &RawPathParams) -> Option<Vec<String>> {
        let texts: Vec<&str> = if self.names.is_empty() {
            all.iter().skip(all.iter().count().saturating_sub(self.parts)).map(|(_, text)| text).collect()
        } else {
            let under = |name: &&str| all.iter().find(|(other, _)| other == name).map(|(_, text)| text);
            self.names.iter().map_while(under).collect()
        };
        texts.into_iter().enumerate().map(|(index, text)| (self.to_text)(index, text)).collect()
    }
}

/// The path of the request as the client sent it, whatever routers it was nested in.
pub(super) fn original_path(parts: &Parts) -> String {
    let original = parts.extensions.get::<axum::extract::OriginalUri>().map(|original| &original.0);
    original.map_or_else(|| parts.uri.path(), Uri::path).to_owned()
}

impl<T, S, A> FromRequestParts<A> for Target<T, S>
where
    T: Resource,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &A) -> Result<Self, Problem> {
        Self::reach(parts, state, Access::Read).await
    }
}
