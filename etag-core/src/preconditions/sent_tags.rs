use std::cell::LazyCell;
use std::sync::OnceLock;

use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::accept_encoding::AcceptedCodings;
use super::tag_list::{NONE, UNQUOTED, is_any, members};
use crate::{Alteration, EntityTag, TagList, Validators, alteration};

/// The tags of a header, compared as they were sent: a [`TagList`] is made of them where one is asked for.
#[derive(Debug, Clone)]
pub(super) struct SentTags {
    /// `None` where no tag matches, for the header is malformed and the request goes on without.
    first: Option<HeaderValue>,
    /// The further lines of the same header: one list with the first (RFC 9110 §5.3).
    more: Vec<HeaderValue>,
    /// Whether one of them can end in the suffix of a coding.
    may_be_coded: bool,
    list: OnceLock<TagList>,
}

impl SentTags {
    /// Reads all lines of a header as one list; `None` where there is no such header.
    pub(super) fn read(headers: &HeaderMap, name: &HeaderName) -> Option<Result<Self, &'static str>> {
        let mut lines = headers.get_all(name).iter();
        let first = lines.next()?;
        let more = lines.cloned().collect();
        let mut sent = Self { first: Some(first.clone()), more, may_be_coded: false, list: OnceLock::new() };
        Some(sent.check().map(|may_be_coded| {
            sent.may_be_coded = may_be_coded;
            sent
        }))
    }

    /// Tags that nothing matches.
    pub(super) fn none() -> Self {
        Self { first: None, more: Vec::new(), may_be_coded: false, list: TagList::none().into() }
    }

    /// The same as a list.
    pub(super) fn list(&self) -> &TagList {
        self.list.get_or_init(|| {
            let lines: Vec<&[u8]> = self.lines().collect();
            // It was checked when it was read.
            TagList::parse(&lines).unwrap_or(TagList::none())
        })
    }

    /// Those with the suffix of a coding that the request accepts.
    pub(super) fn coded(&self, headers: &HeaderMap) -> Vec<EntityTag> {
        if !self.may_be_coded {
            return Vec::new();
        }
        let accepted = LazyCell::new(|| AcceptedCodings::of(headers));
        let is_accepted = |tag: &EntityTag| {
            let coding = Alteration::undo(tag).and_then(|(_, alteration)| alteration.coding());
            coding.is_some_and(|coding| accepted.accepts(coding))
        };
        self.texts().filter_map(|text| EntityTag::parse(text).ok()).filter(is_accepted).collect()
    }

    /// The text of each tag; none of `*`.
    fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.lines().filter(|_| !self.is_any());
        lines.flat_map(|line| members(line).map_while(Result::ok))
    }

    /// Whether the current representation is among these, by weak comparison.
    pub(super) fn matches(&self, current: Option<&Validators>) -> bool {
        match current {
            None => false,
            Some(_) if self.is_any() => true,
            Some(current) => current.etag.as_ref().is_some_and(|etag| self.names(etag)),
        }
    }

    /// Whether a tag is one of these, by weak comparison.
    pub(super) fn names(&self, etag: &EntityTag) -> bool {
        // Most requests name one tag, and it is the very one.
        self.lines().any(|line| etag.is_text(line)) || self.texts().any(|text| etag.weak_eq_text(text))
    }

    /// Whether one of these tags can end in a suffix, where all of them are tags.
    fn check(&self) -> Result<bool, &'static str> {
        if self.is_any() {
            return Ok(false);
        }
        let (mut is_empty, mut may_be_coded) = (true, false);
        for text in self.lines().flat_map(members) {
            let text = text?;
            EntityTag::check(text).map_err(|_| UNQUOTED)?;
            is_empty = false;
            may_be_coded |= alteration::may_have_suffix(text);
        }
        if is_empty { Err(NONE) } else { Ok(may_be_coded) }
    }

    fn is_any(&self) -> bool {
        self.more.is_empty() && self.first.as_ref().is_some_and(|line| is_any(line.as_bytes()))
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.first.iter().chain(&self.more).map(HeaderValue::as_bytes)
    }
}
