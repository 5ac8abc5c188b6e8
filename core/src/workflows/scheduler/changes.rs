//! Changes since a store was last told.

use std::mem;

use bytes::Bytes;
use uuid::Uuid;

use super::Scheduler;
use super::keys::{JobKey, Key, TaskKey};
use super::record::{BatchRecord, JobRecord, Kind, Record, TaskRecord};
use super::submission::Submission;

/// What changed since the changes were taken last.
#[derive(Default)]
pub(super) struct Changes {
    batches: Vec<Record>,
    jobs: Vec<JobKey>,
    tasks: Vec<TaskKey>,
}

impl Scheduler {
    /// Returns the records that a store must write to hold what the scheduler holds, and forgets them. Empty unless the
    /// policy [keeps changes](super::Policy::with_changes).
    ///
    /// The records of one call belong together: write them in one transaction, after those of earlier calls. A response
    /// that was computed before the call is safe to send once they are written. Nothing is ever removed.
    pub fn take_changes(&mut self) -> Vec<Record> {
        let Changes { mut batches, jobs, tasks } = mem::take(&mut self.changes);
        for key in jobs {
            let job = &mut self.jobs[key];
            job.changed = false;
            let record = JobRecord {
                id: bytes(job.id),
                name: job.name.clone(),
                trace_parent: job.trace_parent.clone(),
                automation: job.automation.map(bytes).unwrap_or_default(),
                canceled: job.canceled,
                roots: job.roots.number(),
            };
            batches.push(Record::new(Kind::Job, key, &record));
        }
        for key in tasks {
            let task = &mut self.graph.tasks[key];
            task.changed = false;
            batches.push(Record::new(Kind::Task, key, &TaskRecord::new(task)));
        }
        batches
    }

    pub(super) fn touch_task(&mut self, task: TaskKey) {
        if self.policy.keeps_changes && !mem::replace(&mut self.graph.tasks[task].changed, true) {
            self.changes.tasks.push(task);
        }
    }

    pub(super) fn touch_job(&mut self, job: JobKey) {
        if self.policy.keeps_changes && !mem::replace(&mut self.jobs[job].changed, true) {
            self.changes.jobs.push(job);
        }
    }

    /// Records the batch that was pushed last.
    pub(super) fn record_batch(&mut self, job: JobKey, parent: Option<TaskKey>, tasks: &Submission, ids: &[Uuid]) {
        if !self.policy.keeps_changes {
            return;
        }
        let Some(batch) = self.graph.batches.keys().next_back() else { return };
        let record = BatchRecord {
            job: job.number(),
            parent: parent.map(Key::number),
            first: self.graph.batches[batch].tasks.first.number(),
            ids: ids.iter().flat_map(|id| *id.as_bytes()).collect(),
            tasks: Some(tasks.to_wire()),
        };
        self.changes.batches.push(Record::new(Kind::Batch, batch, &record));
    }
}

fn bytes(id: Uuid) -> Bytes {
    Bytes::copy_from_slice(id.as_bytes())
}
