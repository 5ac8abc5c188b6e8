//! A job after its run.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::faults::FaultCounts;
use super::history::Repetition;
use super::trace::Trace;
use super::world::World;
use crate::client::blocking::block_on;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::id::to_wire;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::cache::{Cache, JobCache};
use crate::workflows::runner::RunSummary;
use crate::workflows::scheduler::Scheduler;
use crate::workflows::{JobInfo, JobState, ProgressIndicator, TaskSummary, TaskTree};

/// A job that [`Workflows`](super::Workflows) ran: its state, its tasks, its cache, and what happened.
///
/// It prints as a block for the message of a failed assertion: the job, its tasks, the faults and the repetitions.
#[derive(Clone, Debug)]
pub struct FinishedJob {
    info: JobInfo,
    tasks: TaskTree,
    cache: JobCache,
    repetitions: Vec<Repetition>,
    faults: FaultCounts,
    summaries: Vec<RunSummary>,
    elapsed: Duration,
    trace: Trace,
    seed: u64,
}

impl FinishedJob {
    pub(super) fn new(world: &World, job: Uuid, cache: Arc<dyn Cache>, seed: u64) -> Result<Self> {
        let unreadable = |reason: String| {
            let advice = "report it with the code of the test";
            Error::new(ErrorKind::UnexpectedResponse, "read the job after its run", reason, advice)
        };
        let info = world.scheduler().job(job).ok_or_else(|| unreadable("it does not exist".to_owned()))?;
        let info = JobInfo::from_wire(info).map_err(|error| unreadable(error.to_string()))?;
        let mut tasks = Vec::new();
        add_tasks(world.scheduler(), job, &mut tasks).map_err(unreadable)?;
        Ok(Self {
            info,
            tasks: TaskTree::new(tasks),
            cache: JobCache::new(cache, job),
            repetitions: world.repetitions().to_vec(),
            faults: world.fault_counts(),
            summaries: world.summaries().to_vec(),
            elapsed: world.elapsed(),
            trace: world.trace().clone(),
            seed,
        })
    }

    /// Returns the state: completed or failed.
    #[must_use]
    pub fn state(&self) -> JobState {
        self.info.state
    }

    /// Returns the job as the server describes it.
    #[must_use]
    pub fn info(&self) -> &JobInfo {
        &self.info
    }

    /// Returns the progress of the job: one indicator for each label, the sums of the accepted reports.
    #[must_use]
    pub fn progress(&self) -> &[ProgressIndicator] {
        &self.info.progress
    }

    /// Returns the tasks as a tree.
    #[must_use]
    pub fn tasks(&self) -> &TaskTree {
        &self.tasks
    }

    /// Returns the cache of the job.
    #[must_use]
    pub fn cache(&self) -> &JobCache {
        &self.cache
    }

    /// Returns a value of the cache; `None` if there is none.
    ///
    /// # Errors
    ///
    /// When the key is not valid, or the storage fails.
    pub fn cached(&self, key: &str) -> Result<Option<Bytes>> {
        block_on(self.cache.get(key))
    }

    /// Returns a value of the cache that was stored as JSON; `None` if there is none.
    ///
    /// # Errors
    ///
    /// As [`cached`](Self::cached), and when the value is not JSON of the type.
    pub fn cached_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        block_on(self.cache.get_json(key))
    }

    /// Returns the executions after the first one of each task, and why they happened.
    #[must_use]
    pub fn repetitions(&self) -> &[Repetition] {
        &self.repetitions
    }

    /// Returns the number of faults that happened.
    #[must_use]
    pub fn fault_counts(&self) -> FaultCounts {
        self.faults
    }

    /// Returns the numbers of each process that did not crash.
    #[must_use]
    pub fn summaries(&self) -> &[RunSummary] {
        &self.summaries
    }

    /// Returns the virtual time from the submission of the job to the end of the runners.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Returns all events of the run.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Returns the seed of the faults, which repeats the run.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

/// Adds all tasks of a job.
fn add_tasks(scheduler: &Scheduler, job: Uuid, tasks: &mut Vec<TaskSummary>) -> Result<(), String> {
    // The pages that are still to be read, of the root tasks and of the subtasks of each task.
    let mut open = vec![wire::ListJobTasksRequest { job_id: Some(to_wire(job)), ..Default::default() }];
    while let Some(request) = open.pop() {
        let response = scheduler.list_job_tasks(&request).map_err(|rejection| rejection.to_string())?;
        let page = response.page.unwrap_or_default();
        if page.next_page.is_some() {
            open.push(wire::ListJobTasksRequest { page: page.next_page, ..request.clone() });
        }
        for task in page.tasks {
            if task.has_children {
                let parent_task_id = task.id.clone();
                open.push(wire::ListJobTasksRequest { parent_task_id, page: None, ..request.clone() });
            }
            tasks.push(TaskSummary::from_wire(task).map_err(|error| error.to_string())?);
        }
    }
    Ok(())
}

/// Prints the job, its tasks, the faults and the repetitions, and the seed that repeats the run.
impl fmt::Display for FinishedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}", self.info, self.tasks)?;
        write!(f, "seed {}, {:.1} s of virtual time, {}", self.seed, self.elapsed.as_secs_f64(), self.faults)?;
        for repetition in &self.repetitions {
            write!(f, "\n  {repetition}")?;
        }
        Ok(())
    }
}
