//! A record as a tree of values, independent of its type.

use std::fmt;

use serde::ser::{
    Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct,
    Serializer,
};

/// A serialized value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RecordValue {
    Null,
    Bool(bool),
    /// Wide enough for all signed and unsigned integers of 64 bits.
    Integer(i128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<RecordValue>),
    Map(Vec<(RecordValue, RecordValue)>),
}

impl RecordValue {
    /// Serializes a value.
    pub(super) fn of(value: &(impl Serialize + ?Sized)) -> Result<Self, SerializeError> {
        value.serialize(ValueSerializer)
    }

    /// Returns a description for errors.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".to_owned(),
            Self::Bool(value) => format!("`{value}`"),
            Self::Integer(value) => format!("the number {value}"),
            Self::Float(value) => format!("the number {value:?}"),
            Self::Text(text) => format!("the text `{text}`"),
            Self::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Self::List(list) => format!("a list of {}", list.len()),
            Self::Map(_) => "a struct or map".to_owned(),
        }
    }
}

/// An error of the `Serialize` implementation of a record.
#[derive(Debug)]
pub(super) struct SerializeError(String);

impl fmt::Display for SerializeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it cannot be serialized: {}", self.0)
    }
}

impl std::error::Error for SerializeError {}

impl serde::ser::Error for SerializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Result<T, E = SerializeError> = std::result::Result<T, E>;

struct ValueSerializer;

macro_rules! scalars {
    ($($method:ident($type:ty) => $variant:ident;)*) => { $(
        fn $method(self, value: $type) -> Result<RecordValue> {
            Ok(RecordValue::$variant(value.into()))
        }
    )* };
}

impl Serializer for ValueSerializer {
    type Ok = RecordValue;
    type Error = SerializeError;
    type SerializeSeq = ListSerializer;
    type SerializeTuple = ListSerializer;
    type SerializeTupleStruct = ListSerializer;
    type SerializeTupleVariant = Impossible<RecordValue, SerializeError>;
    type SerializeMap = MapSerializer;
    type SerializeStruct = MapSerializer;
    type SerializeStructVariant = Impossible<RecordValue, SerializeError>;

    scalars! {
        serialize_bool(bool) => Bool;
        serialize_i8(i8) => Integer;
        serialize_i16(i16) => Integer;
        serialize_i32(i32) => Integer;
        serialize_i64(i64) => Integer;
        serialize_i128(i128) => Integer;
        serialize_u8(u8) => Integer;
        serialize_u16(u16) => Integer;
        serialize_u32(u32) => Integer;
        serialize_u64(u64) => Integer;
        serialize_f32(f32) => Float;
        serialize_f64(f64) => Float;
        serialize_char(char) => Text;
        serialize_str(&str) => Text;
        serialize_bytes(&[u8]) => Bytes;
    }

    fn serialize_u128(self, value: u128) -> Result<RecordValue> {
        // No field is wider than 64 bits, so a larger number is out of range like `i128::MAX`.
        Ok(RecordValue::Integer(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn serialize_none(self) -> Result<RecordValue> {
        Ok(RecordValue::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<RecordValue> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<RecordValue> {
        Ok(RecordValue::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<RecordValue> {
        Ok(RecordValue::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<RecordValue> {
        Ok(RecordValue::Text(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<RecordValue> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<RecordValue> {
        Ok(RecordValue::Map(vec![(RecordValue::Text(variant.to_owned()), RecordValue::of(value)?)]))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<ListSerializer> {
        Ok(ListSerializer(Vec::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<ListSerializer> {
        Ok(ListSerializer(Vec::new()))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<ListSerializer> {
        Ok(ListSerializer(Vec::new()))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant> {
        Err(SerializeError(format!("the enum {name} has a variant with several values, which no field type can hold")))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<MapSerializer> {
        Ok(MapSerializer::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<MapSerializer> {
        Ok(MapSerializer::default())
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant> {
        Err(SerializeError(format!("the enum {name} has a variant with several values, which no field type can hold")))
    }
}

struct ListSerializer(Vec<RecordValue>);

impl ListSerializer {
    fn push(&mut self, value: &(impl Serialize + ?Sized)) -> Result<()> {
        self.0.push(RecordValue::of(value)?);
        Ok(())
    }

    fn finish(self) -> Result<RecordValue> {
        Ok(RecordValue::List(self.0))
    }
}

macro_rules! lists {
    ($($compound:ident::$method:ident;)*) => { $(
        impl $compound for ListSerializer {
            type Ok = RecordValue;
            type Error = SerializeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.push(value)
            }

            fn end(self) -> Result<RecordValue> {
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
struct MapSerializer {
    entries: Vec<(RecordValue, RecordValue)>,
    key: Option<RecordValue>,
}

impl SerializeMap for MapSerializer {
    type Ok = RecordValue;
    type Error = SerializeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key = Some(RecordValue::of(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key = self.key.take().ok_or_else(|| SerializeError("a map has a value without a key".to_owned()))?;
        self.entries.push((key, RecordValue::of(value)?));
        Ok(())
    }

    fn end(self) -> Result<RecordValue> {
        Ok(RecordValue::Map(self.entries))
    }
}

impl SerializeStruct for MapSerializer {
    type Ok = RecordValue;
    type Error = SerializeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.entries.push((RecordValue::Text(key.to_owned()), RecordValue::of(value)?));
        Ok(())
    }

    fn end(self) -> Result<RecordValue> {
        Ok(RecordValue::Map(self.entries))
    }
}
