//! What a request does, and the form that it asks its answer in.

use std::time::SystemTime;

use http::{HeaderMap, Method};

use super::Part;
use super::range::RangeCondition;
use crate::{Preferences, Validators};

/// What a request does, and the form that it asks its answer in.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(super) action: Action,
    /// Of a GET: other methods have none (RFC 9110 §14.2).
    range: Option<Box<RangeCondition>>,
    pub(crate) preferences: Preferences,
}

/// What a method does, as far as preconditions care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// GET and HEAD: a condition that is false can mean 304.
    Select,
    /// Everything else that selects or changes a representation.
    Change,
    /// OPTIONS, TRACE and CONNECT: conditions are ignored (§13.2.1).
    Neither,
}

impl Asked {
    pub(super) fn read(method: &Method, headers: &HeaderMap) -> Self {
        let action = match *method {
            Method::GET | Method::HEAD => Action::Select,
            Method::OPTIONS | Method::TRACE | Method::CONNECT => Action::Neither,
            _ => Action::Change,
        };
        let range = range(method, headers);
        Self { action, range, preferences: Preferences::from_headers(headers) }
    }

    /// The same with the `Range` and `If-Range` of other headers.
    #[cfg(feature = "axum")]
    pub(super) fn with_range_of(self, method: &Method, headers: &HeaderMap) -> Self {
        Self { range: range(method, headers), ..self }
    }

    /// The whole of a representation, by a method that only selects it.
    #[cfg(feature = "axum")]
    pub(super) fn whole() -> Self {
        Self { action: Action::Select, range: None, preferences: Preferences::default() }
    }

    /// Whether the request only selects a representation.
    pub(crate) fn selects(&self) -> bool {
        self.action == Action::Select
    }

    pub(crate) fn part(&self, current: &Validators, length: u64) -> Part {
        let part = self.range.as_ref().map(|range| range.part(current, length, SystemTime::now()));
        part.unwrap_or(Part::All)
    }
}

fn range(method: &Method, headers: &HeaderMap) -> Option<Box<RangeCondition>> {
    let range = (*method == Method::GET).then(|| RangeCondition::read(headers)).flatten();
    range.map(Box::new)
}
