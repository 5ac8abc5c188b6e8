//! A record as a tree of values, whatever type it had.

use std::fmt;

use serde::ser::{
    Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct,
    Serializer,
};

/// What `serde` says of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Captured {
    Missing,
    Bool(bool),
    /// Wide enough for every whole number of 64 bits.
    Whole(i128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Captured>),
    Map(Vec<(Captured, Captured)>),
}

impl Captured {
    pub(super) fn of(value: &(impl Serialize + ?Sized)) -> Result<Self, CaptureError> {
        value.serialize(Capture)
    }

    /// For people.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Missing => "nothing".to_owned(),
            Self::Bool(value) => format!("`{value}`"),
            Self::Whole(value) => format!("the number {value}"),
            Self::Float(value) => format!("the number {value:?}"),
            Self::Text(text) => format!("the text `{text}`"),
            Self::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Self::List(list) => format!("a list of {}", list.len()),
            Self::Map(_) => "a struct or map".to_owned(),
        }
    }
}

/// What the `Serialize` of a record said is wrong.
#[derive(Debug)]
pub(super) struct CaptureError(String);

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it cannot be serialized: {}", self.0)
    }
}

impl std::error::Error for CaptureError {}

impl serde::ser::Error for CaptureError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Result<T, E = CaptureError> = std::result::Result<T, E>;

struct Capture;

macro_rules! scalars {
    ($($method:ident($type:ty) => $variant:ident;)*) => { $(
        fn $method(self, value: $type) -> Result<Captured> {
            Ok(Captured::$variant(value.into()))
        }
    )* };
}

impl Serializer for Capture {
    type Ok = Captured;
    type Error = CaptureError;
    type SerializeSeq = CaptureList;
    type SerializeTuple = CaptureList;
    type SerializeTupleStruct = CaptureList;
    type SerializeTupleVariant = Impossible<Captured, CaptureError>;
    type SerializeMap = CaptureMap;
    type SerializeStruct = CaptureMap;
    type SerializeStructVariant = Impossible<Captured, CaptureError>;

    scalars! {
        serialize_bool(bool) => Bool;
        serialize_i8(i8) => Whole;
        serialize_i16(i16) => Whole;
        serialize_i32(i32) => Whole;
        serialize_i64(i64) => Whole;
        serialize_i128(i128) => Whole;
        serialize_u8(u8) => Whole;
        serialize_u16(u16) => Whole;
        serialize_u32(u32) => Whole;
        serialize_u64(u64) => Whole;
        serialize_f32(f32) => Float;
        serialize_f64(f64) => Float;
        serialize_char(char) => Text;
        serialize_str(&str) => Text;
        serialize_bytes(&[u8]) => Bytes;
    }

    fn serialize_u128(self, value: u128) -> Result<Captured> {
        // No field is wider than 64 bits, so a number beyond is as wrong as the largest.
        Ok(Captured::Whole(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn serialize_none(self) -> Result<Captured> {
        Ok(Captured::Missing)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Captured> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Captured> {
        Ok(Captured::Missing)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Captured> {
        Ok(Captured::Missing)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Captured> {
        Ok(Captured::Text(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Captured> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Captured> {
        Ok(Captured::Map(vec![(Captured::Text(variant.to_owned()), Captured::of(value)?)]))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<CaptureList> {
        Ok(CaptureList(Vec::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<CaptureList> {
        Ok(CaptureList(Vec::new()))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<CaptureList> {
        Ok(CaptureList(Vec::new()))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant> {
        Err(CaptureError(format!("the enum {name} has a variant with several values, and no field is like that")))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<CaptureMap> {
        Ok(CaptureMap::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<CaptureMap> {
        Ok(CaptureMap::default())
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant> {
        Err(CaptureError(format!("the enum {name} has a variant with several values, and no field is like that")))
    }
}

struct CaptureList(Vec<Captured>);

impl CaptureList {
    fn push(&mut self, value: &(impl Serialize + ?Sized)) -> Result<()> {
        self.0.push(Captured::of(value)?);
        Ok(())
    }

    fn finish(self) -> Result<Captured> {
        Ok(Captured::List(self.0))
    }
}

macro_rules! lists {
    ($($compound:ident::$method:ident;)*) => { $(
        impl $compound for CaptureList {
            type Ok = Captured;
            type Error = CaptureError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.push(value)
            }

            fn end(self) -> Result<Captured> {
                self.finish()
            }
        }
    )* };
}

lists! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
}

#[derive(Default)]
struct CaptureMap {
    entries: Vec<(Captured, Captured)>,
    key: Option<Captured>,
}

impl SerializeMap for CaptureMap {
    type Ok = Captured;
    type Error = CaptureError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key = Some(Captured::of(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key = self.key.take().ok_or_else(|| CaptureError("a map has a value without a key".to_owned()))?;
        self.entries.push((key, Captured::of(value)?));
        Ok(())
    }

    fn end(self) -> Result<Captured> {
        Ok(Captured::Map(self.entries))
    }
}

impl SerializeStruct for CaptureMap {
    type Ok = Captured;
    type Error = CaptureError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.entries.push((Captured::Text(key.to_owned()), Captured::of(value)?));
        Ok(())
    }

    fn end(self) -> Result<Captured> {
        Ok(Captured::Map(self.entries))
    }
}
