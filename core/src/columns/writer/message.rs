//! Writers of the fields of a message, and of structs.

use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};

use super::block::{Block, Unusual};
use super::validity::Validity;
use super::views::window::Cursor;
use super::{Absent, Column, ColumnWriter, Page, Report, read_message};
use crate::columns::error::FieldError;
use crate::columns::plan::{ExpectedTag, FieldPlan, MessagePlan};
use crate::columns::wire::{self, Tag};

/// One field: its expected tag, its oneof, and its column.
struct FieldWriter<'p> {
    usual: ExpectedTag,
    oneof: Option<usize>,
    column: Column<'p>,
}

/// Writes the fields of messages to one column each; one message is one row.
pub(in crate::columns) struct MessageWriter<'p> {
    plan: &'p MessagePlan,
    /// One for each field of the plan.
    writers: Vec<FieldWriter<'p>>,
    /// The last row in which each oneof was set, and the field that set it.
    oneofs: Vec<Option<(usize, usize)>>,
    /// The messages of a block with each oneof set, one bit each.
    chosen: Vec<u64>,
}

impl<'p> MessageWriter<'p> {
    /// Returns an empty writer for an expected number of rows.
    pub(in crate::columns) fn new(plan: &'p MessagePlan, rows: usize, page: &'p Page<'p>) -> Self {
        let writer = |field: &'p FieldPlan| {
            let column = Column::new(&field.column, rows, page);
            FieldWriter { usual: field.expected_tag(), oneof: field.oneof, column }
        };
        let writers = plan.fields.iter().map(writer).collect();
        Self { plan, writers, oneofs: vec![None; plan.oneofs], chosen: vec![0; plan.oneofs] }
    }

    /// Reads a message into a row, merging it with the row's value.
    pub(in crate::columns) fn read(&mut self, row: usize, mut input: &[u8]) -> Result<(), FieldError> {
        while !input.is_empty() {
            let tag = wire::read_tag(&mut input)?;
            match self.plan.find(tag.number) {
                Some(index) => self.read_field(row, index, tag, &mut input)?,
                None => wire::skip(tag, &mut input)?,
            }
        }
        Ok(())
    }

    /// Reads the messages of a block into rows that are not set. On an error the caller truncates the rows.
    pub(super) fn read_block(&mut self, block: &mut Block<'_>) -> Result<(), Unusual> {
        self.chosen.fill(0);
        let mut index = 0;
        while let Some(writer) = self.writers.get_mut(index) {
            let found = writer.column.write_block(writer.usual, block)?;
            if let Some(chosen) = writer.oneof.and_then(|oneof| self.chosen.get_mut(oneof)) {
                // One member clears the others: rare, and left to reading one by one.
                if *chosen & found != 0 {
                    return Err(Unusual);
                }
                *chosen |= found;
            }
            index += 1;
            if found == 0 {
                index = self.next_field(index, block)?;
            }
        }
        if !block.is_read() {
            self.next_field(index, block)?;
        }
        Ok(())
    }

    /// Returns the first field from `from` on that comes next in any message of a block; the number of fields if there is
    /// none. Skips unknown fields.
    fn next_field(&self, from: usize, block: &mut Block<'_>) -> Result<usize, Unusual> {
        let mut first = self.writers.len();
        for message in &mut *block.messages {
            let mut rest = block.page.part(*message).ok_or(Unusual)?;
            while !rest.is_empty() {
                message.at = message.end - rest.len();
                let tag = wire::read_tag(&mut rest).map_err(|_| Unusual)?;
                if let Some(index) = self.plan.find(tag.number) {
                    if index < from {
                        return Err(Unusual);
                    }
                    first = first.min(index);
                    break;
                }
                wire::skip(tag, &mut rest).map_err(|_| Unusual)?;
                message.at = message.end - rest.len();
            }
        }
        Ok(first)
    }

    #[inline(never)]
    fn read_field(&mut self, row: usize, index: usize, tag: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        let field = match self.plan.fields.get(index) {
            Some(field) if field.accepts.contains(tag.wire_type) => field,
            _ => return Ok(wire::skip(tag, input)?),
        };
        if let Some(oneof) = field.oneof {
            self.choose(row, index, oneof);
        }
        match self.writers.get_mut(index) {
            Some(writer) => writer.column.write(row, tag, input).map_err(|error| error.in_field(&field.name)),
            None => Ok(wire::skip(tag, input)?),
        }
    }

    /// Clears the field that the oneof held before.
    fn choose(&mut self, row: usize, index: usize, oneof: usize) {
        let Some(held) = self.oneofs.get_mut(oneof) else { return };
        let before = held.replace((row, index));
        if let Some((before_row, before_index)) = before
            && before_row == row
            && before_index != index
            && let Some(writer) = self.writers.get_mut(before_index)
        {
            writer.column.truncate(row);
        }
    }

    /// Sets the absent fields of a row to their defaults.
    pub(super) fn write_defaults(&mut self, row: usize) {
        for writer in &mut self.writers {
            writer.column.write_default(row);
        }
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        for writer in &mut self.writers {
            writer.column.truncate(rows);
        }
    }

    /// Adds the values out of range to the report.
    pub(in crate::columns) fn report(&self, report: &mut Report) {
        for (writer, field) in self.writers.iter().zip(&self.plan.fields) {
            report.inside(&field.name, |report| writer.column.report(report));
        }
    }

    /// Returns the columns in the order of the plan. Absent fields without presence become `absent`, all others null.
    pub(in crate::columns) fn finish(self, rows: usize, absent: Absent<'_>) -> Result<Vec<ArrayRef>, FieldError> {
        let mut made = Vec::with_capacity(self.writers.len());
        for (writer, field) in self.writers.into_iter().zip(&self.plan.fields) {
            let absent = if field.is_implicit { absent } else { Absent::Null };
            made.push(writer.column.finish(rows, absent).map_err(|error| error.in_field(&field.name))?);
        }
        Ok(self.plan.sources.iter().filter_map(|source| made.get(*source).cloned()).collect())
    }
}

/// Writes a column of messages as structs. A message without fields is a struct of nulls, not null.
pub(super) struct StructWriter<'p> {
    message: MessageWriter<'p>,
    validity: Validity,
    /// The messages of a block.
    bodies: Vec<Cursor>,
}

impl<'p> StructWriter<'p> {
    pub(super) fn new(plan: &'p MessagePlan, rows: usize, page: &'p Page<'p>) -> Self {
        Self { message: MessageWriter::new(plan, rows, page), validity: Validity::new(rows), bodies: Vec::new() }
    }

    #[inline]
    fn set(&mut self, row: usize) {
        if row >= self.validity.len() {
            self.validity.fill(row);
            self.validity.append_valid();
        }
    }
}

impl ColumnWriter for StructWriter<'_> {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        let body = read_message(tag, input)?;
        self.set(row);
        self.message.read(row, body)
    }

    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        let mut found = 0;
        self.bodies.clear();
        for (index, message) in block.messages.iter_mut().enumerate() {
            // An absent message has no fields.
            let mut body = Cursor { at: message.at, end: message.at };
            if let Some(after) = message.after_tag(block.page, tag) {
                body = after.prefixed(block.page).filter(|body| body.end <= message.end).ok_or(Unusual)?;
                message.at = body.end;
                found |= 1 << index;
            }
            self.bodies.push(body);
        }
        if found != 0 {
            self.validity.fill(block.first_row);
            self.validity.append_word(found, self.bodies.len());
            self.message.read_block(&mut Block { messages: &mut self.bodies, ..*block })?;
        }
        Ok(found)
    }

    fn write_default(&mut self, row: usize) {
        self.set(row);
    }

    fn truncate(&mut self, rows: usize) {
        self.validity.truncate(rows);
        self.message.truncate(rows);
    }

    fn report(&self, report: &mut Report) {
        self.message.report(report);
    }

    fn finish(self, rows: usize, _: Absent<'_>) -> Result<ArrayRef, FieldError> {
        let columns = self.message.plan.columns.clone();
        let nulls = self.validity.finish(rows);
        let arrays = self.message.finish(rows, Absent::Zero(nulls.as_ref()))?;
        Ok(Arc::new(StructArray::try_new_with_length(columns, arrays, nulls, rows)?))
    }
}
