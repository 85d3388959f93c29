use std::fmt;

use axum::extract::MatchedPath;
use http::Method;
use http::header::USER_AGENT;
use http::request::Parts;

use super::Unguarded;
use super::unguarded::Source;
use crate::outline::Outline;
use crate::problem::cut;
use crate::representation::validators_of;
use crate::{
    Creation, IfMatch, Preconditions, Replay, Resource, StateTag, TagList, Validators, Version, Wildcard,
};

/// What a request's write is held to: the rules of its type, unless the router has others in an `Extension`.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) declared: Declared,
    pub(super) if_match: IfMatch,
    pub(super) wildcard: Wildcard,
    replay: Replay,
    report: Option<Report>,
}

impl Rules {
    pub(super) fn of<T: Resource>(parts: &Parts) -> Self {
        Self::new(Declared::of::<T>(), parts)
    }

    fn new(declared: Declared, parts: &Parts) -> Self {
        let if_match = rule(parts, declared.if_match);
        Self {
            declared,
            if_match,
            wildcard: rule(parts, declared.wildcard),
            // What a POST does is more than the state that it leaves.
            replay: match parts.method {
                Method::PUT | Method::PATCH | Method::DELETE => rule(parts, declared.replay),
                _ => Replay::Refuse,
            },
            report: (if_match == IfMatch::Report).then(|| Report::of(declared.collection, parts)),
        }
    }

    /// Whether `If-Match: *` is answered 428.
    pub(super) fn refuse_wildcard(&self) -> bool {
        (self.if_match, self.wildcard) == (IfMatch::Required, Wildcard::Refuse)
    }

    /// Whether the request may be one of those that are [reported](Self::report).
    pub(super) fn may_report(&self, preconditions: &Preconditions) -> bool {
        let is_guarded = match preconditions.if_match() {
            Some(TagList::Tags(_)) => true,
            Some(TagList::Any) => self.wildcard == Wildcard::Overwrite,
            None => false,
        };
        self.report.is_some() && !is_guarded
    }

    /// Tells of a write without a guard, where the rules say so.
    pub(super) fn report(&self) {
        if let Some(report) = &self.report {
            report.send();
        }
    }

    /// The states that the request may have been carried out over before, where it can be one whose answer was lost:
    /// the first time, one of them was the current one, and no further condition stood in its way.
    pub(super) fn replayed<'a>(
        &self,
        preconditions: &'a Preconditions,
    ) -> impl Iterator<Item = StateTag> + use<'a> {
        let tags = match (self.replay, preconditions.if_match(), preconditions.if_none_match()) {
            (Replay::Accept, Some(TagList::Tags(tags)), None) => tags.as_slice(),
            _ => &[],
        };
        tags.iter().filter_map(|tag| preconditions.guarded_state(tag))
    }
}

/// What a type says of how its resources are written: all that guards need to know of it.
#[derive(Clone, Copy)]
pub(super) struct Declared {
    pub(super) collection: &'static str,
    pub(super) outline: &'static Outline,
    pub(super) query: Option<&'static str>,
    pub(super) create: Creation,
    if_match: IfMatch,
    wildcard: Wildcard,
    replay: Replay,
}

impl Declared {
    pub(super) fn of<T: Resource>() -> Self {
        Self {
            collection: T::COLLECTION,
            outline: Outline::of::<T>(),
            query: T::QUERY,
            create: T::CREATE,
            if_match: T::IF_MATCH,
            wildcard: T::WILDCARD,
            replay: T::REPLAY,
        }
    }

    pub(super) fn validators(&self, version: &Version) -> Validators {
        validators_of(self.outline, version)
    }
}

impl fmt::Debug for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declared").field("collection", &self.collection).finish_non_exhaustive()
    }
}

/// The innermost of the router's, or the type's.
fn rule<R: Copy + Send + Sync + 'static>(parts: &Parts, of_type: R) -> R {
    parts.extensions.get().copied().unwrap_or(of_type)
}

/// Whose write it is that may have no guard, and where such writes are counted.
#[derive(Debug)]
struct Report {
    source: Source,
    user_agent: String,
    unguarded: Option<Unguarded>,
}

impl Report {
    fn of(collection: &'static str, parts: &Parts) -> Self {
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
        let user_agent = parts.headers.get(USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()));
        Self {
            source: Source { route, method: known(&parts.method), collection },
            user_agent: cut(&user_agent.unwrap_or_default()),
            unguarded: parts.extensions.get().cloned(),
        }
    }

    fn send(&self) {
        let Self { source: Source { route, method, collection }, user_agent, unguarded } = self;
        tracing::warn!(
            method,
            route,
            // As a value, and no part of the message: it is escaped where it is shown.
            user_agent,
            collection,
            "a write without a guard, which `if_match = \"required\"` would refuse"
        );
        if let Some(unguarded) = unguarded {
            unguarded.count(&self.source, user_agent);
        }
    }
}

/// A method's name; those that nobody has registered can be any number.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::POST => "POST",
        _ => "other",
    }
}
