//! What the shapes are made of: the texts, numbers and names at which forms differ.

use std::cmp::Ordering;

use etag_core::Versioned;
use proptest::char;
use proptest::collection::vec;
use proptest::prelude::{Arbitrary, BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use serde::Serialize;
use serde_json::{Map, Value};

/// Values of a type come from a strategy.
macro_rules! generated {
    ($($type:ty: $strategy:expr;)*) => {$(
        impl ::proptest::prelude::Arbitrary for $type {
            type Parameters = ();
            type Strategy = ::proptest::prelude::BoxedStrategy<Self>;

            fn arbitrary_with((): ()) -> Self::Strategy {
                ::proptest::prelude::Strategy::boxed($strategy)
            }
        }
    )*};
}

pub(crate) use generated;

/// Any text: controls, quotes, what is near the surrogates, nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Versioned)]
pub struct Text(pub String);

/// A member's name, of which there are few: two maps often share some.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Versioned)]
pub struct Name(pub String);

/// Any double, finite or not.
#[derive(Debug, Clone, Copy, Serialize, Versioned)]
pub struct Double(pub f64);

/// Any single, finite or not.
#[derive(Debug, Clone, Copy, Serialize, Versioned)]
pub struct Single(pub f32);

/// Any integer of 64 bits, and often one at an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Versioned)]
pub struct Integer(pub i64);

generated! {
    Text: texts().prop_map(Self);
    Name: names().prop_map(Self);
    Double: doubles().prop_map(Self);
    Single: singles().prop_map(Self);
    Integer: integers().prop_map(Self);
}

/// The doubles have an order, so that they can be keys.
impl Ord for Double {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Double {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Double {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Double {}

pub fn texts() -> impl Strategy<Value = String> {
    let edges = "\"\\/\u{7f}\u{80}\u{2028}\u{d7ff}\u{e000}\u{fb33}\u{ffff}\u{10000}\u{1f600}\u{10ffff}";
    let character = prop_oneof![
        char::range('\0', '\u{1f}'),
        char::range(' ', '~'),
        select(edges.chars().collect::<Vec<_>>()),
        any::<char>().prop_filter("it is the oracle's own", |character| *character != '\u{10fffe}'),
    ];
    vec(character, 0..6).prop_map(String::from_iter)
}

pub fn names() -> impl Strategy<Value = String> {
    const FEW: [&str; 11] = ["", "a", "b", "c", "d", "type", "kind", "\"", "\u{1}", "\u{fb33}", "\u{1f600}"];
    prop_oneof![4 => select(&FEW[..]).prop_map(str::to_owned), 1 => texts()]
}

pub fn doubles() -> impl Strategy<Value = f64> {
    const EDGES: [f64; 20] = [
        0.0,
        -0.0,
        1.0,
        0.1,
        -1.5,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        f64::EPSILON,
        5e-324,
        9_007_199_254_740_992.0,
        9_007_199_254_740_994.0,
        999_999_999_999_999_900_000.0,
        1e21,
        1e-6,
        1e-7,
        1e23,
    ];
    prop_oneof![
        2 => any::<u64>().prop_map(f64::from_bits),
        2 => select(&EDGES[..]),
        1 => any::<i32>().prop_map(f64::from),
    ]
}

pub fn singles() -> impl Strategy<Value = f32> {
    const EDGES: [f32; 8] = [-0.0, 0.1, f32::NAN, f32::INFINITY, f32::MAX, 1e-45, 16_777_216.0, 1e21];
    prop_oneof![any::<u32>().prop_map(f32::from_bits), select(&EDGES[..])]
}

pub fn integers() -> impl Strategy<Value = i64> {
    const EDGES: [i64; 8] = [0, -1, i64::MIN, i64::MAX, -(1 << 53), -(1 << 53) - 1, 1 << 53, (1 << 53) + 1];
    prop_oneof![any::<i64>(), select(&EDGES[..]), -99_i64..100]
}

/// Any JSON, in the shape of a value of `serde_json`.
pub fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        integers().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        doubles().prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), object_of(inner).prop_map(Value::from)]
    })
}

/// A JSON object of any members.
pub fn object() -> impl Strategy<Value = Map<String, Value>> {
    object_of(json().boxed())
}

fn object_of(inner: BoxedStrategy<Value>) -> impl Strategy<Value = Map<String, Value>> {
    vec((names(), inner), 0..4).prop_map(Map::from_iter)
}

/// A few of them, as a list, a map, a set or another collection.
pub fn few<T: Arbitrary, C: FromIterator<T> + std::fmt::Debug>() -> impl Strategy<Value = C> {
    vec(any::<T>(), 0..4).prop_map(C::from_iter)
}
