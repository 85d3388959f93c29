use std::ops::RangeInclusive;
use std::time::SystemTime;

use http::header::{HeaderMap, HeaderName, IF_RANGE, RANGE};

use super::date;
use crate::{EntityTag, Validators};

/// Which part of a representation a GET is answered with (RFC 9110 §14.2).
///
/// ```
/// use etag_core::{Part, Preconditions, Validators};
/// use http::{HeaderMap, HeaderValue, Method, header::RANGE};
///
/// let headers = HeaderMap::from_iter([(RANGE, HeaderValue::from_static("bytes=-100"))]);
/// let preconditions = Preconditions::from_parts(&Method::GET, &headers)?;
/// let answer = |length| match preconditions.part(&Validators::default(), length) {
///     Part::All => "200".to_owned(),
///     Part::Bytes(part) => format!("206, bytes {}-{}/{length}", part.start(), part.end()),
///     Part::Unsatisfiable => format!("416, bytes */{length}"),
/// };
/// assert_eq!(answer(1000), "206, bytes 900-999/1000");
/// assert_eq!(answer(0), "200");
/// # Ok::<(), etag_core::MalformedPrecondition>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Part {
    /// All of it: 200.
    All,
    /// The bytes from the first to the last of these: 206 (§15.3.7).
    Bytes(RangeInclusive<u64>),
    /// None, for it ends before the range begins: 416 (§15.5.17).
    Unsatisfiable,
}

/// `Range`, and the condition that it stands under: `If-Range`.
#[derive(Debug, Clone)]
pub(super) struct RangeCondition {
    range: ByteRange,
    if_range: Option<IfRange>,
}

/// A single range of bytes.
#[derive(Debug, Clone, Copy)]
enum ByteRange {
    /// `7-` or `7-9`.
    From { first: u64, last: u64 },
    /// `-3`: the last three.
    Last(u64),
}

#[derive(Debug, Clone)]
enum IfRange {
    Tag(EntityTag),
    Date(SystemTime),
    Malformed,
}

impl RangeCondition {
    /// `None` where the request asks for the whole: without `Range`, or with one that is malformed, in another
    /// unit or of several ranges, each of which a server may ignore (§14.2). `If-Range` alone is ignored
    /// (§13.1.5).
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let range = ByteRange::parse(single(headers, &RANGE)?.ok()?)?;
        let if_range =
            single(headers, &IF_RANGE).map(|value| value.map_or(IfRange::Malformed, IfRange::parse));
        Some(Self { range, if_range })
    }

    pub(super) fn part(&self, current: &Validators, length: u64, now: SystemTime) -> Part {
        match &self.if_range {
            Some(if_range) if !if_range.holds(current, now) => Part::All,
            _ => self.range.of(length),
        }
    }
}

impl ByteRange {
    /// `bytes=7-9`, where empty members of the list are passed over (§5.6.1.2).
    fn parse(value: &str) -> Option<Self> {
        let (unit, set) = value.split_once('=')?;
        let mut ranges =
            set.split(',').map(|range| range.trim_matches([' ', '\t'])).filter(|it| !it.is_empty());
        let (Some(range), None) = (ranges.next(), ranges.next()) else {
            return None;
        };
        let (first, last) = range.split_once('-').filter(|_| unit.eq_ignore_ascii_case("bytes"))?;
        match (first, last) {
            ("", last) => Some(Self::Last(number(last)?)),
            (first, "") => Some(Self::From { first: number(first)?, last: u64::MAX }),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From { first, last })
            }
        }
    }

    fn of(self, length: u64) -> Part {
        match self {
            Self::Last(0) => Part::Unsatisfiable,
            Self::Last(_) if length == 0 => Part::All,
            Self::Last(count) => Part::Bytes(length.saturating_sub(count)..=length - 1),
            Self::From { first, .. } if first >= length => Part::Unsatisfiable,
            Self::From { first, last } => Part::Bytes(first..=last.min(length - 1)),
        }
    }
}

impl IfRange {
    fn parse(value: &str) -> Self {
        match (EntityTag::parse(value.as_bytes()), date::parse(value, SystemTime::now())) {
            (Ok(tag), _) => Self::Tag(tag),
            (_, Some(date)) => Self::Date(date),
            _ => Self::Malformed,
        }
    }

    /// A tag by strong comparison; a date that is strong, and the very one that was sent (§13.1.5).
    fn holds(&self, current: &Validators, now: SystemTime) -> bool {
        match self {
            Self::Tag(tag) => current.etag.as_ref().is_some_and(|current| tag.strong_eq(current)),
            Self::Date(date) => current
                .last_modified
                .is_some_and(|modified| modified.is_strong_at(now) && modified.is_in_second_of(*date)),
            Self::Malformed => false,
        }
    }
}

/// The header's only line, `None` where there is none.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Result<&'h str, ()>> {
    let mut lines = headers.get_all(name).iter();
    let line = lines.next()?;
    // A tag may hold octets that are no text: such a one was not made here, and matches nothing.
    Some(if lines.next().is_some() { Err(()) } else { line.to_str().map_err(drop) })
}

/// `1*DIGIT`; what is larger than any representation is as large as can be.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}
