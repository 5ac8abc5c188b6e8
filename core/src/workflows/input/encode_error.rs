//! Why a value cannot be encoded, and where in the value.

use std::fmt;

use crate::error::Error;

/// The failure of a serializer.
#[derive(Debug)]
pub(crate) struct EncodeError {
    reason: String,
    advice: &'static str,
    /// The fields and elements that lead to the value, the innermost first.
    path: Vec<String>,
}

impl EncodeError {
    pub(super) fn new(reason: impl Into<String>, advice: &'static str) -> Self {
        Self { reason: reason.into(), advice, path: Vec::new() }
    }

    /// Adds the field that holds the value.
    pub(super) fn in_field(mut self, name: &str) -> Self {
        self.path.push(format!(".{name}"));
        self
    }

    /// Adds the index of the element that holds the value.
    pub(super) fn in_element(mut self, index: usize) -> Self {
        self.path.push(format!("[{index}]"));
        self
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: String = self.path.iter().rev().map(String::as_str).collect();
        match path.trim_start_matches('.') {
            "" => f.write_str(&self.reason),
            path => write!(f, "in the field `{path}`: {}", self.reason),
        }
    }
}

impl std::error::Error for EncodeError {}

impl serde::ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string(), "")
    }
}

impl From<EncodeError> for Error {
    fn from(error: EncodeError) -> Self {
        Self::invalid("encode the input of a task", error.to_string(), error.advice)
    }
}
