//! A task as the list of a job's tasks describes it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::TaskState;
use super::elapsed::Elapsed;
use crate::error::{UnreadableMessage, plain};
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::Timestamp;

/// A task of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskSummary {
    /// The id.
    pub id: Uuid,
    /// The task that submitted it; `None` for a root task.
    pub parent_id: Option<Uuid>,
    /// The text that describes it, by default its name. For a failed task also the error.
    pub display: String,
    /// The state.
    pub state: TaskState,
    /// The time of its submission.
    pub submitted_at: Option<Timestamp>,
    /// The start of its last execution; `None` if it has not started.
    pub started_at: Option<Timestamp>,
    /// The end of its last execution; `None` if it has not ended.
    pub stopped_at: Option<Timestamp>,
    /// The encoded input; `None` if the server did not send it.
    pub input: Option<Bytes>,
    /// The number of executions after a failure.
    pub retry_count: u64,
    /// The maximum number of executions after a failure.
    pub max_retries: u64,
    /// Whether it has subtasks.
    pub has_children: bool,
    /// The slug of the cluster whose runners execute it.
    pub cluster: String,
    /// Whether the job continues if it fails.
    pub is_optional: bool,
}

impl TaskSummary {
    /// Converts a message.
    ///
    /// A time out of range is treated as absent.
    ///
    /// # Errors
    ///
    /// If the task has no id.
    pub fn from_wire(task: wire::TaskSummary) -> Result<Self, UnreadableMessage> {
        let id = task.id.as_ref().and_then(id::from_wire);
        let time = |time: Option<prost_types::Timestamp>| time.as_ref().and_then(Timestamp::from_wire);
        Ok(Self {
            id: id.ok_or_else(|| UnreadableMessage::new(format!("the task `{}` has no id", task.display)))?,
            parent_id: task.parent_id.as_ref().and_then(id::from_wire),
            display: task.display,
            state: TaskState::from_number(task.state),
            submitted_at: time(task.submitted_at),
            started_at: time(task.started_at),
            stopped_at: time(task.stopped_at),
            // A copy, because these bytes would keep the whole response in memory.
            input: task.input.as_deref().map(Bytes::copy_from_slice),
            retry_count: u64::try_from(task.retry_count).unwrap_or(0),
            max_retries: u64::try_from(task.max_retries).unwrap_or(0),
            has_children: task.has_children,
            cluster: task.cluster_slug,
            is_optional: task.optional,
        })
    }

    /// Returns the duration of its last execution; `None` if it has not ended.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        let (start, end) = self.started_at.zip(self.stopped_at)?;
        let nanoseconds =
            |time: Timestamp| i128::from(time.unix_seconds()) * 1_000_000_000 + i128::from(time.subsec_nanoseconds());
        let nanoseconds = u64::try_from(nanoseconds(end) - nanoseconds(start)).unwrap_or(0);
        Some(Duration::from_nanos(nanoseconds))
    }

    /// Returns the details after the display: state, duration, retries.
    pub(crate) fn details(&self) -> String {
        let mut details = self.state.to_string();
        if let Some(duration) = self.duration() {
            details.push_str(&format!(", {}", Elapsed(duration)));
        }
        if self.retry_count > 0 {
            details.push_str(&format!(", {} of {} retries", self.retry_count, self.max_retries));
        }
        if self.is_optional {
            details.push_str(", optional");
        }
        details
    }
}

/// The id.
impl From<&TaskSummary> for Uuid {
    fn from(task: &TaskSummary) -> Self {
        task.id
    }
}

/// Prints one line: `Month(3) [computed, 12.3 s]`.
impl fmt::Display for TaskSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", plain(&self.display), self.details())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_prints_as_one_line() {
        let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let task = wire::TaskSummary {
            id: Some(id::to_wire(Uuid::from_u128(7))),
            display: "Month(3)\nConnectionError".to_owned(),
            state: 6,
            started_at: time(100),
            stopped_at: time(112),
            retry_count: 1,
            max_retries: 2,
            optional: true,
            ..Default::default()
        };
        let task = TaskSummary::from_wire(task).expect("a task");
        assert_eq!(task.to_string(), "Month(3) ConnectionError [failed_optional, 12.0 s, 1 of 2 retries, optional]");
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_negative_duration() {
        let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let id = Some(id::to_wire(Uuid::from_u128(7)));
        let task = wire::TaskSummary { id, started_at: time(9), stopped_at: time(3), ..Default::default() };
        assert_eq!(TaskSummary::from_wire(task).expect("a task").duration(), Some(Duration::ZERO));
    }

    #[test]
    fn a_task_without_an_id_is_unreadable() {
        let task = wire::TaskSummary { display: "A".to_owned(), retry_count: -1, ..Default::default() };
        assert!(TaskSummary::from_wire(task).expect_err("no id").to_string().contains("the task `A` has no id"));
    }
}
