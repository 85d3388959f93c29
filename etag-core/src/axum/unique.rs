use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::canonical::RAW_VALUE;

/// Any JSON in which no object has a member twice: what a patch says of it would depend on who reads it
/// (RFC 8259 §4).
///
/// Each name is a name: `serde_json::Value` takes one of its own for the sign of a raw value.
pub(super) struct Unique(pub(super) Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

/// Whether a text has a member whose string [`Value`] would read as JSON, to another depth than the text's.
pub(super) fn hides_json(text: &str) -> bool {
    // The name can be written with escapes.
    let may_hide = text.contains(RAW_VALUE) || text.contains("\\u");
    may_hide && serde_json::from_str::<Unique>(text).is_err_and(|error| error.to_string().starts_with(TAKEN))
}

pub(super) const TAKEN: &str = "the name `$serde_json::private::RawValue` is taken";

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<Value, E> {
        Ok(boolean.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(Unique(element)) = array.next_element()? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Unique(member))) = object.next_entry::<String, Unique>()? {
            if name == RAW_VALUE && member.is_string() {
                return Err(A::Error::custom(TAKEN));
            }
            if members.contains_key(&name) {
                return Err(A::Error::custom(format!("duplicate member `{name}`")));
            }
            members.insert(name, member);
        }
        Ok(Value::Object(members))
    }
}
