//! What a refused write is told, so that its client can merge: who may read sees what is there now.

use std::collections::BTreeSet;
use std::fmt;

use axum::extract::FromRef;
use http::HeaderValue;
use http::header::{ETAG, VARY};
use http::request::Parts;
use jsonptr::{Pointer, PointerBuf};
use serde_json::value::RawValue;

use super::body::{Json, Members};
use super::rendered::{PREFER, PREFERENCE_APPLIED};
use super::{PolicyInState, Refusal};
use crate::canonical::{self, Value};
use crate::outline::Outline;
use crate::representation::validators_of;
use crate::{Access, Authorize, Preferences, Problem, Representation, Resource, Return, Store, Version};

/// Who sent a write, kept until its outcome is known.
pub(super) struct Caller<T: Resource> {
    parts: Parts,
    policy: T::Policy,
}

impl<T: Resource> Caller<T> {
    pub(super) fn new<A>(parts: &Parts, state: &A) -> Self
    where
        T::Policy: PolicyInState<T, A>,
    {
        Self { parts: parts.clone(), policy: T::Policy::from_ref(state) }
    }

    /// Adds to a 412 what the current representation is, and where `made`, which is what the write would make of
    /// it, differs. Nothing is read for any other problem, nor for who may not read.
    pub(super) async fn explain<S: Store<T>>(
        &self,
        problem: Problem,
        store: &S,
        key: &T::Key,
        made: &mut (dyn FnMut(T) -> Option<T> + Send),
    ) -> Problem {
        if !self.is_told(&problem, key).await {
            return problem;
        }
        match store.load(key).await {
            Ok(Some((current, version))) => self.compare(problem, current, &version, made),
            Ok(None) => problem,
            Err(error) => {
                // The operator sees it in the log; the refusal stands.
                let _: Problem = error.into();
                problem
            }
        }
    }

    /// As [`explain`](Self::explain), where the current representation has been read.
    pub(super) async fn explain_loaded(
        &self,
        refusal: Refusal,
        key: &T::Key,
        (current, version): (T, Version),
        made: &mut (dyn FnMut(T) -> Option<T> + Send),
    ) -> Refusal {
        match refusal {
            Refusal::Problem(problem) if self.is_told(&problem, key).await => {
                self.compare(problem, current, &version, made).into()
            }
            refusal => refusal,
        }
    }

    /// As [`explain`](Self::explain), of what a guard refuses.
    pub(super) async fn explain_refusal<S: Store<T>>(
        &self,
        refusal: Refusal,
        store: &S,
        key: &T::Key,
        made: &mut (dyn FnMut(T) -> Option<T> + Send),
    ) -> Refusal {
        match refusal {
            Refusal::Problem(problem) => self.explain(problem, store, key, made).await.into(),
            refusal => refusal,
        }
    }

    /// Whether it is a 412 by what is there now, of which the caller may see more.
    async fn is_told(&self, problem: &Problem, key: &T::Key) -> bool {
        problem.status() == http::StatusCode::PRECONDITION_FAILED
            && problem.headers().contains_key(ETAG)
            && self.policy.authorize(&self.parts, Some(key), Access::Read).await.is_ok()
    }

    fn compare(
        &self,
        problem: Problem,
        current: T,
        version: &Version,
        made: &mut (dyn FnMut(T) -> Option<T> + Send),
    ) -> Problem {
        let comparison = Comparison {
            outline: Outline::of::<T>(),
            parts: &self.parts,
            redacts: &|member| self.policy.redacts(&self.parts, member),
        };
        let named = comparison.name(problem.clone(), version);
        let compared = comparison.show(named, &&current, version).and_then(|shown| {
            let before = canonical::to_vec(&current)?;
            match made(current) {
                Some(made) => comparison.compare(shown, &before, &canonical::to_vec(&made)?),
                None => Ok(shown),
            }
        });
        compared.unwrap_or(problem)
    }
}

/// What is told of the current representation, and to whom.
struct Comparison<'a> {
    outline: &'static Outline,
    parts: &'a Parts,
    redacts: &'a dyn Fn(&str) -> bool,
}

impl Comparison<'_> {
    fn name(&self, problem: Problem, version: &Version) -> Problem {
        let problem = problem.header(VARY, PREFER);
        match validators_of(self.outline, version).etag {
            // It may have changed once more since it was compared.
            Some(etag) => problem.member("etag", etag.to_string()).header(ETAG, etag.to_header_value()),
            None => problem,
        }
    }

    /// Shows the current representation where that is preferred.
    fn show(&self, problem: Problem, current: &dyn Value, version: &Version) -> Result<Problem, Problem> {
        if Preferences::from_headers(&self.parts.headers).returned() != Some(Return::Representation) {
            return Ok(problem);
        }
        let current = Representation::of_value(current, self.outline, Some(version.state))?;
        let shown = self.redacted(current.body())?;
        let shown = RawValue::from_string(shown.to_text().into_owned()).map_err(Problem::internal_error)?;
        Ok(problem
            .raw_member("current", shown)
            .header(PREFERENCE_APPLIED, HeaderValue::from_static("return=representation")))
    }

    /// Names the members in which two values differ.
    fn compare(&self, problem: Problem, current: &[u8], made: &[u8]) -> Result<Problem, Problem> {
        let mut changed = Changed::default();
        match (self.told(made)?, self.told(current)?) {
            (Json::Object(made), Json::Object(current)) => changed.find(Pointer::root(), &made, &current),
            (made, current) if made.to_text() == current.to_text() => {}
            _ => changed.pointers.push(String::new()),
        }
        let Changed { pointers, more, .. } = changed;
        let problem = problem.member("changed", pointers);
        Ok(if more { problem.member("more", true) } else { problem })
    }

    /// The members that are the client's to change, and may be told.
    fn told(&self, json: &[u8]) -> Result<Json, Problem> {
        let mut json = self.redacted(json)?;
        if let Json::Object(members) = &mut json {
            self.outline.stamps.iter().for_each(|stamp| members.remove(stamp.name));
        }
        Ok(json)
    }

    fn redacted(&self, json: &[u8]) -> Result<Json, Problem> {
        let mut json = Json::parse(json)?;
        if let Json::Object(members) = &mut json {
            members.retain(|name| !(self.redacts)(name));
        }
        Ok(json)
    }
}

impl<T: Resource> fmt::Debug for Caller<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}

/// The members that differ, as JSON Pointers (RFC 6901).
#[derive(Default)]
struct Changed {
    pointers: Vec<String>,
    length: usize,
    /// Whether there are others.
    more: bool,
}

/// How many pointers are told, how long they may be in all, and how deep they reach: below that, it is the object
/// that differs.
const MOST: usize = 100;
const LONGEST: usize = 16 << 10;
const DEEPEST: usize = 8;

impl Changed {
    /// Compares texts in canonical form: equal values are equal texts. An array differs as a whole.
    fn find(&mut self, at: &Pointer, made: &Members, current: &Members) {
        let names: BTreeSet<&str> = made.iter().chain(current.iter()).map(|(name, _)| name).collect();
        for name in names {
            let pair = (made.get(name), current.get(name));
            if pair.0.map(RawValue::get) == pair.1.map(RawValue::get) {
                continue;
            }
            let pointer = at.with_trailing_token(name);
            let objects = [pair.0, pair.1].map(|json| Json::parse(json?.get().as_bytes()).ok());
            match objects {
                [Some(Json::Object(made)), Some(Json::Object(current))] if pointer.count() < DEEPEST => {
                    self.find(&pointer, &made, &current);
                }
                _ => self.push(pointer),
            }
        }
    }

    fn push(&mut self, pointer: PointerBuf) {
        self.length += pointer.as_str().len();
        if self.pointers.len() < MOST && self.length <= LONGEST {
            self.pointers.push(pointer.to_string());
        } else {
            self.more = true;
        }
    }
}
