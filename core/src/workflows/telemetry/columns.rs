//! Rows as Arrow columns.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::builder::{FixedSizeBinaryBuilder, StringViewBuilder};
use arrow_array::{
    ArrayRef, DurationNanosecondArray, Int32Array, ListArray, RecordBatch, RecordBatchOptions, StructArray,
    TimestampNanosecondArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::extension::EXTENSION_TYPE_NAME_KEY;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};
use uuid::Uuid;

use super::{Attributes, SpanEvent};
use crate::schema::well_known::{UUID_LENGTH, WellKnown};
use crate::schema::{Timestamp, limits};

/// The columns of a table, in order. Every column is nullable.
pub(super) struct Columns {
    rows: usize,
    columns: Vec<(Field, ArrayRef)>,
}

impl Columns {
    pub(super) fn of_rows(rows: usize) -> Self {
        Self { rows, columns: Vec::new() }
    }

    fn push(&mut self, field: Field, column: ArrayRef) {
        self.columns.push((field, column));
    }

    pub(super) fn times(&mut self, name: &str, times: impl Iterator<Item = Option<Timestamp>>) {
        self.push(well_known(name, WellKnown::Timestamp), time_column(times));
    }

    pub(super) fn durations(&mut self, name: &str, durations: impl Iterator<Item = Option<Duration>>) {
        let nanoseconds = durations.map(|duration| i64::try_from(duration?.as_nanos()).ok());
        self.push(well_known(name, WellKnown::Duration), Arc::new(DurationNanosecondArray::from_iter(nanoseconds)));
    }

    pub(super) fn numbers(&mut self, name: &str, numbers: impl Iterator<Item = Option<i32>>) {
        self.push(Field::new(name, DataType::Int32, true), Arc::new(Int32Array::from_iter(numbers)));
    }

    /// Adds texts that are different in most rows.
    pub(super) fn texts<T: AsRef<str>>(&mut self, name: &str, texts: impl Iterator<Item = Option<T>>) {
        self.push(text_field(name), text_column(StringViewBuilder::new(), texts));
    }

    /// Adds texts that are equal in many rows, and stores each of them once.
    pub(super) fn labels<T: AsRef<str>>(&mut self, name: &str, labels: impl Iterator<Item = Option<T>>) {
        self.push(text_field(name), text_column(StringViewBuilder::new().with_deduplicate_strings(), labels));
    }

    pub(super) fn ids(&mut self, name: &str, ids: impl Iterator<Item = Option<Uuid>>) -> Result<(), ArrowError> {
        let mut column = FixedSizeBinaryBuilder::with_capacity(self.rows, UUID_LENGTH as i32);
        for id in ids {
            match id {
                Some(id) => column.append_value(id.as_bytes())?,
                None => column.append_null(),
            }
        }
        self.push(well_known(name, WellKnown::Uuid), Arc::new(column.finish()));
        Ok(())
    }

    /// Adds attributes as JSON objects; null where there are none.
    pub(super) fn attributes<'a>(&mut self, name: &str, attributes: impl Iterator<Item = &'a Attributes>) {
        self.push(json_field(name), json_column(StringViewBuilder::new(), attributes));
    }

    /// Adds attributes that are equal in many rows, and stores each of them once.
    pub(super) fn shared_attributes<'a>(&mut self, name: &str, attributes: impl Iterator<Item = &'a Attributes>) {
        let builder = StringViewBuilder::new().with_deduplicate_strings();
        self.push(json_field(name), json_column(builder, attributes));
    }

    /// Adds lists of events; null where there are none.
    pub(super) fn events<'a>(
        &mut self,
        name: &str,
        rows: impl Iterator<Item = &'a [SpanEvent]> + Clone,
    ) -> Result<(), ArrowError> {
        let events = || rows.clone().flatten();
        let fields =
            Fields::from(vec![well_known("time", WellKnown::Timestamp), text_field("name"), json_field("attributes")]);
        let columns = vec![
            time_column(events().map(SpanEvent::time)),
            text_column(StringViewBuilder::new().with_deduplicate_strings(), events().map(|event| Some(event.name()))),
            json_column(StringViewBuilder::new(), events().map(SpanEvent::attributes)),
        ];
        let events = StructArray::try_new(fields.clone(), columns, None)?;
        let item = Arc::new(Field::new_list_field(DataType::Struct(fields), true));
        let mut offsets = vec![0_i32];
        let mut end = 0_usize;
        for row in rows.clone() {
            end += row.len();
            offsets.push(i32::try_from(end).map_err(|_| ArrowError::OffsetOverflowError(end))?);
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let nulls = NullBuffer::from_iter(rows.map(|row| !row.is_empty()));
        let list = ListArray::try_new(Arc::clone(&item), offsets, Arc::new(events), Some(nulls))?;
        self.push(Field::new(name, DataType::List(item), true), Arc::new(list));
        Ok(())
    }

    pub(super) fn finish(self) -> Result<RecordBatch, ArrowError> {
        let (fields, columns): (Vec<_>, Vec<_>) = self.columns.into_iter().unzip();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
    }
}

fn well_known(name: &str, known: WellKnown) -> Field {
    Field::new(name, known.data_type(), true).with_metadata(known.metadata())
}

fn text_field(name: &str) -> Field {
    Field::new(name, DataType::Utf8View, true)
}

/// Returns the field of JSON text (Arrow, "Canonical Extension Types", "JSON").
fn json_field(name: &str) -> Field {
    let extension = (EXTENSION_TYPE_NAME_KEY.to_owned(), "arrow.json".to_owned());
    text_field(name).with_metadata([extension])
}

fn time_column(times: impl Iterator<Item = Option<Timestamp>>) -> ArrayRef {
    let nanoseconds = times.map(|time| {
        let time = time?;
        limits::nanoseconds(time.unix_seconds(), time.subsec_nanoseconds())
    });
    Arc::new(TimestampNanosecondArray::from_iter(nanoseconds).with_timezone("UTC"))
}

fn text_column<T: AsRef<str>>(mut column: StringViewBuilder, texts: impl Iterator<Item = Option<T>>) -> ArrayRef {
    for text in texts {
        // A text above 4 GiB is longer than any response.
        let is_appended = text.is_some_and(|text| column.try_append_value(text).is_ok());
        if !is_appended {
            column.append_null();
        }
    }
    Arc::new(column.finish())
}

fn json_column<'a>(column: StringViewBuilder, attributes: impl Iterator<Item = &'a Attributes>) -> ArrayRef {
    let texts = attributes.map(|attributes| Some(attributes).filter(|some| !some.is_empty()).map(ToString::to_string));
    text_column(column, texts)
}
