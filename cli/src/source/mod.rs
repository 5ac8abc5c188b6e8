//! Reads tables of any format, and encodes their rows as datapoints.
//!
//! | file | contents |
//! |---|---|
//! | `input` | a file or standard input, also compressed with gzip |
//! | `format` | [`InputFormat`]: names, file extensions, first bytes |
//! | `csv`, `json`, `arrow`, `parquet` | one [`Source`] each |
//! | `feature` | the fields of a GeoJSON feature or a STAC item |
//! | `columns` | the columns that become fields, and their names |
//! | `convert` | values of text and JSON in the form that a field expects |
//! | `encode` | [`Encoder`]: batches to encoded datapoints |
//! | `reader` | a thread that reads and encodes ahead of the requests |
//! | `fault` | [`Fault`]: the error of an input, and its place |

mod arrow;
mod columns;
mod convert;
mod csv;
mod encode;
mod fault;
mod feature;
mod format;
mod input;
mod json;
mod parquet;
mod reader;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::RecordBatch;
use serde_json::Value;

pub(crate) use columns::ColumnChoice;
pub(crate) use convert::{Conversion, Unit};
pub(crate) use encode::Encoder;
pub(crate) use fault::{Fault, Place};
pub(crate) use feature::Features;
pub(crate) use format::InputFormat;
pub(crate) use input::Input;
pub(crate) use reader::Reader;

/// The maximum number of rows of a batch.
const MAX_ROWS: usize = 4096;

/// The maximum size of one row of text or JSON, in bytes.
const MAX_ROW_BYTES: usize = 64 << 20;

/// A table that is read batch by batch.
pub(crate) trait Source: Send {
    /// Returns the names of the columns, or `None` if each row has its own.
    fn columns(&self) -> Option<Vec<String>>;

    /// Returns the names of columns that only describe the place of a geometry for readers, such as bounding boxes.
    fn derived_columns(&self) -> Vec<String> {
        Vec::new()
    }

    /// Reads only the columns with these ascending indexes.
    fn select(&mut self, columns: &[usize]) -> Result<(), Fault>;

    /// Reads the next rows; `None` at the end.
    fn next_batch(&mut self) -> Result<Option<Batch>, Fault>;
}

/// Some rows of a table.
#[derive(Debug)]
pub(crate) enum Batch {
    /// Columns of Arrow, with the number of rows before them.
    Columns(u64, RecordBatch),
    /// Rows of text or JSON.
    Rows(Vec<Row>),
}

/// A row of text or JSON.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    /// The line on which it begins, counted from one; in CSV the empty lines before it belong to it.
    pub(crate) line: u64,
    pub(crate) fields: Vec<(Arc<str>, Value)>,
}

/// Opens a table. The separator is that of CSV; the header tells it otherwise.
pub(crate) fn open(
    input: Input,
    format: InputFormat,
    separator: Option<u8>,
    conversion: &Conversion,
    features: Features,
) -> Result<Box<dyn Source>, Fault> {
    Ok(match format {
        InputFormat::Csv => Box::new(csv::Csv::open(input, separator, conversion.missing())?),
        InputFormat::Json => Box::new(json::Json::new(input.into_reader(), json::Form::Document, features)),
        InputFormat::JsonLines => Box::new(json::Json::new(input.into_reader(), json::Form::Lines, features)),
        InputFormat::ArrowFile => Box::new(arrow::file(input)?),
        InputFormat::ArrowStream => Box::new(arrow::stream(input)?),
        InputFormat::Parquet => Box::new(parquet::Parquet::open(input)?),
    })
}
