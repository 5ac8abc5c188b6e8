//! What types a column may have, and how they become the one in which values are written.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type, Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BinaryViewArray, Int64Array, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};
use uuid::Uuid;

use super::value::Value;
use crate::arrays::cast;
use crate::columns::arrow_type;
use crate::schema::Timestamp;
use crate::schema::geometry::GeometryError;
use crate::schema::meaning::{self, DURATION_RANGE, TIME_RANGE, WellKnown, double_as_float, whole_as_double};
use crate::schema::{DatasetSchema, EnumType, Field, ValueType, duration, geometry};

/// Why a column cannot be that of a field.
pub(super) enum Wrong {
    /// Its type, and what the field takes.
    Type(&'static str),
    /// A value of it, in this row.
    Value(usize, String),
}

/// Any form of lists as the usual one.
pub(super) fn to_list(column: &ArrayRef) -> Option<ArrayRef> {
    let item = match column.data_type() {
        DataType::List(_) => return Some(Arc::clone(column)),
        DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => item,
        _ => return None,
    };
    cast(column, &DataType::List(Arc::clone(item))).ok()
}

pub(super) fn to_value(schema: &DatasetSchema, field: &Field, column: &ArrayRef) -> Result<Value, Wrong> {
    Ok(match field.value_type() {
        ValueType::Double => Value::Double(double(column)?.as_primitive::<Float64Type>().clone()),
        ValueType::Float => Value::Float(float(column)?.as_primitive::<Float32Type>().clone()),
        ValueType::Int32 => Value::Signed(signed(column, &DataType::Int32)?),
        ValueType::Int64 => Value::Signed(signed(column, &DataType::Int64)?),
        ValueType::Uint32 => Value::Unsigned(unsigned(column, &DataType::UInt32)?),
        ValueType::Uint64 => Value::Unsigned(unsigned(column, &DataType::UInt64)?),
        ValueType::Sint32 => Value::Zigzag(signed(column, &DataType::Int32)?),
        ValueType::Sint64 => Value::Zigzag(signed(column, &DataType::Int64)?),
        ValueType::Fixed32 => Value::Fixed32(unsigned(column, &DataType::UInt32)?),
        ValueType::Fixed64 => Value::Fixed64(unsigned(column, &DataType::UInt64)?),
        ValueType::Sfixed32 => Value::Sfixed32(signed(column, &DataType::Int32)?),
        ValueType::Sfixed64 => Value::Sfixed64(signed(column, &DataType::Int64)?),
        ValueType::Bool => Value::Bool(column.as_boolean_opt().ok_or(Wrong::Type("booleans"))?.clone()),
        ValueType::String => Value::Text(text(column, "text")?.as_string_view().clone()),
        ValueType::Bytes => Value::Bytes(binary(column, "bytes")?),
        ValueType::Enum(enumeration) => Value::Signed(enum_numbers(enumeration, column)?),
        ValueType::Message(id) => match schema.message(*id).and_then(WellKnown::of) {
            Some(WellKnown::Timestamp) => Value::Timestamp(timestamps(column)?),
            Some(WellKnown::Duration) => Value::Duration(durations(column)?),
            Some(WellKnown::Uuid) => Value::Wrapped(identifiers(column)?),
            Some(WellKnown::Geometry) => Value::Wrapped(geometries(column)?),
            None => Value::Encoded(binary(column, "structs, or encoded messages as bytes")?),
        },
    })
}

/// Casts without losing a value: where one does not fit it is named.
fn lossless(column: &ArrayRef, to: &DataType, what: &str) -> Result<ArrayRef, Wrong> {
    if column.data_type() == to {
        return Ok(Arc::clone(column));
    }
    cast(column, to).map_err(|error| {
        // The error does not say which row it is.
        let fails = |row: &usize| cast(&column.slice(*row, 1), to).is_err();
        let row = (0..column.len()).find(fails).unwrap_or_default();
        Wrong::Value(row, format!("has a value that is no {what}: {error}"))
    })
}

fn signed(column: &ArrayRef, width: &DataType) -> Result<Int64Array, Wrong> {
    let whole = whole_numbers(column)?;
    let narrowed = lossless(&whole, width, if *width == DataType::Int32 { "int32" } else { "int64" })?;
    Ok(lossless(&narrowed, &DataType::Int64, "int64")?.as_primitive::<Int64Type>().clone())
}

fn unsigned(column: &ArrayRef, width: &DataType) -> Result<arrow_array::UInt64Array, Wrong> {
    let whole = whole_numbers(column)?;
    let narrowed = lossless(&whole, width, if *width == DataType::UInt32 { "uint32" } else { "uint64" })?;
    Ok(lossless(&narrowed, &DataType::UInt64, "uint64")?.as_primitive::<UInt64Type>().clone())
}

fn whole_numbers(column: &ArrayRef) -> Result<ArrayRef, Wrong> {
    if column.data_type().is_integer() { Ok(Arc::clone(column)) } else { Err(Wrong::Type("whole numbers")) }
}

fn double(column: &ArrayRef) -> Result<ArrayRef, Wrong> {
    let data_type = column.data_type();
    if !data_type.is_integer() {
        return if data_type.is_floating() {
            lossless(column, &DataType::Float64, "double")
        } else {
            Err(Wrong::Type("numbers"))
        };
    }
    let wide = match data_type {
        DataType::UInt64 => check_each(column.as_primitive::<UInt64Type>(), |number| whole_as_double(number.into()))
            .map_err(|(row, number)| (row, i128::from(number))),
        DataType::Int64 => check_each(column.as_primitive::<Int64Type>(), |number| whole_as_double(number.into()))
            .map_err(|(row, number)| (row, i128::from(number))),
        // Narrower ones are all exact.
        _ => Ok(()),
    };
    wide.map_err(|(row, number)| Wrong::Value(row, format!("has the number {number}, {NOT_A_DOUBLE}")))?;
    lossless(column, &DataType::Float64, "double")
}

fn float(column: &ArrayRef) -> Result<ArrayRef, Wrong> {
    if matches!(column.data_type(), DataType::Float16 | DataType::Float32) {
        return lossless(column, &DataType::Float32, "float");
    }
    let numbers = double(column)?;
    check_each(numbers.as_primitive::<Float64Type>(), double_as_float)
        .map_err(|(row, number)| Wrong::Value(row, format!("has the number {number:?}, {NOT_A_FLOAT}")))?;
    lossless(&numbers, &DataType::Float32, "float")
}

/// The first value that a conversion refuses, with its row.
fn check_each<T: ArrowPrimitiveType, U>(
    column: &PrimitiveArray<T>,
    convert: impl Fn(T::Native) -> Option<U>,
) -> Result<(), (usize, T::Native)> {
    let mut values = column.iter().enumerate().filter_map(|(row, value)| Some((row, value?)));
    values.find(|(_, value)| convert(*value).is_none()).map_or(Ok(()), Err)
}

fn text(column: &ArrayRef, expected: &'static str) -> Result<ArrayRef, Wrong> {
    let is_text = match column.data_type() {
        DataType::Dictionary(_, values) => values.is_string(),
        data_type => data_type.is_string(),
    };
    if is_text { lossless(column, &DataType::Utf8View, "text") } else { Err(Wrong::Type(expected)) }
}

fn binary(column: &ArrayRef, expected: &'static str) -> Result<BinaryViewArray, Wrong> {
    match column.data_type() {
        DataType::FixedSizeBinary(_) | DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            Ok(lossless(column, &DataType::BinaryView, "bytes")?.as_binary_view().clone())
        }
        _ => Err(Wrong::Type(expected)),
    }
}

fn timestamps(column: &ArrayRef) -> Result<Int64Array, Wrong> {
    let what = format!("time {TIME_RANGE}");
    let zone = match column.data_type() {
        // The zone only says how to print it.
        DataType::Timestamp(_, zone) => zone.clone(),
        DataType::Date32 | DataType::Date64 => None,
        _ => return written_times(column),
    };
    let times = lossless(column, &DataType::Timestamp(TimeUnit::Nanosecond, zone), &what)?;
    Ok(lossless(&times, &DataType::Int64, &what)?.as_primitive::<Int64Type>().clone())
}

fn written_times(column: &ArrayRef) -> Result<Int64Array, Wrong> {
    let texts = text(column, "times")?;
    let times = texts.as_string_view().iter().enumerate().map(|(row, text)| match text.map(Timestamp::parse) {
        None => Ok(None),
        Some(Err(error)) => Err(Wrong::Value(row, format!("has a text that is no time: {}", error.reason()))),
        Some(Ok(time)) => {
            let nanoseconds = meaning::nanoseconds(time.unix_seconds(), time.subsec_nanoseconds().into());
            nanoseconds.map(Some).ok_or_else(|| Wrong::Value(row, time_out_of_range(time)))
        }
    });
    times.collect()
}

fn durations(column: &ArrayRef) -> Result<Int64Array, Wrong> {
    if !matches!(column.data_type(), DataType::Duration(_)) {
        return written_durations(column);
    }
    let durations = lossless(column, &arrow_type::duration(), &format!("duration {DURATION_RANGE}"))?;
    Ok(lossless(&durations, &DataType::Int64, "duration")?.as_primitive::<Int64Type>().clone())
}

fn written_durations(column: &ArrayRef) -> Result<Int64Array, Wrong> {
    let texts = text(column, "durations")?;
    let durations = texts.as_string_view().iter().enumerate().map(|(row, text)| {
        text.map(|text| duration_of_text(text).map_err(|problem| Wrong::Value(row, problem))).transpose()
    });
    durations.collect()
}

/// The nanoseconds of a duration in ISO 8601.
pub(crate) fn duration_of_text(text: &str) -> Result<i64, String> {
    let nanoseconds = duration::read(text).map_err(|problem| format!("has the text `{text}`: {problem}"))?;
    i64::try_from(nanoseconds).map_err(|_| format!("has the duration {text}, which is not {DURATION_RANGE}"))
}

/// What is wrong with a time that no column holds.
pub(crate) fn time_out_of_range(time: Timestamp) -> String {
    format!("has the time {time}, which is not {TIME_RANGE}: leave the field out where there is no end")
}

/// Why a whole number is refused for a `double`, after the number.
pub(crate) const NOT_A_DOUBLE: &str = "and a double holds whole numbers up to 2^53 alone";

/// Why a number is refused for a `float`, after the number.
pub(crate) const NOT_A_FLOAT: &str = "which a float does not hold exactly: round it to 32 bits first";

fn identifiers(column: &ArrayRef) -> Result<BinaryViewArray, Wrong> {
    const EXPECTED: &str = "identifiers: 16 bytes, or text";
    if let Ok(written) = text(column, EXPECTED) {
        let written = written.as_string_view();
        let read = written.iter().enumerate().map(|(row, text)| match text.map(Uuid::try_parse) {
            Some(Err(error)) => Err(Wrong::Value(row, format!("has a text that is no identifier: {error}"))),
            read => Ok(read.and_then(Result::ok).map(|id| id.as_bytes().to_vec())),
        });
        let read: Vec<Option<Vec<u8>>> = read.collect::<Result<_, _>>()?;
        return Ok(read.into_iter().collect());
    }
    let bytes = binary(column, EXPECTED)?;
    let wrong = bytes.iter().position(|id| id.is_some_and(|id| id.len() != 16));
    match wrong {
        Some(row) => Err(Wrong::Value(row, "has an identifier that has not 16 bytes".to_owned())),
        None => Ok(bytes),
    }
}

fn geometries(column: &ArrayRef) -> Result<BinaryViewArray, Wrong> {
    const EXPECTED: &str = "geometries: WKB, or WKT as text";
    if let Ok(written) = text(column, EXPECTED) {
        let read = written.as_string_view().iter().enumerate().map(|(row, text)| {
            let read = text.map(geometry::from_text).transpose();
            read.map_err(|problem| Wrong::Value(row, invalid_geometry(&problem)))
        });
        let read: Vec<Option<Vec<u8>>> = read.collect::<Result<_, _>>()?;
        return Ok(read.into_iter().collect());
    }
    let geometries = binary(column, EXPECTED)?;
    let wrong = geometries.iter().enumerate().find_map(|(row, wkb)| {
        let problem = geometry::check(wkb?).err()?;
        Some(Wrong::Value(row, invalid_geometry(&problem)))
    });
    wrong.map_or(Ok(geometries), Err)
}

fn invalid_geometry(problem: &GeometryError) -> String {
    format!("has a geometry that is not valid: {problem}")
}

/// The number that a name or a number of an enum stands for.
pub(crate) fn enum_number(enumeration: &EnumType, name: &str) -> Option<i32> {
    let values = enumeration.values();
    let known = values.iter().find(|value| value.short_name == name || value.name == name);
    known.map(|value| value.number).or_else(|| name.parse().ok())
}

fn enum_numbers(enumeration: &EnumType, column: &ArrayRef) -> Result<Int64Array, Wrong> {
    if column.data_type().is_integer() {
        return signed(column, &DataType::Int32);
    }
    let names = text(column, "names or numbers of an enum")?;
    let numbers = names.as_string_view().iter().enumerate().map(|(row, name)| {
        let Some(name) = name else { return Ok(None) };
        let number = enum_number(enumeration, name);
        number.map(|number| Some(i64::from(number))).ok_or_else(|| Wrong::Value(row, unknown_name(enumeration, name)))
    });
    numbers.collect()
}

pub(crate) fn unknown_name(enumeration: &EnumType, name: &str) -> String {
    if enumeration.values().is_empty() {
        return format!("has the value `{name}`, and {} is not described: give its number", enumeration.full_name());
    }
    let known: Vec<_> = enumeration.values().iter().map(|value| value.short_name.as_str()).collect();
    format!("has the value `{name}`, which is none of {}", known.join(", "))
}
