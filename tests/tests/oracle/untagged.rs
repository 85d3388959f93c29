//! Enums without a tag, and single variants without one.

use std::collections::BTreeMap;

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::enums::{Empties, EveryStyle};
use crate::shape::Shape;
use crate::values::{Double, Name, Text, few};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<EachStyle>(),
        Shape::of::<NoData>(),
        Shape::of::<Enums>(),
        Shape::of::<Skipped>(),
        Shape::of::<LastVariant>(),
        Shape::of::<LastVariants>(),
        Shape::of::<LastInside>(),
        Shape::of::<LastAdjacent>(),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(untagged)]
enum EachStyle {
    Unit,
    Number(Double),
    Text(Text),
    Tuple(Text, Double),
    Struct { z: Text, a: Option<u8> },
    Map(#[proptest(strategy = "few()")] BTreeMap<Name, u8>),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(untagged)]
enum NoData {
    Unit,
    Tuple(),
    Struct {},
    Null(()),
    Skipped(
        #[allow(dead_code)]
        #[serde(skip)]
        u8,
    ),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(untagged)]
enum Enums {
    Style(EveryStyle),
    Empty(Empties),
    Each(Box<EachStyle>),
    Both { style: EveryStyle, each: Option<EachStyle> },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Skipped {
    Sent(u8),
    #[serde(skip)]
    Unit,
    #[serde(skip_serializing)]
    Newtype(#[allow(dead_code)] u8),
    Struct {
        two_words: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        a_maybe: Option<u8>,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum LastVariant {
    Unit,
    Newtype(u8),
    #[serde(untagged)]
    Other(Text),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum LastVariants {
    Unit,
    #[serde(untagged)]
    Tuple(u8, Text),
    #[serde(untagged)]
    Struct {
        z: u8,
        a: u8,
    },
    #[serde(untagged)]
    Null,
}

/// What is tagged inside beside what is not tagged.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum LastInside {
    Unit,
    Struct {
        z: u8,
        a: u8,
    },
    #[serde(untagged)]
    Other(Text),
    #[serde(untagged)]
    Fields {
        y: u8,
        b: u8,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "t", content = "c")]
enum LastAdjacent {
    Unit,
    Tuple(u8, u8),
    #[serde(untagged)]
    Other(Box<EachStyle>),
}
