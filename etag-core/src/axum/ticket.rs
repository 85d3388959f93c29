use axum::body::Bytes;
use http::HeaderValue;
use http::request::Parts;

use super::guard::{Race, failed, missed};
use super::replay::content_of;
use super::rules::Rules;
use super::target::original_path;
use super::{Pending, Tagged};
use crate::{Matched, Preconditions, Problem, Removed, Required, Resource, Store, StoreIn, Version, Written};

/// A write that its guard let through: what is written, over which state, and how its outcome is answered.
#[derive(Debug)]
pub(super) struct Ticket<T: Resource, S: Store<T>> {
    pub(super) key: T::Key,
    pub(super) store: S,
    pub(super) required: Required,
    pub(super) guard: Guard,
    pub(super) preconditions: Preconditions,
    pub(super) rules: Rules,
    /// Whether what is saved is all that the request says of the state: it can have been carried out before.
    pub(super) may_be_replayed: bool,
    /// The resource's own location, where the request's target is the resource.
    pub(super) location: Option<HeaderValue>,
    /// The content of a PUT.
    pub(super) sent: Option<Bytes>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// The state was read, and the conditions held for it.
    Read(Race),
    /// Nothing was read: the store finds out.
    Unread,
}

impl<T: Resource, S: Store<T>> Ticket<T, S> {
    pub(super) fn matched(&self) -> Matched<T> {
        Matched::new(self.key.clone(), self.required)
    }

    pub(super) fn into_matched(self) -> Matched<T> {
        Matched::new(self.key, self.required)
    }

    pub(super) async fn replace(&self, value: T) -> Result<Written<T>, Problem> {
        self.store.replace(self.matched(), value).await.map_err(Into::into)
    }

    pub(super) async fn save(&self, mut value: T) -> Result<Tagged<T>, Problem> {
        let content = match self.may_be_replayed {
            true => {
                value.set_key(&self.key);
                Some(content_of(&value)?)
            }
            false => None,
        };
        match (self.replace(value).await?, content) {
            (Written::Stale(Some(found)), Some(content)) => self.recognise(content, found).await,
            (written, _) => self.answer(written),
        }
    }

    pub(super) async fn save_in<Tx>(self, transaction: &mut Tx, value: T) -> Result<Pending<T>, Problem>
    where
        S: StoreIn<T, Tx>,
        Tx: Send,
    {
        let written = self.store.replace_in(transaction, self.matched(), value).await.map_err(Into::into)?;
        Ok(Pending::new(self.answer(written)?))
    }

    pub(super) async fn delete(self) -> Result<(), Problem> {
        match self.store.remove(self.matched()).await.map_err(Into::into)? {
            Removed::Removed => Ok(()),
            Removed::Stale(found) => Err(self.refuse(found)),
        }
    }

    pub(super) async fn delete_in<Tx>(self, transaction: &mut Tx) -> Result<(), Problem>
    where
        S: StoreIn<T, Tx>,
        Tx: Send,
    {
        match self.store.remove_in(transaction, self.matched()).await.map_err(Into::into)? {
            Removed::Removed => Ok(()),
            Removed::Stale(found) => Err(self.refuse(found)),
        }
    }

    /// The answer to a write: 201, 200, or why nothing was written.
    pub(super) fn answer(&self, written: Written<T>) -> Result<Tagged<T>, Problem> {
        match written {
            Written::Created(value, version) => {
                Ok(self.tagged(value, version).created(self.location.clone()))
            }
            Written::Replaced(value, version) | Written::Unchanged(value, version) => {
                Ok(self.tagged(value, version).at(self.location.clone()))
            }
            Written::Stale(found) => Err(self.refuse(found)),
        }
    }

    pub(super) fn tagged(&self, value: T, version: Version) -> Tagged<T> {
        Tagged::stored(value, version).asked(self.preconditions.asked()).put(self.sent.clone())
    }

    pub(super) fn refuse(&self, found: Option<Version>) -> Problem {
        refuse(self.guard, &self.rules, &self.preconditions, self.required, found)
    }
}

/// Why a write whose required state the store did not find is not carried out.
fn refuse(
    guard: Guard,
    rules: &Rules,
    preconditions: &Preconditions,
    required: Required,
    found: Option<Version>,
) -> Problem {
    match (guard, found) {
        (Guard::Unread, found) => missed(rules, preconditions, required, found),
        // It was there when the guard read it.
        (Guard::Read(_), None) => Problem::not_found(),
        (Guard::Read(Race::Stale), Some(found)) => {
            failed(preconditions, Some(&rules.declared.validators(&found)))
        }
        (Guard::Read(Race::Conflict), Some(_)) => Problem::conflict(),
    }
}

/// The request's target, where it is the resource itself: PUT and PATCH have no other (RFC 9110 §9.3.4, RFC
/// 5789 §2).
pub(super) fn location(parts: &Parts) -> Option<HeaderValue> {
    match parts.method {
        http::Method::PUT | http::Method::PATCH => HeaderValue::from_str(&original_path(parts)).ok(),
        _ => None,
    }
}
