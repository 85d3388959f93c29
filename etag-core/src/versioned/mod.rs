//! What a versioned type is: [`Versioned`], and [`Describe`], the words its description is made of.

mod foreign;
mod standard;

use serde::Serialize;

use crate::canonical::{Array, Object, Writer};
use crate::{Modified, Revision};

/// A type whose values have a canonical form, and so a version.
///
/// Derive it. The implementation is one description of the type, without a value, that every
/// reader walks: the body, the hash of the state, the hash of the variant, the validators, the
/// type's shape and the names of its members.
///
/// # What equal tags promise
///
/// Two values of one type with equal strong tags have the same canonical JSON, byte for byte, up to
/// a collision of SHA-256. Values of different types may share a tag where their canonical JSON is
/// the same. A tag is a fingerprint, not a secret and not a signature (RFC 9110 §17.14): whoever can guess
/// the content can check the guess.
///
/// # For those who implement it by hand
///
/// A description says either one leaf, or one array, or the members of one object. It does not
/// depend on anything but the type: it makes the same calls, in the same order, each time. The
/// members of an object come in canonical order (RFC 8785 §3.2.3: sorted by UTF-16 code units),
/// [`flatten`](Describe::flatten) before all of them. What it says is a promise to those who hold
/// tags: a change to it changes the tags.
///
/// ```
/// use etag_core::{Describe, Versioned, canonical};
///
/// struct Celsius(f64);
///
/// impl Versioned for Celsius {
///     fn describe<D: Describe<Self>>(celsius: &mut D) {
///         celsius.transparent(|celsius| &celsius.0);
///     }
/// }
///
/// assert_eq!(canonical::to_vec(&Celsius(21.50))?, b"21.5");
/// # Ok::<(), canonical::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no canonical form",
    label = "no version can be made of this type",
    note = "if `{Self}` is yours, add `#[derive(Versioned)]` to it",
    note = "if it implements `Serialize`, mark the field `#[versioned(serde)]`"
)]
pub trait Versioned {
    /// Says what the type consists of, to whoever reads it.
    fn describe<D: Describe<Self>>(it: &mut D);
}

/// The words of a description: what a reader of [`Versioned`] types is told.
///
/// A name is the member's name as it stands on the wire, between the quotes: JSON's escapes are
/// already in it. `get` projects a value to the member's own.
///
/// The roles (`id`, `revision`, `modified`, `variant`, `skip`) act on the type that is answered
/// with, and through [`flatten`](Describe::flatten) and [`transparent`](Describe::transparent); a
/// nested value is state as a whole, so by default each role is a plain [`member`](Describe::member).
#[diagnostic::on_unimplemented(message = "`{Self}` can't read a description of `{T}`")]
pub trait Describe<T: ?Sized> {
    /// A member of the object, part of the state.
    fn member<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V);

    /// A member that is left out where `unless` holds.
    fn member_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool,
        get: impl Fn(&T) -> &V,
    );

    /// The member that identifies the resource: a plain member of the state.
    fn id<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.member(name, get);
    }

    /// The member that is the state: a number, or a time, that is never used twice.
    fn revision<V: Versioned + Revision>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.member(name, get);
    }

    /// A revision that is kept out of the body.
    fn unsent_revision<V: Revision>(&mut self, get: impl Fn(&T) -> &V) {
        let _ = get;
    }

    /// The time of the last modification: a member of the state, and the `Last-Modified` date.
    fn modified<V: Versioned + Modified>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.member(name, get);
    }

    /// A modification time that is kept out of the body.
    fn unsent_modified<V: Modified>(&mut self, get: impl Fn(&T) -> &V) {
        let _ = get;
    }

    /// A member that is shown, and in the tag's variant instead of its state: an included resource.
    fn variant<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.member(name, get);
    }

    /// A [`variant`](Describe::variant) member that is left out where `unless` holds.
    fn variant_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool,
        get: impl Fn(&T) -> &V,
    ) {
        self.member_unless(name, unless, get);
    }

    /// A member that is shown, and in no tag: the type's tags are weak.
    fn skip<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.member(name, get);
    }

    /// A [`skip`](Describe::skip) member that is left out where `unless` holds.
    fn skip_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool,
        get: impl Fn(&T) -> &V,
    ) {
        self.member_unless(name, unless, get);
    }

    /// A member of a type that only implements [`Serialize`]: its inner shape is not known here.
    fn serde<V: Serialize + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V);

    /// A [`serde`](Describe::serde) member that is left out where `unless` holds.
    fn serde_unless<V: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool,
        get: impl Fn(&T) -> &V,
    );

    /// The members of another type, as if they were this one's own; roles act through it.
    fn flatten<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> &V);

    /// The list of an envelope, such as `items` in `{"items":[…],"total":7}`: where the envelope is answered
    /// with, each item has a tag of its own, and counts by its version.
    fn items<V: Versioned + ?Sized>(&mut self, name: &'static str, get: impl Fn(&T) -> &V) {
        self.member(name, get);
    }

    /// The list of an [envelope](Describe::items) that is left out where `unless` holds.
    fn items_unless<V: Versioned + ?Sized>(
        &mut self,
        name: &'static str,
        unless: impl Fn(&T) -> bool,
        get: impl Fn(&T) -> &V,
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

    /// The next element of an array of fixed length: a tuple's field.
    fn element<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> &V);

    /// The next element of an array of fixed length, of a type that only implements [`Serialize`].
    fn serde_element<V: Serialize + ?Sized>(&mut self, get: impl Fn(&T) -> &V);

    /// An array of `V`, in the order in which `elements` gives them.
    fn array<V: Versioned + ?Sized>(&mut self, elements: impl Fn(&T, &mut Array<'_, V>));

    /// An array of `V` in the order that the type keeps them in, whatever the order in which they came.
    fn sorted<V: Versioned + ?Sized>(&mut self, elements: impl Fn(&T, &mut Array<'_, V>)) {
        self.array(elements);
    }

    /// An array of `V` without an order of its own: sorted by the elements' canonical bytes.
    fn set<V: Versioned + ?Sized>(&mut self, elements: impl Fn(&T, &mut Array<'_, V>));

    /// An object whose members are the entries of a map.
    fn map<K: Versioned + ?Sized, V: Versioned + ?Sized>(
        &mut self,
        entries: impl Fn(&T, &mut Object<'_, K, V>),
    );

    /// Another type's form and roles, unchanged: a newtype, a reference, a box.
    fn transparent<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> &V);

    /// The form of a type that only implements [`Serialize`], unchanged.
    fn serde_transparent<V: Serialize + ?Sized>(&mut self, get: impl Fn(&T) -> &V);

    /// Another type's form, or `null`.
    fn option<V: Versioned + ?Sized>(&mut self, get: impl Fn(&T) -> Option<&V>);

    /// A variant of an enum without data: its name, where `is` holds.
    fn unit(&mut self, name: &'static str, is: impl Fn(&T) -> bool);

    /// A string, a number, a boolean or `null`; `kind` names it in the type's shape.
    fn leaf(&mut self, kind: &'static str, write: impl Fn(&T, &mut Writer));
}
