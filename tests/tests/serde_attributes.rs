//! Each of serde's attributes that changes the output, and the JSON that it makes: serde's own, in canonical form.

use std::collections::{BTreeMap, HashMap};

use etag_core::{Representation, Timestamp, Versioned, canonical};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// What is derived, which is what serde's own derive makes, in canonical form.
#[track_caller]
fn assert_json<T: Versioned + Serialize>(value: &T, json: &str) {
    let sent = canonical::to_vec_serde(value).unwrap();
    assert_eq!(String::from_utf8_lossy(&sent), json, "serde");
    let derived = canonical::to_vec(value).unwrap();
    assert_eq!(String::from_utf8_lossy(&derived), json);
}

fn shout<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text.to_uppercase())
}

/// A module for `with`.
mod octal {
    use serde::{Serialize, Serializer};

    pub fn serialize<T: std::fmt::Octal, S: Serializer>(
        number: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        format!("{number:o}").serialize(serializer)
    }
}

/// A form that is an object.
mod entry {
    use serde::ser::{SerializeMap, Serializer};

    pub fn serialize<S: Serializer>((name, value): &(&str, u8), serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(name, value)?;
        map.end()
    }
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// Each kind of variant.
macro_rules! each_kind {
    ($name:ident, #[$attribute:meta] $($tuple:ident)?) => {
        #[derive(Serialize, Versioned)]
        #[$attribute]
        enum $name {
            Unit,
            Newtype(BTreeMap<&'static str, u8>),
            $($tuple(u8, #[serde(skip_serializing_if = "is_zero")] u8),)?
            Struct { z: u8, #[serde(skip_serializing_if = "Option::is_none")] b: Option<u8>, #[serde(skip)] _a: u8 },
            EmptyStruct {},
            #[serde(skip_serializing)]
            Unsent(()),
            #[serde(rename = "\"\u{1f600}")]
            Renamed,
        }
    };
}

fn map() -> BTreeMap<&'static str, u8> {
    BTreeMap::from([("y", 1)])
}

macro_rules! assert_each_kind {
    ($name:ident: $unit:expr, $newtype:expr, $struct:expr, $without:expr, $empty:expr, $renamed:expr) => {
        assert_json(&$name::Unit, $unit);
        assert_json(&$name::Newtype(map()), $newtype);
        assert_json(&$name::Struct { z: 1, b: Some(2), _a: 3 }, $struct);
        assert_json(&$name::Struct { z: 1, b: None, _a: 3 }, $without);
        assert_json(&$name::EmptyStruct {}, $empty);
        assert_json(&$name::Renamed, $renamed);
        let unsent = canonical::to_vec(&$name::Unsent(()));
        assert_eq!(unsent, Err(canonical::Error::SkippedVariant));
        assert!(serde_json::to_string(&$name::Unsent(())).is_err());
    };
}

#[test]
fn externally_tagged() {
    each_kind!(
        External,
        #[serde(rename_all = "lowercase")]
        Tuple
    );
    assert_each_kind!(External: r#""unit""#, r#"{"newtype":{"y":1}}"#, r#"{"struct":{"b":2,"z":1}}"#, r#"{"struct":{"z":1}}"#,
        r#"{"emptystruct":{}}"#, "\"\\\"\u{1f600}\"");
    assert_json(&External::Tuple(1, 2), r#"{"tuple":[1,2]}"#);
    assert_json(&External::Tuple(1, 0), r#"{"tuple":[1]}"#);
}

#[test]
fn internally_tagged() {
    each_kind!(Internal, #[serde(tag = "m")]);
    assert_each_kind!(Internal: r#"{"m":"Unit"}"#, r#"{"m":"Newtype","y":1}"#, r#"{"b":2,"m":"Struct","z":1}"#,
        r#"{"m":"Struct","z":1}"#, r#"{"m":"EmptyStruct"}"#, "{\"m\":\"\\\"\u{1f600}\"}");
}

#[test]
fn adjacently_tagged() {
    each_kind!(
        Adjacent,
        #[serde(tag = "t", content = "c")]
        Tuple
    );
    assert_each_kind!(Adjacent: r#"{"t":"Unit"}"#, r#"{"c":{"y":1},"t":"Newtype"}"#, r#"{"c":{"b":2,"z":1},"t":"Struct"}"#,
        r#"{"c":{"z":1},"t":"Struct"}"#, r#"{"c":{},"t":"EmptyStruct"}"#, "{\"t\":\"\\\"\u{1f600}\"}");
    assert_json(&Adjacent::Tuple(1, 2), r#"{"c":[1,2],"t":"Tuple"}"#);
}

#[test]
fn untagged() {
    each_kind!(
        Untagged,
        #[serde(untagged)]
        Tuple
    );
    assert_each_kind!(Untagged: "null", r#"{"y":1}"#, r#"{"b":2,"z":1}"#, r#"{"z":1}"#, "{}", "null");
    assert_json(&Untagged::Tuple(1, 0), "[1]");
}

#[test]
fn an_untagged_variant_beside_tagged_ones() {
    #[derive(Serialize, Versioned)]
    #[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "SCREAMING_SNAKE_CASE")]
    enum Payment {
        ByCard {
            card_number: &'static str,
        },
        #[serde(rename_all = "kebab-case")]
        ByBank {
            iban_number: u8,
        },
        #[serde(untagged)]
        Other(Vec<u8>),
        #[serde(untagged)]
        Named {
            own_name: u8,
        },
    }
    assert_json(&Payment::ByCard { card_number: "4" }, r#"{"CARD_NUMBER":"4","kind":"byCard"}"#);
    assert_json(&Payment::ByBank { iban_number: 4 }, r#"{"iban-number":4,"kind":"byBank"}"#);
    assert_json(&Payment::Other(vec![1, 2]), "[1,2]");
    assert_json(&Payment::Named { own_name: 1 }, r#"{"OWN_NAME":1}"#);
}

#[test]
fn variants_of_an_odd_number_of_fields() {
    #[derive(Serialize, Versioned)]
    enum Odd {
        Nothing(),
        Skipped(#[serde(skip)] u8),
        One(#[serde(skip)] u8, u8),
        AllLeftOut(#[serde(skip_serializing_if = "is_zero")] u8, #[serde(skip)] u8),
        r#Raw { r#type: u8, r#match: u8 },
    }
    assert_json(&Odd::Nothing(), r#"{"Nothing":[]}"#);
    assert_json(&Odd::Skipped(1), r#""Skipped""#);
    assert_json(&Odd::One(1, 2), r#"{"One":[2]}"#);
    assert_json(&Odd::AllLeftOut(0, 0), r#"{"AllLeftOut":[]}"#);
    assert_json(&Odd::Raw { r#type: 1, r#match: 2 }, r#"{"Raw":{"match":2,"type":1}}"#);

    #[derive(Serialize, Versioned)]
    enum Single {
        Only {
            a: u8,
            #[serde(skip_serializing_if = "is_zero")]
            b: u8,
        },
    }
    assert_json(&Single::Only { a: 1, b: 0 }, r#"{"Only":{"a":1}}"#);
    assert_json(&Single::Only { a: 1, b: 2 }, r#"{"Only":{"a":1,"b":2}}"#);
}

#[test]
fn with_and_serialize_with() {
    #[derive(Serialize, Versioned)]
    struct File {
        #[serde(with = "octal")]
        mode: u16,
        #[serde(serialize_with = "shout")]
        name: String,
        #[serde(with = "octal", skip_serializing_if = "is_zero")]
        flags: u8,
        #[serde(flatten, with = "entry")]
        extra: (&'static str, u8),
    }
    let file = File { mode: 8, name: "ö".to_owned(), flags: 0, extra: ("a", 1) };
    assert_json(&file, r#"{"a":1,"mode":"10","name":"Ö"}"#);
    assert_json(&File { flags: 9, ..file }, r#"{"a":1,"flags":"11","mode":"10","name":"Ö"}"#);

    #[derive(Serialize, Versioned)]
    struct Mode(#[serde(with = "octal")] u16);
    assert_json(&Mode(8), r#""10""#);

    #[derive(Serialize, Versioned)]
    struct Pair(#[serde(with = "octal")] u16, u8, #[serde(skip_serializing_if = "is_zero")] u8);
    assert_json(&Pair(8, 1, 0), r#"["10",1]"#);

    #[derive(Serialize, Versioned)]
    #[serde(transparent)]
    struct Named {
        #[serde(serialize_with = "shout")]
        name: &'static str,
    }
    assert_json(&Named { name: "a" }, r#""A""#);
}

#[test]
fn with_in_and_on_variants() {
    fn sum<S: Serializer>(a: &u8, b: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(a + b)
    }
    fn nothing<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("nothing")
    }
    #[derive(Serialize, Versioned)]
    enum Event {
        Newtype(#[serde(with = "octal")] u8),
        Tuple(#[serde(with = "octal")] u8, u8),
        Struct {
            #[serde(with = "octal")]
            serializer: u8,
            event: u8,
        },
        #[serde(serialize_with = "sum")]
        Sum(u8, u8),
        #[serde(serialize_with = "sum")]
        Named {
            a: u8,
            b: u8,
        },
        #[serde(serialize_with = "nothing")]
        Nothing,
    }
    assert_json(&Event::Newtype(8), r#"{"Newtype":"10"}"#);
    assert_json(&Event::Tuple(8, 1), r#"{"Tuple":["10",1]}"#);
    assert_json(&Event::Struct { serializer: 8, event: 1 }, r#"{"Struct":{"event":1,"serializer":"10"}}"#);
    assert_json(&Event::Sum(1, 2), r#"{"Sum":3}"#);
    assert_json(&Event::Named { a: 1, b: 2 }, r#"{"Named":3}"#);
    assert_json(&Event::Nothing, r#"{"Nothing":"nothing"}"#);

    #[derive(Serialize, Versioned)]
    #[serde(tag = "t")]
    enum Tagged {
        Newtype(#[serde(with = "entry")] (&'static str, u8)),
        #[serde(with = "entry")]
        Variant((&'static str, u8)),
    }
    assert_json(&Tagged::Newtype(("a", 1)), r#"{"a":1,"t":"Newtype"}"#);
    assert_json(&Tagged::Variant(("z", 1)), r#"{"t":"Variant","z":1}"#);
}

#[derive(Serialize, Versioned)]
struct Outer<T> {
    m: u8,
    #[serde(flatten)]
    inner: T,
}

#[test]
fn an_enum_can_be_flattened() {
    #[derive(Serialize, Versioned)]
    enum Kind {
        Unit,
        Newtype(u8),
        Tuple(u8, u8),
        Struct {
            z: u8,
        },
        #[serde(untagged)]
        Bare {
            a: u8,
        },
        #[serde(untagged)]
        Nothing,
    }
    let kinds = [
        (Kind::Unit, r#"{"Unit":null,"m":1}"#),
        (Kind::Newtype(2), r#"{"Newtype":2,"m":1}"#),
        (Kind::Tuple(2, 3), r#"{"Tuple":[2,3],"m":1}"#),
        (Kind::Struct { z: 2 }, r#"{"Struct":{"z":2},"m":1}"#),
        (Kind::Bare { a: 2 }, r#"{"a":2,"m":1}"#),
        (Kind::Nothing, r#"{"m":1}"#),
    ];
    for (inner, json) in kinds {
        assert_json(&Outer { m: 1, inner }, json);
    }
    assert_json(&Outer { m: 1, inner: Some(Box::new(Kind::Bare { a: 3 })) }, r#"{"a":3,"m":1}"#);
    assert_json(&Outer { m: 1, inner: None::<Kind> }, r#"{"m":1}"#);

    #[derive(Serialize, Versioned)]
    #[serde(tag = "kind")]
    enum Flat {
        Both {
            #[serde(flatten)]
            more: BTreeMap<&'static str, u8>,
            z: u8,
        },
    }
    assert_json(&Flat::Both { more: map(), z: 1 }, r#"{"kind":"Both","y":1,"z":1}"#);
}

#[test]
fn a_map_can_be_flattened_and_what_is_empty() {
    let Value::Object(members) = json!({ "z": [1], "a": null }) else { unreachable!("it is an object") };
    assert_json(&Outer { m: 1, inner: members.clone() }, r#"{"a":null,"m":1,"z":[1]}"#);
    assert_json(&Outer { m: 1, inner: Value::Object(members) }, r#"{"a":null,"m":1,"z":[1]}"#);
    assert_json(&Outer { m: 1, inner: HashMap::from([(7, 'a')]) }, r#"{"7":"a","m":1}"#);
    assert_json(&Outer { m: 1, inner: Outer { m: 2, inner: () }.inner }, r#"{"m":1}"#);

    #[derive(Serialize, Versioned)]
    struct Sparse {
        #[serde(flatten, skip_serializing_if = "BTreeMap::is_empty")]
        more: BTreeMap<&'static str, u8>,
    }
    assert_json(&Sparse { more: BTreeMap::new() }, "{}");
    assert_json(&Sparse { more: map() }, r#"{"y":1}"#);
}

#[test]
fn a_unit_struct_is_null() {
    #[derive(Serialize, Versioned)]
    struct Nothing;
    assert_json(&Nothing, "null");
    assert_json(&[Some(Nothing), None], "[null,null]");
    assert_json(&Outer { m: 1, inner: Nothing }, r#"{"m":1}"#);

    #[derive(Serialize, Versioned)]
    enum External {
        Variant(Nothing),
        Array(Nothing, u8),
    }
    assert_json(&External::Variant(Nothing), r#"{"Variant":null}"#);
    assert_json(&External::Array(Nothing, 1), r#"{"Array":[null,1]}"#);

    #[derive(Serialize, Versioned)]
    #[serde(tag = "t")]
    enum Internal {
        Variant(Nothing),
    }
    assert_json(&Internal::Variant(Nothing), r#"{"t":"Variant"}"#);
}

/// They can't be read apart, and are sent all the same.
#[test]
fn variants_may_have_one_name() {
    #[derive(Serialize, Versioned)]
    enum External {
        Old(u8),
        #[serde(rename(serialize = "Old"))]
        New {
            a: u8,
        },
        #[serde(rename(serialize = "Old"))]
        Unit,
    }
    assert_json(&External::Old(1), r#"{"Old":1}"#);
    assert_json(&External::New { a: 1 }, r#"{"Old":{"a":1}}"#);
    assert_json(&External::Unit, r#""Old""#);
    assert_json(&Outer { m: 1, inner: External::Old(2) }, r#"{"Old":2,"m":1}"#);

    #[derive(Serialize, Versioned)]
    #[serde(tag = "t")]
    enum Internal {
        Old {
            a: u8,
        },
        #[serde(rename(serialize = "Old"))]
        New {
            a: u8,
        },
    }
    assert_json(&Internal::Old { a: 1 }, r#"{"a":1,"t":"Old"}"#);
    assert_json(&Internal::New { a: 2 }, r#"{"a":2,"t":"Old"}"#);
}

#[test]
fn members_that_are_not_sent_may_have_one_name() {
    #[derive(Clone, Serialize, Versioned)]
    #[serde(into = "u8")]
    struct Converted {
        a: u8,
        #[serde(rename = "a")]
        b: u8,
    }
    impl From<Converted> for u8 {
        fn from(Converted { a, b }: Converted) -> Self {
            a + b
        }
    }
    assert_json(&Converted { a: 1, b: 2 }, "3");

    fn sum<S: Serializer>(a: &u8, b: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(a + b)
    }
    #[derive(Serialize, Versioned)]
    enum Event {
        #[serde(serialize_with = "sum")]
        Sum {
            a: u8,
            #[serde(rename = "a")]
            b: u8,
        },
    }
    assert_json(&Event::Sum { a: 1, b: 2 }, r#"{"Sum":3}"#);
}

#[test]
fn a_foreign_type_can_be_flattened() {
    #[derive(Serialize)]
    struct Foreign {
        z: u8,
        a: u8,
    }
    #[derive(Serialize, Versioned)]
    struct Outer {
        #[versioned(serde)]
        #[serde(flatten)]
        foreign: Foreign,
        m: u8,
    }
    assert_json(&Outer { foreign: Foreign { z: 1, a: 2 }, m: 3 }, r#"{"a":2,"m":3,"z":1}"#);

    #[derive(Serialize, Versioned)]
    enum Event {
        Known {
            #[versioned(serde)]
            at: Foreign,
        },
        Whole(#[versioned(serde)] Foreign),
    }
    assert_json(&Event::Known { at: Foreign { z: 1, a: 2 } }, r#"{"Known":{"at":{"a":2,"z":1}}}"#);
    assert_json(&Event::Whole(Foreign { z: 1, a: 2 }), r#"{"Whole":{"a":2,"z":1}}"#);
}

#[test]
fn tag_on_a_struct() {
    #[derive(Serialize, Versioned)]
    #[serde(tag = "type", rename = "pump")]
    struct Pump {
        zone: u8,
        age: u8,
    }
    assert_json(&Pump { zone: 1, age: 2 }, r#"{"age":2,"type":"pump","zone":1}"#);
}

#[test]
fn into() {
    #[derive(Clone, Serialize, Versioned)]
    #[serde(into = "Wire<T>")]
    #[versioned(epoch = 3)]
    struct Celsius<T: Clone>(T);

    #[derive(Serialize, Versioned)]
    struct Wire<T> {
        unit: &'static str,
        degrees: T,
    }

    impl<T: Clone> From<Celsius<T>> for Wire<T> {
        fn from(Celsius(degrees): Celsius<T>) -> Self {
            Self { unit: "C", degrees }
        }
    }
    assert_json(&Celsius(21.5), r#"{"degrees":21.5,"unit":"C"}"#);
    assert_json(&vec![Celsius(21.5)], r#"[{"degrees":21.5,"unit":"C"}]"#);
}

/// The time of the change, in a form that the type does not have by itself.
#[test]
fn a_modification_time_can_have_any_form() {
    mod seconds {
        use etag_core::Timestamp;
        use serde::Serializer;

        pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_i64(time.as_microseconds() / 1_000_000)
        }
    }
    #[derive(Serialize, Versioned)]
    struct Dated {
        n: u8,
        #[versioned(modified)]
        #[serde(with = "seconds")]
        changed: Timestamp,
    }
    let dated = Dated { n: 1, changed: Timestamp::from_microseconds(1_772_366_400_250_000) };
    assert_json(&dated, r#"{"changed":1772366400,"n":1}"#);
    let date = Representation::of(&dated).unwrap().validators().last_modified.unwrap();
    assert_eq!(date, etag_core::LastModified::from(dated.changed));
}

#[test]
fn members_that_two_parts_have_are_an_error() {
    #[derive(Versioned)]
    #[serde(tag = "y")]
    enum Internal {
        Newtype(BTreeMap<&'static str, u8>),
    }
    let twice = canonical::to_vec(&Internal::Newtype(map()));
    assert_eq!(twice, Err(canonical::Error::Duplicate("y".to_owned())));

    #[derive(Versioned)]
    #[serde(tag = "t")]
    enum Scalar {
        Newtype(u8),
        Array(Vec<u8>),
    }
    assert_eq!(canonical::to_vec(&Scalar::Newtype(1)), Err(canonical::Error::Flatten));
    assert_eq!(canonical::to_vec(&Scalar::Array(vec![])), Err(canonical::Error::Flatten));
}
