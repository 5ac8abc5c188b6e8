//! The prototype of a job, and jobs cloned from it.

use super::Scheduler;
use super::keys::TaskKey;
use super::legacy;
use super::rejection::Rejection;
use super::submit::NewJob;
use super::times::Now;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::TraceParent;

/// Maximum root tasks of a clone (Workflows API, `CloneJob`).
const MAX_ROOT_TASKS: usize = 64;
/// Maximum dependencies in a prototype, which lists them one by one.
const MAX_PROTOTYPE_DEPENDENCIES: usize = 1_000_000;

impl Scheduler {
    /// Returns the name and the root tasks of a job, as they were submitted. Single tasks cannot be optional, so the
    /// response does not say which are.
    ///
    /// # Errors
    ///
    /// When the job does not exist, or its root tasks have more than a million dependencies.
    pub fn job_prototype(
        &self,
        request: &wire::GetJobPrototypeRequest,
    ) -> Result<wire::GetJobPrototypeResponse, Rejection> {
        let job = &self.jobs[self.require_job(request.job_id.as_ref())?];
        let batch = &self.graph.batches[job.roots];
        let mut dependency_count = 0_usize;
        let mut root_tasks = Vec::new();
        for key in batch.tasks.iter() {
            let task = &self.graph.tasks[key];
            let groups = &self.graph.groups[task.group].dependencies;
            let dependencies = groups.iter().map(|group| self.graph.groups[*group].tasks);
            dependency_count += dependencies.clone().map(|tasks| tasks.len() as usize).sum::<usize>();
            if dependency_count > MAX_PROTOTYPE_DEPENDENCIES {
                return Err(Rejection::exhausted(format!(
                    "the root tasks of job {} have more than {MAX_PROTOTYPE_DEPENDENCIES} dependencies",
                    job.id
                )));
            }
            let index = |key: TaskKey| batch.tasks.index_of(key);
            root_tasks.push(wire::SingleTaskSubmission {
                cluster_slug: self.queues.queue(task.queue).cluster.to_string(),
                identifier: Some(self.identifier(key)),
                display: task.display.to_string(),
                dependencies: dependencies.flat_map(|tasks| tasks.iter()).map(index).collect(),
                max_retries: task.max_retries,
                input: task.input.clone(),
            });
        }
        Ok(wire::GetJobPrototypeResponse { root_tasks, job_name: job.name.clone() })
    }

    /// Submits a job again, with the given root tasks and name. It has a trace of its own: how Tilebox traces a clone is
    /// not known.
    ///
    /// # Errors
    ///
    /// When the job does not exist, or the request violates a limit of the API.
    pub fn clone_job(&mut self, now: Now, request: &wire::CloneJobRequest) -> Result<wire::Job, Rejection> {
        self.require_job(request.job_id.as_ref())?;
        if request.job_name.is_empty() {
            return Err(Rejection::invalid("job_name: expects at least 1 character"));
        }
        let tasks = legacy::read("root_tasks_overrides", &request.root_tasks_overrides, MAX_ROOT_TASKS)?;
        let trace_parent = TraceParent::from_random(|| self.random.u64(..)).to_string();
        let job = self.add_job(now, NewJob { name: &request.job_name, trace_parent, automation: None }, tasks)?;
        Ok(self.jobs[job].to_wire())
    }
}
