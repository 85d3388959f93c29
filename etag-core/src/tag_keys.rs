use std::fmt;
use std::sync::OnceLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{StateTag, canonical};

/// The secret keys that the tags of [keyed](derive@crate::Versioned) types are made with, given once at start-up.
///
/// The tags of other types say to whoever guesses a content whether the guess is right. Those of a type with
/// `#[versioned(keyed)]` are made of the state with HMAC-SHA-256 (RFC 2104), so they say nothing without the key. The
/// guide [`keyed_tags`](crate::guides::keyed_tags) says which types need it, and how keys are exchanged.
///
/// ```
/// use etag_core::{Representation, StateTag, TagKeys, Versioned};
///
/// #[derive(Versioned)]
/// #[versioned(keyed)]
/// struct Diagnosis {
///     patient: u64,
///     code: &'static str,
/// }
///
/// let diagnosis = Diagnosis { patient: 7, code: "J45" };
/// assert!(Representation::of(&diagnosis).is_err()); // no keys: no tag
///
/// # let key = [7_u8; 32];
/// TagKeys::new(key)?.install()?; // 32 random bytes, from where the service's secrets are
/// let etag = Representation::of(&diagnosis)?.validators().etag.unwrap();
/// assert_ne!(etag.to_string(), format!("\"{}\"", StateTag::of(&diagnosis)?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TagKeys {
    current: Hmac<Sha256>,
    /// Those of tags that guard a write as well.
    accepted: Vec<Hmac<Sha256>>,
}

impl TagKeys {
    /// Keys of which this one makes the tags.
    ///
    /// # Errors
    ///
    /// Where the key has fewer than 32 bytes: a shorter one may be guessed.
    ///
    /// ```
    /// use etag_core::{TagKeys, TagKeysError};
    ///
    /// assert_eq!(TagKeys::new("secret").unwrap_err(), TagKeysError::Short);
    /// ```
    pub fn new(key: impl AsRef<[u8]>) -> Result<Self, TagKeysError> {
        Ok(Self { current: hmac(key.as_ref())?, accepted: Vec::new() })
    }

    /// The same, and tags that another key made guard a write as well: the one before this, or the one after it.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// ```
    /// use etag_core::TagKeys;
    ///
    /// let [old, new] = [[1_u8; 32], [2; 32]];
    /// TagKeys::new(new)?.accepting(old)?.install()?;
    /// # Ok::<(), etag_core::TagKeysError>(())
    /// ```
    pub fn accepting(mut self, key: impl AsRef<[u8]>) -> Result<Self, TagKeysError> {
        self.accepted.push(hmac(key.as_ref())?);
        Ok(self)
    }

    /// Makes these the keys of the process; before that, what has keyed tags is answered 500.
    ///
    /// # Errors
    ///
    /// Where there are some already: they stay.
    ///
    /// ```
    /// use etag_core::{TagKeys, TagKeysError};
    ///
    /// let keys = TagKeys::new([7_u8; 32])?;
    /// keys.clone().install()?;
    /// assert_eq!(keys.install(), Err(TagKeysError::Installed));
    /// # Ok::<(), TagKeysError>(())
    /// ```
    pub fn install(self) -> Result<(), TagKeysError> {
        INSTALLED.set(self).map_err(|_| TagKeysError::Installed)
    }

    /// The keys that the tags of a type need, where they do.
    pub(crate) fn needed(is_keyed: bool) -> Result<Option<&'static Self>, canonical::Error> {
        match (is_keyed, INSTALLED.get()) {
            (false, _) => Ok(None),
            (true, None) => Err(canonical::Error::NoTagKeys),
            (true, keys) => Ok(keys),
        }
    }

    /// What a tag shows of a state.
    pub(crate) fn state(&self, state: StateTag) -> StateTag {
        StateTag::from_hash(of_state(&self.current, state).finalize().into_bytes().into())
    }

    /// What a tag shows of a variant.
    pub(crate) fn variant(&self, variant: StateTag) -> StateTag {
        StateTag::from_hash(message(&self.current, "variant", variant).finalize().into_bytes().into())
    }

    /// Whether one of these keys made what is `shown` of a state. How long it takes does not depend on the bytes.
    pub(crate) fn made(&self, shown: StateTag, state: StateTag) -> bool {
        let Some(shown) = shown.as_hash() else {
            return false;
        };
        let keys = std::iter::once(&self.current).chain(&self.accepted);
        // Each key is asked, also after one that made it.
        keys.fold(false, |made, key| made | of_state(key, state).verify_slice(shown).is_ok())
    }
}

fn hmac(key: &[u8]) -> Result<Hmac<Sha256>, TagKeysError> {
    if key.len() < LEAST {
        return Err(TagKeysError::Short);
    }
    // HMAC takes a key of any length (RFC 2104 §2).
    Hmac::new_from_slice(key).map_err(|_| TagKeysError::Short)
}

fn of_state(key: &Hmac<Sha256>, state: StateTag) -> Hmac<Sha256> {
    message(key, "state", state)
}

/// `state S` or `variant V`: what is shown of the one never is what is shown of the other.
fn message(key: &Hmac<Sha256>, part: &str, of: StateTag) -> Hmac<Sha256> {
    key.clone().chain_update(part).chain_update(" ").chain_update(of.to_string())
}

/// How many keys there are, and none of them.
impl fmt::Debug for TagKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TagKeys").field("accepted", &self.accepted.len()).finish_non_exhaustive()
    }
}

/// Why keys for tags can't be used.
///
/// ```
/// use etag_core::{TagKeys, TagKeysError};
///
/// assert_eq!(TagKeys::new([0; 31]).unwrap_err(), TagKeysError::Short);
/// assert!(TagKeys::new([0; 32]).is_ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagKeysError {
    /// A key is too short.
    #[error("a key for tags has at least 32 bytes, all of them random")]
    Short,
    /// The process has its keys already.
    #[error("keys for tags are installed once in a process, and some are already")]
    Installed,
}

static INSTALLED: OnceLock<TagKeys> = OnceLock::new();

/// As many bytes as the hash has (RFC 2104 §3).
const LEAST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(key: u8) -> TagKeys {
        TagKeys::new([key; 32]).unwrap()
    }

    #[test]
    fn what_is_shown_is_another_thing_for_each_key_and_each_part_of_a_tag() {
        let state = StateTag::from_hash([5; 32]);
        let shown = [keys(1).state(state), keys(2).state(state), keys(1).variant(state), state];
        for (index, one) in shown.iter().enumerate() {
            assert!(shown[index + 1..].iter().all(|other| one != other), "{shown:?}");
        }
    }

    #[test]
    fn a_state_is_known_again_by_each_key_that_is_accepted_and_by_no_other() {
        for state in [StateTag::from_hash([5; 32]), StateTag::from_revision(7)] {
            let both = keys(1).accepting([2; 32]).unwrap();
            assert!(both.made(keys(1).state(state), state));
            assert!(both.made(keys(2).state(state), state));
            assert!(!both.made(keys(3).state(state), state));
            assert!(!both.made(keys(1).state(StateTag::from_revision(8)), state));
            assert!(!both.made(keys(1).variant(state), state));
            assert!(!both.made(state, state), "the state itself");
        }
    }

    #[test]
    fn a_key_is_in_no_message() {
        let text = format!("{:?}", TagKeys::new("a key of thirty-two bytes, or so").unwrap());
        assert_eq!(text, "TagKeys { accepted: 0, .. }");
    }
}
