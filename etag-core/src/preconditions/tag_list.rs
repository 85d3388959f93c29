use std::iter;

use http::HeaderMap;
use http::header::HeaderName;

use crate::{EntityTag, Validators};

/// The value of `If-Match` or `If-None-Match`: `*`, or a list of entity tags.
///
/// A list that names no tag is malformed here, though the grammar allows it (RFC 9110 §5.6.1): a change is answered
/// 400, for its client meant to guard it and lost the tag.
///
/// ```
/// use etag_core::{EntityTag, Preconditions, TagList};
/// use http::{HeaderMap, HeaderValue, Method, header::IF_MATCH};
///
/// let mut headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(r#""a,b""#))]);
/// headers.append(IF_MATCH, HeaderValue::from_static(r#", W/"c""#)); // with the first, one list
/// let preconditions = Preconditions::from_parts(&Method::PUT, &headers)?;
/// let tags = vec![EntityTag::strong("a,b")?, EntityTag::weak("c")?];
/// assert_eq!(preconditions.if_match(), Some(&TagList::Tags(tags)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagList {
    /// `*`: any current representation.
    Any,
    /// Tags, in their order.
    Tags(Vec<EntityTag>),
}

impl TagList {
    /// A list that nothing matches.
    pub(super) fn none() -> Self {
        Self::Tags(Vec::new())
    }

    /// Reads all lines of a header as one list; `None` where there is no such header.
    pub(crate) fn read(headers: &HeaderMap, name: &HeaderName) -> Option<Result<Self, &'static str>> {
        let lines: Vec<&[u8]> = headers.get_all(name).iter().map(http::HeaderValue::as_bytes).collect();
        (!lines.is_empty()).then(|| Self::parse(&lines))
    }

    /// `"*" / #entity-tag`, where a recipient passes over the empty members of a list (§5.6.1.2).
    pub(super) fn parse(lines: &[&[u8]]) -> Result<Self, &'static str> {
        // The wildcard is no list: not even an empty member stands beside it.
        if matches!(lines, [line] if is_any(line)) {
            return Ok(Self::Any);
        }
        let texts = lines.iter().flat_map(|line| members(line));
        let tag = |text: Result<&[u8], _>| EntityTag::parse(text?).map_err(|_| UNQUOTED);
        let tags: Vec<EntityTag> = texts.map(tag).collect::<Result<_, _>>()?;
        if tags.is_empty() { Err(NONE) } else { Ok(Self::Tags(tags)) }
    }

    /// Whether the current representation is among these, by the comparison that the header asks for.
    pub(crate) fn matches(
        &self,
        current: Option<&Validators>,
        compare: impl Fn(&EntityTag, &EntityTag) -> bool,
    ) -> bool {
        match (self, current) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::Tags(tags), Some(current)) => {
                current.etag.as_ref().is_some_and(|etag| tags.iter().any(|tag| compare(tag, etag)))
            }
        }
    }
}

/// Whether a header's only line is the wildcard.
pub(super) fn is_any(line: &[u8]) -> bool {
    line.trim_ascii() == b"*"
}

/// The members of a line, up to the first that is malformed.
pub(super) fn members(mut line: &[u8]) -> impl Iterator<Item = Result<&[u8], &'static str>> {
    iter::from_fn(move || {
        let member = next_member(&mut line).transpose();
        if member.as_ref().is_some_and(Result::is_err) {
            line = b"";
        }
        member
    })
}

/// Cuts the next member off a line: a comma inside of quotes is part of the tag.
fn next_member<'a>(line: &mut &'a [u8]) -> Result<Option<&'a [u8]>, &'static str> {
    let start = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','));
    let Some(start) = start else {
        return Ok(None);
    };
    let rest = &line[start..];
    let end = match rest {
        [b'*', ..] => return Err("`*` stands alone"),
        [b'"', opaque @ ..] => 2 + closing_quote(opaque)?,
        [b'W', b'/', b'"', opaque @ ..] => 4 + closing_quote(opaque)?,
        _ => return Err(UNQUOTED),
    };
    let (member, rest) = rest.split_at(end);
    *line = rest.trim_ascii_start();
    match line {
        [] | [b',', ..] => Ok(Some(member)),
        _ => Err("tags are separated by commas"),
    }
}

fn closing_quote(opaque: &[u8]) -> Result<usize, &'static str> {
    opaque.iter().position(|byte| *byte == b'"').ok_or("a double quote is not closed")
}

pub(super) const UNQUOTED: &str = "a tag stands in double quotes, such as \"xyzzy\"";
pub(super) const NONE: &str = "it names no tag";
