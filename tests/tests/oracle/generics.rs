//! Types with parameters: types, lifetimes, constants, and what is asked of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::marker::PhantomData;

use arrayvec::ArrayVec;
use etag_core::Versioned;
use proptest::prelude::{Arbitrary, Strategy, any};
use proptest::sample::select;
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::shape::Shape;
use crate::values::{Double, Name, Text, few, generated, texts};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<Pair<Text, Option<Double>>>(),
        Shape::of::<Page<Pair<u8, char>>>(),
        Shape::of::<Choice<Text, Page<u8>>>(),
        Shape::of::<Inside<Page<u8>>>(),
        Shape::of::<Bounded<u8>>(),
        Shape::of::<WithAWhereClause<u8, Text>>(),
        Shape::of::<WithADefault>(),
        Shape::of::<Flat<Pair<u8, u8>>>(),
        Shape::of::<Flat<Words>>(),
        Shape::of::<Marked<Unserializable>>(),
        Shape::of::<Associated<OfText>>(),
        Shape::of::<Constant<3>>(),
        Shape::of::<Borrowed<'static>>(),
        Shape::of::<BorrowedVariants<'static, Text>>(),
        Shape::of::<Unsized<'static, str>>(),
        Shape::of::<Everything<'static, u8, Text, 2>>(),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Pair<T, U> {
    second: U,
    first: T,
}

#[derive(Debug, Serialize, Versioned)]
struct Page<T> {
    items: Vec<T>,
    next: Option<Box<T>>,
    total: u64,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum Choice<T, U> {
    One(T),
    Other { other: U, t: Option<T> },
    Both(T, U),
    Neither,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "type")]
enum Inside<T> {
    One(T),
    Other { other: T },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Bounded<T: Debug + Copy> {
    #[serde(skip_serializing_if = "is_shown_as_0")]
    z: T,
    a: [T; 2],
}

fn is_shown_as_0<T: Debug>(it: &T) -> bool {
    format!("{it:?}") == "0"
}

#[derive(Debug, Serialize, Versioned)]
struct WithAWhereClause<T, U>
where
    T: Ord,
    Option<U>: Debug,
{
    map: BTreeMap<T, u8>,
    #[allow(dead_code)]
    #[serde(skip)]
    unsent: Option<U>,
    a: (T, Option<U>),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct WithADefault<T = Text>(T, T);

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Flat<T> {
    a: u8,
    #[serde(flatten)]
    inner: T,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Words(#[proptest(strategy = "few()")] BTreeMap<Name, Text>);

#[derive(Debug, Arbitrary)]
struct Unserializable;

/// A parameter of which nothing is sent.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Marked<T> {
    marker: PhantomData<T>,
    a: u8,
    #[allow(dead_code)]
    #[serde(skip)]
    unsent: Option<T>,
}

trait Kind {
    type Value: Debug;
}

#[derive(Debug)]
struct OfText;

impl Kind for OfText {
    type Value = Text;
}

#[derive(Debug, Serialize, Versioned)]
struct Associated<K: Kind> {
    value: K::Value,
    list: Vec<K::Value>,
}

#[derive(Debug, Serialize, Versioned)]
struct Constant<const N: usize> {
    list: ArrayVec<Text, N>,
    a: u8,
}

#[derive(Debug, Serialize, Versioned)]
struct Borrowed<'a> {
    text: &'a str,
    owned: Cow<'a, str>,
    list: &'a [i8],
    number: &'a u8,
    nested: Option<&'a Pair<u8, bool>>,
}

#[derive(Debug, Serialize, Versioned)]
enum BorrowedVariants<'a, T> {
    One(&'a str),
    Other { text: Cow<'a, str>, own: T },
    Both(&'a [u8], Option<T>),
}

#[derive(Debug, Serialize, Versioned)]
struct Unsized<'a, T: ?Sized> {
    inner: &'a T,
    boxed: Box<T>,
}

#[derive(Debug, Serialize, Versioned)]
#[serde(tag = "\u{1f600}", rename_all = "camelCase")]
struct Everything<'a, T, U: Clone, const N: usize>
where
    T: PartialEq,
{
    text_of_all: &'a str,
    list: ArrayVec<Option<T>, N>,
    #[serde(flatten)]
    pair: Pair<T, U>,
    #[serde(serialize_with = "length")]
    words: &'a [&'a str],
}

fn length<T, S: serde::Serializer>(list: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(list.len() as u64)
}

static TEXTS: [&str; 5] = ["", "a", "\"\\\u{1}", "\u{1f600}\u{fb33}", "\u{7f}"];
static PAIR: Pair<u8, bool> = Pair { second: true, first: 1 };

generated! {
    Page<u8>: page();
    Page<Pair<u8, char>>: page();
    WithAWhereClause<u8, Text>: (few(), any::<(Option<Text>, (u8, Option<Text>))>())
        .prop_map(|(map, (unsent, a))| Self { map, unsent, a });
    Associated<OfText>: (any::<Text>(), few()).prop_map(|(value, list)| Self { value, list });
    Constant<3>: (few(), any::<u8>()).prop_map(|(list, a)| Self { list, a });
    Borrowed<'static>: (select(&TEXTS[..]), texts(), 0..4_usize).prop_map(|(text, owned, length)| Self {
        text,
        owned: owned.into(),
        list: &[-128, 0, 127][..length],
        number: &7,
        nested: (length > 1).then_some(&PAIR),
    });
    BorrowedVariants<'static, Text>: (select(&TEXTS[..]), any::<Option<Text>>(), any::<bool>())
        .prop_map(|(text, own, is_tuple)| match own {
            own if is_tuple => Self::Both(text.as_bytes(), own),
            Some(own) => Self::Other { text: text.into(), own },
            None => Self::One(text),
        });
    Unsized<'static, str>: select(&TEXTS[..]).prop_map(|text| Self { inner: text, boxed: text.into() });
    Everything<'static, u8, Text, 2>: (select(&TEXTS[..]), any::<(Option<u8>, Pair<u8, Text>)>())
        .prop_map(|(text, (one, pair))| Self {
            text_of_all: text,
            list: ArrayVec::from_iter([one]),
            pair,
            words: &TEXTS,
        });
}

fn page<T: Arbitrary>() -> impl Strategy<Value = Page<T>> {
    let next_and_total = any::<(Option<Box<T>>, u64)>();
    (few(), next_and_total).prop_map(|(items, (next, total))| Page { items, next, total })
}
