//! The suffix of a tag that says how its representation is coded: `"S+gzip"`.
//!
//! Coded and uncoded bytes are different representations, and no two share a strong tag (RFC 9110 §8.8.3.3). A handler
//! inside of a compressor knows one of them: its tags are given the suffix on their way out, and lose it on their way in.

use std::cell::OnceCell;

use http::StatusCode;
use http::header::{
    CONTENT_ENCODING, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH, VARY,
};

use crate::preconditions::accept_encoding::{AcceptedCodings, CODINGS, is_same, members};
use crate::{EntityTag, TagList};

/// The tags of `If-None-Match` whose coding was taken off, and that coding.
#[derive(Debug)]
pub(super) struct Uncoded(Vec<(EntityTag, &'static str)>);

impl Uncoded {
    /// Takes the codings off the tags of a request.
    ///
    /// `If-None-Match` on GET and HEAD is about the representation that the request selects (§13.1.2): a coding that it
    /// does not accept is none of that. `If-Match` is about any, and `If-Range` about these very bytes: it stays.
    pub(super) fn take(selects: bool, headers: &mut HeaderMap) -> Self {
        undo(headers, IF_MATCH, |_, _| true);
        let accepted = OnceCell::new();
        let accepts = |headers: &HeaderMap, coding: &str| {
            accepted.get_or_init(|| AcceptedCodings::of(headers)).accepts(coding)
        };
        Self(undo(headers, IF_NONE_MATCH, |headers, coding| !selects || accepts(headers, coding)))
    }

    /// Adds the coding of an answer to its tag; a 304 names the tag that the client has (§15.4.5).
    ///
    /// What digests the uncoded bytes is none of the coded ones (RFC 9530 §2, §3).
    pub(super) fn put_back(&self, status: StatusCode, headers: &mut HeaderMap) {
        let coding = coding(headers);
        if coding.is_some() {
            headers.remove("repr-digest");
            headers.remove("content-digest");
        }
        if status == StatusCode::NOT_MODIFIED {
            // A compressor may have taken the 304 for what it codes.
            headers.remove(CONTENT_ENCODING);
            let held = strong_tag(headers).and_then(|etag| {
                let (_, coding) = self.0.iter().find(|(tag, _)| tag.weak_eq(&etag))?;
                coded(&etag, coding)
            });
            if let Some(held) = held {
                headers.insert(ETAG, held.to_header_value());
                vary(headers);
            }
        } else if let (true, Some(coding)) = (status.is_success(), coding) {
            let coded = strong_tag(headers).and_then(|etag| match coding {
                Coding::Known(name) => coded(&etag, name),
                Coding::Other => EntityTag::weak(etag.opaque()).ok(),
            });
            if let Some(coded) = coded {
                headers.insert(ETAG, coded.to_header_value());
            }
            vary(headers);
        }
    }
}

/// The tag of an answer, where it is a strong one.
fn strong_tag(headers: &HeaderMap) -> Option<EntityTag> {
    let etag = headers.get(ETAG).and_then(|etag| EntityTag::try_from(etag).ok());
    etag.filter(|etag| !etag.is_weak())
}

/// Rewrites one header; each tag that is not ours stays beside what it is without its suffix, for it may be part of it.
fn undo(
    headers: &mut HeaderMap,
    name: HeaderName,
    applies: impl Fn(&HeaderMap, &str) -> bool,
) -> Vec<(EntityTag, &'static str)> {
    let may_be_coded = headers.get_all(&name).iter().any(|value| value.as_bytes().contains(&b'+'));
    let tags = if may_be_coded { TagList::read(headers, &name) } else { None };
    // What is malformed, the handler is to see as it is.
    let Some(Ok(TagList::Tags(tags))) = tags else {
        return Vec::new();
    };
    let (mut undone, mut rewritten) = (Vec::new(), Vec::new());
    for tag in tags {
        match uncoded(&tag).filter(|(_, coding)| applies(headers, coding)) {
            Some((plain, coding)) => {
                rewritten.push(plain.to_header_value());
                if !plain.has_our_form() {
                    rewritten.push(tag.to_header_value());
                }
                undone.push((plain, coding));
            }
            None => rewritten.push(tag.to_header_value()),
        }
    }
    let lines: Vec<&[u8]> = rewritten.iter().map(HeaderValue::as_bytes).collect();
    if let Ok(value) = HeaderValue::from_bytes(&lines.join(&b", "[..])) {
        headers.insert(name, value);
    }
    undone
}

/// `"S+gzip"` as `"S"` and `gzip`.
pub(super) fn uncoded(tag: &EntityTag) -> Option<(EntityTag, &'static str)> {
    let (plain, coding) = CODINGS.iter().find_map(|coding| {
        let rest = tag.opaque().strip_suffix(coding.as_bytes())?;
        Some((rest.strip_suffix(b"+")?, *coding))
    })?;
    let plain = if tag.is_weak() { EntityTag::weak(plain) } else { EntityTag::strong(plain) };
    Some((plain.ok()?, coding))
}

/// `"S"` as `"S+gzip"`.
fn coded(etag: &EntityTag, coding: &str) -> Option<EntityTag> {
    EntityTag::strong([etag.opaque(), b"+", coding.as_bytes()].concat()).ok()
}

/// How an answer is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// In one way, that a tag can name.
    Known(&'static str),
    /// In another one, or in several.
    Other,
}

/// `None` where an answer is not coded.
pub(super) fn coding(headers: &HeaderMap) -> Option<Coding> {
    let mut codings = members(headers, &CONTENT_ENCODING).filter(|coding| !is_same("identity", coding));
    let first = codings.next()?;
    let known = CODINGS.into_iter().find(|known| is_same(known, first));
    match (known, codings.next()) {
        (Some(known), None) => Some(Coding::Known(known)),
        _ => Some(Coding::Other),
    }
}

/// Says that the answer depends on what the request accepts.
pub(super) fn vary(headers: &mut HeaderMap) {
    let says_so = |member: &str| member == "*" || member.eq_ignore_ascii_case("accept-encoding");
    if !members(headers, &VARY).any(says_so) {
        headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_that_no_tag_can_name_is_known_to_be_one() {
        for (values, expected) in [
            (&["gzip"][..], Some(Coding::Known("gzip"))),
            (&["X-GZip"], Some(Coding::Known("gzip"))),
            (&["identity"], None),
            (&[], None),
            (&["Identity, br"], Some(Coding::Known("br"))),
            (&["br, gzip"], Some(Coding::Other)),
            (&["br", "gzip"], Some(Coding::Other)),
            (&["aes128gcm"], Some(Coding::Other)),
        ] {
            let lines = values.iter().map(|value| (CONTENT_ENCODING, HeaderValue::from_static(value)));
            assert_eq!(coding(&lines.collect()), expected, "{values:?}");
        }
    }
}
