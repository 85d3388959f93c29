use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use http::HeaderValue;

use crate::{StateTag, TagKeys, alteration};

/// An entity tag (RFC 9110 §8.8.3): `"xyzzy"`, or `W/"xyzzy"` for a weak one.
///
/// ```text
/// entity-tag = [ weak ] opaque-tag
/// weak       = %s"W/"
/// opaque-tag = DQUOTE *etagc DQUOTE
/// etagc      = %x21 / %x23-7E / obs-text   ; obs-text: %x80-FF
/// ```
///
/// The comparison table of §8.8.3.2:
///
/// ```
/// use etag_core::EntityTag;
///
/// for (a, b, strong, weak) in [
///     (r#"W/"1""#, r#"W/"1""#, false, true),
///     (r#"W/"1""#, r#"W/"2""#, false, false),
///     (r#"W/"1""#, r#""1""#, false, true),
///     (r#""1""#, r#""1""#, true, true),
/// ] {
///     let (a, b): (EntityTag, EntityTag) = (a.parse()?, b.parse()?);
///     assert_eq!((a.strong_eq(&b), a.weak_eq(&b)), (strong, weak));
/// }
/// # Ok::<(), etag_core::InvalidEntityTag>(())
/// ```
#[derive(Clone)]
pub struct EntityTag {
    /// As it stands in the header: `"…"` or `W/"…"`.
    text: Box<[u8]>,
    /// Of which state this is a tag, where the framework made it; a user's tag is opaque.
    state: Option<StateTag>,
    /// The keys that it was made with, where its type is keyed: its text does not show the state.
    keys: Option<&'static TagKeys>,
}

impl EntityTag {
    /// A strong tag around `opaque`, which is not inspected for structure.
    ///
    /// # Errors
    ///
    /// Where a character is no etagc: a control, a space or a double quote.
    ///
    /// ```
    /// use etag_core::EntityTag;
    ///
    /// assert_eq!(EntityTag::strong("v1.2")?.to_string(), r#""v1.2""#);
    /// assert!(EntityTag::strong("v 1").is_err());
    /// # Ok::<(), etag_core::InvalidEntityTag>(())
    /// ```
    pub fn strong(opaque: impl AsRef<[u8]>) -> Result<Self, InvalidEntityTag> {
        Self::parse(&[b"\"", opaque.as_ref(), b"\""].concat())
    }

    /// A weak tag around `opaque`.
    ///
    /// ```
    /// use etag_core::EntityTag;
    ///
    /// assert_eq!(EntityTag::weak("v1")?.to_string(), r#"W/"v1""#);
    /// assert!(EntityTag::weak("W/\"v1\"").is_err()); // a tag as it is sent: for `parse`
    /// # Ok::<(), etag_core::InvalidEntityTag>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`strong`](Self::strong).
    pub fn weak(opaque: impl AsRef<[u8]>) -> Result<Self, InvalidEntityTag> {
        Self::parse(&[b"W/\"", opaque.as_ref(), b"\""].concat())
    }

    /// Reads a tag as it stands in a header, without white space around it.
    ///
    /// ```
    /// use etag_core::EntityTag;
    ///
    /// assert_eq!(EntityTag::parse(b"\"v1\"")?, EntityTag::strong("v1")?);
    /// assert_eq!(EntityTag::parse(b"\"\xe9\"")?.opaque(), b"\xe9"); // need not be UTF-8
    /// assert!(EntityTag::parse(b"w/\"v1\"").is_err());
    /// # Ok::<(), etag_core::InvalidEntityTag>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where it is not an entity-tag: unquoted, with `w/`, or with a character that is no etagc.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidEntityTag> {
        Self::check(text).map(|()| Self { text: text.into(), state: None, keys: None })
    }

    /// Whether [`parse`](Self::parse) reads a text.
    pub(crate) fn check(text: &[u8]) -> Result<(), InvalidEntityTag> {
        match text.strip_prefix(b"W/").unwrap_or(text) {
            [b'"', opaque @ .., b'"'] if opaque.iter().all(|byte| is_etagc(*byte)) => Ok(()),
            _ => Err(InvalidEntityTag),
        }
    }

    /// The tag of a representation in `state`: `"S"`, `"S.V"`, `W/"S.~"` or `W/"S.V~"`; for a keyed type, with what
    /// its keys make of S and V.
    pub(crate) fn of_state(
        state: StateTag,
        variant: Option<StateTag>,
        weak: bool,
        keys: Option<&'static TagKeys>,
    ) -> Self {
        let shown = keys.map_or(state, |keys| keys.state(state));
        let variant = variant.map(|variant| keys.map_or(variant, |keys| keys.variant(variant)));
        let is_long = variant.is_some() || weak;
        let mut text =
            Vec::with_capacity(if is_long { 2 * StateTag::LENGTH + 6 } else { StateTag::LENGTH + 2 });
        text.extend_from_slice(if weak { b"W/\"" } else { b"\"" });
        shown.write(&mut text);
        if is_long {
            text.push(b'.');
        }
        if let Some(variant) = variant {
            variant.write(&mut text);
        }
        if weak {
            text.push(b'~');
        }
        text.push(b'"');
        Self { text: text.into(), state: Some(state), keys }
    }

    /// Whether the tag is weak: good for a 304, and for nothing else (§8.8.1).
    ///
    /// ```
    /// use etag_core::EntityTag;
    ///
    /// assert!(EntityTag::weak("v1")?.is_weak());
    /// assert!(!EntityTag::strong("W/v1")?.is_weak()); // only what stands before the quotes counts
    /// # Ok::<(), etag_core::InvalidEntityTag>(())
    /// ```
    pub fn is_weak(&self) -> bool {
        self.text.first() == Some(&b'W')
    }

    /// What stands between the quotes: any octets but controls, spaces and double quotes.
    ///
    /// ```
    /// use etag_core::EntityTag;
    ///
    /// let tag: EntityTag = r#"W/"a\b""#.parse()?;
    /// assert_eq!(tag.opaque(), br"a\b"); // a backslash escapes nothing
    /// # Ok::<(), etag_core::InvalidEntityTag>(())
    /// ```
    pub fn opaque(&self) -> &[u8] {
        let quoted = if self.is_weak() { 3 } else { 1 };
        &self.text[quoted..self.text.len() - 1]
    }

    /// Strong comparison: both are strong and their octets are equal (§8.8.3.2).
    ///
    /// ```
    /// use etag_core::EntityTag;
    ///
    /// let (strong, weak) = (EntityTag::strong("v1")?, EntityTag::weak("v1")?);
    /// assert!(strong.strong_eq(&strong));
    /// assert!(!weak.strong_eq(&weak)); // though they are equal
    /// # Ok::<(), etag_core::InvalidEntityTag>(())
    /// ```
    pub fn strong_eq(&self, other: &Self) -> bool {
        !self.is_weak() && !other.is_weak() && self.opaque() == other.opaque()
    }

    /// Weak comparison: their octets are equal, whatever their strength (§8.8.3.2).
    ///
    /// ```
    /// use etag_core::EntityTag;
    ///
    /// let (strong, weak) = (EntityTag::strong("v1")?, EntityTag::weak("v1")?);
    /// assert!(strong.weak_eq(&weak));
    /// assert_ne!(strong, weak); // `==` compares the strength as well
    /// # Ok::<(), etag_core::InvalidEntityTag>(())
    /// ```
    pub fn weak_eq(&self, other: &Self) -> bool {
        self.opaque() == other.opaque()
    }

    /// Whether this is the tag's text, as it stands in a header.
    pub(crate) fn is_text(&self, text: &[u8]) -> bool {
        *self.text == *text
    }

    /// Weak comparison with the text of a tag.
    pub(crate) fn weak_eq_text(&self, text: &[u8]) -> bool {
        let quoted = text.strip_prefix(b"W/").unwrap_or(text);
        let opaque = quoted.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        opaque == Some(self.opaque())
    }

    /// Whether this tag of a request satisfies `If-Match` for a representation tagged `current`.
    ///
    /// The comparison is strong, and by state: a tag of *any* current representation of the
    /// resource satisfies it (§13.1.1). A tag that the framework did not make is compared whole.
    pub(crate) fn guards(&self, current: &Self) -> bool {
        match current.state {
            Some(state) => self.guarded_state().is_some_and(|shown| match current.keys {
                Some(keys) => keys.made(shown, state),
                None => shown == state,
            }),
            None => self.strong_eq(current),
        }
    }

    /// Whether the framework made this tag, of a state.
    pub(crate) fn is_of_state(&self) -> bool {
        self.state.is_some()
    }

    /// Whether this tag of a request, weak or not, is `"S"` or `"S.V"` to the letter.
    pub(crate) fn has_our_form(&self) -> bool {
        let mut parts = self.opaque().split(|byte| *byte == b'.').map(is_state);
        matches!((parts.next(), parts.next(), parts.next()), (Some(true), None | Some(true), None))
    }

    /// The state that this tag of a request shows, if it is strong and has the form of our own. For a keyed type,
    /// it is what a key made of the state.
    ///
    /// The `~` of a view that shows more than its tag tells stays where a hop removes `W/`; and a suffix that a hop adds
    /// to a variant is none of it.
    pub(crate) fn guarded_state(&self) -> Option<StateTag> {
        if self.is_weak() || self.opaque().ends_with(b"~") {
            return None;
        }
        let mut parts = self.opaque().splitn(2, |byte| *byte == b'.');
        let state = parts.next()?;
        if parts.next().is_some_and(alteration::is_suffixed) {
            return None;
        }
        std::str::from_utf8(state).ok()?.parse().ok()
    }

    /// The value of an `ETag` header, without a copy.
    #[cfg(feature = "axum")]
    pub(crate) fn into_header_value(self) -> HeaderValue {
        HeaderValue::try_from(Vec::from(self.text)).unwrap_or(HeaderValue::from_static("W/\"\""))
    }

    /// The value of an `ETag` header.
    ///
    /// ```
    /// use etag_core::EntityTag;
    /// use http::{HeaderMap, header::ETAG};
    ///
    /// let tag = EntityTag::weak("v1")?;
    /// let headers = HeaderMap::from_iter([(ETAG, tag.to_header_value())]);
    /// assert_eq!(headers[ETAG], r#"W/"v1""#);
    /// assert_eq!(EntityTag::try_from(&headers[ETAG])?, tag);
    /// # Ok::<(), etag_core::InvalidEntityTag>(())
    /// ```
    pub fn to_header_value(&self) -> HeaderValue {
        // A tag's characters are a subset of a header's: this does not fail.
        HeaderValue::from_bytes(&self.text).unwrap_or(HeaderValue::from_static("W/\"\""))
    }
}

/// Whether this is a state's text, or a variant's, which looks alike.
pub(crate) fn is_state(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<StateTag>().is_ok())
}

/// Whether a byte may stand in a tag; a backslash may, and escapes nothing (§8.8.3).
const fn is_etagc(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x7e | 0x80..)
}

/// Equal in strength and octets.
impl PartialEq for EntityTag {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for EntityTag {}

impl fmt::Display for EntityTag {
    /// As in a header; octets that are no UTF-8 show as `U+FFFD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match String::from_utf8_lossy(&self.text) {
            Cow::Borrowed(text) => f.write_str(text),
            Cow::Owned(text) => f.write_str(&text),
        }
    }
}

impl fmt::Debug for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not an entity tag (RFC 9110 §8.8.3).
///
/// ```
/// use etag_core::{EntityTag, InvalidEntityTag};
///
/// for text in ["v1", "\"v1", "w/\"v1\"", "\"v 1\"", "\"v1\", \"v2\""] {
///     assert_eq!(text.parse::<EntityTag>(), Err(InvalidEntityTag));
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an entity tag such as `\"xyzzy\"` or `W/\"xyzzy\"`, quotes included")]
pub struct InvalidEntityTag;

impl FromStr for EntityTag {
    type Err = InvalidEntityTag;

    fn from_str(text: &str) -> Result<Self, InvalidEntityTag> {
        Self::parse(text.as_bytes())
    }
}

impl TryFrom<&HeaderValue> for EntityTag {
    type Error = InvalidEntityTag;

    fn try_from(value: &HeaderValue) -> Result<Self, InvalidEntityTag> {
        Self::parse(value.as_bytes())
    }
}
