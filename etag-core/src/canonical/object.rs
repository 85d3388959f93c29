use std::borrow::Cow;
use std::marker::PhantomData;

use super::string::unescaped;
use super::{Error, Frame, Writer};
use crate::Versioned;
use crate::list::Items;

/// Takes the entries of a [`map`](crate::Describe::map), in any order.
#[derive(Debug)]
pub struct Object<'a, K: ?Sized, V: ?Sized> {
    writer: &'a mut Writer,
    frame: &'a mut Frame,
    /// Whether each entry is an item with a tag of its own.
    is_list: bool,
    of: PhantomData<fn(&K, &V)>,
}

impl<'a, K: Versioned + ?Sized, V: Versioned + ?Sized> Object<'a, K, V> {
    pub(super) fn new(writer: &'a mut Writer, frame: &'a mut Frame, is_list: bool) -> Self {
        if is_list {
            writer.facts.items = Some(Items::default());
        }
        Self { writer, frame, is_list, of: PhantomData }
    }

    /// Writes the next entry; the key's own form is a string, a number or a boolean.
    pub fn entry(&mut self, key: &K, value: &V) {
        let start = self.frame.open_entry(self.writer);
        let outer = std::mem::replace(&mut self.writer.is_key, true);
        self.writer.value(key);
        self.writer.is_key = outer;
        let name = close_key(self.writer, start);
        if self.is_list {
            self.writer.item(Some(name.clone()), value);
        } else {
            self.writer.value(value);
        }
        self.frame.close_entry(self.writer, Cow::Owned(name), start);
    }
}

/// Makes a name of the value that was written at `start`, and writes the colon; says the name.
pub(super) fn close_key(writer: &mut Writer, start: usize) -> String {
    let text = String::from_utf8_lossy(&writer.bytes[start..]).into_owned();
    writer.bytes.truncate(start);
    let name = match text.as_bytes() {
        [b'"', .., b'"'] => &text[1..text.len() - 1],
        [b'0'..=b'9' | b'-' | b't' | b'f', ..] => &text,
        _ => {
            writer.fail(Error::Key);
            ""
        }
    };
    writer.name(name);
    writer.bytes.push(b':');
    unescaped(name).into_owned()
}
