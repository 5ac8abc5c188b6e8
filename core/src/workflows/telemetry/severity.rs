//! The severity of log records.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::protocol::wire::workflows::v1::LogSeverityGroup;
use crate::schema::closest;

/// A range of severities, which queries of logs select.
///
/// Severities above an error, such as `FATAL` of OpenTelemetry and `CRITICAL` of Python, belong to [`Error`](Self::Error).
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::SeverityGroup;
///
/// assert_eq!("warn".parse::<SeverityGroup>()?, SeverityGroup::Warning);
/// let serious: Vec<_> = SeverityGroup::Warning.and_above().collect();
/// assert_eq!(serious, [SeverityGroup::Warning, SeverityGroup::Error]);
/// # Ok::<(), tilebox_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SeverityGroup {
    /// Steps of the program, for its author.
    Trace,
    /// Details for debugging.
    Debug,
    /// Normal events.
    Info,
    /// Something unexpected that the task handles.
    Warning,
    /// A failure, or worse.
    Error,
    /// A group that this version does not know, with its number in the API.
    Unknown(i32),
}

/// The groups, lowest first.
const GROUPS: [SeverityGroup; 5] =
    [SeverityGroup::Trace, SeverityGroup::Debug, SeverityGroup::Info, SeverityGroup::Warning, SeverityGroup::Error];

/// Names of each group that libraries write, in lower case. The first one is printed.
const NAMES: [&[&str]; 5] = [
    &["trace"],
    &["debug"],
    &["info", "information", "notice"],
    &["warning", "warn"],
    &["error", "fatal", "critical", "alert", "emergency", "panic"],
];

impl SeverityGroup {
    /// Returns this group and those above it.
    pub fn and_above(self) -> impl Iterator<Item = Self> {
        let start = GROUPS.iter().position(|group| *group == self);
        let known = start.map_or(&[][..], |start| &GROUPS[start..]);
        known.iter().copied().chain(start.is_none().then_some(self))
    }

    /// Returns the name in lower case: `trace`, `debug`, `info`, `warning`, `error` or `unknown`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Returns the group of a severity number (OpenTelemetry, "Log Data Model", "Field: SeverityNumber"); `None` for 0, which
    /// means that the record has none, and for negative numbers.
    pub(super) fn of_number(number: i32) -> Option<Self> {
        match number {
            ..=0 => None,
            1..=4 => Some(Self::Trace),
            5..=8 => Some(Self::Debug),
            9..=12 => Some(Self::Info),
            13..=16 => Some(Self::Warning),
            17.. => Some(Self::Error),
        }
    }

    /// Returns the group of a name in any case.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let is_named = |names: &&[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name.trim()));
        NAMES.iter().position(is_named).and_then(|at| GROUPS.get(at).copied())
    }

    /// Returns the number of the group in messages.
    #[must_use]
    pub fn to_wire(self) -> i32 {
        match self {
            Self::Trace => LogSeverityGroup::Trace.into(),
            Self::Debug => LogSeverityGroup::Debug.into(),
            Self::Info => LogSeverityGroup::Info.into(),
            Self::Warning => LogSeverityGroup::Warning.into(),
            Self::Error => LogSeverityGroup::Error.into(),
            Self::Unknown(number) => number,
        }
    }

    pub(super) fn from_wire(number: i32) -> Self {
        GROUPS.into_iter().find(|group| group.to_wire() == number).unwrap_or(Self::Unknown(number))
    }
}

/// Prints the name; an unknown group with its number.
impl fmt::Display for SeverityGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(number) => f.pad(&format!("unknown ({number})")),
            known => f.pad(known.as_str()),
        }
    }
}

/// Parses a name in any case, such as `warning`, `WARN` or `fatal`.
impl FromStr for SeverityGroup {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::of_name(text).ok_or_else(|| {
            let names = GROUPS.iter().map(|group| group.as_str());
            let advice = closest::advice(text, names, "use one of");
            Error::invalid(format!("use the severity `{text}`"), "there is no such severity", advice)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_number_belongs_to_one_group() {
        let groups: Vec<_> = (-1..=26).map(SeverityGroup::of_number).collect();
        let expected = [
            vec![None; 2],
            vec![Some(SeverityGroup::Trace); 4],
            vec![Some(SeverityGroup::Debug); 4],
            vec![Some(SeverityGroup::Info); 4],
            vec![Some(SeverityGroup::Warning); 4],
            vec![Some(SeverityGroup::Error); 10],
        ];
        assert_eq!(groups, expected.concat());
        assert_eq!(SeverityGroup::of_number(i32::MAX), Some(SeverityGroup::Error));
    }

    #[test]
    fn a_group_is_parsed_from_the_names_of_libraries() {
        for (names, group) in NAMES.iter().zip(GROUPS) {
            assert_eq!(names[0], group.as_str());
            for name in *names {
                assert_eq!(name.parse::<SeverityGroup>().expect("a group"), group);
                assert_eq!(name.to_uppercase().parse::<SeverityGroup>().expect("a group"), group);
            }
        }
        let error = "eror".parse::<SeverityGroup>().expect_err("a misspelt name").to_string();
        assert!(error.starts_with("cannot use the severity `eror`: there is no such severity; "), "{error}");
        assert!(error.contains("`error`"), "{error}");
    }

    #[test]
    fn an_unknown_group_keeps_its_number() {
        for number in -1..=7 {
            assert_eq!(SeverityGroup::from_wire(number).to_wire(), number);
        }
        assert_eq!(SeverityGroup::from_wire(7).to_string(), "unknown (7)");
        assert_eq!(SeverityGroup::Unknown(7).and_above().collect::<Vec<_>>(), [SeverityGroup::Unknown(7)]);
        assert_eq!(SeverityGroup::Trace.and_above().collect::<Vec<_>>(), GROUPS);
    }
}
