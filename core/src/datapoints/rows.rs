//! Datapoints as records of one's own: anything that `serde` can read.

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field};
use serde::de::DeserializeOwned;
use serde_arrow::ErrorKind as Kind;

use super::{Datapoints, leaves};
use crate::datasets::closest;
use crate::error::{Error, Result};

/// The most rows that are prepared at once.
const MAX_ROWS: usize = 65_536;

impl Datapoints {
    /// The datapoints as values of a type that implements [`Deserialize`](serde::Deserialize), one each (feature `rows`).
    ///
    /// Fields are found by their names. A column that is no field is left out; an `Option` that is no column is `None`.
    ///
    /// | column | fields that take it |
    /// |---|---|
    /// | numbers, `bool`, text | numbers it fits, `bool`, `String` |
    /// | time | [`Timestamp`](crate::Timestamp), `chrono::DateTime<Utc>`, `String` (RFC 3339), `i64` (nanoseconds since 1970) |
    /// | duration | `i64` (nanoseconds), `String` (ISO 8601) |
    /// | identifier | [`Uuid`](uuid::Uuid) (its feature `serde`), `String` |
    /// | geometry | [`Footprint`](crate::Footprint), anything that takes bytes |
    /// | enum | an enum of unit variants with these names, `String` |
    /// | bytes | anything that takes bytes, `Vec<u8>` |
    /// | other messages, repeated, map | structs, `Vec`, maps |
    /// | any of them where datapoints have no value | `Option` of it |
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
    /// type of its column. The error names the column, its type and the row.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        let mut rows = Vec::with_capacity(self.len());
        for start in (0..self.len()).step_by(MAX_ROWS) {
            self.slice(start, MAX_ROWS).read_into(&mut rows, start)?;
        }
        Ok(rows)
    }

    fn read_into<T: DeserializeOwned>(&self, rows: &mut Vec<T>, start: usize) -> Result<()> {
        // The deserializer presents itself as a format that people read, where identifiers are text.
        let batch = leaves::map(&self.batch, &leaves::identifier_as_text).map_err(|error| {
            Error::invalid(purpose::<T>(), format!("a column is not usable: {error}"), "select other columns")
                .with_source(error)
        })?;
        let fail = |row, error| explain::<T>(&self.batch, row, error);
        let values = serde_arrow::Deserializer::from_record_batch(&batch).map_err(|error| fail(None, error))?;
        for (row, value) in values.iter().enumerate() {
            rows.push(T::deserialize(value).map_err(|error| fail(Some(start + row), error))?);
        }
        Ok(())
    }
}

/// The error in terms of columns and rows.
fn explain<T>(batch: &RecordBatch, row: Option<usize>, error: serde_arrow::Error) -> Error {
    let said = error.message();
    let said = said.strip_prefix("deserialization failed: ").unwrap_or(said);
    let path = path(&error);
    let row = row.map(|row| format!("row {row}: ")).unwrap_or_default();
    let column = match &path {
        None => "a column".to_owned(),
        Some(path) => match data_type(batch, path) {
            None => format!("the column `{path}`"),
            Some(data_type) => format!("the column `{path}` ({data_type})"),
        },
    };
    let (reason, advice) = match (error.kind(), missing(said)) {
        (Kind::NullabilityViolation { .. }, _) => {
            (format!("{row}{column} has no value"), "make the field an `Option`".to_owned())
        }
        (_, Some(field)) => {
            let names = batch.schema_ref().fields().iter().map(|field| field.name().as_str());
            let there_are = closest::advice(field, names, "there are");
            let advice = format!("{there_are}; a field that may be absent is an `Option`");
            (format!("there is no column `{field}`"), advice)
        }
        _ => {
            let advice = "the documentation of `rows` lists the fields that take each column".to_owned();
            (format!("{row}{column} does not become the field: {said}"), advice)
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

/// The field of which `serde` says that it is missing.
fn missing(said: &str) -> Option<&str> {
    said.strip_prefix("missing field `")?.split('`').next()
}

/// Where the error happened: the names from the column inwards. The deserializer says it in its text alone, which ends
/// with `field: "$.column.member"` among other notes.
fn path(error: &serde_arrow::Error) -> Option<String> {
    let text = error.to_string();
    let (_, path) = text.rsplit_once("field: \"$.")?;
    path.split('"').next().map(str::to_owned)
}

/// The type of what a path leads to; only that of whole columns, as paths inside of them are not unambiguous.
fn data_type<'a>(batch: &'a RecordBatch, path: &str) -> Option<&'a DataType> {
    batch.schema_ref().field_with_name(path).ok().map(Field::data_type)
}

#[cfg(test)]
mod tests;
