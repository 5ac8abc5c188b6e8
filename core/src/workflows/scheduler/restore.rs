//! A scheduler made again from the records of a store.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use prost::{DecodeError, Message};
use uuid::Uuid;

use super::keys::{JobKey, Key, TaskKey};
use super::record::{BatchRecord, FORMAT, JobRecord, Kind, Record, TaskRecord};
use super::submission::{GroupLimit, Submission};
use super::submit::NewJob;
use super::times::Now;
use super::{Policy, Scheduler};
use crate::protocol::wire::workflows::v1::TaskState;

/// Records that no scheduler has written, or one of a newer format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreError {
    record: String,
    reason: String,
}

impl RestoreError {
    fn new(kind: Kind, number: u32, reason: impl Into<String>) -> Self {
        let name = match kind {
            Kind::Job => "job",
            Kind::Batch => "batch",
            Kind::Task => "task",
        };
        Self { record: format!("{name} {number}"), reason: reason.into() }
    }
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot restore the scheduler from its record of {}: {}", self.record, self.reason)
    }
}

impl std::error::Error for RestoreError {}

type Values = BTreeMap<(Kind, u32), Bytes>;

impl Scheduler {
    /// Makes the scheduler again whose changes the records are, in any order, the last one of each key.
    ///
    /// It behaves as the original from then on, except that the lease of a running task starts again with the duration it
    /// was granted, and that `seed` determines new ids and idle times. Its clusters are those of a
    /// [new](Scheduler::new) scheduler.
    ///
    /// # Errors
    ///
    /// When a record is missing, damaged, or of a newer format.
    pub fn restore(
        policy: Policy,
        seed: u64,
        now: Now,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<Self, RestoreError> {
        let mut values = Values::new();
        for record in records {
            let Some(key) = Record::parse_key(&record.key) else {
                let reason = "expects a key of a job, a batch or a task".to_owned();
                return Err(RestoreError { record: format!("key {:02x?}", &*record.key), reason });
            };
            values.insert(key, record.value);
        }
        // What is read now is not a change.
        let keeps_changes = policy.keeps_changes;
        let mut scheduler = Self::new(Policy { keeps_changes: false, ..policy }, seed);
        for ((kind, number), value) in values {
            match kind {
                Kind::Job => scheduler.restore_job(number, &value),
                Kind::Batch => scheduler.restore_batch(number, &value),
                Kind::Task => scheduler.restore_task(now, number, &value),
            }
            .map_err(|reason| RestoreError::new(kind, number, reason))?;
        }
        scheduler.check_parents().map_err(|(kind, number, reason)| RestoreError::new(kind, number, reason))?;
        scheduler.restore_counters();
        scheduler.policy.keeps_changes = keeps_changes;
        Ok(scheduler)
    }

    fn restore_job(&mut self, number: u32, value: &[u8]) -> Result<(), String> {
        check_next(number, self.jobs.next_key())?;
        let record: JobRecord = decode(value)?;
        let id = Uuid::from_slice(&record.id).map_err(|error| error.to_string())?;
        let automation = match record.automation.is_empty() {
            true => None,
            false => Some(Uuid::from_slice(&record.automation).map_err(|error| error.to_string())?),
        };
        if self.jobs_by_id.contains_key(&id) {
            return Err(format!("duplicate id {id}"));
        }
        let job = NewJob { name: &record.name, trace_parent: record.trace_parent, automation };
        let job = self.push_job(id, job, Key::new(record.roots));
        self.jobs[job].canceled = record.canceled;
        Ok(())
    }

    fn restore_batch(&mut self, number: u32, value: &[u8]) -> Result<(), String> {
        check_next(number, self.graph.batches.next_key())?;
        let record: BatchRecord = decode(value)?;
        check_next(record.first, self.graph.tasks.next_key())?;
        let job = JobKey::new(record.job);
        if self.jobs.get(job).is_none() {
            return Err(format!("job {} is missing", record.job));
        }
        let parent = record.parent.map(TaskKey::new);
        if let Some(parent) = parent {
            let task = self.graph.tasks.get(parent).ok_or("its parent is missing")?;
            if task.children.is_some() || self.graph.job_of(parent) != job {
                return Err("its parent has other subtasks, or another job".to_owned());
            }
        }
        let tasks = record.tasks.ok_or("it has no tasks")?;
        let tasks = Submission::read("tasks", &tasks, GroupLimit::None).map_err(|error| error.to_string())?;
        self.check_room(&tasks).map_err(|error| error.to_string())?;
        let ids: Vec<Uuid> = record.ids.chunks(16).filter_map(|id| Uuid::from_slice(id).ok()).collect();
        if ids.len() != tasks.task_count() {
            return Err(format!("expects {} ids, got {}", tasks.task_count(), ids.len()));
        }
        self.push_batch(job, parent, &tasks, &ids);
        Ok(())
    }

    fn restore_task(&mut self, now: Now, number: u32, value: &[u8]) -> Result<(), String> {
        let key = TaskKey::new(number);
        if self.graph.tasks.get(key).is_none() {
            return Err("its batch is missing".to_owned());
        }
        let record: TaskRecord = decode(value)?;
        let state = match record.state() {
            TaskState::Unspecified => return Err(format!("state {} is not known", record.state)),
            state => state,
        };
        if record.has_children != self.graph.tasks[key].children.is_some() {
            return Err("its subtasks are missing, or it has none".to_owned());
        }
        let run = record.into_run(now.instant).ok_or("a time is out of range")?;
        if run.lease.is_some() != (state == TaskState::Running) {
            return Err("expects a lease if it is running, and only then".to_owned());
        }
        if let Some(lease) = run.lease {
            self.leases.add(key, lease);
        }
        self.set_state(key, state);
        self.graph.tasks[key].run = run;
        Ok(())
    }

    /// Checks that each job has its roots, and each batch a computed parent or its job.
    fn check_parents(&self) -> Result<(), (Kind, u32, &'static str)> {
        for key in self.jobs.keys() {
            let roots = self.graph.batches.get(self.jobs[key].roots);
            if roots.is_none_or(|roots| roots.job != key || roots.parent.is_some()) {
                return Err((Kind::Job, key.number(), "its root tasks are missing"));
            }
        }
        for key in self.graph.batches.keys() {
            let batch = &self.graph.batches[key];
            match batch.parent {
                None if self.jobs[batch.job].roots == key => {}
                Some(parent) if self.graph.tasks[parent].state == TaskState::Computed => {}
                _ => return Err((Kind::Batch, key.number(), "expects a computed task or a job that submitted it")),
            }
        }
        Ok(())
    }

    /// Counts again what follows from the states of the tasks.
    fn restore_counters(&mut self) {
        // Children come after their parents, so in reverse order each task is counted when its descendants are.
        for key in self.graph.tasks.keys().rev() {
            self.graph.count_own_end(key);
            let job = self.graph.job_of(key);
            let task = &self.graph.tasks[key];
            let boundary = self.graph.batches[task.batch].boundary;
            let times = &mut self.jobs[job].times;
            task.run.first_started.into_iter().for_each(|time| times.start(time));
            task.run.stopped.into_iter().for_each(|time| times.stop(time, task.run.compute));
            self.jobs[job].progress.add(&task.run.progress);
            match (task.state, boundary) {
                (TaskState::Failed, _) => self.jobs[job].failed.push(key),
                (TaskState::FailedOptional, Some(boundary)) if !task.optional => {
                    self.graph.skip_below(boundary);
                }
                _ => {}
            }
        }
        for key in self.graph.tasks.keys() {
            if self.graph.is_waiting(key) {
                self.enqueue(key);
            }
        }
    }
}

fn check_next(number: u32, next: impl Key) -> Result<(), String> {
    let next = next.number();
    if number == next { Ok(()) } else { Err(format!("expects number {next}: a record is missing")) }
}

fn decode<M: Message + Default>(value: &[u8]) -> Result<M, String> {
    match value.split_first() {
        Some((&FORMAT, message)) => M::decode(message).map_err(|error: DecodeError| error.to_string()),
        Some((format, _)) => Err(format!("expects format {FORMAT}, got {format}; use a newer version")),
        None => Err("it is empty".to_owned()),
    }
}
