use std::marker::PhantomData;

use super::Writer;
use crate::Versioned;
use crate::representation::Items;

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
    /// Nested values without an order: where each one starts.
    Unordered(Vec<usize>),
}

impl<'a, V: Versioned + ?Sized> Array<'a, V> {
    pub(super) fn nested(writer: &'a mut Writer) -> Self {
        Self::open(writer, Elements::Ordered)
    }

    pub(super) fn of_items(writer: &'a mut Writer) -> Self {
        writer.facts.items = Some(Items::default());
        Self::open(writer, Elements::Items)
    }

    pub(super) fn unordered(writer: &'a mut Writer) -> Self {
        Self::open(writer, Elements::Unordered(Vec::new()))
    }

    fn open(writer: &'a mut Writer, elements: Elements) -> Self {
        writer.bytes.push(b'[');
        let start = writer.bytes.len();
        Self { writer, start, is_empty: true, elements, of: PhantomData }
    }

    /// Writes the next element.
    pub fn element(&mut self, value: &V) {
        if !std::mem::take(&mut self.is_empty) {
            self.writer.bytes.push(b',');
        }
        match &mut self.elements {
            Elements::Ordered => self.writer.value(value),
            Elements::Items => self.writer.item(value),
            Elements::Unordered(starts) => {
                starts.push(self.writer.bytes.len());
                self.writer.value(value);
            }
        }
    }

    pub(super) fn close(self) {
        if let Elements::Unordered(starts) = &self.elements {
            sort(&mut self.writer.bytes, self.start, starts);
        }
        self.writer.bytes.push(b']');
    }
}

/// Sorts the elements that start at `starts` by their bytes; a comma stands between any two.
fn sort(bytes: &mut Vec<u8>, start: usize, starts: &[usize]) {
    let unsorted = bytes.split_off(start);
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([start + unsorted.len()]);
    let mut elements: Vec<&[u8]> =
        starts.iter().zip(ends).map(|(from, to)| &unsorted[from - start..to - start]).collect();
    elements.sort_unstable();
    bytes.extend_from_slice(&elements.join(&b','));
}
