//! The handles of workflows: jobs, clusters, workflows, automations, storage locations.
//!
//! The file of each handle begins with the method of [`Client`](super::Client) that returns it.
//!
//! | file | contents |
//! |---|---|
//! | `automations`, `automation_creation`, `automation_update` | automations |
//! | `clusters`, `cluster_creation`, `cluster_update` | clusters |
//! | `diagram_query` | drawings of jobs |
//! | `jobs`, `job_submission`, `job_query`, `queue_query` | submission, search and queries of jobs |
//! | `job`, `job_clone`, `job_tasks`, `job_wait` | one job: its tasks, its end, its clones |
//! | `logs`, `spans`, `telemetry_pages` | queries of logs and spans, and their pages |
//! | `notebook` | output of values in a notebook |
//! | `runner` | the runner of tasks, and its driver |
//! | `storage_locations` | storage locations |
//! | `tasks` | tasks: what a user writes, and how a runner executes it |
//! | `suggest` | suggestions for unknown clusters, workflows and jobs |
//! | `workflows`, `workflow_list`, `workflow_creation`, `workflow_update`, `release_deployment` | workflows and their releases |

mod automation_creation;
mod automation_update;
mod automations;
mod cluster_creation;
mod cluster_update;
mod clusters;
mod diagram_query;
mod job;
mod job_clone;
mod job_query;
mod job_submission;
mod job_tasks;
mod job_wait;
mod jobs;
mod logs;
mod notebook;
mod queue_query;
mod release_deployment;
mod runner;
mod spans;
mod storage_locations;
pub(in crate::client) mod suggest;
mod tasks;
mod telemetry_pages;
#[cfg(test)]
mod tests;
mod workflow_creation;
mod workflow_list;
mod workflow_update;
#[expect(clippy::module_inception, reason = "each handle has a file with its name")]
mod workflows;

pub use automation_creation::{CronAutomationCreation, StorageEventAutomationCreation};
pub use automation_update::AutomationUpdate;
pub use automations::Automations;
pub use cluster_creation::ClusterCreation;
pub use cluster_update::ClusterUpdate;
pub use clusters::Clusters;
pub use diagram_query::DiagramQuery;
pub use job::Job;
pub use job_clone::JobClone;
pub use job_query::{JobQuery, JobStream};
pub use job_submission::JobSubmission;
pub use job_tasks::{JobTasks, TaskStream};
pub use job_wait::JobWait;
pub use jobs::Jobs;
pub use logs::LogQuery;
pub use queue_query::QueueQuery;
pub use release_deployment::ReleaseDeployment;
pub use runner::{Runner, RunnerMetrics, RunnerSnapshot};
pub use spans::SpanQuery;
pub use storage_locations::StorageLocations;
#[cfg(test)]
pub(crate) use tasks::unreadable_object;
pub use tasks::*;
pub use telemetry_pages::{LogPages, SpanPages, TelemetryPages};
pub use workflow_creation::WorkflowCreation;
pub use workflow_list::{WorkflowList, WorkflowStream};
pub use workflow_update::WorkflowUpdate;
pub use workflows::Workflows;
