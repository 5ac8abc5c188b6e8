//! Errors of deserializing a row.

use std::fmt::{self, Display};

use serde::de::{Error, Expected, Unexpected};

/// Error of deserializing a row, with the column.
#[derive(Debug)]
pub(super) struct RowError(Box<Details>);

#[derive(Debug)]
struct Details {
    problem: Problem,
    /// Path from the column to the value: names, and indexes in brackets.
    path: String,
    /// Kind of the values of the column, for the message.
    kind: Option<String>,
}

/// Kinds of errors.
#[derive(Debug)]
pub(super) enum Problem {
    /// The value is null, and the field is not an `Option`.
    NoValue,
    /// The value and the field have different types.
    Type { field: String },
    /// The field cannot hold the value.
    Value { value: String, field: String },
    /// A field has no column.
    Missing(String),
    /// Message of a user type.
    Other(String),
}

impl RowError {
    pub(super) fn new(problem: Problem) -> Self {
        Self(Box::new(Details { problem, path: String::new(), kind: None }))
    }

    pub(super) fn no_value() -> Self {
        Self::new(Problem::NoValue)
    }

    /// Prepends a column, a field or an element such as `[3]` to the path.
    pub(super) fn inside(mut self, name: &str) -> Self {
        let path = &self.0.path;
        self.0.path = match path.as_str() {
            "" => name.to_owned(),
            path if path.starts_with('[') => format!("{name}{path}"),
            path => format!("{name}.{path}"),
        };
        self
    }

    /// Sets the kind of the values of the column, unless it is set.
    pub(super) fn with_kind(mut self, kind: impl FnOnce() -> String) -> Self {
        self.0.kind.get_or_insert_with(kind);
        self
    }

    pub(super) fn problem(&self) -> &Problem {
        &self.0.problem
    }

    pub(super) fn path(&self) -> &str {
        &self.0.path
    }
}

/// Writes the column and the problem in one line.
impl Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { problem, path, kind } = &*self.0;
        match path.as_str() {
            "" => f.write_str("the row")?,
            path => write!(f, "the column `{path}`")?,
        }
        let kind = kind.as_deref().unwrap_or("another type");
        match problem {
            Problem::NoValue => f.write_str(" has no value"),
            Problem::Type { field } => write!(f, " has {kind}, the field expects {field}"),
            Problem::Value { value, field } => write!(f, " has {value}, the field expects {field}"),
            Problem::Missing(field) => write!(f, " has no field `{field}`"),
            Problem::Other(problem) => write!(f, " has {kind}: {problem}"),
        }
    }
}

impl std::error::Error for RowError {}

/// Formats the expected type of a visitor: `i64` in backticks, or a phrase such as "a string".
pub(super) fn expected_type(expected: &dyn Expected) -> String {
    let name = expected.to_string();
    if name.contains(' ') { name } else { format!("`{name}`") }
}

impl Error for RowError {
    fn custom<T: Display>(message: T) -> Self {
        // Messages of user types may have several lines.
        let message = message.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        Self::new(Problem::Other(message))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Problem::Type { field: expected_type(expected) })
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let value = match unexpected {
            Unexpected::Signed(number) => format!("the number {number}"),
            Unexpected::Unsigned(number) => format!("the number {number}"),
            Unexpected::Float(number) => format!("the number {number:?}"),
            Unexpected::Str(text) => format!("the text {text:?}"),
            other => other.to_string(),
        };
        Self::new(Problem::Value { value, field: expected_type(expected) })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::Missing(field.to_owned()))
    }
}
