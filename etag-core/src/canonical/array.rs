use std::marker::PhantomData;
use std::ops::Range;

use super::{Open, Place, Value, Writer};
use crate::Versioned;
use crate::list::{Item, Items};
use crate::outline::Outline;

/// Takes the elements of an [`array`](crate::Describe::array) or a [`set`](crate::Describe::set).
///
/// ```
/// use etag_core::{Describe, Versioned, canonical};
///
/// /// The last is on top.
/// struct Stack(Vec<u64>);
///
/// impl Versioned for Stack {
///     fn describe<D: Describe<Self>>(stack: &mut D) {
///         stack.array(|stack, elements| stack.0.iter().rev().for_each(|it| elements.element(it)));
///     }
/// }
///
/// assert_eq!(canonical::to_vec(&Stack(vec![1, 2, 3]))?, b"[3,2,1]");
/// # Ok::<(), canonical::Error>(())
/// ```
#[derive(Debug)]
pub struct Array<'a, V: ?Sized> {
    open: OpenArray<'a>,
    of: PhantomData<fn(&V)>,
}

/// An array, apart from the type of its elements.
#[derive(Debug)]
pub(super) struct OpenArray<'a> {
    writer: &'a mut Writer,
    start: usize,
    elements: Elements,
}

#[derive(Debug)]
enum Elements {
    /// Nested values.
    Ordered,
    /// What is answered with is a list, and each element an item with a tag of its own.
    Items,
    /// Nested values without an order: where each one is.
    Unordered(Vec<Range<usize>>),
    UnorderedItems(Vec<Item>),
}

impl<'a, V: Versioned + ?Sized> Array<'a, V> {
    pub(super) fn new(open: OpenArray<'a>) -> Self {
        Self { open, of: PhantomData }
    }

    /// Writes the next element.
    ///
    /// ```
    /// use etag_core::{Describe, Versioned, canonical};
    ///
    /// /// A set, whose elements find their places by their canonical bytes.
    /// struct Names(Vec<&'static str>);
    ///
    /// impl Versioned for Names {
    ///     fn describe<D: Describe<Self>>(names: &mut D) {
    ///         names.set(|names, elements| names.0.iter().for_each(|name| elements.element(name)));
    ///     }
    /// }
    ///
    /// assert_eq!(canonical::to_vec(&Names(vec!["b", "a"]))?, br#"["a","b"]"#);
    /// # Ok::<(), canonical::Error>(())
    /// ```
    pub fn element(&mut self, value: &V) {
        match self.open.elements {
            Elements::Ordered => {
                separate(self.open.writer, self.open.start);
                Open::write_nested(value, self.open.writer);
            }
            Elements::Unordered(_) => self.open.unplaced(&value),
            Elements::Items | Elements::UnorderedItems(_) => self.open.item(&value, Outline::of::<V>()),
        }
    }

    pub(super) fn close(self) {
        self.open.close();
    }
}

impl<'a> OpenArray<'a> {
    pub(super) fn ordered(writer: &'a mut Writer, is_list: bool) -> Self {
        Self::open(writer, is_list, if is_list { Elements::Items } else { Elements::Ordered })
    }

    pub(super) fn unordered(writer: &'a mut Writer, is_list: bool) -> Self {
        let elements = match is_list {
            true => Elements::UnorderedItems(Vec::new()),
            false => Elements::Unordered(Vec::new()),
        };
        Self::open(writer, is_list, elements)
    }

    fn open(writer: &'a mut Writer, is_list: bool, elements: Elements) -> Self {
        if is_list {
            writer.facts.items = Some(Items::default());
        }
        writer.bytes.push(b'[');
        let start = writer.bytes.len();
        Self { writer, start, elements }
    }

    /// Writes an element that is still to find its place among the others.
    fn unplaced(&mut self, value: &dyn Value) {
        let start = self.writer.bytes.len();
        Open::write(value, Place::Nested, self.writer);
        if let Elements::Unordered(elements) = &mut self.elements {
            elements.push(start..self.writer.bytes.len());
        }
    }

    fn item(&mut self, value: &dyn Value, outline: &Outline) {
        if let Elements::UnorderedItems(items) = &mut self.elements {
            items.push(self.writer.unplaced_item(value, outline));
        } else {
            separate(self.writer, self.start);
            self.writer.item(None, value, outline);
        }
    }

    fn close(self) {
        let Self { writer, start, elements } = self;
        match elements {
            Elements::Ordered | Elements::Items => {}
            Elements::Unordered(elements) => {
                let unsorted = writer.bytes.split_off(start);
                for element in sorted(elements, |element| (slice(&unsorted, start, element), None)) {
                    separate(writer, start);
                    writer.bytes.extend_from_slice(slice(&unsorted, start, &element));
                }
            }
            Elements::UnorderedItems(items) => {
                let unsorted = writer.bytes.split_off(start);
                // Equal bytes can have different tags, where a revision is kept out of them.
                let key = |item: &Item| (slice(&unsorted, start, &item.range), item.unkeyed_tag());
                for item in sorted(items, key) {
                    separate(writer, start);
                    let at = writer.bytes.len();
                    writer.bytes.extend_from_slice(slice(&unsorted, start, &item.range));
                    writer.place(None, &item.moved_to(at));
                }
                if let Some(items) = &mut writer.facts.items {
                    items.sort_by_state();
                }
            }
        }
        writer.bytes.push(b']');
    }
}

/// The elements in the order of their bytes, and then of their tags.
fn sorted<'a, E>(mut elements: Vec<E>, key: impl Fn(&E) -> (&'a [u8], Option<String>)) -> Vec<E> {
    elements.sort_by_cached_key(key);
    elements
}

fn slice<'a>(unsorted: &'a [u8], start: usize, range: &Range<usize>) -> &'a [u8] {
    &unsorted[range.start - start..range.end - start]
}

fn separate(writer: &mut Writer, start: usize) {
    if writer.bytes.len() > start {
        writer.bytes.push(b',');
    }
}
