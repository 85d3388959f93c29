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
    label = "expected a policy: a type that implements `Authorize<{T}>`",
    note = "implement `etag_core::Authorize<{T}>` for `{Self}`; without `authorize = ...`, everybody may do everything"
)]
pub trait Authorize<T: Resource> {
    /// Allows the access, or says how to answer it.
    ///
    /// `key` is `None` where it is about no single resource, or the key is not known yet: a list, a bulk before its
    /// body is read, a POST that creates. What the path has of it is a [`KeyPrefix`].
    ///
    /// ```
    /// use etag_core::{Access, Authorize, Problem, Resource};
    /// use http::{Request, StatusCode, request::Parts};
    /// # #[derive(etag_core::Versioned)]
    /// # #[versioned(store = etag_core::Database)]
    /// # struct Employee { #[versioned(id)] id: u64 }
    ///
    /// #[derive(Clone)]
    /// struct OwnRecord;
    ///
    /// impl<T: Resource<Key = u64>> Authorize<T> for OwnRecord {
    ///     async fn authorize(
    ///         &self,
    ///         parts: &Parts,
    ///         key: Option<&u64>,
    ///         _: Access,
    ///     ) -> Result<(), Problem> {
    ///         let caller: Option<&u64> = parts.extensions.get(); // from a token, in truth
    ///         match key.is_some() && key == caller {
    ///             true => Ok(()),
    ///             false => Err(StatusCode::NOT_FOUND.into()),
    ///         }
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (parts, ()) = Request::builder().extension(7_u64).body(())?.into_parts();
    /// let ask = async |key| {
    ///     Authorize::<Employee>::authorize(&OwnRecord, &parts, key, Access::Read).await
    /// };
    /// assert!(ask(Some(&7)).await.is_ok());
    /// assert_eq!(ask(Some(&8)).await.unwrap_err().status(), 404);
    /// assert!(ask(None).await.is_err()); // a list is nobody's own
    /// # Ok(())
    /// # }
    /// ```
    fn authorize(
        &self,
        parts: &Parts,
        key: Option<&T::Key>,
        access: Access,
    ) -> impl Future<Output = Result<(), Problem>> + Send;

    /// Whether a [problem](Problem) keeps an outermost member of the current representation from the caller.
    ///
    /// A write that is refused as stale (412) says to who may read what has changed, and shows the current
    /// representation where it is asked for. A service whose GET answers with a view names here what the view does not
    /// show; without this, nothing is kept back.
    ///
    /// ```
    /// use etag_core::{Access, Authorize, Problem, Resource};
    /// use http::request::Parts;
    ///
    /// #[derive(Clone)]
    /// struct Everybody;
    ///
    /// impl<T: Resource> Authorize<T> for Everybody {
    ///     async fn authorize(&self, _: &Parts, _: Option<&T::Key>, _: Access) -> Result<(), Problem> {
    ///         Ok(())
    ///     }
    ///
    ///     fn redacts(&self, parts: &Parts, member: &str) -> bool {
    ///         member == "salary" && !parts.headers.contains_key("x-payroll")
    ///     }
    /// }
    ///
    /// # #[derive(etag_core::Versioned)]
    /// # #[versioned(store = etag_core::Database)]
    /// # struct Employee { #[versioned(id)] id: u64 }
    /// let (parts, ()) = http::Request::new(()).into_parts();
    /// assert!(<Everybody as Authorize<Employee>>::redacts(&Everybody, &parts, "salary"));
    /// ```
    fn redacts(&self, _parts: &Parts, _member: &str) -> bool {
        false
    }
}

/// The parts of the key that the path of a list, or of a POST to one, has: a policy finds it in
/// [`Parts::extensions`](http::request::Parts::extensions).
///
/// For keys of several parts the list of one tenant is not that of another:
///
/// ```
/// use etag_core::{Access, Authorize, KeyPrefix, Problem, Resource};
/// use http::{StatusCode, request::Parts};
///
/// #[derive(Clone)]
/// struct OwnTenant;
///
/// impl<T: Resource<Key = (String, u64)>> Authorize<T> for OwnTenant {
///     async fn authorize(&self, parts: &Parts, key: Option<&T::Key>, _: Access) -> Result<(), Problem> {
///         let tenant = match key {
///             Some((tenant, _)) => Some(tenant.as_str()),
///             None => parts.extensions.get::<KeyPrefix>().and_then(|prefix| prefix.parts().first()).map(String::as_str),
///         };
///         let caller = parts.headers.get("x-tenant").and_then(|caller| caller.to_str().ok()); // from a token, in truth
///         match tenant {
///             Some(tenant) if Some(tenant) == caller => Ok(()),
///             _ => Err(StatusCode::NOT_FOUND.into()),
///         }
///     }
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyPrefix(Vec<String>);

impl KeyPrefix {
    #[cfg(feature = "axum")]
    pub(crate) const fn new(parts: Vec<String>) -> Self {
        Self(parts)
    }

    /// The parts' texts, in the key's order.
    ///
    /// ```
    /// use axum::{Router, extract::FromRef, routing::get};
    /// use etag_core::axum::{FreshList, Tagged};
    /// use etag_core::{Access, Authorize, Database, KeyPrefix, Problem, Versioned};
    /// use http::{Request, StatusCode, request::Parts};
    /// # use axum::body::Body;
    /// # use serde::{Deserialize, Serialize};
    /// # use tower::ServiceExt;
    ///
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database, authorize = OnlyAcme)]
    /// # struct Asset { #[versioned(id)] tenant: String, #[versioned(id)] id: u64 }
    /// # #[derive(Clone, FromRef)]
    /// # struct AppState { database: Database, policy: OnlyAcme }
    /// #[derive(Clone)]
    /// struct OnlyAcme;
    ///
    /// impl Authorize<Asset> for OnlyAcme {
    ///     async fn authorize(
    ///         &self,
    ///         parts: &Parts,
    ///         _: Option<&(String, u64)>,
    ///         _: Access,
    ///     ) -> Result<(), Problem> {
    ///         match parts.extensions.get().map(KeyPrefix::parts) {
    ///             Some([tenant]) if tenant == "acme" => Ok(()),
    ///             _ => Err(StatusCode::NOT_FOUND.into()),
    ///         }
    ///     }
    /// }
    ///
    /// async fn list(assets: FreshList<Asset>) -> Tagged<Vec<Asset>> {
    ///     assets.into()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let state = AppState { database: Database::connect("memory:").await?, policy: OnlyAcme };
    /// let app = Router::new().route("/tenants/{tenant}/assets", get(list)).with_state(state);
    /// for (path, status) in [("/tenants/acme/assets", 200), ("/tenants/other/assets", 404)] {
    ///     let request = Request::get(path).body(Body::empty())?;
    ///     assert_eq!(app.clone().oneshot(request).await?.status(), status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn parts(&self) -> &[String] {
        &self.0
    }
}

/// What a caller is about to do.
///
/// ```
/// use axum::Router;
/// use axum::extract::FromRef;
/// use axum::routing::{delete, post};
/// use etag_core::axum::{Create, Guarded, Problem, Tagged};
/// use etag_core::{Access, Authorize, Database, Versioned};
/// use http::{Request, StatusCode, request::Parts};
/// # use serde::{Deserialize, Serialize};
/// # use tower::ServiceExt;
///
/// # #[derive(Debug, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database, authorize = AppendOnly)]
/// # struct Entry { #[versioned(id)] id: String }
/// # #[derive(Clone, FromRef)]
/// # struct AppState { database: Database, policy: AppendOnly }
/// #[derive(Clone)]
/// struct AppendOnly;
///
/// impl Authorize<Entry> for AppendOnly {
///     async fn authorize(
///         &self,
///         _: &Parts,
///         _: Option<&String>,
///         access: Access,
///     ) -> Result<(), Problem> {
///         match access {
///             Access::Read | Access::Create => Ok(()),
///             _ => Err(StatusCode::FORBIDDEN.into()),
///         }
///     }
/// }
/// # async fn append(entry: Create<Entry>) -> Result<Tagged<Entry>, Problem> { entry.save().await }
/// # async fn remove(entry: Guarded<Entry>) -> Result<StatusCode, Problem> { entry.delete().await }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let state = AppState { database: Database::connect("memory:").await?, policy: AppendOnly };
/// let app = Router::new().route("/log", post(append)).route("/log/{id}", delete(remove));
/// let app = app.with_state(state);
/// # let [body, empty] = [r#"{"id":"a"}"#, ""].map(axum::body::Body::from);
/// # let entry = Request::post("/log").header("content-type", "application/json").body(body)?;
/// # let guarded = Request::delete("/log/a").header("if-match", "*").body(empty)?;
/// assert_eq!(app.clone().oneshot(entry).await?.status(), 201); // POST /log
/// assert_eq!(app.oneshot(guarded).await?.status(), 403); // DELETE /log/a
/// # Ok(())
/// # }
/// ```
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
///
/// ```
/// use std::any::TypeId;
/// use etag_core::{Anyone, Database, Resource, Versioned};
///
/// #[derive(Versioned)]
/// #[versioned(store = Database)]
/// struct Note {
///     #[versioned(id)]
///     id: u64,
/// }
///
/// assert_eq!(TypeId::of::<<Note as Resource>::Policy>(), TypeId::of::<Anyone>());
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Anyone;

impl<T: Resource> Authorize<T> for Anyone {
    async fn authorize(&self, _: &Parts, _: Option<&T::Key>, _: Access) -> Result<(), Problem> {
        Ok(())
    }
}
