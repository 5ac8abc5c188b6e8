//! Values out of range of their column.

use std::fmt;

/// Values of one field of a page that are out of range of its column. They are null; other values are not affected.
///
/// These are times before 1677-09-21 or after 2262-04-11 (the range of 64-bit nanoseconds), durations of more than 292
/// years, and identifiers that have neither 16 bytes nor none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NulledValues {
    field: String,
    count: u64,
    example: String,
}

impl NulledValues {
    pub(super) fn new(count: u64, example: String) -> Self {
        Self { field: String::new(), count, example }
    }

    /// Moves the path inside a field.
    pub(super) fn move_inside(&mut self, field: &str) {
        self.field = if self.field.is_empty() { field.to_owned() } else { format!("{field}.{}", self.field) };
    }

    /// Returns the path to the field, such as `asset.updated`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns the number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Reports them as an event of `tracing`.
    pub(crate) fn warn(&self) {
        tracing::warn!(field = self.field, count = self.count, "{self}");
    }
}

/// One line, such as ``3 values of the field `end` are out of range and become null; the first is the time 5 s + 0 ns``.
impl fmt::Display for NulledValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (values, are) = if self.count == 1 { ("value", "is") } else { ("values", "are") };
        let becomes = if self.count == 1 { "becomes" } else { "become" };
        write!(
            f,
            "{} {values} of the field `{}` {are} out of range and {becomes} null; the first is {}",
            self.count, self.field, self.example
        )
    }
}
