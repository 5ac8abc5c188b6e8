//! The number of log records by severity.

use std::fmt;

use super::SeverityGroup;
use crate::protocol::wire::workflows::v1 as wire;

/// The number of log records of each severity, of all jobs within an interval of time.
///
/// Prints one line, such as `12 log records: 10 info, 2 error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCounts {
    counts: Vec<(SeverityGroup, u64)>,
    total: u64,
}

impl LogCounts {
    /// Converts the response of the server. A number below zero counts as zero.
    #[must_use]
    pub fn from_wire(response: wire::GetLogMessageCountsResponse) -> Self {
        // A number of records is never negative.
        let number = |count: Option<i64>| u64::try_from(count.unwrap_or_default()).unwrap_or_default();
        let counts: Vec<_> = response
            .counts
            .iter()
            .map(|count| (SeverityGroup::from_wire(count.severity.unwrap_or_default()), number(count.count)))
            .collect();
        let sum = || counts.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
        let total = response.total_messages.map_or_else(sum, |total| number(Some(total)));
        Self { counts, total }
    }

    /// Returns the number of records of a severity.
    #[must_use]
    pub fn of(&self, severity: SeverityGroup) -> u64 {
        let counts = self.counts.iter().filter(|(group, _)| *group == severity);
        counts.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Returns the number of all records, also of those without a severity.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Returns severities and their numbers, in the order of the server.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (SeverityGroup, u64)> {
        self.counts.iter().copied()
    }
}

impl fmt::Display for LogCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} log record{}", self.total, if self.total == 1 { "" } else { "s" })?;
        let counts = self.counts.iter().filter(|(_, count)| *count > 0);
        for (index, (severity, count)) in counts.enumerate() {
            write!(f, "{}{count} {severity}", if index == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(severity: i32, count: i64) -> wire::LogSeverityCount {
        wire::LogSeverityCount { severity: Some(severity), count: Some(count) }
    }

    #[test]
    fn counts_keep_unknown_severities() {
        let counts = LogCounts::from_wire(wire::GetLogMessageCountsResponse {
            counts: vec![count(3, 10), count(5, 2), count(9, 1), count(2, 0)],
            total_messages: Some(13),
        });
        assert_eq!(counts.of(SeverityGroup::Info), 10);
        assert_eq!(counts.of(SeverityGroup::Unknown(9)), 1);
        assert_eq!(counts.of(SeverityGroup::Trace), 0);
        assert_eq!(counts.to_string(), "13 log records: 10 info, 2 error, 1 unknown (9)");
    }

    #[test]
    fn a_missing_total_is_the_sum_of_the_counts() {
        let counts = vec![count(1, i64::MAX), count(2, i64::MAX), count(3, i64::MAX), count(4, -1)];
        let counts = LogCounts::from_wire(wire::GetLogMessageCountsResponse { counts, total_messages: None });
        assert_eq!((counts.total(), counts.of(SeverityGroup::Warning)), (u64::MAX, 0));
        let none = LogCounts::from_wire(wire::GetLogMessageCountsResponse::default());
        assert_eq!(none.to_string(), "0 log records");
    }
}
