//! What a client prefers of an answer.

use http::{HeaderMap, HeaderName, HeaderValue};
use sfv::{BareItem, Dictionary, ListEntry, Parser};

/// What a client prefers of an answer, and a server may ignore: `Prefer: return=…` (RFC 7240 §4.2) and
/// `Want-Repr-Digest` (RFC 9530 §4).
///
/// ```
/// use etag_core::{Algorithm, Preferences, Return};
/// use http::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("prefer", HeaderValue::from_static("respond-async, return=minimal"));
/// headers.insert("want-repr-digest", HeaderValue::from_static("sha-512=3, sha-256=10"));
/// let preferences = Preferences::from_headers(&headers);
/// assert_eq!(preferences.returned(), Some(Return::Minimal));
/// assert_eq!(preferences.digest(), Some(Algorithm::Sha256));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preferences {
    returned: Option<Return>,
    digest: Option<Algorithm>,
}

/// What the answer of a write shows.
///
/// ```
/// use etag_core::{Preferences, Return};
/// use http::{HeaderMap, HeaderName, HeaderValue};
///
/// let prefer = HeaderName::from_static("prefer");
/// for (text, returned) in [
///     ("return=minimal", Return::Minimal),
///     ("handling=strict, return=representation", Return::Representation),
/// ] {
///     let headers = HeaderMap::from_iter([(prefer.clone(), HeaderValue::from_static(text))]);
///     assert_eq!(Preferences::from_headers(&headers).returned(), Some(returned));
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// `return=minimal`: as little as can be.
    Minimal,
    /// `return=representation`: the resource's current representation.
    Representation,
}

/// How a representation is hashed (RFC 9530 §5); those that are deprecated are not known here.
///
/// ```
/// use etag_core::{Algorithm, Preferences};
/// use http::{HeaderMap, HeaderName, HeaderValue};
///
/// let want = HeaderName::from_static("want-repr-digest");
/// for (text, algorithm) in [("sha-512=1", Some(Algorithm::Sha512)), ("md5=10", None)] {
///     let headers = HeaderMap::from_iter([(want.clone(), HeaderValue::from_static(text))]);
///     assert_eq!(Preferences::from_headers(&headers).digest(), algorithm);
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// `sha-256`.
    Sha256,
    /// `sha-512`.
    Sha512,
}

impl Preferences {
    /// Reads the preferences of a request; what is unknown or malformed is ignored (RFC 7240 §2).
    ///
    /// ```
    /// use etag_core::Preferences;
    /// use http::{HeaderMap, HeaderName, HeaderValue};
    ///
    /// let prefer = HeaderName::from_static("prefer");
    /// let headers = HeaderMap::from_iter([(prefer, HeaderValue::from_static("return=nothing"))]);
    /// assert_eq!(Preferences::from_headers(&headers), Preferences::default());
    /// ```
    pub fn from_headers(headers: &HeaderMap) -> Self {
        Self { returned: returned(headers), digest: digest(headers) }
    }

    /// What the answer of a write shows; `None` where the client does not care, or says both.
    ///
    /// ```
    /// use etag_core::Preferences;
    /// use http::{HeaderMap, HeaderName, HeaderValue};
    ///
    /// let both = HeaderValue::from_static("return=minimal, return=representation");
    /// let headers = HeaderMap::from_iter([(HeaderName::from_static("prefer"), both)]);
    /// assert_eq!(Preferences::from_headers(&headers).returned(), None);
    /// ```
    pub const fn returned(&self) -> Option<Return> {
        self.returned
    }

    /// With which algorithm the client would have `Repr-Digest`; of those it ranks alike, SHA-256.
    ///
    /// ```
    /// use etag_core::{Algorithm, Preferences};
    /// use http::{HeaderMap, HeaderName, HeaderValue};
    ///
    /// let want = HeaderName::from_static("want-repr-digest");
    /// for (text, algorithm) in [
    ///     ("sha-256=3, sha-512=9", Some(Algorithm::Sha512)),
    ///     ("sha-256=9, sha-512=9", Some(Algorithm::Sha256)),
    ///     ("sha-256=0", None), // not acceptable
    /// ] {
    ///     let headers = HeaderMap::from_iter([(want.clone(), HeaderValue::from_static(text))]);
    ///     assert_eq!(Preferences::from_headers(&headers).digest(), algorithm);
    /// }
    /// ```
    pub const fn digest(&self) -> Option<Algorithm> {
        self.digest
    }
}

fn returned(headers: &HeaderMap) -> Option<Return> {
    let lines = headers.get_all(PREFER).iter().filter_map(|line| line.to_str().ok());
    let mut returned = None;
    for preference in lines.flat_map(|line| unquoted_parts(line, ',')) {
        // Parameters of the preference stand behind it.
        let (name, value) =
            unquoted_parts(preference, ';').next()?.split_once('=').unwrap_or((preference, ""));
        if !name.trim().eq_ignore_ascii_case("return") {
            continue;
        }
        let value = match value.trim().trim_matches('"') {
            "minimal" => Return::Minimal,
            "representation" => Return::Representation,
            _ => continue,
        };
        if returned.is_some_and(|other| other != value) {
            return None;
        }
        returned = Some(value);
    }
    returned
}

/// The parts of a text between separators that stand outside of double quotes.
fn unquoted_parts(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    text.split(move |char| {
        let was_escaped = is_escaped;
        is_escaped = is_quoted && !was_escaped && char == '\\';
        is_quoted ^= char == '"' && !was_escaped;
        char == separator && !is_quoted
    })
}

fn digest(headers: &HeaderMap) -> Option<Algorithm> {
    let lines: Vec<&[u8]> = headers.get_all(WANT_REPR_DIGEST).iter().map(HeaderValue::as_bytes).collect();
    if lines.is_empty() {
        return None;
    }
    let wanted: Dictionary = Parser::new(&lines.join(&b',')).parse().ok()?;
    let weight = |name: &str| match wanted.get(name)? {
        ListEntry::Item(item) => match item.bare_item {
            // 0 is "not acceptable", 10 the most.
            BareItem::Integer(weight) => u64::try_from(weight).ok().filter(|weight| *weight > 0),
            _ => None,
        },
        ListEntry::InnerList(_) => None,
    };
    match (weight("sha-256"), weight("sha-512")) {
        (sha256, Some(sha512)) if sha256.is_none_or(|sha256| sha256 < sha512) => Some(Algorithm::Sha512),
        (sha256, _) => sha256.map(|_| Algorithm::Sha256),
    }
}

const PREFER: HeaderName = HeaderName::from_static("prefer");
const WANT_REPR_DIGEST: HeaderName = HeaderName::from_static("want-repr-digest");
