//! The response of an execution: the report that the command line sends for the worker.

use tilebox_core::progress::ProgressIndicator;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{ComputedTask, ExecuteTaskResponse, Progress, TaskFailedRequest};
use tilebox_core::workflows::runner::{FailureCause, Outcome};

/// The parts of a task that its report repeats.
#[derive(Clone, Debug, Default)]
pub(super) struct Reported {
    pub(super) id: Option<Id>,
    pub(super) display: String,
}

impl Reported {
    /// Returns the response of a task with this outcome (Workflows API, `ExecuteTaskResponse`).
    pub(super) fn response(self, outcome: Outcome) -> ExecuteTaskResponse {
        match outcome {
            Outcome::Computed { display, subtasks, progress } => {
                let computed = ComputedTask {
                    id: self.id,
                    display: display.unwrap_or(self.display),
                    sub_tasks: subtasks,
                    progress_updates: to_wire(progress),
                    legacy_sub_tasks: Vec::new(),
                };
                ExecuteTaskResponse { computed_task: Some(computed), failed_task: None }
            }
            Outcome::Failed { display, progress, cause } => {
                Self { display, ..self }.failed(cause == FailureCause::Task, to_wire(progress))
            }
            // The server queues the task again.
            _ => self.failed(false, Vec::new()),
        }
    }

    /// Returns the response of a task that this worker cannot execute.
    pub(super) fn refused(self, reason: &str) -> ExecuteTaskResponse {
        let display = format!("{}\n{reason}", self.display);
        Self { display, ..self }.failed(false, Vec::new())
    }

    fn failed(self, was_workflow_error: bool, progress_updates: Vec<Progress>) -> ExecuteTaskResponse {
        let failed =
            TaskFailedRequest { task_id: self.id, display: self.display, was_workflow_error, progress_updates };
        ExecuteTaskResponse { computed_task: None, failed_task: Some(failed) }
    }
}

fn to_wire(progress: Vec<ProgressIndicator>) -> Vec<Progress> {
    let wire = |indicator: ProgressIndicator| Progress {
        label: indicator.label,
        total: indicator.total,
        done: indicator.done,
    };
    progress.into_iter().map(wire).collect()
}
