//! Values that a column cannot hold: their rows are null, and the reader is told.

use crate::columns::nulled::Nulled;

/// The rows of a column whose values it cannot hold. One pointer, because there are hardly ever any.
#[derive(Default)]
pub(super) struct Beyond(Option<Box<Rows>>);

#[derive(Default)]
struct Rows {
    /// Ascending.
    rows: Vec<usize>,
    /// The first value, for people.
    example: String,
}

impl Beyond {
    /// Whether the value of this row, which is the last one written, is one of them.
    #[inline]
    pub(super) fn has(&self, row: usize) -> bool {
        self.0.as_ref().is_some_and(|beyond| beyond.rows.last() == Some(&row))
    }

    /// Remembers the value of a row after those remembered before.
    #[cold]
    pub(super) fn mark(&mut self, row: usize, value: impl FnOnce() -> String) {
        let beyond = self.0.get_or_insert_default();
        if beyond.rows.is_empty() {
            beyond.example = value();
        }
        beyond.rows.push(row);
    }

    /// Forgets this row and those after it.
    #[inline]
    pub(super) fn truncate(&mut self, rows: usize) {
        if let Some(beyond) = &mut self.0 {
            beyond.rows.truncate(beyond.rows.partition_point(|row| *row < rows));
        }
    }
}

/// Collects the values that no column holds, by field.
#[derive(Default)]
pub(in crate::columns) struct Report {
    found: Vec<Nulled>,
}

impl Report {
    /// Lets the column of a field report.
    pub(super) fn inside(&mut self, field: &str, report: impl FnOnce(&mut Self)) {
        let before = self.found.len();
        report(self);
        for nulled in self.found.iter_mut().skip(before) {
            nulled.move_inside(field);
        }
    }

    pub(super) fn add(&mut self, beyond: &Beyond) {
        if let Some(beyond) = beyond.0.as_ref().filter(|beyond| !beyond.rows.is_empty()) {
            self.found.push(Nulled::new(beyond.rows.len() as u64, beyond.example.clone()));
        }
    }

    pub(in crate::columns) fn into_found(self) -> Vec<Nulled> {
        self.found
    }
}
