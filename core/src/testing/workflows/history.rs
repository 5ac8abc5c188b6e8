//! The executions of each task, and why it was executed again.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use crate::time::Instant;

/// An execution of a task after its first one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repetition {
    /// The id of the task.
    pub task: Uuid,
    /// The display of the task.
    pub display: String,
    /// The number of the runner, from 0.
    pub runner: usize,
    /// The start of the execution, since the start of the run.
    pub at: Duration,
    /// Why the task was executed again.
    pub cause: Cause,
}

/// Prints `Month(3) again on runner 1 after 12.3 s: the runner crashed`.
impl fmt::Display for Repetition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let display = crate::error::plain(&self.display);
        write!(f, "{display} again on runner {} after {:.1} s: {}", self.runner, self.at.as_secs_f64(), self.cause)
    }
}

/// Why a task was executed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The task failed, and had retries left.
    Failed,
    /// The runner stopped, or could not execute the task, and handed it back.
    HandedBack,
    /// The process of the runner crashed.
    Crash,
    /// The response with the task was lost, or arrived after the lease had ended.
    LostResponse,
    /// The request for a task was duplicated, and the task was in the response to the duplicate.
    DuplicatedRequest,
    /// The lease ended while the runner executed the task or reported it.
    LeaseEnded {
        /// The faults that happened to the messages about the task meanwhile. Without one, the runner lost the lease by its own
        /// fault.
        faults: u32,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed => f.write_str("the task failed"),
            Self::HandedBack => f.write_str("the runner handed the task back"),
            Self::Crash => f.write_str("the runner crashed"),
            Self::LostResponse => f.write_str("the response with the task was lost or late"),
            Self::DuplicatedRequest => f.write_str("the request for a task was duplicated"),
            Self::LeaseEnded { faults: 1 } => f.write_str("the lease ended after 1 fault"),
            Self::LeaseEnded { faults } => write!(f, "the lease ended after {faults} faults"),
        }
    }
}

/// A task in the hands of one process.
#[derive(Clone, Debug)]
pub(super) struct HandOut {
    pub(super) process: u64,
    /// Whether the task is in the response to a duplicate.
    pub(super) is_duplicate: bool,
    pub(super) is_delivered: bool,
    /// When the execution started.
    started: Option<Instant>,
    /// The faults of messages about the task.
    pub(super) faults: u32,
    /// Why the server queued the task again.
    pub(super) requeued: Option<Cause>,
}

/// The hand-outs of each task.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    tasks: HashMap<Uuid, Vec<HandOut>>,
}

impl History {
    /// Adds a hand-out and returns its number, from 1.
    pub(super) fn hand_out(&mut self, task: Uuid, process: u64, is_duplicate: bool, faults: u32) -> u32 {
        let hand_outs = self.tasks.entry(task).or_default();
        hand_outs.push(HandOut { process, is_duplicate, is_delivered: false, started: None, faults, requeued: None });
        hand_outs.len() as u32
    }

    /// Returns the newest hand-out of a task.
    pub(super) fn newest(&mut self, task: Uuid) -> Option<&mut HandOut> {
        self.tasks.get_mut(&task)?.last_mut()
    }

    /// Returns the hand-out with this number.
    pub(super) fn get(&mut self, task: Uuid, number: u32) -> Option<&mut HandOut> {
        self.tasks.get_mut(&task)?.get_mut((number as usize).checked_sub(1)?)
    }

    /// Counts a fault of a message of this process about the task.
    pub(super) fn count_fault(&mut self, task: Uuid, process: u64) {
        let hand_outs = self.tasks.get_mut(&task).into_iter().flatten();
        hand_outs.filter(|hand_out| hand_out.process == process).for_each(|hand_out| hand_out.faults += 1);
    }

    /// Notes that the lease of the newest hand-out ended, whose process may have crashed.
    pub(super) fn expire(&mut self, task: Uuid, has_crashed: impl Fn(u64) -> bool) {
        let Some(hand_out) = self.newest(task) else { return };
        let HandOut { process, is_duplicate, is_delivered, faults, .. } = *hand_out;
        hand_out.requeued = Some(match (is_delivered, faults) {
            _ if has_crashed(process) => Cause::Crash,
            (false, _) if is_duplicate => Cause::DuplicatedRequest,
            (false, 1..) => Cause::LostResponse,
            (_, faults) => Cause::LeaseEnded { faults },
        });
    }

    /// Notes the start of an execution. Returns why the task is executed again; `None` for its first execution.
    pub(super) fn start(&mut self, task: Uuid, process: u64, now: Instant) -> Option<Cause> {
        let hand_outs = self.tasks.get_mut(&task)?;
        let started = hand_outs.iter().enumerate().filter(|(_, hand_out)| hand_out.started.is_some());
        let last = started.max_by_key(|(_, hand_out)| hand_out.started).map(|(index, _)| index);
        let own = hand_outs.iter().rposition(|hand_out| hand_out.process == process && hand_out.is_delivered)?;
        hand_outs[own].started = Some(now);
        let last = last?;
        // A response may arrive after the task was handed out to another runner.
        Some(if last > own { Cause::LostResponse } else { hand_outs[last].requeued.unwrap_or(Cause::LostResponse) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: Uuid = Uuid::from_u128(7);

    fn start(history: &mut History, process: u64, seconds: u64) -> Option<Cause> {
        history.start(TASK, process, Instant::ORIGIN + Duration::from_secs(seconds))
    }

    fn deliver(history: &mut History, number: u32) {
        history.get(TASK, number).expect("a hand-out").is_delivered = true;
    }

    #[test]
    fn a_repetition_has_the_cause_of_the_last_execution() {
        let mut history = History::default();
        assert_eq!(history.hand_out(TASK, 1, false, 0), 1);
        deliver(&mut history, 1);
        assert_eq!(start(&mut history, 1, 1), None);
        history.newest(TASK).expect("a hand-out").requeued = Some(Cause::Crash);
        // This one is never executed.
        history.hand_out(TASK, 2, false, 1);
        history.newest(TASK).expect("a hand-out").requeued = Some(Cause::LostResponse);
        assert_eq!(history.hand_out(TASK, 3, false, 0), 3);
        deliver(&mut history, 3);
        assert_eq!(start(&mut history, 3, 9), Some(Cause::Crash));
    }

    #[test]
    fn a_late_response_repeats_a_newer_execution() {
        let mut history = History::default();
        history.hand_out(TASK, 1, false, 1);
        history.hand_out(TASK, 2, false, 0);
        deliver(&mut history, 2);
        assert_eq!(start(&mut history, 2, 1), None);
        deliver(&mut history, 1);
        assert_eq!(start(&mut history, 1, 2), Some(Cause::LostResponse));
    }

    #[test]
    fn causes_print_as_sentences() {
        let display = "Month(3)\n".to_owned();
        let cause = Cause::LeaseEnded { faults: 1 };
        let repetition = Repetition { task: TASK, display, runner: 1, at: Duration::from_millis(12_340), cause };
        assert_eq!(repetition.to_string(), "Month(3) again on runner 1 after 12.3 s: the lease ended after 1 fault");
    }
}
