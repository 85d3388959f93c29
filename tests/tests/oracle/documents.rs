//! JSON that is a value itself: `serde_json`'s own types.

use etag_core::Versioned;
use proptest::prelude::{Strategy, any};
use proptest_derive::Arbitrary;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use crate::shape::Shape;
use crate::values::{doubles, integers, json, object};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::from_strategy(json),
        Shape::from_strategy(object),
        Shape::of::<Members>(),
        Shape::from_strategy(raw),
        Shape::from_strategy(raw_with_equal_names),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Members {
    #[proptest(strategy = "json()")]
    value: Value,
    #[proptest(strategy = "object()")]
    object: Map<String, Value>,
    #[proptest(strategy = "numbers()")]
    number: Number,
    #[proptest(strategy = "any::<(u64, i64)>().prop_map(|(one, other)| (one.into(), other.into()))")]
    numbers: (Number, Number),
    #[proptest(strategy = "raw()")]
    raw: Box<RawValue>,
}

fn numbers() -> impl Strategy<Value = Number> {
    (doubles(), integers()).prop_map(|(double, integer)| Number::from_f64(double).unwrap_or(integer.into()))
}

/// JSON as a client may send it: with white space, and numbers in forms that are not canonical.
fn raw() -> impl Strategy<Value = Box<RawValue>> {
    (json(), doubles(), 0..3).prop_map(|(json, double, form)| {
        let number = match double {
            double if !double.is_finite() => "0".to_owned(),
            double => {
                [format!("{double:e}"), format!("{double:E}"), format!("{double:?}")][form as usize].clone()
            }
        };
        let pretty = serde_json::to_string_pretty(&json).unwrap();
        raw_value(format!("{{ \"json\" :\t{pretty} , \"\\u0062\": [{number}]\n}}"))
    })
}

/// `serde_json` sends a raw value as it stands.
fn raw_with_equal_names() -> impl Strategy<Value = Box<RawValue>> {
    any::<(u8, bool)>().prop_map(|(number, is_twice)| {
        let name = if is_twice { "\\u0061" } else { "b" };
        raw_value(format!("{{\"a\":{number},\"{name}\":[]}}"))
    })
}

fn raw_value(json: String) -> Box<RawValue> {
    RawValue::from_string(json).unwrap()
}
