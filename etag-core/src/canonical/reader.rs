use super::{Array, Error, Frame, Object, Role, Serializer, Writer};
use crate::{Describe, Modified, Revision, Versioned};

/// Reads a description together with a value, and writes the value.
///
/// There is one reader for a type, whether it is answered with or nested: the frame knows. Its methods are
/// compiled for each member of each type, so all they do is to find the member's value; what is done with that is
/// [`Open`]'s, which is compiled once for each type of member.
struct Reader<'a, 'w, T: ?Sized> {
    value: &'a T,
    open: &'a mut Open<'w>,
}

/// A value that is being written, apart from its type.
pub(super) struct Open<'w> {
    writer: &'w mut Writer,
    frame: Frame,
}

impl<'w> Open<'w> {
    /// Writes a value.
    pub(super) fn write<V: Versioned + ?Sized>(value: &V, frame: Frame, writer: &'w mut Writer) {
        Self { writer, frame }.whole(&|open| open.pass(value));
    }

    #[inline(never)]
    fn whole(mut self, value: &dyn Fn(&mut Self)) {
        value(&mut self);
        self.frame.close(self.writer);
    }

    /// Lets a value speak in this one's place.
    #[inline]
    fn pass<V: Versioned + ?Sized>(&mut self, value: &V) {
        V::describe(&mut Reader { value, open: self });
    }

    #[inline(never)]
    fn member<V: Versioned + ?Sized>(&mut self, name: &'static str, value: &V, role: Role) {
        let start = self.frame.open_member(self.writer, name);
        self.writer.value(value);
        self.frame.close_member(self.writer, name, start, role);
    }

    /// A member that is left out: the object is there all the same.
    #[inline(never)]
    fn left_out(&mut self) {
        self.frame.object(self.writer);
    }

    #[inline(never)]
    fn items<V: Versioned + ?Sized>(&mut self, name: &'static str, value: &V) {
        if !self.frame.is_outermost() {
            return self.member(name, value, Role::State);
        }
        let start = self.frame.open_member(self.writer, name);
        self.writer.items(value);
        self.frame.close_member(self.writer, name, start, Role::Items);
    }

    #[inline(never)]
    fn revision<V: Revision>(&mut self, revision: &V) {
        self.frame.object(self.writer);
        if self.frame.is_outermost() {
            self.writer.facts.revision = Some(revision.revision());
            let modified = revision.modified();
            self.writer.facts.modified = self.writer.facts.modified.or(modified);
        }
    }

    #[inline(never)]
    fn modified<V: Modified>(&mut self, modified: &V) {
        self.frame.object(self.writer);
        if self.frame.is_outermost() {
            self.writer.facts.modified = Some(modified.modified());
        }
    }

    #[inline(never)]
    fn embed(&mut self, name: &'static str) {
        if self.frame.is_outermost() {
            self.frame.embed(self.writer, name);
        } else {
            self.frame.object(self.writer);
        }
    }

    #[inline(never)]
    fn tag(&mut self, name: &'static str, variant: &'static str) {
        let start = self.frame.open_member(self.writer, name);
        self.writer.name(variant);
        self.frame.close_member(self.writer, name, start, Role::State);
    }

    #[inline(never)]
    fn element<V: Versioned + ?Sized>(&mut self, value: &V) {
        self.frame.element(self.writer);
        self.writer.value(value);
    }

    /// Writes the members of a value into this one's object.
    #[inline(never)]
    fn flatten<V: Versioned + ?Sized>(&mut self, value: &V) {
        self.frame.collect(self.writer);
        let outer = self.frame.set_flattening(true);
        self.pass(value);
        self.frame.set_flattening(outer);
    }

    /// No value: `null`, or, flattened, no members (as in serde).
    #[inline(never)]
    fn none(&mut self) {
        if !self.frame.is_flattening() {
            self.frame.leaf(self.writer);
            self.writer.null();
        }
    }

    #[inline(never)]
    fn unit(&mut self, name: &'static str) {
        if self.frame.is_flattening() {
            self.member(name, &(), Role::State);
        } else {
            self.frame.leaf(self.writer);
            self.writer.name(name);
        }
    }

    /// Whether a leaf is to be written; flattened, a unit has no members (as in serde).
    #[inline(never)]
    fn leaf(&mut self, kind: &'static str) -> bool {
        let is_nothing = kind == "null" && self.frame.is_flattening();
        if !is_nothing {
            self.frame.leaf(self.writer);
        }
        !is_nothing
    }

    /// Writes a value that a function writes.
    fn foreign(&mut self, write: impl FnOnce(Serializer<'_>) -> Result<(), Error>) {
        self.writer.with(write);
    }

    fn foreign_member(
        &mut self,
        name: &'static str,
        write: impl FnOnce(Serializer<'_>) -> Result<(), Error>,
        role: Role,
    ) {
        let start = self.frame.open_member(self.writer, name);
        self.foreign(write);
        self.frame.close_member(self.writer, name, start, role);
    }

    /// Writes the members of what a function writes into this one's object.
    fn foreign_flatten(&mut self, write: impl FnOnce(Serializer<'_>) -> Result<(), Error>) {
        let written = write(Serializer::flattening(self.writer, &mut self.frame));
        written.unwrap_or_else(|error| self.writer.fail(error));
    }
}

impl<T: ?Sized> Describe<T> for Reader<'_, '_, T> {
    #[inline]
    fn member<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V + Copy) {
        self.open.member(name, get(self.value), Role::State);
    }

    #[inline]
    fn member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool + Copy,
        get: impl Fn(&T) -> &V + Copy,
    ) {
        match unless(self.value) {
            true => self.open.left_out(),
            false => self.open.member(name, get(self.value), Role::State),
        }
    }

    #[inline]
    fn id<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V + Copy) {
        self.open.member(name, get(self.value), Role::State);
    }

    #[inline]
    fn revision<V: Versioned + Revision>(&mut self, name: &'static str, get: impl Fn(&T) -> &V + Copy) {
        self.open.member(name, get(self.value), Role::Stamp);
        self.open.revision(get(self.value));
    }

    #[inline]
    fn unsent_revision<V: Revision>(&mut self, get: impl Fn(&T) -> &V + Copy) {
        self.open.revision(get(self.value));
    }

    #[inline]
    fn modified<V: Versioned + Modified>(&mut self, name: &'static str, get: impl Fn(&T) -> &V + Copy) {
        self.open.member(name, get(self.value), Role::Stamp);
        self.open.modified(get(self.value));
    }

    #[inline]
    fn unsent_modified<V: Modified>(&mut self, get: impl Fn(&T) -> &V + Copy) {
        self.open.modified(get(self.value));
    }

    #[inline]
    fn variant<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V + Copy) {
        self.open.member(name, get(self.value), Role::Variant);
    }

    #[inline]
    fn variant_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool + Copy,
        get: impl Fn(&T) -> &V + Copy,
    ) {
        match unless(self.value) {
            true => self.open.left_out(),
            false => self.open.member(name, get(self.value), Role::Variant),
        }
    }

    #[inline]
    fn skip<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V + Copy) {
        self.open.member(name, get(self.value), Role::Skip);
    }

    #[inline]
    fn skip_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool + Copy,
        get: impl Fn(&T) -> &V + Copy,
    ) {
        match unless(self.value) {
            true => self.open.left_out(),
            false => self.open.member(name, get(self.value), Role::Skip),
        }
    }

    fn with(&mut self, name: &'static str, write: impl Fn(&T, Serializer<'_>) -> Result<(), Error> + Copy) {
        self.open.foreign_member(name, |serializer| write(self.value, serializer), Role::State);
    }

    fn with_unless(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool + Copy,
        write: impl Fn(&T, Serializer<'_>) -> Result<(), Error> + Copy,
    ) {
        match unless(self.value) {
            true => self.open.left_out(),
            false => self.with(name, write),
        }
    }

    fn with_revision<V: Revision + 'static>(
        &mut self,
        name: &'static str,
        get: impl Fn(&T) -> &V + Copy,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        let revision = get(self.value);
        self.open.foreign_member(name, |serializer| write(revision, serializer), Role::Stamp);
        self.open.revision(revision);
    }

    fn with_modified<V: Modified + 'static>(
        &mut self,
        name: &'static str,
        get: impl Fn(&T) -> &V + Copy,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        let modified = get(self.value);
        self.open.foreign_member(name, |serializer| write(modified, serializer), Role::Stamp);
        self.open.modified(modified);
    }

    #[inline]
    fn flatten<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> &V + Copy) {
        self.open.flatten(get(self.value));
    }

    fn with_flatten(&mut self, write: impl Fn(&T, Serializer<'_>) -> Result<(), Error> + Copy) {
        self.open.frame.collect(self.open.writer);
        self.open.foreign_flatten(|serializer| write(self.value, serializer));
    }

    #[inline]
    fn items<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V + Copy) {
        self.open.items(name, get(self.value));
    }

    #[inline]
    fn items_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool + Copy,
        get: impl Fn(&T) -> &V + Copy,
    ) {
        match unless(self.value) {
            true => self.open.left_out(),
            false => self.open.items(name, get(self.value)),
        }
    }

    fn embed(&mut self, name: &'static str) {
        self.open.embed(name);
    }

    #[inline]
    fn element<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> &V + Copy) {
        self.open.element(get(self.value));
    }

    fn with_element(&mut self, write: impl Fn(&T, Serializer<'_>) -> Result<(), Error> + Copy) {
        self.open.frame.element(self.open.writer);
        self.open.foreign(|serializer| write(self.value, serializer));
    }

    fn array<V: Versioned + ?Sized>(&mut self, elements: impl Fn(&T, &mut Array<'_, V>) + Copy) {
        let Open { writer, frame } = &mut *self.open;
        frame.leaf(writer);
        let mut array = Array::ordered(writer, frame.is_list());
        elements(self.value, &mut array);
        array.close();
    }

    fn set<V: Versioned + ?Sized>(&mut self, elements: impl Fn(&T, &mut Array<'_, V>) + Copy) {
        let Open { writer, frame } = &mut *self.open;
        frame.leaf(writer);
        let mut array = Array::unordered(writer, frame.is_list());
        elements(self.value, &mut array);
        array.close();
    }

    fn map<K: Versioned + ?Sized, V: Versioned + ?Sized>(
        &mut self,
        entries: impl Fn(&T, &mut Object<'_, K, V>) + Copy,
    ) {
        let Open { writer, frame } = &mut *self.open;
        let is_list = frame.is_list();
        frame.collect(writer);
        entries(self.value, &mut Object::new(writer, frame, is_list));
        if let Some(items) = writer.facts.items.as_mut().filter(|_| is_list) {
            items.sort();
        }
    }

    #[inline]
    fn transparent<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> &V + Copy) {
        self.open.pass(get(self.value));
    }

    fn with_transparent(&mut self, write: impl Fn(&T, Serializer<'_>) -> Result<(), Error> + Copy) {
        if self.open.frame.is_flattening() {
            self.open.foreign_flatten(|serializer| write(self.value, serializer));
        } else {
            self.open.frame.leaf(self.open.writer);
            self.open.foreign(|serializer| write(self.value, serializer));
        }
    }

    fn into<V: Versioned>(&mut self, get: impl Fn(&T) -> V + Copy) {
        self.open.pass(&get(self.value));
    }

    #[inline]
    fn option<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> Option<&V> + Copy) {
        match get(self.value) {
            Some(value) => self.open.pass(value),
            None => self.open.none(),
        }
    }

    #[inline]
    fn unit(&mut self, name: &'static str, is: impl Fn(&T) -> bool + Copy) {
        if is(self.value) {
            self.open.unit(name);
        }
    }

    #[inline]
    fn when(&mut self, is: impl Fn(&T) -> bool + Copy, then: impl Fn(&mut Self) + Copy) {
        if is(self.value) {
            then(self);
        }
    }

    #[inline]
    fn unsent(&mut self, is: impl Fn(&T) -> bool + Copy) {
        if is(self.value) {
            self.open.writer.fail(Error::SkippedVariant);
        }
    }

    fn tag(&mut self, name: &'static str, variant: &'static str) {
        self.open.tag(name, variant);
    }

    fn content(&mut self, name: &'static str, content: impl Fn(&mut Self) + Copy) {
        let start = self.open.frame.open_member(self.open.writer, name);
        let outer = std::mem::replace(&mut self.open.frame, Frame::nested());
        content(self);
        std::mem::replace(&mut self.open.frame, outer).close(self.open.writer);
        self.open.frame.close_member(self.open.writer, name, start, Role::State);
    }

    #[inline]
    fn case_member<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        get: impl Fn(&T) -> Option<&V> + Copy,
    ) {
        if let Some(value) = get(self.value) {
            self.open.member(name, value, Role::State);
        }
    }

    #[inline]
    fn case_member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        get: impl Fn(&T) -> Option<&V> + Copy,
    ) {
        match get(self.value) {
            Some(value) => self.open.member(name, value, Role::State),
            None => self.open.left_out(),
        }
    }

    #[inline]
    fn case_flatten<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> Option<&V> + Copy) {
        if let Some(value) = get(self.value) {
            self.open.flatten(value);
        }
    }

    #[inline]
    fn case_element<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> Option<&V> + Copy) {
        if let Some(value) = get(self.value) {
            self.open.element(value);
        }
    }

    #[inline]
    fn case_transparent<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> Option<&V> + Copy) {
        if let Some(value) = get(self.value) {
            self.open.pass(value);
        }
    }

    fn empty_object(&mut self) {
        self.open.left_out();
    }

    fn empty_array(&mut self) {
        self.open.frame.array(self.open.writer);
    }

    #[inline]
    fn leaf(&mut self, kind: &'static str, write: impl Fn(&T, &mut Writer) + Copy) {
        if self.open.leaf(kind) {
            write(self.value, self.open.writer);
        }
    }
}
