//! The values of a column without children, and the rows that have one.

use arrow_buffer::NullBuffer;

use super::block::Block;
use super::validity::{Absent, Validity};
use super::views::window::{Cursor, Window};
use crate::columns::plan::ExpectedTag;

/// Values of rows, with nulls filled in when a later row is set.
pub(super) struct Values<T> {
    values: Vec<T>,
    validity: Validity,
    /// The number of rows to allocate for at the first value.
    expected: usize,
}

impl<T: Copy + Default> Values<T> {
    pub(super) fn new(expected: usize) -> Self {
        Self { values: Vec::new(), validity: Validity::new(expected), expected }
    }

    /// Returns whether a row was set and not truncated since. Valid for the last row only.
    #[inline]
    pub(super) fn has(&self, row: usize) -> bool {
        row < self.values.len()
    }

    /// Sets the last row, or the one after it.
    #[inline]
    pub(super) fn set(&mut self, row: usize, value: T) {
        if row == self.values.len() && row < self.values.capacity() {
            self.values.push(value);
            self.validity.append_valid();
        } else {
            self.set_elsewhere(row, value);
        }
    }

    /// Sets the rows of a block to the values that `read` returns, and returns the messages with the field, one bit each.
    /// `read` gets the place after a tag and returns the value (`None` for null) and its end. If it returns nothing the
    /// message is not advanced, which makes the block unusual.
    #[inline(always)]
    pub(super) fn write_block(
        &mut self,
        tag: ExpectedTag,
        block: &mut Block<'_>,
        mut read: impl FnMut(Window<'_>, Cursor) -> Option<(Option<T>, usize)>,
    ) -> u64 {
        let (first, before, count) = (block.first_row, self.values.len(), block.messages.len());
        if first < before || (self.values.capacity() == 0 && !block.has(tag)) {
            return 0;
        }
        self.reserve();
        self.values.resize(first + count, T::default());
        let rows = self.values.get_mut(first..).unwrap_or_default();
        let page = block.page;
        // Missing rows, because present ones are many: setting a bit for each would chain the iterations.
        let (mut missing, mut empty) = (0, 0);
        for (index, (row, message)) in rows.iter_mut().zip(block.messages.iter_mut()).enumerate() {
            match message.after_likely_tag(page, tag).and_then(|place| read(page, place)) {
                Some((value, end)) if end <= message.end => {
                    message.at = end;
                    match value {
                        Some(value) => *row = value,
                        None => empty |= 1 << index,
                    }
                }
                _ => missing |= 1 << index,
            }
        }
        let found = block.all() & !missing;
        let present = found & !empty;
        if present == 0 {
            self.values.truncate(before);
            return found;
        }
        self.validity.fill(first);
        self.validity.append_word(present, count);
        found
    }

    /// Returns the values of this row and those after it.
    #[inline]
    pub(super) fn rows_from(&self, row: usize) -> &[T] {
        self.values.get(row..).unwrap_or_default()
    }

    /// Allocates at the first value.
    #[inline]
    fn reserve(&mut self) {
        if self.values.capacity() == 0 {
            self.values.reserve_exact(self.expected);
        }
    }

    /// Sets a row unless it is set.
    pub(super) fn set_default(&mut self, row: usize, value: T) {
        if !self.has(row) {
            self.set(row, value);
        }
    }

    #[inline(never)]
    fn set_elsewhere(&mut self, row: usize, value: T) {
        if let Some(set) = self.values.get_mut(row) {
            *set = value;
            return;
        }
        self.reserve();
        self.values.resize(row, T::default());
        self.values.push(value);
        self.validity.fill(row);
        self.validity.append_valid();
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.validity.truncate(rows);
    }

    /// Returns the values of this number of rows, zero in rows without a value, and the nulls.
    pub(super) fn finish(mut self, rows: usize, absent: Absent<'_>) -> (Vec<T>, Option<NullBuffer>) {
        self.values.resize(rows, T::default());
        let nulls = match absent {
            Absent::Null => self.validity.finish(rows),
            Absent::Zero(nulls) => nulls.cloned(),
        };
        (self.values, nulls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(values: Values<i32>, rows: usize) -> Vec<Option<i32>> {
        let (values, nulls) = values.finish(rows, Absent::Null);
        let is_valid = |row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        values.into_iter().enumerate().map(|(row, value)| is_valid(row).then_some(value)).collect()
    }

    #[test]
    fn rows_without_a_value_are_null() {
        let mut values = Values::new(5);
        values.set(1, 10);
        values.set(2, 20);
        values.set(2, 21);
        assert_eq!(finish(values, 4), [None, Some(10), Some(21), None]);
        assert_eq!(finish(Values::new(2), 2), [None, None]);
    }

    #[test]
    fn a_truncated_row_is_null_until_it_is_set_again() {
        let mut values = Values::new(0);
        values.set(0, 1);
        values.set(1, 2);
        values.truncate(1);
        values.truncate(1);
        assert!(!values.has(1));
        values.set(2, 3);
        assert_eq!(finish(values, 3), [Some(1), None, Some(3)]);
    }
}
