//! The same form for types that only implement `Serialize`.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser;

use super::frame::Frame;
use super::object::close_key;
use super::{Error, Writer, number};

/// A `serde::Serializer` that writes canonical JSON, member for member as `serde_json` would.
pub(super) struct Serializer<'a> {
    pub(super) writer: &'a mut Writer,
}

impl<'a> ser::Serializer for Serializer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Elements<'a>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Struct<'a>;
    type SerializeStructVariant = Members<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.writer.boolean(value);
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.writer.signed(value);
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), Error> {
        self.writer.signed_wide(value);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.writer.unsigned(value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        self.writer.unsigned_wide(value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.writer.float_single(value);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.writer.float(value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.writer.string(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.writer.null();
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        open_variant(self.writer, variant);
        value.serialize(Serializer { writer: self.writer })?;
        self.writer.bytes.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'a>, Error> {
        Ok(Elements::open(self.writer, "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>, Error> {
        Ok(Elements::open(self.writer, "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements<'a>, Error> {
        Ok(Elements::open(self.writer, "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements<'a>, Error> {
        open_variant(self.writer, variant);
        Ok(Elements::open(self.writer, "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(Members::open(self.writer, ""))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Struct<'a>, Error> {
        Ok(match name {
            NUMBER => Struct::Number(self.writer),
            RAW_VALUE => Struct::RawValue(self.writer),
            _ => Struct::Members(Members::open(self.writer, "")),
        })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'a>, Error> {
        open_variant(self.writer, variant);
        Ok(Members::open(self.writer, "}"))
    }
}

/// The names by which `serde_json` recognises its own number and raw JSON; only some of its
/// features use them, and none of these may move a tag.
const NUMBER: &str = "$serde_json::private::Number";
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// What a value that is known to be a string holds.
fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut writer = Writer::default();
    value.serialize(Serializer { writer: &mut writer })?;
    serde_json::from_slice(&writer.finish()?).map_err(ser::Error::custom)
}

fn open_variant(writer: &mut Writer, variant: &str) {
    writer.bytes.push(b'{');
    writer.string(variant);
    writer.bytes.push(b':');
}

pub(super) struct Elements<'a> {
    writer: &'a mut Writer,
    first: bool,
    end: &'static str,
}

impl<'a> Elements<'a> {
    fn open(writer: &'a mut Writer, end: &'static str) -> Self {
        writer.bytes.push(b'[');
        Self { writer, first: true, end }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if !std::mem::take(&mut self.first) {
            self.writer.bytes.push(b',');
        }
        value.serialize(Serializer { writer: self.writer })
    }

    fn close(self) {
        self.writer.bytes.extend_from_slice(self.end.as_bytes());
    }
}

/// One implementation for each of serde's four words for an array.
macro_rules! elements {
    ($($trait:ident, $method:ident;)*) => {$(
        impl ser::$trait for Elements<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        }
    )*};
}

elements! {
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field;
}

pub(super) struct Members<'a> {
    writer: &'a mut Writer,
    frame: Frame,
    start: usize,
    name: String,
    end: &'static str,
}

impl<'a> Members<'a> {
    fn open(writer: &'a mut Writer, end: &'static str) -> Self {
        let mut frame = Frame::nested();
        frame.collect(writer);
        Self { writer, frame, start: 0, name: String::new(), end }
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        let start = self.frame.open_entry(self.writer);
        self.writer.string(name);
        self.writer.bytes.push(b':');
        value.serialize(Serializer { writer: self.writer })?;
        self.frame.close_entry(self.writer, Cow::Borrowed(name), start);
        Ok(())
    }

    fn close(self) {
        self.frame.close(self.writer);
        self.writer.bytes.extend_from_slice(self.end.as_bytes());
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.start = self.frame.open_entry(self.writer);
        key.serialize(Serializer { writer: self.writer })?;
        self.name = close_key(self.writer, self.start);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Serializer { writer: self.writer })?;
        let name = std::mem::take(&mut self.name);
        self.frame.close_entry(self.writer, Cow::Owned(name), self.start);
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.member(name, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

pub(super) enum Struct<'a> {
    Members(Members<'a>),
    Number(&'a mut Writer),
    RawValue(&'a mut Writer),
}

impl ser::SerializeStruct for Struct<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        match self {
            Self::Members(members) => members.member(name, value),
            Self::Number(writer) => {
                number::write_decimal(&mut writer.bytes, &text(value)?);
                Ok(())
            }
            Self::RawValue(writer) => {
                let json = text(value)?;
                let value: serde_json::Value = serde_json::from_str(&json).map_err(ser::Error::custom)?;
                value.serialize(Serializer { writer })
            }
        }
    }

    fn end(self) -> Result<(), Error> {
        if let Self::Members(members) = self {
            members.close();
        }
        Ok(())
    }
}
