use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::{Refusal, Tagged, Target};
use crate::{Access, Resource, Store, Version};

/// The stored value at the request's path, for a client that does not have it yet.
///
/// The version is read first, and a 304 answered from it without the document.
///
/// ```
/// use etag_core::axum::{Fresh, Tagged};
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Versioned)]
/// #[versioned(store = Database)]
/// struct Note {
///     #[versioned(id)]
///     id: u64,
///     text: String,
/// }
///
/// async fn show(note: Fresh<Note>) -> Tagged<Note> {
///     note.into()
/// }
///
/// # async fn router() -> Result<axum::Router, etag_core::DatabaseError> {
/// let router = axum::Router::new().route("/notes/{id}", axum::routing::get(show));
/// # Ok::<axum::Router, etag_core::DatabaseError>(
/// router.with_state(Database::connect("memory:").await?)
/// # )
/// # }
/// ```
#[derive(Debug)]
pub struct Fresh<T: Resource, S: Store<T> = <T as Resource>::Store> {
    value: T,
    version: Version,
    from: PhantomData<fn() -> S>,
}

impl<T: Resource, S: Store<T>> Fresh<T, S> {
    pub(super) fn new(value: T, version: Version) -> Self {
        Self { value, version, from: PhantomData }
    }

    /// The value's version.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The value and its version.
    pub fn into_parts(self) -> (T, Version) {
        (self.value, self.version)
    }
}

impl<T, S, A> FromRequestParts<A> for Fresh<T, S>
where
    T: Resource,
    S: Store<T> + FromRef<A>,
    T::Policy: FromRef<A> + Send + Sync,
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
        Self::stored(fresh.value, fresh.version)
    }
}

impl<T: Resource, S: Store<T>> IntoResponse for Fresh<T, S> {
    fn into_response(self) -> Response {
        Tagged::from(self).into_response()
    }
}
