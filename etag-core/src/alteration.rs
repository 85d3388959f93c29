use std::fmt;

use crate::EntityTag;
use crate::entity_tag::is_state;

/// What became of a tag of ours on its way to the client and back, where an intermediary compressed what it tags.
///
/// A tag that a user supplied (`Tagged::with_etag`) is opaque: what looks like an alteration may be part of it, and is
/// never undone. Neither is that of a view, `W/"S.~"`, which is weak by itself.
///
/// [`behind_a_proxy`](crate::guides::behind_a_proxy) says which program does what, and how it is kept from it.
///
/// ```
/// use etag_core::{Alteration, EntityTag};
///
/// let sent = EntityTag::strong("7")?; // of revision 7
/// for (came_back, alteration) in [
///     (r#"W/"7""#, Alteration::Weakened),
///     (r#""7-gzip""#, Alteration::Suffixed("-gzip")),
///     (r#"W/"7-gz""#, Alteration::WeakenedAndSuffixed("-gz")),
/// ] {
///     assert_eq!(Alteration::undo(&came_back.parse()?), Some((sent.clone(), alteration)));
/// }
/// # Ok::<(), etag_core::InvalidEntityTag>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Alteration {
    /// `W/"S"`: nginx and others that weaken what they compress.
    Weakened,
    /// `"S-gzip"`: Apache httpd, Jetty, Varnish; the suffix as it stands, such as `-gzip`.
    Suffixed(&'static str),
    /// `W/"S-gz"`: Varnish, where it unpacks what it keeps compressed.
    WeakenedAndSuffixed(&'static str),
}

impl Alteration {
    /// The tag as it was made, and what became of it; `None` where it is as it was made, or no tag of ours.
    ///
    /// ```
    /// use etag_core::{Alteration, EntityTag, StateTag};
    ///
    /// let state = StateTag::from_revision(7);
    /// let (unaltered, alteration) = Alteration::undo(&r#"W/"7-gz""#.parse()?).unwrap();
    /// assert_eq!((unaltered, alteration), (EntityTag::strong("7")?, Alteration::WeakenedAndSuffixed("-gz")));
    /// assert!(Alteration::undo(&EntityTag::strong("7")?).is_none());
    /// assert!(Alteration::undo(&EntityTag::strong("v7-gzip")?).is_none()); // not ours
    /// # Ok::<(), etag_core::InvalidEntityTag>(())
    /// ```
    pub fn undo(tag: &EntityTag) -> Option<(EntityTag, Self)> {
        let ours = |opaque: &[u8]| EntityTag::strong(opaque).ok().filter(EntityTag::has_our_form);
        if tag.is_weak()
            && let Some(unaltered) = ours(tag.opaque())
        {
            return Some((unaltered, Self::Weakened));
        }
        // No tag of ours is another one of ours and a suffix: a hash has its length, and a number only digits.
        SUFFIXES.iter().find_map(|suffix| {
            let unaltered = ours(tag.opaque().strip_suffix(suffix.as_bytes())?)?;
            let alteration =
                if tag.is_weak() { Self::WeakenedAndSuffixed(suffix) } else { Self::Suffixed(suffix) };
            Some((unaltered, alteration))
        })
    }

    /// The suffix, where there is one.
    ///
    /// ```
    /// use etag_core::Alteration;
    ///
    /// assert_eq!(Alteration::WeakenedAndSuffixed("-gz").suffix(), Some("-gz"));
    /// assert_eq!(Alteration::Weakened.suffix(), None);
    /// ```
    pub fn suffix(&self) -> Option<&'static str> {
        match self {
            Self::Weakened => None,
            Self::Suffixed(suffix) | Self::WeakenedAndSuffixed(suffix) => Some(suffix),
        }
    }

    /// The content coding that the suffix stands for.
    pub(crate) fn coding(&self) -> Option<&'static str> {
        match self.suffix()?.trim_start_matches(['-', ';']) {
            "gz" => Some("gzip"),
            coding => Some(coding),
        }
    }
}

impl fmt::Display for Alteration {
    /// `weakened`, `-gzip` or `weakened, -gz`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weakened => f.write_str("weakened"),
            Self::Suffixed(suffix) => f.write_str(suffix),
            Self::WeakenedAndSuffixed(suffix) => write!(f, "weakened, {suffix}"),
        }
    }
}

/// Whether this is the variant of one of our tags, or a view's, and a suffix.
pub(crate) fn is_suffixed(variant: &[u8]) -> bool {
    let is_variant = |text: &[u8]| is_state(text) || text.ends_with(b"~");
    SUFFIXES.iter().any(|suffix| variant.strip_suffix(suffix.as_bytes()).is_some_and(is_variant))
}

/// Whether the text of a tag can end in a suffix: one look at its end says of most that it does not.
pub(crate) fn may_have_suffix(text: &[u8]) -> bool {
    let end = text.split_last_chunk::<LONGEST>().map_or(text, |(_, end)| end);
    end.iter().any(|byte| matches!(byte, b'-' | b';'))
}

/// The length of `-deflate"`, by whose first character the longest of them are known.
const LONGEST: usize = 9;

/// Those of Apache httpd (`-gzip`, `-br`; mod_deflate, mod_brotli), Jetty (`--gzip`), Varnish (`-gz`), and others
/// that do alike.
const SUFFIXES: [&str; 15] = [
    "-gzip",
    "-gz",
    "-br",
    "-zstd",
    "-deflate",
    "--gzip",
    "--gz",
    "--br",
    "--zstd",
    "--deflate",
    ";gzip",
    ";gz",
    ";br",
    ";zstd",
    ";deflate",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preconditions::accept_encoding::CODINGS;

    #[test]
    fn each_suffix_stands_for_a_coding_that_is_known() {
        for suffix in SUFFIXES {
            let coding = Alteration::Suffixed(suffix).coding().unwrap();
            assert!(CODINGS.contains(&coding), "{suffix}");
        }
    }

    #[test]
    fn each_suffix_is_seen_at_the_end_of_a_tag() {
        for suffix in SUFFIXES {
            assert!(may_have_suffix(format!("\"7{suffix}\"").as_bytes()), "{suffix}");
        }
        assert!(!may_have_suffix(b"\"7\""));
        assert!(!may_have_suffix(b"\"-0123456789\""));
    }
}
