//! Enums: keys into a dictionary of short names.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow_buffer::ScalarBuffer;

use super::ColumnWriter;
use super::numbers::{Int32, Scalar};
use super::values::Values;
use crate::columns::error::Fault;
use crate::columns::plan::EnumPlan;
use crate::columns::wire::Tag;

/// Writes a column of enum values. A number without a name joins the dictionary of the page as decimal text, so that
/// a value the schema does not know yet is neither lost nor an error.
pub(super) struct EnumWriter<'p> {
    plan: &'p EnumPlan,
    keys: Values<i32>,
    /// The keys of numbers without a name, if there are any.
    unnamed: Option<Box<HashMap<i32, i32>>>,
}

impl<'p> EnumWriter<'p> {
    pub(super) fn new(plan: &'p EnumPlan, rows: usize) -> Self {
        Self { plan, keys: Values::new(rows), unnamed: None }
    }

    /// Sets the row that follows the last one to a small number with a name, if that is it and there is room.
    #[inline(always)]
    pub(super) fn push(&mut self, row: usize, number: usize) -> Option<()> {
        self.keys.push(row, self.plan.small_key(number)?)
    }

    pub(super) fn write_packed(&mut self, mut row: usize, mut chunk: &[u8]) -> Result<usize, Fault> {
        while !chunk.is_empty() {
            let number = Int32::read(&mut chunk)?;
            self.set(row, number);
            row += 1;
        }
        Ok(row)
    }

    #[inline]
    fn set(&mut self, row: usize, number: i32) {
        let key = self.plan.key(number).unwrap_or_else(|| self.unnamed_key(number));
        self.keys.set(row, key);
    }

    #[cold]
    fn unnamed_key(&mut self, number: i32) -> i32 {
        let unnamed = self.unnamed.get_or_insert_default();
        // Each number takes bytes of a schema or of a page, and neither has i32::MAX of them.
        let next = (self.plan.names.len() + unnamed.len()) as i32;
        *unnamed.entry(number).or_insert(next)
    }

    fn names(&self) -> ArrayRef {
        let Some(unnamed) = &self.unnamed else { return Arc::clone(&self.plan.names) };
        let mut unnamed: Vec<(i32, String)> = unnamed.iter().map(|(number, key)| (*key, number.to_string())).collect();
        unnamed.sort_unstable();
        let known = self.plan.names.as_string::<i32>().iter();
        let names = known.chain(unnamed.iter().map(|(_, text)| Some(text.as_str())));
        Arc::new(names.collect::<StringArray>())
    }
}

impl ColumnWriter for EnumWriter<'_> {
    #[inline]
    fn write(&mut self, row: usize, _: Tag, input: &mut &[u8]) -> Result<(), Fault> {
        let number = Int32::read(input)?;
        self.set(row, number);
        Ok(())
    }

    fn write_default(&mut self, row: usize) {
        if !self.keys.has(row) {
            self.set(row, self.plan.default);
        }
    }

    fn truncate(&mut self, rows: usize) {
        self.keys.truncate(rows);
    }

    fn finish(self, rows: usize) -> Result<ArrayRef, Fault> {
        let names = self.names();
        let (keys, nulls) = self.keys.finish(rows);
        let keys = Int32Array::try_new(ScalarBuffer::from(keys), nulls)?;
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, names)?))
    }
}
