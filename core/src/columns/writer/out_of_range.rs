//! Values out of range of a column: their rows are null and reported.

use crate::columns::nulled_values::NulledValues;

/// The rows of a column whose values are out of range. One pointer, because such values are rare.
#[derive(Default)]
pub(super) struct OutOfRange(Option<Box<Rows>>);

#[derive(Default)]
struct Rows {
    /// Ascending.
    rows: Vec<usize>,
    /// The first value, for the report.
    example: String,
}

impl OutOfRange {
    /// Returns whether the value of `row`, the last row written, is out of range.
    #[inline]
    pub(super) fn has(&self, row: usize) -> bool {
        self.0.as_ref().is_some_and(|out_of_range| out_of_range.rows.last() == Some(&row))
    }

    /// Records the value of a row after the recorded rows.
    #[cold]
    pub(super) fn mark(&mut self, row: usize, value: impl FnOnce() -> String) {
        let out_of_range = self.0.get_or_insert_default();
        if out_of_range.rows.is_empty() {
            out_of_range.example = value();
        }
        out_of_range.rows.push(row);
    }

    /// Removes this row and those after it.
    #[inline]
    pub(super) fn truncate(&mut self, rows: usize) {
        if let Some(out_of_range) = &mut self.0 {
            out_of_range.rows.truncate(out_of_range.rows.partition_point(|row| *row < rows));
        }
    }
}

/// Collects the values out of range, by field.
#[derive(Default)]
pub(in crate::columns) struct Report {
    found: Vec<NulledValues>,
}

impl Report {
    /// Collects the values of a field's column, with the field in their paths.
    pub(super) fn inside(&mut self, field: &str, report: impl FnOnce(&mut Self)) {
        let before = self.found.len();
        report(self);
        for nulled in self.found.iter_mut().skip(before) {
            nulled.move_inside(field);
        }
    }

    pub(super) fn add(&mut self, out_of_range: &OutOfRange) {
        if let Some(out_of_range) = out_of_range.0.as_ref().filter(|out_of_range| !out_of_range.rows.is_empty()) {
            self.found.push(NulledValues::new(out_of_range.rows.len() as u64, out_of_range.example.clone()));
        }
    }

    pub(in crate::columns) fn into_found(self) -> Vec<NulledValues> {
        self.found
    }
}
