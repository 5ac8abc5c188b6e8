//! What all leaves share: values and which rows have one.

use arrow_buffer::{NullBuffer, NullBufferBuilder};

/// Values of rows, with nulls filled in when a later row is set.
pub(super) struct Values<T> {
    values: Vec<T>,
    nulls: NullBufferBuilder,
    /// How many rows to make room for at the first value.
    expected: usize,
}

impl<T: Copy + Default> Values<T> {
    pub(super) fn new(expected: usize) -> Self {
        Self { values: Vec::new(), nulls: NullBufferBuilder::new(expected), expected }
    }

    /// Whether a row was set and not truncated since. Only the last row can be asked for.
    #[inline]
    pub(super) fn has(&self, row: usize) -> bool {
        row < self.values.len()
    }

    /// Sets the row that follows the last one, if that is it and there is room: it is made at the first value, and
    /// enough of it where the number of rows is known.
    #[inline(always)]
    pub(super) fn push(&mut self, row: usize, value: T) -> Option<()> {
        if row != self.values.len() || row >= self.values.capacity() {
            return None;
        }
        self.values.push(value);
        self.nulls.append_non_null();
        Some(())
    }

    /// Sets a row that is the last one, or follows it.
    #[inline]
    pub(super) fn set(&mut self, row: usize, value: T) {
        if self.push(row, value).is_none() {
            self.set_elsewhere(row, value);
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
        if self.values.is_empty() {
            self.values.reserve_exact(self.expected);
        }
        self.fill(row);
        self.values.push(value);
        self.nulls.append_non_null();
    }

    fn fill(&mut self, rows: usize) {
        let missing = rows.saturating_sub(self.values.len());
        if missing > 0 {
            self.nulls.append_n_nulls(missing);
            self.values.resize(rows, T::default());
        }
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        if rows < self.values.len() {
            self.values.truncate(rows);
            self.nulls.truncate(rows);
        }
    }

    pub(super) fn finish(mut self, rows: usize) -> (Vec<T>, Option<NullBuffer>) {
        self.fill(rows);
        (self.values, self.nulls.build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(values: Values<i32>, rows: usize) -> Vec<Option<i32>> {
        let (values, nulls) = values.finish(rows);
        let is_valid = |row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        values.into_iter().enumerate().map(|(row, value)| is_valid(row).then_some(value)).collect()
    }

    #[test]
    fn rows_that_were_not_set_are_null() {
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
