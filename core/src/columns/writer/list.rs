//! Repeated fields.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::FieldRef;

use super::block::{Block, Cursor, MAX_MESSAGES, Unusual};
use super::validity::Validity;
use super::{Absent, Column, ColumnWriter, Page, Report};
use crate::columns::error::Fault;
use crate::columns::plan::{ColumnPlan, UsualTag};
use crate::columns::wire::{self, Tag, WireType};

/// Which elements belong to which row. Only the last row grows.
pub(super) struct Runs {
    /// Where each row starts, and where the last one ends.
    offsets: Vec<i32>,
    validity: Validity,
}

impl Runs {
    pub(super) fn new(rows: usize) -> Self {
        Self { offsets: vec![0], validity: Validity::new(rows) }
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
            self.offsets.resize(row + 2, end);
            self.validity.fill(row);
            self.validity.append_valid();
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

    /// Forgets this row and those after it, and says how many elements are left.
    pub(super) fn truncate(&mut self, rows: usize) -> usize {
        self.offsets.truncate(rows + 1);
        self.validity.truncate(rows);
        self.elements()
    }

    /// The start of each row and the end of the last, for so many rows, and which of them have elements.
    pub(super) fn finish(mut self, rows: usize) -> (Vec<i32>, Option<NullBuffer>) {
        let end = self.offsets.last().copied().unwrap_or_default();
        self.offsets.resize(rows + 1, end);
        (self.offsets, self.validity.finish(rows))
    }
}

/// Writes a column of lists. A field without elements is null: on the wire it cannot be told from an absent one.
pub(super) struct ListWriter<'p> {
    runs: Runs,
    item: Column<'p>,
    field: &'p FieldRef,
    /// The elements of a block.
    elements: Vec<Cursor>,
}

impl<'p> ListWriter<'p> {
    pub(super) fn new(item: &'p ColumnPlan, field: &'p FieldRef, rows: usize, page: &'p Page<'p>) -> Self {
        Self { runs: Runs::new(rows), item: Column::new(item, 0, page), field, elements: Vec::new() }
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

    /// Takes packed fields from the messages of a block.
    fn write_chunks(&mut self, tag: UsualTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
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

    /// Takes all elements with their own tags from the messages of a block, and reads them as messages with one field.
    fn write_elements(&mut self, tag: UsualTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        let mut found = 0;
        self.elements.clear();
        let mut first_row = self.runs.elements();
        for (index, message) in block.messages.iter_mut().enumerate() {
            let before = self.elements.len();
            while let Some(after) = message.after_tag(block.page, tag) {
                let at = message.at;
                message.at = after.prefixed(block.page).filter(|body| body.end <= message.end).ok_or(Unusual)?.end;
                self.elements.push(Cursor { at, end: message.at });
            }
            if self.elements.len() > before {
                self.runs.open(block.first_row + index);
                self.runs.extend(first_row + self.elements.len());
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

    fn write_block(&mut self, tag: UsualTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        if self.item.can_be_packed() { self.write_chunks(tag, block) } else { self.write_elements(tag, block) }
    }

    /// A repeated field has no other default than being absent.
    fn write_default(&mut self, _: usize) {}

    fn truncate(&mut self, rows: usize) {
        // What was read of an element before it turned out to be wrong is not counted yet.
        self.item.truncate(self.runs.truncate(rows));
    }

    fn report(&self, report: &mut Report) {
        self.item.report(report);
    }

    fn finish(self, rows: usize, _: Absent<'_>) -> Result<ArrayRef, Fault> {
        let items = self.item.finish(self.runs.elements(), Absent::Null)?;
        let (offsets, nulls) = self.runs.finish(rows);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Ok(Arc::new(ListArray::try_new(Arc::clone(self.field), offsets, items, nulls)?))
    }
}
