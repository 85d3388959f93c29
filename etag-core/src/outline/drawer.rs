use std::marker::PhantomData;

use super::{Drawing, Kind, Member, Outline, Shape, Stamp, StampJson, short};
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
    text: String,
    /// What no order is kept in: variants, and flattened types.
    unordered: Vec<String>,
    kind: Option<Kind>,
}

/// Draws what a type's description says.
pub(super) fn draw<V: Versioned + ?Sized>(pen: &mut Pen<'_>) {
    V::describe(&mut Drawer { pen, of: PhantomData });
}

impl<'d> Pen<'d> {
    pub(super) fn new(drawing: &'d mut Drawing, outermost: bool) -> Self {
        Self { drawing, outermost, text: String::new(), unordered: Vec::new(), kind: None }
    }

    /// The text, and what the values look like.
    pub(super) fn finish(mut self) -> (String, Kind) {
        let text = self.end();
        (text, self.kind.unwrap_or_default())
    }

    fn end(&mut self) -> String {
        let mut unordered = std::mem::take(&mut self.unordered);
        unordered.sort();
        unordered.concat() + &std::mem::take(&mut self.text)
    }

    /// `role name:(…)`
    fn member(&mut self, role: &str, name: &str, optional: bool, shape: fn() -> Shape) {
        let (text, kind) = self.drawing.value(shape());
        self.word(role, name, optional);
        self.text.push_str(&text);
        self.note_member(name, kind);
    }

    /// A member that only one variant has.
    fn case_member(&mut self, name: &str, optional: bool, shape: fn() -> Shape) {
        let (text, kind) = self.drawing.value(shape());
        let word = word("case member", name, optional);
        self.unordered.push(format!("{word}{text}"));
        self.is(Kind::Composite);
        self.note_member(name, kind);
    }

    /// A nested value is state as a whole: its members have no roles.
    fn word(&mut self, role: &str, name: &str, optional: bool) {
        let role = if self.outermost { role } else { "member" };
        self.text.push_str(&word(role, name, optional));
        self.is(Kind::Composite);
    }

    /// What the values look like, or those of one variant.
    fn is(&mut self, kind: Kind) {
        self.kind = Some(match self.kind.take() {
            None => kind,
            Some(before) => before.or(kind),
        });
    }

    /// A member whose inner shape is not known.
    fn foreign(&mut self, name: &str, optional: bool) {
        self.text.push_str(&word("serde", name, optional));
        self.is(Kind::Composite);
        self.note_member(name, Kind::Unknown);
    }

    fn foreign_value(&mut self) {
        self.text.push_str("serde");
        self.is(Kind::Unknown);
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
        let is_of_variant = self.drawing.in_case;
        self.note(|outline| {
            outline.stamps.push(Stamp { name, json, is_of_variant });
            let mut members = outline.members.iter_mut();
            members
                .find(|member| member.name == unescaped(name))
                .into_iter()
                .for_each(|it| it.is_stamp = true);
        });
    }

    fn note_revision(&mut self, is_time: bool) {
        if self.outermost {
            self.text.push_str("unsent revision;");
        }
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

    fn variant(&mut self, name: &str, optional: bool, shape: fn() -> Shape) {
        self.member("variant", name, optional, shape);
        self.note(|outline| outline.has_variant = true);
    }

    fn skip(&mut self, name: &str, optional: bool, shape: fn() -> Shape) {
        self.member("skip", name, optional, shape);
        self.note(|outline| outline.has_skip = true);
    }

    fn embed(&mut self, name: &'static str) {
        // A nested value has no such member.
        if self.outermost {
            self.word("embed", name, false);
        }
        self.is(Kind::Composite);
        self.note(|outline| outline.embed = Some(name));
    }

    fn epoch(&mut self, epoch: u64) {
        self.text.push_str(&format!("epoch {epoch};"));
        self.note(|outline| outline.epochs.push(epoch));
    }

    fn cache_control(&mut self, value: &'static str) {
        self.note(|outline| outline.cache_control = Some(value));
    }

    /// What a nested value holds is in the tags of what it is in.
    fn keyed(&mut self) {
        self.drawing.outline.is_keyed = true;
    }

    fn vary(&mut self, names: &'static str) {
        self.note(|outline| outline.vary.push(names));
    }

    /// `word(…)`
    fn element(&mut self, word: &str, shape: fn() -> Shape) {
        let (text, _) = self.drawing.value(shape());
        self.text.push_str(word);
        self.text.push_str(&text);
        self.is(Kind::Composite);
    }

    fn flatten(&mut self, shape: fn() -> Shape) {
        // A view says by itself how it may be cached: what it adds may not be for everyone.
        let cache_control = self.drawing.outline.cache_control;
        let (text, _) = self.drawing.inner(shape(), self.outermost);
        self.drawing.outline.cache_control = cache_control;
        self.unordered.push(format!("flatten{}", short(text)));
        self.is(Kind::Composite);
    }

    /// Another type's form, unchanged.
    fn through(&mut self, shape: fn() -> Shape) {
        let (text, kind) = self.drawing.through(shape(), self.outermost);
        self.text.push_str(&text);
        self.is(kind);
    }

    /// Another type's form, in one variant.
    fn case(&mut self, shape: fn() -> Shape) {
        let outer = std::mem::replace(&mut self.drawing.in_case, true);
        let (text, kind) = self.drawing.through(shape(), self.outermost);
        self.drawing.in_case = outer;
        self.unordered.push(format!("case{}", short(text)));
        self.is(kind);
    }

    /// What is said until the brackets [close](Self::close).
    fn open(&mut self) -> (String, Vec<String>) {
        (std::mem::take(&mut self.text), std::mem::take(&mut self.unordered))
    }

    /// The brackets around what was said since.
    fn close(&mut self, (text, unordered): (String, Vec<String>), word: &str) -> String {
        let inside = self.end();
        (self.text, self.unordered) = (text, unordered);
        format!("{word}({inside})")
    }

    fn unit(&mut self, name: &'static str) {
        self.unordered.push(format!("\"{name}\"|"));
        self.is(Kind::Names(vec![unescaped(name).into_owned()]));
    }

    fn tag(&mut self, name: &'static str, variant: &'static str) {
        self.text.push_str(&format!("tag \"{name}\"=\"{variant}\";"));
        self.is(Kind::Composite);
        self.note_member(name, Kind::Names(vec![unescaped(variant).into_owned()]));
    }

    fn leaf(&mut self, kind: &'static str) {
        // They are sent as they are read. An address is not: `::0001` is sent as `::1`.
        let text = if matches!(kind, "character" | "path") { "string" } else { kind };
        self.text.push_str(text);
        self.is(Kind::of_leaf(kind));
    }
}

/// `role "name":`, with `?` where the member can be left out.
fn word(role: &str, name: &str, optional: bool) -> String {
    let optional = if optional { "?" } else { "" };
    format!("{role} \"{name}\"{optional}:")
}

impl<T: ?Sized> Describe<T> for Drawer<'_, '_, T> {
    #[inline(always)]
    fn member<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        {
            let _dropped = get;
        }
        self.pen.member("member", name, false, Shape::of::<V>);
    }

    #[inline(always)]
    fn member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> bool,
        _: impl FnOnce(&T) -> &V,
    ) {
        self.pen.member("member", name, true, Shape::of::<V>);
    }

    #[inline(always)]
    fn revision<V: Versioned + Revision>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.pen.member("revision", name, false, Shape::of::<V>);
        self.pen.note_stamp(name, Box::new(|at| canonical::to_vec(&<V as Revision>::from_stamp(at))));
        self.unsent_revision(get);
    }

    #[inline(always)]
    fn unsent_revision<V: Revision>(&mut self, _: impl FnOnce(&T) -> &V) {
        self.pen.note_revision(V::IS_TIME);
    }

    #[inline(always)]
    fn modified<V: Versioned + Modified>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.pen.member("modified", name, false, Shape::of::<V>);
        self.pen.note_stamp(name, Box::new(|at| canonical::to_vec(&<V as Modified>::from_stamp(at))));
        self.unsent_modified(get);
    }

    #[inline(always)]
    fn unsent_modified<V: Modified>(&mut self, _: impl FnOnce(&T) -> &V) {
        self.pen.note(|outline| outline.has_modified = true);
    }

    #[inline(always)]
    fn variant<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl FnOnce(&T) -> &V) {
        self.pen.variant(name, false, Shape::of::<V>);
    }

    #[inline(always)]
    fn variant_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> bool,
        _: impl FnOnce(&T) -> &V,
    ) {
        self.pen.variant(name, true, Shape::of::<V>);
    }

    #[inline(always)]
    fn skip<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl FnOnce(&T) -> &V) {
        self.pen.skip(name, false, Shape::of::<V>);
    }

    #[inline(always)]
    fn skip_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> bool,
        _: impl FnOnce(&T) -> &V,
    ) {
        self.pen.skip(name, true, Shape::of::<V>);
    }

    #[inline(always)]
    fn with(&mut self, name: &'static str, _: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.pen.foreign(name, false);
    }

    #[inline(always)]
    fn with_unless(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> bool,
        _: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.pen.foreign(name, true);
    }

    #[inline(always)]
    fn with_revision<V: Revision + 'static>(
        &mut self,
        name: &'static str,
        get: impl FnOnce(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.pen.foreign(name, false);
        self.pen.note_stamp(name, Box::new(move |at| canonical::to_vec_with(&V::from_stamp(at), write)));
        self.unsent_revision(get);
    }

    #[inline(always)]
    fn with_modified<V: Modified + 'static>(
        &mut self,
        name: &'static str,
        get: impl FnOnce(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.pen.foreign(name, false);
        self.pen.note_stamp(name, Box::new(move |at| canonical::to_vec_with(&V::from_stamp(at), write)));
        self.unsent_modified(get);
    }

    #[inline(always)]
    fn flatten<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> &V) {
        self.pen.flatten(Shape::of::<V>);
    }

    #[inline(always)]
    fn with_flatten(&mut self, _: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.pen.unordered.push("flatten(serde)".to_owned());
        self.pen.is(Kind::Composite);
    }

    #[inline(always)]
    fn items<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl FnOnce(&T) -> &V) {
        self.pen.member("items", name, false, Shape::of::<V>);
    }

    #[inline(always)]
    fn items_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> bool,
        _: impl FnOnce(&T) -> &V,
    ) {
        self.pen.member("items", name, true, Shape::of::<V>);
    }

    #[inline(always)]
    fn embed(&mut self, name: &'static str) {
        self.pen.embed(name);
    }

    #[inline(always)]
    fn epoch(&mut self, epoch: u64) {
        self.pen.epoch(epoch);
    }

    fn cache_control(&mut self, value: &'static str) {
        self.pen.cache_control(value);
    }

    fn vary(&mut self, names: &'static str) {
        self.pen.vary(names);
    }

    fn keyed(&mut self) {
        self.pen.keyed();
    }

    #[inline(always)]
    fn element<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> &V) {
        self.pen.element("element:", Shape::of::<V>);
    }

    #[inline(always)]
    fn with_element(&mut self, _: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.pen.text.push_str("serde element:");
        self.pen.is(Kind::Composite);
    }

    #[inline(always)]
    fn length(&mut self, length: usize) {
        self.pen.text.push_str(&format!("{length} "));
    }

    #[inline(always)]
    fn array<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T, &mut Array<'_, V>)) {
        self.pen.element("array:", Shape::of::<V>);
    }

    #[inline(always)]
    fn sorted<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T, &mut Array<'_, V>)) {
        self.pen.element("sorted:", Shape::of::<V>);
    }

    #[inline(always)]
    fn set<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T, &mut Array<'_, V>)) {
        self.pen.element("set:", Shape::of::<V>);
    }

    #[inline(always)]
    fn map<K: Versioned + ?Sized, V: Versioned + ?Sized>(
        &mut self,
        _: impl FnOnce(&T, &mut Object<'_, K, V>),
    ) {
        self.pen.element("map:", Shape::of::<K>);
        self.pen.element("", Shape::of::<V>);
    }

    #[inline(always)]
    fn transparent<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> &V) {
        self.pen.through(Shape::of::<V>);
    }

    #[inline(always)]
    fn with_transparent(&mut self, _: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.pen.foreign_value();
    }

    #[inline(always)]
    fn into<V: Versioned>(&mut self, _: impl FnOnce(&T) -> V) {
        self.pen.through(Shape::of::<V>);
    }

    #[inline(always)]
    fn option<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> Option<&V>) {
        // What is there has the tag that it has without the option.
        if !self.pen.outermost {
            self.pen.text.push_str("option:");
        }
        self.pen.through(Shape::of::<V>);
    }

    #[inline(always)]
    fn unit(&mut self, name: &'static str, _: impl FnOnce(&T) -> bool) {
        self.pen.unit(name);
    }

    #[inline(always)]
    fn when(&mut self, _: impl FnOnce(&T) -> bool, then: impl FnOnce(&mut Self)) {
        let outer = self.pen.open();
        let in_case = std::mem::replace(&mut self.pen.drawing.in_case, true);
        then(self);
        self.pen.drawing.in_case = in_case;
        let when = self.pen.close(outer, "when");
        self.pen.unordered.push(when);
    }

    /// What has no form is in no shape.
    #[inline(always)]
    fn unsent(&mut self, _: impl FnOnce(&T) -> bool) {}

    #[inline(always)]
    fn tag(&mut self, name: &'static str, variant: &'static str) {
        self.pen.tag(name, variant);
    }

    #[inline(always)]
    fn content(&mut self, name: &'static str, content: impl FnOnce(&mut Self)) {
        let outermost = std::mem::take(&mut self.pen.outermost);
        let outer = self.pen.open();
        content(self);
        let content = self.pen.close(outer, &format!("content \"{name}\":"));
        self.pen.text.push_str(&content);
        self.pen.outermost = outermost;
        self.pen.is(Kind::Composite);
        self.pen.note_member(name, Kind::Composite);
    }

    #[inline(always)]
    fn case_member<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl FnOnce(&T) -> Option<&V>) {
        self.pen.case_member(name, false, Shape::of::<V>);
    }

    #[inline(always)]
    fn case_member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> Option<&V>,
    ) {
        self.pen.case_member(name, true, Shape::of::<V>);
    }

    #[inline(always)]
    fn case_flatten<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> Option<&V>) {
        self.pen.flatten(Shape::of::<V>);
    }

    #[inline(always)]
    fn case_element<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> Option<&V>) {
        self.pen.element("case element:", Shape::of::<V>);
    }

    #[inline(always)]
    fn case_transparent<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> Option<&V>) {
        self.pen.case(Shape::of::<V>);
    }

    #[inline(always)]
    fn empty_object(&mut self) {
        self.pen.text.push_str("object;");
        self.pen.is(Kind::Composite);
    }

    #[inline(always)]
    fn empty_array(&mut self) {
        self.pen.text.push_str("array;");
        self.pen.is(Kind::Composite);
    }

    #[inline(always)]
    fn leaf(&mut self, kind: &'static str, _: impl FnOnce(&T, &mut Writer)) {
        self.pen.leaf(kind);
    }
}
