//! Values that no column holds.

use std::fmt;

/// Values of one field of a page that a column cannot hold. They are null in it, and the other values are as always.
///
/// Times that nanoseconds in 64 bits cannot hold (before 1677-09-21 or after 2262-04-11), durations of more than 292
/// years, identifiers that have neither 16 bytes nor none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nulled {
    field: String,
    count: u64,
    example: String,
}

impl Nulled {
    pub(super) fn new(count: u64, example: String) -> Self {
        Self { field: String::new(), count, example }
    }

    /// The same inside a field of this name.
    pub(super) fn move_inside(&mut self, field: &str) {
        self.field = if self.field.is_empty() { field.to_owned() } else { format!("{field}.{}", self.field) };
    }

    /// The path to the field, such as `asset.updated`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Reports them as an event of `tracing`.
    pub(crate) fn warn(&self) {
        tracing::warn!(field = self.field, count = self.count, "{self}");
    }
}

/// One line, such as ``3 values of the field `end` are null, because no column holds them: the first is the time 5 s + 0 ns``.
impl fmt::Display for Nulled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (values, are) = if self.count == 1 { ("value", "is") } else { ("values", "are") };
        write!(
            f,
            "{} {values} of the field `{}` {are} null, because no column holds them: the first is {}",
            self.count, self.field, self.example
        )
    }
}
