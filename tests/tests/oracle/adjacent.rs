//! Enums whose tag and content stand side by side: `{"t":"Struct","c":{…}}`.

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::enums::{Empties, EveryStyle, Units};
use crate::shape::Shape;
use crate::values::{Double, Text, few};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<EachStyle>(),
        Shape::of::<ContentFirst>(),
        Shape::of::<NoData>(),
        Shape::of::<Enums>(),
        Shape::of::<Skipped>(),
        Shape::of::<Renamed>(),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "a", content = "z")]
enum EachStyle {
    Unit,
    Newtype(Text),
    Tuple(Text, Double),
    Struct { z: Text, a: Option<u8> },
    List(#[proptest(strategy = "few()")] Vec<Text>),
    Maybe(Option<Text>),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type", content = "data")]
enum ContentFirst {
    Unit,
    Newtype(Double),
    Tuple(u8, Units),
    Struct { z: u8, a: Text },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "t", content = "c")]
enum NoData {
    Unit,
    Tuple(),
    Struct {},
    Null(()),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "t", content = "c")]
enum Enums {
    Style(EveryStyle),
    Empty(Empties),
    Each(EachStyle),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "t", content = "c")]
enum Skipped {
    #[serde(skip)]
    Unit,
    #[serde(skip_serializing)]
    Newtype(#[allow(dead_code)] u8),
    OfNothing(
        #[allow(dead_code)]
        #[serde(skip)]
        u8,
    ),
    Tuple(
        #[allow(dead_code)]
        #[serde(skip)]
        u8,
        Text,
    ),
    LeftOut(#[serde(skip_serializing_if = "Option::is_none")] Option<u8>, u8),
    Struct {
        #[serde(skip_serializing_if = "Option::is_none")]
        z: Option<u8>,
        #[allow(dead_code)]
        #[serde(skip)]
        b: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "", content = "\"", rename_all = "snake_case", rename_all_fields = "SCREAMING_SNAKE_CASE")]
enum Renamed {
    NoData,
    TwoWords(u8),
    WithFields {
        two_words: u8,
        #[serde(rename = "\u{1f600}")]
        other: u8,
    },
}
