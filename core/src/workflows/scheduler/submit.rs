//! Submission of jobs, and of the tasks of a batch.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::graph::NewGroup;
use super::job::{Counts, Job, Times};
use super::keys::{BatchKey, JobKey, QueueKey, TaskKey};
use super::limits::{self, MAX_LEGACY_TASKS};
use super::progress::Sums;
use super::queue::Waiting;
use super::rejection::Rejection;
use super::submission::{GroupLimit, Submission};
use super::task::{Run, Task};
use super::times::Now;
use super::{Scheduler, id, legacy};
use crate::protocol::wire::workflows::v1::{self as wire, TaskState};

impl Scheduler {
    /// Stores a job whose root tasks may be handed out at once, and returns it.
    ///
    /// Root tasks may be optional and depend on each other, which no SDK uses.
    ///
    /// # Errors
    ///
    /// When the request violates a limit of the API, or names a cluster that does not exist.
    pub fn submit_job(&mut self, now: Now, request: &wire::SubmitJobRequest) -> Result<wire::Job, Rejection> {
        if request.job_name.is_empty() {
            return Err(Rejection::invalid("job_name: expects at least 1 character"));
        }
        if request.trace_parent.is_empty() {
            return Err(Rejection::invalid("trace_parent: expects at least 1 character"));
        }
        let automation = request.automation_id.as_ref();
        let automation = automation.map(|id| limits::required_id("automation_id", Some(id))).transpose()?;
        let tasks = match (&request.tasks, request.legacy_tasks.as_slice()) {
            (Some(tasks), []) => Submission::read("tasks", tasks, GroupLimit::Documented)?,
            (None, []) => return Err(Rejection::invalid("tasks: expects at least 1 task, got none")),
            (None, tasks) => legacy::read("legacy_tasks", tasks, MAX_LEGACY_TASKS)?,
            // Which of them Tilebox takes is not known.
            (Some(_), _) => return Err(Rejection::invalid("tasks: expects no `legacy_tasks` beside it")),
        };
        let job = NewJob { name: &request.job_name, trace_parent: request.trace_parent.clone(), automation };
        let job = self.add_job(now, job, tasks)?;
        Ok(self.jobs[job].to_wire())
    }

    /// Stores a job.
    pub(super) fn add_job(&mut self, now: Now, job: NewJob<'_>, mut tasks: Submission) -> Result<JobKey, Rejection> {
        let default = Arc::from(self.clusters.default_slug());
        tasks.resolve_clusters(&self.clusters, &default, Rejection::not_found)?;
        self.check_room(&tasks)?;
        let milliseconds = id::milliseconds(now.time);
        let previous = self.jobs_by_id.last_key_value().map(|(id, _)| *id);
        let mut id = id::next(milliseconds, previous, &mut self.random);
        while self.jobs_by_id.contains_key(&id) {
            id = id::next(milliseconds, None, &mut self.random);
        }
        let job = self.push_job(id, job, self.graph.batches.next_key());
        self.touch_job(job);
        self.add_batch(now, job, None, &tasks);
        Ok(job)
    }

    pub(super) fn push_job(&mut self, id: Uuid, job: NewJob<'_>, roots: BatchKey) -> JobKey {
        let trace = trace_of(&job.trace_parent).map(Box::from);
        let key = self.jobs.push(Job {
            id,
            name: job.name.to_owned(),
            trace_parent: job.trace_parent,
            automation: job.automation,
            canceled: false,
            roots,
            clusters: BTreeSet::new(),
            counts: Counts::default(),
            failed: Vec::new(),
            waiting: Waiting::default(),
            times: Times::default(),
            progress: Sums::default(),
            changed: false,
        });
        self.jobs_by_id.insert(id, key);
        if let Some(trace) = trace {
            self.jobs_by_trace.entry(trace).or_default().push(key);
        }
        key
    }

    /// Refuses tasks beyond the numbers that the scheduler has.
    pub(super) fn check_room(&self, tasks: &Submission) -> Result<(), Rejection> {
        let room = self.graph.tasks.room().min(self.graph.groups.room()).min(self.graph.batches.room());
        if tasks.task_count() < room && self.jobs.room() > 0 {
            return Ok(());
        }
        Err(Rejection::exhausted(format!("tasks: expects at most {room} more tasks in this scheduler")))
    }

    /// Adds the tasks of a submission, whose clusters are resolved, with new ids. Those without dependencies may be handed
    /// out; those below a failed optional task are skipped.
    pub(super) fn add_batch(&mut self, now: Now, job: JobKey, parent: Option<TaskKey>, tasks: &Submission) {
        let milliseconds = id::milliseconds(now.time);
        let mut ids = id::ascending(milliseconds, tasks.task_count(), &mut self.random);
        // A seed that was used before repeats ids within its milliseconds.
        while ids.iter().any(|id| self.graph.find(*id).is_some()) {
            ids = id::ascending(milliseconds, ids.len(), &mut self.random);
        }
        let batch = self.push_batch(job, parent, tasks, &ids);
        self.record_batch(job, parent, tasks, &ids);
        let (span, groups) = (self.graph.batches[batch].tasks, self.graph.batches[batch].groups);
        if self.graph.batches[batch].skips {
            for task in span.iter() {
                self.set_state(task, TaskState::Skipped);
            }
            for task in span.iter() {
                self.count_end(task);
            }
            return;
        }
        for group in groups.iter().filter(|group| self.graph.groups[*group].is_open()).collect::<Vec<_>>() {
            self.enqueue_group(group);
        }
    }

    /// Adds the tasks of a batch, all queued.
    pub(super) fn push_batch(
        &mut self,
        job: JobKey,
        parent: Option<TaskKey>,
        tasks: &Submission,
        ids: &[Uuid],
    ) -> BatchKey {
        let groups: Vec<NewGroup<'_>> = tasks
            .groups
            .iter()
            .map(|group| NewGroup { tasks: group.tasks.len(), dependencies: &group.dependencies })
            .collect();
        let batch = self.graph.add_batch(job, parent, &groups);
        let first_group = self.graph.batches[batch].groups;
        let mut queues: HashMap<(u32, u32), QueueKey> = HashMap::new();
        let members = tasks.groups.iter().zip(first_group.iter());
        let members = members.flat_map(|(group, key)| group.tasks.iter().map(move |task| (task, key)));
        for ((task, group), id) in members.zip(ids) {
            let queue = *queues.entry((task.cluster, task.identifier)).or_insert_with(|| {
                let cluster = &tasks.clusters[task.cluster as usize];
                let clusters = &mut self.jobs[job].clusters;
                if !clusters.contains(cluster) {
                    clusters.insert(Arc::clone(cluster));
                }
                let (name, version) = &tasks.identifiers[task.identifier as usize];
                self.queues.intern(cluster, name, *version)
            });
            self.graph.push_task(Task {
                id: *id,
                batch,
                group,
                queue,
                input: task.input.clone(),
                display: Arc::clone(&tasks.displays[task.display as usize]),
                max_retries: task.max_retries,
                optional: task.optional,
                state: TaskState::Queued,
                children: None,
                run: Run::default(),
                changed: false,
            });
        }
        self.jobs[job].counts.add(TaskState::Queued, u64::from(self.graph.batches[batch].tasks.len()));
        batch
    }
}

/// Returns the id of the trace in a `trace_parent` (W3C Trace Context: `version-trace-span-flags`).
fn trace_of(trace_parent: &str) -> Option<&str> {
    trace_parent.split('-').nth(1)
}

/// The values of a job that is submitted.
pub(super) struct NewJob<'a> {
    pub(super) name: &'a str,
    pub(super) trace_parent: String,
    pub(super) automation: Option<Uuid>,
}
