use std::marker::PhantomData;
use std::ops::Range;

use super::Writer;
use crate::Versioned;
use crate::list::{Item, Items};

/// Takes the elements of an [`array`](crate::Describe::array) or a [`set`](crate::Describe::set).
#[derive(Debug)]
pub struct Array<'a, V: ?Sized> {
    writer: &'a mut Writer,
    start: usize,
    is_empty: bool,
    elements: Elements,
    of: PhantomData<fn(&V)>,
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
        Self { writer, start, is_empty: true, elements, of: PhantomData }
    }

    /// Writes the next element.
    pub fn element(&mut self, value: &V) {
        match &mut self.elements {
            Elements::Ordered | Elements::Items if !std::mem::take(&mut self.is_empty) => {
                self.writer.bytes.push(b',');
            }
            _ => {}
        }
        match &mut self.elements {
            Elements::Ordered => self.writer.value(value),
            Elements::Items => self.writer.item(None, value),
            Elements::Unordered(elements) => {
                let start = self.writer.bytes.len();
                self.writer.value(value);
                elements.push(start..self.writer.bytes.len());
            }
            Elements::UnorderedItems(items) => items.push(self.writer.unplaced_item(value)),
        }
    }

    pub(super) fn close(self) {
        let Self { writer, start, elements, .. } = self;
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
                let key = |item: &Item| (slice(&unsorted, start, &item.range), item.tag());
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
