//! What a type's description says without a value: its shape, its members, its roles.

use std::any::TypeId;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{PoisonError, RwLock};

use serde::Serialize;

use crate::canonical::{self, Array, Object, Writer};
use crate::{Describe, Modified, Revision, StateTag, Timestamp, Versioned};

/// A type, as far as its description tells.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// A fingerprint that changes when the JSON of a value can.
    pub(crate) shape: String,
    /// The members that the framework stamps, and the JSON of a stamp.
    pub(crate) stamps: Vec<(&'static str, StampJson)>,
    pub(crate) embed: Option<&'static str>,
    pub(crate) epoch: Option<u64>,
    pub(crate) has_revision: bool,
    pub(crate) has_modified: bool,
    pub(crate) has_variant: bool,
    pub(crate) has_skip: bool,
    /// The variant of a value that has no variant members.
    pub(crate) fixed_variant: Option<StateTag>,
}

pub(crate) type StampJson = fn(Timestamp) -> Result<Vec<u8>, canonical::Error>;

impl Outline {
    /// The outline of `T`, made once in a process.
    pub(crate) fn of<T: Versioned + ?Sized>() -> &'static Self {
        let id = typeid::of::<T>();
        let known = OUTLINES.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(outline) = known.as_ref().and_then(|known| known.get(&id)) {
            return outline;
        }
        drop(known);
        let outline: &'static Self = Box::leak(Box::new(Self::draw::<T>()));
        let mut known = OUTLINES.write().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert_default().entry(id).or_insert(outline)
    }

    fn draw<T: Versioned + ?Sized>() -> Self {
        let mut drawing = Drawing::default();
        drawing.value::<T>(true);
        let Drawing { text, mut outline, .. } = drawing;
        outline.shape = StateTag::hash([FORMAT, text.as_bytes()]).to_string();
        outline.fixed_variant = outline.hash_variant(&[]);
        outline
    }

    /// The variant of a value whose variant members are these.
    pub(crate) fn variant<'a>(&self, members: impl Iterator<Item = &'a [u8]>) -> Option<StateTag> {
        if self.has_variant { self.hash_variant(&members.collect::<Vec<_>>()) } else { self.fixed_variant }
    }

    /// The SHA-256 of a canonical object of what is in the variant, and in no state:
    /// `{"epoch":2,"shape":"…","variant":{…}}`, without what the type does not have.
    ///
    /// The shape is that of a type with a revision: a new program that sends other JSON for one revision
    /// sends another tag.
    fn hash_variant(&self, members: &[&[u8]]) -> Option<StateTag> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        if let Some(epoch) = self.epoch {
            parts.push(format!("\"epoch\":{epoch}").into_bytes());
        }
        if self.has_revision {
            parts.push(format!("\"shape\":\"{}\"", self.shape).into_bytes());
        }
        if self.has_variant {
            parts.push([b"\"variant\":{", members.join(&b',').as_slice(), b"}"].concat());
        }
        (!parts.is_empty()).then(|| StateTag::hash([b"{", parts.join(&b',').as_slice(), b"}"]))
    }
}

/// One entry for a type of the program: it does not grow with requests.
static OUTLINES: RwLock<Option<HashMap<TypeId, &'static Outline>>> = RwLock::new(None);

/// Part of each shape: another number says that the canonical form itself has changed.
const FORMAT: &[u8] = b"etag-core 1\n";

#[derive(Default)]
struct Drawing {
    text: String,
    /// The types that were drawn before: a type that contains itself refers back.
    seen: HashMap<TypeId, usize>,
    /// The types that are being drawn into one another: one that is flattened into itself ends there.
    open: Vec<TypeId>,
    outline: Outline,
}

impl Drawing {
    fn value<V: Versioned + ?Sized>(&mut self, outermost: bool) {
        let number = self.seen.len();
        if let Some(before) = self.seen.get(&typeid::of::<V>()) {
            self.text.push_str(&format!("#{before}"));
            return;
        }
        self.seen.insert(typeid::of::<V>(), number);
        self.text.push('(');
        self.inner::<V>(outermost);
        self.text.push(')');
    }

    fn inner<V: Versioned + ?Sized>(&mut self, outermost: bool) {
        let id = typeid::of::<V>();
        if self.open.contains(&id) {
            self.text.push_str("again");
            return;
        }
        self.open.push(id);
        V::describe(&mut Drawer { drawing: self, outermost, of: PhantomData });
        self.open.pop();
    }
}

struct Drawer<'a, T: ?Sized> {
    drawing: &'a mut Drawing,
    outermost: bool,
    of: PhantomData<fn(&T)>,
}

impl<T: ?Sized> Drawer<'_, T> {
    /// `role name:(…)`, with `?` where the member can be left out.
    fn draw<V: Versioned + ?Sized>(&mut self, role: &str, name: &str, optional: bool) {
        self.word(role, name, optional);
        self.drawing.value::<V>(false);
    }

    fn word(&mut self, role: &str, name: &str, optional: bool) {
        let optional = if optional { "?" } else { "" };
        self.drawing.text.push_str(&format!("{role} \"{name}\"{optional}:"));
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
        self.note(|outline| {
            outline.stamps.push((name, |at| canonical::to_vec(&<V as Revision>::from_stamp(at))))
        });
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
        self.note(|outline| {
            outline.stamps.push((name, |at| canonical::to_vec(&<V as Modified>::from_stamp(at))))
        });
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

    fn serde<V: Serialize + ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> &V) {
        self.word("serde", name, false);
    }

    fn serde_unless<V: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl Fn(&T) -> bool,
        _: impl Fn(&T) -> &V,
    ) {
        self.word("serde", name, true);
    }

    fn flatten<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
        self.drawing.text.push_str("flatten(");
        self.drawing.inner::<V>(self.outermost);
        self.drawing.text.push(')');
    }

    fn embed(&mut self, name: &'static str) {
        self.word("embed", name, false);
        self.note(|outline| outline.embed = Some(name));
    }

    fn epoch(&mut self, epoch: u64) {
        self.drawing.text.push_str(&format!("epoch {epoch};"));
        self.note(|outline| outline.epoch = Some(epoch));
    }

    fn element<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
        self.drawing.text.push_str("element:");
        self.drawing.value::<V>(false);
    }

    fn serde_element<V: Serialize + ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
        self.drawing.text.push_str("serde element:");
    }

    fn array<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Array<'_, V>)) {
        self.drawing.text.push_str("array:");
        self.drawing.value::<V>(false);
    }

    fn sorted<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Array<'_, V>)) {
        self.drawing.text.push_str("sorted:");
        self.drawing.value::<V>(false);
    }

    fn set<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Array<'_, V>)) {
        self.drawing.text.push_str("set:");
        self.drawing.value::<V>(false);
    }

    fn map<K: Versioned + ?Sized, V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Object<'_, K, V>)) {
        self.drawing.text.push_str("map:");
        self.drawing.value::<K>(false);
        self.drawing.value::<V>(false);
    }

    fn transparent<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
        self.drawing.inner::<V>(self.outermost);
    }

    fn serde_transparent<V: Serialize + ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
        self.drawing.text.push_str("serde");
    }

    fn option<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> Option<&V>) {
        self.drawing.text.push_str("option:");
        self.drawing.inner::<V>(self.outermost);
    }

    fn unit(&mut self, name: &'static str, _: impl Fn(&T) -> bool) {
        self.drawing.text.push_str(&format!("\"{name}\"|"));
    }

    fn leaf(&mut self, kind: &'static str, _: impl Fn(&T, &mut Writer)) {
        self.drawing.text.push_str(kind);
    }
}
