use std::ops::{Deref, DerefMut};

use axum::extract::{FromRef, FromRequest, Request};
use http::header::ETAG;

use super::altered;
use super::body::{MediaType, read};
use super::guard::{Conditions, failed, has_tags, refused_wildcard};
use super::items::{Item, items};
use super::rules::Rules;
use super::target::list_prefix;
use super::{Change, ChangeEach, MergePatch, Pending, PolicyInState, Refusal, StoreInState, Tagged, Whole};
use crate::outline::Outline;
use crate::{
    Access, Authorize, Bulk, BulkIn, EntityTag, FromJson, IfMatch, Key, Matched, Preconditions, Problem,
    Required, Resource, Selected, StateTag, TagList, Timestamp, Validators, Version, Wildcard, WrittenAll,
};

/// Many stored values that are changed together or not at all, in the state of the list that the request names.
///
/// - `GuardedList<T>`: the body is an array of whole new values.
/// - `GuardedList<T, MergePatch>`: an array of merge patches; each has the members of its key, which stay.
///
/// The list is that of the keys in the body, in their order, whatever selected them: `If-Match` is the tag of a list
/// that has the same items in the same order ([`FreshList`](super::FreshList)), and 412 is answered where one of
/// them was changed or deleted since. Where the type says `embed = "…"`, a tag in an item guards that item; tags in
/// all of them serve in place of `If-Match`.
///
/// It reads the body, so it is a handler's last parameter; 500 items are the most. The [policy](crate::Authorize) is
/// asked for no key, and then for each item's. Nothing is stored before [`save`](Self::save), and nothing is created.
///
/// ```
/// use axum::{Router, routing::get};
/// use etag_core::axum::{FreshList, GuardedList, MergePatch, Problem, Tagged, Update};
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
/// async fn patch(notes: GuardedList<Note, MergePatch>) -> Result<Tagged<Vec<Note>>, Problem> {
///     notes.save().await
/// }
/// # async fn list(notes: FreshList<Note>) -> Tagged<Vec<Note>> { notes.into() }
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/notes", get(list).patch(patch)).route("/notes/{id}", get(list).put(replace));
/// let app = app.with_state(Database::connect("memory:").await?);
/// let put = |path| Request::put(path).header("content-type", "application/json");
/// call(&app, put("/notes/a"), r#"{"text":"first"}"#).await;
/// call(&app, put("/notes/b"), r#"{"text":"second"}"#).await;
/// let (_, etag) = call(&app, Request::get("/notes"), "").await;
///
/// let patch = || Request::patch("/notes").header("content-type", "application/merge-patch+json");
/// let patches = r#"[{"id":"a","text":"1st"},{"id":"b","text":"2nd"}]"#;
/// let (status, new) = call(&app, patch().header("if-match", &etag), patches).await;
/// assert_eq!((status, &new), (200, &call(&app, Request::get("/notes"), "").await.1));
/// assert_eq!(call(&app, patch().header("if-match", &etag), patches).await, (412, new));
/// assert_eq!(call(&app, patch(), patches).await.0, 428);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct GuardedList<T: Resource, B: ChangeEach<T> = Whole, S: Bulk<T> = <T as Resource>::Store> {
    values: Vec<T>,
    bodies: Vec<B::Body>,
    list: List<T, S>,
    required: Vec<Required>,
    /// How the bodies are applied to other stored values, unless the handler has changed what came of it.
    reapply: Option<Apply<T, B>>,
}

type Apply<T, B> = fn(&[<B as Change<T>>::Body], Vec<T>) -> Result<Vec<T>, Problem>;

/// The resources that are written, and what the request requires of them.
#[derive(Debug)]
struct List<T: Resource, S> {
    keys: Vec<T::Key>,
    /// The tag that an item's body shows.
    tags: Vec<Option<EntityTag>>,
    preconditions: Preconditions,
    rules: Rules,
    store: S,
}

impl<T: Resource, B: ChangeEach<T>, S: Bulk<T>> GuardedList<T, B, S> {
    /// What was sent for each item.
    ///
    /// ```
    /// # use axum::Router;
    /// # use etag_core::{Database, Required, Versioned};
    /// # use etag_core::axum::{GuardedList, MergePatch};
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
    /// async fn patch(notes: GuardedList<Note, MergePatch>) -> String {
    ///     let touched = notes.bodies().iter().filter(|patch| patch.names("text"));
    ///     format!("{} of {}", touched.count(), notes.bodies().len())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let database = Database::connect("memory:").await?;
    /// let notes = [1, 2].map(|id| Note { id, text: String::new() });
    /// database.import(notes.into(), Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes", axum::routing::patch(patch)).with_state(database);
    /// # let patch = Request::patch("/notes")
    /// #     .header("content-type", "application/merge-patch+json").header("if-match", "*");
    /// assert_eq!(send(&app, patch, r#"[{"id":1},{"id":2,"text":"new"}]"#).await.body(), "1 of 2");
    /// # Ok(())
    /// # }
    /// ```
    pub fn bodies(&self) -> &[B::Body] {
        &self.bodies
    }

    /// Writes all values over the states that the guard saw, and answers with the list and its new tag.
    ///
    /// An item that the request does not change keeps its tag and its date. Patches under `If-Match: *` are applied
    /// again to what is there now when somebody else was faster, unless the handler has changed the values.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::routing::get;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::{FreshList, GuardedList, Tagged};
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
    /// async fn replace(notes: GuardedList<Note>) -> Result<Tagged<Vec<Note>>, Problem> {
    ///     notes.save().await
    /// }
    /// # async fn list(notes: FreshList<Note>) -> Tagged<Vec<Note>> { notes.into() }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let database = Database::connect("memory:").await?;
    /// let notes = [1, 2].map(|id| Note { id, text: String::new() });
    /// database.import(notes.into(), Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes", get(list).put(replace)).with_state(database);
    /// # let put = Request::put("/notes")
    /// #     .header("content-type", "application/json").header("if-match", "*");
    /// let body = r#"[{"id":1,"text":"one"},{"id":2,"text":"two"}]"#;
    /// let saved = send(&app, put, body).await;
    /// assert_eq!((saved.status().as_u16(), &**saved.body()), (200, body));
    /// let listed = send(&app, Request::get("/notes"), "").await;
    /// assert_eq!(saved.headers()["etag"], listed.headers()["etag"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// 412 where somebody else was faster, 409 where the request named no state, 503 where patches are overtaken
    /// time and again. Nothing is written then.
    pub async fn save(self) -> Result<Tagged<Vec<T>>, Problem> {
        let Self { mut values, bodies, list, mut required, reapply } = self;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let place = match list.write(&required, values).await? {
                WrittenAll::Written(written) => return Ok(list.answer(written)),
                WrittenAll::Stale(place) => place,
            };
            let apply = match reapply {
                Some(apply) if !list.names_state(place) => apply,
                _ => return Err(list.refuse(place).await?),
            };
            if attempts == ATTEMPTS {
                return Err(Problem::unavailable("others kept changing the resources that patches apply to"));
            }
            let stored;
            (stored, required) = list.load().await?;
            values = apply(&bodies, stored)?;
        }
    }

    /// As [`save`](Self::save), in a transaction of yours; patches are not applied again: 409.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::extract::State;
    /// # use axum::routing::put;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::{GuardedList, Tagged};
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
    /// async fn replace(
    ///     State(database): State<Database>,
    ///     notes: GuardedList<Note>,
    /// ) -> Result<Tagged<Vec<Note>>, Problem> {
    ///     let mut transaction = database.transaction().await?;
    ///     let saved = notes.save_in(&mut transaction).await?;
    ///     assert!(database.get::<Note>(&1).await?.is_some_and(|note| note.text == "first"));
    ///     saved.commit(transaction).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes", put(replace)).with_state(database.clone());
    /// # let put = Request::put("/notes")
    /// #     .header("content-type", "application/json").header("if-match", "*");
    /// assert_eq!(send(&app, put, r#"[{"id":1,"text":"second"}]"#).await.status(), 200);
    /// assert!(database.get::<Note>(&1).await?.is_some_and(|note| note.text == "second"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub async fn save_in<Tx: Send>(self, transaction: &mut Tx) -> Result<Pending<Vec<T>>, Problem>
    where
        S: BulkIn<T, Tx>,
    {
        let Self { values, list, required, .. } = self;
        let writes = list.matched(&required).zip(values).collect();
        match list.store.replace_all_in(transaction, writes).await.map_err(Into::into)? {
            WrittenAll::Written(written) => Ok(Pending::new(list.answer(written))),
            WrittenAll::Stale(place) => Err(list.refuse_unread(place)),
        }
    }

    /// The values, and for each the proof that a store takes.
    ///
    /// ```
    /// # use axum::Router;
    /// # use axum::extract::State;
    /// # use axum::routing::put;
    /// # use etag_core::{Bulk, Database, Problem, Required, Versioned, WrittenAll};
    /// # use etag_core::axum::GuardedList;
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
    /// async fn replace(
    ///     State(database): State<Database>,
    ///     notes: GuardedList<Note>,
    /// ) -> Result<String, Problem> {
    ///     match database.replace_all(notes.into_parts()).await? {
    ///         WrittenAll::Written(written) => Ok(written.len().to_string()),
    ///         WrittenAll::Stale(_) => Err(StatusCode::PRECONDITION_FAILED.into()),
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes", put(replace)).with_state(database.clone());
    /// # let put = Request::put("/notes")
    /// #     .header("content-type", "application/json").header("if-match", "*");
    /// assert_eq!(send(&app, put, r#"[{"id":1,"text":"second"}]"#).await.body(), "1");
    /// assert!(database.get::<Note>(&1).await?.is_some_and(|note| note.text == "second"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_parts(self) -> Vec<(Matched<T>, T)> {
        self.list.matched(&self.required).zip(self.values).collect()
    }
}

/// How often patches are applied.
const ATTEMPTS: u32 = 5;

impl<T, S, A> FromRequest<A> for GuardedList<T, Whole, S>
where
    T: Resource + FromJson,
    S: Bulk<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &A) -> Result<Self, Refusal> {
        let (list, items) = receive::<T, S, A>(request, state, MediaType::JSON).await?;
        let versions = list.store.versions(&list.keys).await.map_err(Into::into)?;
        let required = list.admit(&versions, list.collection_state().await?)?;
        list.report();
        let mut required: Vec<Required> = required.into_iter().map(Required::State).collect();
        let mut values = Vec::new();
        for (index, (mut item, key)) in items.into_iter().zip(&list.keys).enumerate() {
            if !list.names_state(index) {
                required[index] = Required::Exists;
            }
            let now = Timestamp::now();
            let read = item.json.fill::<T>(&key.parts(), now).and_then(|()| item.json.to_resource::<T>(now));
            let mut value = read.map_err(|problem| problem.at(&item.path))?;
            value.set_key(key);
            value.stamp(now);
            values.push(value);
        }
        let bodies = values.iter().map(|_| ()).collect();
        Ok(Self { values, bodies, list, required, reapply: None })
    }
}

impl<T, S, A> FromRequest<A> for GuardedList<T, MergePatch, S>
where
    T: Resource + FromJson,
    S: Bulk<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &A) -> Result<Self, Refusal> {
        let (list, items) = receive::<T, S, A>(request, state, MediaType::MERGE_PATCH).await?;
        let (stored, required) = list.load().await?;
        list.report();
        let mut bodies = Vec::new();
        for (mut item, key) in items.into_iter().zip(&list.keys) {
            item.json.strip::<T>(&key.parts()).map_err(|problem| problem.at(&item.path))?;
            bodies.push(MergePatch::new(item.json));
        }
        let mut values = apply_all(&bodies, stored)?;
        for (value, key) in values.iter_mut().zip(&list.keys) {
            value.set_key(key);
            value.stamp(Timestamp::now());
        }
        Ok(Self { values, bodies, list, required, reapply: Some(apply_all) })
    }
}

fn apply_all<T: Resource + FromJson>(patches: &[MergePatch], stored: Vec<T>) -> Result<Vec<T>, Problem> {
    let applied = patches.iter().zip(stored).enumerate();
    applied
        .map(|(index, (patch, stored))| {
            patch.apply(stored).map_err(|problem| problem.at(&format!("[{index}]")))
        })
        .collect()
}

/// Authorises, and reads the body as far as its keys: 415, 413, 400, 422.
async fn receive<T, S, A>(
    request: Request,
    state: &A,
    wanted: MediaType,
) -> Result<(List<T, S>, Vec<Item<T>>), Problem>
where
    T: Resource,
    S: Bulk<T> + StoreInState<T, A>,
    T::Policy: PolicyInState<T, A> + Send + Sync,
    A: Send + Sync,
{
    let (mut parts, body) = request.into_parts();
    let policy = T::Policy::from_ref(state);
    let within = list_prefix::<T>(&mut parts).await?;
    policy.authorize(&parts, None, Access::Write).await?;
    has_tags::<T>()?;
    let rules = Rules::of::<T>(&parts);
    let bytes = read(Request::from_parts(parts.clone(), body), state, wanted).await?;
    let items = items::<T>(&bytes, within.parts())?;
    for item in &items {
        policy.authorize(&parts, Some(&item.key), Access::Write).await?;
    }
    let preconditions = Preconditions::of::<T>(&parts);
    let preconditions = Conditions::new(preconditions, parts.uri.query(), T::QUERY).into_preconditions()?;
    let mut tags = Vec::new();
    for item in &items {
        tags.push(item.tag().transpose().map_err(|problem| problem.at(&item.path))?);
    }
    let keys = items.iter().map(|item| item.key.clone()).collect();
    Ok((List { keys, tags, preconditions, rules, store: S::from_ref(state) }, items))
}

impl<T: Resource, S: Bulk<T>> List<T, S> {
    /// The stored values, and what the store must find: their states.
    async fn load(&self) -> Result<(Vec<T>, Vec<Required>), Problem> {
        let loaded = self.store.load_all(&self.keys).await.map_err(Into::into)?;
        let (values, versions): (Vec<_>, Vec<_>) = loaded.into_iter().map(Option::unzip).unzip();
        let states = self.admit(&versions, self.collection_state().await?)?;
        Ok((values.into_iter().flatten().collect(), states.into_iter().map(Required::State).collect()))
    }

    /// Lets the write through, or not: 412, 422 or 428. Says which states it saw.
    fn admit(
        &self,
        versions: &[Option<Version>],
        collection: Option<StateTag>,
    ) -> Result<Vec<StateTag>, Problem> {
        let current = self.current(versions, collection);
        if self.names_list() || current.is_some() {
            match self.preconditions.check(current.as_ref()) {
                Ok(()) => {}
                Err(Refusal::Problem(problem)) => return Err(problem),
                Err(_) => return Err(failed(&self.preconditions, current.as_ref())),
            }
        }
        let stale = self.stale(versions);
        if !stale.is_empty() {
            return Err(self.altered(versions, &stale).unwrap_or_else(|| stale_items(&stale)));
        }
        if let Some(absent) = versions.iter().position(Option::is_none) {
            let path = format!("[{absent}]");
            let named = T::MEMBERS.last().copied().unwrap_or_default();
            return Err(Problem::invalid_member(named, "nothing exists under this key").at(&path));
        }
        if !self.is_guarded() && self.rules.if_match == IfMatch::Required {
            return Err(required_tag::<T>(&self.preconditions));
        }
        Ok(versions.iter().flatten().map(|version| version.state).collect())
    }

    fn is_guarded(&self) -> bool {
        let shows_tags = !self.tags.is_empty() && self.tags.iter().all(Option::is_some);
        match self.preconditions.if_match() {
            Some(TagList::Tags(_)) => true,
            Some(TagList::Any) if self.rules.wildcard == Wildcard::Overwrite => true,
            Some(TagList::Any) | None => shows_tags,
        }
    }

    /// Tells of a write that was let through without a guard.
    fn report(&self) {
        if !self.is_guarded() {
            self.rules.report();
        }
    }

    /// The places of the items that are not in the state that their own tags name.
    fn stale(&self, versions: &[Option<Version>]) -> Vec<usize> {
        let is_stale = |(tag, version): (&Option<EntityTag>, &Option<Version>)| match (tag, version) {
            (Some(tag), Some(version)) => !version
                .validators::<T>()
                .etag
                .is_some_and(|current| self.preconditions.guards(tag, &current)),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let items = self.tags.iter().zip(versions).enumerate();
        items.filter(|(_, item)| is_stale(*item)).map(|(place, _)| place).collect()
    }

    /// Why the tags of these items do not match, where it is only that they were altered on their way.
    fn altered(&self, versions: &[Option<Version>], places: &[usize]) -> Option<Problem> {
        let altered = places.iter().map(|place| {
            let current = versions[*place]?.validators::<T>().etag?;
            altered::of_current(self.tags[*place].as_slice(), &current)
        });
        let first = altered.collect::<Option<Vec<_>>>()?.first().copied()?;
        Some(altered::problem(first).member("items", places))
    }

    /// The state of the whole collection, where its lists have that one's tag. It is read after the items: where it is
    /// the one that the client saw, so are they.
    async fn collection_state(&self) -> Result<Option<StateTag>, Problem> {
        match T::COLLECTION_TAG && self.preconditions.is_conditional() {
            true => self.store.collection_state().await.map_err(Into::into),
            false => Ok(None),
        }
    }

    /// The validators of the list; `None` where an item does not exist.
    fn current(&self, versions: &[Option<Version>], collection: Option<StateTag>) -> Option<Validators> {
        let items: Option<Vec<_>> =
            self.keys.iter().zip(versions).map(|(key, version)| Some((key.clone(), (*version)?))).collect();
        let selected = Selected::<T>::new(items?, 0);
        Some(match collection {
            Some(state) => selected.of_collection(state).validators(),
            None => selected.validators(),
        })
    }

    /// Whether the request says in which state it wants the list.
    fn names_list(&self) -> bool {
        matches!(self.preconditions.if_match(), Some(TagList::Tags(_)))
    }

    /// Whether the request says in which state it wants this item.
    fn names_state(&self, place: usize) -> bool {
        self.names_list() || self.tags.get(place).is_some_and(Option::is_some)
    }

    fn matched(&self, required: &[Required]) -> impl Iterator<Item = Matched<T>> {
        self.keys.iter().zip(required).map(|(key, required)| Matched::new(key.clone(), *required))
    }

    async fn write(&self, required: &[Required], values: Vec<T>) -> Result<WrittenAll<T>, Problem> {
        let writes = self.matched(required).zip(values).collect();
        self.store.replace_all(writes).await.map_err(Into::into)
    }

    /// The list after the change.
    fn answer(&self, written: Vec<(T, Version)>) -> Tagged<Vec<T>> {
        let (values, versions): (Vec<T>, Vec<Version>) = written.into_iter().unzip();
        let total = values.len() as u64;
        let selected = Selected::new(self.keys.iter().cloned().zip(versions).collect(), total);
        let answer = Tagged::listed(values, &selected).asked(self.preconditions.asked());
        // That of the whole collection may be of a change that this client has not seen.
        if T::COLLECTION_TAG { answer.without_tag() } else { answer }
    }

    /// Why the store wrote nothing, with the tag that the list has now.
    async fn refuse(&self, place: usize) -> Result<Problem, Problem> {
        let problem = self.refuse_unread(place);
        if !self.names_list() {
            return Ok(problem);
        }
        let versions = self.store.versions(&self.keys).await.map_err(Into::into)?;
        let collection = self.collection_state().await?;
        Ok(match self.current(&versions, collection).and_then(|current| current.etag) {
            Some(etag) => problem.member("etag", etag.to_string()).header(ETAG, etag.to_header_value()),
            None => problem,
        })
    }

    fn refuse_unread(&self, place: usize) -> Problem {
        if self.names_state(place) { stale_items(&[place]) } else { Problem::conflict() }
    }
}

fn stale_items(places: &[usize]) -> Problem {
    let detail = "items have changed, or are gone, since the states that the request names: `items` are their places \
        in the body; GET them, apply the changes again, and send the current tags";
    Problem::precondition_failed("stale", detail).member("items", places)
}

/// 428, with the ways to resubmit (RFC 6585 §3).
fn required_tag<T: Resource>(preconditions: &Preconditions) -> Problem {
    let query = T::QUERY.map(|name| format!(", or in `?{name}=`")).unwrap_or_default();
    let member = Outline::of::<T>().embed;
    let member = member.map(|name| format!(", or each item's own in its `{name}`")).unwrap_or_default();
    Problem::precondition_required(format!(
        "{}this write needs the tag of the list that it changes: GET these items in this order, and send the `ETag` in \
         `If-Match`{query}{member}",
        refused_wildcard(preconditions)
    ))
}

impl<T: Resource, B: ChangeEach<T>, S: Bulk<T>> Deref for GuardedList<T, B, S> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values
    }
}

impl<T: Resource, B: ChangeEach<T>, S: Bulk<T>> DerefMut for GuardedList<T, B, S> {
    /// What the handler changes are no patches any more: they are written over the states that it saw, or not at all.
    fn deref_mut(&mut self) -> &mut [T] {
        self.reapply = None;
        &mut self.values
    }
}
