//! Enums that are tagged inside: `{"type":"Struct",…}`.

use std::collections::{BTreeMap, HashMap};

use etag_core::{Versioned, canonical};
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::enums::{Empties, EveryStyle, Units};
use crate::others::{Others, others};
use crate::shape::Shape;
use crate::values::{Double, Name, Text, few};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<Structs>(),
        Shape::of::<Maps>(),
        Shape::of::<Scalars>().never_written(),
        Shape::of::<Nulls>(),
        Shape::of::<Enums>(),
        Shape::of::<TaggedTwice>(),
        Shape::of::<SameTagTwice>().never_written(),
        Shape::of::<TagIsAMember>().never_written(),
        Shape::of::<Skipped>(),
        Shape::of::<Renamed>(),
        Shape::of::<Pointers>(),
        Shape::of::<Sequences>().never_written(),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Structs {
    Unit,
    Newtype(Inner),
    Struct { z: u8, a: Text },
    Empty {},
    Boxed(Box<Inner>),
    Of(Wrapped),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Inner {
    zz: Text,
    b: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<Double>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Wrapped(Inner);

/// A map may have a member that is called as the tag is.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Maps {
    Sorted(#[proptest(strategy = "few()")] BTreeMap<Name, Double>),
    Hashed(#[proptest(strategy = "few()")] HashMap<String, u8>),
    Numbered(#[proptest(strategy = "few()")] BTreeMap<i8, Text>),
    Json(#[proptest(strategy = "crate::values::object()")] serde_json::Map<String, serde_json::Value>),
    Any(#[proptest(strategy = "crate::values::json()")] serde_json::Value),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Scalars {
    Text(Text),
    Number(u8),
    Wide(i128),
    Double(Double),
    Boolean(bool),
    Character(char),
    Path(std::path::PathBuf),
    Address(std::net::Ipv4Addr),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Nulls {
    Unit(()),
    Marker(std::marker::PhantomData<u8>),
}

/// The variant that is inside goes into the object of the one that is outside.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Enums {
    Style(EveryStyle),
    Empty(Empties),
    Units(Units),
    Own(Structs),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum TaggedTwice {
    Adjacent(Adjacent),
    Inside(Inside),
    Untagged(Untagged),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(Text),
    Tuple(u8, u8),
    Struct { z: u8, a: u8 },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "kind")]
enum Inside {
    Unit,
    Struct { z: u8, a: u8 },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(untagged)]
enum Untagged {
    Unit,
    Newtype(Inner),
    Scalar(u8),
    Tuple(u8, u8),
    Struct { z: u8, a: u8 },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "kind")]
enum SameTagTwice {
    Inside(Inside),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "zz")]
enum TagIsAMember {
    Inner(Inner),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Skipped {
    #[serde(skip)]
    Unit,
    #[serde(skip_serializing)]
    Newtype(#[allow(dead_code)] Inner),
    OfNothing(
        #[allow(dead_code)]
        #[serde(skip)]
        u8,
    ),
    Struct {
        #[serde(skip_serializing_if = "Option::is_none")]
        z: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
        #[allow(dead_code)]
        #[serde(skip)]
        b: u8,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "theType", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum Renamed {
    NoData,
    #[serde(rename = "\"")]
    Quote {
        two_words: u8,
        a_b: u8,
    },
    TwoWords(Inner),
    #[serde(rename_all = "UPPERCASE")]
    Loud {
        two_words: u8,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Pointers {
    Shared(std::rc::Rc<Inner>),
    Boxed(Box<Wrapped>),
    Borrowed(std::borrow::Cow<'static, Copied>),
    Reversed(std::cmp::Reverse<Inner>),
    Range(std::ops::Range<u8>),
    Duration(std::time::Duration),
}

#[derive(Debug, Clone, Arbitrary, Serialize, Versioned)]
struct Copied {
    z: u8,
    a: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Sequences {
    List(#[proptest(strategy = "few()")] Vec<u8>),
    Array([u8; 2]),
    Tuple((u8, u8)),
    Own(Pair),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Pair(u8, u8);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Optional {
    Maybe(Option<Inner>),
}

proptest! {
    /// serde refuses it, without need: it has no word for an option there. It has but one form to have.
    #[test]
    fn an_option_in_a_variant_is_tagged_as_what_is_in_it(optional: Optional) {
        prop_assert!(serde_json::to_string(&optional).is_err());
        prop_assert!(canonical::to_vec_serde(&optional).is_err());
        let derived = canonical::to_vec(&optional).unwrap();
        let Optional::Maybe(inner) = optional;
        let Ok(Others::Form(form)) = others(&Only { r#type: "Maybe", inner }) else { panic!("a map") };
        prop_assert_eq!(String::from_utf8(derived).unwrap(), form);
    }
}

#[derive(Serialize)]
struct Only {
    r#type: &'static str,
    #[serde(flatten)]
    inner: Option<Inner>,
}
