use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Change;
use super::body::{Json, Members, read_text};
use super::form::{Form, Name};
use super::tree::Tree;
use super::unique::Unique;
use crate::{FromJson, Problem, Resource, Timestamp, canonical};

/// The body is a JSON Merge Patch (RFC 7396): `null` removes a member, an object is merged, anything else
/// replaces.
///
/// ```
/// use etag_core::axum::{MergePatch, Problem, Tagged, Update};
/// # use axum::Router;
/// # use etag_core::{Database, Required, Versioned};
/// # use http::Request;
/// # use serde::{Deserialize, Serialize};
/// # async fn send(app: &Router, request: http::request::Builder, body: &str) -> http::Response<String> {
/// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
/// #     let answer = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
/// #     let (parts, body) = answer.into_parts();
/// #     let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
/// #     http::Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
/// # }
///
/// #[derive(Serialize, Deserialize, Versioned)]
/// #[versioned(store = Database)]
/// struct Note {
///     #[versioned(id)]
///     id: u64,
///     text: String,
///     colour: Option<String>,
/// }
///
/// async fn patch(note: Update<Note, MergePatch>) -> Result<Tagged<Note>, Problem> {
///     note.save().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let database = Database::connect("memory:").await?;
/// let note = Note { id: 1, text: "first".to_owned(), colour: Some("red".to_owned()) };
/// database.import(vec![note], Required::New, |_| {}).await?;
/// # let app = Router::new().route("/notes/{id}", axum::routing::patch(patch)).with_state(database);
/// let patch = Request::patch("/notes/1").header("content-type", "application/merge-patch+json");
/// let answer = send(&app, patch.header("if-match", "*"), r#"{"colour":null}"#).await;
/// assert_eq!(answer.body(), r#"{"colour":null,"id":1,"text":"first"}"#);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MergePatch {
    json: Json,
}

impl<T: Resource> Change<T> for MergePatch {
    type Body = Self;
}

impl MergePatch {
    pub(super) fn new(json: Json) -> Self {
        Self { json }
    }

    /// Reads a patch of the resource of this key, without what the server owns: 422.
    pub(super) fn read<T: Resource>(mut json: Json, key: &[String]) -> Result<Self, Problem> {
        json.strip::<T>(key)?;
        Ok(Self::new(json))
    }

    /// Whether the patch says anything of a member; of what the server owns (the key, stamps, an embedded tag) it says
    /// nothing.
    ///
    /// ```
    /// # use axum::Router;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::{MergePatch, Tagged, Update};
    /// # use http::{Request, StatusCode};
    /// # use serde::{Deserialize, Serialize};
    /// # async fn send(app: &Router, request: http::request::Builder, body: &str) -> http::Response<String> {
    /// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    /// #     let answer = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
    /// #     let (parts, body) = answer.into_parts();
    /// #     let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    /// #     http::Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
    /// # }
    /// # #[derive(Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Note { #[versioned(id)] id: u64, colour: Option<String> }
    /// async fn patch(note: Update<Note, MergePatch>) -> Result<Tagged<Note>, Problem> {
    ///     match note.body().names("colour") {
    ///         true => Err(StatusCode::FORBIDDEN.into()),
    ///         false => note.save().await,
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, colour: Some("red".to_owned()) }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", axum::routing::patch(patch)).with_state(database);
    /// # let patch = || Request::patch("/notes/1")
    /// #     .header("content-type", "application/merge-patch+json").header("if-match", "*");
    /// assert_eq!(send(&app, patch(), r#"{"colour":null}"#).await.status(), 403); // it names it
    /// assert_eq!(send(&app, patch(), "{}").await.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    pub fn names(&self, member: &str) -> bool {
        matches!(&self.json, Json::Object(members) if members.get(member).is_some())
    }

    /// Applies the patch; what it does not name keeps its text, to the last digit.
    pub(super) fn apply<T: Resource + FromJson>(&self, stored: T) -> Result<T, Problem> {
        match &self.json {
            Json::Object(patch) => merged(patch, &canonical::to_vec(&stored)?)?.to_resource(Timestamp::now()),
            whole => whole.to_resource(Timestamp::now()),
        }
    }
}

/// What a patch makes of an object, or of what is none. Each text is read a few times, however deep it nests.
fn merged(patch: &Members, stored: &[u8]) -> Result<Json, Problem> {
    let patch: Result<BTreeMap<_, _>, Problem> =
        patch.iter().map(|(name, json)| Ok((name.to_owned(), opened(name, json)?))).collect();
    let patch = patch?;
    let form = Form::of(stored).map_err(Problem::internal_error)?;
    let stored = match form.is_object() {
        true => Open { form: &form, patch: Some(&patch) }
            .deserialize(&mut serde_json::Deserializer::from_slice(stored))
            .map_err(Problem::internal_error)?,
        false => BTreeMap::new(),
    };
    let mut merged = Members::default();
    for (name, tree) in merge(stored, &patch) {
        merged.insert(name, tree.into_json()?);
    }
    Ok(Json::Object(merged))
}

/// RFC 7396 §2, without a number being read.
fn merge(mut members: BTreeMap<String, Tree>, patch: &BTreeMap<String, Tree>) -> BTreeMap<String, Tree> {
    for (name, patch) in patch {
        let stored = members.remove(name);
        let merged = match (patch, stored) {
            (Tree::Text(json), _) if json.get() == "null" => continue,
            (Tree::Object(patch), Some(Tree::Object(stored))) => Tree::Object(merge(stored, patch)),
            (Tree::Object(patch), _) => Tree::Object(merge(BTreeMap::new(), patch)),
            (other, _) => other.clone(),
        };
        members.insert(name.clone(), merged);
    }
    members
}

/// What a patch says of a member, its objects told apart.
fn opened(name: &str, json: &RawValue) -> Result<Tree, Problem> {
    if !json.get().starts_with('{') {
        return Ok(Tree::Text(json.to_owned()));
    }
    // One that `serde_json` reads is not nested without end, nor has it a member twice.
    let Unique = read_text(json.get(), name)?;
    let form = Form::of(json.get().as_bytes()).map_err(Problem::internal_error)?;
    let open = Open { form: &form, patch: None };
    let members = open.deserialize(&mut serde_json::Deserializer::from_str(json.get()));
    members.map(Tree::Object).map_err(Problem::internal_error)
}

/// Reads an object's members: those that are objects the same way, of the others the text.
///
/// `serde_json` must be asked for the one or the other before it sees the value: the form says which.
struct Open<'a> {
    form: &'a Form<'a>,
    /// Where there is one, only what it has an object for is told apart.
    patch: Option<&'a BTreeMap<String, Tree>>,
}

impl Open<'_> {
    fn member(&self, name: &str) -> Option<Open<'_>> {
        let form = self.form.member(name).filter(|form| form.is_object())?;
        match self.patch.map(|patch| patch.get(name)) {
            None => Some(Open { form, patch: None }),
            Some(Some(Tree::Object(patch))) => Some(Open { form, patch: Some(patch) }),
            Some(_) => None,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Open<'_> {
    type Value = BTreeMap<String, Tree>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Open<'_> {
    type Value = BTreeMap<String, Tree>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(Name(name)) = object.next_key()? {
            let tree = match self.member(&name) {
                Some(open) => Tree::Object(object.next_value_seed(open)?),
                None => Tree::Text(object.next_value()?),
            };
            members.insert(name.into_owned(), tree);
        }
        Ok(members)
    }
}
