//! The error of columns that do not become datapoints.

use std::error::Error as StdError;
use std::fmt;

/// Why columns could not become datapoints: the row, the field and the problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeError {
    row: Option<usize>,
    field: String,
    problem: String,
}

impl EncodeError {
    /// Returns the error of a whole column.
    pub(crate) fn of_field(field: &str, problem: impl Into<String>) -> Self {
        Self { row: None, field: field.to_owned(), problem: problem.into() }
    }

    /// Returns the error of one value.
    pub(crate) fn of_value(field: &str, row: usize, problem: impl Into<String>) -> Self {
        Self { row: Some(row), ..Self::of_field(field, problem) }
    }

    /// Sets the row.
    pub(crate) fn at_row(self, row: usize) -> Self {
        Self { row: Some(row), ..self }
    }

    /// Moves the error inside a field.
    pub(crate) fn inside(mut self, field: &str) -> Self {
        self.field = format!("{field}.{}", self.field);
        self
    }

    /// Moves the error to another row: rows inside a list are its elements.
    pub(super) fn map_row(mut self, row_of: impl Fn(usize) -> usize) -> Self {
        self.row = self.row.map(row_of);
        self
    }

    /// Returns the row of the value, counted from zero; `None` for an error of the whole column.
    #[must_use]
    pub fn row(&self) -> Option<usize> {
        self.row
    }

    /// Returns the path to the field, such as `assets.assets.href`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns the problem without its place.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.row {
            write!(f, "row {row}, ")?;
        }
        write!(f, "the field `{}` {}", self.field, self.problem)
    }
}

impl StdError for EncodeError {}
