use serde::Serialize;

use crate::canonical::{Array, Error, Object, Serializer, Writer};
use crate::{Modified, Revision, Versioned};

/// The words of a description: what a reader of [`Versioned`] types is told.
///
/// A name is the member's name as it stands on the wire, between the quotes: JSON's escapes are
/// already in it. Members come in the order of RFC 8785 §3.2.3, and each once, except behind what is flattened:
/// a debug build makes an error of another order, and a release, where that would cost a tenth of the time, writes the
/// members as they come. `get` projects a value to the member's own: a closure that captures nothing, and so is `Copy`.
///
/// The roles (`id`, `revision`, `modified`, `variant`, `skip`) act on the type that is answered
/// with, and through [`flatten`](Describe::flatten) and [`transparent`](Describe::transparent); a
/// nested value is state as a whole, so by default each role is a plain [`member`](Describe::member).
///
/// A field of one variant is not there in the others: the words for it (`case_…`) are told how to get it
/// as an `Option`.
///
/// ```
/// use etag_core::{Describe, Versioned, canonical};
///
/// enum Event {
///     Started,
///     Failed(String),
///     Moved { x: i64, y: i64 },
/// }
///
/// impl Versioned for Event {
///     fn describe<D: Describe<Self>>(event: &mut D) {
///         event.unit("started", |event| matches!(event, Self::Started));
///         event.case_member("failed", |event| match event {
///             Self::Failed(why) => Some(why),
///             _ => None,
///         });
///         event.when(
///             |event| matches!(event, Self::Moved { .. }),
///             |event| {
///                 event.tag("event", "moved");
///                 event.case_member("x", |event| match event {
///                     Self::Moved { x, .. } => Some(x),
///                     _ => None,
///                 });
///                 event.case_member("y", |event| match event {
///                     Self::Moved { y, .. } => Some(y),
///                     _ => None,
///                 });
///             },
///         );
///     }
/// }
///
/// let events = [Event::Started, Event::Failed("rain".to_owned()), Event::Moved { x: 1, y: 2 }];
/// let json = br#"["started",{"failed":"rain"},{"event":"moved","x":1,"y":2}]"#;
/// assert_eq!(canonical::to_vec(&events)?, json);
/// # Ok::<(), canonical::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't read a description of `{T}`",
    label = "expected a reader of descriptions",
    note = "a description is written for any reader: `fn describe<D: Describe<Self>>(it: &mut D)`"
)]
pub trait Describe<T: ?Sized> {
    /// A member of the object, part of the state.
    fn member<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V);

    /// A member that is left out where `unless` holds.
    fn member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl FnOnce(&T) -> bool,
        get: impl FnOnce(&T) -> &V,
    );

    /// The member that identifies the resource: a plain member of the state.
    fn id<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.member(name, get);
    }

    /// The member that is the state: a number, or a time, that is never used twice.
    fn revision<V: Versioned + Revision>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.member(name, get);
    }

    /// A revision that is kept out of the body.
    fn unsent_revision<V: Revision>(&mut self, get: impl FnOnce(&T) -> &V) {
        let _ = get;
    }

    /// The time of the last modification: a member of the state, and the `Last-Modified` date.
    fn modified<V: Versioned + Modified>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.member(name, get);
    }

    /// A modification time that is kept out of the body.
    fn unsent_modified<V: Modified>(&mut self, get: impl FnOnce(&T) -> &V) {
        let _ = get;
    }

    /// A member that is shown, and in the tag's variant instead of its state: an included resource.
    fn variant<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.member(name, get);
    }

    /// A [`variant`](Describe::variant) member that is left out where `unless` holds.
    fn variant_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl FnOnce(&T) -> bool,
        get: impl FnOnce(&T) -> &V,
    ) {
        self.member_unless(name, unless, get);
    }

    /// A member that is shown, and in no tag: the type's tags are weak.
    fn skip<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.member(name, get);
    }

    /// A [`skip`](Describe::skip) member that is left out where `unless` holds.
    fn skip_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl FnOnce(&T) -> bool,
        get: impl FnOnce(&T) -> &V,
    ) {
        self.member_unless(name, unless, get);
    }

    /// A member of a type that only implements [`Serialize`]: its inner shape is not known here.
    fn serde<V: Serialize + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.with(name, |it, serializer| get(it).serialize(serializer));
    }

    /// A [`serde`](Describe::serde) member that is left out where `unless` holds.
    fn serde_unless<V: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl FnOnce(&T) -> bool,
        get: impl FnOnce(&T) -> &V,
    ) {
        self.with_unless(name, unless, |it, serializer| get(it).serialize(serializer));
    }

    /// A member that `write` writes: that of `#[serde(with = "…")]`. Its inner shape is not known here.
    fn with(&mut self, name: &'static str, write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>);

    /// A [`with`](Describe::with) member that is left out where `unless` holds.
    fn with_unless(
        &mut self,
        name: &'static str,
        unless: impl FnOnce(&T) -> bool,
        write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>,
    );

    /// A [`revision`](Describe::revision) that is written by `write`.
    fn with_revision<V: Revision + 'static>(
        &mut self,
        name: &'static str,
        get: impl FnOnce(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.with(name, |it, serializer| write(get(it), serializer));
    }

    /// A [`modified`](Describe::modified) time that is written by `write`.
    fn with_modified<V: Modified + 'static>(
        &mut self,
        name: &'static str,
        get: impl FnOnce(&T) -> &V,
        write: fn(&V, Serializer<'_>) -> Result<(), Error>,
    ) {
        self.with(name, |it, serializer| write(get(it), serializer));
    }

    /// The members of another type, as if they were this one's own; roles act through it.
    fn flatten<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> &V);

    /// The members of a type that only implements [`Serialize`], as if they were this one's own: state.
    fn serde_flatten<V: Serialize + ?Sized>(&mut self, get: impl FnOnce(&T) -> &V) {
        self.with_flatten(|it, serializer| get(it).serialize(serializer));
    }

    /// The members of what `write` writes, as if they were this one's own: state.
    fn with_flatten(&mut self, write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>);

    /// The members of what `write` writes for one variant, beside the tag of its enum: an option is an error there,
    /// as in serde.
    fn with_newtype(&mut self, write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>) {
        self.with_flatten(write);
    }

    /// The list of an envelope, such as `items` in `{"items":[…],"total":7}`: where the envelope is answered
    /// with, each item has a tag of its own, and counts by its version.
    fn items<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> &V) {
        self.member(name, get);
    }

    /// The list of an [envelope](Describe::items) that is left out where `unless` holds.
    fn items_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl FnOnce(&T) -> bool,
        get: impl FnOnce(&T) -> &V,
    ) {
        self.member_unless(name, unless, get);
    }

    /// A member that shows the entity tag; it is in no hash, and absent from a nested value.
    fn embed(&mut self, name: &'static str) {
        let _ = name;
    }

    /// A number in the tag's variant that moves every tag of the type when it is changed.
    fn epoch(&mut self, epoch: u64) {
        let _ = epoch;
    }

    /// The `Cache-Control` of an answer with this type; it is in no hash.
    fn cache_control(&mut self, value: &'static str) {
        let _ = value;
    }

    /// The `Vary` of an answer with this type, or with one that flattens it; it is in no hash.
    fn vary(&mut self, names: &'static str) {
        let _ = names;
    }

    /// The tags of this type, and of each that it is described in, are made with [keys](crate::TagKeys); it is in
    /// no hash.
    fn keyed(&mut self) {}

    /// The next element of an array of fixed length: a tuple's field.
    fn element<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> &V);

    /// The next element of an array of fixed length, of a type that only implements [`Serialize`].
    fn serde_element<V: Serialize + ?Sized>(&mut self, get: impl FnOnce(&T) -> &V) {
        self.with_element(|it, serializer| get(it).serialize(serializer));
    }

    /// The next element of an array of fixed length, written by `write`.
    fn with_element(&mut self, write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>);

    /// How many elements the [`array`](Describe::array) that follows always has.
    fn length(&mut self, length: usize) {
        let _ = length;
    }

    /// An array of `V`, in the order in which `elements` gives them.
    fn array<V: Versioned + ?Sized>(&mut self, elements: impl FnOnce(&T, &mut Array<'_, V>));

    /// An array of `V` in the order that the type keeps them in, whatever the order in which they came.
    fn sorted<V: Versioned + ?Sized>(&mut self, elements: impl FnOnce(&T, &mut Array<'_, V>)) {
        self.array(elements);
    }

    /// An array of `V` without an order of its own: sorted by the elements' canonical bytes.
    fn set<V: Versioned + ?Sized>(&mut self, elements: impl FnOnce(&T, &mut Array<'_, V>));

    /// An object whose members are the entries of a map.
    fn map<K: Versioned + ?Sized, V: Versioned + ?Sized>(
        &mut self,
        entries: impl FnOnce(&T, &mut Object<'_, K, V>),
    );

    /// Another type's form and roles, unchanged: a newtype, a reference, a box.
    fn transparent<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> &V);

    /// The form of a type that only implements [`Serialize`], unchanged.
    fn serde_transparent<V: Serialize + ?Sized>(&mut self, get: impl FnOnce(&T) -> &V) {
        self.with_transparent(|it, serializer| get(it).serialize(serializer));
    }

    /// What `write` writes, unchanged.
    fn with_transparent(&mut self, write: impl FnOnce(&T, Serializer<'_>) -> Result<(), Error>);

    /// The form and the roles of what the value is converted into: `#[serde(into = "…")]`.
    fn into<V: Versioned>(&mut self, get: impl FnOnce(&T) -> V);

    /// Another type's form, or `null`.
    fn option<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> Option<&V>);

    /// A variant of an enum without data: its name, where `is` holds.
    fn unit(&mut self, name: &'static str, is: impl FnOnce(&T) -> bool);

    /// What is only said where `is` holds: the form of one variant of an enum, or an element that can be
    /// left out.
    fn when(&mut self, is: impl FnOnce(&T) -> bool, then: impl FnOnce(&mut Self));

    /// Where `is` holds, the value has no form: a variant that is marked `#[serde(skip)]`.
    fn unsent(&mut self, is: impl FnOnce(&T) -> bool);

    /// A member that says which variant of an enum this is, or which struct: `#[serde(tag = "…")]`.
    fn tag(&mut self, name: &'static str, variant: &'static str);

    /// A member whose value is what `content` says of the same value: what a variant holds.
    fn content(&mut self, name: &'static str, content: impl FnOnce(&mut Self));

    /// A member that is there where `get` gives one: what one variant holds.
    fn case_member<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl FnOnce(&T) -> Option<&V>);

    /// A [`case_member`](Describe::case_member) that its variant can leave out: only inside
    /// [`when`](Describe::when), which says whether it is that variant.
    fn case_member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        get: impl FnOnce(&T) -> Option<&V>,
    );

    /// The members of what one variant holds.
    fn case_flatten<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> Option<&V>);

    /// The members of what one variant holds, beside the tag of its enum: an option is an error there, as in serde.
    fn case_newtype<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> Option<&V>) {
        self.case_flatten(get);
    }

    /// The next element of what one variant holds.
    fn case_element<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> Option<&V>);

    /// The form of what one variant holds, unchanged.
    fn case_transparent<V: Versioned + ?Sized>(&mut self, get: impl FnOnce(&T) -> Option<&V>);

    /// An object, also where no member follows.
    fn empty_object(&mut self);

    /// An array, also where no element follows.
    fn empty_array(&mut self);

    /// A string, a number, a boolean or `null`; `kind` names it in the type's shape.
    fn leaf(&mut self, kind: &'static str, write: impl FnOnce(&T, &mut Writer));
}
