//! The error of an input, and its place.

use std::borrow::Cow;
use std::fmt;

use crate::failure::Failure;

/// The maximum characters of a value that a fault repeats.
const MAX_EXCERPT: usize = 60;

/// A place in an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A line of text, counted from one.
    Line(u64),
    /// A row of columns, counted from one.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// A fault of an input: its place, the problem and advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    place: Option<Place>,
    problem: String,
    advice: Cow<'static, str>,
}

impl Fault {
    pub(crate) fn new(problem: impl Into<String>, advice: impl Into<Cow<'static, str>>) -> Self {
        Self { place: None, problem: problem.into(), advice: advice.into() }
    }

    pub(crate) fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// Returns the failure of the command that reads the input with this name. `note` says what was stored before.
    pub(crate) fn into_failure(self, input: &str, note: &str) -> Failure {
        let place = self.place.map(|place| format!("{place}, ")).unwrap_or_default();
        let message = format!("cannot ingest {input}: {place}{}{note}", self.problem);
        Failure::new(&message, &self.advice)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "{place}, ")?;
        }
        write!(f, "{}; {}", self.problem, self.advice)
    }
}

/// Returns a value as one line of a limited length.
pub(super) fn excerpt(text: &str) -> String {
    let line: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    match line.char_indices().nth(MAX_EXCERPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
