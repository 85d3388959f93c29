//! Enums that are tagged inside: `{"type":"Struct",…}`.

use std::collections::{BTreeMap, HashMap};

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::{Serialize, Serializer};

use crate::enums::{Empties, EveryStyle, Units};
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
        Shape::of::<Options>().never_written(),
        Shape::of::<OptionsInside>(),
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

/// serde has no word for an option beside a tag, whatever it is wrapped in.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Options {
    Own(Option<Inner>),
    Boxed(Box<Option<Inner>>),
    Wrapped(Maybe),
    Untagged(Either),
    Foreign(#[versioned(serde)] Option<Inner>),
    With(#[serde(serialize_with = "serialize")] Option<Inner>),
    #[serde(serialize_with = "serialize")]
    AllOfIt(Option<Inner>),
    OfMaps(Option<BTreeMap<Name, Double>>),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Maybe(Option<Inner>);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(untagged)]
enum Either {
    Maybe(Maybe),
}

/// But it has one for the fields of what stands there.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum OptionsInside {
    Newtype(Flat),
    Struct {
        #[serde(flatten)]
        maybe: Option<Inner>,
    },
    Foreign(#[versioned(serde)] Flat),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Flat {
    a: Option<u8>,
    #[serde(flatten)]
    maybe: Option<Inner>,
    #[serde(flatten, serialize_with = "serialize")]
    wrapped: Option<Copied>,
}

fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.serialize(serializer)
}
