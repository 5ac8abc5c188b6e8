//! The position of a load, which can be saved and resumed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::range::{End, Range, Start};
use crate::error::Error;

/// The position of a load: the ranges of a query that were not delivered yet.
///
/// A position prints as text that parses back, and serializes as that text. It belongs to the query that produced it;
/// another query resumes in the same ranges.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::datasets::Position;
///
/// let saved = "400/(0195544e-1f00-1a2b-3c4d-000000000001";
/// let position: Position = saved.parse()?;
/// assert_eq!(position.delivered(), 400);
/// assert_eq!(position.to_string(), saved);
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
///
/// The text is the number of delivered datapoints and, after a slash, the open intervals of ids, separated by commas:
/// `(` before an id that an interval excludes, `[` before one that it includes, `)` after the id at its end. An
/// interval without an id at its start or end begins or ends with the query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Position {
    delivered: u64,
    /// The open ranges in order, at least one.
    open: Vec<Range>,
}

impl Position {
    /// Returns the position at which every load begins.
    #[must_use]
    pub fn start() -> Self {
        Self { delivered: 0, open: vec![Range::ALL] }
    }

    /// Returns the position after the datapoint with this id, which need not exist any more.
    #[must_use]
    pub fn after(id: Uuid) -> Self {
        Self { delivered: 0, open: vec![Range { start: Start::After(id), end: End::Query }] }
    }

    /// Returns the number of datapoints that all loads up to this position delivered. A limit includes them.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Returns whether every load begins at this position.
    #[cfg(feature = "client")]
    pub(crate) fn is_start(&self) -> bool {
        *self == Self::start()
    }

    /// Returns the id after which everything is left; `None` if a position is not of this kind.
    #[cfg(feature = "client")]
    pub(crate) fn cursor(&self) -> Option<Uuid> {
        match self.open.as_slice() {
            [Range { start: Start::After(id), end: End::Query }] => Some(*id),
            _ => None,
        }
    }

    /// Returns whether the position is after the nil id, which no datapoint has.
    pub(in crate::datasets) fn is_nil(&self) -> bool {
        self.open.iter().any(|range| matches!(range.start, Start::After(id) if id.is_nil()))
    }

    pub(super) fn new(delivered: u64, open: Vec<Range>) -> Self {
        Self { delivered, open }
    }

    pub(super) fn open(&self) -> &[Range] {
        &self.open
    }
}

/// The position at which every load begins.
impl Default for Position {
    fn default() -> Self {
        Self::start()
    }
}

/// The text of the end of a range before 1970.
const EPOCH: &str = "epoch";

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.delivered)?;
        for (index, range) in self.open.iter().enumerate() {
            f.write_str(if index > 0 { "," } else { "" })?;
            match range.start {
                Start::Query => {}
                Start::After(id) => write!(f, "({id}")?,
                Start::At(key) => write!(f, "[{}", Uuid::from_u128(key))?,
            }
            match range.end {
                End::Query => {}
                End::Before(key) => write!(f, "..{})", Uuid::from_u128(key))?,
                End::Epoch => write!(f, "..{EPOCH}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Position {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).ok_or_else(|| {
            let purpose = format!("resume at the position `{text}`");
            Error::invalid(purpose, "it is not a position", "pass the printed position of an earlier load")
        })
    }
}

fn parse(text: &str) -> Option<Position> {
    let (delivered, ranges) = text.trim().split_once('/')?;
    let open = ranges.split(',').map(range).collect::<Option<Vec<_>>>()?;
    Some(Position { delivered: delivered.parse().ok()?, open })
}

fn range(text: &str) -> Option<Range> {
    let (start, end) = text.split_once("..").map_or((text, None), |(start, end)| (start, Some(end)));
    let start = match (start.strip_prefix('('), start.strip_prefix('[')) {
        (Some(id), _) => Start::After(id.parse().ok()?),
        (_, Some(id)) => Start::At(id.parse::<Uuid>().ok()?.as_u128()),
        _ if start.is_empty() => Start::Query,
        _ => return None,
    };
    let end = match end {
        None => End::Query,
        Some(EPOCH) => End::Epoch,
        Some(end) => End::Before(end.strip_suffix(')')?.parse::<Uuid>().ok()?.as_u128()),
    };
    Some(Range { start, end })
}

impl TryFrom<String> for Position {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Position> for String {
    fn from(position: Position) -> Self {
        position.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_position_parses_back() {
        let (first, second) = (Uuid::from_u128(7 << 100), Uuid::from_u128(9 << 100));
        let ranges = [
            Range::ALL,
            Range { start: Start::After(first), end: End::Query },
            Range { start: Start::At(first.as_u128()), end: End::Before(second.as_u128()) },
            Range { start: Start::Query, end: End::Before(second.as_u128()) },
            Range { start: Start::After(first), end: End::Epoch },
        ];
        let mut positions: Vec<_> = ranges.iter().map(|range| Position::new(12, vec![*range])).collect();
        positions.push(Position::new(u64::MAX, ranges.to_vec()));
        for position in positions {
            let text = position.to_string();
            assert_eq!(text.parse::<Position>().expect(&text), position);
            let json = serde_json::to_string(&position).expect("JSON");
            assert_eq!(serde_json::from_str::<Position>(&json).expect(&json), position);
        }
        assert_eq!(Position::start().to_string(), "0/");
    }

    #[test]
    fn an_invalid_position_is_an_error() {
        for text in ["", "x", "-1/", "3", "3/(", "3/(7", "3/[..)", "3/..", "3/,x", "/"] {
            let error = text.parse::<Position>().expect_err(text).to_string();
            assert!(
                error.contains(&format!("cannot resume at the position `{text}`: it is not a position")),
                "{error}"
            );
        }
    }
}
