//! What a versioned type is: [`Versioned`], and [`Describe`], the words its description is made of.

mod describe;
mod foreign;
mod standard;

pub use describe::Describe;

/// A type whose values have a canonical form, and so a version.
///
/// Derive it. The implementation is one description of the type, without a value, that every
/// reader walks: the body, the hash of the state, the hash of the variant, the validators, the
/// type's shape and the names of its members.
///
/// # What equal tags promise
///
/// Two values of one type with equal strong tags have the same canonical JSON, byte for byte, up to
/// a collision of SHA-256. Values of different types may share a tag where their canonical JSON is
/// the same. A tag is a fingerprint, not a secret and not a signature (RFC 9110 §17.14): whoever can guess
/// the content can check the guess.
///
/// # For those who implement it by hand
///
/// A description says either one leaf, or one array, or the members of one object; that of an enum says it
/// for each variant, of which one [holds](Describe::when). It does not depend on anything but the type: it
/// makes the same calls, in the same order, each time. The members of an object come in canonical order
/// (RFC 8785 §3.2.3: sorted by UTF-16 code units), [`flatten`](Describe::flatten) before all of them. What it says is a promise to those who hold
/// tags: a change to it changes the tags.
///
/// ```
/// use etag_core::{Describe, Versioned, canonical};
///
/// struct Celsius(f64);
///
/// impl Versioned for Celsius {
///     fn describe<D: Describe<Self>>(celsius: &mut D) {
///         celsius.transparent(|celsius| &celsius.0);
///     }
/// }
///
/// assert_eq!(canonical::to_vec(&Celsius(21.50))?, b"21.5");
/// # Ok::<(), canonical::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no canonical form",
    label = "no version can be made of this type",
    note = "if `{Self}` is yours, add `#[derive(Versioned)]` to it",
    note = "if it implements `Serialize`, mark the field `#[versioned(serde)]`, or wrap it in a struct with such a field"
)]
pub trait Versioned {
    /// Says what the type consists of, to whoever reads it.
    fn describe<D: Describe<Self>>(it: &mut D);
}
