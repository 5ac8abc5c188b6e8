//! Writes the bytes of a value.

use serde::Serialize;
use serde::ser::{Impossible, SerializeSeq, SerializeStruct, SerializeTuple, Serializer};

use crate::workflows::input::encode_error::EncodeError;
use crate::workflows::input::json::Json;
use crate::workflows::input::protobuf::MESSAGE;

/// The number of nested newtypes and structs.
const MAX_DEPTH: u16 = 128;

/// What the value is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Bytes,
    Message,
}

/// Writes bytes, text, a list of numbers below 256, or the only field of a struct.
pub(crate) struct Raw<'a> {
    out: &'a mut Vec<u8>,
    wanted: Wanted,
    depth: u16,
}

impl<'a> Raw<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>, wanted: Wanted) -> Self {
        Self { out, wanted, depth: 0 }
    }

    fn refused(&self, got: &str) -> EncodeError {
        match self.wanted {
            Wanted::Bytes => EncodeError::new(
                format!("expects bytes, got {got}"),
                "submit a struct with one field of bytes or text, or choose another rule",
            ),
            Wanted::Message => EncodeError::new(
                format!("expects a protobuf message, got {got}"),
                "submit a struct with one field and `#[serde(with = \"...::workflows::input::protobuf\")]`",
            ),
        }
    }

    fn write(self, bytes: &[u8], got: &str) -> Result<(), EncodeError> {
        if self.wanted == Wanted::Message {
            return Err(self.refused(got));
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn inner(self) -> Result<Self, EncodeError> {
        let depth = self.depth + 1;
        if depth > MAX_DEPTH { Err(self.refused("deeply nested structs")) } else { Ok(Self { depth, ..self }) }
    }

    fn list(self) -> Result<RawList<'a>, EncodeError> {
        if self.wanted == Wanted::Message { Err(self.refused("a list")) } else { Ok(RawList(self)) }
    }
}

macro_rules! refuse {
    ($($method:ident: $type:ty => $got:literal,)*) => {$(
        fn $method(self, _value: $type) -> Result<(), EncodeError> {
            Err(self.refused($got))
        }
    )*};
}

impl<'a> Serializer for Raw<'a> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = RawList<'a>;
    type SerializeTuple = RawList<'a>;
    type SerializeTupleStruct = Impossible<(), EncodeError>;
    type SerializeTupleVariant = Impossible<(), EncodeError>;
    type SerializeMap = Impossible<(), EncodeError>;
    type SerializeStruct = RawFields<'a>;
    type SerializeStructVariant = Impossible<(), EncodeError>;

    refuse! {
        serialize_bool: bool => "a boolean",
        serialize_i8: i8 => "an integer",
        serialize_i16: i16 => "an integer",
        serialize_i32: i32 => "an integer",
        serialize_i64: i64 => "an integer",
        serialize_i128: i128 => "an integer",
        serialize_u8: u8 => "an integer",
        serialize_u16: u16 => "an integer",
        serialize_u32: u32 => "an integer",
        serialize_u64: u64 => "an integer",
        serialize_u128: u128 => "an integer",
        serialize_f32: f32 => "a number",
        serialize_f64: f64 => "a number",
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.write(value.as_bytes(), "text")
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        self.write(value, "bytes")
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        Err(self.refused("`None`"))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self.inner()?)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), EncodeError> {
        Err(self.refused("an enum"))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), EncodeError> {
        let mut inner = self.inner()?;
        if name == MESSAGE {
            inner.wanted = Wanted::Bytes;
        }
        value.serialize(inner)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), EncodeError> {
        Err(self.refused("an enum"))
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<RawList<'a>, EncodeError> {
        self.list()
    }

    fn serialize_tuple(self, _length: usize) -> Result<RawList<'a>, EncodeError> {
        self.list()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, EncodeError> {
        Err(self.refused("a tuple"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, EncodeError> {
        Err(self.refused("an enum"))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Self::SerializeMap, EncodeError> {
        Err(self.refused("a map"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<RawFields<'a>, EncodeError> {
        Ok(RawFields { raw: self.inner()?, fields: 0 })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, EncodeError> {
        Err(self.refused("an enum"))
    }
}

/// Writes a list of numbers below 256.
pub(crate) struct RawList<'a>(Raw<'a>);

impl RawList<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let mut json = Vec::new();
        value.serialize(Json::value(&mut json))?;
        let byte = serde_json::from_slice(&json).map_err(|_| self.0.refused("a list of other values"))?;
        self.0.out.push(byte);
        Ok(())
    }
}

impl SerializeSeq for RawList<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        Ok(())
    }
}

impl SerializeTuple for RawList<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        Ok(())
    }
}

/// Writes the only field of a struct.
pub(crate) struct RawFields<'a> {
    raw: Raw<'a>,
    fields: usize,
}

impl SerializeStruct for RawFields<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), EncodeError> {
        self.fields += 1;
        if self.fields > 1 {
            return Err(self.raw.refused("a struct with several fields"));
        }
        let Raw { out, wanted, depth } = &mut self.raw;
        value.serialize(Raw { out, wanted: *wanted, depth: *depth }).map_err(|error| error.in_field(name))
    }

    fn end(self) -> Result<(), EncodeError> {
        Ok(())
    }
}
