//! The ideal expansions, written by hand: pasted in place of the derive they compile, and say the same.
//!
//! That the derive prints this very text is tested beside it (`etag-derive/src/tests/snapshots.rs`).

#[path = "../expand/mod.rs"]
mod expand;

use std::collections::BTreeMap;
use std::fmt::Debug;

use etag_core::{Representation, Resource, Timestamp, Versioned};
use uuid::Uuid;

/// Functions that write a member in another form.
mod octal {
    use std::fmt::Octal;

    use serde::Serializer;

    pub(crate) fn serialize<T: Octal, S: Serializer>(number: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{number:o}"))
    }

    pub(crate) fn option<S: Serializer>(number: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => serialize(number, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) mod time {
        use etag_core::Timestamp;
        use serde::Serializer;

        pub(crate) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
            super::serialize(&time.as_microseconds(), serializer)
        }
    }
}

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

#[test]
fn a_tuple_struct() {
    use expand::reading::Unit;
    let unit = || Unit { name: "C" };
    assert_same!(reading, |each| each::Reading(1.5, unit(), (), Some(2)), r#"[1.5,{"name":"C"},2]"#);
    assert_same!(reading, |each| each::Reading(1.5, unit(), (), None), r#"[1.5,{"name":"C"}]"#);
}

#[test]
fn members_that_functions_write() {
    macro_rules! file {
        ($each:ident, $mask:expr, $more:expr) => {
            $each::File {
                name: "a".to_owned(),
                mode: 8,
                mask: $mask,
                changed: Timestamp::from_microseconds(9),
                more: $more,
            }
        };
    }
    let more = || BTreeMap::from([("z".to_owned(), 1)]);
    let all = r#"{"changed":"11","mask":"12","mode":"10","name":"a","type":"file","z":1}"#;
    assert_same!(file, |each| file!(each, Some(10), more()), all);
    let few = r#"{"changed":"11","mode":"10","name":"a","type":"file"}"#;
    assert_same!(file, |each| file!(each, None, BTreeMap::new()), few);
}

#[test]
fn a_type_that_is_sent_as_another_one() {
    assert_same!(celsius, |each| each::Celsius(21.5), r#"{"degrees":21.5,"unit":"C"}"#);
}

#[test]
fn an_enum() {
    assert_same!(event, |each| each::Event::Started, r#""started""#);
    assert_same!(event, |each| each::Event::Failed("x".to_owned()), r#"{"failed":"x"}"#);
    assert_same!(event, |each| each::Event::Moved(1, 2), r#"{"moved":[1,2]}"#);
    let name = |name: &str| name.to_owned();
    assert_same!(
        event,
        |each| each::Event::Sold { old_owner: name("a"), to: Some(name("b")) },
        r#"{"sold":{"oldOwner":"a","to":"b"}}"#
    );
    assert_same!(
        event,
        |each| each::Event::Sold { old_owner: name("a"), to: None },
        r#"{"sold":{"oldOwner":"a"}}"#
    );
    let [derived, pasted] = [
        Representation::of(&expand::event::derived::Event::Internal).unwrap_err(),
        Representation::of(&expand::event::pasted::Event::Internal).unwrap_err(),
    ];
    assert_eq!(derived, pasted);
}

#[test]
fn an_enum_with_a_tag() {
    use expand::shape::Circle;
    assert_same!(shape, |each| each::Shape::Point, r#"{"type":"Point"}"#);
    let circle = r#"{"radius":1.5,"type":"Circle"}"#;
    assert_same!(shape, |each| each::Shape::Circle(Circle { radius: 1.5 }), circle);
    assert_same!(shape, |each| each::Shape::Line { x: 1.0, y: 2.0 }, r#"{"type":"Line","x":1,"y":2}"#);
}

#[test]
fn an_enum_with_its_content_beside_the_tag() {
    let text = |text: &str| text.to_owned();
    assert_same!(payment, |each| each::Payment::Cash, r#"{"kind":"Cash"}"#);
    let card = r#"{"data":{"number":"4"},"kind":"Card"}"#;
    assert_same!(payment, |each| each::Payment::Card { number: text("4") }, card);
    let transfer = r#"{"data":["D",5],"kind":"Transfer"}"#;
    assert_same!(payment, |each| each::Payment::Transfer(text("D"), 5), transfer);
    assert_same!(payment, |each| each::Payment::Other(vec![1, 2]), "[1,2]");
}

#[test]
fn an_enum_without_a_tag() {
    assert_same!(either, |each| each::Either::<u8, &str>::Left(1), "1");
    assert_same!(either, |each| each::Either::<u8, &str>::Right { right: "r" }, r#"{"right":"r"}"#);
}
