//! The `tracing` span of a task, and the events that the runner adds to the log of a job.
//!
//! Exporters read these names; they are part of the API:
//!
//! | name | meaning |
//! |---|---|
//! | span [`TASK_SPAN`] with the target [`TASK_TARGET`] | one execution of a task; all events in it are the log of the job |
//! | `otel.name` | `task/<name>`, with the last part of the name of the task |
//! | `task_id`, `job_id` | ids as hyphenated text |
//! | `job_name` | the name of the job |
//! | `identifier.name`, `identifier.version` | the identifier with which the task was submitted |
//! | `trace_parent` | the parent of the span, as a W3C `traceparent` header: another process started it |
//! | `retry_count` | the number of earlier executions that failed |
//! | `otel.status_code`, `error.type`, `error.message` | of a failed task: `ERROR`, `task_error`, `panic` or the kind of an error, its text |
//!
//! The span has the level ERROR, so that a filter of levels that keeps an event keeps the task to which it belongs.

use std::time::Duration;

use tracing::Span;
use tracing::field::Empty;

use crate::workflows::runner::LeasedTask;

/// The target of the span of a task, and of the events of its runner.
pub const TASK_TARGET: &str = "tilebox::task";

/// The name of the span of a task. Its fields are `otel.name`, `task_id`, `job_id`, `job_name`, `identifier.name`,
/// `identifier.version`, `trace_parent` (the parent of the span, as a W3C `traceparent` header) and `retry_count`; for a failed
/// task also `otel.status_code`, `error.type` and `error.message`. Its target is [`TASK_TARGET`].
///
/// All events within the span are the log of the job.
pub const TASK_SPAN: &str = "task";

/// Returns the span of an execution. Its parent is not the current span, which belongs to the runner.
pub(super) fn start(task: &LeasedTask) -> Span {
    tracing::error_span!(
        target: TASK_TARGET,
        parent: None,
        TASK_SPAN,
        "otel.name" = format_args!("task/{}", task.identifier.short_name()),
        "otel.kind" = "internal",
        "otel.status_code" = Empty,
        task_id = %task.id,
        job_id = %task.job_id,
        job_name = task.job_name,
        "identifier.name" = task.identifier.name(),
        "identifier.version" = %task.identifier.version(),
        trace_parent = task.trace_parent,
        retry_count = task.retry_count,
        "error.type" = Empty,
        "error.message" = Empty,
    )
}

/// Records the failure of a task, and adds it to the log of the job.
pub(super) fn report_failure(span: &Span, error: &str, kind: &'static str) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", kind);
    span.record("error.message", error);
    span.in_scope(|| tracing::error!(target: TASK_TARGET, error, "the task failed"));
}

/// Adds to the log of the job that the task will be executed again.
pub(super) fn report_hand_back() {
    tracing::info!(target: TASK_TARGET, "the task stopped before its end, and will be executed again");
}

/// Warns that a task blocked its executor.
pub(super) fn warn_of_long_poll(task: &LeasedTask, elapsed: Duration) {
    tracing::warn!(
        target: TASK_TARGET,
        task = %&task.identifier,
        seconds = elapsed.as_secs_f64(),
        "the task blocked its executor, and delayed all other tasks there: run such code in `Context::unblock`",
    );
}
