use std::fmt::{self, Display, Write as _};
use std::path::Path;
use std::vec;

use serde::Serialize;

use super::frame::{Mark, Member, Role};
use super::{Error, Open, Place, Serializer, Value, buffer, number, string};
use crate::list::{Item, Items};
use crate::outline::Outline;
use crate::{StateTag, Timestamp, Versioned};

/// Writes canonical JSON: what a [`leaf`](crate::Describe::leaf) is handed.
///
/// A leaf calls one of its methods, once.
///
/// ```
/// use etag_core::{Describe, Versioned, canonical};
///
/// struct Celsius(i32);
///
/// impl Versioned for Celsius {
///     fn describe<D: Describe<Self>>(celsius: &mut D) {
///         celsius.leaf("celsius", |celsius, writer| writer.display(&format_args!("{} °C", celsius.0)));
///     }
/// }
///
/// assert_eq!(canonical::to_vec(&Celsius(21))?, "\"21 °C\"".as_bytes());
/// # Ok::<(), canonical::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    pub(super) bytes: Vec<u8>,
    pub(super) error: Option<Error>,
    /// The members that are sorted when their objects close, those of the innermost object last.
    pub(super) members: Vec<Member>,
    pub(super) facts: Facts,
    /// Whether the key of a map is written.
    pub(super) is_key: bool,
    /// Whether what is written is to be kept, and not sent: no tag is shown in it.
    kept: bool,
    /// The states of a list's items, where they are known, in order.
    known: vec::IntoIter<StateTag>,
}

/// What the outermost value said of itself while it was written.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The members that are not plain state.
    pub(crate) marks: Vec<Mark>,
    pub(crate) revision: Option<u64>,
    pub(crate) modified: Option<Timestamp>,
    /// Where the embedded tag goes, and its member's name.
    pub(crate) embed: Option<(usize, &'static str)>,
    /// The items of a list, in order.
    pub(crate) items: Option<Items>,
}

impl Facts {
    /// Whether each byte that was written counts as state, and no tag is shown among them.
    pub(crate) fn is_plain(&self) -> bool {
        let is_state = |mark: &Mark| matches!(mark.role, Role::State | Role::Stamp | Role::Items);
        self.marks.iter().all(is_state)
            && self.revision.is_none()
            && self.embed.is_none()
            && self.items.as_ref().is_none_or(Items::is_plain)
    }
}

impl Writer {
    /// Writes into the thread's buffer.
    pub(crate) fn new() -> Self {
        Self { bytes: buffer::take(), ..Self::default() }
    }

    /// Writes what a store keeps.
    pub(crate) fn for_a_store() -> Self {
        Self { kept: true, ..Self::new() }
    }

    /// Writes a list whose items are in these states.
    #[cfg(feature = "axum")]
    pub(crate) fn with_known(states: Vec<StateTag>) -> Self {
        Self { known: states.into_iter(), ..Self::new() }
    }

    /// Writes `null`.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// /// Is not shown to anybody.
    /// struct Secret(String);
    ///
    /// impl Versioned for Secret {
    ///     fn describe<D: Describe<Self>>(secret: &mut D) {
    ///         secret.leaf("null", |_, writer| writer.null());
    ///     }
    /// }
    ///
    /// assert_eq!(canonical::to_vec(&Secret("hunter2".to_owned()))?, b"null");
    /// # Ok::<(), canonical::Error>(())
    /// ```
    pub fn null(&mut self) {
        self.bytes.extend_from_slice(b"null");
    }

    /// Writes a boolean.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// enum Switch {
    ///     On,
    ///     Off,
    /// }
    ///
    /// impl Versioned for Switch {
    ///     fn describe<D: Describe<Self>>(switch: &mut D) {
    ///         switch.leaf("boolean", |switch, writer| writer.boolean(matches!(switch, Self::On)));
    ///     }
    /// }
    ///
    /// assert_eq!(canonical::to_vec(&[Switch::On, Switch::Off])?, b"[true,false]");
    /// # Ok::<(), canonical::Error>(())
    /// ```
    pub fn boolean(&mut self, value: bool) {
        self.bytes.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// Writes an integer of at most 64 bits, with all its digits.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// struct Balance(i64);
    ///
    /// impl Versioned for Balance {
    ///     fn describe<D: Describe<Self>>(balance: &mut D) {
    ///         balance.leaf("integer", |balance, writer| writer.signed(balance.0));
    ///     }
    /// }
    ///
    /// assert_eq!(canonical::to_vec(&Balance(i64::MIN))?, b"-9223372036854775808");
    /// # Ok::<(), canonical::Error>(())
    /// ```
    #[inline(never)]
    pub fn signed(&mut self, value: i64) {
        self.bytes.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    /// Writes an integer of at most 64 bits without a sign, with all its digits.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// struct Serial(u64);
    ///
    /// impl Versioned for Serial {
    ///     fn describe<D: Describe<Self>>(serial: &mut D) {
    ///         serial.leaf("integer", |serial, writer| writer.unsigned(serial.0));
    ///     }
    /// }
    ///
    /// assert_eq!(canonical::to_vec(&Serial(u64::MAX))?, b"18446744073709551615");
    /// # Ok::<(), canonical::Error>(())
    /// ```
    #[inline(never)]
    pub fn unsigned(&mut self, value: u64) {
        self.bytes.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    /// Writes an integer of 128 bits, with all its digits.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// struct Wei(i128);
    ///
    /// impl Versioned for Wei {
    ///     fn describe<D: Describe<Self>>(wei: &mut D) {
    ///         wei.leaf("wide integer", |wei, writer| writer.signed_wide(wei.0));
    ///     }
    /// }
    ///
    /// assert_eq!(canonical::to_vec(&Wei(-10_i128.pow(24)))?, b"-1000000000000000000000000");
    /// # Ok::<(), canonical::Error>(())
    /// ```
    #[inline(never)]
    pub fn signed_wide(&mut self, value: i128) {
        self.bytes.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    /// Writes an integer of 128 bits without a sign, with all its digits.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// struct Supply(u128);
    ///
    /// impl Versioned for Supply {
    ///     fn describe<D: Describe<Self>>(supply: &mut D) {
    ///         supply.leaf("wide integer", |supply, writer| writer.unsigned_wide(supply.0));
    ///     }
    /// }
    ///
    /// let most = canonical::to_vec(&Supply(u128::MAX))?;
    /// assert_eq!(most, b"340282366920938463463374607431768211455");
    /// # Ok::<(), canonical::Error>(())
    /// ```
    #[inline(never)]
    pub fn unsigned_wide(&mut self, value: u128) {
        self.bytes.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    /// Writes a double as ECMAScript prints it; `null` where it is not finite.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// struct Celsius(f64);
    ///
    /// impl Versioned for Celsius {
    ///     fn describe<D: Describe<Self>>(celsius: &mut D) {
    ///         celsius.leaf("double", |celsius, writer| writer.float(celsius.0));
    ///     }
    /// }
    ///
    /// let readings = [21.50, -0.0, 1e21, f64::NAN].map(Celsius);
    /// assert_eq!(canonical::to_vec(&readings)?, b"[21.5,0,1e+21,null]");
    /// # Ok::<(), canonical::Error>(())
    /// ```
    pub fn float(&mut self, value: f64) {
        match self.is_key {
            false => number::write_f64(&mut self.bytes, value),
            true => self.float_key(&value),
        }
    }

    /// Writes a single-precision float with its own shortest digits; `null` where it is not finite.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// struct Gain(f32);
    ///
    /// impl Versioned for Gain {
    ///     fn describe<D: Describe<Self>>(gain: &mut D) {
    ///         gain.leaf("single", |gain, writer| writer.float_single(gain.0));
    ///     }
    /// }
    ///
    /// assert_eq!(canonical::to_vec(&Gain(0.1))?, b"0.1"); // as a double: 0.10000000149011612
    /// # Ok::<(), canonical::Error>(())
    /// ```
    pub fn float_single(&mut self, value: f32) {
        match self.is_key {
            false => number::write_f32(&mut self.bytes, value),
            true => self.float_key(&value),
        }
    }

    /// A member's name is a string, of which RFC 8785 makes no number: it stays as `serde_json` sends it.
    #[cold]
    fn float_key(&mut self, value: &impl Serialize) {
        let name = serde_json::to_string(value).unwrap_or_default();
        self.bytes.extend_from_slice(name.as_bytes());
    }

    /// Writes a string.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// struct Line(&'static str);
    ///
    /// impl Versioned for Line {
    ///     fn describe<D: Describe<Self>>(line: &mut D) {
    ///         line.leaf("string", |line, writer| writer.string(line.0.trim_end()));
    ///     }
    /// }
    ///
    /// let line = canonical::to_vec(&Line("\"über\"\t\u{7}\n"))?;
    /// assert_eq!(line, r#""\"über\"\t\u0007""#.as_bytes());
    /// # Ok::<(), canonical::Error>(())
    /// ```
    pub fn string(&mut self, value: &str) {
        string::write(&mut self.bytes, value);
    }

    /// Writes what `value` displays as a string.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// struct Quoted(&'static str);
    ///
    /// impl Versioned for Quoted {
    ///     fn describe<D: Describe<Self>>(quoted: &mut D) {
    ///         quoted.leaf("text", |text, writer| writer.display(&format_args!("<{:?}>", text.0)));
    ///     }
    /// }
    ///
    /// assert_eq!(canonical::to_vec(&Quoted("a"))?, br#""<\"a\">""#);
    /// # Ok::<(), canonical::Error>(())
    /// ```
    #[inline(never)]
    pub fn display(&mut self, value: &dyn Display) {
        self.bytes.push(b'"');
        let written = write!(Escaped(&mut self.bytes), "{value}");
        self.bytes.push(b'"');
        if written.is_err() {
            self.fail(Error::Custom("a value failed to display itself".to_owned()));
        }
    }

    /// Writes a path that is Unicode.
    #[inline(never)]
    pub(crate) fn path(&mut self, path: &Path) {
        match path.to_str() {
            Some(text) => self.string(text),
            None => self.fail(Error::Custom("path contains invalid UTF-8 characters".to_owned())),
        }
    }

    /// Writes a string whose escapes are already in it.
    pub(super) fn name(&mut self, name: &str) {
        self.bytes.reserve(name.len() + 2);
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(b'"');
    }

    /// Writes a nested value: state as a whole.
    pub(crate) fn value<V: Versioned + ?Sized>(&mut self, value: &V) {
        Open::write_nested(value, self);
    }

    /// Writes the value that is answered with: its roles count.
    pub(crate) fn outermost(&mut self, value: &dyn Value) {
        Open::write(value, Place::Outermost, self);
    }

    /// Writes what may be the list of an envelope: its items have tags of their own.
    pub(super) fn items<V: Versioned + ?Sized>(&mut self, value: &V) {
        Open::write(&value, Place::Items, self);
    }

    /// Writes an item of a list that is answered with: it has a tag of its own.
    pub(super) fn item(&mut self, name: Option<String>, value: &dyn Value, outline: &Outline) {
        let item = self.unplaced_item(value, outline);
        self.place(name, &item);
    }

    /// Writes an item that is still to find its place among the others.
    pub(super) fn unplaced_item(&mut self, value: &dyn Value, outline: &Outline) -> Item {
        let list = std::mem::take(&mut self.facts);
        // What is in the item is none of the list's items.
        let mut known = std::mem::take(&mut self.known);
        let state = known.next();
        let start = self.bytes.len();
        self.outermost(value);
        let facts = std::mem::replace(&mut self.facts, list);
        self.known = known;
        Item::of(outline, &self.bytes, start, &facts, state)
    }

    /// Counts an item that is the last that was written, and shows its tag.
    pub(super) fn place(&mut self, name: Option<String>, item: &Item) {
        if let Some(items) = &mut self.facts.items {
            items.push(name, item, &self.bytes);
        }
        if !self.kept
            && let Err(error) = item.embed(&mut self.bytes)
        {
            self.fail(error);
        }
    }

    /// Writes a foreign value.
    pub(crate) fn serde<V: Serialize + ?Sized>(&mut self, value: &V) {
        self.with(|serializer| value.serialize(serializer));
    }

    /// Writes what a function writes.
    pub(super) fn with(&mut self, write: impl FnOnce(Serializer<'_>) -> Result<(), Error>) {
        if let Err(error) = write(Serializer::new(self)) {
            self.fail(error);
        }
    }

    /// Notes the first thing that went wrong; what is written after it is never seen.
    pub(crate) fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    /// The bytes, or what went wrong.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Error> {
        self.finish_with_facts().map(|(bytes, _)| bytes)
    }

    pub(crate) fn finish_with_facts(self) -> Result<(Vec<u8>, Facts), Error> {
        match self.error {
            None => Ok((self.bytes, self.facts)),
            Some(error) => Err(error),
        }
    }
}

struct Escaped<'a>(&'a mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        string::write_escaped(self.0, text);
        Ok(())
    }
}
