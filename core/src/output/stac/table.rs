//! Items as Parquet, by the stac-geoparquet specification 1.1.0.
//!
//! Properties are columns beside the members of an item. Assets are a struct with a member for each key, so the first row
//! group decides which keys a file has.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, NullBufferBuilder, StringBuilder};
use arrow_array::{ArrayRef, BinaryArray, ListArray, RecordBatch, RecordBatchOptions, StringArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema};
use serde_json::Value;

use super::STAC_VERSION;
use super::assets::{Assets, assets};
use super::columns::{self, ItemColumns};
use crate::datapoints::leaves;
use crate::output::geoparquet::Precision;
use crate::output::parquet::{MAX_ROWS, ParquetEncoder, Settings};
use crate::output::writer::{BoxError, Encoder};
use crate::schema::well_known::WellKnown;

/// The key of the file metadata, and its value.
const METADATA_KEY: &str = "stac-geoparquet";
const METADATA: &str = r#"{"version":"1.1.0"}"#;

/// The members of an asset or a link that are texts.
const ASSET_TEXTS: [&str; 4] = ["href", "type", "title", "description"];
const LINK_TEXTS: [&str; 4] = ["href", "rel", "type", "title"];
const ROLES: &str = "roles";

/// Writes items as rows of Parquet.
pub(crate) struct ItemTable<W: Write + Send> {
    columns: ItemColumns,
    state: State<W>,
}

enum State<W: Write + Send> {
    /// The rows of the first row group, and their number.
    First(Option<W>, Vec<RecordBatch>, usize),
    /// The keys of assets, and the file.
    Open(BTreeSet<String>, Box<ParquetEncoder<W>>),
}

impl<W: Write + Send> ItemTable<W> {
    /// # Errors
    ///
    /// When there is no column `id` or `time`.
    pub(crate) fn new(out: W, schema: &Schema) -> Result<Self, BoxError> {
        // The columns, even without a row.
        let first = vec![RecordBatch::new_empty(Arc::new(schema.clone()))];
        Ok(Self { columns: ItemColumns::new(schema)?, state: State::First(Some(out), first, 0) })
    }

    /// Creates the file with the assets of the first rows, and writes these.
    fn open(&mut self) -> Result<(), BoxError> {
        let State::First(out, batches, _) = &mut self.state else { return Ok(()) };
        let (out, batches) = (out.take().ok_or("the file could not be created")?, std::mem::take(batches));
        let assets = batches.iter().map(|batch| self.assets(batch)).collect::<Result<Vec<_>, _>>()?;
        let keys: BTreeSet<String> = assets.iter().flatten().flat_map(|assets| assets.by_key.keys().cloned()).collect();
        let tables = batches.iter().zip(&assets).map(|(batch, assets)| self.table(batch, assets, &keys));
        let tables = tables.collect::<Result<Vec<_>, _>>()?;
        let first = tables.first().ok_or("there are no columns")?;
        let settings = Settings {
            precision: Precision::Double,
            time: "datetime",
            metadata: vec![(METADATA_KEY, METADATA.to_owned())],
        };
        let mut file = ParquetEncoder::new(out, first.schema_ref(), settings)?;
        tables.iter().try_for_each(|table| file.write(table))?;
        self.state = State::Open(keys, Box::new(file));
        Ok(())
    }

    fn assets(&self, batch: &RecordBatch) -> Result<Vec<Assets>, BoxError> {
        let message = |row| self.columns.assets.and_then(|index| columns::json(batch, index, row)).unwrap_or_default();
        let all =
            (0..batch.num_rows()).map(|row| assets(&message(row)).map_err(|problem| format!("{problem} (row {row})")));
        Ok(all.collect::<Result<_, _>>()?)
    }

    /// Returns the rows as items.
    fn table(&self, batch: &RecordBatch, assets: &[Assets], keys: &BTreeSet<String>) -> Result<RecordBatch, BoxError> {
        let rows = batch.num_rows();
        let mut table = Table::default();
        let source = |index: usize| -> Result<(&FieldRef, &ArrayRef), BoxError> {
            let field = batch.schema_ref().fields().get(index);
            Ok(field.zip(batch.columns().get(index)).ok_or("a column is missing")?)
        };
        // `type` is optional, but pystac needs it.
        for (name, value) in [("type", "Feature"), ("stac_version", STAC_VERSION)] {
            table.add(name, Arc::new(StringArray::from_iter_values((0..rows).map(|_| value))));
        }
        let extensions = assets.iter().map(|assets| assets.extensions.iter().copied());
        table.add("stac_extensions", text_lists(extensions.map(Some)));
        table.add_as("id", source(self.columns.id)?)?;
        match self.columns.geometry {
            Some(index) => table.add_as("geometry", source(index)?)?,
            None => {
                let field =
                    Field::new("geometry", DataType::Binary, true).with_metadata(WellKnown::Geometry.metadata());
                table.push(field, Arc::new(BinaryArray::new_null(rows)));
            }
        }
        table.add_as("datetime", source(self.columns.time)?)?;
        let (links, collections): (Vec<_>, Vec<_>) = (0..rows).map(|row| self.columns.links(batch, row)).unzip();
        table.add("links", link_lists(&links)?);
        // Parquet has no structs without members.
        if !keys.is_empty() {
            table.add("assets", asset_structs(assets, keys)?);
        }
        if self.columns.collection.is_some() {
            table.add("collection", Arc::new(StringArray::from(collections)));
        }
        for (index, name) in &self.columns.properties {
            table.add_as(name, source(*index)?)?;
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(table.fields)), table.columns, &options)?)
    }
}

impl<W: Write + Send> Encoder for ItemTable<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        if let State::First(_, batches, rows) = &mut self.state {
            batches.push(batch.clone());
            *rows += batch.num_rows();
            return if *rows < MAX_ROWS { Ok(()) } else { self.open() };
        }
        let assets = self.assets(batch)?;
        let State::Open(keys, _) = &self.state else { return Ok(()) };
        if let Some(key) = assets.iter().flat_map(|assets| assets.by_key.keys()).find(|key| !keys.contains(*key)) {
            return Err(format!(
                "the asset `{key}` is not in the first {MAX_ROWS} items, which decide the columns of a file; \
                 the format `stac` has no such limit"
            )
            .into());
        }
        let table = self.table(batch, &assets, keys)?;
        let State::Open(_, file) = &mut self.state else { return Ok(()) };
        file.write(&table)
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        self.open()?;
        match &mut self.state {
            State::Open(_, file) => file.finish(),
            State::First(..) => Err("the file could not be created".into()),
        }
    }
}

/// Columns and their fields.
#[derive(Default)]
struct Table {
    fields: Vec<FieldRef>,
    columns: Vec<ArrayRef>,
}

impl Table {
    fn push(&mut self, field: Field, column: ArrayRef) {
        self.fields.push(Arc::new(field));
        self.columns.push(column);
    }

    fn add(&mut self, name: &str, column: ArrayRef) {
        self.push(Field::new(name, column.data_type().clone(), true), column);
    }

    /// Adds a column under another name. Identifiers become text, as in JSON.
    fn add_as(&mut self, name: &str, (field, column): (&FieldRef, &ArrayRef)) -> Result<(), BoxError> {
        let field = Field::clone(field).with_name(name);
        let one = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::clone(column)])?;
        let one = leaves::map(&one, &|leaf| match WellKnown::of_column(leaf.field) {
            Some(WellKnown::Uuid) => leaves::identifier_as_text(leaf),
            _ => Ok(None),
        })?;
        self.fields.extend(one.schema_ref().fields().iter().cloned());
        self.columns.extend(one.columns().iter().cloned());
        Ok(())
    }
}

/// Returns lists of texts; `None` is null.
fn text_lists<'a, T: Iterator<Item = &'a str>>(lists: impl Iterator<Item = Option<T>>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for list in lists {
        let is_valid = list.is_some();
        list.into_iter().flatten().for_each(|text| builder.values().append_value(text));
        builder.append(is_valid);
    }
    Arc::new(builder.finish())
}

/// Returns the texts of objects, a column for each member.
fn texts(objects: &[&Value], members: &[&str]) -> Vec<(FieldRef, ArrayRef)> {
    let column = |member: &&str| -> (FieldRef, ArrayRef) {
        let values = objects.iter().map(|object| object.get(*member).and_then(Value::as_str));
        let column: ArrayRef = Arc::new(StringArray::from_iter(values));
        (Arc::new(Field::new(*member, DataType::Utf8, true)), column)
    };
    members.iter().map(column).collect()
}

fn link_lists(links: &[Vec<Value>]) -> Result<ArrayRef, BoxError> {
    let all: Vec<&Value> = links.iter().flatten().collect();
    let (fields, columns): (Vec<_>, Vec<_>) = texts(&all, &LINK_TEXTS).into_iter().unzip();
    let items = StructArray::try_new(fields.into(), columns, None)?;
    let item = Arc::new(Field::new_list_field(DataType::Struct(items.fields().clone()), true));
    let offsets = OffsetBuffer::from_lengths(links.iter().map(Vec::len));
    Ok(Arc::new(ListArray::try_new(item, offsets, Arc::new(items), None)?))
}

fn asset_structs(assets: &[Assets], keys: &BTreeSet<String>) -> Result<ArrayRef, BoxError> {
    let mut members: BTreeMap<&str, ArrayRef> = BTreeMap::new();
    let none = Value::Null;
    for key in keys {
        let objects: Vec<&Value> = assets.iter().map(|assets| assets.by_key.get(key).unwrap_or(&none)).collect();
        let mut nulls = NullBufferBuilder::new(objects.len());
        objects.iter().for_each(|object| nulls.append(!object.is_null()));
        let (mut fields, mut columns): (Vec<FieldRef>, Vec<ArrayRef>) =
            texts(&objects, &ASSET_TEXTS).into_iter().unzip();
        let roles = objects.iter().map(|object| object.get(ROLES).and_then(Value::as_array));
        let roles = text_lists(roles.map(|roles| roles.map(|roles| roles.iter().filter_map(Value::as_str))));
        fields.push(Arc::new(Field::new(ROLES, roles.data_type().clone(), true)));
        columns.push(roles);
        members.insert(key, Arc::new(StructArray::try_new(fields.into(), columns, nulls.finish())?));
    }
    let fields: Fields =
        members.iter().map(|(key, column)| Field::new(*key, column.data_type().clone(), true)).collect();
    Ok(Arc::new(StructArray::try_new(fields, members.into_values().collect(), None)?))
}
