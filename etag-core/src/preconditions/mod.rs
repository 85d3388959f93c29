//! The preconditions of a request, and their evaluation in the order of RFC 9110 §13.2.2.

pub(crate) mod accept_encoding;
mod asked;
mod date;
mod range;
mod sent_tags;
mod tag_list;
mod tolerance;

use std::time::SystemTime;

use http::Method;
use http::header::{HeaderMap, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};

use crate::{EntityTag, LastModified, Preferences, Tolerate, Validators};
use asked::Action;
use sent_tags::SentTags;

pub(crate) use asked::Asked;

pub use range::Part;
pub use tag_list::TagList;

/// The conditions that a request makes (RFC 9110 §13.1), parsed once.
///
/// ```
/// use etag_core::{EntityTag, Outcome, Preconditions, Validators};
/// use http::{HeaderMap, HeaderValue, Method, header::IF_NONE_MATCH};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(IF_NONE_MATCH, HeaderValue::from_static(r#""v1", "v2""#));
/// let preconditions = Preconditions::from_parts(&Method::GET, &headers)?;
///
/// let current = Validators::from(EntityTag::strong("v2")?);
/// assert_eq!(preconditions.evaluate(Some(&current)), Outcome::NotModified);
/// assert_eq!(preconditions.evaluate(None), Outcome::Proceed); // nothing there: nothing matches
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Preconditions {
    if_match: Option<TagList>,
    if_unmodified_since: Option<SystemTime>,
    if_none_match: Option<SentTags>,
    if_modified_since: Option<SystemTime>,
    asked: Asked,
    malformed: Option<MalformedPrecondition>,
    tolerate: Tolerate,
    /// The tags of `If-None-Match` that name an accepted coding of what is selected, if that was altered.
    coded: Vec<EntityTag>,
}

/// What the preconditions of a request demand.
///
/// ```
/// use etag_core::{EntityTag, Outcome, Preconditions, Validators};
/// use http::{HeaderMap, HeaderValue, Method, header::IF_NONE_MATCH};
///
/// let current = Validators::from(EntityTag::strong("v1")?);
/// let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static("\"v1\""))]);
/// for (method, status) in [(Method::GET, 304), (Method::PUT, 412), (Method::OPTIONS, 200)] {
///     let outcome = Preconditions::from_parts(&method, &headers)?.evaluate(Some(&current));
///     let answer = match outcome {
///         Outcome::Proceed => 200,
///         Outcome::NotModified => 304,
///         Outcome::PreconditionFailed => 412,
///     };
///     assert_eq!(answer, status);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Carry the request out.
    Proceed,
    /// Answer 304 (§15.4.5): the client's copy is current.
    NotModified,
    /// Answer 412 (§15.5.13), and change nothing.
    PreconditionFailed,
}

/// A condition that can't be evaluated as it stands, on a request where to ignore it would be wrong.
///
/// ```
/// use etag_core::Preconditions;
/// use http::{HeaderMap, HeaderValue, Method, header::IF_NONE_MATCH};
///
/// let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static("v1"))]);
/// assert!(Preconditions::from_parts(&Method::GET, &headers).is_ok()); // it matches nothing: 200
/// assert!(Preconditions::from_parts(&Method::PUT, &headers).is_err()); // it was to guard
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{header}` is malformed: {reason}")]
pub struct MalformedPrecondition {
    header: HeaderName,
    reason: &'static str,
}

impl MalformedPrecondition {
    /// The header at fault.
    ///
    /// ```
    /// use etag_core::Preconditions;
    /// use http::{HeaderMap, HeaderValue, Method, header::IF_MATCH};
    ///
    /// let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static("v1"))]);
    /// let malformed = Preconditions::from_parts(&Method::PUT, &headers).unwrap_err();
    /// assert_eq!(malformed.header(), IF_MATCH);
    /// ```
    pub fn header(&self) -> &HeaderName {
        &self.header
    }

    /// What is wrong with it.
    ///
    /// ```
    /// use etag_core::Preconditions;
    /// use http::{HeaderMap, HeaderValue, Method, header::IF_MATCH};
    ///
    /// let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static("\"v1"))]);
    /// let malformed = Preconditions::from_parts(&Method::PUT, &headers).unwrap_err();
    /// assert_eq!(malformed.reason(), "a double quote is not closed");
    /// ```
    pub fn reason(&self) -> &'static str {
        self.reason
    }
}

impl Preconditions {
    /// Reads the conditions of a request.
    ///
    /// Several lines of one header are one list (§5.3), a comma inside of a tag is part of it, and empty
    /// members are passed over (§5.6.1.2). A malformed `If-None-Match` on GET or HEAD matches nothing,
    /// and a date that is invalid or repeated is ignored (§13.1.3, §13.1.4).
    ///
    /// # Errors
    ///
    /// Where `If-Match`, or on a method other than GET and HEAD `If-None-Match`, is malformed: answer 400,
    /// for a write must not be carried out as if the header were not there.
    ///
    /// ```
    /// use etag_core::Preconditions;
    /// use http::{HeaderMap, HeaderValue, Method, header::IF_MATCH};
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert(IF_MATCH, HeaderValue::from_static("v1"));
    /// let error = Preconditions::from_parts(&Method::PUT, &headers).unwrap_err();
    /// assert_eq!(error.to_string(), r#"`if-match` is malformed: a tag stands in double quotes, such as "xyzzy""#);
    /// ```
    pub fn from_parts(method: &Method, headers: &HeaderMap) -> Result<Self, MalformedPrecondition> {
        let preconditions = Self::read(method, headers);
        match preconditions.malformed {
            None => Ok(preconditions),
            Some(malformed) => Err(malformed),
        }
    }

    /// As [`from_parts`](Self::from_parts), but keeps what is malformed until it is asked for.
    pub(crate) fn read(method: &Method, headers: &HeaderMap) -> Self {
        let asked = Asked::read(method, headers);
        let action = asked.action;
        let mut malformed = None;
        let mut refuse = |header, reason| {
            malformed.get_or_insert(MalformedPrecondition { header, reason });
        };
        let if_match = match TagList::read(headers, &IF_MATCH) {
            Some(Err(reason)) if action != Action::Neither => {
                refuse(IF_MATCH, reason);
                None
            }
            tags => tags.map(|tags| tags.unwrap_or(TagList::none())),
        };
        let if_none_match = match SentTags::read(headers, &IF_NONE_MATCH) {
            Some(Err(reason)) if action == Action::Change => {
                refuse(IF_NONE_MATCH, reason);
                None
            }
            tags => tags.map(|tags| tags.unwrap_or_else(|_| SentTags::none())),
        };
        let coded = match (&if_none_match, action) {
            (Some(tags), Action::Select) => tags.coded(headers),
            _ => Vec::new(),
        };
        Self {
            if_match,
            if_unmodified_since: single_date(headers, &IF_UNMODIFIED_SINCE),
            if_none_match,
            if_modified_since: single_date(headers, &IF_MODIFIED_SINCE),
            asked,
            malformed,
            tolerate: Tolerate::Nothing,
            coded,
        }
    }

    /// The conditions that a cache makes of a GET: those that can make a 304.
    #[cfg(feature = "axum")]
    pub(crate) fn of_cache(headers: &HeaderMap) -> Self {
        let if_none_match = SentTags::read(headers, &IF_NONE_MATCH);
        let if_none_match = if_none_match.map(|tags| tags.unwrap_or_else(|_| SentTags::none()));
        let coded = if_none_match.as_ref().map(|tags| tags.coded(headers));
        Self {
            if_match: None,
            if_unmodified_since: None,
            if_modified_since: single_date(headers, &IF_MODIFIED_SINCE),
            if_none_match,
            asked: Asked::whole(),
            malformed: None,
            tolerate: Tolerate::Nothing,
            coded: coded.unwrap_or_default(),
        }
    }

    /// The same with the `Range` and `If-Range` of other headers.
    #[cfg(feature = "axum")]
    pub(crate) fn with_range_of(self, method: &Method, headers: &HeaderMap) -> Self {
        Self { asked: self.asked.with_range_of(method, headers), ..self }
    }

    /// What the request demands, given the current representation's validators; `None` where there is no
    /// current representation.
    ///
    /// What was [malformed](Self::malformed) can't be evaluated, and so fails.
    ///
    /// ```
    /// use etag_core::{EntityTag, Outcome, Preconditions, Validators};
    /// use http::{HeaderMap, HeaderValue, Method, header::IF_MATCH};
    ///
    /// let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static("*"))]);
    /// let preconditions = Preconditions::from_parts(&Method::PUT, &headers)?;
    /// let current = Validators::from(EntityTag::strong("v1")?);
    /// assert_eq!(preconditions.evaluate(Some(&current)), Outcome::Proceed);
    /// assert_eq!(preconditions.evaluate(None), Outcome::PreconditionFailed); // nothing to replace
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn evaluate(&self, current: Option<&Validators>) -> Outcome {
        let names_date = self.if_modified_since.is_some() || self.if_unmodified_since.is_some();
        // Without a date it is the same at any time, and no clock is asked.
        let now = if names_date { SystemTime::now() } else { SystemTime::UNIX_EPOCH };
        self.evaluate_at(current, now)
    }

    /// As [`evaluate`](Self::evaluate), by another clock: `now` says which dates are
    /// [strong](LastModified::is_strong_at).
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use etag_core::{LastModified, Outcome, Preconditions, Validators};
    /// use http::{HeaderMap, Method, header::IF_MODIFIED_SINCE};
    ///
    /// let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    /// let modified = LastModified::strong(time);
    /// let headers = HeaderMap::from_iter([(IF_MODIFIED_SINCE, modified.to_header_value(time))]);
    /// let preconditions = Preconditions::from_parts(&Method::GET, &headers)?;
    ///
    /// let current = Validators { etag: None, last_modified: Some(modified) };
    /// let at = |now| preconditions.evaluate_at(Some(&current), now);
    /// assert_eq!(at(time), Outcome::Proceed); // its second is not over
    /// assert_eq!(at(time + Duration::from_secs(1)), Outcome::NotModified);
    /// # Ok::<(), etag_core::MalformedPrecondition>(())
    /// ```
    pub fn evaluate_at(&self, current: Option<&Validators>, now: SystemTime) -> Outcome {
        if self.asked.action == Action::Neither {
            return Outcome::Proceed;
        }
        // §13.2.2, steps 1 and 2.
        if self.malformed.is_some() || !self.may_change(current, now) {
            return Outcome::PreconditionFailed;
        }
        // Steps 3 and 4.
        let is_modified = match &self.if_none_match {
            Some(tags) => !tags.matches(current) && self.held(current).is_none(),
            None => self.asked.action == Action::Change || self.is_modified_since(current, now),
        };
        match (is_modified, self.asked.action) {
            (true, _) => Outcome::Proceed,
            (false, Action::Change) => Outcome::PreconditionFailed,
            (false, _) => Outcome::NotModified,
        }
    }

    /// `If-Match`, or `If-Unmodified-Since` without it.
    fn may_change(&self, current: Option<&Validators>, now: SystemTime) -> bool {
        if let Some(tags) = &self.if_match {
            return tags.matches(current, |tag, current| self.guards(tag, current));
        }
        match (self.if_unmodified_since, last_modified(current)) {
            (Some(date), Some(modified)) => modified.is_strong_at(now) && modified.is_not_after(date),
            _ => true,
        }
    }

    /// `If-Modified-Since`; a date that is weak can't say that nothing changed.
    fn is_modified_since(&self, current: Option<&Validators>, now: SystemTime) -> bool {
        match (self.if_modified_since, last_modified(current)) {
            (Some(date), Some(modified)) => !(modified.is_strong_at(now) && modified.is_not_after(date)),
            _ => true,
        }
    }

    /// Which part of the current representation a GET is answered with: `Range` and `If-Range`, step 5 of
    /// §13.2.2, once [`evaluate`](Self::evaluate) says to proceed; `length` is the representation's, in bytes.
    ///
    /// Several ranges are answered with the whole. `If-Range` is compared strongly: a weak tag, or a date that
    /// is not [strong](LastModified::is_strong_at), gives the whole as well.
    ///
    /// ```
    /// use etag_core::{EntityTag, Part, Preconditions, Validators};
    /// use http::{HeaderMap, HeaderValue, Method, header::{IF_RANGE, RANGE}};
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert(RANGE, HeaderValue::from_static("bytes=100-"));
    /// headers.insert(IF_RANGE, HeaderValue::from_static(r#""v1""#));
    /// let preconditions = Preconditions::from_parts(&Method::GET, &headers)?;
    ///
    /// let [v1, v2] = [EntityTag::strong("v1")?, EntityTag::strong("v2")?].map(Validators::from);
    /// assert_eq!(preconditions.part(&v1, 1000), Part::Bytes(100..=999));
    /// assert_eq!(preconditions.part(&v1, 100), Part::Unsatisfiable);
    /// assert_eq!(preconditions.part(&v2, 1000), Part::All); // the first 100 bytes were of another version
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn part(&self, current: &Validators, length: u64) -> Part {
        self.asked.part(current, length)
    }

    /// What the request prefers of its answer.
    ///
    /// ```
    /// use etag_core::{Preconditions, Return};
    /// use http::{HeaderMap, HeaderName, HeaderValue, Method};
    ///
    /// let prefer = HeaderName::from_static("prefer");
    /// let headers = HeaderMap::from_iter([(prefer, HeaderValue::from_static("return=minimal"))]);
    /// let preconditions = Preconditions::from_parts(&Method::PUT, &headers)?;
    /// assert_eq!(preconditions.preferences().returned(), Some(Return::Minimal));
    /// # Ok::<(), etag_core::MalformedPrecondition>(())
    /// ```
    pub fn preferences(&self) -> &Preferences {
        &self.asked.preferences
    }

    #[cfg(feature = "axum")]
    pub(crate) fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The header that could not be read, where ignoring it would be wrong.
    ///
    /// ```
    /// use axum::extract::FromRequestParts;
    /// use etag_core::{Outcome, Preconditions};
    /// use http::{Request, header::IF_MATCH};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (mut parts, ()) = Request::put("/").header(IF_MATCH, "v1").body(())?.into_parts();
    /// // Never rejects.
    /// let preconditions = Preconditions::from_request_parts(&mut parts, &()).await?;
    /// assert_eq!(preconditions.malformed().map(|malformed| malformed.header()), Some(&IF_MATCH));
    /// assert_eq!(preconditions.evaluate(None), Outcome::PreconditionFailed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn malformed(&self) -> Option<&MalformedPrecondition> {
        self.malformed.as_ref()
    }

    /// The tags of `If-Match` (§13.1.1).
    ///
    /// ```
    /// use etag_core::{Preconditions, TagList};
    /// use http::{HeaderMap, HeaderValue, Method, header::IF_MATCH};
    ///
    /// let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(r#""v1", "v2""#))]);
    /// let preconditions = Preconditions::from_parts(&Method::PUT, &headers)?;
    /// let tags = vec!["\"v1\"".parse()?, "\"v2\"".parse()?];
    /// assert_eq!(preconditions.if_match(), Some(&TagList::Tags(tags)));
    /// assert_eq!(preconditions.if_none_match(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn if_match(&self) -> Option<&TagList> {
        self.if_match.as_ref()
    }

    /// The tags of `If-None-Match` (§13.1.2).
    ///
    /// ```
    /// use etag_core::{Preconditions, TagList};
    /// use http::{HeaderMap, HeaderValue, Method, header::IF_NONE_MATCH};
    ///
    /// let read = |text| {
    ///     let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(text))]);
    ///     Preconditions::from_parts(&Method::GET, &headers).map(|it| it.if_none_match().cloned())
    /// };
    /// assert_eq!(read("*")?, Some(TagList::Any));
    /// assert_eq!(read("v1")?, Some(TagList::Tags(vec![]))); // malformed: it matches nothing
    /// # Ok::<(), etag_core::MalformedPrecondition>(())
    /// ```
    pub fn if_none_match(&self) -> Option<&TagList> {
        self.if_none_match.as_ref().map(SentTags::list)
    }

    /// The date of `If-Modified-Since` (§13.1.3), if it is valid.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use etag_core::Preconditions;
    /// use http::{HeaderMap, HeaderValue, Method, header::IF_MODIFIED_SINCE};
    ///
    /// let read = |date| {
    ///     let date = HeaderValue::from_static(date);
    ///     let headers = HeaderMap::from_iter([(IF_MODIFIED_SINCE, date)]);
    ///     Preconditions::from_parts(&Method::GET, &headers).map(|it| it.if_modified_since())
    /// };
    /// let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    /// assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT")?, Some(time));
    /// assert_eq!(read("1994-11-06T08:49:37Z")?, None); // no HTTP date: ignored
    /// # Ok::<(), etag_core::MalformedPrecondition>(())
    /// ```
    pub fn if_modified_since(&self) -> Option<SystemTime> {
        self.if_modified_since
    }

    /// The date of `If-Unmodified-Since` (§13.1.4), if it is valid.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use etag_core::Preconditions;
    /// use http::{HeaderMap, HeaderValue, Method, header::IF_UNMODIFIED_SINCE};
    ///
    /// let date = HeaderValue::from_static("Sun Nov  6 08:49:37 1994"); // obsolete, and read
    /// let mut headers = HeaderMap::from_iter([(IF_UNMODIFIED_SINCE, date.clone())]);
    /// let once = Preconditions::from_parts(&Method::PUT, &headers)?;
    /// let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    /// assert_eq!(once.if_unmodified_since(), Some(time));
    ///
    /// headers.append(IF_UNMODIFIED_SINCE, date);
    /// let twice = Preconditions::from_parts(&Method::PUT, &headers)?;
    /// assert_eq!(twice.if_unmodified_since(), None);
    /// # Ok::<(), etag_core::MalformedPrecondition>(())
    /// ```
    pub fn if_unmodified_since(&self) -> Option<SystemTime> {
        self.if_unmodified_since
    }

    /// The same conditions with `tags` as `If-Match`: those of a query string, where a client can't set
    /// headers.
    ///
    /// ```
    /// use etag_core::{EntityTag, Outcome, Preconditions, TagList, Validators};
    /// use http::{HeaderMap, Method};
    ///
    /// let tag = EntityTag::strong("v1")?; // of `?etag=v1`
    /// let preconditions = Preconditions::from_parts(&Method::DELETE, &HeaderMap::new())?
    ///     .with_if_match(TagList::Tags(vec![tag]));
    /// let current = Validators::from(EntityTag::strong("v2")?);
    /// assert_eq!(preconditions.evaluate(Some(&current)), Outcome::PreconditionFailed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_if_match(self, tags: TagList) -> Self {
        Self { if_match: Some(tags), ..self }
    }

    /// Whether the method only selects a representation: GET and HEAD.
    ///
    /// ```
    /// use etag_core::Preconditions;
    /// use http::{HeaderMap, Method};
    ///
    /// let headers = HeaderMap::new();
    /// assert!(Preconditions::from_parts(&Method::HEAD, &headers)?.selects());
    /// assert!(!Preconditions::from_parts(&Method::DELETE, &headers)?.selects());
    /// # Ok::<(), etag_core::MalformedPrecondition>(())
    /// ```
    pub fn selects(&self) -> bool {
        self.asked.selects()
    }

    /// Whether there is any condition, or a header that should have been one.
    ///
    /// ```
    /// use etag_core::Preconditions;
    /// use http::header::{IF_NONE_MATCH, RANGE};
    /// use http::{HeaderMap, HeaderValue, Method};
    ///
    /// let mut headers = HeaderMap::from_iter([(RANGE, HeaderValue::from_static("bytes=0-99"))]);
    /// assert!(!Preconditions::from_parts(&Method::GET, &headers)?.is_conditional());
    /// headers.insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
    /// assert!(Preconditions::from_parts(&Method::GET, &headers)?.is_conditional());
    /// # Ok::<(), etag_core::MalformedPrecondition>(())
    /// ```
    pub fn is_conditional(&self) -> bool {
        self.malformed.is_some()
            || self.if_match.is_some()
            || self.if_none_match.is_some()
            || self.if_unmodified_since.is_some()
            || self.if_modified_since.is_some()
    }
}

fn last_modified(current: Option<&Validators>) -> Option<LastModified> {
    current?.last_modified
}

/// `None` where the date is absent, invalid or repeated.
fn single_date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    date::parse(value.to_str().ok()?, SystemTime::now())
}
