//! Maps: repeated entries of a key and a value.

use std::collections::HashSet;
use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayAccessor, ArrayRef, MapArray, StructArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, FieldRef};

use super::list::ListOffsets;
use super::message::MessageWriter;
use super::{Absent, ColumnWriter, Page, Report, read_message};
use crate::arrays::take;
use crate::columns::error::FieldError;
use crate::columns::plan::MessagePlan;
use crate::columns::wire::Tag;

/// Writes a column of maps. A map without entries is null.
///
/// An entry without a key or a value has its default. Of several entries with one key the last one counts; the others are
/// removed at the end, when all entries are known.
pub(super) struct MapWriter<'p> {
    offsets: ListOffsets,
    entry: MessageWriter<'p>,
    field: &'p FieldRef,
}

impl<'p> MapWriter<'p> {
    pub(super) fn new(entry: &'p MessagePlan, field: &'p FieldRef, rows: usize, page: &'p Page<'p>) -> Self {
        Self { offsets: ListOffsets::new(rows), entry: MessageWriter::new(entry, 0, page), field }
    }
}

impl ColumnWriter for MapWriter<'_> {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        let body = read_message(tag, input)?;
        self.offsets.open(row);
        let element = self.offsets.elements();
        if let Err(error) = self.entry.read(element, body) {
            return Err(error.in_element(self.offsets.index_in_row()));
        }
        self.entry.write_defaults(element);
        self.offsets.extend(element + 1);
        Ok(())
    }

    /// Does nothing: a map has no default.
    fn write_default(&mut self, _: usize) {}

    fn truncate(&mut self, rows: usize) {
        // The offsets do not count an entry whose reading failed.
        self.entry.truncate(self.offsets.truncate(rows));
    }

    fn report(&self, report: &mut Report) {
        self.entry.report(report);
    }

    fn finish(self, rows: usize, _: Absent<'_>) -> Result<ArrayRef, FieldError> {
        let elements = self.offsets.elements();
        let (mut offsets, nulls) = self.offsets.finish(rows);
        let mut columns = self.entry.finish(elements, Absent::Null)?;
        if let Some((kept, kept_offsets)) = columns.first().and_then(|keys| last_of_each_key(keys, &offsets)) {
            columns = columns.iter().map(|column| take(column, &kept)).collect::<Result<_, _>>()?;
            offsets = kept_offsets;
        }
        let fields = match self.field.data_type() {
            DataType::Struct(fields) => fields.clone(),
            _ => arrow_schema::Fields::empty(),
        };
        let entries = StructArray::try_new(fields, columns, None)?;
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Ok(Arc::new(MapArray::try_new(Arc::clone(self.field), offsets, entries, nulls, false)?))
    }
}

/// Returns the entries to keep so that each row has a key once, and the new offsets; `None` to keep all.
fn last_of_each_key(keys: &ArrayRef, offsets: &[i32]) -> Option<(Vec<usize>, Vec<i32>)> {
    match keys.data_type() {
        DataType::Boolean => keep_last(keys.as_boolean(), offsets),
        DataType::Int32 => keep_last(keys.as_primitive::<Int32Type>(), offsets),
        DataType::Int64 => keep_last(keys.as_primitive::<Int64Type>(), offsets),
        DataType::UInt32 => keep_last(keys.as_primitive::<UInt32Type>(), offsets),
        DataType::UInt64 => keep_last(keys.as_primitive::<UInt64Type>(), offsets),
        DataType::Utf8View => keep_last(keys.as_string_view(), offsets),
        // A schema has no keys of other types.
        _ => None,
    }
}

fn keep_last<A>(keys: A, offsets: &[i32]) -> Option<(Vec<usize>, Vec<i32>)>
where
    A: ArrayAccessor + Copy,
    A::Item: Hash + Eq,
{
    let rows = || offsets.iter().zip(offsets.iter().skip(1)).map(|(start, end)| *start as usize..*end as usize);
    let mut seen = HashSet::new();
    if rows().all(|row| duplicates(keys, row, &mut seen).is_empty()) {
        return None;
    }
    let mut kept: Vec<usize> = Vec::with_capacity(keys.len());
    let mut kept_offsets = Vec::with_capacity(offsets.len());
    kept_offsets.push(0);
    for row in rows() {
        let dropped = duplicates(keys, row.clone(), &mut seen);
        kept.extend(row.filter(|entry| !dropped.contains(entry)));
        kept_offsets.push(kept.len() as i32);
    }
    Some((kept, kept_offsets))
}

/// Returns the entries of a row whose key occurs again after them.
fn duplicates<A>(keys: A, row: Range<usize>, seen: &mut HashSet<A::Item>) -> HashSet<usize>
where
    A: ArrayAccessor + Copy,
    A::Item: Hash + Eq,
{
    let mut found = HashSet::new();
    if row.len() > 1 {
        seen.clear();
        found.extend(row.rev().filter(|entry| *entry < keys.len() && !seen.insert(keys.value(*entry))));
    }
    found
}
