//! Members and variants that a function writes: `with`, `serialize_with`.

use std::collections::BTreeMap;

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::{Serialize, Serializer};

use crate::shape::Shape;
use crate::values::{Double, Name, Text, few};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<Fields>(),
        Shape::of::<Tuple>(),
        Shape::of::<Newtype>(),
        Shape::of::<Transparent>(),
        Shape::of::<OfVariants>(),
        Shape::of::<OfTaggedVariants>(),
        Shape::of::<OnVariants>(),
        Shape::of::<OnTaggedVariants>(),
        Shape::of::<OnAdjacentVariants>(),
        Shape::of::<OnUntaggedVariants>(),
        Shape::of::<Flattened>(),
        Shape::of::<Generic<Unserializable>>(),
        Shape::of::<Failing>(),
    ]
}

mod shouted {
    use super::*;

    pub(super) fn serialize<S: Serializer>(text: &Text, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text.0.to_uppercase())
    }
}

/// A type without a form of its own.
#[derive(Debug, Arbitrary)]
struct Unserializable(u8);

fn number<S: Serializer>(it: &Unserializable, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(it.0)
}

fn wrapped<T: Serialize, S: Serializer>(it: T, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Wrapped<T> {
        z: u8,
        a: T,
    }
    Wrapped { z: 1, a: it }.serialize(serializer)
}

fn pair<A: Serialize, B: Serialize, S: Serializer>(a: &A, b: &B, serializer: S) -> Result<S::Ok, S::Error> {
    BTreeMap::from([("b", serde_json::json!(b)), ("a", serde_json::json!(a))]).serialize(serializer)
}

fn nothing<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_map(Some(0)).and_then(serde::ser::SerializeMap::end)
}

fn unless_even<S: Serializer>(number: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    match number % 2 {
        0 => Err(serde::ser::Error::custom("it is even")),
        _ => serializer.serialize_u8(*number),
    }
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Fields {
    #[serde(with = "shouted")]
    z: Text,
    #[serde(serialize_with = "wrapped")]
    wrapped: Double,
    #[serde(serialize_with = "number", rename = "\u{1f600}")]
    number: Unserializable,
    #[serde(serialize_with = "wrapped", skip_serializing_if = "Option::is_none")]
    a: Option<Text>,
    #[serde(deserialize_with = "nobody")]
    read: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Tuple(
    #[serde(with = "shouted")] Text,
    #[serde(serialize_with = "self::wrapped")] Option<u8>,
    #[serde(serialize_with = "number")] Unserializable,
);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Newtype(#[serde(serialize_with = "wrapped")] Text);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(transparent)]
struct Transparent {
    #[serde(serialize_with = "number")]
    inner: Unserializable,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum OfVariants {
    Newtype(#[serde(with = "shouted")] Text),
    Tuple(#[serde(serialize_with = "wrapped")] u8, Text),
    Struct {
        z: u8,
        #[serde(with = "shouted")]
        a: Text,
        #[serde(serialize_with = "number")]
        b: Unserializable,
    },
}

/// What is written is tagged inside where it is an object; a text can't be.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum OfTaggedVariants {
    Object(#[serde(serialize_with = "wrapped")] Text),
    Text(#[serde(with = "shouted")] Text),
    Struct {
        z: u8,
        #[serde(serialize_with = "wrapped")]
        a: Text,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum OnVariants {
    #[serde(serialize_with = "nothing")]
    Unit,
    #[serde(with = "shouted")]
    Newtype(Text),
    #[serde(serialize_with = "pair")]
    Tuple(Double, Text),
    #[serde(serialize_with = "pair", rename = "\"")]
    Struct { z: Text, a: u8 },
    #[serde(serialize_with = "number")]
    Unserializable(Unserializable),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "aa")]
enum OnTaggedVariants {
    #[serde(serialize_with = "nothing")]
    Unit,
    #[serde(with = "shouted")]
    Text(Text),
    #[serde(serialize_with = "wrapped")]
    Object(Text),
    #[serde(serialize_with = "pair")]
    Struct { z: Text, a: u8 },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "t", content = "c")]
enum OnAdjacentVariants {
    #[serde(serialize_with = "nothing")]
    Unit,
    #[serde(with = "shouted")]
    Newtype(Text),
    #[serde(serialize_with = "pair")]
    Tuple(Double, Text),
    #[serde(serialize_with = "pair")]
    Struct { z: Text, a: u8 },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(untagged)]
enum OnUntaggedVariants {
    #[serde(serialize_with = "nothing")]
    Unit,
    #[serde(with = "shouted")]
    Newtype(Text),
    #[serde(serialize_with = "pair")]
    Tuple(Double, Text),
    #[serde(serialize_with = "pair")]
    Struct { z: Text, a: u8 },
}

/// What a function writes is flattened where it is an object.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Flattened {
    b: u8,
    #[serde(flatten, serialize_with = "prefixed")]
    #[proptest(strategy = "few()")]
    rest: BTreeMap<Name, u8>,
    #[serde(flatten, serialize_with = "wrapped")]
    other: Text,
}

fn prefixed<S: Serializer>(map: &BTreeMap<Name, u8>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(map.iter().map(|(name, value)| (format!("_{}", name.0), value)))
}

/// A member that a function writes asks nothing of its type.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Generic<T> {
    #[serde(serialize_with = "of_anything")]
    z: T,
    a: u8,
}

fn of_anything<T, S: Serializer>(_: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("anything")
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Failing {
    a: u8,
    #[serde(serialize_with = "unless_even")]
    m: u8,
    z: Text,
}
