//! The handles of workflows: jobs, clusters, workflows, automations, storage locations.
//!
//! | file | contents |
//! |---|---|
//! | `automations`, `clusters`, `storage_locations`, `workflows` | the handle of each, and its requests |
//! | `jobs`, `job_query` | submission, search and queries of jobs |
//! | `job`, `job_requests` | one job, and the requests about it |
//! | `task_runner`, `task`, `automation_tasks` | the runner, blocking tasks, and those that automations start |
//! | `context`, `job_cache` | what a task can do, and the values that tasks share |
//! | `logs`, `spans`, `telemetry_pages` | queries of logs and spans, and their pages |

mod automation_tasks;
mod automations;
mod clusters;
mod context;
mod job;
mod job_cache;
mod job_query;
mod job_requests;
mod jobs;
mod logs;
mod spans;
mod storage_locations;
mod task;
mod task_runner;
mod telemetry_pages;
#[expect(clippy::module_inception, reason = "each handle has a file with its name")]
mod workflows;

#[doc(no_inline)]
pub use crate::workflows::*;
pub use automation_tasks::{BlockingCronTask, BlockingStorageEventTask, StorageObject};
pub use automations::{AutomationUpdate, Automations, CronAutomationCreation, StorageEventAutomationCreation};
pub use clusters::{ClusterCreation, ClusterUpdate, Clusters};
pub use context::Context;
pub use job::Job;
pub use job_cache::JobCache;
pub use job_query::{JobQuery, JobStream};
pub use job_requests::{DiagramQuery, JobClone, JobTasks, JobWait, TaskStream};
pub use jobs::{JobSubmission, Jobs, QueueQuery};
pub use logs::LogQuery;
pub use spans::SpanQuery;
pub use storage_locations::StorageLocations;
pub use task::BlockingTask;
pub use task_runner::Runner;
pub use telemetry_pages::{LogPages, SpanPages, TelemetryPages};
pub use workflows::{ReleaseDeployment, WorkflowCreation, WorkflowList, WorkflowStream, WorkflowUpdate, Workflows};

const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<Jobs>();
    is_shared::<Job>();
    is_shared::<Context>();
    const fn is_send<T: Send>() {}
    is_send::<JobStream>();
    is_send::<TaskStream>();
    is_send::<JobWait>();
    is_send::<JobClone>();
};
