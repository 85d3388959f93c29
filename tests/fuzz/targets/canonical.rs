//! JSON that a client sent has one canonical form: that of RFC 8785 as two others write it, wherever the value stands, and
//! the same again when it is read back.
//!
//! An input is JSON text.

#![no_main]

use std::collections::{BTreeMap, HashMap, HashSet};

use etag_core::{Representation, Versioned, canonical};
use libfuzzer_sys::fuzz_target;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value, json};

fuzz_target!(|input: &[u8]| {
    let Ok(raw) = serde_json::from_slice::<&RawValue>(input) else {
        return;
    };
    if raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        keeps_its_digits(raw.get());
    }
    let written = canonical::to_vec(raw).map(|bytes| String::from_utf8(bytes).expect("text"));
    if let Ok(written) = &written {
        let again: &RawValue = serde_json::from_str(written).expect("canonical JSON is JSON");
        assert_eq!(ours(again), *written);
    }
    let Ok(value) = serde_json::from_str::<Value>(raw.get()) else {
        return;
    };
    let expected = by_reference(&value);
    match written {
        // A number may have more digits than a double: read as one, it is the same.
        Ok(written) => {
            let again: Value = serde_json::from_str(&written).expect("what was read before");
            assert_eq!(in_doubles(again), in_doubles(value.clone()));
            assert_eq!(members(raw.get()), members(&expected));
        }
        Err(error) => {
            assert!(matches!(error, canonical::Error::Duplicate(_)), "{error}");
            assert!(members(raw.get()) > members(&expected), "no member is there twice");
        }
    }
    assert_eq!(ours(&value), expected);
    assert_eq!(String::from_utf8(canonical::to_vec_serde(&value).expect("JSON")).expect("text"), expected);
    let again: Value = serde_json::from_str(&expected).expect("canonical JSON is JSON");
    assert_eq!(ours(&again), expected);
    is_a_member(&value, &expected);
    if let Value::Object(members) = &value {
        is_a_map(members, &expected);
        is_flattened(members);
    }
});

fn ours<T: Versioned + ?Sized>(value: &T) -> String {
    let bytes = canonical::to_vec(value).expect("a form");
    let body = Representation::of(value).expect("a form").into_body();
    assert_eq!(String::from_utf8_lossy(&body), String::from_utf8_lossy(&bytes));
    String::from_utf8(bytes).expect("text")
}

/// A value as it is where each number is a double.
fn in_doubles(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(elements) => elements.into_iter().map(in_doubles).collect(),
        Value::Object(members) => members.into_iter().map(|(name, it)| (name, in_doubles(it))).collect(),
        other => other,
    }
}

/// How many members a text has: its colons that are in no string.
fn members(json: &str) -> usize {
    let (mut inside, mut escaped, mut colons) = (false, false, 0);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b':' if !inside => colons += 1,
            _ => {}
        }
    }
    colons
}

/// What two others write, except for integers that a double can't hold: those keep their digits.
fn by_reference(value: &Value) -> String {
    match value {
        Value::Number(number) if is_beyond_a_double(number) => number.to_string(),
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(by_reference).collect();
            format!("[{}]", elements.join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.encode_utf16().collect::<Vec<_>>());
            let member = |(name, value)| format!("{}:{}", by_others(&json!(name)), by_reference(value));
            let members: Vec<_> = members.into_iter().map(member).collect();
            format!("{{{}}}", members.join(","))
        }
        leaf => by_others(leaf),
    }
}

fn by_others(value: &Value) -> String {
    let one = serde_jcs::to_string(value).expect("a form");
    let other = serde_json_canonicalizer::to_string(value).expect("a form");
    assert_eq!(one, other, "two implementations differ");
    one
}

/// RFC 8785 §3.2.2.3 would round these: integers outside ±2^53.
fn is_beyond_a_double(number: &Number) -> bool {
    let limit = 1_u64 << 53;
    number
        .as_u64()
        .map_or(number.as_i64().is_some_and(|integer| integer.unsigned_abs() > limit), |it| it > limit)
}

fn is_a_member(value: &Value, expected: &str) {
    assert_eq!(ours(&[Some(value), None]), format!("[{expected},null]"));
    let map = BTreeMap::from([("\u{e000}", value), ("\u{1f600}", value), ("\"", value)]);
    assert_eq!(
        ours(&map),
        format!("{{\"\\\"\":{expected},\"\u{1f600}\":{expected},\"\u{e000}\":{expected}}}")
    );
}

fn is_a_map(members: &Map<String, Value>, expected: &str) {
    assert_eq!(ours(members), expected);
    assert_eq!(ours(&members.iter().collect::<HashMap<_, _>>()), expected);
    let mut names: Vec<_> = members.keys().map(|name| by_others(&json!(name))).collect();
    names.sort();
    assert_eq!(ours(&members.keys().collect::<HashSet<_>>()), format!("[{}]", names.join(",")));
}

#[derive(Versioned)]
struct Pump<'a, M> {
    litres: u8,
    #[serde(flatten)]
    more: M,
    serial: &'a str,
}

fn is_flattened(members: &Map<String, Value>) {
    let more: BTreeMap<_, _> = members.iter().map(|(name, value)| (name.as_str(), value)).collect();
    let pump = Pump { litres: 7, more, serial: "A\"7" };
    let same = Pump { litres: 7, more: members, serial: "A\"7" };
    assert_eq!(canonical::to_vec(&same), canonical::to_vec(&pump));
    let twice = ["litres", "serial"].into_iter().find(|name| members.contains_key(*name));
    if let Some(twice) = twice {
        assert_eq!(canonical::to_vec(&pump), Err(canonical::Error::Duplicate(twice.to_owned())));
        return;
    }
    let mut all = members.clone();
    all.extend([("litres".to_owned(), json!(7)), ("serial".to_owned(), json!("A\"7"))]);
    assert_eq!(ours(&pump), by_reference(&Value::Object(all)));
}

/// A number as `serde_json` hands it over where its `arbitrary_precision` is on.
struct Digits<'a>(&'a str);

impl Serialize for Digits<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = "$serde_json::private::Number";
        let mut number = serializer.serialize_struct(name, 1)?;
        number.serialize_field(name, self.0)?;
        number.end()
    }
}

/// An integer keeps its digits, a double has its shortest form, and any other number keeps its value.
fn keeps_its_digits(text: &str) {
    let write = |text: &str| {
        let bytes = canonical::to_vec_serde(&Digits(text)).expect("a form");
        String::from_utf8(bytes).expect("text")
    };
    let written = write(text);
    assert_eq!(write(&written), written, "{text}");
    let decimal = Decimal::read(text);
    if decimal.digits.is_empty() {
        assert_eq!(written, "0");
    } else if text.bytes().skip(1).all(|byte| byte.is_ascii_digit()) {
        assert_eq!(written, text);
    } else if let Some(double) = decimal.as_double(text) {
        assert_eq!(written, by_others(&json!(double)));
    } else {
        assert_eq!(Decimal::read(&written), decimal, "{text}");
    }
}

/// `DIGITS × 10^exponent`, without zeros at either end.
#[derive(Debug, PartialEq)]
struct Decimal {
    negative: bool,
    digits: String,
    /// `None` where it is beyond what anybody could mean.
    exponent: Option<i64>,
}

impl Decimal {
    fn read(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let digits = mantissa.trim_start_matches('-').replace('.', "");
        let significant = digits.trim_end_matches('0');
        let shift = (digits.len() - significant.len()) as i64 - fraction as i64;
        let exponent = exponent.parse::<i64>().ok().filter(|exponent| exponent.unsigned_abs() < 1 << 60);
        Self {
            negative: text.starts_with('-'),
            digits: significant.trim_start_matches('0').to_owned(),
            exponent: exponent.map(|exponent| exponent + shift),
        }
    }

    /// The double that says as much: no more than 17 digits make one, which is neither zero nor infinite.
    fn as_double(&self, text: &str) -> Option<f64> {
        let double: f64 = text.parse().ok()?;
        (self.digits.len() <= 17 && double.is_finite() && double != 0.0).then_some(double)
    }
}
