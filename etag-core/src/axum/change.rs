use axum::Json as AxumJson;

use super::body::{Json, Members, read_text};
use super::unique::Unique;
use super::{JsonPatch, Patch};
use crate::{FromJson, Problem, Resource, Timestamp, canonical};

/// What the body of an [`Update`](super::Update) says: the [`Whole`] new value, `Json<Other>`, or a patch: a
/// [`MergePatch`], a [`JsonPatch`], or a [`Patch`] of either kind.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no way to change a `{T}`",
    label = "expected `Whole`, `Json<Other>`, `MergePatch`, `JsonPatch` or `Patch`",
    note = "a body that says how to change it is `Update<{T}, Json<{Self}>>`; `Update<{T}>` alone takes the whole new value"
)]
pub trait Change<T: Resource>: sealed::Sealed {
    /// What [`Update::body`](super::Update::body) gives.
    type Body: Send + Sync;
}

/// What the body of a [`GuardedList`](super::GuardedList) has for each item: the [`Whole`] new value, or a
/// [`MergePatch`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no way to change each `{T}` of a list",
    label = "expected `Whole` or `MergePatch`",
    note = "`GuardedList<{T}>` alone takes the whole new value of each"
)]
pub trait ChangeEach<T: Resource>: Change<T> {}

impl<T: Resource> ChangeEach<T> for Whole {}

impl<T: Resource> ChangeEach<T> for MergePatch {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Whole {}
    impl Sealed for super::MergePatch {}
    impl Sealed for super::JsonPatch {}
    impl Sealed for super::Patch {}
    impl<O> Sealed for super::AxumJson<O> {}
}

/// The body is the whole new value.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Whole;

impl<T: Resource> Change<T> for Whole {
    type Body = ();
}

/// The body is of another type, and the handler changes the stored value.
impl<T: Resource, O: FromJson + Send + Sync> Change<T> for AxumJson<O> {
    type Body = O;
}

/// The body is a JSON Merge Patch (RFC 7396): `null` removes a member, an object is merged, anything else
/// replaces.
#[derive(Debug, Clone)]
pub struct MergePatch {
    json: Json,
}

impl<T: Resource> Change<T> for MergePatch {
    type Body = Self;
}

impl<T: Resource> Change<T> for JsonPatch {
    type Body = Self;
}

impl<T: Resource> Change<T> for Patch {
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

    /// Whether the patch says anything of a member.
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

/// What a patch makes of an object, or of what is none.
fn merged(patch: &Members, stored: &[u8]) -> Result<Json, Problem> {
    for (name, json) in patch.iter().filter(|(_, json)| json.get().starts_with('{')) {
        // One that `serde_json` reads is not nested without end, nor has it a member twice.
        let Unique = read_text(json.get(), name)?;
    }
    let mut target = match Json::parse(stored)? {
        Json::Object(members) => members,
        Json::Other(_) => Members::default(),
    };
    merge(&mut target, patch)?;
    Ok(Json::Object(target))
}

/// RFC 7396 §2, without a number being read.
fn merge(target: &mut Members, patch: &Members) -> Result<(), Problem> {
    for (name, json) in patch.iter() {
        match (json.get().as_bytes(), Json::parse(json.get().as_bytes())?) {
            (b"null", _) => target.remove(name),
            (_, Json::Object(patch)) => {
                let mut inner = match target.get(name).map(|json| Json::parse(json.get().as_bytes())) {
                    Some(Ok(Json::Object(members))) => members,
                    _ => Members::default(),
                };
                merge(&mut inner, &patch)?;
                target.set(name, inner.to_text())?;
            }
            (_, Json::Other(json)) => target.set(name, json.get().to_owned())?,
        }
    }
    Ok(())
}
