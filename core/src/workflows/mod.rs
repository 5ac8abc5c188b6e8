//! Workflows: jobs are trees of tasks that any number of runners execute.
//!
//! Its files are pure: values, requests and machines. The handles that send the requests are re-exported from the client:
//! `Client::jobs` and its siblings return them.
//!
//! | file | contents |
//! |---|---|
//! | `automation`, `automation_changes`, `cron` | automations, changes of them, the text of a cron schedule |
//! | [`cache`] | the values that the tasks of a job share |
//! | `cluster` | clusters |
//! | `counts` | numbers of jobs and of waiting tasks |
//! | `diagram` | drawings of the tasks of a job |
//! | `elapsed` | durations as people read them |
//! | `html` | jobs and their tasks as HTML |
//! | `identifier` | names and versions of tasks |
//! | [`input`] | the inputs of tasks as bytes |
//! | `job_filters` | the filters of a query of jobs |
//! | `job` | a job as the server describes it |
//! | `job_prototype` | the root tasks of a job, for its clones |
//! | `listing` | the elements of a list, which print as a table |
//! | `name` | checks of slugs, names and ids |
//! | `paging` | lists that the server returns page by page |
//! | `polling` | the pauses of a client that waits for a job |
//! | `rpc` | one small file for each RPC |
//! | [`runner`] | which tasks a runner asks for, keeps leased and reports |
//! | `scheduler` | the server's half: which task runs next (feature `scheduler`) |
//! | `state` | the states of jobs and tasks |
//! | `storage`, `storage_reference` | storage locations, references to buckets and folders |
//! | `submission` | the tasks of a job or of a running task, checked and encoded |
//! | `submission_search` | the search for a job whose submission got no response |
//! | `task_summary`, `task_tree`, `task_walk` | a task in a list, the list as a tree, and the requests for it |
//! | `telemetry` | logs and spans of jobs, as rows and as Arrow columns |
//! | `trace_parent` | the trace that a job belongs to |
//! | `workflow`, `release`, `release_content`, `release_path` | workflows, their releases, and the tasks and files of those |

#![cfg_attr(feature = "client", doc = include_str!("example.md"))]

mod automation;
#[cfg(feature = "client")]
mod automation_changes;
#[cfg(feature = "client")]
pub mod cache;
mod cluster;
mod counts;
mod cron;
mod diagram;
mod elapsed;
mod html;
mod identifier;
pub mod input;
mod job;
mod job_filters;
mod job_prototype;
mod listing;
#[cfg(feature = "client")]
pub(crate) mod name;
mod paging;
#[cfg(feature = "client")]
pub(crate) mod polling;
mod release;
mod release_content;
mod release_path;
pub mod rpc;
pub mod runner;
#[cfg(any(feature = "scheduler", test))]
pub mod scheduler;
mod state;
mod storage;
mod storage_reference;
mod submission;
#[cfg(feature = "client")]
mod submission_search;
mod task_summary;
mod task_tree;
mod task_walk;
mod telemetry;
mod trace_parent;
mod workflow;

#[cfg(feature = "client")]
#[doc(inline)]
pub use crate::client::workflows::{
    AutomationUpdate, Automations, ClusterCreation, ClusterUpdate, Clusters, Context, CronAutomationCreation, CronRun,
    CronTask, DiagramQuery, Job, JobClone, JobQuery, JobStream, JobSubmission, JobTasks, JobWait, Jobs, LogPages,
    LogQuery, QueueQuery, Registry, ReleaseDeployment, Runner, RunnerMetrics, RunnerSnapshot, Shared, SpanPages,
    SpanQuery, Stopped, Stopping, StorageEventAutomationCreation, StorageEventRun, StorageEventTask, StorageLocations,
    StorageObject, StorageReader, StorageReaderError, SubtaskSubmission, SubtasksSubmission, TASK_SPAN, TASK_TARGET,
    Task, TaskControl, TaskError, TaskProgress, TaskResult, TaskServices, TaskStream, TelemetryPages, WorkflowCreation,
    WorkflowList, WorkflowStream, WorkflowUpdate, Workflows, execute_task,
};
pub use crate::progress::ProgressIndicator;
pub use automation::{Automation, CronTrigger, StorageEventTrigger};
#[cfg(feature = "client")]
pub(crate) use automation_changes::{AutomationChanges, NewTriggers};
#[cfg(feature = "client")]
pub use cache::{Cache, CacheError, CacheKey, FolderCache, JobCache, MemoryCache, NoCache, Unblock};
pub use cluster::Cluster;
pub use counts::{JobStateCounts, QueueStats};
pub use cron::CronSchedule;
pub use diagram::{Diagram, DiagramDirection, DiagramLayout, DiagramOptions, DiagramTheme};
pub use identifier::{IntoTaskIdentifier, TaskIdentifier, TaskVersion};
pub use input::Input;
pub use job::{ExecutionStats, JobInfo};
pub use job_filters::JobFilters;
#[cfg(feature = "client")]
pub(crate) use job_filters::bounded;
pub use job_prototype::JobPrototype;
pub use listing::{Listing, TableRow};
pub use paging::{ListPage, ListRange, PagedQuery, PagedRpc};
pub use release::{Artifact, Deployment, WorkflowRelease};
pub use release_content::ReleaseContent;
pub use release_path::ReleasePath;
pub use runner::{LeaseState, LeasedTask, RunSummary, StopReason};
pub use state::{JobState, TaskState};
pub use storage::{StorageLocation, StorageType};
pub use storage_reference::{AzureContainer, GcsBucket, LocalFolder, S3Bucket, StorageReference};
pub use submission::{Subtask, Subtasks, TaskDefaults, TaskSubmission, encode_root_tasks};
#[cfg(feature = "client")]
pub(crate) use submission_search::SubmissionSearch;
pub use task_summary::TaskSummary;
pub use task_tree::TaskTree;
pub use task_walk::{TaskPageKey, TaskWalk};
pub use telemetry::{
    AttributeValue, Attributes, LogCounts, LogRecord, Logs, SeverityGroup, Span, SpanEvent, SpanKind, SpanLink,
    SpanStatus, Spans, TelemetryRow, TelemetryTable,
};
pub use trace_parent::TraceParent;
pub use workflow::{Workflow, WorkflowPresentation};
