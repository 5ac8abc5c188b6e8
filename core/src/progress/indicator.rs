//! The progress that tasks report.

use std::fmt;

use crate::error::plain;
use crate::protocol::wire::workflows::v1 as wire;

/// The progress of a job under one label: the sum of the reports of its tasks.
///
/// Tasks report when they end, so the progress of running tasks is not included.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProgressIndicator {
    /// The label; empty for the default indicator.
    pub label: String,
    /// The amount of work that tasks announced, in units that they chose.
    pub total: u64,
    /// The amount of work that they finished. It may exceed the total.
    pub done: u64,
}

impl ProgressIndicator {
    /// Creates an indicator.
    #[must_use]
    pub fn new(label: impl Into<String>, total: u64, done: u64) -> Self {
        Self { label: label.into(), total, done }
    }

    pub(crate) fn from_wire(progress: wire::Progress) -> Self {
        Self { label: progress.label, total: progress.total, done: progress.done }
    }

    pub(crate) fn into_wire(self) -> wire::Progress {
        wire::Progress { label: self.label, total: self.total, done: self.done }
    }

    /// Returns the finished fraction, from 0 to 1; `None` without a total.
    #[must_use]
    pub fn fraction(&self) -> Option<f64> {
        (self.total > 0).then(|| self.done.min(self.total) as f64 / self.total as f64)
    }
}

/// Prints `months 5/12`, or `5/12` without a label.
impl fmt::Display for ProgressIndicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.label.is_empty() { "" } else { " " };
        write!(f, "{}{separator}{}/{}", plain(&self.label), self.done, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indicator(label: &str, done: u64, total: u64) -> ProgressIndicator {
        ProgressIndicator { label: label.to_owned(), total, done }
    }

    #[test]
    fn a_fraction_stays_between_0_and_1() {
        assert_eq!(indicator("", 5, 0).fraction(), None);
        assert_eq!(indicator("", 3, 12).fraction(), Some(0.25));
        assert_eq!(indicator("", u64::MAX, 1).fraction(), Some(1.0));
    }

    #[test]
    fn an_indicator_prints_its_label() {
        assert_eq!(indicator("months", 5, 12).to_string(), "months 5/12");
        assert_eq!(indicator("", 5, 12).to_string(), "5/12");
    }
}
