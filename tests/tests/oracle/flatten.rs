//! What is flattened into the object around it, and what can't be.

use std::collections::{BTreeMap, HashMap};

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::enums::{EveryStyle, Units};
use crate::shape::Shape;
use crate::values::{Double, Name, Text, few, json, object};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<OfAStruct>(),
        Shape::of::<Twice>(),
        Shape::of::<OfAFlattened>(),
        Shape::of::<OfAMap>(),
        Shape::of::<OfAHashMap>(),
        Shape::of::<OfNumberedMaps>(),
        Shape::of::<OfJson>(),
        Shape::of::<OfAJsonObject>(),
        Shape::of::<OfPointers>(),
        Shape::of::<OfOptions>(),
        Shape::of::<OfOptionalMaps>(),
        Shape::of::<OfNewtypes>(),
        Shape::of::<Alone>(),
        Shape::of::<OfATaggedStruct>(),
        Shape::of::<InATaggedStruct>(),
        Shape::of::<OfOuter>(),
        Shape::of::<OfInside>(),
        Shape::of::<OfAdjacent>(),
        Shape::of::<OfUntagged>(),
        Shape::of::<OfUnits>(),
        Shape::of::<OfSeveralEnums>(),
        Shape::of::<InVariants>(),
        Shape::of::<InTaggedVariants>(),
        Shape::of::<InAdjacentVariants>(),
        Shape::of::<InUntaggedVariants>(),
        Shape::of::<OfAUnit>(),
        Shape::of::<Skipped>(),
        Shape::of::<LeftOut>(),
        Shape::of::<OfAScalar>().never_written(),
        Shape::of::<OfAText>().never_written(),
        Shape::of::<OfASequence>().never_written(),
        Shape::of::<OfDurations>(),
        Shape::of::<SameMember>().never_written(),
        Shape::of::<MembersThatOftenCollide>(),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
pub struct Inner {
    m: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<u8>,
    b: Double,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Other {
    x: u8,
    n: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfAStruct {
    z: u8,
    #[serde(flatten)]
    inner: Inner,
    a: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Twice {
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    other: Other,
    c: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfAFlattened {
    #[serde(flatten)]
    twice: Twice,
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    rest: BTreeMap<Name, u8>,
    a: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfAMap {
    c: u8,
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    rest: BTreeMap<Name, Option<Text>>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfAHashMap {
    c: u8,
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    rest: HashMap<Name, Other>,
}

/// Keys that are made to texts; those of the two maps are often the same.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfNumberedMaps {
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    numbers: BTreeMap<i8, u8>,
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    booleans: BTreeMap<bool, u8>,
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    units: BTreeMap<Units, u8>,
    #[serde(rename = "true")]
    is_true: Option<u8>,
}

/// Any JSON: an object's members, nothing for `null`, else an error.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfJson {
    n: u8,
    #[serde(flatten)]
    #[proptest(strategy = "json()")]
    rest: Value,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfAJsonObject {
    a: u8,
    #[serde(flatten)]
    #[proptest(strategy = "object()")]
    rest: Map<String, Value>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfPointers {
    #[serde(flatten)]
    boxed: Box<Inner>,
    #[serde(flatten)]
    shared: std::sync::Arc<Other>,
    a: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfOptions {
    a: u8,
    #[serde(flatten)]
    maybe: Option<Inner>,
    #[serde(flatten)]
    boxed: Option<Box<Other>>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfOptionalMaps {
    a: u8,
    #[serde(flatten)]
    #[proptest(strategy = "proptest::option::of(few())")]
    maybe: Option<BTreeMap<Name, u8>>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfNewtypes {
    a: u8,
    #[serde(flatten)]
    inner: Newtype,
    #[serde(flatten)]
    transparent: Transparent,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Newtype(Inner);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(transparent)]
struct Transparent {
    inner: Option<Other>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Alone {
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    rest: BTreeMap<String, u8>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfATaggedStruct {
    z: u8,
    #[serde(flatten)]
    inner: TaggedStruct,
    a: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "kind")]
struct TaggedStruct {
    y: u8,
    b: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "kind")]
struct InATaggedStruct {
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    rest: BTreeMap<Name, u8>,
    z: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfOuter {
    #[serde(rename = "Unitz")]
    z: u8,
    #[serde(flatten)]
    style: EveryStyle,
    a: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfInside {
    z: u8,
    #[serde(flatten)]
    inside: Inside,
    a: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Inside {
    Unit,
    Newtype(Inner),
    Struct { y: u8, b: u8 },
    Map(#[proptest(strategy = "few()")] BTreeMap<Name, u8>),
    Nested(EveryStyle),
    Scalar(u8),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfAdjacent {
    z: u8,
    #[serde(flatten)]
    adjacent: Adjacent,
    m: u8,
    a: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(Text),
    Tuple(u8, u8),
    Struct { y: u8, b: u8 },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfUntagged {
    z: u8,
    #[serde(flatten)]
    untagged: Untagged,
    a: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(untagged)]
enum Untagged {
    Unit,
    Newtype(Inner),
    Struct { y: u8, b: u8 },
    Map(#[proptest(strategy = "few()")] BTreeMap<Name, u8>),
    Scalar(Text),
    Tuple(u8, u8),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfUnits {
    #[serde(rename = "G")]
    g: u8,
    #[serde(flatten)]
    units: Units,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfSeveralEnums {
    #[serde(flatten)]
    style: Option<EveryStyle>,
    #[serde(flatten)]
    inside: Box<Adjacent>,
    #[serde(flatten)]
    units: Units,
    z: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum InVariants {
    Struct {
        z: u8,
        #[serde(flatten)]
        inner: Inner,
        a: u8,
    },
    Map {
        #[serde(flatten)]
        #[proptest(strategy = "few()")]
        rest: BTreeMap<Name, u8>,
        a: u8,
    },
    Enum {
        #[serde(flatten)]
        style: EveryStyle,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum InTaggedVariants {
    Struct {
        z: u8,
        #[serde(flatten)]
        inner: Inner,
    },
    Map {
        #[serde(flatten)]
        #[proptest(strategy = "few()")]
        rest: BTreeMap<Name, u8>,
    },
    Newtype(OfAMap),
    Inside {
        #[serde(flatten)]
        adjacent: Adjacent,
        z: u8,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "t", content = "c")]
enum InAdjacentVariants {
    Struct {
        z: u8,
        #[serde(flatten)]
        inner: Option<Inner>,
        a: u8,
    },
    Map {
        #[serde(flatten)]
        #[proptest(strategy = "few()")]
        rest: HashMap<Name, u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(untagged, rename_all_fields = "UPPERCASE")]
enum InUntaggedVariants {
    Struct {
        z: u8,
        #[serde(flatten)]
        inner: Inner,
        #[serde(flatten)]
        units: Units,
    },
    Map {
        #[serde(flatten)]
        #[proptest(strategy = "json()")]
        rest: Value,
        a: u8,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfAUnit {
    a: u8,
    #[serde(flatten)]
    unit: (),
    #[serde(flatten)]
    marker: std::marker::PhantomData<Text>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Skipped {
    a: u8,
    #[allow(dead_code)]
    #[serde(flatten, skip)]
    inner: Inner,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct LeftOut {
    c: u8,
    #[serde(flatten, skip_serializing_if = "BTreeMap::is_empty")]
    #[proptest(strategy = "few()")]
    rest: BTreeMap<Name, u8>,
    #[serde(flatten, skip_serializing_if = "is_even")]
    other: Other,
}

fn is_even(other: &Other) -> bool {
    other.x.is_multiple_of(2)
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfAScalar {
    a: u8,
    #[serde(flatten)]
    scalar: Double,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfAText {
    a: u8,
    #[serde(flatten)]
    text: Option<Box<Text>>,
    #[serde(flatten)]
    address: std::net::IpAddr,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfASequence {
    a: u8,
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    list: Vec<Inner>,
}

/// What serde sends as a struct, though its fields are private.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfDurations {
    #[serde(rename = "of")]
    others: u8,
    #[serde(flatten)]
    duration: std::time::Duration,
    #[serde(flatten)]
    #[proptest(strategy = "proptest::prelude::Just(std::time::SystemTime::UNIX_EPOCH)")]
    time: std::time::SystemTime,
    #[serde(flatten)]
    range: std::ops::Range<u8>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct SameMember {
    #[serde(flatten)]
    inner: Inner,
    m: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct MembersThatOftenCollide {
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    one: BTreeMap<Name, u8>,
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    other: HashMap<Name, u8>,
    #[serde(rename = "\u{1f600}", skip_serializing_if = "Option::is_none")]
    smile: Option<u8>,
}
