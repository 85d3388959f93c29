use std::borrow::Cow;
use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::request::Parts;

use super::guard::has_tags;
use super::list_query::{ListQuery, page_headers, query_of};
use super::target::list_prefix;
use super::{PolicyInState, Refusal, StoreInState, Tagged};
use crate::outline::Outline;
use crate::preconditions::Asked;
use crate::store::collection_validators;
use crate::{Access, Authorize, Preconditions, Problem, Resource, Select, Selected, Selection, Validators};

/// The stored values that the request's query string selects, for a client that does not have them yet.
///
/// The tag is that of exactly this page: of its keys and their states, in its order. These are read first, and a 304
/// answered from them without the documents. `X-Total-Count` is the number of items on all pages, and `Link`
/// (RFC 8288) names the pages before and after this one.
///
/// The [policy](crate::Authorize) is asked once, for no key: whoever may see the list sees what is in it. Parts of
/// the key that the route has, such as `/tenants/{tenant}/notes`, select as well.
///
/// ```
/// use axum::{Router, routing::{get, put}};
/// use etag_core::axum::{FreshList, Problem, Tagged, Update};
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
/// async fn list(notes: FreshList<Note>) -> Tagged<Vec<Note>> {
///     notes.into()
/// }
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/notes", get(list)).route("/notes/{id}", put(replace));
/// let app = app.with_state(Database::connect("memory:").await?);
/// let new = |path| Request::put(path).header("content-type", "application/json");
/// call(&app, new("/notes/a"), r#"{"text":"first"}"#).await;
/// let (_, etag) = call(&app, Request::get("/notes?text=first"), "").await;
///
/// call(&app, new("/notes/b"), r#"{"text":"second"}"#).await; // which this list has not
/// let again = Request::get("/notes?text=first").header("if-none-match", &etag);
/// assert_eq!(call(&app, again, "").await, (304, etag));
/// assert_eq!(call(&app, Request::get("/notes?colour=red"), "").await.0, 400);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FreshList<T: Resource, Q = Selection, S: Select<T, Q> = <T as Resource>::Store> {
    values: Vec<T>,
    selected: Selected<T>,
    query: Q,
    headers: HeaderMap,
    asked: Asked,
    from: PhantomData<fn() -> S>,
}

impl<T: Resource, Q, S: Select<T, Q>> FreshList<T, Q, S> {
    /// What the query string said.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::get;
    /// # use etag_core::{Database, Versioned};
    /// # use etag_core::axum::FreshList;
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
    /// async fn limit(notes: FreshList<Note>) -> String {
    ///     notes.query().limit().to_string()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = Router::new().route("/notes", get(limit));
    /// # let app = app.with_state(Database::connect("memory:").await?);
    /// assert_eq!(send(&app, Request::get("/notes?limit=7"), "").await.body(), "7");
    /// assert_eq!(send(&app, Request::get("/notes"), "").await.body(), "50"); // nothing is said
    /// # Ok(())
    /// # }
    /// ```
    pub fn query(&self) -> &Q {
        &self.query
    }

    /// The keys and versions of the page, and how many items there are on all pages.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::get;
    /// # use etag_core::{Database, Required, Versioned};
    /// # use etag_core::axum::FreshList;
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
    /// async fn count(notes: FreshList<Note>) -> String {
    ///     format!("{} of {}", notes.selected().items().len(), notes.selected().total())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let database = Database::connect("memory:").await?;
    /// let notes = [1, 2, 3].map(|id| Note { id, text: String::new() });
    /// database.import(notes.into(), Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes", get(count)).with_state(database);
    /// assert_eq!(send(&app, Request::get("/notes?limit=2"), "").await.body(), "2 of 3");
    /// # Ok(())
    /// # }
    /// ```
    pub fn selected(&self) -> &Selected<T> {
        &self.selected
    }

    /// The values, and their keys and versions.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::get;
    /// # use etag_core::{Database, Required, Versioned};
    /// # use etag_core::axum::FreshList;
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
    /// async fn texts(notes: FreshList<Note>) -> String {
    ///     let (notes, selected) = notes.into_parts();
    ///     assert_eq!(selected.items()[0].0, notes[0].id);
    ///     notes.into_iter().map(|note| note.text).collect()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let database = Database::connect("memory:").await?;
    /// let notes = [(1, "one"), (2, "two")].map(|(id, text)| Note { id, text: text.to_owned() });
    /// database.import(notes.into(), Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes", get(texts)).with_state(database);
    /// assert_eq!(send(&app, Request::get("/notes?sort=-text"), "").await.body(), "twoone");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_parts(self) -> (Vec<T>, Selected<T>) {
        (self.values, self.selected)
    }
}

impl<T, Q, S, A> FromRequestParts<A> for FreshList<T, Q, S>
where
    T: Resource,
    Q: ListQuery<T>,
    S: Select<T, Q> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &A) -> Result<Self, Refusal> {
        let within = list_prefix::<T>(parts).await?;
        T::Policy::from_ref(state).authorize(parts, None, Access::Read).await?;
        has_tags::<T>()?;
        let query: Q = query_of(parts)?;
        let store = S::from_ref(state);
        let page = Page {
            parts,
            place: query.page(),
            preconditions: Preconditions::of::<T>(parts),
            outline: Outline::of::<T>(),
        };
        // Where one look tells, the client has the headers of the page as well: they change with the collection.
        if T::COLLECTION_TAG
            && page.preconditions.is_conditional()
            && let Some(state) = store.collection_state().await.map_err(Into::into)?
        {
            page.check_collection(collection_validators(page.outline, state))?;
        } else if page.preconditions.is_conditional() {
            let selected = store.select(within.parts(), &query).await.map_err(Into::into)?;
            page.check(selected.validators(), selected.total())?;
        }
        let (values, selected) = store.load_selected(within.parts(), &query).await.map_err(Into::into)?;
        // It may have changed since its versions were read.
        page.check(selected.validators(), selected.total())?;
        if values.len() != selected.items().len() {
            return Err(
                Problem::internal_error("the store gave another number of values than of versions").into()
            );
        }
        let (headers, asked) = (page.headers(selected.total()), page.preconditions.asked().clone());
        Ok(Self { values, selected, query, headers, asked, from: PhantomData })
    }
}

/// A page that a request asks for, whatever is on it.
struct Page<'a> {
    parts: &'a Parts,
    place: Option<(u64, u64)>,
    preconditions: Preconditions,
    outline: &'static Outline,
}

impl Page<'_> {
    /// Answers a client that has the page.
    fn check(&self, current: Validators, total: u64) -> Result<(), Refusal> {
        match self.check_collection(current) {
            Err(Refusal::NotModified(not_modified)) => {
                Err(Refusal::NotModified(not_modified.with(self.headers(total))))
            }
            checked => checked,
        }
    }

    fn check_collection(&self, current: Validators) -> Result<(), Refusal> {
        self.preconditions.check_for(Some(Cow::Owned(current)), self.outline)
    }

    fn headers(&self, total: u64) -> HeaderMap {
        page_headers(self.parts, self.place, total)
    }
}

impl<T: Resource, Q, S: Select<T, Q>> Deref for FreshList<T, Q, S> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values
    }
}

impl<T: Resource, Q, S: Select<T, Q>> From<FreshList<T, Q, S>> for Tagged<Vec<T>> {
    fn from(list: FreshList<T, Q, S>) -> Self {
        Self::listed(list.values, &list.selected).with(list.headers).asked(&list.asked)
    }
}

impl<T: Resource, Q, S: Select<T, Q>> IntoResponse for FreshList<T, Q, S> {
    fn into_response(self) -> Response {
        Tagged::from(self).into_response()
    }
}
