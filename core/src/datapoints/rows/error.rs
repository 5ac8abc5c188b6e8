//! Why a row does not become a value.

use std::fmt::{self, Display};

use serde::de::{Error, Expected, Unexpected};

/// Why a row does not become a value, and in which column.
#[derive(Debug)]
pub(super) struct RowError(Box<Details>);

#[derive(Debug)]
struct Details {
    problem: Problem,
    /// From the column inwards: names, and numbers of elements in brackets.
    path: String,
    /// What the column holds, for people.
    holds: Option<String>,
}

/// What is wrong with a value.
#[derive(Debug)]
pub(super) enum Problem {
    /// There is none, and the field is not an `Option`.
    NoValue,
    /// It has another type than the field.
    Type {
        field: String,
    },
    /// The field cannot hold it.
    Value {
        value: String,
        field: String,
    },
    /// There is no column for a field.
    Missing(String),
    Other(String),
}

impl RowError {
    pub(super) fn new(problem: Problem) -> Self {
        Self(Box::new(Details { problem, path: String::new(), holds: None }))
    }

    pub(super) fn no_value() -> Self {
        Self::new(Problem::NoValue)
    }

    /// The same in a column or field of this name, or an element such as `[3]`.
    pub(super) fn inside(mut self, name: &str) -> Self {
        let path = &self.0.path;
        self.0.path = match path.as_str() {
            "" => name.to_owned(),
            path if path.starts_with('[') => format!("{name}{path}"),
            path => format!("{name}.{path}"),
        };
        self
    }

    /// The same with what the column holds, unless that is known.
    pub(super) fn holding(mut self, holds: impl FnOnce() -> String) -> Self {
        self.0.holds.get_or_insert_with(holds);
        self
    }

    pub(super) fn problem(&self) -> &Problem {
        &self.0.problem
    }

    pub(super) fn path(&self) -> &str {
        &self.0.path
    }
}

/// What is wrong and in which column, in one line.
impl Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { problem, path, holds } = &*self.0;
        match path.as_str() {
            "" => f.write_str("the row")?,
            path => write!(f, "the column `{path}`")?,
        }
        let holds = holds.as_deref().unwrap_or("another type");
        match problem {
            Problem::NoValue => f.write_str(" has no value"),
            Problem::Type { field } => write!(f, " holds {holds}, the field is {field}"),
            Problem::Value { value, field } => write!(f, " holds {value}, the field is {field}"),
            Problem::Missing(field) => write!(f, " has no field `{field}`"),
            Problem::Other(problem) => write!(f, " holds {holds}: {problem}"),
        }
    }
}

impl std::error::Error for RowError {}

/// A type as a visitor names it: `i64`, or a phrase such as "a string".
fn field(expected: &dyn Expected) -> String {
    let name = expected.to_string();
    if name.contains(' ') { name } else { format!("`{name}`") }
}

impl Error for RowError {
    fn custom<T: Display>(message: T) -> Self {
        // What a type says of itself may have several lines.
        let message = message.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        Self::new(Problem::Other(message))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Problem::Type { field: field(expected) })
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let value = match unexpected {
            Unexpected::Signed(number) => format!("the number {number}"),
            Unexpected::Unsigned(number) => format!("the number {number}"),
            Unexpected::Float(number) => format!("the number {number:?}"),
            Unexpected::Str(text) => format!("the text {text:?}"),
            other => other.to_string(),
        };
        Self::new(Problem::Value { value, field: field(expected) })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::Missing(field.to_owned()))
    }
}
