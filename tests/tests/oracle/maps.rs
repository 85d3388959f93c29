//! Maps: what may be a key, and how it is written.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use etag_core::{Versioned, canonical};
use proptest::prelude::{Arbitrary, prop_assert_eq, proptest};
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::enums::{EveryStyle, Units};
use crate::others::{Others, others};
use crate::shape::Shape;
use crate::values::{Double, Integer, Name, Text, few};

pub fn shapes() -> Vec<Shape> {
    vec![
        keyed_by::<String>(),
        keyed_by::<Text>(),
        keyed_by::<bool>(),
        keyed_by::<char>(),
        keyed_by::<i8>(),
        keyed_by::<u32>(),
        keyed_by::<Integer>(),
        keyed_by::<u128>(),
        keyed_by::<i128>(),
        keyed_by::<Double>(),
        keyed_by::<Units>(),
        keyed_by::<Box<str>>(),
        keyed_by::<Cow<'static, str>>(),
        keyed_by::<IpAddr>(),
        keyed_by::<Option<Name>>(),
        keyed_by::<Key>(),
        keyed_by::<AdjacentKey>(),
        keyed_by::<()>(),
        keyed_by::<(u8, u8)>(),
        keyed_by::<[u8; 2]>(),
        Shape::from_strategy(few::<(Text, EveryStyle), HashMap<_, _>>),
        Shape::from_strategy(few::<(u64, Nested), HashMap<_, _>>),
    ]
}

fn keyed_by<K: Arbitrary + Ord + Versioned + Serialize + 'static>() -> Shape {
    Shape::from_strategy(few::<(K, Double), BTreeMap<K, Double>>)
}

/// A key is a text where it is a variant without data, or is written as a text, and else an error.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Arbitrary, Serialize, Versioned)]
enum Key {
    Unit,
    #[serde(rename = "\"")]
    Quote,
    Newtype(Name),
    Tuple(u8, u8),
    Struct {
        a: u8,
    },
    #[serde(skip)]
    Skipped,
    #[serde(untagged)]
    Text(Name),
    #[serde(untagged)]
    Number(Integer),
    #[serde(untagged)]
    Null,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Arbitrary, Serialize, Versioned)]
#[serde(tag = "t", content = "c")]
enum AdjacentKey {
    Unit,
    Newtype(Name),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Nested {
    #[proptest(strategy = "few()")]
    z: BTreeMap<Name, BTreeMapOfUnits>,
    #[proptest(strategy = "few()")]
    a: HashMap<Integer, Option<Text>>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct BTreeMapOfUnits(#[proptest(strategy = "few()")] BTreeMap<Units, u8>);

proptest! {
    /// `serde_json` sends the elements of a hash set in another order each time.
    #[test]
    fn a_set_is_sorted_by_its_elements_forms(
        texts in few::<Text, _>(),
        pairs in few::<(Option<Name>, u8), _>(),
    ) {
        prop_assert_eq!(ours(&texts), sorted(&texts));
        prop_assert_eq!(ours(&pairs), sorted(&pairs));
    }
}

fn ours<T: Versioned>(set: &HashSet<T>) -> String {
    String::from_utf8(canonical::to_vec(set).unwrap()).unwrap()
}

fn sorted<T: Serialize>(set: &HashSet<T>) -> String {
    let form = |element| match others(element) {
        Ok(Others::Form(form)) => form,
        _ => panic!("each of these has a form"),
    };
    let mut elements: Vec<String> = set.iter().map(form).collect();
    elements.sort();
    format!("[{}]", elements.join(","))
}
