//! The fields of a message, and structs.

use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};
use arrow_buffer::NullBufferBuilder;

use super::usual::UsualField;
use super::{Column, ColumnWriter, Page, read_message};
use crate::columns::error::Fault;
use crate::columns::plan::{FieldPlan, MessagePlan, UsualTag};
use crate::columns::wire::{self, Tag};

/// One field: the tag to expect, and the column to write to.
struct Slot<'p> {
    usual: UsualTag,
    column: Column<'p>,
}

/// Writes the fields of messages to one column each; one message is one row.
pub(in crate::columns) struct MessageWriter<'p> {
    plan: &'p MessagePlan,
    /// One for each field of the plan.
    slots: Vec<Slot<'p>>,
    /// The row at which each oneof was set last, and by which field.
    oneofs: Vec<Option<(usize, usize)>>,
}

impl<'p> MessageWriter<'p> {
    /// An empty writer; `rows` is how many there will be, where that is known.
    pub(in crate::columns) fn new(plan: &'p MessagePlan, rows: usize, page: &'p Page<'p>) -> Self {
        let slot = |field: &'p FieldPlan| {
            let column = Column::new(&field.column, rows, page);
            Slot { usual: field.usual_tag(), column }
        };
        Self { plan, slots: plan.fields.iter().map(slot).collect(), oneofs: vec![None; plan.oneofs] }
    }

    /// Reads a message at a row, or merges it with what the row holds.
    pub(in crate::columns) fn read(&mut self, row: usize, mut input: &[u8]) -> Result<(), Fault> {
        // The field that most likely comes next: the one after that which came last.
        let mut likely = 0;
        while !input.is_empty() {
            if let Some(slot) = self.slots.get_mut(likely)
                && let Some(field) = UsualField::new(slot.usual, input)
            {
                if let Some(end) = slot.column.write_usual(row, field)
                    && let Some(rest) = input.get(end..)
                {
                    likely += 1;
                    input = rest;
                    continue;
                }
                let mut rest = input;
                self.read_repeats(row, likely, &mut rest)?;
                likely += 1;
                input = rest;
                continue;
            }
            let tag = wire::read_tag(&mut input)?;
            let mut rest = input;
            match self.plan.find(tag.number) {
                Some(index) => {
                    self.read_field(row, index, tag, &mut rest)?;
                    likely = index + 1;
                }
                None => wire::skip(tag, &mut rest)?,
            }
            input = rest;
        }
        Ok(())
    }

    /// Reads a field with its usual tag at the start of the input, and those that repeat it.
    #[inline(never)]
    fn read_repeats(&mut self, row: usize, index: usize, input: &mut &[u8]) -> Result<(), Fault> {
        let Some(slot) = self.slots.get_mut(index) else { return Ok(()) };
        while let Some(rest) = slot.usual.strip(input) {
            *input = rest;
            if let Err(fault) = slot.column.write(row, slot.usual.tag, input) {
                return Err(self.plan.locate(fault, index));
            }
            if !slot.usual.is_repeated {
                break;
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn read_field(&mut self, row: usize, index: usize, tag: Tag, input: &mut &[u8]) -> Result<(), Fault> {
        let field = match self.plan.fields.get(index) {
            Some(field) if field.accepts.contains(tag.wire_type) => field,
            _ => return Ok(wire::skip(tag, input)?),
        };
        if let Some(oneof) = field.oneof {
            self.choose(row, index, oneof);
        }
        match self.slots.get_mut(index) {
            Some(slot) => slot.column.write(row, tag, input).map_err(|fault| fault.in_field(&field.name)),
            None => Ok(wire::skip(tag, input)?),
        }
    }

    /// Clears the field that a oneof held before.
    fn choose(&mut self, row: usize, index: usize, oneof: usize) {
        let Some(held) = self.oneofs.get_mut(oneof) else { return };
        let before = held.replace((row, index));
        if let Some((before_row, before_index)) = before
            && before_row == row
            && before_index != index
            && let Some(slot) = self.slots.get_mut(before_index)
        {
            slot.column.truncate(row);
        }
    }

    /// Sets the fields that a row does not have to their defaults.
    pub(super) fn write_defaults(&mut self, row: usize) {
        for slot in &mut self.slots {
            slot.column.write_default(row);
        }
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        for slot in &mut self.slots {
            slot.column.truncate(rows);
        }
    }

    /// The columns in the order of the plan's.
    pub(in crate::columns) fn finish(self, rows: usize) -> Result<Vec<ArrayRef>, Fault> {
        let mut made = Vec::with_capacity(self.slots.len());
        for (slot, field) in self.slots.into_iter().zip(&self.plan.fields) {
            made.push(slot.column.finish(rows).map_err(|fault| fault.in_field(&field.name))?);
        }
        Ok(self.plan.sources.iter().filter_map(|source| made.get(*source).cloned()).collect())
    }
}

/// Writes a column of messages as structs. A message without fields is a struct of nulls, not null.
pub(super) struct StructWriter<'p> {
    message: MessageWriter<'p>,
    nulls: NullBufferBuilder,
}

impl<'p> StructWriter<'p> {
    pub(super) fn new(plan: &'p MessagePlan, rows: usize, page: &'p Page<'p>) -> Self {
        Self { message: MessageWriter::new(plan, rows, page), nulls: NullBufferBuilder::new(rows) }
    }

    #[inline]
    fn set(&mut self, row: usize) {
        if row >= self.nulls.len() {
            if row > self.nulls.len() {
                self.nulls.append_n_nulls(row - self.nulls.len());
            }
            self.nulls.append_non_null();
        }
    }
}

impl ColumnWriter for StructWriter<'_> {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), Fault> {
        let body = read_message(tag, input)?;
        self.set(row);
        self.message.read(row, body)
    }

    fn write_default(&mut self, row: usize) {
        self.set(row);
    }

    fn truncate(&mut self, rows: usize) {
        if rows < self.nulls.len() {
            self.nulls.truncate(rows);
            self.message.truncate(rows);
        }
    }

    fn finish(mut self, rows: usize) -> Result<ArrayRef, Fault> {
        if rows > self.nulls.len() {
            self.nulls.append_n_nulls(rows - self.nulls.len());
        }
        let columns = self.message.plan.columns.clone();
        let arrays = self.message.finish(rows)?;
        Ok(Arc::new(StructArray::try_new_with_length(columns, arrays, self.nulls.build(), rows)?))
    }
}
