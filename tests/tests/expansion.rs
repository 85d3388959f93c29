//! The ideal expansions, written by hand: pasted in place of the derive they compile, and say the same.
//!
//! That the derive prints this very text is tested beside it (`etag-derive/src/tests.rs`).

#[path = "../expand/mod.rs"]
mod expand;

use std::collections::BTreeMap;
use std::fmt::Debug;

use etag_core::canonical::{Array, Object, Writer};
use etag_core::{Describe, Modified, Representation, Resource, Revision, Serialize, Timestamp, Versioned};
use uuid::Uuid;

/// Builds a value of either type and compares them; the body is what both should send.
macro_rules! assert_same {
    ($module:ident, |$each:ident| $value:expr, $body:expr) => {{
        let derived = {
            use expand::$module::derived as $each;
            $value
        };
        let pasted = {
            use expand::$module::pasted as $each;
            $value
        };
        assert_same(&derived, &pasted, $body);
    }};
}

#[track_caller]
fn assert_same<A: Versioned, B: Versioned>(derived: &A, pasted: &B, body: &str) {
    assert_eq!(words::<A>(), words::<B>());
    let [derived_shape, pasted_shape] = [shape(derived), shape(pasted)];
    assert_eq!(derived_shape, pasted_shape);
    let [derived, pasted] = [Representation::of(derived).unwrap(), Representation::of(pasted).unwrap()];
    assert_eq!(String::from_utf8_lossy(derived.body()), String::from_utf8_lossy(pasted.body()));
    assert_eq!(derived.version(), pasted.version());
    assert_eq!(derived.validators(), pasted.validators());
    assert_eq!(String::from_utf8_lossy(pasted.body()), body);
}

#[derive(Versioned)]
struct Revised<'a, T> {
    #[versioned(revision)]
    revision: u64,
    value: &'a T,
}

/// A tag of a type with a revision is made of its shape, and not of its content.
fn shape<T: Versioned>(value: &T) -> String {
    let etag = Representation::of(&Revised { revision: 1, value }).unwrap().validators().etag;
    etag.unwrap().to_string()
}

#[test]
fn a_view() {
    use expand::article_view::Author;
    let updated_at = Timestamp::from_microseconds(0);
    let expected = concat!(
        r#"{"author":"a","html":"<p>","id":1,"#,
        r#""title":"t","updatedAt":"1970-01-01T00:00:00Z"}"#
    );
    assert_same!(
        article_view,
        |each| each::ArticleView {
            id: 1,
            title: "t".to_owned(),
            author: Some(Author("a")),
            html: "<p>".to_owned(),
            updated_at,
        },
        expected
    );
}

/// What a stored type says, and does to an asset.
#[derive(Debug, PartialEq)]
struct Stored<'a, K> {
    key: Option<K>,
    names: [&'static str; 2],
    parameters: &'static [&'static str],
    members: &'static [&'static str],
    choices: String,
    fields: (&'a Uuid, &'a str, &'a Timestamp, u64),
}

macro_rules! stored {
    ($asset:expr) => {{
        let asset = &mut $asset;
        asset.set_key(&(Uuid::from_u128(7), "other".to_owned()));
        asset.stamp(Timestamp::from_microseconds(5_000_000));
        described(asset, |asset| (&asset.id, &asset.tenant, &asset.version_date, asset.revision))
    }};
}

fn described<'a, T: Resource>(
    asset: &'a T,
    fields: impl Fn(&'a T) -> (&'a Uuid, &'a str, &'a Timestamp, u64),
) -> Stored<'a, T::Key> {
    Stored {
        key: asset.key(),
        names: [T::COLLECTION, std::any::type_name::<(T::Store, T::Policy)>()],
        parameters: T::PARAMETERS,
        members: T::MEMBERS,
        choices: format!("{:?} {:?} {:?}", T::IF_MATCH, T::QUERY, T::CREATE),
        fields: fields(asset),
    }
}

#[test]
fn a_stored_type() {
    macro_rules! asset {
        ($each:ident, $product_id:expr) => {
            $each::Asset {
                id: Uuid::from_u128(1),
                tenant: "tenant".to_owned(),
                serial_number: "S".to_owned(),
                value: 0.5,
                tags: vec!["é".to_owned()],
                product_id: $product_id,
                version_date: Timestamp::from_microseconds(0),
                revision: 1,
            }
        };
    }
    use expand::asset::{derived, pasted};
    let etag = Representation::of(&asset!(pasted, None)).unwrap().validators().etag.unwrap();
    let expected = format!(
        r#"{{"etag":"{}","id":"{}","serialNumber":"S","tags":["é"],"value":0.5,"versionDate":"1970-01-01T00:00:00Z"}}"#,
        etag.to_string().replace('"', "\\\""),
        Uuid::from_u128(1)
    );
    assert_same!(asset, |each| asset!(each, None), &expected);
    let expected =
        expected.replace(r#""serial"#, &format!(r#""productId":"{}","serial"#, Uuid::from_u128(2)));
    assert_same!(asset, |each| asset!(each, Some(Uuid::from_u128(2))), &expected);
    let (mut derived, mut pasted) = (asset!(derived, None), asset!(pasted, None));
    assert_eq!(stored!(derived), stored!(pasted));
    assert_eq!(pasted.key(), Some((Uuid::from_u128(7), "other".to_owned())));
    assert_eq!((pasted.version_date.as_microseconds(), pasted.revision), (5_000_000, 5_000_000));
}

#[test]
fn an_enum_without_data() {
    assert_same!(status, |each| each::Status::Active, r#""active""#);
    assert_same!(status, |each| each::Status::Retired, r#""gone""#);
}

#[test]
fn a_generic_struct() {
    assert_same!(
        page,
        |each| each::Page::<_, std::vec::IntoIter<bool>, _, 2> {
            name: "n",
            items: vec![[1, 2], [3, 4]],
            next: Some(true),
            foreign: BTreeMap::from([("b", 1), ("a", 2)]),
        },
        r#"{"foreign":{"a":2,"b":1},"items":[[1,2],[3,4]],"name":"n","next":true}"#
    );
}

#[test]
fn a_newtype() {
    assert_same!(meters, |each| each::Meters(1e21), "1e+21");
}

/// Takes a description down, word by word.
struct Words(Vec<String>);

fn words<T: Versioned>() -> Vec<String> {
    let mut words = Words(Vec::new());
    T::describe(&mut words);
    words.0
}

/// Each word as a method that takes itself down, with the member's name where it has one.
macro_rules! take_down {
    (named: $($named:ident<$($bound:ident)+>)*; unless: $($unless:ident<$($unless_bound:ident)+>)*; bare: $($bare:ident<$($bare_bound:ident)+>)*;) => {
        $(fn $named<V: $($bound +)+ ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> &V) {
            self.0.push(format!("{} {name}", stringify!($named)));
        })*
        $(fn $unless<V: $($unless_bound +)+ ?Sized>(&mut self, name: &'static str, _: impl Fn(&T) -> bool, _: impl Fn(&T) -> &V) {
            self.0.push(format!("{} {name}", stringify!($unless)));
        })*
        $(fn $bare<V: $($bare_bound +)+ ?Sized>(&mut self, _: impl Fn(&T) -> &V) {
            self.0.push(stringify!($bare).to_owned());
        })*
    };
}

impl<T: ?Sized> Describe<T> for Words {
    take_down! {
        named: member<Versioned> id<Versioned> variant<Versioned> skip<Versioned> serde<Serialize>
            revision<Versioned Revision> modified<Versioned Modified>;
        unless: member_unless<Versioned> variant_unless<Versioned> skip_unless<Versioned> serde_unless<Serialize>;
        bare: unsent_revision<Revision> unsent_modified<Modified> flatten<Versioned> element<Versioned>
            serde_element<Serialize> transparent<Versioned> serde_transparent<Serialize>;
    }

    fn embed(&mut self, name: &'static str) {
        self.0.push(format!("embed {name}"));
    }

    fn epoch(&mut self, epoch: u64) {
        self.0.push(format!("epoch {epoch}"));
    }

    fn unit(&mut self, name: &'static str, _: impl Fn(&T) -> bool) {
        self.0.push(format!("unit {name}"));
    }

    fn array<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Array<'_, V>)) {
        self.0.push("array".to_owned());
    }

    fn set<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Array<'_, V>)) {
        self.0.push("set".to_owned());
    }

    fn map<K: Versioned + ?Sized, V: Versioned + ?Sized>(&mut self, _: impl Fn(&T, &mut Object<'_, K, V>)) {
        self.0.push("map".to_owned());
    }

    fn option<V: Versioned + ?Sized>(&mut self, _: impl Fn(&T) -> Option<&V>) {
        self.0.push("option".to_owned());
    }

    fn leaf(&mut self, kind: &'static str, _: impl Fn(&T, &mut Writer)) {
        self.0.push(format!("leaf {kind}"));
    }
}
