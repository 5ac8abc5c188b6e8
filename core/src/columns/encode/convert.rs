//! Columns of any type that holds the values of a field without loss, converted to the type they are written from.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type, Int64Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, Float32Array, Float64Array, Int64Array, PrimitiveArray, StringViewArray,
};
use arrow_schema::{DataType, TimeUnit};

use super::error::EncodeError;
use super::scalar::Integer;
use super::value::{MessageArray, ScalarArray};
use crate::arrays::{cast, print};
use crate::schema::well_known::WellKnown;
use crate::schema::{DatasetSchema, EnumType, Field, ValueType, limits};

type Result<T> = std::result::Result<T, EncodeError>;

/// A converted column.
pub(super) enum Converted {
    Scalars(ScalarArray),
    Messages(MessageArray),
}

/// A column and its field.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) field: &'a Field,
    pub(super) column: &'a ArrayRef,
}

impl Input<'_> {
    /// Returns the error of a column whose type the field does not accept.
    pub(super) fn expects(self, expected: &str) -> EncodeError {
        let problem = format!("expects {expected}, got a column of {}", self.column.data_type());
        EncodeError::of_field(self.field.name(), problem)
    }

    /// Returns the error of the value in a row.
    fn value_error(self, row: usize, problem: impl Into<String>) -> EncodeError {
        EncodeError::of_value(self.field.name(), row, problem)
    }

    /// Converts the column to the type of the field.
    pub(super) fn convert(self, schema: &DatasetSchema) -> Result<Converted> {
        let scalars = match self.field.value_type() {
            ValueType::Message(id) => {
                let known = schema.message(*id).and_then(WellKnown::of);
                return self.messages(known).map(Converted::Messages);
            }
            ValueType::Double => ScalarArray::Double(self.doubles()?),
            ValueType::Float => ScalarArray::Float(self.floats()?),
            ValueType::Bool => {
                let booleans = self.column.as_boolean_opt();
                ScalarArray::Bool(booleans.ok_or_else(|| self.expects("booleans"))?.clone())
            }
            ValueType::String => ScalarArray::Text(self.text().ok_or_else(|| self.expects("text"))?),
            ValueType::Bytes => ScalarArray::Bytes(self.bytes().ok_or_else(|| self.expects("bytes"))?),
            ValueType::Enum(enumeration) if !self.column.data_type().is_numeric() => {
                ScalarArray::Signed(Integer::Int32, self.enum_numbers(enumeration)?)
            }
            value_type => match Integer::of(value_type) {
                Some(integer) => self.integers(integer)?,
                None => return Err(self.expects("a known type")),
            },
        };
        Ok(Converted::Scalars(scalars))
    }

    fn messages(self, known: Option<WellKnown>) -> Result<MessageArray> {
        Ok(match known {
            Some(WellKnown::Timestamp) => MessageArray::Timestamp(self.times()?),
            Some(WellKnown::Duration) => MessageArray::Duration(self.durations()?),
            Some(WellKnown::Uuid) => MessageArray::Wrapped(self.identifiers()?),
            Some(WellKnown::Geometry) => MessageArray::Wrapped(self.geometries()?),
            None => {
                let encoded = self.bytes();
                MessageArray::Encoded(encoded.ok_or_else(|| self.expects("structs, or encoded messages as bytes"))?)
            }
        })
    }

    /// Casts to another type. A value that does not fit is an error with its row; `problem` takes the value as text.
    fn cast(self, to: &DataType, problem: impl Fn(&str) -> String) -> Result<ArrayRef> {
        if self.column.data_type() == to {
            return Ok(Arc::clone(self.column));
        }
        cast(self.column, to).map_err(|error| {
            // The error does not name the row.
            let fails = |row: &usize| cast(&self.column.slice(*row, 1), to).is_err();
            let row = (0..self.column.len()).find(fails).unwrap_or_default();
            let value = print(self.column, row).unwrap_or_else(|| error.to_string());
            self.value_error(row, problem(&value))
        })
    }

    /// Casts to a type that holds all values.
    fn widen(self, to: &DataType) -> Result<ArrayRef> {
        self.cast(to, |value| format!("expects a value of {to}, got {value}"))
    }

    fn integers(self, integer: Integer) -> Result<ScalarArray> {
        if let Some(unsigned) = self.column.as_primitive_opt::<UInt64Type>() {
            self.check_each(unsigned, |number| in_range(integer, number.into()))?;
            return Ok(ScalarArray::Unsigned(integer, unsigned.clone()));
        }
        let data_type = self.column.data_type();
        let signed = match data_type {
            _ if data_type.is_integer() => self.widen(&DataType::Int64)?.as_primitive::<Int64Type>().clone(),
            _ if data_type.is_floating() => self.whole_numbers(integer)?,
            _ => return Err(self.expects("integers")),
        };
        self.check_each(&signed, |number| in_range(integer, number.into()))?;
        Ok(ScalarArray::Signed(integer, signed))
    }

    /// Converts floating-point numbers without a fraction. A NaN is a missing integer: programs whose integers cannot be
    /// missing, such as pandas, write such columns as floating-point numbers.
    fn whole_numbers(self, integer: Integer) -> Result<Int64Array> {
        let numbers = self.widen(&DataType::Float64)?.as_primitive::<Float64Type>().clone();
        self.check_each(&numbers, |number| {
            let is_whole = number.is_nan() || limits::whole_number(number).is_some();
            is_whole.then_some(()).ok_or_else(|| integer.expects(number))
        })?;
        Ok(numbers.unary_opt(|number| limits::whole_number(number).and_then(|number| i64::try_from(number).ok())))
    }

    fn doubles(self) -> Result<Float64Array> {
        let data_type = self.column.data_type();
        if !data_type.is_numeric() || data_type.is_decimal() {
            return Err(self.expects("numbers"));
        }
        if let Some(numbers) = self.column.as_primitive_opt::<UInt64Type>() {
            self.check_each(numbers, |number| limits::double(number.into()).map(drop))?;
        }
        if let Some(numbers) = self.column.as_primitive_opt::<Int64Type>() {
            self.check_each(numbers, |number| limits::double(number.into()).map(drop))?;
        }
        // A double holds all narrower numbers exactly.
        Ok(self.widen(&DataType::Float64)?.as_primitive::<Float64Type>().clone())
    }

    fn floats(self) -> Result<Float32Array> {
        if matches!(self.column.data_type(), DataType::Float16 | DataType::Float32) {
            return Ok(self.widen(&DataType::Float32)?.as_primitive::<Float32Type>().clone());
        }
        let doubles = self.doubles()?;
        self.check_each(&doubles, |number| limits::float(number).map(drop))?;
        Ok(doubles.unary_opt(limits::double_as_float))
    }

    /// Returns the first error of a value, with its row.
    fn check_each<T: ArrowPrimitiveType>(
        self,
        values: &PrimitiveArray<T>,
        check: impl Fn(T::Native) -> std::result::Result<(), String>,
    ) -> Result<()> {
        let mut values = values.iter().enumerate().filter_map(|(row, value)| Some((row, value?)));
        values.try_for_each(|(row, value)| check(value).map_err(|problem| self.value_error(row, problem)))
    }

    /// Returns text of any form, also as a dictionary; `None` for other types.
    fn text(self) -> Option<StringViewArray> {
        let is_text = match self.column.data_type() {
            DataType::Dictionary(_, values) => values.is_string(),
            data_type => data_type.is_string(),
        };
        let text = is_text.then(|| cast(self.column, &DataType::Utf8View))?.ok()?;
        text.as_string_view_opt().cloned()
    }

    /// Returns bytes of any form; `None` for other types.
    fn bytes(self) -> Option<BinaryViewArray> {
        match self.column.data_type() {
            DataType::FixedSizeBinary(_) | DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
                cast(self.column, &DataType::BinaryView).ok()?.as_binary_view_opt().cloned()
            }
            _ => None,
        }
    }

    /// Reads each text.
    fn read_each<T, C: FromIterator<Option<T>>>(
        self,
        texts: &StringViewArray,
        read: impl Fn(&str) -> std::result::Result<T, String>,
    ) -> Result<C> {
        let values = texts.iter().enumerate();
        values
            .map(|(row, text)| text.map(&read).transpose().map_err(|problem| self.value_error(row, problem)))
            .collect()
    }

    fn times(self) -> Result<Int64Array> {
        let zone = match self.column.data_type() {
            // The zone only says how to print the time.
            DataType::Timestamp(_, zone) => zone.clone(),
            DataType::Date32 | DataType::Date64 => None,
            _ => {
                let texts = self.text().ok_or_else(|| self.expects("times"))?;
                return self.read_each(&texts, limits::time_from_text);
            }
        };
        let times = self.cast(&DataType::Timestamp(TimeUnit::Nanosecond, zone), limits::time_out_of_range)?;
        Ok(Input { column: &times, ..self }.widen(&DataType::Int64)?.as_primitive::<Int64Type>().clone())
    }

    fn durations(self) -> Result<Int64Array> {
        if !matches!(self.column.data_type(), DataType::Duration(_)) {
            let texts = self.text().ok_or_else(|| self.expects("durations"))?;
            return self.read_each(&texts, limits::duration_from_text);
        }
        let durations = self.cast(&WellKnown::Duration.data_type(), limits::duration_out_of_range)?;
        Ok(Input { column: &durations, ..self }.widen(&DataType::Int64)?.as_primitive::<Int64Type>().clone())
    }

    fn identifiers(self) -> Result<BinaryViewArray> {
        if let Some(texts) = self.text() {
            return self.read_each(&texts, limits::uuid_from_text);
        }
        let bytes = self.bytes().ok_or_else(|| self.expects("identifiers (16 bytes, or text)"))?;
        self.check_bytes(&bytes, |id| limits::uuid(id).map(drop))?;
        Ok(bytes)
    }

    fn geometries(self) -> Result<BinaryViewArray> {
        if let Some(texts) = self.text() {
            return self.read_each(&texts, limits::geometry_from_text);
        }
        let bytes = self.bytes().ok_or_else(|| self.expects("geometries (WKB, or WKT as text)"))?;
        self.check_bytes(&bytes, limits::check_geometry)?;
        Ok(bytes)
    }

    fn check_bytes(
        self,
        values: &BinaryViewArray,
        check: impl Fn(&[u8]) -> std::result::Result<(), String>,
    ) -> Result<()> {
        let mut values = values.iter().enumerate().filter_map(|(row, value)| Some((row, value?)));
        values.try_for_each(|(row, value)| check(value).map_err(|problem| self.value_error(row, problem)))
    }

    fn enum_numbers(self, enumeration: &EnumType) -> Result<Int64Array> {
        let names = self.text().ok_or_else(|| self.expects("names or numbers of an enum"))?;
        self.read_each(&names, |name| limits::enum_number(enumeration, name).map(i64::from))
    }
}

fn in_range(integer: Integer, number: i128) -> std::result::Result<(), String> {
    integer.encode(number).map(drop).ok_or_else(|| integer.expects(number))
}
