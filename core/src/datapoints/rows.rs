//! Datapoints as records of one's own: anything that `serde` can read.

mod access;
mod cell;
mod error;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};
use serde::de::DeserializeOwned;

use self::access::Members;
use self::error::{Problem, RowError};
use super::Datapoints;
use super::leaves::{self, Leaf};
use crate::arrays;
use crate::error::{Error, Result};
use crate::schema::closest;

/// The most rows that are prepared at once.
const MAX_ROWS: usize = 65_536;

impl Datapoints {
    /// The datapoints as values of a type that implements [`Deserialize`](serde::Deserialize), one each (feature `rows`).
    ///
    /// Fields are found by their names. A column that is no field is left out; an `Option` that is no column is `None`.
    ///
    /// | column | fields that take it |
    /// |---|---|
    /// | numbers, `bool`, text | numbers it fits (`f32` rounds), `bool`, `String` |
    /// | time | [`Timestamp`](crate::Timestamp), [`SystemTime`](std::time::SystemTime), `chrono::DateTime`, `jiff::Timestamp`, `time::OffsetDateTime`, `String` (RFC 3339), `i64` (nanoseconds since 1970) |
    /// | duration | [`Duration`](std::time::Duration), `chrono::TimeDelta`, `jiff::SignedDuration`, `String` (ISO 8601), `i64` (nanoseconds) |
    /// | identifier | [`Uuid`](uuid::Uuid) (its feature `serde`), `String`, `[u8; 16]` |
    /// | geometry | [`Footprint`](crate::Footprint), `String` (WKT), anything that takes bytes, `Vec<u8>` (WKB) |
    /// | enum | an enum of unit variants with these names, with or without the name of the type in front, `String` |
    /// | bytes | anything that takes bytes, `Vec<u8>`, `[u8; N]` |
    /// | other messages, repeated, map | structs, `Vec`, arrays and tuples, maps; an absent list or map is empty |
    /// | any of them where datapoints have no value | `Option` of it |
    ///
    /// What was ingested as [`Records`](crate::Records) is read back as the same values. Some types go one way alone:
    ///
    /// | type | way | because |
    /// |---|---|---|
    /// | `i64` of a time or duration | out | a number does not say its unit, so records refuse it |
    /// | `jiff::Zoned` | in | a datapoint holds no time zone; read `jiff::Timestamp` |
    /// | `chrono::NaiveDateTime`, `chrono::NaiveDate`, `jiff::civil::DateTime` | in, as UTC | what comes out has an offset |
    /// | `time::OffsetDateTime` with the feature `serde-human-readable` | in | it reads a form of its own alone; annotate the field with `#[serde(with = "time::serde::rfc3339")]` |
    /// | the number of an enum | in | the column has names; a number without a name is its text |
    /// | `Some` of an empty list or map | in | comes out as `None`: there is no such thing on the wire |
    ///
    /// ```
    /// use tilebox_core::{Datapoints, Footprint, Timestamp};
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
    /// When a field is no column, a datapoint has no value for a field that is no `Option`, or a field does not take the
    /// value of its column. The error names the row, the column, what it holds and what the field is.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        let mut rows = Vec::with_capacity(self.len());
        for start in (0..self.len()).step_by(MAX_ROWS) {
            self.slice(start, MAX_ROWS).read_into(&mut rows, start)?;
        }
        Ok(rows)
    }

    fn read_into<T: DeserializeOwned>(&self, rows: &mut Vec<T>, start: usize) -> Result<()> {
        let batch = leaves::map(&self.batch, &usual).map_err(|error| {
            Error::invalid(purpose::<T>(), format!("a column is not usable: {error}"), "select other columns")
                .with_source(error)
        })?;
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            let datapoint = Members { fields: schema.fields(), columns: batch.columns(), row };
            rows.push(T::deserialize(datapoint).map_err(|error| explain::<T>(&batch, start + row, error))?);
        }
        Ok(())
    }
}

/// Columns of types that the decoder does not make, as one that it makes.
fn usual(leaf: &Leaf<'_>) -> Result<Option<(Field, ArrayRef)>, ArrowError> {
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
    Ok(Some(leaf.with(arrays::cast(leaf.column, &to)?)))
}

/// The error in terms of columns and rows.
fn explain<T>(batch: &RecordBatch, row: usize, error: RowError) -> Error {
    let (reason, advice) = match error.problem() {
        Problem::NoValue => (format!("row {row}: {error}"), "make the field an `Option`".to_owned()),
        Problem::Missing(field) if error.path().is_empty() => {
            let names = batch.schema_ref().fields().iter().map(|field| field.name().as_str());
            let there_are = closest::advice(field, names, "there are");
            let advice = format!("{there_are}; a field that may be absent is an `Option`");
            (format!("there is no column `{field}`"), advice)
        }
        _ => {
            let advice = "the documentation of `rows` lists the fields that take each column".to_owned();
            (format!("row {row}: {error}"), advice)
        }
    };
    Error::invalid(purpose::<T>(), reason, advice).with_source(error)
}

fn purpose<T>() -> String {
    format!("read datapoints as `{}`", short_name::<T>())
}

/// The last part of the path of a type, as its author wrote it.
fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    let end = name.find('<').unwrap_or(name.len());
    name.get(..end).and_then(|path| path.rfind("::")).and_then(|at| name.get(at + 2..)).unwrap_or(name)
}

#[cfg(test)]
mod inverse;
#[cfg(test)]
mod tests;
