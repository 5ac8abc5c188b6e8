//! What types a column may have, and how they become the one in which values are written.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float32Type, Float64Type, Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BinaryViewArray, Int64Array};
use arrow_cast::{CastOptions, cast, cast_with_options};
use arrow_schema::{DataType, TimeUnit};
use uuid::Uuid;

use super::value::Value;
use crate::columns::arrow_type;
use crate::datasets::schema::{DatasetSchema, EnumType, Field, MessageType, ValueType};
use crate::datasets::{Timestamp, spatial};

/// Why a column cannot be that of a field.
pub(super) enum Wrong {
    /// Its type, and what the field takes.
    Type(&'static str),
    /// A value of it, in this row.
    Value(usize, String),
}

/// Whether a message has a column type of its own, so that it is not written as a struct.
pub(super) fn is_leaf(message: &MessageType) -> bool {
    matches!(
        message.full_name(),
        "google.protobuf.Timestamp"
            | "google.protobuf.Duration"
            | "datasets.v1.UUID"
            | "tilebox.v1.ID"
            | "datasets.v1.Geometry"
    )
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
        ValueType::Message(id) => {
            let name = schema.message(*id).map_or("", MessageType::full_name);
            match name {
                "google.protobuf.Timestamp" => Value::Timestamp(timestamps(column)?),
                "google.protobuf.Duration" => Value::Duration(durations(column)?),
                "datasets.v1.UUID" | "tilebox.v1.ID" => Value::Wrapped(identifiers(column)?),
                "datasets.v1.Geometry" => Value::Wrapped(geometries(column)?),
                _ => Value::Encoded(binary(column, "structs, or encoded messages as bytes")?),
            }
        }
    })
}

/// Casts without losing a value: where one does not fit it is named.
fn lossless(column: &ArrayRef, to: &DataType, what: &str) -> Result<ArrayRef, Wrong> {
    if column.data_type() == to {
        return Ok(Arc::clone(column));
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(column, to, &options).map_err(|error| {
        // Arrow does not say which value it is.
        let fails = |row: &usize| cast_with_options(&column.slice(*row, 1), to, &options).is_err();
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
    if !data_type.is_integer() && !data_type.is_floating() {
        return Err(Wrong::Type("numbers"));
    }
    lossless(column, &DataType::Float64, "double")
}

fn float(column: &ArrayRef) -> Result<ArrayRef, Wrong> {
    match column.data_type() {
        DataType::Float16 | DataType::Float32 => lossless(column, &DataType::Float32, "float"),
        _ => Err(Wrong::Type("floating-point numbers of 32 bits")),
    }
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
        // Arrow does not cast these to views at once.
        DataType::FixedSizeBinary(_) => {
            let plain = lossless(column, &DataType::Binary, "bytes")?;
            binary(&plain, expected)
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            Ok(lossless(column, &DataType::BinaryView, "bytes")?.as_binary_view().clone())
        }
        _ => Err(Wrong::Type(expected)),
    }
}

fn timestamps(column: &ArrayRef) -> Result<Int64Array, Wrong> {
    const WHAT: &str = "time between 1677 and 2262";
    let zone = match column.data_type() {
        // The zone only says how to print it.
        DataType::Timestamp(_, zone) => zone.clone(),
        DataType::Date32 | DataType::Date64 => None,
        _ => return written_times(column),
    };
    let times = lossless(column, &DataType::Timestamp(TimeUnit::Nanosecond, zone), WHAT)?;
    Ok(lossless(&times, &DataType::Int64, WHAT)?.as_primitive::<Int64Type>().clone())
}

fn written_times(column: &ArrayRef) -> Result<Int64Array, Wrong> {
    let texts = text(column, "times")?;
    let times = texts.as_string_view().iter().enumerate().map(|(row, text)| match text.map(Timestamp::parse) {
        None => Ok(None),
        Some(Err(error)) => Err(Wrong::Value(row, format!("has a text that is no time: {}", error.reason()))),
        Some(Ok(time)) => {
            let nanoseconds = time.unix_seconds().checked_mul(1_000_000_000);
            let nanoseconds = nanoseconds.and_then(|seconds| seconds.checked_add(time.subsec_nanoseconds().into()));
            let outside = || Wrong::Value(row, format!("has the time {time}, which is not between 1677 and 2262"));
            nanoseconds.map(Some).ok_or_else(outside)
        }
    });
    times.collect()
}

fn durations(column: &ArrayRef) -> Result<Int64Array, Wrong> {
    if !matches!(column.data_type(), DataType::Duration(_)) {
        return Err(Wrong::Type("durations"));
    }
    let durations = lossless(column, &arrow_type::duration(), "duration within 292 years")?;
    Ok(lossless(&durations, &DataType::Int64, "duration")?.as_primitive::<Int64Type>().clone())
}

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
    let geometries = binary(column, "geometries as WKB")?;
    let wrong = geometries.iter().enumerate().find_map(|(row, wkb)| {
        let checked = spatial::parse_wkb(wkb?).and_then(|geometry| spatial::check_rings(&geometry));
        Some(Wrong::Value(row, format!("has a geometry that is not valid: {}", checked.err()?)))
    });
    wrong.map_or(Ok(geometries), Err)
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
