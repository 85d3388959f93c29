use std::any::TypeId;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::json::member;
use crate::canonical::{Array, Error, Object, Serializer, Writer, unescaped};
use crate::{Describe, Modified, Revision, Versioned};

/// A type, as far as its description tells. Each name is a JSON pointer (RFC 6901) in which `*` is any element.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Whether the type, or one in it, is.
    pub(super) keyed: bool,
    pub(super) epochs: BTreeMap<String, String>,
    /// What the members that have a role count for.
    pub(super) members: BTreeMap<String, Place>,
    /// The description's words for what is there.
    pub(super) words: BTreeMap<String, String>,
    /// The types that are being described into one another: one that contains itself ends there.
    open: Vec<TypeId>,
}

/// The part of a tag that a member is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    State,
    Variant,
    #[serde(rename = "no tag")]
    NoTag,
    /// Of a value as a whole: its state is a revision.
    Revision,
}

impl Shape {
    pub(super) fn of<T: Versioned + ?Sized>() -> Self {
        let mut shape = Self::default();
        shape.describe::<T>("", Context { acts: true, ..Context::default() });
        shape
    }

    fn describe<V: Versioned + ?Sized>(&mut self, pointer: &str, context: Context) {
        let id = typeid::of::<V>();
        if self.open.contains(&id) {
            return self.say(pointer, "again");
        }
        self.open.push(id);
        let pointer = pointer.to_owned();
        V::describe(&mut Describer { shape: self, pointer, context, elements: 0, of: PhantomData::<fn(&V)> });
        self.open.pop();
    }

    fn say(&mut self, pointer: &str, word: &str) {
        let words = self.words.entry(pointer.to_owned()).or_default();
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
}

/// What the roles in a description count for.
#[derive(Debug, Clone, Copy, Default)]
struct Context {
    /// Whether they act: it is the value that is answered with, or an item of a list that is.
    acts: bool,
    /// Whether it is the list of an envelope.
    lists: bool,
    /// Whether its members go into an object that is already open.
    flattened: bool,
}

impl Context {
    /// Whether the elements are items with tags of their own.
    fn is_list(self) -> bool {
        (self.acts || self.lists) && !self.flattened
    }

    fn of_an_element(self) -> Self {
        Self { acts: self.is_list(), ..Self::default() }
    }
}

/// Reads a description without a value, into words.
struct Describer<'a, T: ?Sized> {
    shape: &'a mut Shape,
    pointer: String,
    context: Context,
    /// The elements of a tuple so far.
    elements: usize,
    of: PhantomData<fn(&T)>,
}

impl<T: ?Sized> Describer<'_, T> {
    fn say(&mut self, word: &str) {
        self.shape.say(&self.pointer, word);
    }

    /// Says what a member is before its own type does; says where it is.
    fn open(&mut self, name: &str, words: &[&str], place: Place) -> String {
        let pointer = member(&self.pointer, &unescaped(name));
        if self.context.flattened {
            self.shape.say(&pointer, "flattened");
        }
        words.iter().for_each(|word| self.shape.say(&pointer, word));
        if self.context.acts {
            self.shape.members.insert(pointer.clone(), place);
        }
        pointer
    }

    fn draw<V: Versioned + ?Sized>(&mut self, name: &str, words: &[&str], place: Place) {
        let pointer = self.open(name, words, place);
        self.shape.describe::<V>(&pointer, Context::default());
    }

    fn draw_items<V: Versioned + ?Sized>(&mut self, name: &str, words: &[&str]) {
        let pointer = self.open(name, words, Place::State);
        self.shape.describe::<V>(&pointer, Context { lists: self.context.acts, ..Context::default() });
    }

    /// Another type speaks in this one's place.
    fn pass<V: Versioned + ?Sized>(&mut self) {
        self.shape.describe::<V>(&self.pointer, self.context);
    }

    fn draw_flattened<V: Versioned + ?Sized>(&mut self) {
        self.say("flatten");
        self.shape.describe::<V>(&self.pointer, Context { flattened: true, ..self.context });
    }

    fn draw_elements<V: Versioned + ?Sized>(&mut self, word: &str) {
        self.say(word);
        self.shape.describe::<V>(&member(&self.pointer, "*"), self.context.of_an_element());
    }

    fn next_element(&mut self) -> String {
        let pointer = format!("{}/{}", self.pointer, self.elements);
        self.elements += 1;
        pointer
    }
}

impl<T: ?Sized> Describe<T> for Describer<'_, T> {
    fn member<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl FnOnce(&T) -> &V) {
        self.draw::<V>(name, &[], Place::State);
    }

    fn member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> bool,
        _: impl FnOnce(&T) -> &V,
    ) {
        self.draw::<V>(name, &["optional"], Place::State);
    }

    fn revision<V: Versioned + Revision>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.draw::<V>(name, &["revision"], Place::State);
        self.unsent_revision(get);
    }

    fn unsent_revision<V: Revision>(&mut self, _: impl FnOnce(&T) -> &V) {
        self.say("revision");
        if self.context.acts {
            self.shape.members.insert(self.pointer.clone(), Place::Revision);
        }
    }

    fn modified<V: Versioned + Modified>(&mut self, name: &'static str, _: impl FnOnce(&T) -> &V) {
        self.draw::<V>(name, &["modified"], Place::State);
    }

    fn variant<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl FnOnce(&T) -> &V) {
        self.draw::<V>(name, &["variant"], Place::Variant);
    }

    fn variant_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> bool,
        _: impl FnOnce(&T) -> &V,
    ) {
        self.draw::<V>(name, &["variant", "optional"], Place::Variant);
    }

    fn skip<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl FnOnce(&T) -> &V) {
        self.draw::<V>(name, &["skip"], Place::NoTag);
    }

    fn skip_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> bool,
        _: impl FnOnce(&T) -> &V,
    ) {
        self.draw::<V>(name, &["skip", "optional"], Place::NoTag);
    }

    fn with(&mut self, name: &'static str, _: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.open(name, &["serde"], Place::State);
    }

    fn with_unless(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> bool,
        _: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.open(name, &["serde", "optional"], Place::State);
    }

    fn with_revision<V: Revision + 'static>(
        &mut self,
        name: &'static str,
        get: impl FnOnce(&T) -> &V,
        _: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.open(name, &["revision", "serde"], Place::State);
        self.unsent_revision(get);
    }

    fn with_modified<V: Modified + 'static>(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> &V,
        _: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.open(name, &["modified", "serde"], Place::State);
    }

    fn flatten<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> &V) {
        self.draw_flattened::<V>();
    }

    fn with_flatten(&mut self, _: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.say("flatten serde");
    }

    fn items<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl FnOnce(&T) -> &V) {
        self.draw_items::<V>(name, &["items"]);
    }

    fn items_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> bool,
        _: impl FnOnce(&T) -> &V,
    ) {
        self.draw_items::<V>(name, &["items", "optional"]);
    }

    fn embed(&mut self, name: &'static str) {
        self.shape.say(&member(&self.pointer, &unescaped(name)), "embed");
    }

    fn keyed(&mut self) {
        self.shape.keyed = true;
    }

    fn epoch(&mut self, epoch: u64) {
        if self.context.acts {
            // What is flattened may have one as well.
            let epochs = self.shape.epochs.entry(self.pointer.clone()).or_default();
            epochs.extend((!epochs.is_empty()).then_some(' '));
            epochs.push_str(&epoch.to_string());
        }
        self.say(&format!("epoch {epoch}"));
    }

    fn element<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> &V) {
        let pointer = self.next_element();
        self.shape.describe::<V>(&pointer, Context::default());
    }

    fn with_element(&mut self, _: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        let pointer = self.next_element();
        self.shape.say(&pointer, "serde");
    }

    fn length(&mut self, length: usize) {
        self.say(&length.to_string());
    }

    fn array<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T, &mut Array<'_, V>)) {
        self.draw_elements::<V>("array");
    }

    fn sorted<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T, &mut Array<'_, V>)) {
        self.draw_elements::<V>("sorted");
    }

    fn set<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T, &mut Array<'_, V>)) {
        self.draw_elements::<V>("set");
    }

    fn map<K: Versioned + ?Sized, V: Versioned + ?Sized>(
        &mut self,
        _: impl FnOnce(&T, &mut Object<'_, K, V>),
    ) {
        self.say("map by");
        self.shape.describe::<K>(&self.pointer, Context::default());
        self.shape.describe::<V>(&member(&self.pointer, "*"), self.context.of_an_element());
    }

    fn transparent<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> &V) {
        self.pass::<V>();
    }

    fn with_transparent(&mut self, _: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.say("serde");
    }

    fn into<V: Versioned>(&mut self, _: impl FnOnce(&T) -> V) {
        self.pass::<V>();
    }

    fn option<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> Option<&V>) {
        // What is there has the tag that it has without the option.
        if !self.context.acts {
            self.say("option");
        }
        self.pass::<V>();
    }

    fn unit(&mut self, name: &'static str, _: impl FnOnce(&T) -> bool) {
        self.say(&format!("`{}`", unescaped(name)));
    }

    fn when(&mut self, _: impl FnOnce(&T) -> bool, then: impl FnOnce(&mut Self)) {
        self.say("when (");
        then(self);
        self.say(")");
    }

    /// What has no form is in no shape.
    fn unsent(&mut self, _: impl FnOnce(&T) -> bool) {}

    fn tag(&mut self, name: &'static str, variant: &'static str) {
        let pointer = self.open(name, &["tag"], Place::State);
        self.shape.say(&pointer, &format!("`{}`", unescaped(variant)));
    }

    fn content(&mut self, name: &'static str, content: impl FnOnce(&mut Self)) {
        let inner = self.open(name, &["content"], Place::State);
        let pointer = std::mem::replace(&mut self.pointer, inner);
        let context = std::mem::take(&mut self.context);
        let elements = std::mem::take(&mut self.elements);
        content(self);
        (self.pointer, self.context, self.elements) = (pointer, context, elements);
    }

    fn case_member<V: Versioned + ?Sized>(&mut self, name: &'static str, _: impl FnOnce(&T) -> Option<&V>) {
        self.draw::<V>(name, &["case"], Place::State);
    }

    fn case_member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        _: impl FnOnce(&T) -> Option<&V>,
    ) {
        self.draw::<V>(name, &["case", "optional"], Place::State);
    }

    fn case_flatten<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> Option<&V>) {
        self.draw_flattened::<V>();
    }

    fn case_element<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> Option<&V>) {
        let pointer = self.next_element();
        self.shape.describe::<V>(&pointer, Context::default());
    }

    fn case_transparent<V: Versioned + ?Sized>(&mut self, _: impl FnOnce(&T) -> Option<&V>) {
        self.say("case");
        self.pass::<V>();
    }

    fn empty_object(&mut self) {
        self.say("object");
    }

    fn empty_array(&mut self) {
        self.say("array");
    }

    fn leaf(&mut self, kind: &'static str, _: impl FnOnce(&T, &mut Writer)) {
        self.say(kind);
    }
}
