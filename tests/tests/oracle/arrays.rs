//! Tuple structs, newtypes and what they leave out.

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::shape::Shape;
use crate::values::{Double, Integer, Text, few};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<Newtype>(),
        Shape::of::<NewtypeOfANewtype>(),
        Shape::of::<NewtypeOfAnOption>(),
        Shape::of::<NewtypeOfAStruct>(),
        Shape::of::<Pair>(),
        Shape::of::<OneIsLeft>(),
        Shape::of::<MiddleIsSkipped>(),
        Shape::of::<Long>(),
        Shape::of::<LeftOut>(),
        Shape::of::<AllLeftOut>(),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Newtype(Double);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct NewtypeOfANewtype(Newtype);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct NewtypeOfAnOption(Option<Option<Text>>);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct NewtypeOfAStruct(Named);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Named {
    z: u8,
    a: Pair,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Pair(Text, Integer);

/// Two fields make an array, also if one of them is not sent.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OneIsLeft(
    #[allow(dead_code)]
    #[serde(skip)]
    u8,
    Text,
);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct MiddleIsSkipped(
    Text,
    #[allow(dead_code)]
    #[serde(skip_serializing)]
    u8,
    Named,
);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Long(u8, bool, char, (), Pair, [Integer; 2], Option<u8>, #[proptest(strategy = "few()")] Vec<Pair>);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct LeftOut(
    #[serde(skip_serializing_if = "Option::is_none")] Option<u8>,
    Text,
    #[serde(skip_serializing_if = "Option::is_none")] Option<Text>,
);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct AllLeftOut(
    #[serde(skip_serializing_if = "Option::is_none")] Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")] Option<u8>,
);
