//! Batches to encoded datapoints.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, DurationNanosecondType, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow_schema::Schema;
use bytes::Bytes;
use tilebox_tokio::datasets::{DatapointEncoder, EncodeError, IntoDatapoints, Records};
use tilebox_tokio::schema::DatasetSchema;
use tilebox_tokio::{Datapoints, Error};

use super::columns::Plan;
use super::convert::{Cell, Kind};
use super::{Batch, ColumnChoice, Conversion, Fault, Features, Place, Row, Source, Unit};

const ADVICE: &str = "correct the value, or leave the column out with --columns";

/// Encodes the rows of one input.
pub(crate) struct Encoder {
    schema: Arc<DatasetSchema>,
    encoder: DatapointEncoder,
    choice: ColumnChoice,
    conversion: Conversion,
    /// The fields of columns of Arrow.
    plan: Vec<Arc<str>>,
    /// The fields of the names of rows.
    fields: HashMap<Arc<str>, Option<Arc<str>>>,
}

impl Encoder {
    pub(crate) fn new(schema: &Arc<DatasetSchema>, choice: ColumnChoice, conversion: Conversion) -> Self {
        Self {
            schema: Arc::clone(schema),
            encoder: DatapointEncoder::new(schema),
            choice,
            conversion,
            plan: Vec::new(),
            fields: HashMap::new(),
        }
    }

    /// Selects the columns of a source that become fields.
    ///
    /// # Errors
    ///
    /// When the columns do not fit the dataset.
    pub(crate) fn prepare(&mut self, source: &mut dyn Source) -> Result<(), Fault> {
        let Some(names) = source.columns() else { return Ok(()) };
        let features = Features::new(&self.schema);
        let Plan { indexes, fields } = self.choice.plan(&self.schema, &features, &names, &source.derived_columns())?;
        source.select(&indexes)?;
        self.fields = indexes
            .iter()
            .zip(&fields)
            .filter_map(|(index, field)| Some((Arc::from(names.get(*index)?.as_str()), Some(Arc::clone(field)))))
            .collect();
        self.plan = fields;
        Ok(())
    }

    /// Encodes the rows of a batch in their order.
    ///
    /// # Errors
    ///
    /// When a row does not fit the dataset.
    pub(crate) fn encode(&mut self, batch: Batch) -> Result<Vec<Bytes>, Fault> {
        match batch {
            Batch::Columns(before, batch) => self.encode_columns(before, &batch),
            Batch::Rows(rows) => self.encode_rows(rows),
        }
    }

    fn encode_columns(&self, before: u64, batch: &RecordBatch) -> Result<Vec<Bytes>, Fault> {
        let invalid = |error: &dyn std::error::Error| Fault::new(error.to_string(), ADVICE);
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).zip(&self.plan);
        let columns = columns.map(|((column, values), field)| {
            let values = self.adapt(field, values)?;
            let column = column.as_ref().clone().with_name(field.as_ref()).with_nullable(true);
            Ok((column.with_data_type(values.data_type().clone()), values))
        });
        let (fields, columns): (Vec<_>, Vec<_>) = columns.collect::<Result<Vec<_>, Fault>>()?.into_iter().unzip();
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &rows);
        let mut datapoints = Datapoints::new(batch.map_err(|error| invalid(&error))?);
        if !self.conversion.keeps_nan {
            datapoints = datapoints.nan_as_null().map_err(|error| invalid(&error))?;
        }
        datapoints
            .into_messages(&self.encoder)
            .map_err(|error| fault(&error, |row| Place::Row(before + row as u64 + 1)))
    }

    /// Converts numbers that are times or durations by their unit.
    fn adapt(&self, name: &str, column: &ArrayRef) -> Result<ArrayRef, Fault> {
        let Some(field) = self.schema.field(name) else { return Ok(Arc::clone(column)) };
        let (unit, flag, noun) = match Kind::of(&self.schema, field) {
            Kind::Time => (self.conversion.time_unit, "--time-unit", "times"),
            Kind::Duration => (self.conversion.duration_unit, "--duration-unit", "durations"),
            _ => return Ok(Arc::clone(column)),
        };
        let Some(numbers) = integers(column) else { return Ok(Arc::clone(column)) };
        let problem = || format!("the field `{name}` expects {noun}, got a column of {}", column.data_type());
        let Some(unit) = unit else {
            return Err(Fault::new(problem(), format!("name the unit of its numbers with {flag} s, ms, us or ns")));
        };
        let scaled = scale(&numbers, unit);
        let scaled =
            scaled.ok_or_else(|| Fault::new(problem(), format!("its numbers are too large for {flag} {unit}")))?;
        Ok(match Kind::of(&self.schema, field) {
            Kind::Time => Arc::new(scaled.reinterpret_cast::<TimestampNanosecondType>()),
            _ => Arc::new(scaled.reinterpret_cast::<DurationNanosecondType>()),
        })
    }

    fn encode_rows(&mut self, rows: Vec<Row>) -> Result<Vec<Bytes>, Fault> {
        let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
        let records = rows.into_iter().map(|row| {
            let line = row.line;
            self.record(row).map_err(|fault| fault.at(Place::Line(line)))
        });
        let records: Vec<Cell> = records.collect::<Result<_, _>>()?;
        let place = |row: usize| Place::Line(lines.get(row).copied().unwrap_or_default());
        Records(&records).into_messages(&self.encoder).map_err(|error| fault(&error, place))
    }

    /// Converts a row to a record with the names of fields.
    fn record(&mut self, row: Row) -> Result<Cell, Fault> {
        let mut cells = Vec::with_capacity(row.fields.len());
        for (name, value) in row.fields {
            let name = match self.fields.get(&name) {
                Some(known) => known.clone(),
                None => {
                    let field = self.choice.field(&self.schema, &name)?;
                    self.fields.insert(name, field.clone());
                    field
                }
            };
            let Some(field) = name.as_ref().and_then(|name| self.schema.field(name)) else { continue };
            let cell = self.conversion.cell(&self.schema, field, value);
            let cell = cell.map_err(|problem| Fault::new(format!("the field `{}` {problem}", field.name()), ADVICE))?;
            cells.push((Cell::Text(field.name().to_owned()), cell));
        }
        Ok(Cell::Map(cells))
    }
}

/// Returns the fault of a datapoint that the library refuses.
fn fault(error: &Error, place: impl Fn(usize) -> Place) -> Fault {
    let source = error.source().and_then(|source| source.downcast_ref::<EncodeError>());
    let fault = Fault::new(error.reason(), ADVICE);
    match source.and_then(EncodeError::row) {
        Some(row) => fault.at(place(row)),
        None => fault,
    }
}

/// Returns the numbers of a column as integers; `None` if it has no numbers, or numbers with a fraction.
fn integers(column: &ArrayRef) -> Option<Int64Array> {
    fn widened<T: ArrowPrimitiveType>(
        column: &ArrayRef,
        widen: impl Fn(T::Native) -> Option<i64>,
    ) -> Option<Int64Array> {
        let numbers = column.as_primitive_opt::<T>()?;
        let converted = numbers.unary_opt::<_, Int64Type>(widen);
        (converted.null_count() == numbers.null_count()).then_some(converted)
    }
    let whole = |number: f64| (number.fract() == 0.0 && number.abs() < i64::MAX as f64).then_some(number as i64);
    widened::<Int64Type>(column, Some)
        .or_else(|| widened::<Int32Type>(column, |number| Some(number.into())))
        .or_else(|| widened::<UInt32Type>(column, |number| Some(number.into())))
        .or_else(|| widened::<UInt64Type>(column, |number| number.try_into().ok()))
        .or_else(|| widened::<Float64Type>(column, whole))
}

/// Returns numbers of a unit as nanoseconds; `None` if one does not fit.
fn scale(numbers: &Int64Array, unit: Unit) -> Option<Int64Array> {
    let scaled = numbers.unary_opt::<_, Int64Type>(|number| number.checked_mul(unit.nanoseconds()));
    (scaled.null_count() == numbers.null_count()).then_some(scaled)
}
