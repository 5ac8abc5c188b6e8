//! The numbers of a whole run.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;
use std::time::Duration;

use crate::workflows::elapsed::Elapsed;

/// The numbers of a run.
///
/// Prints one line: `12 tasks computed, 1 failed in 3 min 5 s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunSummary {
    /// Tasks whose result the server accepted.
    pub computed: u64,
    /// Tasks that failed by their own fault and whose failure the server accepted; each execution counts.
    pub failed: u64,
    /// Tasks that were handed back to the queue: by a shutdown, or because they cannot run here.
    pub handed_back: u64,
    /// Tasks whose result was not delivered: the server does not know them, or the runner ended before.
    pub unreported: u64,
    /// Leases that ended before the report of their task was accepted.
    pub lost_leases: u64,
    /// Leases that were extended, counting each extension.
    pub extended_leases: u64,
    /// Subtasks of the computed tasks.
    pub subtasks: u64,
    /// Repetitions of reports after a failed attempt.
    pub repeated_reports: u64,
    /// Requests of all kinds.
    pub requests: u64,
    /// Requests that failed, including those that were repeated successfully.
    pub failed_requests: u64,
    /// Responses without a task.
    pub idle_responses: u64,
    /// The sum of the execution times of all tasks.
    pub execution_time: Duration,
    /// The time from the first poll to the end.
    pub elapsed: Duration,
}

/// Adds the numbers of another run; the times become sums as well.
impl Add for RunSummary {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            computed: self.computed + other.computed,
            failed: self.failed + other.failed,
            handed_back: self.handed_back + other.handed_back,
            unreported: self.unreported + other.unreported,
            lost_leases: self.lost_leases + other.lost_leases,
            extended_leases: self.extended_leases + other.extended_leases,
            subtasks: self.subtasks + other.subtasks,
            repeated_reports: self.repeated_reports + other.repeated_reports,
            requests: self.requests + other.requests,
            failed_requests: self.failed_requests + other.failed_requests,
            idle_responses: self.idle_responses + other.idle_responses,
            execution_time: self.execution_time + other.execution_time,
            elapsed: self.elapsed + other.elapsed,
        }
    }
}

/// Sums the numbers of several runs, such as those of the runners of a process.
impl Sum for RunSummary {
    fn sum<I: Iterator<Item = Self>>(summaries: I) -> Self {
        summaries.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for RunSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} computed", self.computed, if self.computed == 1 { "task" } else { "tasks" })?;
        let rest = [
            (self.failed, "failed"),
            (self.handed_back, "handed back"),
            (self.unreported, "not reported"),
            (self.lost_leases, "lost leases"),
        ];
        for (count, name) in rest.into_iter().filter(|(count, _)| *count > 0) {
            let name = if count == 1 && name == "lost leases" { "lost lease" } else { name };
            write!(f, ", {count} {name}")?;
        }
        write!(f, " in {}", Elapsed(self.elapsed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_prints_what_happened() {
        let elapsed = Duration::from_secs(185);
        let good = RunSummary { computed: 12, elapsed, ..RunSummary::default() };
        assert_eq!(good.to_string(), "12 tasks computed in 3 min 5 s");
        let bad = RunSummary { computed: 1, failed: 2, handed_back: 3, unreported: 4, lost_leases: 1, ..good };
        let expected = "1 task computed, 2 failed, 3 handed back, 4 not reported, 1 lost lease in 3 min 5 s";
        assert_eq!(bad.to_string(), expected);
    }
}
