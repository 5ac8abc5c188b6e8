//! JSON as the Python and Go clients write it: compact, in UTF-8, and only of finite numbers.
//!
//! | file | contents |
//! |---|---|
//! | `compound` | arrays, maps and objects |
//! | `text` | strings and numbers |

mod compound;
mod text;

use std::ops::Range;

use serde::Serialize;
use serde::ser::Serializer;

use super::encode_error::EncodeError;
use super::protobuf::MESSAGE;
use super::raw::{Raw, Wanted};
use compound::{Array, Entries, Object};

/// The number of nested arrays and objects that `serde_json` reads.
const MAX_NESTED: u16 = 127;

/// The number of nested values of any kind, so that a chain of newtypes does not exhaust the stack.
const MAX_DEPTH: u16 = 512;

/// `serde_json` writes numbers of any precision and unparsed JSON as structs with these names, whose only field is the text.
const VERBATIM: [&str; 2] = ["$serde_json::private::Number", "$serde_json::private::RawValue"];

/// The client whose JSON is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Python,
    Go,
}

/// What was seen at the top of a task.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// The number of fields; `None` if the task is not a struct.
    pub(super) fields: Option<usize>,
    /// The JSON of the first field.
    pub(super) first: Option<Range<usize>>,
    /// The encoded protobuf message that is the first field, or the task itself.
    pub(super) message: Option<Vec<u8>>,
}

/// The place of a value in the task.
enum Place<'a> {
    Task(&'a mut Form),
    /// The first field, which keeps its message.
    First(&'a mut Option<Vec<u8>>),
    Nested,
}

impl Place<'_> {
    const fn is_task(&self) -> bool {
        matches!(self, Self::Task(_))
    }
}

/// Writes one value.
pub(super) struct Json<'a> {
    out: &'a mut Vec<u8>,
    dialect: Dialect,
    place: Place<'a>,
    depth: Depth,
}

#[derive(Clone, Copy, Debug, Default)]
struct Depth {
    nested: u16,
    values: u16,
}

impl Depth {
    /// Enters an array or an object.
    fn enter(self) -> Result<Self, EncodeError> {
        Self { nested: self.nested + 1, ..self }.wrap()
    }

    /// Enters a newtype or an optional value.
    fn wrap(self) -> Result<Self, EncodeError> {
        let depth = Self { values: self.values + 1, ..self };
        if depth.nested > MAX_NESTED || depth.values > MAX_DEPTH {
            return Err(EncodeError::new(
                format!("expects at most {MAX_NESTED} nested arrays and objects, got more"),
                "submit a flatter value",
            ));
        }
        Ok(depth)
    }
}

impl<'a> Json<'a> {
    /// Returns the writer of a whole task.
    pub(super) fn task(out: &'a mut Vec<u8>, dialect: Dialect, form: &'a mut Form) -> Self {
        Self { out, dialect, place: Place::Task(form), depth: Depth::default() }
    }

    /// Returns the writer of a value that is not a task.
    pub(super) fn value(out: &'a mut Vec<u8>) -> Self {
        Self { out, dialect: Dialect::Python, place: Place::Nested, depth: Depth::default() }
    }

    fn write(self, text: impl AsRef<[u8]>) -> Result<(), EncodeError> {
        self.out.extend_from_slice(text.as_ref());
        Ok(())
    }

    fn write_text(self, text: &str) -> Result<(), EncodeError> {
        text::write(self.out, text, self.dialect)
    }

    fn array(self, closing: &'static [u8]) -> Result<Array<'a>, EncodeError> {
        self.out.push(b'[');
        Ok(Array::new(self.out, self.dialect, self.depth.enter()?, closing))
    }

    fn object(self, closing: &'static [u8]) -> Result<Object<'a>, EncodeError> {
        self.out.push(b'{');
        let form = match self.place {
            Place::Task(form) => Some(form),
            _ => None,
        };
        Ok(Object::new(self.out, self.dialect, self.depth.enter()?, closing, form))
    }

    /// Opens the object `{"variant":` of a variant with values.
    fn variant(self, variant: &str) -> Result<Self, EncodeError> {
        self.out.push(b'{');
        text::write(self.out, variant, self.dialect)?;
        self.out.push(b':');
        Ok(Self { place: Place::Nested, depth: self.depth.enter()?, ..self })
    }

    /// Writes the value of a newtype or of `Some`, which has the place of its wrapper, but is not counted as a task.
    fn wrapped<T: Serialize + ?Sized>(self, value: &T, is_message: bool) -> Result<(), EncodeError> {
        let mut message = match self.place {
            Place::Task(form) => Some(&mut form.message),
            Place::First(message) => Some(message),
            Place::Nested => None,
        };
        if let (true, Some(message)) = (is_message, &mut message) {
            let mut bytes = Vec::new();
            value.serialize(Raw::new(&mut bytes, Wanted::Bytes))?;
            **message = Some(bytes);
        }
        let place = message.map_or(Place::Nested, Place::First);
        value.serialize(Json { out: self.out, dialect: self.dialect, place, depth: self.depth.wrap()? })
    }

    fn unit(self) -> Result<(), EncodeError> {
        match self.place {
            Place::Task(form) => {
                form.fields = Some(0);
                Ok(())
            }
            _ => self.write("null"),
        }
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty,)*) => {$(
        fn $method(self, value: $type) -> Result<(), EncodeError> {
            self.write(value.to_string())
        }
    )*};
}

impl<'a> Serializer for Json<'a> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Array<'a>;
    type SerializeTuple = Array<'a>;
    type SerializeTupleStruct = Array<'a>;
    type SerializeTupleVariant = Array<'a>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Object<'a>;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_bool: bool,
    }

    fn serialize_f32(self, value: f32) -> Result<(), EncodeError> {
        let text = text::float(value, value.is_finite(), f64::from(value), self.dialect)?;
        self.write(text)
    }

    fn serialize_f64(self, value: f64) -> Result<(), EncodeError> {
        let text = text::float(value, value.is_finite(), value, self.dialect)?;
        self.write(text)
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.write_text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.write_text(value)
    }

    /// As `serde_json` does, so that it can be read: an array of numbers.
    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.write("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        self.wrapped(value, false)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.unit()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        self.unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), EncodeError> {
        self.write_text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), EncodeError> {
        self.wrapped(value, name == MESSAGE)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        let Json { out, dialect, depth, .. } = self.variant(variant)?;
        value.serialize(Json { out, dialect, place: Place::Nested, depth })?;
        out.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Array<'a>, EncodeError> {
        self.array(b"]")
    }

    fn serialize_tuple(self, _length: usize) -> Result<Array<'a>, EncodeError> {
        self.array(b"]")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Array<'a>, EncodeError> {
        self.array(b"]")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Array<'a>, EncodeError> {
        self.variant(variant)?.array(b"]}")
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Entries<'a>, EncodeError> {
        Ok(Entries::new(self.out, self.dialect, self.depth.enter()?))
    }

    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Object<'a>, EncodeError> {
        if VERBATIM.contains(&name) {
            return Ok(Object::verbatim(self.out, self.dialect, self.depth.wrap()?));
        }
        debug_assert!(!self.place.is_task() || self.out.is_empty(), "a task is written once");
        self.object(b"}")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'a>, EncodeError> {
        self.variant(variant)?.object(b"}}")
    }
}
