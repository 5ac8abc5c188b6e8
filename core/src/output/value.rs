//! One value as JSON.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    DurationNanosecondType, Float32Type, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field, Fields};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::geometry::to_geojson;
use crate::arrays::print;
use crate::schema::well_known::WellKnown;
use crate::schema::{Timestamp, duration, geometry};

/// The form of geometries in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Geometries {
    /// WKT, which keeps measures and the order of rings.
    Text,
    /// GeoJSON; null if a coordinate is not finite.
    GeoJson,
}

/// Converts the value in a row: times to RFC 3339, durations to ISO 8601, identifiers and enums to text, geometries to
/// the given form, bytes to base64, structs and maps to objects, lists to arrays, nulls and numbers that are not finite
/// to null.
pub(super) fn json(field: &Field, column: &dyn Array, row: usize, geometries: Geometries) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    typed(field, column, row, geometries).unwrap_or_else(|| Value::from(print(column, row)))
}

fn typed(field: &Field, column: &dyn Array, row: usize, geometries: Geometries) -> Option<Value> {
    if let Some(known) = WellKnown::of_column(field) {
        return well_known(known, column, row, geometries);
    }
    Some(match column.data_type() {
        DataType::Boolean => Value::from(column.as_boolean_opt()?.value(row)),
        DataType::Int32 => Value::from(column.as_primitive_opt::<Int32Type>()?.value(row)),
        DataType::Int64 => Value::from(column.as_primitive_opt::<Int64Type>()?.value(row)),
        DataType::UInt32 => Value::from(column.as_primitive_opt::<UInt32Type>()?.value(row)),
        DataType::UInt64 => Value::from(column.as_primitive_opt::<UInt64Type>()?.value(row)),
        // Via text, so that 0.1 stays 0.1 in double precision.
        DataType::Float32 => {
            column.as_primitive_opt::<Float32Type>()?.value(row).to_string().parse::<f64>().ok()?.into()
        }
        DataType::Float64 => Value::from(column.as_primitive_opt::<Float64Type>()?.value(row)),
        DataType::Utf8 => Value::from(column.as_string_opt::<i32>()?.value(row)),
        DataType::Binary => Value::from(BASE64_STANDARD.encode(column.as_binary_opt::<i32>()?.value(row))),
        DataType::Struct(fields) => object(fields, column.as_struct_opt()?.columns(), row, geometries),
        DataType::List(item) => {
            let items = column.as_list_opt::<i32>()?.value(row);
            Value::from((0..items.len()).map(|index| json(item, &items, index, geometries)).collect::<Vec<_>>())
        }
        DataType::Map(entries, _) => {
            let DataType::Struct(fields) = entries.data_type() else { return None };
            let entries = column.as_map_opt()?.value(row);
            let [key, value] = fields.as_ref() else { return None };
            let [keys, values] = entries.columns() else { return None };
            let pairs = (0..entries.len())
                .map(|index| (text(json(key, keys, index, geometries)), json(value, values, index, geometries)));
            Value::Object(pairs.collect())
        }
        _ => return None,
    })
}

fn well_known(known: WellKnown, column: &dyn Array, row: usize, geometries: Geometries) -> Option<Value> {
    Some(match known {
        WellKnown::Timestamp => {
            let nanoseconds = column.as_primitive_opt::<TimestampNanosecondType>()?.value(row);
            Value::from(Timestamp::from_nanoseconds(nanoseconds).to_string())
        }
        WellKnown::Duration => {
            Value::from(duration::format(column.as_primitive_opt::<DurationNanosecondType>()?.value(row).into()))
        }
        WellKnown::Uuid => {
            Value::from(Uuid::from_slice(column.as_fixed_size_binary_opt()?.value(row)).ok()?.to_string())
        }
        WellKnown::Geometry => {
            let wkb = column.as_binary_opt::<i32>()?.value(row);
            match geometries {
                Geometries::Text => Value::from(geometry::to_text(wkb).unwrap_or_else(|_| BASE64_STANDARD.encode(wkb))),
                Geometries::GeoJson => geojson(wkb),
            }
        }
    })
}

/// Converts WKB to a GeoJSON geometry.
fn geojson(wkb: &[u8]) -> Value {
    let geometry = to_geojson(wkb).ok().flatten();
    if geometry.is_none() {
        tracing::warn!("a geometry has a coordinate that is not finite; its JSON is null");
    }
    geometry.and_then(|geometry| serde_json::to_value(geometry).ok()).unwrap_or_default()
}

/// Converts the columns of a row to an object.
fn object(fields: &Fields, columns: &[arrow_array::ArrayRef], row: usize, geometries: Geometries) -> Value {
    let members = fields.iter().zip(columns);
    Value::Object(members.map(|(field, column)| (field.name().clone(), json(field, column, row, geometries))).collect())
}

/// Converts the columns with these indexes in a row to the properties of a feature, with geometries as WKT.
pub(super) fn properties(batch: &RecordBatch, indexes: &[usize], row: usize) -> Map<String, Value> {
    let schema = batch.schema_ref();
    let members = indexes.iter().filter_map(|index| {
        let (field, column) = (schema.fields().get(*index)?, batch.columns().get(*index)?);
        Some((field.name().clone(), json(field, column, row, Geometries::Text)))
    });
    members.collect()
}

/// Converts a value to text: text as it is, null to empty text, other values to JSON.
pub(super) fn text(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}
