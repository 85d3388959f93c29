//! Structs with named fields: their order, what is left out, what is transparent.

use std::marker::PhantomData;

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::shape::Shape;
use crate::values::{Double, Integer, Single, Text, few};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<Unsorted>(),
        Shape::of::<Wide>(),
        Shape::of::<Nested>(),
        Shape::of::<RawIdentifiers>(),
        Shape::of::<LeftOut>(),
        Shape::of::<LeftOutByAFunction>(),
        Shape::of::<AllLeftOut>(),
        Shape::of::<Tagged>(),
        Shape::of::<TaggedAndRenamed>(),
        Shape::of::<Transparent>(),
        Shape::of::<TransparentBesideSkipped>(),
        Shape::of::<TransparentTuple>(),
        Shape::of::<ReadOtherwise>(),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Unsorted {
    text: Text,
    double: Double,
    single: Single,
    boolean: bool,
    integer: Integer,
    character: char,
    unit: (),
    aa: u8,
    a: i128,
    a_: u128,
}

/// More members than a line has, in no order.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[rustfmt::skip]
struct Wide {
    q: u8, w: u16, e: u32, r: u64, t: i8, y: i16, u: i32, i: i64, o: bool, p: char,
    a: Text, s: Text, d: Double, f: Single, g: Option<u8>, h: (), j: (u8, u8), k: [u8; 2], l: (), z: String,
    x: Text, c: Double, v: u8, b: u8, n: u8, m: u8, qq: u8, ww: u8, ee: u8, rr: u8, tt: u8, yy: u8, uu: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Nested {
    one: Leaf,
    many: [Leaf; 2],
    #[proptest(strategy = "few()")]
    list: Vec<Leaf>,
    maybe: Option<Leaf>,
    boxed: Box<Leaf>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Leaf {
    n: Integer,
    #[serde(rename = "in")]
    inside: Option<Text>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct RawIdentifiers {
    r#type: u8,
    r#fn: Text,
    r#match: bool,
    plain: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct LeftOut {
    sent: u8,
    #[allow(dead_code)]
    #[serde(skip)]
    skipped: u8,
    #[allow(dead_code)]
    #[serde(skip_serializing)]
    received: u8,
    #[serde(skip_deserializing)]
    computed: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<Text>,
    #[proptest(strategy = "few()")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    list: Vec<u8>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct LeftOutByAFunction {
    #[serde(skip_serializing_if = "is_even")]
    first: u8,
    #[serde(rename = "\u{1f600}", skip_serializing_if = "self::is_even")]
    second: u8,
    #[serde(skip_serializing_if = "<[u8]>::is_empty")]
    #[proptest(strategy = "few()")]
    third: Vec<u8>,
}

fn is_even(number: &u8) -> bool {
    number.is_multiple_of(2)
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct AllLeftOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<u8>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "kind")]
struct Tagged {
    a: u8,
    z: Text,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(rename = "\"\u{1}é", tag = "\u{fb33}")]
struct TaggedAndRenamed {
    #[serde(rename = "\u{1f600}")]
    smile: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<u8>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(transparent)]
struct Transparent {
    inner: Leaf,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(transparent)]
struct TransparentBesideSkipped {
    marker: PhantomData<u8>,
    inner: Option<Text>,
    #[allow(dead_code)]
    #[serde(skip)]
    unsent: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(transparent)]
struct TransparentTuple(Double, PhantomData<Text>);

/// What only says how a value is read.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(deny_unknown_fields, default, expecting = "a struct", rename(deserialize = "Another"))]
struct ReadOtherwise {
    #[serde(alias = "x", default = "u8::default")]
    a: u8,
    #[serde(rename(deserialize = "y"), deserialize_with = "read")]
    b: u8,
}
