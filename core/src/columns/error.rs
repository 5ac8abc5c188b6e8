//! The error of a page that does not become columns.

use std::error::Error as StdError;
use std::fmt;

use arrow_schema::ArrowError;
use uuid::Uuid;

use super::wire::WireError;
use crate::error::UnreadableMessage;

/// Why a page, or one of its datapoints, could not become columns.
///
/// Prints as one line with the datapoint, the field and the problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    datapoint: Option<usize>,
    id: Option<Uuid>,
    field: String,
    problem: String,
}

/// The kind of a [`DecodeError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes are not a protobuf message.
    Malformed,
    /// The page or datapoint does not name its type, so its message is incomplete. An empty response is a valid message
    /// without fields.
    Incomplete,
    /// A text is not UTF-8.
    InvalidUtf8,
    /// The datapoints have another type than the schema of the decoder. Load the dataset again.
    TypeChanged,
    /// A batch has more bytes or values than Arrow's 32-bit offsets count. Ask for smaller pages.
    TooLarge,
}

impl DecodeError {
    /// Returns the error of a whole page.
    pub(super) fn of_page(kind: DecodeErrorKind, problem: impl Into<String>) -> Self {
        Self { kind, datapoint: None, id: None, field: String::new(), problem: problem.into() }
    }

    pub(super) fn of_datapoint(index: usize, id: Option<Uuid>, error: FieldError) -> Self {
        Self { datapoint: Some(index), id, ..Self::from(error) }
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Returns the index of the datapoint in its page, counted from zero; `None` for an error of the whole page.
    #[must_use]
    pub fn datapoint(&self) -> Option<usize> {
        self.datapoint
    }

    /// Returns the id of the datapoint, if it could be read.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        self.id
    }

    /// Returns the path to the field, such as `assets.assets[3].href`; empty if the error is not about a field.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.datapoint, self.id) {
            (Some(index), Some(id)) => write!(f, "datapoint {index} ({id})")?,
            (Some(index), None) => write!(f, "datapoint {index}")?,
            (None, _) => f.write_str("page")?,
        }
        if !self.field.is_empty() {
            write!(f, ", field {:?}", self.field)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl StdError for DecodeError {}

/// An error inside a datapoint, which collects its path on the way up. One pointer, so that results of successful reads
/// stay small.
#[derive(Debug)]
pub(super) struct FieldError(Box<FieldErrorDetails>);

#[derive(Debug)]
struct FieldErrorDetails {
    kind: DecodeErrorKind,
    problem: String,
    /// Innermost segment first.
    path: Vec<Segment>,
}

#[derive(Debug)]
enum Segment {
    Field(String),
    Element(usize),
}

impl FieldError {
    #[cold]
    pub(super) fn new(kind: DecodeErrorKind, problem: impl Into<String>) -> Self {
        Self(Box::new(FieldErrorDetails { kind, problem: problem.into(), path: Vec::new() }))
    }

    #[cold]
    #[must_use]
    pub(super) fn in_field(mut self, name: &str) -> Self {
        self.0.path.push(Segment::Field(name.to_owned()));
        self
    }

    #[cold]
    #[must_use]
    pub(super) fn in_element(mut self, index: usize) -> Self {
        self.0.path.push(Segment::Element(index));
        self
    }
}

impl From<WireError> for FieldError {
    #[cold]
    fn from(error: WireError) -> Self {
        Self::new(DecodeErrorKind::Malformed, error.to_string())
    }
}

/// Columns fit together by construction, so Arrow only refuses their size.
impl From<ArrowError> for FieldError {
    #[cold]
    fn from(error: ArrowError) -> Self {
        Self::new(DecodeErrorKind::TooLarge, format!("the column is too large: {error}"))
    }
}

impl From<DecodeError> for UnreadableMessage {
    fn from(error: DecodeError) -> Self {
        if error.kind == DecodeErrorKind::Incomplete { Self::new(error).cut() } else { Self::new(error) }
    }
}

impl From<FieldError> for DecodeError {
    fn from(error: FieldError) -> Self {
        let FieldErrorDetails { kind, problem, path } = *error.0;
        let mut field = String::new();
        for segment in path.iter().rev() {
            match segment {
                Segment::Field(name) if field.is_empty() => field.push_str(name),
                Segment::Field(name) => {
                    field.push('.');
                    field.push_str(name);
                }
                Segment::Element(index) => field.push_str(&format!("[{index}]")),
            }
        }
        Self { kind, datapoint: None, id: None, field, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_datapoint_path_and_problem() {
        let error = FieldError::from(WireError::Truncated).in_field("href").in_element(3).in_field("assets");
        let id = Uuid::from_u128(7);
        let error = DecodeError::of_datapoint(12, Some(id), error);
        assert_eq!(error.kind(), DecodeErrorKind::Malformed);
        assert_eq!(
            error.to_string(),
            "datapoint 12 (00000000-0000-0000-0000-000000000007), field \"assets[3].href\": \
             the bytes end in the middle of a value"
        );
    }
}
