use serde::Serialize;

use super::{Array, Frame, Object, Role, Writer};
use crate::{Describe, Modified, Revision, Versioned};

/// Reads a description together with a value, and writes the value.
///
/// There is one reader for a type, whether it is answered with or nested: the frame knows.
pub(crate) struct Reader<'a, T: ?Sized> {
    pub(super) value: &'a T,
    pub(super) writer: &'a mut Writer,
    pub(super) frame: Frame,
}

impl<T: ?Sized> Reader<'_, T> {
    #[inline]
    fn write<V: Versioned + ?Sized>(&mut self, name: &'static str, value: &V, role: Role) {
        let start = self.frame.open_member(self.writer, name);
        self.writer.value(value);
        self.frame.close_member(self.writer, name, start, role);
    }

    #[inline]
    fn write_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: bool,
        get: impl Fn(&T) -> &V,
        role: Role,
    ) {
        if unless {
            self.frame.object(self.writer);
        } else {
            self.write(name, get(self.value), role);
        }
    }

    /// Lets another value speak in this one's place.
    #[inline]
    fn pass<V: Versioned + ?Sized>(&mut self, value: &V) {
        let frame = std::mem::take(&mut self.frame);
        let mut inner = Reader { value, writer: self.writer, frame };
        V::describe(&mut inner);
        self.frame = inner.frame;
    }
}

impl<T: ?Sized> Describe<T> for Reader<'_, T> {
    #[inline]
    fn member<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.write(name, get(self.value), Role::State);
    }

    fn member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool,
        get: impl Fn(&T) -> &V,
    ) {
        self.write_unless(name, unless(self.value), get, Role::State);
    }

    fn revision<V: Versioned + Revision>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.write(name, get(self.value), Role::Stamp);
        self.unsent_revision(get);
    }

    fn unsent_revision<V: Revision>(&mut self, get: impl Fn(&T) -> &V) {
        self.frame.object(self.writer);
        if self.frame.is_outermost() {
            let revision = get(self.value);
            self.writer.facts.revision = Some(revision.revision());
            let modified = revision.modified();
            self.writer.facts.modified = self.writer.facts.modified.or(modified);
        }
    }

    fn modified<V: Versioned + Modified>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.write(name, get(self.value), Role::Stamp);
        self.unsent_modified(get);
    }

    fn unsent_modified<V: Modified>(&mut self, get: impl Fn(&T) -> &V) {
        self.frame.object(self.writer);
        if self.frame.is_outermost() {
            self.writer.facts.modified = Some(get(self.value).modified());
        }
    }

    fn variant<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.write(name, get(self.value), Role::Variant);
    }

    fn variant_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool,
        get: impl Fn(&T) -> &V,
    ) {
        self.write_unless(name, unless(self.value), get, Role::Variant);
    }

    fn skip<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.write(name, get(self.value), Role::Skip);
    }

    fn skip_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool,
        get: impl Fn(&T) -> &V,
    ) {
        self.write_unless(name, unless(self.value), get, Role::Skip);
    }

    fn serde<V: Serialize + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        let start = self.frame.open_member(self.writer, name);
        self.writer.serde(get(self.value));
        self.frame.close_member(self.writer, name, start, Role::State);
    }

    fn serde_unless<V: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool,
        get: impl Fn(&T) -> &V,
    ) {
        if unless(self.value) {
            self.frame.object(self.writer);
        } else {
            self.serde(name, get);
        }
    }

    fn flatten<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> &V) {
        self.frame.collect(self.writer);
        let outer = self.frame.set_flattening(true);
        self.pass(get(self.value));
        self.frame.set_flattening(outer);
    }

    fn items<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        if !self.frame.is_outermost() {
            return self.member(name, get);
        }
        let start = self.frame.open_member(self.writer, name);
        self.writer.items(get(self.value));
        self.frame.close_member(self.writer, name, start, Role::Items);
    }

    fn items_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool,
        get: impl Fn(&T) -> &V,
    ) {
        if unless(self.value) {
            self.frame.object(self.writer);
        } else {
            self.items(name, get);
        }
    }

    fn embed(&mut self, name: &'static str) {
        if self.frame.is_outermost() {
            self.frame.embed(self.writer, name);
        } else {
            self.frame.object(self.writer);
        }
    }

    fn element<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> &V) {
        self.frame.element(self.writer);
        self.writer.value(get(self.value));
    }

    fn serde_element<V: Serialize + ?Sized>(&mut self, get: impl Fn(&T) -> &V) {
        self.frame.element(self.writer);
        self.writer.serde(get(self.value));
    }

    fn array<V: Versioned + ?Sized>(&mut self, elements: impl Fn(&T, &mut Array<'_, V>)) {
        self.frame.leaf(self.writer);
        let mut array = Array::ordered(self.writer, self.frame.is_list());
        elements(self.value, &mut array);
        array.close();
    }

    fn set<V: Versioned + ?Sized>(&mut self, elements: impl Fn(&T, &mut Array<'_, V>)) {
        self.frame.leaf(self.writer);
        let mut array = Array::unordered(self.writer, self.frame.is_list());
        elements(self.value, &mut array);
        array.close();
    }

    fn map<K: Versioned + ?Sized, V: Versioned + ?Sized>(
        &mut self,
        entries: impl Fn(&T, &mut Object<'_, K, V>),
    ) {
        let is_list = self.frame.is_list();
        self.frame.collect(self.writer);
        entries(self.value, &mut Object::new(self.writer, &mut self.frame, is_list));
        if let Some(items) = self.writer.facts.items.as_mut().filter(|_| is_list) {
            items.sort();
        }
    }

    #[inline]
    fn transparent<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> &V) {
        self.pass(get(self.value));
    }

    fn serde_transparent<V: Serialize + ?Sized>(&mut self, get: impl Fn(&T) -> &V) {
        self.frame.leaf(self.writer);
        self.writer.serde(get(self.value));
    }

    #[inline]
    fn option<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> Option<&V>) {
        match get(self.value) {
            Some(value) => self.pass(value),
            // Flattened, an absent value has no members (as in serde).
            None if self.frame.is_flattening() => {}
            None => {
                self.frame.leaf(self.writer);
                self.writer.null();
            }
        }
    }

    #[inline]
    fn unit(&mut self, name: &'static str, is: impl Fn(&T) -> bool) {
        if self.frame.is_flattening() {
            self.frame.leaf(self.writer);
        } else if !self.frame.is_written() && is(self.value) {
            self.frame.leaf(self.writer);
            self.writer.name(name);
        }
    }

    #[inline]
    fn leaf(&mut self, kind: &'static str, write: impl Fn(&T, &mut Writer)) {
        // Flattened, a unit has no members (as in serde).
        if kind == "null" && self.frame.is_flattening() {
            return;
        }
        self.frame.leaf(self.writer);
        write(self.value, self.writer);
    }
}
