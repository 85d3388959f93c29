//! What others make of a value: `serde_json` sends it, `serde_jcs` and `serde_json_canonicalizer` write it
//! by RFC 8785.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// What others say of a value.
pub enum Others {
    /// It has this form.
    Form(String),
    /// `serde_json` does not send it, for this reason.
    Refused(String),
    /// `serde_json` sends two members of one name, of which RFC 8785 knows nothing.
    Repeated,
}

impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(form) => f.write_str(form),
            Self::Refused(reason) => write!(f, "refused: {reason}"),
            Self::Repeated => f.write_str("a member twice"),
        }
    }
}

/// Sends the value, and puts what was sent into its canonical form.
///
/// # Errors
///
/// Where the others differ among themselves: then nobody knows the form.
pub fn others<T: serde::Serialize + ?Sized>(value: &T) -> Result<Others, String> {
    let sent = match serde_json::to_string(value) {
        Ok(sent) => sent,
        Err(error) => return Ok(Others::Refused(error.to_string())),
    };
    match serde_json::from_str(&shielded(&sent)) {
        Ok(Sent(value)) => canonical(&value).map(Others::Form),
        Err(error) if error.to_string().starts_with(TWICE) => Ok(Others::Repeated),
        Err(error) => Err(format!("serde_json does not read what it sends: {error}: {sent}")),
    }
}

fn canonical(value: &Value) -> Result<String, String> {
    let one = serde_jcs::to_string(value).unwrap();
    let other = serde_json_canonicalizer::to_string(value).unwrap();
    match one == other {
        true => Ok(unshielded(&one)),
        false => Err(format!("two others differ: {one} and {other}")),
    }
}

/// Puts each integer outside ±2^53 into a string: RFC 8785 makes a double of it, and here it keeps its
/// digits.
fn shielded(sent: &str) -> String {
    let mut shielded = String::new();
    let mut rest = sent;
    while let Some(first) = rest.chars().next() {
        let (token, after) = rest.split_at(match first {
            '"' => string_length(rest),
            '-' | '0'..='9' => rest.find(|c| !"+-.0123456789Ee".contains(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        });
        match is_wide(token) {
            true => shielded.extend(["\"", SHIELD, token, "\""]),
            false => shielded.push_str(token),
        }
        rest = after;
    }
    shielded
}

/// How long the string is that the text begins with.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let is_end = |(_, byte): &(usize, u8)| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    };
    1 + text.bytes().skip(1).enumerate().find(is_end).map_or(text.len() - 1, |(at, _)| at + 1)
}

fn is_wide(token: &str) -> bool {
    let is_integer = token.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        && !token.contains(['.', 'e', 'E']);
    is_integer && token.parse::<i128>().map_or(true, |integer| integer.unsigned_abs() > 1 << 53)
}

fn unshielded(canonical: &str) -> String {
    let shield = format!("\"{SHIELD}");
    let mut parts = canonical.split(&shield);
    let mut unshielded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        unshielded.push_str(&part.replacen('"', "", 1));
    }
    unshielded
}

/// Stands before the digits of a shielded integer, and in no text that is generated.
const SHIELD: &str = "\u{10fffe}\u{10fffe}";

/// What `serde_json` has sent, unless a member is there twice.
struct Sent(Value);

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

/// Stands before the name of a member that is there twice.
const TWICE: &str = "twice: ";

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Value, E> {
        Ok(boolean.into())
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Value, E> {
        Ok(integer.into())
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Value, E> {
        Ok(integer.into())
    }

    fn visit_f64<E>(self, double: f64) -> Result<Value, E> {
        Ok(double.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(Sent(element)) = sequence.next_element()? {
            elements.push(element);
        }
        Ok(elements.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Sent(value))) = object.next_entry::<String, _>()? {
            if members.insert(name.clone(), value).is_some() {
                return Err(A::Error::custom(format!("{TWICE}{name}")));
            }
        }
        Ok(members.into())
    }
}

#[test]
fn a_wide_integer_keeps_its_digits_and_a_text_that_looks_like_one_stays() {
    let form = |sent: &str| match serde_json::from_str(&shielded(sent)) {
        Ok(Sent(value)) => canonical(&value).unwrap(),
        Err(error) => panic!("{error}"),
    };
    let sent = r#"{"b":[-9007199254740993 ,9007199254740991, 12e20],"a":"\"9007199254740993","9":"\\"}"#;
    let expected = r#"{"9":"\\","a":"\"9007199254740993","b":[-9007199254740993,9007199254740991,1.2e+21]}"#;
    assert_eq!(form(sent), expected);
    assert_eq!(form(&u128::MAX.to_string()), u128::MAX.to_string());
}

#[test]
fn a_member_that_is_there_twice_is_seen_however_it_is_escaped_and_wherever_it_is() {
    assert!(serde_json::from_str::<Sent>(r#"[{"a":1,"b":{"a":2}}]"#).is_ok());
    assert!(serde_json::from_str::<Sent>(r#"[{"b":{"a":1,"\u0061":2}}]"#).is_err());
}
