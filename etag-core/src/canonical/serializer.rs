//! The same form for types that only implement `Serialize`.

use serde::Serialize;
use serde::ser;

use super::frame::Frame;
use super::object::close_key;
use super::{Error, Writer, number, raw};

/// Writes canonical JSON, member for member as `serde_json` would: what a
/// [`with`](crate::Describe::with) member is handed.
///
/// ```
/// use etag_core::{Describe, Serialize, Versioned, canonical};
///
/// struct Celsius(f64);
///
/// impl Versioned for Celsius {
///     fn describe<D: Describe<Self>>(celsius: &mut D) {
///         celsius.with("celsius", |celsius, serializer| celsius.0.serialize(serializer));
///     }
/// }
///
/// assert_eq!(canonical::to_vec(&Celsius(21.50))?, br#"{"celsius":21.5}"#);
/// # Ok::<(), canonical::Error>(())
/// ```
#[derive(Debug)]
pub struct Serializer<'a> {
    writer: &'a mut Writer,
    /// The object that the members go into; none where a value of its own is written.
    flattened: Option<&'a mut Frame>,
}

impl<'a> Serializer<'a> {
    pub(super) fn new(writer: &'a mut Writer) -> Self {
        Self { writer, flattened: None }
    }

    pub(super) fn flattening(writer: &'a mut Writer, frame: &'a mut Frame) -> Self {
        Self { writer, flattened: Some(frame) }
    }

    /// For what is neither a struct nor a map, and so has no members to flatten.
    fn value(self) -> Result<&'a mut Writer, Error> {
        match self.flattened {
            None => Ok(self.writer),
            Some(_) => Err(Error::Flatten),
        }
    }

    /// For what could be none.
    fn option(self) -> Result<Self, Error> {
        match &self.flattened {
            Some(frame) if !frame.takes_options() => Err(Error::TaggedOption),
            _ => Ok(self),
        }
    }

    /// Opens what holds the content of a variant: an object of its own, or a member of the flattened one.
    fn open_variant(self, variant: &'static str) -> (&'a mut Writer, End<'a>) {
        let Self { writer, flattened } = self;
        match flattened {
            None => {
                writer.bytes.push(b'{');
                write_name(writer, variant);
                (writer, End::Object)
            }
            Some(frame) => {
                let start = frame.open_entry(writer);
                let value = write_name(writer, variant);
                (writer, End::Entry { frame, start, value })
            }
        }
    }
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
        self.value()?.boolean(value);
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
        self.value()?.signed(value);
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), Error> {
        self.value()?.signed_wide(value);
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
        self.value()?.unsigned(value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        self.value()?.unsigned_wide(value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.value()?.float_single(value);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.value()?.float(value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.value()?.string(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.option()?.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self.option()?)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        // Flattened, a unit has no members (as in serde).
        if self.flattened.is_none() {
            self.writer.null();
        }
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        if self.flattened.is_none() {
            return self.serialize_str(variant);
        }
        let (writer, end) = self.open_variant(variant);
        writer.null();
        end.write(writer);
        Ok(())
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
        let (writer, end) = self.open_variant(variant);
        value.serialize(Serializer::new(writer))?;
        end.write(writer);
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'a>, Error> {
        Ok(Elements::open(self.value()?, End::Nothing))
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>, Error> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements<'a>, Error> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements<'a>, Error> {
        let (writer, end) = self.open_variant(variant);
        Ok(Elements::open(writer, end))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(match self.flattened {
            None => Members::open(self.writer, End::Nothing),
            Some(frame) => Members::flattened(self.writer, frame),
        })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Struct<'a>, Error> {
        let fields = match name {
            NUMBER => Fields::Number(self.value()?),
            RAW_VALUE => Fields::RawValue(self.value()?),
            _ => Fields::Members(self.serialize_map(None)?),
        };
        Ok(Struct(fields))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'a>, Error> {
        let (writer, end) = self.open_variant(variant);
        Ok(Members::open(writer, end))
    }
}

/// The names by which `serde_json` recognises its own number and raw JSON; only some of its
/// features use them, and none of these may move a tag.
pub(crate) const NUMBER: &str = "$serde_json::private::Number";
pub(crate) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// What a value that is known to be a string holds.
fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut writer = Writer::default();
    value.serialize(Serializer::new(&mut writer))?;
    serde_json::from_slice(&writer.finish()?).map_err(ser::Error::custom)
}

/// Writes a name and the colon; says where the value starts.
pub(super) fn write_name(writer: &mut Writer, name: &str) -> usize {
    writer.string(name);
    writer.bytes.push(b':');
    writer.bytes.len()
}

/// What is written after the last element or member.
#[derive(Debug)]
enum End<'a> {
    Nothing,
    /// That of the object which names a variant.
    Object,
    /// That of a member which names a variant, in the object that is flattened into.
    Entry {
        frame: &'a mut Frame,
        start: usize,
        value: usize,
    },
}

impl End<'_> {
    fn write(self, writer: &mut Writer) {
        match self {
            Self::Nothing => {}
            Self::Object => writer.bytes.push(b'}'),
            Self::Entry { frame, start, value } => frame.close_entry(writer, start, value),
        }
    }
}

/// Takes the elements of an array.
#[derive(Debug)]
pub struct Elements<'a> {
    writer: &'a mut Writer,
    first: bool,
    end: End<'a>,
}

impl<'a> Elements<'a> {
    fn open(writer: &'a mut Writer, end: End<'a>) -> Self {
        writer.bytes.push(b'[');
        Self { writer, first: true, end }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if !std::mem::take(&mut self.first) {
            self.writer.bytes.push(b',');
        }
        value.serialize(Serializer::new(self.writer))
    }

    fn close(self) {
        self.writer.bytes.push(b']');
        self.end.write(self.writer);
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

/// Takes the members of an object.
#[derive(Debug)]
pub struct Members<'a> {
    writer: &'a mut Writer,
    object: Open<'a>,
    /// Where the entry starts whose key is written, and its value.
    start: usize,
    value: usize,
}

/// The object that members go into.
#[derive(Debug)]
enum Open<'a> {
    Own(Frame, End<'a>),
    Flattened(&'a mut Frame),
}

impl<'a> Members<'a> {
    fn open(writer: &'a mut Writer, end: End<'a>) -> Self {
        let mut frame = Frame::default();
        frame.collect(writer);
        Self { writer, object: Open::Own(frame, end), start: 0, value: 0 }
    }

    fn flattened(writer: &'a mut Writer, frame: &'a mut Frame) -> Self {
        Self { writer, object: Open::Flattened(frame), start: 0, value: 0 }
    }

    fn open_entry(&mut self) -> usize {
        match &mut self.object {
            Open::Own(frame, _) => frame.open_entry(self.writer),
            Open::Flattened(frame) => frame.open_entry(self.writer),
        }
    }

    fn close_entry(&mut self, start: usize, value: usize) {
        match &mut self.object {
            Open::Own(frame, _) => frame.close_entry(self.writer, start, value),
            Open::Flattened(frame) => frame.close_entry(self.writer, start, value),
        }
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        let start = self.open_entry();
        let at = write_name(self.writer, name);
        value.serialize(Serializer::new(self.writer))?;
        self.close_entry(start, at);
        Ok(())
    }

    fn close(self) {
        if let Open::Own(frame, end) = self.object {
            frame.close(self.writer);
            end.write(self.writer);
        }
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.start = self.open_entry();
        let outer = std::mem::replace(&mut self.writer.is_key, true);
        let written = key.serialize(Serializer::new(self.writer));
        self.writer.is_key = outer;
        written?;
        self.value = close_key(self.writer, self.start);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Serializer::new(self.writer))?;
        self.close_entry(self.start, self.value);
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

/// Takes the members of a struct.
#[derive(Debug)]
pub struct Struct<'a>(Fields<'a>);

#[derive(Debug)]
enum Fields<'a> {
    Members(Members<'a>),
    Number(&'a mut Writer),
    RawValue(&'a mut Writer),
}

impl ser::SerializeStruct for Struct<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        match &mut self.0 {
            Fields::Members(members) => members.member(name, value),
            Fields::Number(writer) => {
                number::write_decimal(&mut writer.bytes, &text(value)?);
                Ok(())
            }
            Fields::RawValue(writer) => raw::write(&text(value)?, writer),
        }
    }

    fn end(self) -> Result<(), Error> {
        if let Fields::Members(members) = self.0 {
            members.close();
        }
        Ok(())
    }
}
