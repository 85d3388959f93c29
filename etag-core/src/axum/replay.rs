//! Writes that were carried out before, and are sent again because their answers were lost (RFC 9110 §13.1.1).

use http::{HeaderMap, HeaderName, HeaderValue};

use super::rules::Rules;
use super::ticket::Ticket;
use super::{Refusal, Tagged, Target};
use crate::representation::Document;
use crate::{Preconditions, Problem, Resource, StateTag, Store, Version, Versioned};

impl<T: Resource, S: Store<T>> Ticket<T, S> {
    /// Answers a write that the store did not carry out: with the stored value, where that has the content that was
    /// to be written, else as stale.
    ///
    /// The answer names the version of the value that was compared; nothing is written.
    pub(super) async fn recognise(&self, content: StateTag, found: Version) -> Result<Tagged<T>, Problem> {
        match self.store.load(&self.key).await.map_err(Into::into)? {
            Some((stored, version)) if content_of(&stored)? == content => {
                trace(T::COLLECTION);
                Ok(self.tagged(stored, version).at(self.location.clone()).with(already_applied()))
            }
            _ => Err(self.refuse(Some(found))),
        }
    }
}

/// The hash of a value without what is stamped: equal where a write changes nothing.
pub(super) fn content_of<T: Versioned>(value: &T) -> Result<StateTag, Problem> {
    Ok(Document::of(value)?.content)
}

/// What a DELETE of what is gone is answered: that it was carried out before, where the state that was deleted is
/// one that it names; else 404.
pub(super) async fn of_deleted<T: Resource, S: Store<T>>(
    target: &Target<T, S>,
    rules: &Rules,
    preconditions: &Preconditions,
) -> Refusal {
    let mut named = rules.replayed(preconditions).peekable();
    if named.peek().is_none() {
        return Problem::not_found().into();
    }
    match target.store.deleted_state(&target.key).await {
        Ok(Some(deleted)) if named.any(|state| state == deleted) => {
            trace(T::COLLECTION);
            Refusal::AlreadyApplied
        }
        Ok(_) => Problem::not_found().into(),
        Err(error) => Refusal::Problem(error.into()),
    }
}

fn trace(collection: &'static str) {
    tracing::info!(collection, "a write had been carried out before");
}

/// What marks the answer: a boolean (RFC 9651 §3.3.6).
pub(super) fn already_applied() -> HeaderMap {
    HeaderMap::from_iter([(ALREADY_APPLIED, HeaderValue::from_static("?1"))])
}

const ALREADY_APPLIED: HeaderName = HeaderName::from_static("already-applied");

impl<T: Versioned> Tagged<T> {
    /// Whether this answers a write that had been carried out before, and whose answer was lost
    /// ([`Replay::Accept`](crate::Replay::Accept)): what a handler does after `save` may have been done then.
    ///
    /// ```
    /// use etag_core::axum::{Problem, Tagged, Update};
    /// # use etag_core::{Database, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database, replay = "accept")]
    /// # struct Note { #[versioned(id)] id: String, text: String }
    /// # fn announce(_: &Note) {}
    ///
    /// async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> {
    ///     let note = note.save().await?;
    ///     if !note.is_already_applied() {
    ///         announce(&note);
    ///     }
    ///     Ok(note)
    /// }
    ///
    /// let read = Tagged::new(Note { id: "a".to_owned(), text: "first".to_owned() });
    /// assert!(!read.is_already_applied());
    /// # let _: axum::Router<Database> = axum::Router::new().route("/notes/{id}", axum::routing::put(replace));
    /// ```
    pub fn is_already_applied(&self) -> bool {
        self.headers().contains_key(ALREADY_APPLIED)
    }
}
