//! What extractors take from the router's state.

use axum::extract::FromRef;

/// A store that the router's state `A` has.
///
/// Whatever implements [`FromRef`] for the state implements it: the state is the store, or a struct with the store
/// in it that derives `FromRef`.
///
/// ```
/// use axum::extract::FromRef;
/// use etag_core::{Database, Versioned};
/// use etag_core::axum::StoreInState;
///
/// #[derive(Versioned)]
/// #[versioned(store = Database)]
/// struct Note {
///     #[versioned(id)]
///     id: u64,
/// }
///
/// #[derive(Clone, FromRef)]
/// struct AppState {
///     database: Database,
///     name: &'static str,
/// }
///
/// fn has_store<S: StoreInState<Note, A>, A>(state: &A) -> S {
///     S::from_ref(state)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), etag_core::DatabaseError> {
/// let state = AppState { database: Database::connect("memory:").await?, name: "notes" };
/// let database: Database = has_store(&state);
/// assert_eq!(format!("{database:?}"), format!("{:?}", state.database));
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` stores `{T}`, and is not in the router's state `{A}`",
    label = "this takes its store from the state",
    note = "the state is what `with_state` is given: `{Self}` itself, or a struct that has it in a field and derives `Clone` and `axum::extract::FromRef` (axum's feature `macros`)",
    note = "under `#[axum::debug_handler]`, say which state that is: `#[axum::debug_handler(state = AppState)]`"
)]
pub trait StoreInState<T, A>: FromRef<A> {}

// Else the compiler would go on to `FromRef`, and not say for what it is needed.
#[diagnostic::do_not_recommend]
impl<T, A, S: FromRef<A>> StoreInState<T, A> for S {}

/// A [policy](crate::Authorize) that the router's state `A` has.
///
/// Whatever implements [`FromRef`] for the state implements it: the state is a struct of the store and the policy that
/// derives `FromRef`, or one that a policy can be made from.
///
/// ```
/// use axum::extract::FromRef;
/// use etag_core::axum::PolicyInState;
/// use etag_core::{Access, Authorize, Database, Problem, Versioned};
/// use http::request::Parts;
///
/// #[derive(Versioned)]
/// #[versioned(store = Database, authorize = ReadOnly)]
/// struct Note {
///     #[versioned(id)]
///     id: u64,
/// }
///
/// struct ReadOnly(bool);
///
/// impl Authorize<Note> for ReadOnly {
///     async fn authorize(&self, _: &Parts, _: Option<&u64>, access: Access) -> Result<(), Problem> {
///         match self.0 && access != Access::Read {
///             true => Err(http::StatusCode::FORBIDDEN.into()),
///             false => Ok(()),
///         }
///     }
/// }
///
/// #[derive(Clone, FromRef)]
/// struct AppState {
///     database: Database,
///     is_read_only: bool,
/// }
///
/// impl FromRef<AppState> for ReadOnly {
///     fn from_ref(state: &AppState) -> Self {
///         Self(state.is_read_only)
///     }
/// }
///
/// fn policy<P: PolicyInState<Note, AppState>>(state: &AppState) -> P {
///     P::from_ref(state)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), etag_core::DatabaseError> {
/// let state = AppState { database: Database::connect("memory:").await?, is_read_only: true };
/// let ReadOnly(is_read_only) = policy(&state);
/// assert!(is_read_only);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is the policy of `{T}`, and not in the router's state `{A}`",
    label = "this asks `{Self}` who may see and change a `{T}`",
    note = "make the state a struct that has the store and `{Self}` in its fields, and derives `Clone` and `axum::extract::FromRef` (axum's feature `macros`)",
    note = "or implement `FromRef<{A}>` for `{Self}`, which makes one from the state",
    note = "under `#[axum::debug_handler]`, say which state that is: `#[axum::debug_handler(state = AppState)]`"
)]
pub trait PolicyInState<T, A>: FromRef<A> {}

// As for the store.
#[diagnostic::do_not_recommend]
impl<T, A, P: FromRef<A>> PolicyInState<T, A> for P {}
