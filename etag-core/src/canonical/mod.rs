//! Canonical JSON: the one form of a value that its version is made of.
//!
//! The form is that of RFC 8785 (JCS) for what `serde_json` would send: members sorted by UTF-16
//! code units, numbers as ECMAScript prints them, the shortest escapes, no white space. Three rules
//! stand where RFC 8785 stops:
//!
//! - an integer outside ±2^53 keeps all its digits;
//! - a number with more digits than a double keeps is written in its own digits;
//! - a float that is not finite is `null`, as in `serde_json`.
//!
//! The writer is this crate's own, so no upgrade or feature flag of another crate moves a tag.

mod array;
pub(crate) mod buffer;
mod error;
mod frame;
mod number;
mod object;
mod raw;
mod reader;
mod serializer;
mod string;
mod writer;

pub use array::Array;
pub use error::Error;
pub use object::Object;
pub use serializer::Serializer;
pub use writer::Writer;

pub(crate) use frame::{Mark, Place, Role};
#[cfg(feature = "axum")]
pub(crate) use number::are_equal as are_equal_numbers;
pub(crate) use reader::{Open, Value};
#[cfg(feature = "axum")]
pub(crate) use serializer::{NUMBER, RAW_VALUE};
#[cfg(feature = "axum")]
pub(crate) use string::push as push_string;
pub(crate) use string::{unescaped, utf16_order};
pub(crate) use writer::Facts;

use frame::Frame;

use crate::Versioned;

/// The canonical JSON of a versioned value: all its members, without an embedded tag.
///
/// ```
/// use etag_core::{Versioned, canonical};
///
/// #[derive(Versioned)]
/// struct Pump {
///     name: &'static str,
///     litres: f64,
/// }
///
/// let pump = Pump { name: "north", litres: 40.0 };
/// assert_eq!(canonical::to_vec(&pump)?, br#"{"litres":40,"name":"north"}"#);
/// # Ok::<(), canonical::Error>(())
/// ```
///
/// # Errors
///
/// Where the value has no JSON form: a map key that is no string, a member that appears twice
/// through `flatten`, an enum variant that serde is told to skip.
pub fn to_vec<T: Versioned + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    value_to_vec(&value)
}

/// The canonical JSON of a value that only implements [`serde::Serialize`].
///
/// It is slower than [`to_vec`]: the members are collected and sorted each time.
///
/// ```
/// use etag_core::canonical;
///
/// let value = serde_json::json!({"b": 1e21, "a": [true, null]});
/// assert_eq!(canonical::to_vec_serde(&value)?, br#"{"a":[true,null],"b":1e+21}"#);
/// # Ok::<(), canonical::Error>(())
/// ```
///
/// # Errors
///
/// As [`to_vec`], and where the type's own `Serialize` fails.
pub fn to_vec_serde<T: serde::Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    written(&|writer| writer.serde(value))
}

#[inline(never)]
fn value_to_vec(value: &dyn Value) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new();
    Open::write(value, Place::Nested, &mut writer);
    writer.finish().map(buffer::settle)
}

#[inline(never)]
fn written(write: &dyn Fn(&mut Writer)) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new();
    write(&mut writer);
    writer.finish().map(buffer::settle)
}

/// The canonical JSON that `write` writes of a value.
pub(crate) fn to_vec_with<T: ?Sized>(
    value: &T,
    write: impl Fn(&T, Serializer<'_>) -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    written(&|writer| writer.with(|serializer| write(value, serializer)))
}

/// A string as canonical JSON, with its quotes.
pub(crate) fn string(text: &str) -> String {
    let mut bytes = Vec::new();
    string::write(&mut bytes, text);
    String::from_utf8_lossy(&bytes).into_owned()
}
