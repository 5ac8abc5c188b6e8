//! A task with a lease of this runner.

use bytes::Bytes;
use uuid::Uuid;

use super::event::LeaseState;
use crate::error::UnreadableMessage;
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::Timestamp;
use crate::workflows::TaskIdentifier;

/// A task that the server gave to this runner (Workflows API, `Task`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeasedTask {
    /// The id of the task.
    pub id: Uuid,
    /// Name and version. The minor version may be lower than that of the registered code.
    pub identifier: TaskIdentifier,
    /// The encoded input; empty for a task without fields.
    pub input: Bytes,
    /// The display, which the task may change.
    pub display: String,
    /// The id of the job.
    pub job_id: Uuid,
    /// The name of the job.
    pub job_name: String,
    /// The trace that the spans of the job belong to, in the form of a W3C `traceparent` header.
    pub trace_parent: String,
    /// The time of the submission of the job, by the clock of the server; `None` if the server did not send it.
    pub job_submitted_at: Option<Timestamp>,
    /// The task that submitted this one; `None` for root tasks and if the server did not send it.
    pub parent_id: Option<Uuid>,
    /// The number of earlier executions that failed.
    pub retry_count: u64,
    /// The lease at the start of the execution.
    pub lease: LeaseState,
}

impl LeasedTask {
    /// Converts a message with the lease that the runner computed for it.
    ///
    /// # Errors
    ///
    /// If the task has no id, no valid identifier, or no job.
    pub fn from_wire(task: wire::Task, lease: LeaseState) -> Result<Self, UnreadableMessage> {
        let display = task.display.unwrap_or_default();
        let id = task.id.as_ref().and_then(id::from_wire);
        let id = id.ok_or_else(|| UnreadableMessage::new(format!("the task `{display}` has no id")))?;
        let identifier = task.identifier.as_ref().ok_or_else(|| UnreadableMessage::new("the task has no identifier"));
        let identifier = TaskIdentifier::from_wire(identifier?)?;
        let job = task.job.ok_or_else(|| UnreadableMessage::new("the task has no job"))?;
        let job_id = job.id.as_ref().and_then(id::from_wire);
        Ok(Self {
            id,
            identifier,
            input: task.input.unwrap_or_default(),
            display,
            job_id: job_id.ok_or_else(|| UnreadableMessage::new("the job of the task has no id"))?,
            job_name: job.name,
            trace_parent: job.trace_parent,
            job_submitted_at: job.submitted_at.as_ref().and_then(Timestamp::from_wire),
            parent_id: task.parent_id.as_ref().and_then(id::from_wire),
            retry_count: u64::try_from(task.retry_count).unwrap_or(0),
            lease,
        })
    }
}
