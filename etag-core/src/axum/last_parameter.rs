//! Why what reads the body is a handler's last parameter: where it is another, axum asks for `FromRequestParts`, and the
//! compiler answers with the bound that is missing here.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::{Change, ChangeEach, Create, GuardedList, ListGuard, Update};
use crate::{Bulk, Resource, Store};

/// What stands before a handler's last parameter.
///
/// It is a type of its own: of a bound on the extractor itself the compiler would say no more than that
/// `FromRequestParts` is not implemented.
#[derive(Debug)]
pub struct EarlierParameter(());

/// Nothing implements this.
#[diagnostic::on_unimplemented(
    message = "`{E}` reads the request's body, and is not the last parameter",
    label = "move this behind the other parameters",
    note = "a body can be read once, and axum gives it to a handler's last parameter"
)]
pub trait CanBe<E> {
    #[doc(hidden)]
    const NEVER: Infallible;
}

#[doc(hidden)]
impl<T, B, S, A> FromRequestParts<A> for Update<T, B, S>
where
    T: Resource,
    B: Change<T>,
    S: Store<T>,
    EarlierParameter: CanBe<Self>,
    A: Sync,
{
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &A) -> Result<Self, Infallible> {
        match EarlierParameter::NEVER {}
    }
}

#[doc(hidden)]
impl<T, L, S, A> FromRequestParts<A> for Create<T, L, S>
where
    T: Resource,
    L: ListGuard,
    S: Store<T>,
    EarlierParameter: CanBe<Self>,
    A: Sync,
{
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &A) -> Result<Self, Infallible> {
        match EarlierParameter::NEVER {}
    }
}

#[doc(hidden)]
impl<T, B, S, A> FromRequestParts<A> for GuardedList<T, B, S>
where
    T: Resource,
    B: ChangeEach<T>,
    S: Bulk<T>,
    EarlierParameter: CanBe<Self>,
    A: Sync,
{
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &A) -> Result<Self, Infallible> {
        match EarlierParameter::NEVER {}
    }
}
