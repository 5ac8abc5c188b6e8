//! The rows that have a value.

use arrow_buffer::{BooleanBufferBuilder, NullBuffer};

/// The value of a row without a value on the wire.
#[derive(Clone, Copy)]
pub(in crate::columns) enum Absent<'a> {
    /// Null.
    Null,
    /// The zero of its type, except in these rows, which lack the enclosing message and are null.
    Zero(Option<&'a NullBuffer>),
}

/// One bit for each row, allocated at the first row without a value.
pub(super) struct Validity {
    rows: usize,
    bits: Option<BooleanBufferBuilder>,
    /// The number of rows to allocate for.
    expected: usize,
}

impl Validity {
    pub(super) fn new(expected: usize) -> Self {
        Self { rows: 0, bits: None, expected }
    }

    pub(super) fn len(&self) -> usize {
        self.rows
    }

    #[inline(always)]
    pub(super) fn append_valid(&mut self) {
        self.rows += 1;
        if let Some(bits) = &mut self.bits {
            bits.append(true);
        }
    }

    /// Appends rows without a value up to this number of rows.
    #[inline]
    pub(super) fn fill(&mut self, rows: usize) {
        if let Some(missing) = rows.checked_sub(self.rows)
            && missing > 0
        {
            self.bits().append_n(missing, false);
            self.rows = rows;
        }
    }

    /// Appends at most 64 rows, with a value where the bits of a word are set, from the lowest bit on.
    #[inline]
    pub(super) fn append_word(&mut self, present: u64, rows: usize) {
        if present.count_ones() as usize == rows && self.bits.is_none() {
            self.rows += rows;
            return;
        }
        self.bits().append_word(present, rows);
        self.rows += rows;
    }

    #[inline]
    fn bits(&mut self) -> &mut BooleanBufferBuilder {
        let (rows, expected) = (self.rows, self.expected);
        self.bits.get_or_insert_with(|| {
            let mut bits = BooleanBufferBuilder::new(expected.max(rows));
            bits.append_n(rows, true);
            bits
        })
    }

    /// Removes this row and those after it.
    pub(super) fn truncate(&mut self, rows: usize) {
        if rows < self.rows {
            self.rows = rows;
            if let Some(bits) = &mut self.bits {
                bits.truncate(rows);
            }
        }
    }

    /// Returns the nulls; `None` if every row has a value.
    pub(super) fn finish(mut self, rows: usize) -> Option<NullBuffer> {
        self.fill(rows);
        self.bits.map(|bits| NullBuffer::new(bits.build())).filter(|nulls| nulls.null_count() > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_a_value_where_their_bit_is_set() {
        let mut validity = Validity::new(0);
        validity.append_word(u64::MAX, 64);
        validity.append_valid();
        validity.append_word(0b101, 3);
        validity.fill(70);
        validity.append_valid();
        let nulls = validity.finish(72).unwrap();
        let missing: Vec<_> = (0..72).filter(|row| nulls.is_null(*row)).collect();
        assert_eq!(missing, [66, 68, 69, 71]);
    }

    #[test]
    fn truncated_rows_are_appended_again() {
        let mut validity = Validity::new(8);
        validity.append_word(0b1011, 4);
        validity.truncate(2);
        assert_eq!(validity.len(), 2);
        validity.fill(3);
        validity.append_valid();
        let nulls = validity.finish(4).unwrap();
        assert_eq!((0..4).map(|row| nulls.is_valid(row)).collect::<Vec<_>>(), [true, true, false, true]);
        assert!(Validity::new(0).finish(0).is_none());
    }
}
