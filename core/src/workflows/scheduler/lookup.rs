//! Single jobs and tasks.

use uuid::Uuid;

use super::Scheduler;
use super::keys::{BatchKey, JobKey, TaskKey};
use super::rejection::Rejection;
use crate::protocol::id::to_wire;
use crate::protocol::wire::workflows::v1 as wire;

impl Scheduler {
    /// Returns a job, with its state, progress and statistics.
    #[must_use]
    pub fn job(&self, id: Uuid) -> Option<wire::Job> {
        self.jobs_by_id.get(&id).map(|job| self.jobs[*job].to_wire())
    }

    /// Returns the id of the job that a task belongs to.
    #[must_use]
    pub fn job_of_task(&self, task: Uuid) -> Option<Uuid> {
        self.graph.find(task).map(|task| self.jobs[self.graph.job_of(task)].id)
    }

    /// Returns the jobs that were submitted in a trace, with their `trace_parent`, in the order of their submission. `trace`
    /// is the id in hexadecimal digits, as the jobs write it.
    pub fn jobs_of_trace(&self, trace: &str) -> impl Iterator<Item = (Uuid, &str)> {
        let jobs = self.jobs_by_trace.get(trace).into_iter().flatten();
        jobs.map(|job| (self.jobs[*job].id, self.jobs[*job].trace_parent.as_str()))
    }

    /// Returns a task with its parent and its dependencies, but without job and lease.
    #[must_use]
    pub fn task(&self, id: Uuid) -> Option<wire::Task> {
        self.graph.find(id).map(|task| self.task_message(task))
    }

    /// Returns the tasks of a job, each before its subtasks, as [`task`](Self::task) does. Made one by one: the
    /// dependencies of all tasks of a large job may not fit into memory.
    #[must_use]
    pub fn tasks_of_job(&self, job: Uuid) -> Option<impl Iterator<Item = wire::Task> + '_> {
        let job = *self.jobs_by_id.get(&job)?;
        let mut batches: Vec<BatchKey> = vec![self.jobs[job].roots];
        let batches = std::iter::from_fn(move || {
            let batch = batches.pop()?;
            let tasks = self.graph.batches[batch].tasks;
            batches.extend(tasks.iter().filter_map(|task| self.graph.tasks[task].children));
            Some(tasks)
        });
        Some(batches.flat_map(|tasks| tasks.iter()).map(|task| self.task_message(task)))
    }

    fn task_message(&self, key: TaskKey) -> wire::Task {
        let task = &self.graph.tasks[key];
        let parent = self.graph.batches[task.batch].parent;
        let dependencies = self.graph.groups[task.group].dependencies.iter();
        let depends_on = dependencies.flat_map(|group| self.graph.groups[*group].tasks.iter());
        wire::Task {
            id: Some(to_wire(task.id)),
            identifier: Some(self.identifier(key)),
            state: task.state.into(),
            input: Some(task.input.clone()),
            display: Some(task.shown().to_owned()),
            job: None,
            parent_id: parent.map(|parent| to_wire(self.graph.tasks[parent].id)),
            depends_on: depends_on.map(|task| to_wire(self.graph.tasks[task].id)).collect(),
            lease: None,
            retry_count: task.run.retries,
        }
    }

    /// Returns the identifier of a task, as it was submitted.
    pub(super) fn identifier(&self, task: TaskKey) -> wire::TaskIdentifier {
        let queue = self.queues.queue(self.graph.tasks[task].queue);
        wire::TaskIdentifier { name: queue.name.to_string(), version: queue.version.to_string() }
    }

    pub(super) fn require_task(&self, job: JobKey, id: Uuid) -> Result<TaskKey, Rejection> {
        let task = self.graph.find(id).filter(|task| self.graph.job_of(*task) == job);
        task.ok_or_else(|| {
            let job = self.jobs[job].id;
            Rejection::not_found(format!("task {id} does not exist in job {job}"))
        })
    }
}
