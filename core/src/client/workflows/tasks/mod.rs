//! Tasks: what a user writes, and how a runner executes it.
//!
//! | file | contents |
//! |---|---|
//! | `task`, `task_error` | the trait of tasks, their failure |
//! | `context` | what a task can do while it is executed |
//! | `cron_task`, `storage_event_task`, `envelope` | tasks that automations start, and their inputs |
//! | `subtask_submission`, `subtasks_submission`, `progress`, `shared`, `stopping`, `unblock` | the parts of a context |
//! | `registry`, `services` | the tasks of a runner, and what all of them use |
//! | `execute`, `control` | the execution of one task, and its control by a runner |
//! | `panics` | panics as failures |
//! | `storage_reader`, `storage_lookup` | objects in storage locations |
//! | `task_span` | the `tracing` span of a task |

mod context;
mod control;
mod cron_task;
mod envelope;
mod execute;
mod panics;
mod progress;
mod registry;
mod services;
mod shared;
mod stopping;
mod storage_event_task;
mod storage_lookup;
mod storage_reader;
mod subtask_submission;
mod subtasks_submission;
mod task;
mod task_error;
mod task_span;
#[cfg(test)]
mod tests;
mod unblock;

pub use context::Context;
pub use control::TaskControl;
pub use cron_task::{CronRun, CronTask};
pub use execute::execute_task;
pub use progress::TaskProgress;
pub use registry::Registry;
pub use services::TaskServices;
pub use shared::Shared;
pub use stopping::{Stopped, Stopping};
pub use storage_event_task::{StorageEventRun, StorageEventTask, StorageObject};
#[cfg(test)]
pub(crate) use storage_reader::unreadable_object;
pub use storage_reader::{StorageReader, StorageReaderError};
pub use subtask_submission::SubtaskSubmission;
pub use subtasks_submission::SubtasksSubmission;
pub use task::Task;
pub use task_error::{TaskError, TaskResult};
pub use task_span::{TASK_SPAN, TASK_TARGET};
