//! What was sent, read without anything of it being kept.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;

use super::form::{Form, Name, Part};
use crate::Problem;
use crate::canonical::{NUMBER, RAW_VALUE};

/// Any JSON in which no object has a member twice: what a patch says of it would depend on who reads it
/// (RFC 8259 §4). Nor has one a name that `serde_json` has a use for.
pub(super) struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader { shown: None }.deserialize(deserializer).map(|_| Self)
    }
}

/// Whether a text may have a name that `serde_json` has a use for, in its own letters or escaped: as the first one
/// of an object, `serde_json::Value` reads what it holds as JSON, to another depth than the text's, or as a number.
pub(super) fn may_hide(text: &str) -> bool {
    let is_of_a_name = |(at, _)| {
        let hex = text.get(at + 4..at + 6).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        hex.is_some_and(|letter| TAKEN.iter().any(|name| name.as_bytes().contains(&letter)))
    };
    text.contains("$serde_json::private::") || text.match_indices("\\u00").any(is_of_a_name)
}

const TAKEN: [&str; 2] = [RAW_VALUE, NUMBER];

/// An array that was sent for an object, or an object for a string.
pub(super) struct OtherForm {
    /// The names of the members that it stands in, the innermost first.
    names: Vec<String>,
    /// What is shown in its place.
    wanted: &'static str,
}

impl OtherForm {
    /// The first one by the names that lead to it; an error where the text is not [`Unique`].
    pub(super) fn find(sent: &str, shown: &Form<'_>) -> serde_json::Result<Option<Self>> {
        let reader = Reader { shown: Some(shown) };
        Ok(reader.deserialize(&mut serde_json::Deserializer::from_str(sent))?.other_form)
    }

    /// 422, with what is shown in its place.
    pub(super) fn problem(&self) -> Problem {
        let Self { names, wanted } = self;
        let member = names.iter().rev().map(String::as_str).collect::<Vec<_>>().join(".");
        let detail = match names.is_empty() {
            true => format!("expected {wanted}"),
            false => format!("`{member}`: expected {wanted}"),
        };
        Problem::invalid_member(&member, detail)
    }

    fn here(wanted: Option<&'static str>) -> Option<Self> {
        wanted.map(|wanted| Self { names: Vec::new(), wanted })
    }
}

/// Reads a value that is shown in a form, if at all.
#[derive(Clone, Copy)]
struct Reader<'f> {
    shown: Option<&'f Form<'f>>,
}

/// What is known of a value that was read.
#[derive(Default)]
struct Sent {
    part: Part,
    other_form: Option<OtherForm>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Sent;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Sent, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Sent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Sent, E> {
        Ok(Sent::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Sent, E> {
        Ok(Sent::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Sent, E> {
        Ok(Sent::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Sent, E> {
        Ok(Sent::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Sent, E> {
        Ok(Sent::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Sent, E> {
        Ok(Sent::default())
    }

    fn visit_string<E>(self, _: String) -> Result<Sent, E> {
        Ok(Sent { part: Part::Digits, ..Sent::default() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Sent, A::Error> {
        let mut first = OtherForm::here(self.shown.and_then(Form::in_place_of_array));
        let element = Reader { shown: self.shown.and_then(Form::element) };
        while let Some(sent) = array.next_element_seed(element)? {
            first = first.or(sent.other_form);
        }
        Ok(Sent { other_form: first, ..Sent::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Sent, A::Error> {
        let mut first = OtherForm::here(self.shown.and_then(Form::in_place_of_object));
        let mut names = Names::default();
        while let Some(Name(name)) = object.next_key()? {
            let shown = self.shown.and_then(|shown| shown.member(&name));
            let sent = object.next_value_seed(Reader { shown })?;
            if sent.part == Part::Digits {
                return Ok(Sent::default());
            }
            if TAKEN.contains(&&*name) {
                return Err(A::Error::custom(format!("the name `{name}` is taken")));
            }
            if names.contains(&name) {
                return Err(A::Error::custom(format!("duplicate member `{name}`")));
            }
            if let Some(mut other) = sent.other_form
                && first.as_ref().and_then(|first| first.names.last()).is_none_or(|first| *name < **first)
            {
                other.names.push(name.to_string());
                first = Some(other);
            }
            names.push(name);
        }
        Ok(Sent { other_form: first, ..Sent::default() })
    }
}

/// The names of an object's members.
#[derive(Default)]
struct Names<'a> {
    /// Those that are compared one by one, which takes less time than to hash them.
    few: SmallVec<[Cow<'a, str>; FEW]>,
    more: HashSet<Cow<'a, str>>,
}

const FEW: usize = 16;

impl<'a> Names<'a> {
    fn contains(&self, name: &str) -> bool {
        self.few.iter().any(|other| other == name) || !self.more.is_empty() && self.more.contains(name)
    }

    fn push(&mut self, name: Cow<'a, str>) {
        match self.few.len() < FEW {
            true => self.few.push(name),
            false => drop(self.more.insert(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::MapDeserializer;

    use super::super::form::Add;
    use super::*;

    #[test]
    fn a_value_is_in_another_form_than_those_that_are_shown_in_its_place() {
        for (sent, shown, expected) in [
            (r#"{"a":1}"#, r#"{"a":1}"#, None),
            ("[1]", r#"{"a":1}"#, Some(("", "an object"))),
            (r#"{"a":1}"#, r#""a""#, Some(("", "a string"))),
            // Of several, the first by its name.
            (r#"{"c":{},"b":{},"a":[]}"#, r#"{"a":[],"b":"","c":""}"#, Some(("b", "a string"))),
            (r#"{"a":{"b":[{"c":[]}]}}"#, r#"{"a":{"b":[{"c":{}}]}}"#, Some(("a.b.c", "an object"))),
            // A name is the same with escapes and without.
            (r#"{"\u0061":[]}"#, r#"{"a":{}}"#, Some(("a", "an object"))),
            // Anything may have been sent for a number, and for what is not shown.
            (r#"{"a":[],"b":[],"c":{}}"#, r#"{"a":1,"b":null}"#, None),
            // A set has another order, and shows what is there twice once.
            (r#"["a",{"a":1},"a"]"#, r#"[{"a":1},"a"]"#, None),
            (r#"["a",[1]]"#, r#"["a",{"a":1}]"#, None),
            (r#"[{"a":1},[1]]"#, r#"[{"a":1}]"#, Some(("", "an object"))),
            // One that does not show the member may have been sent with it.
            (r#"[{"a":{}},{"a":""}]"#, r#"[{"a":""},{}]"#, None),
            (r#"[{"a":{}},{"a":""}]"#, r#"[{"a":""},{"a":""}]"#, Some(("a", "a string"))),
        ] {
            let form = Form::of(shown.as_bytes()).unwrap();
            let other = OtherForm::find(sent, &form).unwrap();
            let problem = other.map(|other| other.problem().to_string());
            let expected = expected.map(|(member, wanted)| {
                let detail = match member {
                    "" => format!("expected {wanted}"),
                    member => format!("`{member}`: expected {wanted}"),
                };
                Problem::invalid_member(member, detail).to_string()
            });
            assert_eq!(problem, expected, "{sent} for {shown}");
        }
    }

    /// A number as `serde_json` hands it over where its feature `arbitrary_precision` is on.
    fn number() -> MapDeserializer<'static, std::iter::Once<(&'static str, String)>, serde_json::Error> {
        MapDeserializer::new(std::iter::once((NUMBER, "1.50".to_owned())))
    }

    #[test]
    fn a_number_that_keeps_its_digits_is_no_object() {
        // A decimal can be shown as a text.
        for shown in [r#""1.50""#, "1.5", "[1.5]", "null"] {
            let form = Form::of(shown.as_bytes()).unwrap();
            let sent = Reader { shown: Some(&form) }.deserialize(number()).unwrap();
            assert!(sent.other_form.is_none(), "{shown}");
        }
        let mut form = Form::default();
        Add(&mut form).deserialize(number()).unwrap();
        assert!(!form.is_object());
        assert_eq!((form.in_place_of_array(), form.in_place_of_object()), (None, None));
        // Text is text, whatever it is called.
        let object = Form::of(br#"{"$serde_json::private::Number":"1.50"}"#).unwrap();
        assert!(object.is_object());
    }

    #[test]
    fn a_name_is_known_among_few_and_among_many() {
        for count in [1, FEW - 1, FEW, FEW + 1, 10 * FEW] {
            let members: Vec<_> = (0..count).map(|number| format!(r#""m{number}":0"#)).collect();
            let members = members.join(",");
            assert!(serde_json::from_str::<Unique>(&format!("{{{members}}}")).is_ok(), "{count}");
            for twice in 0..count {
                let read = serde_json::from_str::<Unique>(&format!(r#"{{{members},"m{twice}":0}}"#));
                let message = read.err().map(|error| error.to_string()).unwrap_or_default();
                assert!(message.starts_with(&format!("duplicate member `m{twice}`")), "{count}: {message}");
            }
        }
    }
}
