//! What a stored type is: [`Resource`], and the parts its derive is made of.

use crate::{Authorize, Key, Timestamp, Versioned};

/// A type that is kept in a store under a key, and answered for at a path.
///
/// `#[derive(Versioned)]` with `#[versioned(store = …)]` implements it.
///
/// ```
/// use etag_core::{Creation, Database, IfMatch, Resource, Versioned};
///
/// #[derive(Versioned)]
/// #[versioned(store = Database, collection = "assets", create = "put")]
/// struct Asset {
///     #[versioned(id = "asset_id")]
///     id: u64,
///     name: String,
/// }
///
/// assert_eq!((Asset::COLLECTION, Asset::PARAMETERS), ("assets", &["asset_id"][..]));
/// assert_eq!(Asset::MEMBERS, ["id"]);
/// assert_eq!((Asset::CREATE, Asset::IF_MATCH), (Creation::Put, IfMatch::Required));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not stored",
    label = "expected a type that a store keeps",
    note = "to store it, put `#[derive(Versioned)]` and `#[versioned(store = Database)]` on it, and `#[versioned(id)]` on the field that identifies it",
    note = "a view is not stored: build it from what `Target::load` gives and answer with `Preconditions::respond`"
)]
pub trait Resource: Versioned + Sized + Send + Sync + 'static {
    /// What identifies a resource among those of its type.
    type Key: Key;
    /// The store that extractors take from the router's state.
    type Store;
    /// Who may see and change the resource.
    type Policy: Authorize<Self>;

    /// The collection's name in a store.
    const COLLECTION: &'static str;
    /// The path parameters that the key is read from, in the key's order; empty: the path's last ones.
    const PARAMETERS: &'static [&'static str];
    /// The members that show the key, in the key's order; empty for one that is kept out of the body.
    const MEMBERS: &'static [&'static str];
    /// Whether a write needs `If-Match`.
    const IF_MATCH: IfMatch = IfMatch::Required;
    /// The query parameter that counts as `If-Match`, if there is one.
    const QUERY: Option<&'static str> = None;
    /// Whether `If-Match: *` overwrites.
    const WILDCARD: Wildcard = Wildcard::Overwrite;
    /// Whether a PUT creates what does not exist.
    const CREATE: Creation = Creation::Never;
    /// Whether a write that was carried out before succeeds again.
    const REPLAY: Replay = Replay::Refuse;
    /// Which altered tags are taken for what they were.
    const TOLERATE: Tolerate = Tolerate::Nothing;
    /// Whether each of its lists has the tag of the whole collection.
    ///
    /// A 304 of a list is then one look at what the store keeps of the collection, however many items there are and
    /// whatever the query is; and a tag changes with each item, also where a page or a tenant's part of the collection
    /// stays as it was. It guards the same: `If-Match` with it lets a write through as long as nothing in the collection
    /// has changed. A bulk write is answered without the list's tag, since others may have written meanwhile.
    ///
    /// The greatest revision or date of all items would be no such tag: it misses a deletion of another item, and a
    /// transaction that took its stamp earlier and was committed later. What [`Database`](crate::Database) keeps beside the
    /// items instead is changed in the transaction that changes an item.
    ///
    /// - In SQLite and PostgreSQL it is a stamp, which triggers change, so that it is true whoever writes. They are made
    ///   when a list is first asked for, for which the database's user must own the table `etag_rows`. In PostgreSQL
    ///   sixteen stamps share the work, each at the end of its transaction, so that hardly any writers wait for one
    ///   another; a transaction that is `SERIALIZABLE` or `REPEATABLE READ` may fail for them (503).
    /// - In memory it is a sum of the items' keys and states, as a `Collection` has it, and each write makes it follow. A
    ///   stamp is beside it while rows of another release are there.
    ///
    /// # What equal tags promise
    ///
    /// Of two lists that one query selects under one tag, each octet is the same: that is what a strong validator says
    /// (RFC 9110 §8.8.1). It does not say that nothing was written between them.
    ///
    /// In SQLite and PostgreSQL no tag comes again. In memory the same items have the same tag, whatever was written
    /// before, and in each process that has them. An item that is deleted and created again in the state that it had
    /// brings back the tag that its lists had: a 304 repeats what the client has, and a write that this tag guards goes
    /// through. A state with a `revision` or a `modified` member never comes again under its key; with these, a tag
    /// comes again only where each item is the very version that it was, as when another one was created and deleted
    /// between.
    const COLLECTION_TAG: bool = false;

    /// The value's own key; `None` where the key is only in the path, but `Some(())` of the one resource of its type.
    ///
    /// ```
    /// use etag_core::{Database, Resource, Versioned};
    ///
    /// #[derive(Versioned)]
    /// #[versioned(store = Database)]
    /// struct Asset {
    ///     #[versioned(id)]
    ///     tenant: String,
    ///     #[versioned(id)]
    ///     id: u64,
    /// }
    ///
    /// #[derive(Versioned)]
    /// #[versioned(store = Database, key = String)]
    /// struct Settings {
    ///     theme: String,
    /// }
    ///
    /// let asset = Asset { tenant: "acme".to_owned(), id: 7 };
    /// assert_eq!(asset.key(), Some(("acme".to_owned(), 7)));
    /// assert_eq!(Settings { theme: "dark".to_owned() }.key(), None);
    /// ```
    fn key(&self) -> Option<Self::Key>;
    /// Puts the key into the value.
    ///
    /// ```
    /// use etag_core::{Database, Resource, Versioned};
    ///
    /// #[derive(Versioned)]
    /// #[versioned(store = Database)]
    /// struct Asset {
    ///     #[versioned(id)]
    ///     id: u64,
    /// }
    ///
    /// let mut asset = Asset { id: 0 };
    /// asset.set_key(&7);
    /// assert_eq!(asset.id, 7);
    /// ```
    fn set_key(&mut self, key: &Self::Key);
    /// Puts the time of this version into the value's `modified` and `revision` members.
    ///
    /// ```
    /// use etag_core::{Database, Resource, Timestamp, Versioned};
    ///
    /// #[derive(Versioned)]
    /// #[versioned(store = Database)]
    /// struct Asset {
    ///     #[versioned(id)]
    ///     id: u64,
    ///     #[versioned(modified)]
    ///     changed: Timestamp,
    /// }
    ///
    /// let now = Timestamp::now();
    /// let mut asset = Asset { id: 7, changed: Timestamp::from_microseconds(0) };
    /// asset.stamp(now);
    /// assert_eq!((asset.id, asset.changed), (7, now));
    /// ```
    fn stamp(&mut self, at: Timestamp);
}

/// Whether a write needs `If-Match` (`if_match = "…"`).
///
/// A router says otherwise for all of its routes by an `Extension`:
///
/// ```
/// use axum::{Extension, Router, routing::put};
/// use etag_core::IfMatch;
/// use etag_core::axum::{Problem, Tagged, Update};
/// use http::Request;
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database, create = "put")]
/// # struct Note { #[versioned(id)] id: String, text: String }
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
/// # async fn call(app: &axum::Router, if_match: Option<&str>, text: &str) -> axum::response::Response {
/// #     use tower::ServiceExt;
/// #     let mut request = Request::put("/notes/a").header("content-type", "application/json");
/// #     if let Some(tag) = if_match { request = request.header("if-match", tag); }
/// #     let body = format!(r#"{{"text":"{text}"}}"#);
/// #     app.clone().oneshot(request.body(axum::body::Body::from(body)).unwrap()).await.unwrap()
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new()
///     .route("/notes/{id}", put(replace))
///     .layer(Extension(IfMatch::Optional))
///     .with_state(Database::connect("memory:").await?);
/// let created = call(&app, None, "first").await;
/// assert_eq!(created.status(), 201);
/// assert_eq!(call(&app, None, "second").await.status(), 200); // by the type's own rule 428
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IfMatch {
    /// A write without a guard is answered 428 (RFC 6585 §3).
    Required,
    /// A write without a guard is carried out.
    Optional,
    /// A write without a guard is carried out as with [`Optional`](Self::Optional), and reported: those that
    /// [`Required`](Self::Required) would refuse. Each is traced, and counted where the router has an
    /// `axum::Unguarded` in an `Extension`.
    Report,
}

/// What `If-Match: *` on a write means (`wildcard = "…"`).
///
/// A router says otherwise for all of its routes by an `Extension`:
///
/// ```
/// use axum::{Extension, Router, routing::put};
/// use etag_core::Wildcard;
/// use etag_core::axum::{Problem, Tagged, Update};
/// use http::Request;
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database, create = "put")]
/// # struct Note { #[versioned(id)] id: String, text: String }
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
/// # async fn call(app: &axum::Router, if_match: Option<&str>, text: &str) -> axum::response::Response {
/// #     use tower::ServiceExt;
/// #     let mut request = Request::put("/notes/a").header("content-type", "application/json");
/// #     if let Some(tag) = if_match { request = request.header("if-match", tag); }
/// #     let body = format!(r#"{{"text":"{text}"}}"#);
/// #     app.clone().oneshot(request.body(axum::body::Body::from(body)).unwrap()).await.unwrap()
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new()
///     .route("/notes/{id}", put(replace))
///     .layer(Extension(Wildcard::Refuse))
///     .with_state(Database::connect("memory:").await?);
/// let created = call(&app, None, "first").await;
/// assert_eq!(created.status(), 201);
/// assert_eq!(call(&app, Some("*"), "second").await.status(), 428);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wildcard {
    /// Overwrite what exists, whatever its state (RFC 9110 §13.1.1).
    Overwrite,
    /// No guard: the write is answered as one without `If-Match`, which is 428 unless [`IfMatch`] says otherwise. Where
    /// nothing exists it is refused, as ever.
    Refuse,
}

/// Whether a PUT creates what does not exist (`create = "…"`).
///
/// ```
/// use axum::{Router, routing::put};
/// use etag_core::axum::{Problem, Tagged, Update};
/// use etag_core::{Creation, Resource};
/// use http::Request;
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
/// # async fn call(app: &Router, if_match: Option<&str>) -> u16 {
/// #     use tower::ServiceExt;
/// #     let mut request = Request::put("/notes/a").header("content-type", "application/json");
/// #     if let Some(tag) = if_match { request = request.header("if-match", tag); }
/// #     let request = request.body(axum::body::Body::from("{}")).unwrap();
/// #     app.clone().oneshot(request).await.unwrap().status().as_u16()
/// # }
///
/// #[derive(Debug, Serialize, Deserialize, Versioned)]
/// #[versioned(store = Database, create = "put")]
/// struct Note {
///     #[versioned(id)]
///     id: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// assert_eq!(Note::CREATE, Creation::Put);
/// let app = Router::new().route("/notes/{id}", put(replace));
/// let app = app.with_state(Database::connect("memory:").await?);
/// assert_eq!(call(&app, Some("*")).await, 412); // nothing exists
/// assert_eq!(call(&app, None).await, 201);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Creation {
    /// No: 404.
    Never,
    /// A PUT without `If-Match` creates (`create = "put"`); one with it is answered 412 (RFC 9110 §13.1.1).
    Put,
    /// As [`Put`](Self::Put), and `If-Match` is ignored on a key that never existed
    /// (`create = "put, ignore-if-match"`); on one that was deleted it is answered 412.
    PutIgnoreIfMatch,
}

/// What a write is answered whose tag is stale, where the stored state is the one that it would make
/// (`replay = "…"`).
///
/// A client whose connection breaks before the answer arrives can't know whether its write was carried out. Where
/// such a request is [accepted](Self::Accept), it can send the same again, with the same `If-Match`:
///
/// | request | is accepted where |
/// |---|---|
/// | a PUT of the whole value | the stored value is equal to it, but for stamps |
/// | a PATCH by a merge patch | the patch changes nothing of the stored value, but for stamps |
/// | a DELETE | nothing exists, and what was deleted last was in a state that `If-Match` names |
///
/// `If-Match` (or what stands for it) must name the tag of a state, and there must be no `If-None-Match`. The answer
/// is 200 with the current value and its tag, or 204 for a DELETE, and has the header `Already-Applied: ?1`. It does
/// not say who wrote the state: of two clients that send the same, both succeed. So leave it where one of them must
/// fail, as for a lock.
///
/// Never accepted, and answered 412 or 404 as ever: a POST; a bulk; a body of another type, and a merge patch whose
/// outcome the handler changes, for what they make depends on the state that is gone; what is saved in a transaction
/// of yours, whose other writes would be made twice. The handler of a PUT or PATCH runs again, and can
/// ask its answer whether it `is_already_applied`; that of a DELETE does not run.
///
/// A DELETE is recognised where the type itself says `replay = "accept"`: only then the
/// [`Database`](crate::Database) keeps the tag of a deleted state.
///
/// A router says otherwise for all of its routes by an `Extension`:
///
/// ```
/// use axum::{Extension, Router, routing::put};
/// use etag_core::Replay;
/// use etag_core::axum::{Problem, Tagged, Update};
/// use http::Request;
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database, create = "put")]
/// # struct Note { #[versioned(id)] id: String, text: String }
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
/// # async fn call(app: &axum::Router, if_match: Option<&str>, text: &str) -> axum::response::Response {
/// #     use tower::ServiceExt;
/// #     let mut request = Request::put("/notes/a").header("content-type", "application/json");
/// #     if let Some(tag) = if_match { request = request.header("if-match", tag); }
/// #     let body = format!(r#"{{"text":"{text}"}}"#);
/// #     app.clone().oneshot(request.body(axum::body::Body::from(body)).unwrap()).await.unwrap()
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new()
///     .route("/notes/{id}", put(replace))
///     .layer(Extension(Replay::Accept))
///     .with_state(Database::connect("memory:").await?);
/// let created = call(&app, None, "first").await;
/// let tag = created.headers()["etag"].to_str()?;
/// assert_eq!(call(&app, Some(tag), "second").await.status(), 200);
/// let again = call(&app, Some(tag), "second").await;
/// assert_eq!((again.status().as_u16(), &again.headers()["already-applied"]), (200, &"?1".parse()?));
/// assert_eq!(call(&app, Some(tag), "third").await.status(), 412);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replay {
    /// 412.
    Refuse,
    /// 2xx with `Already-Applied: ?1`: it was carried out before, and its answer lost (RFC 9110 §13.1.1).
    Accept,
}

/// Which tags are taken for what they were before an intermediary altered them (`tolerate = "…"`).
///
/// A router says otherwise for all of its routes by an `Extension`:
///
/// ```
/// use axum::{Extension, Router, routing::put};
/// use etag_core::Tolerate;
/// use etag_core::axum::{Problem, Tagged, Update};
/// use http::Request;
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database, create = "put")]
/// # struct Note { #[versioned(id)] id: String, text: String }
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
/// # async fn call(app: &axum::Router, if_match: Option<&str>, text: &str) -> axum::response::Response {
/// #     use tower::ServiceExt;
/// #     let mut request = Request::put("/notes/a").header("content-type", "application/json");
/// #     if let Some(tag) = if_match { request = request.header("if-match", tag); }
/// #     let body = format!(r#"{{"text":"{text}"}}"#);
/// #     app.clone().oneshot(request.body(axum::body::Body::from(body)).unwrap()).await.unwrap()
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new()
///     .route("/notes/{id}", put(replace))
///     .layer(Extension(Tolerate::Intermediaries))
///     .with_state(Database::connect("memory:").await?);
/// let created = call(&app, None, "first").await;
/// let tag = created.headers()["etag"].to_str()?; // as it was sent, it guards as ever
/// assert_eq!(call(&app, Some(tag), "second").await.status(), 200);
/// assert_eq!(call(&app, Some(tag), "third").await.status(), 412);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tolerate {
    /// None.
    Nothing,
    /// Those that were altered in a way that is [known](crate::Alteration): `W/"S"`, `"S-gzip"`.
    Intermediaries,
}
