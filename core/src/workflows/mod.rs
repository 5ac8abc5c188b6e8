//! Workflows: jobs are trees of tasks that any number of runners execute.
//!
//! Its files are pure: values, requests and machines. The handles that send the requests are re-exported from the client:
//! `Client::jobs` and its siblings return them.
//!
//! | file | contents |
//! |---|---|
//! | `counts` | numbers of jobs and of waiting tasks |
//! | `diagram` | drawings of the tasks of a job |
//! | `elapsed` | durations as people read them |
//! | `identifier` | names and versions of tasks |
//! | `job` | a job as the server describes it |
//! | `job_filters` | the filters of a query of jobs |
//! | `paging` | lists that the server returns page by page |
//! | `polling` | the pauses of a client that waits for a job |
//! | `progress` | the progress that tasks report |
//! | `rpc` | one small file for each RPC |
//! | `scheduler` | the server's half: which task runs next (feature `scheduler`) |
//! | `state` | the states of jobs and tasks |
//! | `submission` | the tasks of a job or of a running task, checked and encoded |
//! | `task_summary`, `task_tree`, `task_walk` | a task in a list, the list as a tree, and the requests for it |
//! | `trace_parent` | the trace that a job belongs to |

mod counts;
mod diagram;
mod elapsed;
mod identifier;
mod job;
mod job_filters;
mod paging;
#[cfg(feature = "client")]
pub(crate) mod polling;
mod progress;
pub mod rpc;
#[cfg(feature = "scheduler")]
pub mod scheduler;
mod state;
mod submission;
mod task_summary;
mod task_tree;
mod task_walk;
mod trace_parent;

#[cfg(feature = "client")]
#[doc(inline)]
pub use crate::client::workflows::Jobs;
pub use counts::{JobStateCounts, QueueStats};
pub use diagram::{Diagram, DiagramDirection, DiagramLayout, DiagramOptions, DiagramTheme};
pub use identifier::{IntoTaskIdentifier, TaskIdentifier, TaskVersion};
pub use job::{ExecutionStats, JobInfo};
pub use job_filters::JobFilters;
pub use paging::{ListPage, ListRange, PagedQuery, PagedRpc};
pub use progress::ProgressIndicator;
pub use state::{JobState, TaskState};
pub use submission::{TaskDefaults, TaskSubmission, encode_root_tasks};
pub use task_summary::TaskSummary;
pub use task_tree::TaskTree;
pub use task_walk::{TaskPageKey, TaskWalk};
pub use trace_parent::TraceParent;
