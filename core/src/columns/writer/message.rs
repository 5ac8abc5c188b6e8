//! The fields of a message, and structs.

use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};
use arrow_buffer::NullBufferBuilder;

use super::{Column, ColumnWriter, Page, read_message};
use crate::columns::error::Fault;
use crate::columns::plan::MessagePlan;
use crate::columns::wire::{self, Tag};

/// Writes the fields of messages to one column each; one message is one row.
pub(in crate::columns) struct MessageWriter<'p> {
    plan: &'p MessagePlan,
    /// One for each field of the plan.
    columns: Vec<Column<'p>>,
    /// The row at which each oneof was set last, and by which field.
    oneofs: Vec<Option<(usize, usize)>>,
}

impl<'p> MessageWriter<'p> {
    /// An empty writer; `rows` is how many there will be, where that is known.
    pub(in crate::columns) fn new(plan: &'p MessagePlan, rows: usize) -> Self {
        let columns = plan.fields.iter().map(|field| Column::new(&field.column, rows)).collect();
        Self { plan, columns, oneofs: vec![None; plan.oneofs] }
    }

    /// Reads a message at a row, or merges it with what the row holds.
    pub(in crate::columns) fn read(&mut self, row: usize, mut input: &[u8], page: &Page<'_>) -> Result<(), Fault> {
        while !input.is_empty() {
            let tag = wire::read_tag(&mut input)?;
            match self.plan.find(tag.number) {
                Some(index) => self.read_field(row, index, tag, &mut input, page)?,
                None => wire::skip(tag, &mut input)?,
            }
        }
        Ok(())
    }

    #[inline]
    fn read_field(
        &mut self,
        row: usize,
        index: usize,
        tag: Tag,
        input: &mut &[u8],
        page: &Page<'_>,
    ) -> Result<(), Fault> {
        let field = match self.plan.fields.get(index) {
            Some(field) if field.accepts.contains(tag.wire_type) => field,
            _ => return Ok(wire::skip(tag, input)?),
        };
        if let Some(oneof) = field.oneof {
            self.choose(row, index, oneof);
        }
        match self.columns.get_mut(index) {
            Some(column) => column.write(row, tag, input, page).map_err(|fault| fault.in_field(&field.name)),
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
            && let Some(column) = self.columns.get_mut(before_index)
        {
            column.truncate(row);
        }
    }

    /// Sets the fields that a row does not have to their defaults.
    pub(super) fn write_defaults(&mut self, row: usize) {
        for column in &mut self.columns {
            column.write_default(row);
        }
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        for column in &mut self.columns {
            column.truncate(rows);
        }
    }

    /// The columns in the order of the plan's.
    pub(in crate::columns) fn finish(self, rows: usize, page: &Page<'_>) -> Result<Vec<ArrayRef>, Fault> {
        let mut arrays = Vec::with_capacity(self.plan.columns.len());
        for (column, field) in self.columns.into_iter().zip(&self.plan.fields).take(self.plan.columns.len()) {
            arrays.push(column.finish(rows, page).map_err(|fault| fault.in_field(&field.name))?);
        }
        Ok(arrays)
    }
}

/// Writes a column of messages as structs. A message without fields is a struct of nulls, not null.
pub(super) struct StructWriter<'p> {
    message: MessageWriter<'p>,
    nulls: NullBufferBuilder,
}

impl<'p> StructWriter<'p> {
    pub(super) fn new(plan: &'p MessagePlan, rows: usize) -> Self {
        Self { message: MessageWriter::new(plan, rows), nulls: NullBufferBuilder::new(rows) }
    }

    #[inline]
    fn set(&mut self, row: usize) {
        if row >= self.nulls.len() {
            self.nulls.append_n_nulls(row - self.nulls.len());
            self.nulls.append_non_null();
        }
    }
}

impl ColumnWriter for StructWriter<'_> {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8], page: &Page<'_>) -> Result<(), Fault> {
        let body = read_message(tag, input)?;
        self.set(row);
        self.message.read(row, body, page)
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

    fn finish(mut self, rows: usize, page: &Page<'_>) -> Result<ArrayRef, Fault> {
        self.nulls.append_n_nulls(rows.saturating_sub(self.nulls.len()));
        let columns = self.message.plan.columns.clone();
        let arrays = self.message.finish(rows, page)?;
        Ok(Arc::new(StructArray::try_new_with_length(columns, arrays, self.nulls.build(), rows)?))
    }
}
