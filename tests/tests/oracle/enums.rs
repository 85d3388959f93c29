//! Enums whose variants are tagged from outside: `"Unit"`, `{"Newtype":…}`.

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::shape::Shape;
use crate::values::{Double, Integer, Text, few};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<Units>(),
        Shape::of::<EveryStyle>(),
        Shape::of::<Empties>(),
        Shape::of::<Nested>(),
        Shape::of::<Skipped>(),
        Shape::of::<SkippedInside>(),
        Shape::of::<SkippedFields>(),
        Shape::of::<Discriminants>(),
        Shape::of::<HasEnums>(),
        Shape::of::<One>(),
    ]
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Arbitrary, Serialize, Versioned)]
pub enum Units {
    First,
    #[serde(rename = "2nd")]
    Second,
    r#Third,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
pub enum EveryStyle {
    Unit,
    Newtype(Double),
    Tuple(Text, Integer),
    Struct { z: Text, a: Option<u8> },
}

/// Variants that have no data in a style that could.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
pub enum Empties {
    Unit,
    Tuple(),
    Struct {},
    Null(()),
    None(Option<u8>),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum Nested {
    Style(EveryStyle),
    Empty(Empties, Units),
    Boxed { b: Box<EveryStyle>, a: Option<Units> },
    Pair((Units, EveryStyle)),
    List(#[proptest(strategy = "few()")] Vec<Empties>),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum Skipped {
    Sent(u8),
    #[serde(skip)]
    Unit,
    #[serde(skip_serializing)]
    Newtype(#[allow(dead_code)] u8),
    #[serde(skip)]
    Struct {
        #[allow(dead_code)]
        a: u8,
    },
    #[serde(skip_deserializing)]
    Computed,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct SkippedInside {
    before: Text,
    inside: Option<Skipped>,
    zafter: Double,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum SkippedFields {
    Newtype(
        #[allow(dead_code)]
        #[serde(skip)]
        u8,
    ),
    Tuple(
        u8,
        #[allow(dead_code)]
        #[serde(skip)]
        u8,
        Text,
    ),
    LeftOut(#[serde(skip_serializing_if = "Option::is_none")] Option<u8>, u8),
    OneIsLeft(
        #[allow(dead_code)]
        #[serde(skip_serializing)]
        u8,
        Text,
    ),
    NoneIsLeft(
        #[allow(dead_code)]
        #[serde(skip)]
        u8,
        #[allow(dead_code)]
        #[serde(skip)]
        u8,
    ),
    Struct {
        z: u8,
        #[allow(dead_code)]
        #[serde(skip)]
        m: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
    },
    AllSkipped {
        #[allow(dead_code)]
        #[serde(skip)]
        m: u8,
    },
    AllLeftOut {
        #[serde(skip_serializing_if = "Option::is_none")]
        m: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none", rename = "a")]
        n: Option<u8>,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[repr(u8)]
enum Discriminants {
    Seven = 7,
    Data(u8) = 3,
    #[serde(rename = "1")]
    One = 1,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct HasEnums {
    units: [Units; 2],
    style: EveryStyle,
    maybe: Option<Empties>,
    pair: (Units, Empties),
    #[serde(skip_serializing_if = "is_unit")]
    unless: EveryStyle,
}

fn is_unit(style: &EveryStyle) -> bool {
    matches!(style, EveryStyle::Unit)
}

/// An enum that has but one variant.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum One {
    Only { only: u8 },
}
