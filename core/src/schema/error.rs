//! Why a description of a dataset is not usable.

use std::error::Error as StdError;
use std::fmt;

/// Why the type of a dataset could not be read, or columns could not be made from it.
///
/// The message names the message type, the field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    kind: SchemaErrorKind,
    type_name: String,
    field: Option<String>,
    problem: String,
}

/// What is wrong with the type of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SchemaErrorKind {
    /// The datapoint type, or one of which it is not even said whether it is a message or an enum, is neither in the
    /// dataset's own file nor among those this version knows. A newer version may know it.
    UnknownType,
    /// A field that every dataset has is missing, or has another type.
    RequiredField,
    /// The descriptor is not valid protobuf.
    Invalid,
    /// The type is nested too deeply, or has too many fields.
    TooLarge,
    /// A projection names a field that the dataset does not have.
    UnknownField,
}

impl SchemaError {
    pub(crate) fn new(kind: SchemaErrorKind, type_name: &str, problem: impl Into<String>) -> Self {
        Self { kind, type_name: type_name.to_owned(), field: None, problem: problem.into() }
    }

    #[must_use]
    pub(crate) fn in_field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> SchemaErrorKind {
        self.kind
    }

    /// The full name of the message type at fault.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The field of that type at fault, where it is one.
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
