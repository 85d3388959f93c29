//! What identifies a resource: [`Key`], and its parts.

use std::borrow::Cow;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// One part of a key: what one parameter of a path holds.
///
/// Implemented for integers, `String` and, with its feature, `Uuid`; for a newtype of yours:
///
/// ```
/// use etag_core::{Key, KeyPart};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
/// struct Sku(String);
///
/// impl KeyPart for Sku {
///     fn parse(text: &str) -> Option<Self> {
///         text.chars().all(|c| c.is_ascii_alphanumeric()).then(|| Self(text.to_owned()))
///     }
///     fn text(&self) -> String {
///         self.0.clone()
///     }
/// }
///
/// assert_eq!(Sku::from_parts(&["A7"]), Some(Sku("A7".to_owned())));
/// assert_eq!(Sku::from_parts(&["A/7"]), None); // answered 404
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be part of a key",
    label = "expected an integer, a `String`, a `Uuid` or a type that implements `KeyPart`",
    note = "`Uuid` is one with the feature `uuid`; for a type of yours, implement `etag_core::KeyPart`"
)]
pub trait KeyPart: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Reads a path parameter; `None` where no resource can have such a key.
    ///
    /// Of a request, or of a new key, it is not asked for `.` and `..`, which are never part of one: a client removes
    /// them from the path that it asks for (RFC 3986 §5.2.4).
    ///
    /// ```
    /// use etag_core::Key;
    ///
    /// assert_eq!(String::from_parts(&["..."]), Some("...".to_owned()));
    /// assert_eq!(String::from_parts(&[".."]), None); // answered 404
    /// assert_eq!(<(u64, String)>::from_parts(&["7", "."]), None);
    /// ```
    fn parse(text: &str) -> Option<Self>;

    /// The part's text, in the one form that equal parts share; [`parse`](Self::parse) reads it.
    fn text(&self) -> String;

    /// The same, borrowed where the part is a text itself.
    ///
    /// ```
    /// use etag_core::KeyPart;
    ///
    /// assert_eq!(7_u64.as_text(), 7.text());
    /// assert!(matches!("a".to_owned().as_text(), std::borrow::Cow::Borrowed("a")));
    /// ```
    fn as_text(&self) -> Cow<'_, str> {
        self.text().into()
    }

    /// A key that nothing has had before, where the type can make one.
    fn new() -> Option<Self> {
        None
    }
}

/// What identifies a resource among those of its type: a [`KeyPart`], several in a tuple, or `()` for the
/// only one.
///
/// ```
/// use etag_core::Key;
///
/// assert_eq!(<(u64, String)>::from_parts(&["7", "north"]), Some((7, "north".to_owned())));
/// assert_eq!(<(u64, String)>::from_parts(&["07", "north"]), None); // it is `7` in another form
/// assert_eq!(<()>::from_parts(&[] as &[&str]), Some(()));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a key",
    label = "expected an integer, a `String`, a `Uuid`, a type that implements `KeyPart`, or a tuple of these",
    note = "for a type of yours, implement `etag_core::KeyPart`; `()` is the key of a resource that there is one of"
)]
pub trait Key: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// How many parts there are.
    const PARTS: usize;

    /// Reads the parts, in order; `None` where no resource can have such a key.
    fn from_parts(parts: &[&str]) -> Option<Self>;

    /// Reads the parts of a key that a row stands under, in order: also those that no request, and no new key, can have.
    ///
    /// What an older version stored under `.` or `..` is listed as all else is, and
    /// [`Store::remove`](crate::Store::remove) removes it.
    ///
    /// ```
    /// use etag_core::Key;
    ///
    /// assert_eq!(String::from_stored_parts(&[".."]), Some("..".to_owned()));
    /// assert_eq!(String::from_parts(&[".."]), None); // answered 404
    /// ```
    fn from_stored_parts(parts: &[&str]) -> Option<Self> {
        Self::from_parts(parts)
    }

    /// The parts' texts, in order.
    fn parts(&self) -> Vec<String>;

    /// The text of a key that is one part, borrowed where that is a text itself.
    ///
    /// ```
    /// use etag_core::Key;
    ///
    /// assert_eq!("a".to_owned().only_part().as_deref(), Some("a"));
    /// assert_eq!(("a".to_owned(), 7).only_part(), None);
    /// ```
    fn only_part(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// The text of the part at `index`, in the one form that equal parts share; `None` where no part has such a text.
    fn part_to_text(index: usize, text: &str) -> Option<String>;

    /// The JSON of the part at `index` whose text is `text`; `None` where no part has such a text.
    fn part_to_json(index: usize, text: &str) -> Option<String>;

    /// The text of the part at `index` whose JSON is `json`; `None` where it is no such part.
    fn part_from_json(index: usize, json: &str) -> Option<String>;

    /// A key that nothing has had before, under the parts that are known: those at its start.
    fn under(known: &[&str]) -> Option<Self>;
}

/// Reads a part of a key that a request names, or that is new.
fn part_of<P: KeyPart>(text: &str) -> Option<P> {
    if is_dot_segment(text) { None } else { P::parse(text) }
}

/// Whoever asks for a dot segment removes it from the path (RFC 3986 §5.2.4), also where it is percent-encoded
/// (§6.2.2.2).
fn is_dot_segment(text: &str) -> bool {
    matches!(text, "." | "..")
}

impl<P: KeyPart> Key for P {
    const PARTS: usize = 1;

    fn from_parts(parts: &[&str]) -> Option<Self> {
        match parts {
            [part] => part_of(part),
            _ => None,
        }
    }

    fn from_stored_parts(parts: &[&str]) -> Option<Self> {
        match parts {
            [part] => P::parse(part),
            _ => None,
        }
    }

    fn parts(&self) -> Vec<String> {
        vec![self.text()]
    }

    fn only_part(&self) -> Option<Cow<'_, str>> {
        Some(self.as_text())
    }

    fn part_to_text(_: usize, text: &str) -> Option<String> {
        part_of::<P>(text).map(|part| part.text())
    }

    fn part_to_json(_: usize, text: &str) -> Option<String> {
        serde_json::to_string(&part_of::<P>(text)?).ok()
    }

    fn part_from_json(_: usize, json: &str) -> Option<String> {
        serde_json::from_str::<P>(json).ok().map(|part| part.text())
    }

    fn under(known: &[&str]) -> Option<Self> {
        if known.is_empty() { P::new() } else { Self::from_parts(known) }
    }
}

impl Key for () {
    const PARTS: usize = 0;

    fn from_parts(parts: &[&str]) -> Option<Self> {
        parts.is_empty().then_some(())
    }

    fn parts(&self) -> Vec<String> {
        Vec::new()
    }

    fn part_to_text(_: usize, _: &str) -> Option<String> {
        None
    }

    fn part_to_json(_: usize, _: &str) -> Option<String> {
        None
    }

    fn part_from_json(_: usize, _: &str) -> Option<String> {
        None
    }

    fn under(known: &[&str]) -> Option<Self> {
        Self::from_parts(known)
    }
}

macro_rules! tuples {
    ($($count:literal ($($part:ident $index:tt)+))*) => {$(
        impl<$($part: KeyPart),+> Key for ($($part,)+) {
            const PARTS: usize = $count;

            fn from_parts(parts: &[&str]) -> Option<Self> {
                if parts.iter().any(|part| is_dot_segment(part)) {
                    return None;
                }
                Self::from_stored_parts(parts)
            }

            fn from_stored_parts(parts: &[&str]) -> Option<Self> {
                if parts.len() != $count {
                    return None;
                }
                Some(($($part::parse(parts[$index])?,)+))
            }

            fn parts(&self) -> Vec<String> {
                vec![$(self.$index.text()),+]
            }

            fn part_to_text(index: usize, text: &str) -> Option<String> {
                match index {
                    $($index => $part::part_to_text(0, text),)+
                    _ => None,
                }
            }

            fn part_to_json(index: usize, text: &str) -> Option<String> {
                match index {
                    $($index => $part::part_to_json(0, text),)+
                    _ => None,
                }
            }

            fn part_from_json(index: usize, json: &str) -> Option<String> {
                match index {
                    $($index => $part::part_from_json(0, json),)+
                    _ => None,
                }
            }

            fn under(known: &[&str]) -> Option<Self> {
                Some(($(match known.get($index) {
                    Some(part) => part_of(part)?,
                    None => $part::new()?,
                },)+))
            }
        }
    )*};
}

tuples! {
    2 (A 0 B 1)
    3 (A 0 B 1 C 2)
    4 (A 0 B 1 C 2 D 3)
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl KeyPart for $integer {
            /// Decimal digits; a sign or a leading zero would be a second name for one resource.
            fn parse(text: &str) -> Option<Self> {
                text.parse().ok().filter(|number: &Self| number.text() == text)
            }

            fn text(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

integers!(u8 u16 u32 u64 i8 i16 i32 i64);

impl KeyPart for String {
    /// Any text but the empty one.
    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn text(&self) -> String {
        self.clone()
    }

    fn as_text(&self) -> Cow<'_, str> {
        self.into()
    }
}

#[cfg(feature = "uuid")]
impl KeyPart for uuid::Uuid {
    /// Hyphenated, in either case (RFC 9562 §4).
    fn parse(text: &str) -> Option<Self> {
        text.parse::<uuid::fmt::Hyphenated>().ok().map(Self::from)
    }

    fn text(&self) -> String {
        self.to_string()
    }

    fn new() -> Option<Self> {
        Some(Self::new_v4())
    }
}
