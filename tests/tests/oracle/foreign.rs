//! Members of types that only implement `Serialize`.

use std::collections::BTreeMap;

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::{Serialize, Serializer};

use crate::shape::Shape;
use crate::values::{Double, Name, Text, few};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<Members>(),
        Shape::of::<Elements>(),
        Shape::of::<Newtype>(),
        Shape::of::<InVariants>(),
        Shape::of::<InTaggedVariants>(),
        Shape::of::<Flattened>(),
        Shape::of::<FlattenedMap>(),
        Shape::of::<FlattenedEnum>(),
        Shape::of::<Generic<ForeignEnum>>(),
        Shape::of::<Odd>(),
        Shape::of::<OddInAMap>(),
    ]
}

#[derive(Debug, Arbitrary, Serialize)]
struct Foreign {
    z: Text,
    a: Option<Double>,
    unit: Unit,
    r#enum: ForeignEnum,
}

#[derive(Debug, Arbitrary, Serialize)]
struct Unit;

#[derive(Debug, Arbitrary, Serialize)]
enum ForeignEnum {
    Unit,
    Newtype(Text),
    Tuple(u8, u8),
    Struct { z: u8, a: u8 },
    Empty {},
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Members {
    #[versioned(serde)]
    z: Foreign,
    #[versioned(serde)]
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<Foreign>,
    #[versioned(serde)]
    #[proptest(strategy = "few()")]
    list: Vec<ForeignEnum>,
    #[versioned(serde)]
    #[serde(rename = "\u{1f600}")]
    unit: Unit,
    a: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Elements(#[versioned(serde)] Foreign, u8, #[versioned(serde)] Unit);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Newtype(#[versioned(serde)] ForeignEnum);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum InVariants {
    Newtype(#[versioned(serde)] Foreign),
    Tuple(u8, #[versioned(serde)] ForeignEnum),
    Struct {
        z: u8,
        #[versioned(serde)]
        a: ForeignEnum,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum InTaggedVariants {
    Newtype(#[versioned(serde)] Foreign),
    Unit(#[versioned(serde)] Unit),
    Enum(#[versioned(serde)] ForeignEnum),
    Struct {
        z: u8,
        #[versioned(serde)]
        a: ForeignEnum,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Flattened {
    m: u8,
    #[serde(flatten)]
    #[versioned(serde)]
    foreign: Foreign,
    b: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct FlattenedMap {
    c: u8,
    #[serde(flatten)]
    #[versioned(serde)]
    #[proptest(strategy = "few()")]
    rest: BTreeMap<Name, ForeignEnum>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct FlattenedEnum {
    c: u8,
    #[serde(flatten)]
    #[versioned(serde)]
    one: ForeignEnum,
    #[serde(flatten)]
    #[versioned(serde)]
    maybe: Option<Unit>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Generic<T> {
    #[versioned(serde)]
    z: T,
    #[versioned(serde)]
    a: [T; 2],
}

/// What a `Serialize` by hand may do, and a derived one does not.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Odd {
    #[versioned(serde)]
    odd: ByHand,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OddInAMap {
    #[versioned(serde)]
    #[proptest(strategy = "few()")]
    keys: BTreeMap<u8, ByHand>,
}

#[derive(Debug, Arbitrary)]
enum ByHand {
    Bytes(u8),
    Display(Double),
    Some(u8),
    Newtype(Text),
    Fails,
    /// A map that has a member twice.
    Twice(u8),
    KeyOfAnOption,
    KeyOfANumber(Double),
    KeyOfBytes,
}

impl Serialize for ByHand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bytes(byte) => serializer.serialize_bytes(&[*byte, 0, 255]),
            Self::Display(number) => serializer.collect_str(&number.0),
            Self::Some(number) => serializer.serialize_some(number),
            Self::Newtype(text) => serializer.serialize_newtype_struct("Newtype", text),
            Self::Fails => Err(serde::ser::Error::custom("it fails")),
            Self::Twice(number) => serializer.collect_map([("b", number), ("a", number), ("b", number)]),
            Self::KeyOfAnOption => serializer.collect_map([(Some("a"), 1)]),
            Self::KeyOfANumber(number) => serializer.collect_map([(number, 1)]),
            Self::KeyOfBytes => serializer.collect_map([(Self::Bytes(1), 1)]),
        }
    }
}
