//! One value of a column as `serde` reads it.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    DurationNanosecondType, Float32Type, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Field};
use chrono::{Datelike as _, Timelike as _};
use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer as _, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use uuid::Uuid;

use super::access::{Elements, Entries, Row};
use super::error::{Problem, RowError, expected_type};
use crate::schema::limits::{double_as_float, integer_as_double};
use crate::schema::well_known::WellKnown;
use crate::schema::{Timestamp, duration, geometry};

type Result<T> = std::result::Result<T, RowError>;

/// Nanoseconds per second.
const NANOSECONDS: i64 = 1_000_000_000;

/// The value in one row of a column.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a> {
    pub(super) field: &'a Field,
    pub(super) column: &'a dyn Array,
    pub(super) row: usize,
}

/// The typed value of a cell.
enum Value<'a> {
    Null,
    Bool(bool),
    Whole(i128),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Geometry(&'a [u8]),
    Uuid(Uuid),
    /// Nanoseconds since 1970.
    Time(i64),
    /// Nanoseconds.
    Duration(i64),
    List(Elements<'a>),
    Map(Entries<'a>),
    Struct(Row<'a>),
    /// A type that the decoder does not produce.
    Other,
}

impl<'a> Cell<'a> {
    fn value(self) -> Value<'a> {
        if self.column.is_null(self.row) {
            return Value::Null;
        }
        self.typed().unwrap_or(Value::Other)
    }

    fn typed(self) -> Option<Value<'a>> {
        let (column, row) = (self.column, self.row);
        if let Some(known) = WellKnown::of_column(self.field) {
            return self.well_known(known);
        }
        Some(match column.data_type() {
            DataType::Null => Value::Null,
            DataType::Boolean => Value::Bool(column.as_boolean_opt()?.value(row)),
            DataType::Int32 => Value::Whole(column.as_primitive_opt::<Int32Type>()?.value(row).into()),
            DataType::Int64 => Value::Whole(column.as_primitive_opt::<Int64Type>()?.value(row).into()),
            DataType::UInt32 => Value::Whole(column.as_primitive_opt::<UInt32Type>()?.value(row).into()),
            DataType::UInt64 => Value::Whole(column.as_primitive_opt::<UInt64Type>()?.value(row).into()),
            DataType::Float32 => Value::Float(column.as_primitive_opt::<Float32Type>()?.value(row).into()),
            DataType::Float64 => Value::Float(column.as_primitive_opt::<Float64Type>()?.value(row)),
            DataType::Utf8View => Value::Text(column.as_string_view_opt()?.value(row)),
            DataType::BinaryView => Value::Bytes(column.as_binary_view_opt()?.value(row)),
            DataType::Dictionary(..) => {
                let dictionary = column.as_dictionary_opt::<Int32Type>()?;
                let Some(key) = dictionary.key(row) else { return Some(Value::Null) };
                Value::Text(dictionary.values().as_string_opt::<i32>()?.value(key))
            }
            DataType::Struct(_) => {
                let array = column.as_struct_opt()?;
                Value::Struct(Row { fields: array.fields(), columns: array.columns(), row })
            }
            DataType::List(item) => {
                let list = column.as_list_opt::<i32>()?;
                let rows = rows(list.value_offsets(), row)?;
                Value::List(Elements { field: item, values: list.values(), first: rows.start, rows })
            }
            DataType::Map(..) => {
                let map = column.as_map_opt()?;
                let [key, value] = map.entries().fields().as_ref() else { return None };
                let rows = rows(map.value_offsets(), row)?;
                Value::Map(Entries { fields: [key, value], keys: map.keys(), values: map.values(), rows })
            }
            _ => return None,
        })
    }

    fn well_known(self, known: WellKnown) -> Option<Value<'a>> {
        let (column, row) = (self.column, self.row);
        Some(match known {
            WellKnown::Timestamp => Value::Time(column.as_primitive_opt::<TimestampNanosecondType>()?.value(row)),
            WellKnown::Duration => Value::Duration(column.as_primitive_opt::<DurationNanosecondType>()?.value(row)),
            WellKnown::Uuid => Value::Uuid(Uuid::from_slice(column.as_fixed_size_binary_opt()?.value(row)).ok()?),
            WellKnown::Geometry => Value::Geometry(column.as_binary_view_opt()?.value(row)),
        })
    }

    /// Returns the kind of the values of the column, for error messages.
    pub(super) fn kind(self) -> String {
        if let Some(known) = WellKnown::of_column(self.field) {
            let word = match known {
                WellKnown::Timestamp => "times",
                WellKnown::Duration => "durations",
                WellKnown::Uuid => "identifiers",
                WellKnown::Geometry => "geometries",
            };
            return word.to_owned();
        }
        let kind = match self.column.data_type() {
            DataType::Boolean => "booleans",
            DataType::Utf8View => "text",
            DataType::Dictionary(..) => "names",
            DataType::BinaryView => "bytes",
            DataType::Struct(_) => "messages",
            DataType::List(_) => "lists",
            DataType::Map(..) => "maps",
            data_type if data_type.is_numeric() => return format!("numbers ({data_type})"),
            data_type => return format!("the type {data_type}"),
        };
        kind.to_owned()
    }

    /// Visits times, durations, identifiers and geometries as text, for text fields.
    fn visit_text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value>
    where
        'a: 'de,
    {
        match self.value() {
            Value::Time(nanoseconds) => visitor.visit_string(Timestamp::from_nanoseconds(nanoseconds).to_string()),
            Value::Duration(nanoseconds) => visitor.visit_string(duration::format(nanoseconds.into())),
            Value::Uuid(id) => visitor.visit_string(id.to_string()),
            Value::Geometry(wkb) => visitor.visit_string(geometry::to_text(wkb).map_err(RowError::custom)?),
            Value::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            _ => self.visit_value(visitor),
        }
    }

    /// Visits times and durations as nanoseconds, for integer fields.
    fn visit_whole<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value>
    where
        'a: 'de,
    {
        match self.value() {
            Value::Time(nanoseconds) | Value::Duration(nanoseconds) => visitor.visit_i64(nanoseconds),
            _ => self.visit_value(visitor),
        }
    }

    /// Visits integers as floating-point numbers if they fit exactly, for floating-point fields.
    fn visit_float<'de, V: Visitor<'de>>(self, visitor: V, fits: impl Fn(f64) -> bool) -> Result<V::Value>
    where
        'a: 'de,
    {
        match self.value() {
            Value::Whole(number) => match integer_as_double(number).filter(|number| fits(*number)) {
                Some(number) => visitor.visit_f64(number),
                None => Err(inexact(number, &visitor)),
            },
            _ => self.visit_value(visitor),
        }
    }

    /// Visits the value as the type that suits self-describing formats: text where there is a text form, bytes as numbers.
    fn visit_value<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value>
    where
        'a: 'de,
    {
        match self.value() {
            Value::Null => Err(RowError::no_value()),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Whole(number) => match (i64::try_from(number), u64::try_from(number)) {
                (Ok(number), _) => visitor.visit_i64(number),
                (_, Ok(number)) => visitor.visit_u64(number),
                _ => visitor.visit_i128(number),
            },
            Value::Float(number) => visitor.visit_f64(number),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Time(_) | Value::Duration(_) | Value::Uuid(_) | Value::Geometry(_) => self.visit_text(visitor),
            Value::Bytes(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied())),
            Value::List(elements) => visitor.visit_seq(elements),
            Value::Map(entries) => visitor.visit_map(entries),
            Value::Struct(row) => visitor.visit_map(row.into_access()),
            Value::Other => Err(RowError::invalid_type(Unexpected::Other("another type"), &visitor)),
        }
    }
}

/// Returns the range of elements in a row.
fn rows(offsets: &[i32], row: usize) -> Option<std::ops::Range<usize>> {
    let at = |row: usize| usize::try_from(*offsets.get(row)?).ok();
    Some(at(row)?..at(row + 1)?)
}

/// Returns the error for a number that a floating-point field cannot represent.
fn inexact(number: i128, expected: &dyn serde::de::Expected) -> RowError {
    RowError::new(Problem::Value { value: format!("the number {number}"), field: expected_type(expected) })
}

macro_rules! forward {
    ($to:ident: $($method:ident)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.$to(visitor)
        }
    )* };
}

impl<'de> Deserializer<'de> for Cell<'de> {
    type Error = RowError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value() {
            Value::Null => visitor.visit_unit(),
            _ => self.visit_value(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value() {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.visit_float(visitor, |_| true)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value() {
            // Fractions are rounded to `f32`; an overflow is an error.
            Value::Float(number) if number.is_finite() && !(number as f32).is_finite() => {
                Err(RowError::invalid_value(Unexpected::Float(number), &visitor))
            }
            _ => self.visit_float(visitor, |number| double_as_float(number).is_some()),
        }
    }

    forward! { visit_whole: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
    deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 }

    forward! { visit_text: deserialize_str deserialize_string deserialize_char deserialize_identifier }

    forward! { visit_value: deserialize_bool }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value() {
            Value::Bytes(bytes) | Value::Geometry(bytes) => visitor.visit_borrowed_bytes(bytes),
            Value::Uuid(id) => visitor.visit_bytes(id.as_bytes()),
            _ => self.visit_value(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value() {
            // The wire format omits empty lists.
            Value::Null if matches!(self.column.data_type(), DataType::List(_)) => {
                visitor.visit_seq(SeqDeserializer::<_, RowError>::new(std::iter::empty::<u8>()))
            }
            Value::Geometry(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied())),
            Value::Uuid(id) => visitor.visit_seq(SeqDeserializer::new(id.into_bytes().into_iter())),
            Value::Struct(row) => visitor.visit_seq(row.into_access()),
            _ => self.visit_value(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value> {
        match (self.value(), length) {
            // `chrono::TimeDelta`: seconds, rounded down, and nanoseconds.
            (Value::Duration(nanoseconds), 2) => {
                visitor.visit_seq(SeqDeserializer::new(seconds_and_nanoseconds(nanoseconds).into_iter()))
            }
            // `time::OffsetDateTime`: year, day of the year, time of day, and offset from UTC.
            (Value::Time(nanoseconds), 9) => {
                let time = chrono::DateTime::from_timestamp_nanos(nanoseconds);
                let day = [i64::from(time.year()), time.ordinal().into(), time.hour().into(), time.minute().into()];
                let rest = [time.second().into(), time.nanosecond().into(), 0, 0, 0];
                visitor.visit_seq(SeqDeserializer::new(day.into_iter().chain(rest)))
            }
            _ => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, length: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value() {
            // The wire format omits empty maps.
            Value::Null if matches!(self.column.data_type(), DataType::Map(..)) => {
                visitor.visit_map(MapDeserializer::<_, RowError>::new(std::iter::empty::<(u8, u8)>()))
            }
            _ => self.visit_value(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let named = match (self.value(), fields) {
            // `std::time::Duration` and `std::time::SystemTime`.
            (Value::Duration(nanoseconds), ["secs", "nanos"])
            | (Value::Time(nanoseconds), ["secs_since_epoch", "nanos_since_epoch"]) => {
                fields.iter().copied().zip(seconds_and_nanoseconds(nanoseconds))
            }
            _ => return self.deserialize_map(visitor),
        };
        visitor.visit_map(MapDeserializer::new(named))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.value() {
            Value::Text(name) => {
                let variant: StrDeserializer<'_, RowError> = variant(name, variants).into_deserializer();
                visitor.visit_enum(variant)
            }
            _ => self.visit_value(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! { unit unit_struct }
}

/// Splits nanoseconds into seconds, rounded down, and the remaining nanoseconds.
fn seconds_and_nanoseconds(nanoseconds: i64) -> [i64; 2] {
    [nanoseconds.div_euclid(NANOSECONDS), nanoseconds.rem_euclid(NANOSECONDS)]
}

/// Returns the variant with this name, or the only one with a type name before it, as in `LEVEL_L1C`.
fn variant<'a>(name: &'a str, variants: &'static [&'static str]) -> &'a str {
    if variants.contains(&name) {
        return name;
    }
    let mut full =
        variants.iter().filter(|variant| variant.strip_suffix(name).is_some_and(|type_name| type_name.ends_with('_')));
    match (full.next(), full.next()) {
        (Some(variant), None) => variant,
        _ => name,
    }
}

pub(super) fn cell<'a>(field: &'a Field, column: &'a ArrayRef, row: usize) -> Cell<'a> {
    Cell { field, column: column.as_ref(), row }
}
