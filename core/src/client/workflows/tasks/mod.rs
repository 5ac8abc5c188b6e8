//! Tasks: what a user writes, and how a runner executes it.
//!
//! | file | contents |
//! |---|---|
//! | `task`, `task_error` | the trait of tasks, their failure |
//! | `context` | what a task can do while it is executed |
//! | `subtask_submission`, `progress`, `shared`, `stopping`, `unblock` | the parts of a context |
//! | `registry`, `services` | the tasks of a runner, and what all of them use |
//! | `execute`, `control` | the execution of one task, and its control by a runner |
//! | `failure`, `panics` | the text of a failure, panics as failures |
//! | `task_span` | the `tracing` span of a task |

mod context;
mod control;
mod execute;
mod failure;
mod panics;
mod progress;
mod registry;
mod services;
mod shared;
mod stopping;
mod subtask_submission;
mod task;
mod task_error;
mod task_span;
mod unblock;

pub use context::Context;
pub use control::TaskControl;
pub use execute::execute_task;
pub use progress::TaskProgress;
pub use registry::Registry;
pub use services::TaskServices;
pub use shared::Shared;
pub use stopping::{Stopped, Stopping};
pub use subtask_submission::SubtaskSubmission;
pub use task::Task;
pub use task_error::{TaskError, TaskResult};
pub use task_span::{TASK_SPAN, TASK_TARGET};
