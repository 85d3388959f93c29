/// Why a value has no canonical JSON, or no tag.
///
/// ```
/// use etag_core::{Versioned, canonical};
///
/// #[derive(Versioned)]
/// struct Maker {
///     name: &'static str,
/// }
///
/// #[derive(Versioned)]
/// struct Pump {
///     name: &'static str,
///     #[serde(flatten)]
///     maker: Maker,
/// }
///
/// let pump = Pump { name: "north", maker: Maker { name: "Acme" } };
/// assert_eq!(canonical::to_vec(&pump), Err(canonical::Error::Duplicate("name".to_owned())));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A map's key is neither a string nor a number nor a boolean.
    #[error("a map key must be a string, a number or a boolean")]
    Key,
    /// Two members have one name: a flattened type repeats a member of the outer one.
    #[error("the member `{0}` would appear twice")]
    Duplicate(String),
    /// What is flattened is neither a struct nor a map, nor an enum of them.
    #[error("only structs, maps and enums can be flattened")]
    Flatten,
    /// A variant with a tag among its members holds an option, which serde does not send there.
    #[error("a variant with a tag among its members cannot hold an option")]
    TaggedOption,
    /// A hand-written description names its members in another order than RFC 8785 §3.2.3, or one of them twice:
    /// found in debug builds.
    #[error("the member `{0}` is described out of canonical order")]
    Order(String),
    /// A hand-written description does not say of which variant a member is that can be left out.
    #[error("the member `{0}` of a variant is described outside of `when`")]
    Case(String),
    /// The value is of a variant that is marked `#[serde(skip)]`.
    #[error("the value's enum variant is marked to be skipped")]
    SkippedVariant,
    /// The type's tags are keyed, and the process has no [keys](crate::TagKeys).
    #[error("its tags are keyed, and there is no key: start with `TagKeys::new(key)?.install()?`")]
    NoTagKeys,
    /// The value is to be in a [`Collection`](crate::Collection), and shows `variant` or `skip` members: the collection's
    /// tag would miss their changes.
    #[cfg(feature = "collections")]
    #[error(
        "it shows `variant` or `skip` members, whose changes a collection's tag would miss: keep there what it is made of"
    )]
    View,
    /// A foreign `Serialize` failed, with this message.
    #[error("{0}")]
    Custom(String),
}

impl serde::ser::Error for Error {
    fn custom<M: std::fmt::Display>(message: M) -> Self {
        Self::Custom(message.to_string())
    }
}
