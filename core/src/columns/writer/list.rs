//! Repeated fields.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray};
use arrow_buffer::{NullBuffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::FieldRef;

use super::{Column, ColumnWriter, Page};
use crate::columns::error::Fault;
use crate::columns::plan::ColumnPlan;
use crate::columns::wire::{self, Tag, WireType};

/// Which elements belong to which row. Only the last row grows.
pub(super) struct Runs {
    /// Where each row starts, and where the last one ends.
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Runs {
    pub(super) fn new(rows: usize) -> Self {
        Self { offsets: vec![0], nulls: NullBufferBuilder::new(rows) }
    }

    fn rows(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// How many elements all rows have.
    pub(super) fn elements(&self) -> usize {
        // Offsets start at 0 and grow.
        self.offsets.last().copied().unwrap_or_default() as usize
    }

    /// The index in its row of the element that is appended next.
    pub(super) fn index_in_row(&self) -> usize {
        let start = self.offsets.iter().nth_back(1).copied().unwrap_or_default() as usize;
        self.elements().saturating_sub(start)
    }

    /// Makes `row` the last one.
    #[inline]
    pub(super) fn open(&mut self, row: usize) {
        if row >= self.rows() {
            let end = self.offsets.last().copied().unwrap_or_default();
            if row > self.rows() {
                self.nulls.append_n_nulls(row - self.rows());
            }
            self.offsets.resize(row + 2, end);
            self.nulls.append_non_null();
        }
    }

    /// Lets the last row end at this element.
    #[inline]
    pub(super) fn extend(&mut self, elements: usize) {
        if let Some(end) = self.offsets.last_mut() {
            // Each element takes a byte of a page, which has at most i32::MAX.
            *end = elements as i32;
        }
    }

    /// Forgets these rows and says how many elements are left, if any row was forgotten.
    pub(super) fn truncate(&mut self, rows: usize) -> Option<usize> {
        if rows >= self.rows() {
            return None;
        }
        self.offsets.truncate(rows + 1);
        self.nulls.truncate(rows);
        Some(self.elements())
    }

    /// The start of each row and the end of the last, for so many rows, and which of them have elements.
    pub(super) fn finish(mut self, rows: usize) -> (Vec<i32>, Option<NullBuffer>) {
        let end = self.offsets.last().copied().unwrap_or_default();
        if rows > self.rows() {
            self.nulls.append_n_nulls(rows - self.rows());
        }
        self.offsets.resize(rows + 1, end);
        (self.offsets, self.nulls.build())
    }
}

/// Writes a column of lists. A field without elements is null: on the wire it cannot be told from an absent one.
pub(super) struct ListWriter<'p> {
    runs: Runs,
    item: Column<'p>,
    field: &'p FieldRef,
}

impl<'p> ListWriter<'p> {
    pub(super) fn new(item: &'p ColumnPlan, field: &'p FieldRef, rows: usize, page: &'p Page<'p>) -> Self {
        Self { runs: Runs::new(rows), item: Column::new(item, 0, page), field }
    }

    /// The elements of a packed field, if elements of this column can be packed.
    fn write_packed(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<bool, Fault> {
        let mut rest = *input;
        if tag.wire_type != WireType::Len {
            return Ok(false);
        }
        let chunk = wire::read_len(&mut rest)?;
        let Some(elements) = self.item.write_packed(self.runs.elements(), chunk) else { return Ok(false) };
        let elements = elements?;
        *input = rest;
        if elements > self.runs.elements() {
            self.runs.open(row);
            self.runs.extend(elements);
        }
        Ok(true)
    }
}

impl ColumnWriter for ListWriter<'_> {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), Fault> {
        if self.write_packed(row, tag, input)? {
            return Ok(());
        }
        self.runs.open(row);
        let element = self.runs.elements();
        if let Err(fault) = self.item.write(element, tag, input) {
            return Err(fault.in_element(self.runs.index_in_row()));
        }
        self.runs.extend(element + 1);
        Ok(())
    }

    /// A repeated field has no other default than being absent.
    fn write_default(&mut self, _: usize) {}

    fn truncate(&mut self, rows: usize) {
        if let Some(elements) = self.runs.truncate(rows) {
            self.item.truncate(elements);
        }
    }

    fn finish(self, rows: usize) -> Result<ArrayRef, Fault> {
        let items = self.item.finish(self.runs.elements())?;
        let (offsets, nulls) = self.runs.finish(rows);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Ok(Arc::new(ListArray::try_new(Arc::clone(self.field), offsets, items, nulls)?))
    }
}
