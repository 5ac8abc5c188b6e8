//! The error of an invalid dataset type.

use std::error::Error as StdError;
use std::fmt;

/// Why the type of a dataset is invalid, or has no columns.
///
/// The text names the message type, the field and the problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    kind: SchemaErrorKind,
    type_name: String,
    field: Option<String>,
    problem: String,
}

/// The kind of a [`SchemaError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SchemaErrorKind {
    /// Neither the dataset's own file nor this version defines the datapoint type, or a type that is not declared as a
    /// message or an enum. A newer version may define it.
    UnknownType,
    /// A field of every dataset is missing, or has another type.
    RequiredField,
    /// The descriptor is not valid protobuf.
    Invalid,
    /// The type is nested too deeply, or has too many fields.
    TooLarge,
    /// A projection names an unknown field, or one field twice.
    UnknownField,
}

impl SchemaError {
    pub(crate) fn new(kind: SchemaErrorKind, type_name: &str, problem: impl Into<String>) -> Self {
        Self { kind, type_name: type_name.to_owned(), field: None, problem: problem.into() }
    }

    /// Adds the field to the error.
    #[must_use]
    pub(crate) fn in_field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> SchemaErrorKind {
        self.kind
    }

    /// Returns the full name of the message type.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Returns the field of that type, if the error is about a field.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "type {:?}", self.type_name)?;
        if let Some(field) = &self.field {
            write!(f, ", field {field:?}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl StdError for SchemaError {}
