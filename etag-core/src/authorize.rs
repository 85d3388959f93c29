use http::request::Parts;

use crate::{Problem, Resource};

/// Decides who may see and change a resource, before anything is read (`authorize = Policy`).
///
/// It runs first in every extractor, so who may not see a resource gets the same answer with
/// and without conditional headers. The policy comes from the router's state by `FromRef`, as the store does: the
/// state is a struct of both that derives `FromRef`. [`Database::get`](crate::Database::get) and
/// [`all`](crate::Database::all) ask no policy.
///
/// ```
/// use etag_core::{Access, Authorize, Problem, Resource};
/// use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
/// use http::{StatusCode, request::Parts};
///
/// #[derive(Clone)]
/// struct Staff;
///
/// impl<T: Resource> Authorize<T> for Staff {
///     async fn authorize(&self, parts: &Parts, _: Option<&T::Key>, access: Access) -> Result<(), Problem> {
///         match parts.headers.contains_key(AUTHORIZATION) {
///             true => Ok(()),
///             false if access == Access::Read => Err(Problem::from(StatusCode::NOT_FOUND)),
///             false => Err(Problem::from(StatusCode::UNAUTHORIZED)
///                 .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may see and change a `{T}`",
    label = "expected a policy: a type that implements `Authorize<{T}>`"
)]
pub trait Authorize<T: Resource> {
    /// Allows the access, or says how to answer it.
    ///
    /// `key` is `None` where it is about no single resource, or the key is not known yet: a list, a bulk before its
    /// body is read, a POST that creates.
    fn authorize(
        &self,
        parts: &Parts,
        key: Option<&T::Key>,
        access: Access,
    ) -> impl Future<Output = Result<(), Problem>> + Send;
}

/// What a caller is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// See a resource, or a list of them.
    Read,
    /// Change, replace or delete a resource, or create it under a key of the caller's.
    Write,
    /// Create a resource under a new key.
    Create,
}

/// The policy of a type without one: everybody may do everything.
#[derive(Debug)]
#[non_exhaustive]
pub struct Anyone;

impl<T: Resource> Authorize<T> for Anyone {
    async fn authorize(&self, _: &Parts, _: Option<&T::Key>, _: Access) -> Result<(), Problem> {
        Ok(())
    }
}
