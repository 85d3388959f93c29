//! Types that are sent as another one: `into`.

use std::collections::BTreeMap;

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::shape::Shape;
use crate::values::{Double, Name, Text};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<AsText>(),
        Shape::of::<AsAStruct>(),
        Shape::of::<AsAnEnum>(),
        Shape::of::<Generic<Text>>(),
        Shape::of::<Inside>(),
        Shape::of::<FlattenedInto>(),
    ]
}

#[derive(Debug, Clone, Arbitrary, Serialize, Versioned)]
#[serde(into = "String")]
struct AsText {
    first: Text,
    last: u8,
}

impl From<AsText> for String {
    fn from(it: AsText) -> Self {
        format!("{} {}", it.first.0, it.last)
    }
}

#[derive(Debug, Clone, Arbitrary, Serialize, Versioned)]
#[serde(into = "Sent")]
struct AsAStruct(Text, Double);

#[derive(Debug, Serialize, Versioned)]
struct Sent {
    z: Text,
    a: Double,
}

impl From<AsAStruct> for Sent {
    fn from(it: AsAStruct) -> Self {
        Self { z: it.0, a: it.1 }
    }
}

#[derive(Debug, Clone, Arbitrary, Serialize, Versioned)]
#[serde(into = "Option<u8>")]
enum AsAnEnum {
    None,
    Some(u8),
}

impl From<AsAnEnum> for Option<u8> {
    fn from(it: AsAnEnum) -> Self {
        match it {
            AsAnEnum::None => None,
            AsAnEnum::Some(number) => Some(number),
        }
    }
}

#[derive(Debug, Clone, Arbitrary, Serialize, Versioned)]
#[serde(into = "Vec<T>", bound(serialize = "T: Clone + Serialize"))]
#[versioned(bound = "T: Clone + Versioned")]
struct Generic<T> {
    one: T,
    other: Option<T>,
}

impl<T> From<Generic<T>> for Vec<T> {
    fn from(it: Generic<T>) -> Self {
        std::iter::once(it.one).chain(it.other).collect()
    }
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum Inside {
    Newtype(AsText),
    Struct {
        z: AsAStruct,
        a: AsAnEnum,
        #[serde(flatten)]
        m: AsAStruct,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct FlattenedInto {
    b: u8,
    #[serde(flatten)]
    members: AsAMap,
}

#[derive(Debug, Clone, Arbitrary, Serialize, Versioned)]
#[serde(into = "BTreeMap<String, u8>")]
struct AsAMap(Name, u8);

impl From<AsAMap> for BTreeMap<String, u8> {
    fn from(it: AsAMap) -> Self {
        Self::from([(it.0.0, it.1)])
    }
}
