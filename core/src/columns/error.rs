//! Why a page could not become columns.

use std::error::Error as StdError;
use std::fmt;

use arrow_schema::ArrowError;
use uuid::Uuid;

use super::wire::WireError;
use crate::error::UnreadableMessage;

/// Why a page, or one of its datapoints, could not become columns.
///
/// Prints as one line that names the datapoint, the field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    datapoint: Option<usize>,
    id: Option<Uuid>,
    field: String,
    problem: String,
}

/// What is wrong with the bytes of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes are not a protobuf message.
    Malformed,
    /// The page or datapoint does not name its type, which every one does: its message is not whole. A response without a
    /// byte is a valid message without fields.
    Incomplete,
    /// A text is not UTF-8.
    InvalidUtf8,
    /// The datapoints have another type than the schema that the decoder was made from. Ask for the dataset again.
    TypeChanged,
    /// The bytes or values of one batch are more than Arrow's 32-bit offsets can count. Ask for smaller pages.
    TooLarge,
}

impl DecodeError {
    /// An error of a page as a whole.
    pub(super) fn of_page(kind: DecodeErrorKind, problem: impl Into<String>) -> Self {
        Self { kind, datapoint: None, id: None, field: String::new(), problem: problem.into() }
    }

    pub(super) fn of_datapoint(index: usize, id: Option<Uuid>, fault: Fault) -> Self {
        Self { datapoint: Some(index), id, ..Self::from(fault) }
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// The datapoint at fault, counted from zero in its page; `None` when it is the page itself.
    #[must_use]
    pub fn datapoint(&self) -> Option<usize> {
        self.datapoint
    }

    /// The id of the datapoint at fault, where it could be read.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        self.id
    }

    /// The path to the field at fault, such as `assets.assets[3].href`; empty when it is none in particular.
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

/// What went wrong inside a datapoint, collecting where on the way up. One pointer, so that reading a value is cheap
/// when nothing is wrong.
#[derive(Debug)]
pub(super) struct Fault(Box<FaultDetails>);

#[derive(Debug)]
struct FaultDetails {
    kind: DecodeErrorKind,
    problem: String,
    /// From the inside out.
    path: Vec<Segment>,
}

#[derive(Debug)]
enum Segment {
    Field(String),
    Element(usize),
}

impl Fault {
    #[cold]
    pub(super) fn new(kind: DecodeErrorKind, problem: impl Into<String>) -> Self {
        Self(Box::new(FaultDetails { kind, problem: problem.into(), path: Vec::new() }))
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

impl From<WireError> for Fault {
    #[cold]
    fn from(error: WireError) -> Self {
        Self::new(DecodeErrorKind::Malformed, error.to_string())
    }
}

/// Columns are built to fit together, so what is left for Arrow to refuse is their size.
impl From<ArrowError> for Fault {
    #[cold]
    fn from(error: ArrowError) -> Self {
        Self::new(DecodeErrorKind::TooLarge, format!("Arrow refuses the column: {error}"))
    }
}

impl From<DecodeError> for UnreadableMessage {
    fn from(error: DecodeError) -> Self {
        if error.kind == DecodeErrorKind::Incomplete { Self::new(error).cut() } else { Self::new(error) }
    }
}

impl From<Fault> for DecodeError {
    fn from(fault: Fault) -> Self {
        let FaultDetails { kind, problem, path } = *fault.0;
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
    fn an_error_names_the_datapoint_the_path_and_the_problem_in_one_line() {
        let fault = Fault::from(WireError::Truncated).in_field("href").in_element(3).in_field("assets");
        let id = Uuid::from_u128(7);
        let error = DecodeError::of_datapoint(12, Some(id), fault);
        assert_eq!(error.kind(), DecodeErrorKind::Malformed);
        assert_eq!(
            error.to_string(),
            "datapoint 12 (00000000-0000-0000-0000-000000000007), field \"assets[3].href\": \
             the bytes end in the middle of a value"
        );
    }
}
