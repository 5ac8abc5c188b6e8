//! Conversion of leaf columns: columns of values, also in structs, lists and maps.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, ArrayRef, ListArray, MapArray, RecordBatch, StringArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// A conversion of a leaf column to another one with its field, or `None` to keep it.
pub(crate) type Conversion<'a> = dyn Fn(&Leaf<'_>) -> Result<Option<(Field, ArrayRef)>, ArrowError> + 'a;

/// A column without child columns.
pub(crate) struct Leaf<'a> {
    pub(crate) field: &'a Field,
    pub(crate) column: &'a ArrayRef,
    /// Whether the values are items of a list or a map.
    pub(crate) is_repeated: bool,
}

impl Leaf<'_> {
    /// Returns a replacement column with the same name and metadata.
    pub(crate) fn with(&self, column: ArrayRef) -> (Field, ArrayRef) {
        (self.field.clone().with_data_type(column.data_type().clone()), column)
    }
}

/// Converts every leaf column of a batch. Names, metadata and nulls of the enclosing columns are kept.
///
/// # Errors
///
/// Those of the conversion.
pub(crate) fn map(batch: &RecordBatch, convert: &Conversion<'_>) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let (fields, columns): (Vec<_>, Vec<_>) =
        columns.map(|(field, column)| map_column(field, column, false, convert)).collect::<Result<_, _>>()?;
    let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
    let rows = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema, columns, &rows)
}

/// Converts identifiers, which are 16 bytes each, to hyphenated text.
///
/// # Errors
///
/// [`ArrowError::OffsetOverflowError`] when the text exceeds the size of one array.
pub(crate) fn identifier_as_text(leaf: &Leaf<'_>) -> Result<Option<(Field, ArrayRef)>, ArrowError> {
    let ids = leaf.column.as_fixed_size_binary_opt().filter(|ids| ids.value_length() == 16);
    let size = leaf.column.len().saturating_mul(Hyphenated::LENGTH);
    if ids.is_some() && i32::try_from(size).is_err() {
        return Err(ArrowError::OffsetOverflowError(size));
    }
    let text = |id: &[u8]| Uuid::from_slice(id).map(|id| id.to_string()).unwrap_or_default();
    let texts = ids.map(|ids| StringArray::from_iter(ids.iter().map(|id| id.map(text))));
    Ok(texts.map(|texts| {
        let (field, column) = leaf.with(Arc::new(texts));
        (field.with_metadata(HashMap::new()), column)
    }))
}

fn map_column(
    field: &FieldRef,
    column: &ArrayRef,
    is_repeated: bool,
    convert: &Conversion<'_>,
) -> Result<(FieldRef, ArrayRef), ArrowError> {
    let nulls = || column.nulls().cloned();
    let leaf = Leaf { field, column, is_repeated };
    let converted = match column.data_type() {
        DataType::Struct(fields) if !fields.is_empty() => {
            Some(leaf.with(Arc::new(map_members(column.as_struct(), is_repeated, convert)?)))
        }
        DataType::List(item) => {
            let list = column.as_list::<i32>();
            let (offsets, start, length) = trimmed(list.offsets());
            let (item, values) = map_column(item, &list.values().slice(start, length), true, convert)?;
            Some(leaf.with(Arc::new(ListArray::try_new(item, offsets, values, nulls())?)))
        }
        DataType::Map(entries, ordered) => {
            let map = column.as_map();
            let (offsets, start, length) = trimmed(map.offsets());
            let converted = map_members(&map.entries().slice(start, length), true, convert)?;
            let entries = entries.as_ref().clone().with_data_type(converted.data_type().clone());
            Some(leaf.with(Arc::new(MapArray::try_new(Arc::new(entries), offsets, converted, nulls(), *ordered)?)))
        }
        _ => convert(&leaf)?,
    };
    Ok(match converted {
        None => (Arc::clone(field), Arc::clone(column)),
        Some((field, column)) => (Arc::new(field), column),
    })
}

/// Returns offsets from zero, and start and length of the items: a slice converts its own items only.
fn trimmed(offsets: &OffsetBuffer<i32>) -> (OffsetBuffer<i32>, usize, usize) {
    // Offsets are never negative.
    let [start, end] = [offsets.first(), offsets.last()].map(|offset| usize::try_from(offset).unwrap_or(0));
    (OffsetBuffer::from_lengths(offsets.lengths()), start, end - start)
}

fn map_members(members: &StructArray, is_repeated: bool, convert: &Conversion<'_>) -> Result<StructArray, ArrowError> {
    let fields = members.fields().iter().zip(members.columns());
    let (fields, columns): (Vec<_>, Vec<_>) =
        fields.map(|(field, column)| map_column(field, column, is_repeated, convert)).collect::<Result<_, _>>()?;
    StructArray::try_new(fields.into(), columns, members.nulls().cloned())
}
