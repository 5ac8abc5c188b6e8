//! The fields that a type asks for.

use std::cell::Cell;

use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde_json::Error;

/// What a type asks a deserializer for first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shape {
    /// A struct with fields of these names and aliases.
    Struct(&'static [&'static str]),
    /// Any value, as enums with an internal tag do.
    Any,
    #[default]
    Other,
}

/// Returns the shape of a type.
pub(super) fn of<T: DeserializeOwned>() -> Shape {
    let shape = Cell::default();
    // Always an error: the probe has no value.
    let _ = T::deserialize(Probe(&shape));
    shape.get()
}

/// Notes the first method that a type calls, and fails.
struct Probe<'a>(&'a Cell<Shape>);

fn no_value<T>() -> Result<T, Error> {
    Err(Error::custom("a probe has no value"))
}

macro_rules! others {
    ($($method:ident($($argument:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $(_: $argument,)* _visitor: V) -> Result<V::Value, Error> {
            no_value()
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        self.0.set(Shape::Any);
        no_value()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.set(Shape::Struct(fields));
        no_value()
    }

    others! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128() deserialize_f32()
        deserialize_f64() deserialize_char() deserialize_str() deserialize_string() deserialize_bytes()
        deserialize_byte_buf() deserialize_option() deserialize_unit() deserialize_unit_struct(&'static str)
        deserialize_newtype_struct(&'static str) deserialize_seq() deserialize_tuple(usize)
        deserialize_tuple_struct(&'static str, usize) deserialize_map()
        deserialize_enum(&'static str, &'static [&'static str]) deserialize_identifier() deserialize_ignored_any()
    }
}
