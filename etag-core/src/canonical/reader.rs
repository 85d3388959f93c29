use super::{Array, Error, Frame, Object, Role, Serializer, Writer};
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

    fn write_with(
        &mut self,
        name: &'static str,
        write: impl Fn(&T, Serializer<'_>) -> Result<(), Error>,
        role: Role,
    ) {
        let start = self.frame.open_member(self.writer, name);
        self.write_foreign(write);
        self.frame.close_member(self.writer, name, start, role);
    }

    fn write_foreign(&mut self, write: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        let written = write(self.value, Serializer::new(self.writer));
        written.unwrap_or_else(|error| self.writer.fail(error));
    }

    /// Writes the members of a foreign value into this one's object.
    fn flatten_foreign(&mut self, write: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        let written = write(self.value, Serializer::flattening(self.writer, &mut self.frame));
        written.unwrap_or_else(|error| self.writer.fail(error));
    }

    /// Writes the members of another value into this one's object.
    fn flatten_value<V: Versioned + ?Sized>(&mut self, value: &V) {
        self.frame.collect(self.writer);
        let outer = self.frame.set_flattening(true);
        self.pass(value);
        self.frame.set_flattening(outer);
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

    fn with(&mut self, name: &'static str, write: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        self.write_with(name, write, Role::State);
    }

    fn with_unless(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool,
        write: impl Fn(&T, Serializer<'_>) -> Result<(), Error>,
    ) {
        if unless(self.value) {
            self.frame.object(self.writer);
        } else {
            self.with(name, write);
        }
    }

    fn with_revision<V: Revision + 'static>(
        &mut self,
        name: &'static str,
        get: impl Fn(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.write_with(name, |it, serializer| write(get(it), serializer), Role::Stamp);
        self.unsent_revision(get);
    }

    fn with_modified<V: Modified + 'static>(
        &mut self,
        name: &'static str,
        get: impl Fn(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.write_with(name, |it, serializer| write(get(it), serializer), Role::Stamp);
        self.unsent_modified(get);
    }

    fn flatten<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> &V) {
        self.flatten_value(get(self.value));
    }

    fn with_flatten(&mut self, write: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        self.frame.collect(self.writer);
        self.flatten_foreign(write);
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

    fn with_element(&mut self, write: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        self.frame.element(self.writer);
        self.write_foreign(write);
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

    fn with_transparent(&mut self, write: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        if self.frame.is_flattening() {
            self.flatten_foreign(write);
        } else {
            self.frame.leaf(self.writer);
            self.write_foreign(write);
        }
    }

    fn into<V: Versioned>(&mut self, get: impl Fn(&T) -> V) {
        self.pass(&get(self.value));
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
            if is(self.value) {
                self.write(name, &(), Role::State);
            }
        } else if !self.frame.is_written() && is(self.value) {
            self.frame.leaf(self.writer);
            self.writer.name(name);
        }
    }

    fn when(&mut self, is: impl Fn(&T) -> bool, then: impl Fn(&mut Self)) {
        if is(self.value) {
            then(self);
        }
    }

    fn unsent(&mut self, is: impl Fn(&T) -> bool) {
        if is(self.value) {
            self.writer.fail(Error::SkippedVariant);
        }
    }

    fn tag(&mut self, name: &'static str, variant: &'static str) {
        let start = self.frame.open_member(self.writer, name);
        self.writer.name(variant);
        self.frame.close_member(self.writer, name, start, Role::State);
    }

    fn content(&mut self, name: &'static str, content: impl Fn(&mut Self)) {
        let start = self.frame.open_member(self.writer, name);
        let outer = std::mem::replace(&mut self.frame, Frame::nested());
        content(self);
        std::mem::replace(&mut self.frame, outer).close(self.writer);
        self.frame.close_member(self.writer, name, start, Role::State);
    }

    fn case_member<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> Option<&V>) {
        if let Some(value) = get(self.value) {
            self.write(name, value, Role::State);
        }
    }

    fn case_member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        get: impl Fn(&T) -> Option<&V>,
    ) {
        match get(self.value) {
            Some(value) => self.write(name, value, Role::State),
            None => self.frame.object(self.writer),
        }
    }

    fn case_flatten<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> Option<&V>) {
        if let Some(value) = get(self.value) {
            self.flatten_value(value);
        }
    }

    fn case_element<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> Option<&V>) {
        if let Some(value) = get(self.value) {
            self.frame.element(self.writer);
            self.writer.value(value);
        }
    }

    fn case_transparent<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> Option<&V>) {
        if let Some(value) = get(self.value) {
            self.pass(value);
        }
    }

    fn empty_object(&mut self) {
        self.frame.object(self.writer);
    }

    fn empty_array(&mut self) {
        self.frame.array(self.writer);
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
