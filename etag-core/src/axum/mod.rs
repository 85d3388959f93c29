//! Extractors that answer conditional requests, and the answers they end in.
//!
//! | a handler takes | and has | after |
//! |---|---|---|
//! | [`Fresh<T>`](Fresh) | a value to answer with | 404, 412, or 304 before the value was loaded |
//! | [`Target<T>`](Target) | a key, nothing read yet | 404 for what is no key |
//! | [`Guarded<T>`](Guarded) | a stored value that may be changed | 404, 400, 428, 412 |
//! | [`Update<T>`](Update) | the whole new value | 415, 413, 400, 422; 404, 428, 412 here or from `save` |
//! | [`Update<T, Json<Other>>`](Update) | a stored value and a body | 404, 413, 415, 428, 412, 400, 422 |
//! | [`Update<T, MergePatch>`](Update) | the patched value | 404, 413, 415, 428, 412, 400, 422 |
//! | [`Update<T, JsonPatch>`](Update) | the patched value | the same, and 409 where a `test` fails |
//! | [`Update<T, Patch>`](Update) | the value, patched in either way | the same |
//! | [`Create<T>`](Create) | a new value under a new key | 413, 415, 400, 422 |
//! | [`FreshList<T>`](FreshList) | a page of values to answer with | 400, or 304 before the values were loaded |
//! | [`GuardedList<T>`](GuardedList) | whole new values of many resources | 415, 413, 400, 422, 428, 412 |
//! | [`GuardedList<T, MergePatch>`](GuardedList) | many patched values | 415, 413, 400, 422, 428, 412 |
//! | [`Preconditions`](crate::Preconditions) | the request's conditions | nothing: it answers by [`respond`](crate::Preconditions::respond) |
//!
//! Each runs the type's [policy](crate::Authorize) before anything else. Writes end in `save`, which is
//! answered 412 where the stored state is not the one that the guard saw.
//!
//! What a write is held to, the type says, and a router for all of its routes: [`IfMatch`](crate::IfMatch),
//! [`Wildcard`](crate::Wildcard), [`Replay`](crate::Replay) and [`Tolerate`](crate::Tolerate) in an `Extension`.
//!
//! Of a handler that does not fit, axum says only that it is no `Handler`; `#[axum::debug_handler(state = AppState)]`
//! above it has the compiler say why.

mod altered;
mod body;
mod caller;
mod change;
mod content_coding;
pub mod cors;
mod create;
mod etag_layer;
mod fallback;
mod form;
mod fresh;
mod fresh_list;
mod guard;
mod guarded;
mod guarded_list;
mod items;
mod json_patch;
mod last_parameter;
mod list_guard;
mod list_query;
mod merge_patch;
mod patch;
mod path;
mod pending;
mod preconditions;
mod problem;
mod refusal;
mod rendered;
mod replay;
mod rules;
mod state;
mod tagged;
mod target;
mod ticket;
mod tree;
mod unguarded;
mod unique;
mod update;
mod withheld_range;

pub use crate::Problem;
pub use change::{Change, ChangeEach, Whole};
pub use create::Create;
pub use etag_layer::{EtagLayer, EtagService};
pub use fallback::{method_not_allowed, not_found};
pub use fresh::Fresh;
pub use fresh_list::FreshList;
pub use guarded::Guarded;
pub use guarded_list::GuardedList;
pub use json_patch::JsonPatch;
pub use list_guard::{InList, ListGuard, NoList};
pub use list_query::ListQuery;
pub use merge_patch::MergePatch;
pub use patch::Patch;
pub use pending::{Pending, PendingDeletion};
pub use refusal::{NotModified, Refusal};
pub use state::{PolicyInState, StoreInState};
pub use tagged::Tagged;
pub use target::Target;
pub use unguarded::{Unguarded, UnguardedWrites};
pub use update::Update;
