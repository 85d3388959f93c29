use std::marker::PhantomData;

use super::frame::name_between;
use super::string::unescaped;
use super::{Error, Frame, Open, Place, Value, Writer};
use crate::Versioned;
use crate::list::Items;
use crate::outline::Outline;

/// Takes the entries of a [`map`](crate::Describe::map), in any order.
///
/// ```
/// use etag_core::{Describe, Versioned, canonical};
///
/// struct Counters(Vec<(String, u64)>);
///
/// impl Versioned for Counters {
///     fn describe<D: Describe<Self>>(counters: &mut D) {
///         counters.map(|counters, entries| {
///             for (name, count) in &counters.0 {
///                 entries.entry(name, count);
///             }
///         });
///     }
/// }
///
/// let counters = Counters(vec![("misses".to_owned(), 2), ("hits".to_owned(), 40)]);
/// assert_eq!(canonical::to_vec(&counters)?, br#"{"hits":40,"misses":2}"#);
/// # Ok::<(), canonical::Error>(())
/// ```
#[derive(Debug)]
pub struct Object<'a, K: ?Sized, V: ?Sized> {
    open: OpenObject<'a>,
    of: PhantomData<fn(&K, &V)>,
}

/// An object, apart from the types of its entries.
#[derive(Debug)]
pub(super) struct OpenObject<'a> {
    writer: &'a mut Writer,
    frame: &'a mut Frame,
    /// Whether each entry is an item with a tag of its own.
    is_list: bool,
}

impl<'a, K: Versioned + ?Sized, V: Versioned + ?Sized> Object<'a, K, V> {
    pub(super) fn new(open: OpenObject<'a>) -> Self {
        Self { open, of: PhantomData }
    }

    /// Writes the next entry; the key's own form is a string, a number or a boolean.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// struct Only<K>(K, u64);
    ///
    /// impl<K: Versioned> Versioned for Only<K> {
    ///     fn describe<D: Describe<Self>>(only: &mut D) {
    ///         only.map(|only, entries| entries.entry(&only.0, &only.1));
    ///     }
    /// }
    ///
    /// assert_eq!(canonical::to_vec(&Only(true, 1))?, br#"{"true":1}"#);
    /// assert_eq!(canonical::to_vec(&Only([1, 2], 3)), Err(canonical::Error::Key));
    /// # Ok::<(), canonical::Error>(())
    /// ```
    pub fn entry(&mut self, key: &K, value: &V) {
        let (start, at) = self.open.key(&key);
        match self.open.is_list {
            true => self.open.item(start, at, &value, Outline::of::<V>()),
            false => Open::write_nested(value, self.open.writer),
        }
        self.open.frame.close_entry(self.open.writer, start, at);
    }

    pub(super) fn close(self) {
        self.open.close();
    }
}

impl<'a> OpenObject<'a> {
    pub(super) fn new(writer: &'a mut Writer, frame: &'a mut Frame) -> Self {
        let is_list = frame.is_list();
        frame.collect(writer);
        if is_list {
            writer.facts.items = Some(Items::default());
        }
        Self { writer, frame, is_list }
    }

    /// Writes the name of an entry; says where the entry starts, and where its value does.
    fn key(&mut self, key: &dyn Value) -> (usize, usize) {
        let start = self.frame.open_entry(self.writer);
        let outer = std::mem::replace(&mut self.writer.is_key, true);
        Open::write(key, Place::Nested, self.writer);
        self.writer.is_key = outer;
        (start, close_key(self.writer, start))
    }

    /// Writes the value of an entry that is an item with a tag of its own.
    fn item(&mut self, start: usize, at: usize, value: &dyn Value, outline: &Outline) {
        let name = String::from_utf8_lossy(name_between(&self.writer.bytes, start, at));
        let name = unescaped(&name).into_owned();
        self.writer.item(Some(name), value, outline);
    }

    /// The items of a map that is answered with are in the order in which its members are sent.
    fn close(self) {
        if let Some(items) = self.writer.facts.items.as_mut().filter(|_| self.is_list) {
            items.sort();
        }
    }
}

/// Makes a name of the value that was written at `start`, and writes the colon; says where the entry's value starts.
pub(super) fn close_key(writer: &mut Writer, start: usize) -> usize {
    match &writer.bytes[start..] {
        [b'"', .., b'"'] => {}
        [b'0'..=b'9' | b'-' | b't' | b'f', ..] => {
            writer.bytes.insert(start, b'"');
            writer.bytes.push(b'"');
        }
        _ => writer.fail(Error::Key),
    }
    writer.bytes.push(b':');
    writer.bytes.len()
}
