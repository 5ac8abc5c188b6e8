//! Comparison of columns with a dynamic message.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    DurationNanosecondType, Float32Type, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, RecordBatch, StructArray};
use prost_reflect::{DynamicMessage, Kind, MapKey, ReflectMessage, Value};

/// Compares a row and returns the number of compared values, or the first difference.
pub(crate) fn row(expected: &DynamicMessage, batch: &RecordBatch, row: usize) -> Result<usize, String> {
    fields(expected, &StructArray::from(batch.clone()), row, false)
}

/// Absent fields without presence are zero in messages `inside` a datapoint, and null in the datapoint itself.
fn fields(expected: &DynamicMessage, columns: &StructArray, row: usize, inside: bool) -> Result<usize, String> {
    let mut compared = 0;
    for field in expected.descriptor().fields() {
        let name = field.name();
        let column = columns.column_by_name(name).ok_or_else(|| format!("there is no column {name}"))?;
        let is_zero = inside && !field.supports_presence() && !field.is_list() && !field.is_map();
        let found = if is_zero || expected.has_field(&field) {
            value(&expected.get_field(&field), &field.kind(), column, row)
        } else {
            same(column.is_null(row))
        };
        compared += found.map_err(|at| format!("{name}: {at} from {:?}", expected.get_field(&field)))?;
    }
    Ok(compared)
}

fn same(is_same: bool) -> Result<usize, String> {
    if is_same { Ok(1) } else { Err("differs".to_owned()) }
}

fn value(expected: &Value, kind: &Kind, column: &dyn Array, row: usize) -> Result<usize, String> {
    match expected {
        Value::List(items) => list(items, kind, column, row),
        Value::Map(entries) => {
            if column.is_null(row) {
                return same(entries.is_empty());
            }
            let Kind::Message(entry) = kind else { return Err("a map without entries".to_owned()) };
            let found = column.as_map().value(row);
            let (keys, values) = (found.column(0), found.column(1));
            let mut compared = same(entries.len() == found.len())?;
            for index in 0..found.len() {
                let key = map_key(keys, index);
                let expected = entries.get(&key).ok_or_else(|| format!("unexpected key {key:?}"))?;
                compared += value(expected, &entry.map_entry_value_field().kind(), values, index)?;
            }
            Ok(compared)
        }
        Value::Message(message) => self::message(message, column, row),
        _ if column.is_null(row) => Err(format!("null instead of {expected:?}")),
        scalar => same(is_same_scalar(scalar, kind, column, row)).map_err(|at| format!("{at} from {scalar:?}")),
    }
}

fn list(items: &[Value], kind: &Kind, column: &dyn Array, row: usize) -> Result<usize, String> {
    if column.is_null(row) {
        return same(items.is_empty());
    }
    let found = column.as_list::<i32>().value(row);
    let mut compared = same(found.len() == items.len())?;
    for (index, item) in items.iter().enumerate() {
        compared += value(item, kind, &found, index).map_err(|at| format!("[{index}]: {at}"))?;
    }
    Ok(compared)
}

fn message(expected: &DynamicMessage, column: &dyn Array, row: usize) -> Result<usize, String> {
    let descriptor = expected.descriptor();
    let number = |number| expected.get_field_by_number(number).map(std::borrow::Cow::into_owned);
    let nanoseconds = || {
        let seconds = number(1).and_then(|value| value.as_i64()).unwrap_or_default();
        let nanos = number(2).and_then(|value| value.as_i32()).unwrap_or_default();
        i64::try_from(i128::from(seconds) * 1_000_000_000 + i128::from(nanos)).ok()
    };
    let bytes = || number(1).and_then(|value| value.as_bytes().cloned()).unwrap_or_default();
    let is_valid = column.is_valid(row);
    same(match descriptor.full_name() {
        "google.protobuf.Timestamp" | "google.protobuf.Duration" if nanoseconds().is_none() => !is_valid,
        "google.protobuf.Timestamp" => {
            is_valid && nanoseconds() == Some(column.as_primitive::<TimestampNanosecondType>().value(row))
        }
        "google.protobuf.Duration" => {
            is_valid && nanoseconds() == Some(column.as_primitive::<DurationNanosecondType>().value(row))
        }
        "datasets.v1.UUID" if is_valid => column.as_fixed_size_binary().value(row) == bytes(),
        "datasets.v1.Geometry" if is_valid => column.as_binary_view().value(row) == bytes(),
        "datasets.v1.UUID" => bytes().len() != 16,
        "datasets.v1.Geometry" => bytes().is_empty(),
        _ if is_valid => return fields(expected, column.as_struct(), row, true),
        _ => false,
    })
}

fn map_key(keys: &dyn Array, index: usize) -> MapKey {
    match keys.data_type() {
        arrow_schema::DataType::Boolean => MapKey::Bool(keys.as_boolean().value(index)),
        arrow_schema::DataType::Int32 => MapKey::I32(keys.as_primitive::<Int32Type>().value(index)),
        arrow_schema::DataType::Int64 => MapKey::I64(keys.as_primitive::<Int64Type>().value(index)),
        arrow_schema::DataType::UInt64 => MapKey::U64(keys.as_primitive::<UInt64Type>().value(index)),
        _ => MapKey::String(keys.as_string_view().value(index).to_owned()),
    }
}

fn is_same_scalar(expected: &Value, kind: &Kind, column: &dyn Array, row: usize) -> bool {
    match expected {
        Value::Bool(value) => column.as_boolean().value(row) == *value,
        Value::I32(value) => column.as_primitive::<Int32Type>().value(row) == *value,
        Value::I64(value) => column.as_primitive::<Int64Type>().value(row) == *value,
        Value::U32(value) => column.as_primitive::<UInt32Type>().value(row) == *value,
        Value::U64(value) => column.as_primitive::<UInt64Type>().value(row) == *value,
        // The bits, because NaN differs from itself.
        Value::F32(value) => column.as_primitive::<Float32Type>().value(row).to_bits() == value.to_bits(),
        Value::F64(value) => column.as_primitive::<Float64Type>().value(row).to_bits() == value.to_bits(),
        Value::String(value) => column.as_string_view().value(row) == value,
        Value::Bytes(value) => column.as_binary_view().value(row) == value,
        Value::EnumNumber(number) => {
            let dictionary = column.as_dictionary::<Int32Type>();
            let key = dictionary.key(row).unwrap_or_default();
            let found = dictionary.values().as_string::<i32>().value(key);
            let Kind::Enum(enumeration) = kind else { return false };
            match enumeration.get_value(*number) {
                Some(value) => value.name().ends_with(found),
                None => found == number.to_string(),
            }
        }
        _ => false,
    }
}
