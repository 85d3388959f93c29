//! JSON that nobody has read: each digit of it stays, and each member is there once.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde::ser;
use serde_json::value::RawValue;

use super::frame::Frame;
use super::serializer::write_name;
use super::{Error, Writer, number};

/// Writes JSON in its canonical form.
pub(super) fn write(json: &str, writer: &mut Writer) -> Result<(), Error> {
    let json: &RawValue = serde_json::from_str(json).map_err(ser::Error::custom)?;
    value(json, writer, DEEPEST)
}

/// How many arrays and objects may stand in one another, as where `serde_json` reads values.
const DEEPEST: usize = 128;

fn value(json: &RawValue, writer: &mut Writer, depth: usize) -> Result<(), Error> {
    let text = json.get();
    match text.as_bytes() {
        [b'{', ..] => object(text, writer, inside(depth)?),
        [b'[', ..] => array(text, writer, inside(depth)?),
        [b'"', ..] => {
            let string: Cow<'_, str> = serde_json::from_str(text).map_err(ser::Error::custom)?;
            writer.string(&string);
            Ok(())
        }
        [b'-' | b'0'..=b'9', ..] => {
            number::write_decimal(&mut writer.bytes, text);
            Ok(())
        }
        // `true`, `false` or `null`
        _ => {
            writer.bytes.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
}

fn inside(depth: usize) -> Result<usize, Error> {
    depth.checked_sub(1).ok_or_else(|| ser::Error::custom("raw JSON is nested too deep"))
}

fn array(text: &str, writer: &mut Writer, depth: usize) -> Result<(), Error> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(ser::Error::custom)?;
    writer.bytes.push(b'[');
    for (index, element) in elements.into_iter().enumerate() {
        if index > 0 {
            writer.bytes.push(b',');
        }
        value(element, writer, depth)?;
    }
    writer.bytes.push(b']');
    Ok(())
}

fn object(text: &str, writer: &mut Writer, depth: usize) -> Result<(), Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let members = json.deserialize_map(Members).map_err(ser::Error::custom)?;
    let mut frame = Frame::default();
    frame.collect(writer);
    for (name, member) in members {
        let start = frame.open_entry(writer);
        let at = write_name(writer, &name);
        value(member, writer, depth)?;
        frame.close_entry(writer, start, at);
    }
    frame.close(writer);
    Ok(())
}

/// Reads each member, also one that is there twice: the frame refuses it.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}
