//! The server's half of workflows, as a pure machine: which task runs next, leases, retries, states.
//!
//! [`Scheduler`] takes the messages of the Workflows API and returns the responses. It reads no clock and draws no
//! randomness: [`Now`] and a seed are arguments, so that a server drives it with real clocks and a test with virtual ones.
//!
//! ```
//! use tilebox_core::protocol::wire::workflows::v1 as wire;
//! use tilebox_core::workflows::scheduler::{Now, Policy, Scheduler};
//!
//! let identifier = wire::TaskIdentifier { name: "example.com/Hello".to_owned(), version: "v1.0".to_owned() };
//! let group = wire::TaskSubmissionGroup {
//!     inputs: vec![b"{}".as_slice().into()],
//!     identifier_pointers: vec![0],
//!     cluster_slug_pointers: vec![0],
//!     display_pointers: vec![0],
//!     max_retries_values: vec![0],
//!     optional_values: vec![false],
//!     ..Default::default()
//! };
//! let tasks = wire::TaskSubmissions {
//!     task_groups: vec![group],
//!     cluster_slug_lookup: vec![String::new()],
//!     identifier_lookup: vec![identifier.clone()],
//!     display_lookup: vec!["Hello".to_owned()],
//! };
//! let job = wire::SubmitJobRequest {
//!     tasks: Some(tasks),
//!     job_name: "hello".to_owned(),
//!     trace_parent: "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01".to_owned(),
//!     ..Default::default()
//! };
//!
//! let mut scheduler = Scheduler::new(Policy::default(), 7);
//! let now = Now::ORIGIN;
//! let job = scheduler.submit_job(now, &job)?;
//!
//! // A runner asks, computes the task, reports it and asks again.
//! let wanted = wire::NextTaskToRun { cluster_slug: "default".to_owned(), identifiers: vec![identifier] };
//! let request = wire::NextTaskRequest { computed_task: None, next_task_to_run: Some(wanted.clone()) };
//! let task = scheduler.next_task(now, &request)?.next_task.expect("a task");
//! let report = wire::ComputedTask { id: task.id, ..Default::default() };
//! let request = wire::NextTaskRequest { computed_task: Some(report), next_task_to_run: Some(wanted) };
//! assert!(scheduler.next_task(now, &request)?.idling.is_some());
//!
//! let id = uuid::Uuid::from_slice(&job.id.expect("an id").uuid)?;
//! assert_eq!(scheduler.job(id).expect("the job").state(), wire::JobState::Completed);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Use
//!
//! - Call [`expire`](Scheduler::expire) when [`next_expiry`](Scheduler::next_expiry) has come. Calls of runners do so too.
//! - With a store: write [`take_changes`](Scheduler::take_changes) before a response is sent, and
//!   [`restore`](Scheduler::restore) from it after a restart.
//! - [`clusters_mut`](Scheduler::clusters_mut) says which clusters exist.
//!
//! # Tasks
//!
//! A task is handed out when its parent is computed and its dependencies are complete: computed, with all their
//! descendants. It gets a lease, which its runner extends. A lease that ends counts as a crash of the runner, and the task
//! is queued again.
//!
//! | event | state of the task |
//! |---|---|
//! | handed out | RUNNING |
//! | reported as computed | COMPUTED |
//! | failed, executions left (`max_retries` + 1 in total) | QUEUED |
//! | failed by fault of the runner | QUEUED, not counted |
//! | lease ended, at most 10 times | QUEUED |
//! | failed otherwise | FAILED, and the job fails; FAILED_OPTIONAL if it or an ancestor is optional |
//! | a task failed below the same optional ancestor | SKIPPED, if it was queued or would be queued again |
//!
//! The nearest optional ancestor is the boundary of a failure: what is queued below it is skipped, and tasks that depend on
//! it run. Running tasks below it continue; subtasks that they submit are skipped.
//!
//! Crashes and failures are counted separately, and crashes per task. Whether Tilebox does so is not known.
//!
//! # Reports
//!
//! No request names its runner, so the first report of an execution wins, whichever runner sends it. All other reports are
//! accepted and ignored: of unknown tasks, of finished tasks, repeated ones. An error would stop a runner or make it repeat
//! the report without end.
//!
//! A report that comes after its lease ended is accepted as long as the task was not handed out again: the work is done, and
//! the crash is not counted.
//!
//! # Cost
//!
//! A call of a runner takes time logarithmic in the number of tasks, for each task that it submits or makes ready, and for
//! each minor version of the tasks that the runner executes. Groups, not tasks, depend on each other, so that n tasks that
//! depend on n tasks cost 2 n. Jobs and tasks are never removed.
//!
//! | file | contents |
//! |---|---|
//! | `policy` | durations and limits that a caller chooses |
//! | `times` | [`Now`], and arithmetic of times |
//! | `id`, `keys` | ids of jobs and tasks, numbers of objects |
//! | `submission`, `legacy`, `limits`, `rejection`, `clusters` | submitted tasks, read and checked |
//! | `graph`, `task` | tasks, batches, groups, and what is complete |
//! | `queue` | queues of waiting tasks |
//! | `lease` | ends of leases |
//! | `job`, `progress` | jobs: counters, state, progress |
//! | `state` | changes of states, and what follows from them |
//! | `submit`, `next`, `report`, `cancel`, `clone` | requests that change something |
//! | `lookup`, `list`, `query`, `counts` | requests that read |
//! | `page`, `interval` | pages, and intervals of times and ids |
//! | `record`, `changes`, `restore` | the form in a store |

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

mod cancel;
mod changes;
mod clone;
mod clusters;
mod counts;
mod graph;
mod id;
mod interval;
mod job;
mod keys;
mod lease;
mod legacy;
mod limits;
mod list;
mod lookup;
mod next;
mod page;
mod policy;
mod progress;
mod query;
mod queue;
mod record;
mod rejection;
mod report;
mod restore;
mod state;
mod submission;
mod submit;
mod task;
#[cfg(test)]
mod tests;
mod times;

use changes::Changes;
pub use clusters::Clusters;
use graph::Graph;
use job::Job;
use keys::{JobKey, Table};
use lease::Leases;
pub use policy::Policy;
use queue::Queues;
pub use record::Record;
pub use rejection::Rejection;
pub use restore::RestoreError;
pub use times::Now;

/// Jobs and tasks, and which of them runs next. See [the module](self).
pub struct Scheduler {
    policy: Policy,
    clusters: Clusters,
    random: fastrand::Rng,
    jobs: Table<JobKey, Job>,
    /// In the order of their ids, and so of their submission.
    jobs_by_id: BTreeMap<Uuid, JobKey>,
    /// The jobs of each trace, in the order of their submission.
    jobs_by_trace: HashMap<Box<str>, Vec<JobKey>>,
    graph: Graph,
    queues: Queues,
    leases: Leases,
    changes: Changes,
}

impl Scheduler {
    /// Makes a scheduler without jobs, which allows any cluster and whose default cluster is `default`. Ids and idle times
    /// follow from `seed`.
    #[must_use]
    pub fn new(policy: Policy, seed: u64) -> Self {
        Self {
            policy,
            clusters: Clusters::any("default"),
            random: fastrand::Rng::with_seed(seed),
            jobs: Table::new(),
            jobs_by_id: BTreeMap::new(),
            jobs_by_trace: HashMap::new(),
            graph: Graph::new(),
            queues: Queues::new(),
            leases: Leases::default(),
            changes: Changes::default(),
        }
    }

    /// Returns the policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Returns the clusters that tasks may name.
    #[must_use]
    pub const fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// Returns the clusters that tasks may name, to change them.
    pub const fn clusters_mut(&mut self) -> &mut Clusters {
        &mut self.clusters
    }
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler")
            .field("policy", &self.policy)
            .field("jobs", &self.jobs.len())
            .field("tasks", &self.graph.tasks.len())
            .finish_non_exhaustive()
    }
}
