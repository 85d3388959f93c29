//! The conditions of the service that is written by hand: RFC 9110 §13, read without the library.

use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use http::{HeaderMap, HeaderValue, Method};

use crate::service::Service;

/// A document.
#[derive(Clone)]
pub struct Held {
    pub content: Bytes,
    pub revision: u64,
    pub modified: SystemTime,
}

/// Why a request is not carried out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stop {
    NotModified,
    Failed,
    Malformed,
}

/// `*`, or tags: whether each is weak, and what is between its quotes.
#[derive(Debug, PartialEq)]
enum List {
    Any,
    Tags(Vec<(bool, Vec<u8>)>),
}

struct Malformed;

impl Service {
    /// §13.2.2, for a method that selects or changes.
    pub fn evaluate(
        &self,
        method: &Method,
        headers: &HeaderMap,
        held: Option<&Held>,
        etag: &HeaderValue,
    ) -> Option<Stop> {
        let reads = method == Method::GET;
        let has = |name: &str| headers.contains_key(name);
        let none_match = || self.none_match(reads, headers, held, etag);
        if self.is("If-None-Match first")
            && reads
            && let Some(stop) = none_match()
        {
            return Some(stop);
        }
        let is_skipped = self.is(if reads { "If-Match is ignored on GET" } else { "If-Match is ignored" });
        if has("if-match") && !is_skipped {
            match self.if_match(headers, held, etag) {
                Err(Malformed) => return Some(Stop::Malformed),
                Ok(false) => return Some(Stop::Failed),
                Ok(true) if !reads && self.is("If-Match is false") => return Some(Stop::Failed),
                Ok(true) if self.is("a true If-Match ends the evaluation") => return None,
                Ok(true) => {}
            }
        }
        let counts = !has("if-match") || self.is("If-Unmodified-Since beside If-Match");
        if counts && self.is_modified_after(headers, held) {
            return Some(Stop::Failed);
        }
        none_match().or_else(|| self.not_modified_since(reads, headers, held))
    }

    fn if_match(
        &self,
        headers: &HeaderMap,
        held: Option<&Held>,
        etag: &HeaderValue,
    ) -> Result<bool, Malformed> {
        let list = self.list(headers, "if-match")?;
        let Some(held) = held else {
            return Ok(self.is("If-Match creates"));
        };
        let state = self.state(held).into_bytes();
        let is_weak = etag.as_bytes().starts_with(b"W/");
        Ok(match list {
            List::Any => !self.is("If-Match: * is false"),
            List::Tags(tags) => {
                let mut tags = tags.into_iter();
                if self.is("the first tag of If-Match only") {
                    tags = tags.take(1).collect::<Vec<_>>().into_iter();
                }
                tags.any(|(weak, tag)| {
                    let opaque = tag.split(|octet| *octet == b'.').next().unwrap();
                    (!weak && !is_weak || self.is("weak comparison for If-Match")) && opaque == state
                })
            }
        })
    }

    fn none_match(
        &self,
        reads: bool,
        headers: &HeaderMap,
        held: Option<&Held>,
        etag: &HeaderValue,
    ) -> Option<Stop> {
        if !headers.contains_key("if-none-match") {
            return None;
        }
        let stop = if reads || self.is("304 for a PUT") { Stop::NotModified } else { Stop::Failed };
        let list = match self.list(headers, "if-none-match") {
            Ok(list) => list,
            Err(Malformed) if reads => return self.is("what is malformed matches").then_some(stop),
            Err(Malformed) => return Some(Stop::Malformed),
        };
        held?;
        let current = etag.as_bytes().strip_prefix(b"W/").unwrap_or(etag.as_bytes());
        let is_strong = self.is("strong comparison for If-None-Match");
        let is_weak = current.len() != etag.len();
        let matches = match list {
            List::Any => !self.is("If-None-Match: * is true"),
            List::Tags(mut tags) => {
                if self.is("the first tag of If-None-Match only") {
                    tags.truncate(1);
                }
                let same = |tag: &[u8]| current.get(1..current.len() - 1) == Some(tag);
                tags.iter().any(|(weak, tag)| same(tag) && (!is_strong || *weak == is_weak))
            }
        };
        let is_over = reads && matches && self.is("If-None-Match and If-Modified-Since are both needed");
        if is_over && headers.contains_key("if-modified-since") {
            return self.since(headers, held).filter(|is_new| !is_new).map(|_| stop);
        }
        matches.then_some(stop)
    }

    /// `If-Unmodified-Since` is false.
    fn is_modified_after(&self, headers: &HeaderMap, held: Option<&Held>) -> bool {
        if self.mistake.starts_with("undated") && !self.is("undated, and If-Unmodified-Since counts") {
            return false;
        }
        let Some(value) = headers.get("if-unmodified-since") else {
            return false;
        };
        match (date(value), held) {
            (Some(date), Some(held)) if self.is("If-Unmodified-Since with <") => {
                seconds(held.modified) >= date
            }
            (Some(date), Some(held)) => seconds(held.modified) > date,
            _ => self.is("an invalid If-Unmodified-Since is false"),
        }
    }

    fn not_modified_since(&self, reads: bool, headers: &HeaderMap, held: Option<&Held>) -> Option<Stop> {
        let beside =
            headers.contains_key("if-none-match") && !self.is("If-Modified-Since beside If-None-Match");
        if beside || !reads && !self.is("If-Modified-Since on a write") {
            return None;
        }
        let stop = if reads { Stop::NotModified } else { Stop::Failed };
        self.since(headers, held).filter(|is_new| !is_new).map(|_| stop)
    }

    /// Whether it changed since the date of `If-Modified-Since`, where that says anything.
    fn since(&self, headers: &HeaderMap, held: Option<&Held>) -> Option<bool> {
        if self.mistake.starts_with("undated") && !self.is("undated, and If-Modified-Since counts") {
            return None;
        }
        let mut values = headers.get_all("if-modified-since").iter();
        let first = values.next()?;
        if values.next().is_some() && !self.is("the first of two dates counts") {
            return None;
        }
        let is_other_format = first.as_bytes().get(3) != Some(&b',');
        if is_other_format && self.is("one format of a date") {
            return None;
        }
        let text = first.to_str().unwrap();
        if self.is("a year of two digits is of this century") && text.contains("-94 ") {
            return Some(false);
        }
        let date = date(first)?;
        let modified = held?.modified;
        Some(if self.is("fractions of a second count") { modified > date } else { seconds(modified) > date })
    }

    /// The list of a header; it is read octet by octet, unless the service is to be wrong.
    fn list(&self, headers: &HeaderMap, name: &str) -> Result<List, Malformed> {
        let mut lines: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        if self.is("the first line only") {
            lines.truncate(1);
        }
        let text = lines.join(&b", "[..]);
        if self.is("octets beyond ASCII spoil the list") && !text.is_ascii() {
            return Ok(List::Tags(Vec::new()));
        }
        if self.is("the list is split at each comma") {
            let tags = text.split(|octet| *octet == b',').map(|part| {
                let part = part.trim_ascii();
                let opaque = part.strip_prefix(b"W/").unwrap_or(part);
                (opaque.len() != part.len(), opaque.to_vec())
            });
            let tags: Vec<_> = tags.map(|(weak, tag)| (weak, unquoted(&tag))).collect();
            // As strict as ever otherwise: the one mistake is where it is split.
            return self.members(&text).map(|list| if list == List::Any { list } else { List::Tags(tags) });
        }
        self.members(&text)
    }

    fn members(&self, text: &[u8]) -> Result<List, Malformed> {
        let (mut tags, mut wildcard, mut rest) = (Vec::new(), false, text);
        let mut was_empty = true;
        loop {
            rest = rest.trim_ascii_start();
            match rest {
                [] => break,
                [b',', after @ ..] => {
                    if was_empty && self.is("empty members are malformed") {
                        return Err(Malformed);
                    }
                    (rest, was_empty) = (after, true);
                    continue;
                }
                _ if !was_empty && !self.is("malformed members are dropped") => return Err(Malformed),
                _ => was_empty = false,
            }
            match self.member(rest) {
                Some((None, length)) => (wildcard, rest) = (true, &rest[length..]),
                Some((Some(tag), length)) => {
                    tags.push(tag);
                    rest = &rest[length..];
                }
                None if self.is("malformed members are dropped") => {
                    rest = &rest[rest.iter().position(|octet| *octet == b',').unwrap_or(rest.len())..];
                }
                None => return Err(Malformed),
            }
        }
        let is_lenient = self.is("malformed members are dropped");
        match (wildcard, tags.is_empty()) {
            (true, true) => Ok(List::Any),
            (true, false) if self.is("* in a list is a wildcard") => Ok(List::Any),
            (true, false) => Err(Malformed),
            (false, true) if !is_lenient => Err(Malformed),
            (false, _) => Ok(List::Tags(tags)),
        }
    }

    /// A member and its length; no tag where it is `*`.
    #[allow(clippy::type_complexity, reason = "it is read in one place")]
    fn member(&self, text: &[u8]) -> Option<(Option<(bool, Vec<u8>)>, usize)> {
        if text[0] == b'*' {
            return Some((None, 1));
        }
        if self.is("\"*\" is a wildcard") && text.starts_with(b"\"*\"") {
            return Some((None, 3));
        }
        let is_lower = self.is("w/ is W/") && text.starts_with(b"w/");
        let weak = text.starts_with(b"W/") || is_lower;
        let quoted = if weak { &text[2..] } else { text };
        let opaque = quoted.strip_prefix(b"\"")?;
        let end = opaque.iter().position(|octet| *octet == b'"')?;
        if end == 0 && self.is("an empty tag is malformed") {
            return None;
        }
        Some((Some((weak, opaque[..end].to_vec())), usize::from(weak) * 2 + end + 2))
    }
}

fn unquoted(tag: &[u8]) -> Vec<u8> {
    let tag = tag.strip_prefix(b"\"").unwrap_or(tag);
    tag.strip_suffix(b"\"").unwrap_or(tag).to_vec()
}

fn seconds(time: SystemTime) -> SystemTime {
    let whole = time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    SystemTime::UNIX_EPOCH + Duration::from_secs(whole)
}

fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}
