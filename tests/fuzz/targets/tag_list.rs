//! `Preconditions` reads the lists of RFC 9110 §5.6.1 as its grammar does, and evaluates in the order of §13.2.2.
//!
//! An input is the head of a request, less strictly than a server would have it: the method, then one header a line.

#![no_main]

use std::time::{Duration, SystemTime};

use etag_core::{EntityTag, LastModified, Outcome, Preconditions, StateTag, TagList, Validators, Version};
use fuzz::{Tag, Tags};
use http::Method;
use http::header::{
    HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, RANGE,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut lines = input.split(|octet| *octet == b'\n');
    let Some(method) = lines.next().and_then(|method| Method::from_bytes(method).ok()) else {
        return;
    };
    let headers: HeaderMap = lines.filter_map(header).collect();
    let request = Request::read(method, &headers);
    let Some(preconditions) = request.preconditions(&headers) else {
        return;
    };
    let without_ranges: HeaderMap = headers
        .iter()
        .filter(|(name, _)| !RANGES.contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let again = Preconditions::from_parts(&request.method, &without_ranges).expect("it was read before");
    for current in request.representations() {
        let validators = current.as_ref().map(|current| &current.validators);
        let outcome = preconditions.evaluate_at(validators, now());
        assert_eq!(outcome, request.outcome(&preconditions, current.as_ref()), "{current:?}");
        assert_eq!(outcome, again.evaluate_at(validators, now()), "{current:?}");
    }
});

/// `Name: value`, where it is one of those that are evaluated, or stand beside them.
fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|octet| *octet == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let name = HeaderName::from_bytes(name).ok().filter(|name| HEADERS.contains(name))?;
    let value = HeaderValue::from_bytes(value.strip_prefix(b" ").unwrap_or(value)).ok()?;
    Some((name, value))
}

/// What a request says, as the reference reads it.
struct Request {
    method: Method,
    if_match: Field,
    if_none_match: Field,
}

/// A list of tags: absent, or read, or none.
type Field = Option<Option<Tags>>;

impl Request {
    fn read(method: Method, headers: &HeaderMap) -> Self {
        let field = |name: HeaderName| {
            let lines: Vec<_> = headers.get_all(name).iter().map(|line| line.as_bytes().to_vec()).collect();
            (!lines.is_empty()).then(|| fuzz::tags(&lines))
        };
        Self { method, if_match: field(IF_MATCH), if_none_match: field(IF_NONE_MATCH) }
    }

    fn selects(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }

    /// Conditions on a method that neither selects nor changes anything are ignored (§13.2.1).
    fn is_unconditional(&self) -> bool {
        matches!(self.method, Method::OPTIONS | Method::TRACE | Method::CONNECT)
    }

    /// The header that can't be evaluated on this method, and must not be ignored.
    fn malformed(&self) -> Option<HeaderName> {
        if self.is_unconditional() {
            return None;
        }
        let if_match = matches!(self.if_match, Some(None)).then_some(IF_MATCH);
        let if_none_match = matches!(self.if_none_match, Some(None)) && !self.selects();
        if_match.or(if_none_match.then_some(IF_NONE_MATCH))
    }

    /// What the library reads, where that is what the reference does.
    fn preconditions(&self, headers: &HeaderMap) -> Option<Preconditions> {
        let read = Preconditions::from_parts(&self.method, headers);
        let malformed = read.as_ref().err().map(|error| error.header().clone());
        assert_eq!(malformed, self.malformed());
        let read = read.ok()?;
        assert_eq!(read.if_match().cloned(), self.if_match.as_ref().map(tag_list));
        assert_eq!(read.if_none_match().cloned(), self.if_none_match.as_ref().map(tag_list));
        assert_eq!(read.selects(), self.selects());
        for (date, name) in
            [(read.if_modified_since(), IF_MODIFIED_SINCE), (read.if_unmodified_since(), IF_UNMODIFIED_SINCE)]
        {
            assert!(date.is_none() || headers.get_all(name).iter().count() == 1, "a repeated date is none");
        }
        Some(read)
    }

    /// What may be there: nothing, what has some of the validators, and what has a tag that was asked for.
    fn representations(&self) -> Vec<Option<Representation>> {
        let dates = [None, Some(date().into()), Some(LastModified::strong(date()))];
        let mut etags: Vec<_> = [r#""v1""#, r#"W/"v1""#].map(|tag| (tag.parse().ok(), None)).into();
        for state in [StateTag::from_revision(7), StateTag::from_hash([b'e'; 32])] {
            etags.push((Version::from(state).validators::<str>().etag, Some(state)));
        }
        for field in [&self.if_match, &self.if_none_match] {
            if let Some(Some(Tags::List(tags))) = field {
                etags.extend(tags.last().map(|tag| (Some(entity_tag(tag)), None)));
            }
        }
        etags.push((None, None));
        let with_dates = etags.into_iter().flat_map(|(etag, state)| {
            dates.map(|last_modified| {
                let validators = Validators { etag: etag.clone(), last_modified };
                Some(Representation { validators, state })
            })
        });
        with_dates.chain([None]).collect()
    }

    /// §13.2.2, step by step.
    fn outcome(&self, read: &Preconditions, current: Option<&Representation>) -> Outcome {
        if self.is_unconditional() {
            return Outcome::Proceed;
        }
        let date = current.and_then(|current| current.strong_date());
        let has_date = current.is_some_and(|current| current.validators.last_modified.is_some());
        let may_change = match (&self.if_match, read.if_unmodified_since()) {
            (Some(tags), _) => matches(tags.as_ref(), current, Representation::is_guarded_by),
            (None, Some(since)) if has_date => date.is_some_and(|date| date <= since),
            _ => true,
        };
        if !may_change {
            return Outcome::PreconditionFailed;
        }
        match (&self.if_none_match, read.if_modified_since()) {
            (Some(tags), _) if !matches(tags.as_ref(), current, Representation::is_named_by) => {
                Outcome::Proceed
            }
            (Some(_), _) if self.selects() => Outcome::NotModified,
            (Some(_), _) => Outcome::PreconditionFailed,
            (None, Some(since)) if self.selects() && date.is_some_and(|date| date <= since) => {
                Outcome::NotModified
            }
            _ => Outcome::Proceed,
        }
    }
}

/// A current representation.
#[derive(Debug)]
struct Representation {
    validators: Validators,
    /// Of which state its tag is, where the framework made that.
    state: Option<StateTag>,
}

impl Representation {
    /// The date, where it stands for one version; that of this file is over by now.
    fn strong_date(&self) -> Option<SystemTime> {
        self.validators.last_modified.filter(LastModified::is_alone).map(|_| date())
    }

    /// Strong comparison, or that of the state where the framework made the tag: `"S"` and `"S.V"`, but not `"S.V~"` nor
    /// `"S.V-gzip"`.
    fn is_guarded_by(&self, tag: &Tag) -> bool {
        let opaque = String::from_utf8_lossy(&tag.opaque);
        let is_same = match self.state {
            Some(state) => {
                let (own, variant) = opaque.split_once('.').unwrap_or((&opaque, ""));
                let is_suffixed = ["gzip", "gz", "br", "zstd", "deflate"].iter().any(|coding| {
                    let rest = variant.strip_suffix(coding);
                    let ends = ["-", "--", ";"].map(|sign| rest.and_then(|rest| rest.strip_suffix(sign)));
                    ends.into_iter()
                        .flatten()
                        .any(|text| text.ends_with('~') || text.parse::<StateTag>().is_ok())
                });
                own == state.to_string() && !opaque.ends_with('~') && !is_suffixed
            }
            None => {
                self.validators.etag.as_ref().is_some_and(|own| !own.is_weak() && own.opaque() == tag.opaque)
            }
        };
        is_same && !tag.weak
    }

    /// Weak comparison.
    fn is_named_by(&self, tag: &Tag) -> bool {
        self.validators.etag.as_ref().is_some_and(|own| own.opaque() == tag.opaque)
    }
}

/// Whether a list that can be read names what is there.
fn matches(
    tags: Option<&Tags>,
    current: Option<&Representation>,
    compare: impl Fn(&Representation, &Tag) -> bool,
) -> bool {
    match (tags, current) {
        (Some(Tags::Any), Some(_)) => true,
        (Some(Tags::List(tags)), Some(current)) => tags.iter().any(|tag| compare(current, tag)),
        _ => false,
    }
}

/// A list that is none, where that may be, matches nothing.
fn tag_list(tags: &Option<Tags>) -> TagList {
    match tags {
        None => TagList::Tags(Vec::new()),
        Some(Tags::Any) => TagList::Any,
        Some(Tags::List(tags)) => TagList::Tags(tags.iter().map(entity_tag).collect()),
    }
}

fn entity_tag(tag: &Tag) -> EntityTag {
    let made = if tag.weak { EntityTag::weak(&tag.opaque) } else { EntityTag::strong(&tag.opaque) };
    made.expect("the reference has read it")
}

/// Sun, 06 Nov 1994 08:49:37 GMT
fn date() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
}

fn now() -> SystemTime {
    date() + Duration::from_secs(600)
}

/// Those that no outcome here depends on.
const RANGES: [HeaderName; 2] = [RANGE, IF_RANGE];

const HEADERS: [HeaderName; 6] =
    [IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, IF_RANGE, RANGE];
