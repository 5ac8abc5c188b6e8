//! Repeated fields.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::FieldRef;

use super::block::{Block, MAX_MESSAGES, Unusual};
use super::validity::Validity;
use super::views::window::Cursor;
use super::{Absent, Column, ColumnWriter, Page, Report};
use crate::columns::error::FieldError;
use crate::columns::plan::{ColumnPlan, ExpectedTag};
use crate::columns::wire::{self, Tag, WireType};

/// The elements of each row. Only the last row grows.
pub(super) struct ListOffsets {
    /// The start of each row, and the end of the last one.
    offsets: Vec<i32>,
    validity: Validity,
}

impl ListOffsets {
    pub(super) fn new(rows: usize) -> Self {
        Self { offsets: vec![0], validity: Validity::new(rows) }
    }

    fn rows(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Returns the number of elements of all rows.
    pub(super) fn elements(&self) -> usize {
        // Offsets start at 0 and grow.
        self.offsets.last().copied().unwrap_or_default() as usize
    }

    /// Returns the index in its row of the next element.
    pub(super) fn index_in_row(&self) -> usize {
        let start = self.offsets.iter().nth_back(1).copied().unwrap_or_default() as usize;
        self.elements().saturating_sub(start)
    }

    /// Makes `row` the last row.
    #[inline]
    pub(super) fn open(&mut self, row: usize) {
        if row >= self.rows() {
            let end = self.offsets.last().copied().unwrap_or_default();
            self.offsets.resize(row + 2, end);
            self.validity.fill(row);
            self.validity.append_valid();
        }
    }

    /// Sets the end of the last row.
    #[inline]
    pub(super) fn extend(&mut self, elements: usize) {
        if let Some(end) = self.offsets.last_mut() {
            // Each element takes a byte of a page, which has at most i32::MAX.
            *end = elements as i32;
        }
    }

    /// Removes this row and those after it. Returns the number of elements left.
    pub(super) fn truncate(&mut self, rows: usize) -> usize {
        self.offsets.truncate(rows + 1);
        self.validity.truncate(rows);
        self.elements()
    }

    /// Returns the offsets of all rows, and the rows without elements as nulls.
    pub(super) fn finish(mut self, rows: usize) -> (Vec<i32>, Option<NullBuffer>) {
        let end = self.offsets.last().copied().unwrap_or_default();
        self.offsets.resize(rows + 1, end);
        (self.offsets, self.validity.finish(rows))
    }
}

/// Writes a column of lists. A field without elements is null: on the wire it is the same as an absent one.
pub(super) struct ListWriter<'p> {
    offsets: ListOffsets,
    item: Column<'p>,
    field: &'p FieldRef,
    /// The elements of a block.
    elements: Vec<Cursor>,
}

impl<'p> ListWriter<'p> {
    pub(super) fn new(item: &'p ColumnPlan, field: &'p FieldRef, rows: usize, page: &'p Page<'p>) -> Self {
        Self { offsets: ListOffsets::new(rows), item: Column::new(item, 0, page), field, elements: Vec::new() }
    }

    /// Reads the elements of a packed field. Returns `false` if elements of this column are never packed.
    fn write_packed(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<bool, FieldError> {
        let mut rest = *input;
        if tag.wire_type != WireType::Len {
            return Ok(false);
        }
        let chunk = wire::read_len(&mut rest)?;
        let Some(elements) = self.item.write_packed(self.offsets.elements(), chunk) else { return Ok(false) };
        let elements = elements?;
        *input = rest;
        if elements > self.offsets.elements() {
            self.offsets.open(row);
            self.offsets.extend(elements);
        }
        Ok(true)
    }

    /// Reads packed fields from the messages of a block.
    fn write_chunks(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        let mut found = 0;
        for (index, message) in block.messages.iter_mut().enumerate() {
            while let Some(after) = message.after_tag(block.page, tag) {
                let mut rest = block.page.part(after).ok_or(Unusual)?;
                self.write_packed(block.first_row + index, tag.tag, &mut rest).map_err(|_| Unusual)?;
                message.at = message.end - rest.len();
                found |= 1 << index;
            }
        }
        Ok(found)
    }

    /// Reads all unpacked elements from the messages of a block, each as a message with one field.
    fn write_elements(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        let mut found = 0;
        self.elements.clear();
        let mut first_row = self.offsets.elements();
        for (index, message) in block.messages.iter_mut().enumerate() {
            let before = self.elements.len();
            while let Some(after) = message.after_tag(block.page, tag) {
                let at = message.at;
                message.at = after.prefixed(block.page).filter(|body| body.end <= message.end).ok_or(Unusual)?.end;
                self.elements.push(Cursor { at, end: message.at });
            }
            if self.elements.len() > before {
                self.offsets.open(block.first_row + index);
                self.offsets.extend(first_row + self.elements.len());
                found |= 1 << index;
            }
        }
        for messages in self.elements.chunks_mut(MAX_MESSAGES) {
            let mut elements = Block { page: block.page, first_row, messages };
            self.item.write_block(tag, &mut elements)?;
            if !elements.is_read() {
                return Err(Unusual);
            }
            first_row += elements.messages.len();
        }
        Ok(found)
    }
}

impl ColumnWriter for ListWriter<'_> {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        if self.write_packed(row, tag, input)? {
            return Ok(());
        }
        self.offsets.open(row);
        let element = self.offsets.elements();
        if let Err(error) = self.item.write(element, tag, input) {
            return Err(error.in_element(self.offsets.index_in_row()));
        }
        self.offsets.extend(element + 1);
        Ok(())
    }

    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        if self.item.can_be_packed() { self.write_chunks(tag, block) } else { self.write_elements(tag, block) }
    }

    /// Does nothing: a repeated field has no default.
    fn write_default(&mut self, _: usize) {}

    fn truncate(&mut self, rows: usize) {
        // The offsets do not count an element whose reading failed.
        self.item.truncate(self.offsets.truncate(rows));
    }

    fn report(&self, report: &mut Report) {
        self.item.report(report);
    }

    fn finish(self, rows: usize, _: Absent<'_>) -> Result<ArrayRef, FieldError> {
        let items = self.item.finish(self.offsets.elements(), Absent::Null)?;
        let (offsets, nulls) = self.offsets.finish(rows);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Ok(Arc::new(ListArray::try_new(Arc::clone(self.field), offsets, items, nulls)?))
    }
}
