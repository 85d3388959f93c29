use std::marker::PhantomData;

use super::{Drawing, Kind, Member, Outline, StampJson};
use crate::canonical::{self, Array, Error, Object, Serializer, Writer, unescaped};
use crate::{Describe, Modified, Revision, Versioned};

/// Reads a description without a value.
pub(super) struct Drawer<'a, T: ?Sized> {
    drawing: &'a mut Drawing,
    outermost: bool,
    kind: Kind,
    of: PhantomData<fn(&T)>,
}

impl<'a, T: ?Sized> Drawer<'a, T> {
    pub(super) fn new(drawing: &'a mut Drawing, outermost: bool) -> Self {
        Self { drawing, outermost, kind: Kind::default(), of: PhantomData }
    }

    pub(super) fn into_kind(self) -> Kind {
        self.kind
    }

    /// `role name:(…)`, with `?` where the member can be left out.
    fn draw<V: Versioned + ?Sized>(&mut self, role: &str, name: &str, optional: bool) {
        self.word(role, name, optional);
        let kind = self.drawing.value::<V>(false);
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

    fn draw_flattened<V: Versioned + ?Sized>(&mut self) {
        self.bracketed("flatten", |drawer| {
            let _ = drawer.drawing.inner::<V>(drawer.outermost);
        });
    }

    /// What `inside` says, in brackets.
    fn bracketed(&mut self, word: &str, inside: impl FnOnce(&mut Self)) {
        self.composite(&format!("{word}("));
        inside(self);
        self.composite(")");
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

    fn note(&mut self, note: impl FnOnce(&mut Outline)) {
        if self.outermost {
            note(&mut self.drawing.outline);
        }
    }
}

impl<T: ?Sized> Describe<T> for Drawer<'_, T> {
    fn member<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> &V) {
        self.draw::<V>("member", name, false);
    }

    fn member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> bool,
        _: impl Fn(&T) -> &V,
    ) {
        self.draw::<V>("member", name, true);
    }

    fn revision<V: Versioned + Revision>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.draw::<V>("revision", name, false);
        self.note_stamp(name, Box::new(|at| canonical::to_vec(&<V as Revision>::from_stamp(at))));
        self.unsent_revision(get);
    }

    fn unsent_revision<V: Revision>(&mut self, _: impl Fn(&T) -> &V) {
        self.drawing.text.push_str("unsent revision;");
        self.note(|outline| {
            outline.has_revision = true;
            outline.has_modified |= V::IS_TIME;
        });
    }

    fn modified<V: Versioned + Modified>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.draw::<V>("modified", name, false);
        self.note_stamp(name, Box::new(|at| canonical::to_vec(&<V as Modified>::from_stamp(at))));
        self.unsent_modified(get);
    }

    fn unsent_modified<V: Modified>(&mut self, _: impl Fn(&T) -> &V) {
        self.note(|outline| outline.has_modified = true);
    }

    fn variant<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> &V) {
        self.draw::<V>("variant", name, false);
        self.note(|outline| outline.has_variant = true);
    }

    fn variant_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> bool,
        _: impl Fn(&T) -> &V,
    ) {
        self.draw::<V>("variant", name, true);
        self.note(|outline| outline.has_variant = true);
    }

    fn skip<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> &V) {
        self.draw::<V>("skip", name, false);
        self.note(|outline| outline.has_skip = true);
    }

    fn skip_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> bool,
        _: impl Fn(&T) -> &V,
    ) {
        self.draw::<V>("skip", name, true);
        self.note(|outline| outline.has_skip = true);
    }

    fn with(&mut self, name: &'static str, _: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        self.foreign(name, false);
    }

    fn with_unless(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> bool,
        _: impl Fn(&T, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.foreign(name, true);
    }

    fn with_revision<V: Revision + 'static>(
        &mut self,
        name: &'static str,
        get: impl Fn(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.foreign(name, false);
        self.note_stamp(name, Box::new(move |at| canonical::to_vec_with(&V::from_stamp(at), write)));
        self.unsent_revision(get);
    }

    fn with_modified<V: Modified + 'static>(
        &mut self,
        name: &'static str,
        get: impl Fn(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.foreign(name, false);
        self.note_stamp(name, Box::new(move |at| canonical::to_vec_with(&V::from_stamp(at), write)));
        self.unsent_modified(get);
    }

    fn flatten<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
        self.draw_flattened::<V>();
    }

    fn with_flatten(&mut self, _: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        self.composite("flatten(serde)");
    }

    fn items<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> &V) {
        self.draw::<V>("items", name, false);
    }

    fn items_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> bool,
        _: impl Fn(&T) -> &V,
    ) {
        self.draw::<V>("items", name, true);
    }

    fn embed(&mut self, name: &'static str) {
        self.word("embed", name, false);
        self.note(|outline| outline.embed = Some(name));
    }

    fn epoch(&mut self, epoch: u64) {
        self.drawing.text.push_str(&format!("epoch {epoch};"));
        self.note(|outline| outline.epochs.push(epoch));
    }

    fn element<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
        self.composite("element:");
        self.drawing.value::<V>(false);
    }

    fn with_element(&mut self, _: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        self.composite("serde element:");
    }

    fn array<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Array<'_, V>)) {
        self.composite("array:");
        self.drawing.value::<V>(false);
    }

    fn sorted<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Array<'_, V>)) {
        self.composite("sorted:");
        self.drawing.value::<V>(false);
    }

    fn set<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Array<'_, V>)) {
        self.composite("set:");
        self.drawing.value::<V>(false);
    }

    fn map<K: Versioned + ?Sized, V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Object<'_, K, V>)) {
        self.composite("map:");
        self.drawing.value::<K>(false);
        self.drawing.value::<V>(false);
    }

    fn transparent<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
        self.kind = self.drawing.through::<V>(self.outermost);
    }

    fn with_transparent(&mut self, _: impl Fn(&T, Serializer<'_>) -> Result<(), Error>) {
        self.drawing.text.push_str("serde");
    }

    fn into<V: Versioned>(&mut self, _: impl Fn(&T) -> V) {
        self.kind = self.drawing.through::<V>(self.outermost);
    }

    fn option<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> Option<&V>) {
        // What is there has the tag that it has without the option.
        if !self.outermost {
            self.drawing.text.push_str("option:");
        }
        self.kind = self.drawing.through::<V>(self.outermost);
    }

    fn unit(&mut self, name: &'static str, _: impl Fn(&T) -> bool) {
        self.drawing.text.push_str(&format!("\"{name}\"|"));
        match &mut self.kind {
            Kind::Names(names) => names.push(unescaped(name).into_owned()),
            Kind::Composite => {}
            kind => *kind = Kind::Names(vec![unescaped(name).into_owned()]),
        }
    }

    fn when(&mut self, _: impl Fn(&T) -> bool, then: impl Fn(&mut Self)) {
        self.bracketed("when", then);
    }

    /// What has no form is in no shape.
    fn unsent(&mut self, _: impl Fn(&T) -> bool) {}

    fn tag(&mut self, name: &'static str, variant: &'static str) {
        self.composite(&format!("tag \"{name}\"=\"{variant}\";"));
        self.note_member(name, Kind::Names(vec![unescaped(variant).into_owned()]));
    }

    fn content(&mut self, name: &'static str, content: impl Fn(&mut Self)) {
        let outermost = std::mem::take(&mut self.outermost);
        self.bracketed(&format!("content \"{name}\":"), content);
        self.outermost = outermost;
        self.note_member(name, Kind::Composite);
    }

    fn case_member<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> Option<&V>) {
        self.draw::<V>("case member", name, false);
    }

    fn case_member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> Option<&V>,
    ) {
        self.draw::<V>("case member", name, true);
    }

    fn case_flatten<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> Option<&V>) {
        self.draw_flattened::<V>();
    }

    fn case_element<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> Option<&V>) {
        self.composite("case element:");
        self.drawing.value::<V>(false);
    }

    fn case_transparent<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> Option<&V>) {
        self.bracketed("case", |drawer| {
            let _ = drawer.drawing.through::<V>(drawer.outermost);
        });
    }

    fn empty_object(&mut self) {
        self.composite("object;");
    }

    fn empty_array(&mut self) {
        self.composite("array;");
    }

    fn leaf(&mut self, kind: &'static str, _: impl Fn(&T, &mut Writer)) {
        self.drawing.text.push_str(kind);
        self.kind = Kind::of_leaf(kind);
    }
}
