use std::marker::PhantomData;

use super::{Drawing, Kind, Member, Outline, Shape, StampJson};
use crate::canonical::{self, Array, Error, Object, Serializer, Writer, unescaped};
use crate::{Describe, Modified, Revision, Versioned};

/// Reads a description without a value.
///
/// Its methods are compiled for each member of each type, so all they do is to name the member's type; what is done
/// with that is [`Pen`]'s, which is compiled once.
struct Drawer<'a, 'd, T: ?Sized> {
    pen: &'a mut Pen<'d>,
    of: PhantomData<fn(&T)>,
}

/// What is being drawn, apart from its type.
pub(super) struct Pen<'d> {
    drawing: &'d mut Drawing,
    outermost: bool,
    kind: Kind,
}

/// Draws what a type's description says.
pub(super) fn draw<V: Versioned + ?Sized>(pen: &mut Pen<'_>) {
    V::describe(&mut Drawer { pen, of: PhantomData });
}

impl<'d> Pen<'d> {
    pub(super) fn new(drawing: &'d mut Drawing, outermost: bool) -> Self {
        Self { drawing, outermost, kind: Kind::default() }
    }

    pub(super) fn into_kind(self) -> Kind {
        self.kind
    }

    /// `role name:(…)`, with `?` where the member can be left out.
    fn member(&mut self, role: &str, name: &str, optional: bool, shape: Shape) {
        self.word(role, name, optional);
        let kind = self.drawing.value(shape);
        self.note_member(name, kind);
    }

    fn word(&mut self, role: &str, name: &str, optional: bool) {
        let optional = if optional { "?" } else { "" };
        self.composite(&format!("{role} \"{name}\"{optional}:"));
    }

    fn composite(&mut self, text: &str) {
        self.kind = Kind::Composite;
        self.drawing.text.push_str(text);
    }

    /// A member whose inner shape is not known.
    fn foreign(&mut self, name: &str, optional: bool) {
        self.word("serde", name, optional);
        self.note_member(name, Kind::Unknown);
    }

    fn note_member(&mut self, name: &str, kind: Kind) {
        let name = unescaped(name).into_owned();
        self.note(|outline| match outline.members.iter_mut().find(|member| member.name == name) {
            // Several variants of an enum can have it.
            Some(member) => member.kind = std::mem::take(&mut member.kind).or(kind),
            None => outline.members.push(Member { name, kind, is_stamp: false }),
        });
    }

    /// The member that was drawn last is a stamp.
    fn note_stamp(&mut self, name: &'static str, json: StampJson) {
        self.note(|outline| {
            outline.stamps.push((name, json));
            let mut members = outline.members.iter_mut();
            members
                .find(|member| member.name == unescaped(name))
                .into_iter()
                .for_each(|it| it.is_stamp = true);
        });
    }

    fn note_revision(&mut self, is_time: bool) {
        self.drawing.text.push_str("unsent revision;");
        self.note(|outline| {
            outline.has_revision = true;
            outline.has_modified |= is_time;
        });
    }

    fn note(&mut self, note: impl FnOnce(&mut Outline)) {
        if self.outermost {
            note(&mut self.drawing.outline);
        }
    }

    fn variant(&mut self, name: &str, optional: bool, shape: Shape) {
        self.member("variant", name, optional, shape);
        self.note(|outline| outline.has_variant = true);
    }

    fn skip(&mut self, name: &str, optional: bool, shape: Shape) {
        self.member("skip", name, optional, shape);
        self.note(|outline| outline.has_skip = true);
    }

    fn embed(&mut self, name: &'static str) {
        self.word("embed", name, false);
        self.note(|outline| outline.embed = Some(name));
    }

    fn epoch(&mut self, epoch: u64) {
        self.drawing.text.push_str(&format!("epoch {epoch};"));
        self.note(|outline| outline.epochs.push(epoch));
    }

    /// `word:(…)`
    fn element(&mut self, word: &str, shape: Shape) {
        self.composite(word);
        self.drawing.value(shape);
    }

    fn flatten(&mut self, shape: Shape) {
        self.bracketed("flatten", |pen| {
            let _ = pen.drawing.inner(shape, pen.outermost);
        });
    }

    /// Another type's form, unchanged.
    fn through(&mut self, shape: Shape) {
        self.kind = self.drawing.through(shape, self.outermost);
    }

    /// What `inside` says, in brackets.
    fn bracketed(&mut self, word: &str, inside: impl FnOnce(&mut Self)) {
        self.composite(&format!("{word}("));
        inside(self);
        self.composite(")");
    }

    fn unit(&mut self, name: &'static str) {
        self.drawing.text.push_str(&format!("\"{name}\"|"));
        match &mut self.kind {
            Kind::Names(names) => names.push(unescaped(name).into_owned()),
            Kind::Composite => {}
            kind => *kind = Kind::Names(vec![unescaped(name).into_owned()]),
        }
    }

    fn tag(&mut self, name: &'static str, variant: &'static str) {
        self.composite(&format!("tag \"{name}\"=\"{variant}\";"));
        self.note_member(name, Kind::Names(vec![unescaped(variant).into_owned()]));
    }

    fn leaf(&mut self, kind: &'static str) {
        self.drawing.text.push_str(kind);
        self.kind = Kind::of_leaf(kind);
    }
}

impl<T: ?Sized> Describe<T> for Drawer<'_, '_, T> {
    fn member<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> &V) {
        self.pen.member("member", name, false, Shape::of::<V>());
    }

    fn member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> bool,
        _: impl Fn(&T) -> &V,
    ) {
        self.pen.member("member", name, true, Shape::of::<V>());
    }

    fn revision<V: Versioned + Revision>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.pen.member("revision", name, false, Shape::of::<V>());
        self.pen.note_stamp(name, Box::new(|at| canonical::to_vec(&<V as Revision>::from_stamp(at))));
        self.unsent_revision(get);
    }

    fn unsent_revision<V: Revision>(&mut self, _: impl Fn(&T) -> &V) {
        self.pen.note_revision(V::IS_TIME);
    }

    fn modified<V: Versioned + Modified>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.pen.member("modified", name, false, Shape::of::<V>());
        self.pen.note_stamp(name, Box::new(|at| canonical::to_vec(&<V as Modified>::from_stamp(at))));
        self.unsent_modified(get);
    }

    fn unsent_modified<V: Modified>(&mut self, _: impl Fn(&T) -> &V) {
        self.pen.note(|outline| outline.has_modified = true);
    }

    fn variant<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> &V) {
        self.pen.variant(name, false, Shape::of::<V>());
    }

    fn variant_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> bool,
        _: impl Fn(&T) -> &V,
    ) {
        self.pen.variant(name, true, Shape::of::<V>());
    }

    fn skip<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> &V) {
        self.pen.skip(name, false, Shape::of::<V>());
    }

    fn skip_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> bool,
        _: impl Fn(&T) -> &V,
    ) {
        self.pen.skip(name, true, Shape::of::<V>());
    }

    fn with(&mut self, name: &'static str, _: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        self.pen.foreign(name, false);
    }

    fn with_unless(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> bool,
        _: impl Fn(&T, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.pen.foreign(name, true);
    }

    fn with_revision<V: Revision + 'static>(
        &mut self,
        name: &'static str,
        get: impl Fn(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.pen.foreign(name, false);
        self.pen.note_stamp(name, Box::new(move |at| canonical::to_vec_with(&V::from_stamp(at), write)));
        self.unsent_revision(get);
    }

    fn with_modified<V: Modified + 'static>(
        &mut self,
        name: &'static str,
        get: impl Fn(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.pen.foreign(name, false);
        self.pen.note_stamp(name, Box::new(move |at| canonical::to_vec_with(&V::from_stamp(at), write)));
        self.unsent_modified(get);
    }

    fn flatten<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
        self.pen.flatten(Shape::of::<V>());
    }

    fn with_flatten(&mut self, _: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        self.pen.composite("flatten(serde)");
    }

    fn items<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> &V) {
        self.pen.member("items", name, false, Shape::of::<V>());
    }

    fn items_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> bool,
        _: impl Fn(&T) -> &V,
    ) {
        self.pen.member("items", name, true, Shape::of::<V>());
    }

    fn embed(&mut self, name: &'static str) {
        self.pen.embed(name);
    }

    fn epoch(&mut self, epoch: u64) {
        self.pen.epoch(epoch);
    }

    fn element<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
        self.pen.element("element:", Shape::of::<V>());
    }

    fn with_element(&mut self, _: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        self.pen.composite("serde element:");
    }

    fn array<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Array<'_, V>)) {
        self.pen.element("array:", Shape::of::<V>());
    }

    fn sorted<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Array<'_, V>)) {
        self.pen.element("sorted:", Shape::of::<V>());
    }

    fn set<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Array<'_, V>)) {
        self.pen.element("set:", Shape::of::<V>());
    }

    fn map<K: Versioned + ?Sized, V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Object<'_, K, V>)) {
        self.pen.element("map:", Shape::of::<K>());
        self.pen.element("", Shape::of::<V>());
    }

    fn transparent<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
        self.pen.through(Shape::of::<V>());
    }

    fn with_transparent(&mut self, _: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        self.pen.drawing.text.push_str("serde");
    }

    fn into<V: Versioned>(&mut self, _: impl Fn(&T) -> V) {
        self.pen.through(Shape::of::<V>());
    }

    fn option<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> Option<&V>) {
        // What is there has the tag that it has without the option.
        if !self.pen.outermost {
            self.pen.drawing.text.push_str("option:");
        }
        self.pen.through(Shape::of::<V>());
    }

    fn unit(&mut self, name: &'static str, _: impl Fn(&T) -> bool) {
        self.pen.unit(name);
    }

    fn when(&mut self, _: impl Fn(&T) -> bool, then: impl Fn(&mut Self)) {
        self.pen.composite("when(");
        then(self);
        self.pen.composite(")");
    }

    /// What has no form is in no shape.
    fn unsent(&mut self, _: impl Fn(&T) -> bool) {}

    fn tag(&mut self, name: &'static str, variant: &'static str) {
        self.pen.tag(name, variant);
    }

    fn content(&mut self, name: &'static str, content: impl Fn(&mut Self)) {
        let outermost = std::mem::take(&mut self.pen.outermost);
        self.pen.composite(&format!("content \"{name}\":("));
        content(self);
        self.pen.composite(")");
        self.pen.outermost = outermost;
        self.pen.note_member(name, Kind::Composite);
    }

    fn case_member<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> Option<&V>) {
        self.pen.member("case member", name, false, Shape::of::<V>());
    }

    fn case_member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> Option<&V>,
    ) {
        self.pen.member("case member", name, true, Shape::of::<V>());
    }

    fn case_flatten<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> Option<&V>) {
        self.pen.flatten(Shape::of::<V>());
    }

    fn case_element<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> Option<&V>) {
        self.pen.element("case element:", Shape::of::<V>());
    }

    fn case_transparent<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> Option<&V>) {
        self.pen.bracketed("case", |pen| pen.through(Shape::of::<V>()));
        self.pen.kind = Kind::Composite;
    }

    fn empty_object(&mut self) {
        self.pen.composite("object;");
    }

    fn empty_array(&mut self) {
        self.pen.composite("array;");
    }

    fn leaf(&mut self, kind: &'static str, _: impl Fn(&T, &mut Writer)) {
        self.pen.leaf(kind);
    }
}
