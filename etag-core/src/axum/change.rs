use axum::Json;

use super::{JsonPatch, MergePatch, Patch};
use crate::{FromJson, Resource};

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
    impl<O> Sealed for super::Json<O> {}
}

/// The body is the whole new value.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Whole;

impl<T: Resource> Change<T> for Whole {
    type Body = ();
}

/// The body is of another type, and the handler changes the stored value.
impl<T: Resource, O: FromJson + Send + Sync> Change<T> for Json<O> {
    type Body = O;
}

impl<T: Resource> Change<T> for JsonPatch {
    type Body = Self;
}

impl<T: Resource> Change<T> for Patch {
    type Body = Self;
}
