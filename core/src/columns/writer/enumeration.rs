//! Enums: keys into a dictionary of short names.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow_buffer::ScalarBuffer;

use super::block::{Block, Unusual};
use super::numbers::{Int32, Scalar};
use super::values::Values;
use super::{Absent, ColumnWriter};
use crate::columns::error::FieldError;
use crate::columns::plan::{EnumPlan, ExpectedTag};
use crate::columns::wire::Tag;

/// Writes a column of enum values. A number without a name joins the dictionary of the page as decimal text, so that
/// a value unknown to the schema is neither lost nor an error.
pub(super) struct EnumWriter<'p> {
    plan: &'p EnumPlan,
    keys: Values<i32>,
    /// The keys of numbers without a name.
    unnamed: Option<HashMap<i32, i32>>,
}

impl<'p> EnumWriter<'p> {
    pub(super) fn new(plan: &'p EnumPlan, rows: usize) -> Self {
        Self { plan, keys: Values::new(rows), unnamed: None }
    }

    pub(super) fn write_packed(&mut self, mut row: usize, mut chunk: &[u8]) -> Result<usize, FieldError> {
        while !chunk.is_empty() {
            let number = Int32::read(&mut chunk)?;
            self.set(row, number);
            row += 1;
        }
        Ok(row)
    }

    #[inline]
    fn set(&mut self, row: usize, number: i32) {
        let key = self.plan.key(number).unwrap_or_else(|| unnamed_key(self.plan, &mut self.unnamed, number));
        self.keys.set(row, key);
    }

    /// Returns the key of the value of an absent field.
    fn zero(&mut self) -> i32 {
        let default = self.plan.default;
        self.plan.key(default).unwrap_or_else(|| unnamed_key(self.plan, &mut self.unnamed, default))
    }

    fn names(plan: &EnumPlan, unnamed: Option<HashMap<i32, i32>>) -> ArrayRef {
        let Some(unnamed) = unnamed else { return Arc::clone(&plan.names) };
        let mut unnamed: Vec<(i32, String)> = unnamed.iter().map(|(number, key)| (*key, number.to_string())).collect();
        unnamed.sort_unstable();
        let known = plan.names.as_string::<i32>().iter();
        let names = known.chain(unnamed.iter().map(|(_, text)| Some(text.as_str())));
        Arc::new(names.collect::<StringArray>())
    }
}

#[cold]
fn unnamed_key(plan: &EnumPlan, unnamed: &mut Option<HashMap<i32, i32>>, number: i32) -> i32 {
    let unnamed = unnamed.get_or_insert_default();
    // Each number takes a byte of a schema or a page, and both have fewer than i32::MAX bytes.
    let next = (plan.names.len() + unnamed.len()) as i32;
    *unnamed.entry(number).or_insert(next)
}

impl ColumnWriter for EnumWriter<'_> {
    #[inline]
    fn write(&mut self, row: usize, _: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        let number = Int32::read(input)?;
        self.set(row, number);
        Ok(())
    }

    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        let (plan, unnamed) = (self.plan, &mut self.unnamed);
        Ok(self.keys.write_block(tag, block, |page, message| {
            // Bytes after the message add no number to the dictionary.
            let (number, end) = Int32::read_in_block(page, message).filter(|(_, end)| *end <= message.end)?;
            let key = number.map(|number| plan.key(number).unwrap_or_else(|| unnamed_key(plan, unnamed, number)));
            Some((key, end))
        }))
    }

    fn write_default(&mut self, row: usize) {
        if !self.keys.has(row) {
            self.set(row, self.plan.default);
        }
    }

    fn truncate(&mut self, rows: usize) {
        self.keys.truncate(rows);
    }

    fn finish(mut self, rows: usize, absent: Absent<'_>) -> Result<ArrayRef, FieldError> {
        let keys = match absent {
            Absent::Null => self.keys.finish(rows, absent),
            Absent::Zero(nulls) => {
                let zero = self.zero();
                let (mut keys, absent) = self.keys.finish(rows, Absent::Null);
                for row in absent.iter().flat_map(|absent| (0..absent.len()).filter(|row| absent.is_null(*row))) {
                    if let Some(key) = keys.get_mut(row) {
                        *key = zero;
                    }
                }
                (keys, nulls.cloned())
            }
        };
        let (keys, nulls) = keys;
        let names = Self::names(self.plan, self.unnamed);
        let keys = Int32Array::try_new(ScalarBuffer::from(keys), nulls)?;
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, names)?))
    }
}
