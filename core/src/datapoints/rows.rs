//! Datapoints as values of user types, deserialized by `serde`.

mod access;
mod cell;
mod error;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};
use serde::de::DeserializeOwned;

use self::access::Row;
use self::error::{Problem, RowError};
use super::Datapoints;
use super::leaves::{self, Leaf};
use crate::arrays;
use crate::error::{Error, Result};
use crate::schema::closest;

/// Maximum number of rows that are converted at once.
const MAX_ROWS: usize = 65_536;

impl Datapoints {
    /// Deserializes each datapoint as a value of a type that implements [`Deserialize`](serde::Deserialize) (feature
    /// `rows`).
    ///
    /// Fields are matched to columns by name. Other columns are ignored; an `Option` without a column is `None`.
    ///
    /// | column | field types |
    /// |---|---|
    /// | number, `bool`, text | number types that hold the value (`f32` rounds), `bool`, `String` |
    /// | time | [`Timestamp`](crate::Timestamp), [`SystemTime`](std::time::SystemTime), `chrono::DateTime`, `jiff::Timestamp`, `time::OffsetDateTime`, `String` (RFC 3339), `i64` (nanoseconds since 1970) |
    /// | duration | [`Duration`](std::time::Duration), `chrono::TimeDelta`, `jiff::SignedDuration`, `String` (ISO 8601), `i64` (nanoseconds) |
    /// | identifier | [`Uuid`](uuid::Uuid) (its feature `serde`), `String`, `[u8; 16]` |
    /// | geometry | [`Footprint`](crate::Footprint), `String` (WKT), byte types and `Vec<u8>` (WKB) |
    /// | enum | an enum of unit variants with these names, with or without the type name as prefix, `String` |
    /// | bytes | byte types, `Vec<u8>`, `[u8; N]` |
    /// | other message, repeated, map | structs, `Vec`, arrays and tuples, maps; an absent list or map is empty |
    /// | any column with nulls | `Option` of its type |
    ///
    /// Ingested [`Records`](crate::Records) are read back as equal values. Some types work in one direction only:
    ///
    /// | type | direction | reason |
    /// |---|---|---|
    /// | `i64` for a time or duration | reading | records reject it, because its unit would be ambiguous |
    /// | `jiff::Zoned` | ingesting | datapoints have no time zone; read `jiff::Timestamp` |
    /// | `chrono::NaiveDateTime`, `chrono::NaiveDate`, `jiff::civil::DateTime` | ingesting, as UTC | times are read with an offset |
    /// | `time::OffsetDateTime` with the feature `serde-human-readable` | ingesting | it reads only its own format; annotate the field with `#[serde(with = "time::serde::rfc3339")]` |
    /// | the number of an enum | ingesting | the column contains names; a number without a name is read as its text |
    /// | `Some` of an empty list or map | ingesting | it is read as `None`, because the wire format does not distinguish them |
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::{Datapoints, Footprint, Timestamp};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Scene {
    ///     time: Timestamp,
    ///     granule_name: String,
    ///     cloud_cover: Option<f64>,
    ///     geometry: Footprint,
    /// }
    ///
    /// # fn example(datapoints: Datapoints) -> tilebox_core::Result<()> {
    /// for scene in datapoints.rows::<Scene>()? {
    ///     println!("{} {} {:?}", scene.time, scene.granule_name, scene.cloud_cover);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When a field has no column, a value is null and its field is not an `Option`, or a field cannot hold a value. The
    /// error names the row, the column with its type, and the type of the field.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        let mut rows = Vec::with_capacity(self.len());
        for start in (0..self.len()).step_by(MAX_ROWS) {
            self.slice(start, MAX_ROWS).read_into(&mut rows, start)?;
        }
        Ok(rows)
    }

    fn read_into<T: DeserializeOwned>(&self, rows: &mut Vec<T>, start: usize) -> Result<()> {
        let batch = leaves::map(&self.batch, &to_decoder_type).map_err(|error| {
            let reason = format!("a column cannot be converted: {error}");
            Error::invalid(purpose::<T>(), reason, "select other columns").with_source(error)
        })?;
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            let datapoint = Row { fields: schema.fields(), columns: batch.columns(), row };
            rows.push(T::deserialize(datapoint).map_err(|error| to_error::<T>(&batch, start + row, error))?);
        }
        Ok(())
    }
}

/// Converts a column to a type that the decoder produces.
fn to_decoder_type(leaf: &Leaf<'_>) -> Result<Option<(Field, ArrayRef)>, ArrowError> {
    let to = match leaf.column.data_type() {
        DataType::Int8 | DataType::Int16 => DataType::Int32,
        DataType::UInt8 | DataType::UInt16 => DataType::UInt32,
        DataType::Float16 => DataType::Float32,
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::FixedSizeBinary(size) if *size != 16 => DataType::BinaryView,
        DataType::Timestamp(unit, zone) if *unit != TimeUnit::Nanosecond => {
            DataType::Timestamp(TimeUnit::Nanosecond, zone.clone())
        }
        DataType::Date32 | DataType::Date64 => DataType::Timestamp(TimeUnit::Nanosecond, None),
        DataType::Duration(unit) if *unit != TimeUnit::Nanosecond => DataType::Duration(TimeUnit::Nanosecond),
        DataType::Dictionary(key, value) if **key != DataType::Int32 || **value != DataType::Utf8 => {
            value.as_ref().clone()
        }
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) => DataType::List(Arc::clone(item)),
        _ => return Ok(None),
    };
    let converted = arrays::cast(leaf.column, &to);
    let converted = converted.map_err(|error| ArrowError::CastError(format!("`{}`: {error}", leaf.field.name())))?;
    Ok(Some(leaf.with(converted)))
}

/// Converts an error, naming columns and rows.
fn to_error<T>(batch: &RecordBatch, row: usize, error: RowError) -> Error {
    let (reason, advice) = match error.problem() {
        Problem::NoValue => (format!("row {row}: {error}"), "make the field an `Option`".to_owned()),
        Problem::Missing(field) if error.path().is_empty() => {
            let names = batch.schema_ref().fields().iter().map(|field| field.name().as_str());
            let columns = closest::advice(field, names, "columns are");
            let advice = format!("{columns}; make an optional field an `Option`");
            (format!("there is no column `{field}`"), advice)
        }
        _ => {
            let advice = "the documentation of `rows` lists the field types of each column".to_owned();
            (format!("row {row}: {error}"), advice)
        }
    };
    Error::invalid(purpose::<T>(), reason, advice).with_source(error)
}

fn purpose<T>() -> String {
    format!("read datapoints as `{}`", short_name::<T>())
}

/// Returns the last segment of the path of a type.
fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    let end = name.find('<').unwrap_or(name.len());
    name.get(..end).and_then(|path| path.rfind("::")).and_then(|at| name.get(at + 2..)).unwrap_or(name)
}
