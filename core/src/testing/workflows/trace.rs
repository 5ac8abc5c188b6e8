//! The events of a run, in the order in which they happened.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use super::faults::Fault;
use crate::time::Instant;
use crate::workflows::runner::{LeaseState, ReportResult, RunSummary, StopReason};

/// The events of a run.
///
/// Prints one line for each, with the seconds since the start of the run.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    entries: Vec<TraceEntry>,
}

/// An event of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TraceEntry {
    /// The time since the start of the run, by the clock of the server.
    pub at: Duration,
    /// The number of the runner, from 0; `None` for an event of the server alone.
    pub runner: Option<usize>,
    /// The event.
    pub event: TraceEvent,
}

/// What happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TraceEvent {
    /// A process of the runner started.
    ProcessStarted,
    /// The runner sent a request.
    Sent(Request),
    /// An exchange ended without a response: the server may have acted on the request.
    NoResponse(Request),
    /// A fault happened to the process, or to the request that it sent last.
    Fault(Fault),
    /// The server handed a task out. The execution counts from 1.
    HandedOut {
        /// The id of the task.
        task: Uuid,
        /// The number of this execution.
        execution: u32,
        /// The end of its lease, since the start of the run.
        lease_end: Duration,
    },
    /// The server accepted the first report of an execution.
    Accepted {
        /// The id of the task.
        task: Uuid,
        /// What was reported.
        report: ReportKind,
    },
    /// The server ignored a report: the task has ended, or is queued again.
    Ignored {
        /// The id of the task.
        task: Uuid,
        /// What was reported.
        report: ReportKind,
    },
    /// The server granted an extension.
    Extended {
        /// The id of the task.
        task: Uuid,
        /// The end of its lease, since the start of the run.
        lease_end: Duration,
    },
    /// The server refused a request for its content.
    Refused(String),
    /// A lease ended at the server, which queued the task again.
    Expired {
        /// The id of the task.
        task: Uuid,
    },
    /// The runner started to execute a task.
    Started {
        /// The slot.
        slot: usize,
        /// The id of the task.
        task: Uuid,
        /// The lease as the runner knows it, in its own time.
        lease: LeaseState,
        /// The end of this lease, since the start of the run; `None` if it is lost.
        lease_end: Option<Duration>,
    },
    /// The runner told a task that its lease changed.
    Lease {
        /// The slot.
        slot: usize,
        /// The id of the task.
        task: Uuid,
        /// The end of the lease as the runner knows it, since the start of the run; `None` if it is lost.
        lease_end: Option<Duration>,
    },
    /// The runner told a task to stop.
    Stopping {
        /// The slot.
        slot: usize,
        /// The id of the task.
        task: Uuid,
        /// The reason.
        reason: StopReason,
    },
    /// The code of a task ended.
    Finished {
        /// The slot.
        slot: usize,
        /// The id of the task.
        task: Uuid,
        /// How it ended: `computed`, `failed`, `unknown identifier` or `handed back`.
        outcome: &'static str,
    },
    /// The runner regards the report of a task as finished.
    Reported {
        /// The id of the task.
        task: Uuid,
        /// The result.
        result: ReportResult,
    },
    /// The runner has no task until then, since the start of the run.
    Idle {
        /// The time of its next request.
        until: Duration,
    },
    /// A request of the runner failed.
    Trouble(String),
    /// The runner ended.
    Ended(RunSummary),
    /// The runner ended with an error.
    Failed(String),
    /// The runner broke a rule of its contract: a defect of the SDK.
    Violation(String),
}

/// A request of a runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// `NextTask` with a report, a request for a task, or both.
    NextTask {
        /// The task that is reported as computed.
        computed: Option<Uuid>,
        /// Whether it asks for a task.
        asks: bool,
    },
    /// `TaskFailed`.
    TaskFailed {
        /// The id of the task.
        task: Uuid,
        /// Whether the task failed; otherwise it is handed back.
        by_task: bool,
    },
    /// `ExtendTaskLease`.
    ExtendLease {
        /// The id of the task.
        task: Uuid,
    },
}

impl Request {
    /// Returns the task that the request is about.
    #[must_use]
    pub const fn task(self) -> Option<Uuid> {
        match self {
            Self::NextTask { computed, .. } => computed,
            Self::TaskFailed { task, .. } | Self::ExtendLease { task } => Some(task),
        }
    }
}

/// What a report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReportKind {
    /// The task was computed.
    Computed,
    /// The task failed.
    Failed,
    /// The runner hands the task back.
    HandedBack,
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Computed => "computed",
            Self::Failed => "failed",
            Self::HandedBack => "handed back",
        })
    }
}

impl Trace {
    pub(super) fn push(&mut self, at: Instant, runner: Option<usize>, event: TraceEvent) {
        self.entries.push(TraceEntry { at: at.since_origin(), runner, event });
    }

    /// Returns the events.
    pub fn iter(&self) -> std::slice::Iter<'_, TraceEntry> {
        self.entries.iter()
    }
}

impl<'a> IntoIterator for &'a Trace {
    type Item = &'a TraceEntry;
    type IntoIter = std::slice::Iter<'a, TraceEntry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.entries.iter().enumerate() {
            write!(f, "{}{entry}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// Prints `   12.345 runner 1: starts task 0193… in slot 0`.
impl fmt::Display for TraceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>12.6} ", self.at.as_secs_f64())?;
        match self.runner {
            Some(runner) => write!(f, "runner {runner}: ")?,
            None => f.write_str("server: ")?,
        }
        self.event.fmt(f)
    }
}

/// The last digits of an id, which differ between the tasks of a run.
struct Short(Uuid);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0.as_u128() as u32)
    }
}

struct LeaseEnd(Option<Duration>);

impl fmt::Display for LeaseEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(end) => write!(f, "held until {:.6}", end.as_secs_f64()),
            None => f.write_str("lost"),
        }
    }
}

impl fmt::Display for TraceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProcessStarted => f.write_str("process starts"),
            Self::Sent(request) => write!(f, "sends {request}"),
            Self::NoResponse(request) => write!(f, "gets no response to {request}"),
            Self::Fault(fault) => write!(f, "fault: {fault}"),
            Self::HandedOut { task, execution, lease_end } => {
                write!(
                    f,
                    "server hands out {}, execution {execution}, lease {}",
                    Short(*task),
                    LeaseEnd(Some(*lease_end))
                )
            }
            Self::Accepted { task, report } => write!(f, "server accepts {} as {report}", Short(*task)),
            Self::Ignored { task, report } => write!(f, "server ignores {} as {report}", Short(*task)),
            Self::Extended { task, lease_end } => {
                write!(f, "server extends {}, lease {}", Short(*task), LeaseEnd(Some(*lease_end)))
            }
            Self::Refused(reason) => write!(f, "server refuses: {reason}"),
            Self::Expired { task } => write!(f, "lease of {} ended", Short(*task)),
            Self::Started { slot, task, lease_end, .. } => {
                write!(f, "starts {} in slot {slot}, lease {}", Short(*task), LeaseEnd(*lease_end))
            }
            Self::Lease { slot, task, lease_end } => {
                write!(f, "lease of {} in slot {slot} is {}", Short(*task), LeaseEnd(*lease_end))
            }
            Self::Stopping { slot, task, reason } => write!(f, "stops {} in slot {slot}: {reason:?}", Short(*task)),
            Self::Finished { slot, task, outcome } => write!(f, "{} in slot {slot} ends: {outcome}", Short(*task)),
            Self::Reported { task, result } => write!(f, "report of {} ended: {result:?}", Short(*task)),
            Self::Idle { until } => write!(f, "idles until {:.6}", until.as_secs_f64()),
            Self::Trouble(error) => write!(f, "trouble: {error}"),
            Self::Ended(summary) => write!(f, "ends: {summary}"),
            Self::Failed(error) => write!(f, "ends with an error: {error}"),
            Self::Violation(rule) => write!(f, "breaks its contract: {rule}"),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NextTask { computed: None, .. } => f.write_str("NextTask"),
            Self::NextTask { computed: Some(task), asks: true } => {
                write!(f, "NextTask after computed {}", Short(*task))
            }
            Self::NextTask { computed: Some(task), asks: false } => write!(f, "computed {}", Short(*task)),
            Self::TaskFailed { task, by_task: true } => write!(f, "TaskFailed {}", Short(*task)),
            Self::TaskFailed { task, by_task: false } => write!(f, "hand-back {}", Short(*task)),
            Self::ExtendLease { task } => write!(f, "ExtendTaskLease {}", Short(*task)),
        }
    }
}
