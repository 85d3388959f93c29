use std::ops::{Deref, DerefMut};

use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, Request};
use http::HeaderValue;
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::body::{Json, MediaType, read};
use super::guard::{Conditions, failed, has_tags};
use super::list_query::query_of;
use super::target::{key_prefix, original_path};
use super::{InList, ListGuard, ListQuery, NoList, Pending, PolicyInState, Refusal, StoreInState, Tagged};
use crate::preconditions::Asked;
use crate::{
    Access, Authorize, FromJson, Insert, InsertIn, Inserted, Key, Matched, Preconditions, Problem, Required,
    Resource, Selected, StateTag, Store, StoreIn, TagList, Timestamp, Validators, Written,
};

/// A new value under a new key: for POST to a collection.
///
/// - `Create<T>`: no list guards it, and one that `If-Match` names is answered 412.
/// - `Create<T, InList>`: a tag in `If-Match` is that of the list which the request's query string selects, as
///   [`FreshList`](super::FreshList) shows it, and compared in the transaction that writes.
///
/// The key is made by its type ([`KeyPart::new`](crate::KeyPart::new)) where it can make one, else the body
/// names it. `save` answers 201 with `Location`: the request's path, and the key behind it.
///
/// ```
/// use axum::{Router, routing::post};
/// use etag_core::axum::{Create, Problem, Tagged};
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
/// async fn create(note: Create<Note>) -> Result<Tagged<Note>, Problem> {
///     note.save().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/notes", post(create));
/// let app = app.with_state(Database::connect("memory:").await?);
/// let post = || Request::post("/notes").header("content-type", "application/json");
/// assert_eq!(call(&app, post(), r#"{"id":"a","text":"first"}"#).await.0, 201);
/// assert_eq!(call(&app, post(), r#"{"id":"a","text":"other"}"#).await.0, 409);
/// assert_eq!(call(&app, post(), r#"{"text":"a string can't be made up"}"#).await.0, 422);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Create<T: Resource, L: ListGuard = NoList, S: Store<T> = <T as Resource>::Store> {
    value: T,
    key: T::Key,
    store: S,
    location: HeaderValue,
    asked: Asked,
    list: Option<List<L::Query>>,
}

/// The list that a request requires to be in a state.
#[derive(Debug)]
struct List<Q> {
    within: Vec<String>,
    query: Q,
    required: StateTag,
    preconditions: Preconditions,
    attempts: u32,
}

impl<T: Resource, S: Store<T>> Create<T, NoList, S> {
    /// Writes the value where nothing exists under its key: 201.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::post;
    /// # use etag_core::{Database, Problem, Versioned};
    /// # use etag_core::axum::{Create, Tagged};
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
    /// async fn create(note: Create<Note>) -> Result<Tagged<Note>, Problem> {
    ///     note.save().await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = Router::new().route("/notes", post(create));
    /// # let app = app.with_state(Database::connect("memory:").await?);
    /// # let post = || Request::post("/notes").header("content-type", "application/json");
    /// let created = send(&app, post(), r#"{"id":7,"text":"first"}"#).await;
    /// assert_eq!(created.status(), 201);
    /// assert_eq!(created.headers()["location"], "/notes/7");
    /// assert_eq!(send(&app, post(), r#"{"id":7,"text":"other"}"#).await.status(), 409);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// 409 where something does.
    pub async fn save(self) -> Result<Tagged<T>, Problem> {
        let written = self.store.replace(Matched::new(self.key, Required::Absent), self.value).await;
        answer(written.map_err(Into::into)?, self.location, &self.asked)
    }

    /// As [`save`](Self::save), in a transaction of yours.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::extract::State;
    /// # use axum::routing::post;
    /// # use etag_core::{Database, Problem, Versioned};
    /// # use etag_core::axum::{Create, Tagged};
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
    /// async fn create(
    ///     State(database): State<Database>,
    ///     note: Create<Note>,
    /// ) -> Result<Tagged<Note>, Problem> {
    ///     let mut transaction = database.transaction().await?;
    ///     let saved = note.save_in(&mut transaction).await?;
    ///     assert!(database.get::<Note>(&7).await?.is_none()); // not before the commit
    ///     saved.commit(transaction).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # let app = Router::new().route("/notes", post(create)).with_state(database.clone());
    /// # let post = Request::post("/notes").header("content-type", "application/json");
    /// assert_eq!(send(&app, post, r#"{"id":7,"text":"first"}"#).await.status(), 201);
    /// assert!(database.get::<Note>(&7).await?.is_some());
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
        let matched = Matched::new(self.key, Required::Absent);
        let written = self.store.replace_in(transaction, matched, self.value).await;
        Ok(Pending::new(answer(written.map_err(Into::into)?, self.location, &self.asked)?))
    }
}

impl<T: Resource, Q: ListQuery<T>, S: Insert<T, Q>> Create<T, InList<Q>, S> {
    /// Writes the value where nothing exists under its key, and the list is in the state that the request requires:
    /// 201.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::get;
    /// # use etag_core::{Database, Problem, Versioned};
    /// # use etag_core::axum::{Create, FreshList, InList, Tagged};
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
    /// async fn create(note: Create<Note, InList>) -> Result<Tagged<Note>, Problem> {
    ///     note.save().await
    /// }
    /// # async fn list(notes: FreshList<Note>) -> Tagged<Vec<Note>> { notes.into() }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = Router::new().route("/notes", get(list).post(create))
    /// #     .with_state(Database::connect("memory:").await?);
    /// let empty = send(&app, Request::get("/notes"), "").await;
    /// let post = || {
    ///     let post = Request::post("/notes").header("content-type", "application/json");
    ///     post.header("if-match", &empty.headers()["etag"])
    /// };
    /// assert_eq!(send(&app, post(), r#"{"id":7,"text":"first"}"#).await.status(), 201);
    /// assert_eq!(send(&app, post(), r#"{"id":8,"text":"second"}"#).await.status(), 412);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// 409 where something exists, 412 where the list is in another state.
    pub async fn save(self) -> Result<Tagged<T>, Problem> {
        let Self { mut value, key, store, location, asked, list } = self;
        let Some(mut list) = list else {
            let matched = Matched::new(key, Required::Absent);
            return answer(store.replace(matched, value).await.map_err(Into::into)?, location, &asked);
        };
        loop {
            let matched = Matched::new(key.clone(), Required::Absent);
            let inserted = store.insert(&list.within, &list.query, list.required, matched, value).await;
            match inserted.map_err(Into::into)? {
                Inserted::Written(written) => return answer(written, location, &asked),
                Inserted::Stale(selected, given_back) => value = list.again(&selected, given_back)?,
            }
        }
    }

    /// As [`save`](Self::save), in a transaction of yours.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::extract::State;
    /// # use axum::routing::get;
    /// # use etag_core::{Database, Problem, Versioned};
    /// # use etag_core::axum::{Create, FreshList, InList, Tagged};
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
    /// async fn create(
    ///     State(database): State<Database>,
    ///     note: Create<Note, InList>,
    /// ) -> Result<Tagged<Note>, Problem> {
    ///     let mut transaction = database.transaction().await?;
    ///     let saved = note.save_in(&mut transaction).await?;
    ///     assert!(database.get::<Note>(&7).await?.is_none()); // not before the commit
    ///     saved.commit(transaction).await
    /// }
    /// # async fn list(notes: FreshList<Note>) -> Tagged<Vec<Note>> { notes.into() }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # let app = Router::new().route("/notes", get(list).post(create)).with_state(database.clone());
    /// let empty = send(&app, Request::get("/notes"), "").await;
    /// let post = Request::post("/notes").header("content-type", "application/json");
    /// let post = post.header("if-match", &empty.headers()["etag"]);
    /// assert_eq!(send(&app, post, r#"{"id":7,"text":"first"}"#).await.status(), 201);
    /// assert!(database.get::<Note>(&7).await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub async fn save_in<Tx: Send>(self, transaction: &mut Tx) -> Result<Pending<T>, Problem>
    where
        S: InsertIn<T, Q, Tx> + StoreIn<T, Tx>,
    {
        let Self { mut value, key, store, location, asked, list } = self;
        let Some(mut list) = list else {
            let matched = Matched::new(key, Required::Absent);
            let written = store.replace_in(transaction, matched, value).await.map_err(Into::into)?;
            return Ok(Pending::new(answer(written, location, &asked)?));
        };
        loop {
            let matched = Matched::new(key.clone(), Required::Absent);
            let List { within, query, required, .. } = &list;
            let inserted = store.insert_in(transaction, within, query, *required, matched, value).await;
            match inserted.map_err(Into::into)? {
                Inserted::Written(written) => return Ok(Pending::new(answer(written, location, &asked)?)),
                Inserted::Stale(selected, given_back) => value = list.again(&selected, given_back)?,
            }
        }
    }
}

/// How often a list that others write in is tried.
const ATTEMPTS: u32 = 5;

impl<Q> List<Q> {
    /// Requires the state that the list has come to, where the conditions hold for it as well; else 412.
    fn again<T: Resource>(&mut self, selected: &Selected<T>, value: T) -> Result<T, Problem> {
        self.attempts += 1;
        let validators = selected.validators();
        if self.attempts == ATTEMPTS || self.preconditions.check(Some(&validators)).is_err() {
            return Err(failed(&self.preconditions, Some(&validators)));
        }
        self.required = selected.state();
        Ok(value)
    }
}

impl<T: Resource, L: ListGuard, S: Store<T>> Create<T, L, S> {
    /// What will identify the resource.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::post;
    /// # use etag_core::{Database, Problem, Versioned};
    /// # use etag_core::axum::{Create, Tagged};
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
    /// async fn create(note: Create<Note>) -> Result<Tagged<Note>, Problem> {
    ///     match note.key() {
    ///         0 => Err(StatusCode::UNPROCESSABLE_ENTITY.into()),
    ///         _ => note.save().await,
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = Router::new().route("/notes", post(create))
    /// #     .with_state(Database::connect("memory:").await?);
    /// # let post = || Request::post("/notes").header("content-type", "application/json");
    /// assert_eq!(send(&app, post(), r#"{"id":0,"text":"first"}"#).await.status(), 422);
    /// assert_eq!(send(&app, post(), r#"{"id":1,"text":"first"}"#).await.status(), 201);
    /// # Ok(())
    /// # }
    /// ```
    pub fn key(&self) -> &T::Key {
        &self.key
    }
}

fn answer<T: Resource>(
    written: Written<T>,
    location: HeaderValue,
    asked: &Asked,
) -> Result<Tagged<T>, Problem> {
    match written {
        Written::Created(value, version) => {
            Ok(Tagged::stored(value, version).asked(asked).created(Some(location)))
        }
        _ => Err(Problem::conflict().detail("a resource with this key exists already")),
    }
}

impl<T, S, A> FromRequest<A> for Create<T, NoList, S>
where
    T: Resource + FromJson,
    S: Store<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &A) -> Result<Self, Refusal> {
        let received = receive::<T, A>(request, state).await?;
        let preconditions = received.conditions.into_preconditions()?;
        if let Some(TagList::Tags(_)) = preconditions.if_match() {
            let detail = "no tag of a collection guards what is created in it: leave `If-Match` out";
            return Err(Problem::precondition_failed("collection", detail).into());
        }
        // The target is the collection, which exists.
        preconditions.check(Some(&Validators::default()))?;
        let (key, value, location) = new_value::<T>(&received.body, &received.within, &received.path)?;
        let asked = preconditions.asked().clone();
        Ok(Self { value, key, store: S::from_ref(state), location, asked, list: None })
    }
}

impl<T, Q, S, A> FromRequest<A> for Create<T, InList<Q>, S>
where
    T: Resource + FromJson,
    Q: ListQuery<T>,
    S: Insert<T, Q> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &A) -> Result<Self, Refusal> {
        let Received { parts, within, path, body, conditions } = receive::<T, A>(request, state).await?;
        let store = S::from_ref(state);
        let preconditions = conditions.into_preconditions()?;
        let asked = preconditions.asked().clone();
        let names_tags = |tags: Option<&TagList>| matches!(tags, Some(TagList::Tags(_)));
        let list = if names_tags(preconditions.if_match()) || names_tags(preconditions.if_none_match()) {
            // What the list holds is told by whether its tag matches.
            T::Policy::from_ref(state).authorize(&parts, None, Access::Read).await?;
            let query: Q = query_of(&parts)?;
            let selected = store.select(&within, &query).await.map_err(Into::into)?;
            preconditions.check(Some(&selected.validators()))?;
            Some(List {
                within: within.clone(),
                query,
                required: selected.state(),
                preconditions,
                attempts: 0,
            })
        } else {
            preconditions.check(Some(&Validators::default()))?;
            None
        };
        let (key, value, location) = new_value::<T>(&body, &within, &path)?;
        Ok(Self { value, key, store, location, asked, list })
    }
}

/// What a request says before anything is read.
struct Received {
    parts: Parts,
    /// The parts of the key that the path has.
    within: Vec<String>,
    path: String,
    body: Bytes,
    conditions: Conditions,
}

/// Authorises, and reads the body: 415, 413.
async fn receive<T, A>(request: Request, state: &A) -> Result<Received, Problem>
where
    T: Resource,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    let (mut parts, body) = request.into_parts();
    let within = key_prefix::<T>(&mut parts).await?.parts().to_vec();
    T::Policy::from_ref(state).authorize(&parts, None, Access::Create).await?;
    has_tags::<T>()?;
    let path = original_path(&parts);
    let preconditions = Preconditions::of::<T>(&parts);
    let conditions = Conditions::new(preconditions, parts.uri.query(), T::QUERY);
    let body = read(Request::from_parts(parts.clone(), body), state, MediaType::JSON).await?;
    Ok(Received { parts, within, path, body, conditions })
}

/// The key, the value and its location.
fn new_value<T: Resource + FromJson>(
    body: &[u8],
    known: &[String],
    collection: &str,
) -> Result<(T::Key, T, HeaderValue), Problem> {
    let (key, value) = keyed_value::<T>(Json::parse(body)?, known)?;
    let location = location(collection, &key.parts()[known.len()..])?;
    Ok((key, value, location))
}

fn keyed_value<T: Resource + FromJson>(mut json: Json, known: &[String]) -> Result<(T::Key, T), Problem> {
    let now = Timestamp::now();
    let parts: Vec<&str> = known.iter().map(String::as_str).collect();
    if let Some(key) = T::Key::under(&parts) {
        if let Json::Object(members) = &mut json {
            // The server names what it creates, whatever the body calls it.
            T::MEMBERS.iter().skip(known.len()).for_each(|name| members.remove(name));
        }
        json.fill::<T>(&key.parts(), now)?;
        let mut value: T = json.to_resource(now)?;
        value.set_key(&key);
        return Ok((key, value));
    }
    json.fill::<T>(known, now)?;
    let mut value: T = json.to_resource(now)?;
    let Some(own) = value.key() else {
        let error = format!("`{}` can't be created by POST: its key is only in the path", T::COLLECTION);
        return Err(Problem::internal_error(error));
    };
    // What the path says of the key is what the policy allowed.
    let texts: Vec<String> = known.iter().cloned().chain(own.parts().into_iter().skip(known.len())).collect();
    let named = T::MEMBERS.last().copied().unwrap_or_default();
    let key = T::Key::from_parts(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let key =
        key.ok_or_else(|| Problem::invalid_member(named, format!("`{named}` can't identify a resource")))?;
    value.set_key(&key);
    Ok((key, value))
}

/// The collection's path, and the parts of the key that it does not have, percent-encoded (RFC 3986 §3.3).
fn location(collection: &str, parts: &[String]) -> Result<HeaderValue, Problem> {
    let mut location = collection.trim_end_matches('/').to_owned();
    for part in parts {
        location.push('/');
        location.extend(utf8_percent_encode(part, RESERVED));
    }
    HeaderValue::from_str(&location).map_err(Problem::internal_error)
}

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl<T: Resource, L: ListGuard, S: Store<T>> Deref for Create<T, L, S> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Resource, L: ListGuard, S: Store<T>> DerefMut for Create<T, L, S> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
