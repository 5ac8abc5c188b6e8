//! Why columns could not become datapoints.

use std::error::Error as StdError;
use std::fmt;

/// Why columns could not become datapoints: which row and field, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeError {
    row: Option<usize>,
    field: String,
    problem: String,
}

impl EncodeError {
    /// A column that is wrong as a whole.
    pub(crate) fn of_field(field: &str, problem: impl Into<String>) -> Self {
        Self { row: None, field: field.to_owned(), problem: problem.into() }
    }

    pub(super) fn of_value(field: &str, row: usize, problem: impl Into<String>) -> Self {
        Self { row: Some(row), ..Self::of_field(field, problem) }
    }

    /// The same inside of a field of this name.
    pub(super) fn inside(mut self, field: &str) -> Self {
        self.field = format!("{field}.{}", self.field);
        self
    }

    /// The same in another row, because rows inside of a list are its elements.
    pub(super) fn map_row(mut self, row_of: impl Fn(usize) -> usize) -> Self {
        self.row = self.row.map(row_of);
        self
    }

    /// The row at fault, counted from zero; `None` where it is the column itself.
    #[must_use]
    pub fn row(&self) -> Option<usize> {
        self.row
    }

    /// The path to the field at fault, such as `assets.assets.href`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong, without where.
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
