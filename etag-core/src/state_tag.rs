use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::{Versioned, canonical};

/// The state of a resource: what a write guards.
///
/// It is the SHA-256 of the canonical state, written in base64url without padding (43 characters,
/// RFC 4648 §5), or, for types with a `revision`, that number.
///
/// ```
/// use etag_core::StateTag;
///
/// let state = StateTag::of("hello")?;
/// assert_eq!(state.to_string(), "Wqdirjg_u3J688ejbUlApbjECpiUUtIwT8lY_z81Tno"); // sha256 of "hello", with its quotes
/// assert_eq!(StateTag::from_revision(7).to_string(), "7");
/// # Ok::<(), etag_core::canonical::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StateTag(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Hash([u8; 32]),
    Revision(u64),
}

impl StateTag {
    /// The state of a value, as its entity tag would name it, if that is not keyed.
    ///
    /// ```
    /// use etag_core::{StateTag, Versioned};
    ///
    /// #[derive(Versioned)]
    /// struct Article {
    ///     title: &'static str,
    ///     #[versioned(skip)]
    ///     views: u64,
    /// }
    ///
    /// let [seen, unseen] = [7, 0].map(|views| StateTag::of(&Article { title: "Pumps", views }));
    /// assert_eq!(seen?, unseen?);
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the value has no canonical JSON.
    pub fn of<T: Versioned + ?Sized>(value: &T) -> Result<Self, canonical::Error> {
        crate::representation::state_of(value)
    }

    /// The state whose hash is `hash`.
    ///
    /// ```
    /// use etag_core::StateTag;
    /// use sha2::{Digest, Sha256};
    ///
    /// let state = StateTag::from_hash(Sha256::digest(b"\"hello\"").into()); // canonical JSON
    /// assert_eq!(state.to_string(), "Wqdirjg_u3J688ejbUlApbjECpiUUtIwT8lY_z81Tno");
    /// assert_eq!(state, StateTag::of("hello")?);
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub const fn from_hash(hash: [u8; 32]) -> Self {
        Self(Kind::Hash(hash))
    }

    /// The state of a resource whose versions are numbered.
    ///
    /// ```
    /// use etag_core::StateTag;
    ///
    /// let state = StateTag::from_revision(7);
    /// assert_eq!(state.to_string(), "7");
    /// assert_ne!(state, StateTag::of(&7)?); // which is the hash of a value
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub const fn from_revision(revision: u64) -> Self {
        Self(Kind::Revision(revision))
    }

    /// The revision, where the state is one.
    ///
    /// ```
    /// use etag_core::StateTag;
    ///
    /// assert_eq!(StateTag::from_revision(7).revision(), Some(7));
    /// assert_eq!(StateTag::of("hello")?.revision(), None);
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub const fn revision(&self) -> Option<u64> {
        match self.0 {
            Kind::Revision(revision) => Some(revision),
            Kind::Hash(_) => None,
        }
    }

    /// The hash, where the state is one.
    pub(crate) const fn as_hash(&self) -> Option<&[u8; 32]> {
        match &self.0 {
            Kind::Hash(hash) => Some(hash),
            Kind::Revision(_) => None,
        }
    }

    /// The state that a hash over these pieces names.
    pub(crate) fn hash<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new();
        for piece in pieces {
            hasher.update(piece);
        }
        Self::from_hash(hasher.finalize().into())
    }

    /// 32 bytes in base64, six bits a character.
    pub(crate) const LENGTH: usize = 43;

    /// Writes the text of the state.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        match self.0 {
            Kind::Revision(revision) => {
                bytes.extend_from_slice(itoa::Buffer::new().format(revision).as_bytes());
            }
            Kind::Hash(hash) => bytes.extend_from_slice(&encoded(&hash)),
        }
    }
}

/// The text of a hash, which has room for it.
fn encoded(hash: &[u8; 32]) -> [u8; StateTag::LENGTH] {
    let mut text = [0; StateTag::LENGTH];
    let length = URL_SAFE_NO_PAD.encode_slice(hash, &mut text);
    debug_assert_eq!(length, Ok(StateTag::LENGTH));
    text
}

impl fmt::Display for StateTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::Revision(revision) => revision.fmt(f),
            Kind::Hash(hash) => {
                let text = encoded(&hash);
                f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }
    }
}

/// The text is neither 43 characters of base64url nor a decimal number.
///
/// ```
/// use etag_core::{InvalidStateTag, StateTag};
///
/// assert_eq!("007".parse::<StateTag>(), Err(InvalidStateTag)); // a state has one text: "7"
/// assert_eq!("\"7\"".parse::<StateTag>(), Err(InvalidStateTag)); // this is an entity tag
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a state is 43 characters of base64url or a decimal number")]
pub struct InvalidStateTag;

impl FromStr for StateTag {
    type Err = InvalidStateTag;

    /// Each state has one text: padding, trailing bits and leading zeros are refused.
    fn from_str(text: &str) -> Result<Self, InvalidStateTag> {
        if text.len() == Self::LENGTH {
            let mut hash = [0; 32];
            return match URL_SAFE_NO_PAD.decode_slice(text, &mut hash) {
                Ok(32) => Ok(Self::from_hash(hash)),
                _ => Err(InvalidStateTag),
            };
        }
        match text.parse() {
            Ok(revision) if itoa::Buffer::new().format::<u64>(revision) == text => {
                Ok(Self::from_revision(revision))
            }
            _ => Err(InvalidStateTag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_one_text() {
        let text = StateTag::from_hash([255; 32]).to_string();
        assert_eq!(text.parse(), Ok(StateTag::from_hash([255; 32])));
        let trailing_bits = format!("{}9", &text[..42]);
        assert_eq!(trailing_bits.parse::<StateTag>(), Err(InvalidStateTag));
        for text in ["", "007", "+7", "-7", "7 ", "18446744073709551616", "x"] {
            assert_eq!(text.parse::<StateTag>(), Err(InvalidStateTag), "{text}");
        }
        assert_eq!("18446744073709551615".parse(), Ok(StateTag::from_revision(u64::MAX)));
    }
}
