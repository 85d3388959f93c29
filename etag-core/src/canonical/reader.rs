use super::array::OpenArray;
use super::frame::Flattening;
use super::object::OpenObject;
use super::string::unescaped;
use super::{Array, Error, Frame, Object, Place, Role, Serializer, Writer};
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

/// A value of any type.
pub(crate) trait Value {
    /// Lets the value speak in the place of the one that is open.
    fn pass(&self, open: &mut Open<'_>);
}

impl<T: Versioned + ?Sized> Value for &T {
    fn pass(&self, open: &mut Open<'_>) {
        open.pass(*self);
    }
}

/// A value that is being written, apart from its type.
pub(crate) struct Open<'w> {
    writer: &'w mut Writer,
    frame: Frame,
}

impl Open<'_> {
    /// Writes a value.
    #[inline(never)]
    pub(super) fn write(value: &dyn Value, place: Place, writer: &mut Writer) {
        let mut open = Open { writer, frame: Frame::new(place) };
        value.pass(&mut open);
        open.frame.close(open.writer);
    }

    /// Writes a value inside of another one. What a leaf does becomes a part of the caller, and the frame is gone.
    #[inline(always)]
    pub(super) fn write_nested<V: Versioned + ?Sized>(value: &V, writer: &mut Writer) {
        let mut open = Open { writer, frame: Frame::default() };
        open.pass(value);
        open.frame.close(open.writer);
    }

    /// Lets a value speak in this one's place.
    #[inline]
    fn pass<V: Versioned + ?Sized>(&mut self, value: &V) {
        V::describe(&mut Reader { value, open: self });
    }

    #[inline(never)]
    fn member<V: Versioned + ?Sized>(&mut self, name: &'static str, value: &V, role: Role) {
        let start = self.frame.open_member(self.writer, name);
        Open::write_nested(value, self.writer);
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
    fn flatten<V: Versioned + ?Sized>(&mut self, value: &V, flattening: Flattening) {
        self.frame.collect(self.writer);
        let outer = self.frame.set_flattening(flattening);
        self.pass(value);
        self.frame.set_flattening(outer);
    }

    /// A value that could be none.
    #[inline]
    fn some<V: Versioned + ?Sized>(&mut self, value: &V) {
        match self.frame.takes_options() {
            true => self.pass(value),
            false => self.writer.fail(Error::TaggedOption),
        }
    }

    /// No value: `null`, or, flattened, no members (as in serde).
    #[inline(never)]
    fn none(&mut self) {
        if !self.frame.takes_options() {
            self.writer.fail(Error::TaggedOption);
        } else if !self.frame.is_flattening() {
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

    /// Whether a leaf is to be written.
    #[inline]
    fn leaf(&mut self, kind: &'static str) -> bool {
        if self.frame.is_flattening() {
            return self.flattened_leaf(kind);
        }
        self.frame.leaf(self.writer);
        true
    }

    /// Flattened, a unit has no members (as in serde).
    #[cold]
    #[inline(never)]
    fn flattened_leaf(&mut self, kind: &'static str) -> bool {
        let is_nothing = kind == "null";
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
    fn foreign_flatten(
        &mut self,
        write: impl FnOnce(Serializer<'_>) -> Result<(), Error>,
        flattening: Flattening,
    ) {
        self.frame.collect(self.writer);
        let outer = self.frame.set_flattening(flattening);
        self.foreign_members(write);
        self.frame.set_flattening(outer);
    }

    /// Writes the members of what a function writes, in the place of a value that is flattened.
    fn foreign_members(&mut self, write: impl FnOnce(Serializer<'_>) -> Result<(), Error>) {
        let written = write(Serializer::flattening(self.writer, &mut self.frame));
        written.unwrap_or_else(|error| self.writer.fail(error));
    }

    /// Notes a member that may be one of another variant: that it is not there says nothing of this one.
    #[cold]
    fn not_in_case(&mut self, name: &str) {
        self.writer.fail(Error::Case(unescaped(name).into_owned()));
    }
}

impl<T: ?Sized> Describe<T> for Reader<'_, '_, T> {
    #[inline(always)]
    fn member<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.open.member(name, get(self.value), Role::State);
    }

    #[inline(always)]
    fn member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl FnOnce(&T) -> bool,
        get: impl FnOnce(&T) -> &V,
    ) {
        match unless(self.value) {
            true => self.open.left_out(),
            false => self.open.member(name, get(self.value), Role::State),
        }
    }

    #[inline(always)]
    fn id<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.open.member(name, get(self.value), Role::State);
    }

    #[inline(always)]
    fn revision<V: Versioned + Revision>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        let revision = get(self.value);
        self.open.member(name, revision, Role::Stamp);
        self.open.revision(revision);
    }

    #[inline(always)]
    fn unsent_revision<V: Revision>(&mut self, get: impl FnOnce(&T) -> &V) {
        self.open.revision(get(self.value));
    }

    #[inline(always)]
    fn modified<V: Versioned + Modified>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        let modified = get(self.value);
        self.open.member(name, modified, Role::Stamp);
        self.open.modified(modified);
    }

    #[inline(always)]
    fn unsent_modified<V: Modified>(&mut self, get: impl FnOnce(&T) -> &V) {
        self.open.modified(get(self.value));
    }

    #[inline(always)]
    fn variant<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.open.member(name, get(self.value), Role::Variant);
    }

    #[inline(always)]
    fn variant_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl FnOnce(&T) -> bool,
        get: impl FnOnce(&T) -> &V,
    ) {
        match unless(self.value) {
            true => self.open.left_out(),
            false => self.open.member(name, get(self.value), Role::Variant),
        }
    }

    #[inline(always)]
    fn skip<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.open.member(name, get(self.value), Role::Skip);
    }

    #[inline(always)]
    fn skip_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl FnOnce(&T) -> bool,
        get: impl FnOnce(&T) -> &V,
    ) {
        match unless(self.value) {
            true => self.open.left_out(),
            false => self.open.member(name, get(self.value), Role::Skip),
        }
    }

    #[inline(always)]
    fn with(&mut self, name: &'static str, write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.open.foreign_member(name, |serializer| write(self.value, serializer), Role::State);
    }

    #[inline(always)]
    fn with_unless(
        &mut self,
        name: &'static str,
        unless: impl FnOnce(&T) -> bool,
        write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>,
    ) {
        match unless(self.value) {
            true => self.open.left_out(),
            false => self.with(name, write),
        }
    }

    #[inline(always)]
    fn with_revision<V: Revision + 'static>(
        &mut self,
        name: &'static str,
        get: impl FnOnce(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        let revision = get(self.value);
        self.open.foreign_member(name, |serializer| write(revision, serializer), Role::Stamp);
        self.open.revision(revision);
    }

    #[inline(always)]
    fn with_modified<V: Modified + 'static>(
        &mut self,
        name: &'static str,
        get: impl FnOnce(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        let modified = get(self.value);
        self.open.foreign_member(name, |serializer| write(modified, serializer), Role::Stamp);
        self.open.modified(modified);
    }

    #[inline(always)]
    fn flatten<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> &V) {
        self.open.flatten(get(self.value), Flattening::Fields);
    }

    #[inline(always)]
    fn with_flatten(&mut self, write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.open.foreign_flatten(|serializer| write(self.value, serializer), Flattening::Fields);
    }

    #[inline(always)]
    fn with_newtype(&mut self, write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.open.foreign_flatten(|serializer| write(self.value, serializer), Flattening::Newtype);
    }

    #[inline(always)]
    fn items<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.open.items(name, get(self.value));
    }

    #[inline(always)]
    fn items_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl FnOnce(&T) -> bool,
        get: impl FnOnce(&T) -> &V,
    ) {
        match unless(self.value) {
            true => self.open.left_out(),
            false => self.open.items(name, get(self.value)),
        }
    }

    #[inline(always)]
    fn embed(&mut self, name: &'static str) {
        self.open.embed(name);
    }

    #[inline(always)]
    fn element<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> &V) {
        self.open.element(get(self.value));
    }

    #[inline(always)]
    fn with_element(&mut self, write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.open.frame.element(self.open.writer);
        self.open.foreign(|serializer| write(self.value, serializer));
    }

    #[inline(always)]
    fn array<V: Versioned + ?Sized>(&mut self, elements: impl FnOnce(&T, &mut Array<'_, V>)) {
        let Open { writer, frame } = &mut *self.open;
        frame.leaf(writer);
        let mut array = Array::new(OpenArray::ordered(writer, frame.is_list()));
        elements(self.value, &mut array);
        array.close();
    }

    #[inline(always)]
    fn set<V: Versioned + ?Sized>(&mut self, elements: impl FnOnce(&T, &mut Array<'_, V>)) {
        let Open { writer, frame } = &mut *self.open;
        frame.leaf(writer);
        let mut array = Array::new(OpenArray::unordered(writer, frame.is_list()));
        elements(self.value, &mut array);
        array.close();
    }

    #[inline(always)]
    fn map<K: Versioned + ?Sized, V: Versioned + ?Sized>(
        &mut self,
        entries: impl FnOnce(&T, &mut Object<'_, K, V>),
    ) {
        let Open { writer, frame } = &mut *self.open;
        let mut object = Object::new(OpenObject::new(writer, frame));
        entries(self.value, &mut object);
        object.close();
    }

    #[inline(always)]
    fn transparent<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> &V) {
        self.open.pass(get(self.value));
    }

    #[inline(always)]
    fn with_transparent(&mut self, write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        if self.open.frame.is_flattening() {
            self.open.foreign_members(|serializer| write(self.value, serializer));
        } else {
            self.open.frame.leaf(self.open.writer);
            self.open.foreign(|serializer| write(self.value, serializer));
        }
    }

    #[inline(always)]
    fn into<V: Versioned>(&mut self, get: impl FnOnce(&T) -> V) {
        self.open.pass(&get(self.value));
    }

    #[inline(always)]
    fn option<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> Option<&V>) {
        match get(self.value) {
            Some(value) => self.open.some(value),
            None => self.open.none(),
        }
    }

    #[inline(always)]
    fn unit(&mut self, name: &'static str, is: impl FnOnce(&T) -> bool) {
        if is(self.value) {
            self.open.unit(name);
        }
    }

    #[inline(always)]
    fn when(&mut self, is: impl FnOnce(&T) -> bool, then: impl FnOnce(&mut Self)) {
        if is(self.value) {
            let outer = self.open.frame.set_in_case(true);
            then(self);
            self.open.frame.set_in_case(outer);
        }
    }

    #[inline(always)]
    fn unsent(&mut self, is: impl FnOnce(&T) -> bool) {
        if is(self.value) {
            self.open.writer.fail(Error::SkippedVariant);
        }
    }

    #[inline(always)]
    fn tag(&mut self, name: &'static str, variant: &'static str) {
        self.open.tag(name, variant);
    }

    #[inline(always)]
    fn content(&mut self, name: &'static str, content: impl FnOnce(&mut Self)) {
        let start = self.open.frame.open_member(self.open.writer, name);
        let inner = self.open.frame.content();
        let outer = std::mem::replace(&mut self.open.frame, inner);
        content(self);
        std::mem::replace(&mut self.open.frame, outer).close(self.open.writer);
        self.open.frame.close_member(self.open.writer, name, start, Role::State);
    }

    #[inline(always)]
    fn case_member<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> Option<&V>) {
        if let Some(value) = get(self.value) {
            self.open.member(name, value, Role::State);
        }
    }

    #[inline(always)]
    fn case_member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        get: impl FnOnce(&T) -> Option<&V>,
    ) {
        match get(self.value) {
            _ if !self.open.frame.is_in_case() => self.open.not_in_case(name),
            Some(value) => self.open.member(name, value, Role::State),
            None => self.open.left_out(),
        }
    }

    #[inline(always)]
    fn case_flatten<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> Option<&V>) {
        if let Some(value) = get(self.value) {
            self.open.flatten(value, Flattening::Fields);
        }
    }

    #[inline]
    fn case_newtype<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> Option<&V>) {
        if let Some(value) = get(self.value) {
            self.open.flatten(value, Flattening::Newtype);
        }
    }

    #[inline(always)]
    fn case_element<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> Option<&V>) {
        if let Some(value) = get(self.value) {
            self.open.element(value);
        }
    }

    #[inline(always)]
    fn case_transparent<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> Option<&V>) {
        if let Some(value) = get(self.value) {
            self.open.pass(value);
        }
    }

    #[inline(always)]
    fn empty_object(&mut self) {
        self.open.left_out();
    }

    #[inline(always)]
    fn empty_array(&mut self) {
        self.open.frame.array(self.open.writer);
    }

    #[inline(always)]
    fn leaf(&mut self, kind: &'static str, write: impl FnOnce(&T, &mut Writer)) {
        if self.open.leaf(kind) {
            write(self.value, self.open.writer);
        }
    }
}
