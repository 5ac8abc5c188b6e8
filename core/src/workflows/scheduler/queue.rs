//! Queues of the tasks that may be handed out, one for each cluster, name and version.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::keys::{BatchKey, JobKey, QueueKey, Table, TaskKey};
use crate::workflows::TaskVersion;

type Names = HashMap<Arc<str>, BTreeMap<TaskVersion, QueueKey>>;

/// All queues. Each holds jobs, in the order of submission; the jobs hold their waiting tasks themselves, so that a job
/// that is canceled, fails or is retried changes one entry of each queue, however many tasks wait.
pub(super) struct Queues {
    clusters: HashMap<Arc<str>, Names>,
    queues: Table<QueueKey, Queue>,
}

/// A cluster, name and version of tasks.
pub(super) struct Queue {
    pub(super) cluster: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) version: TaskVersion,
    /// Jobs that hand out tasks and have at least one waiting here.
    jobs: BTreeSet<JobKey>,
}

impl Queues {
    pub(super) fn new() -> Self {
        Self { clusters: HashMap::new(), queues: Table::new() }
    }

    /// Returns the queue of tasks like this, and makes it if it is the first.
    pub(super) fn intern(&mut self, cluster: &Arc<str>, name: &Arc<str>, version: TaskVersion) -> QueueKey {
        let names = self.clusters.entry(Arc::clone(cluster)).or_default();
        let versions = names.entry(Arc::clone(name)).or_default();
        *versions.entry(version).or_insert_with(|| {
            let (cluster, name) = (Arc::clone(cluster), Arc::clone(name));
            self.queues.push(Queue { cluster, name, version, jobs: BTreeSet::new() })
        })
    }

    pub(super) fn queue(&self, queue: QueueKey) -> &Queue {
        &self.queues[queue]
    }

    /// Adds to `matching` the queues whose tasks a runner of this name and version executes: the same major version, and
    /// at most the runner's minor version.
    pub(super) fn matching(&self, cluster: &str, name: &str, version: TaskVersion, matching: &mut Vec<QueueKey>) {
        let Some(versions) = self.clusters.get(cluster).and_then(|names| names.get(name)) else { return };
        let lowest = TaskVersion::new(version.major(), 0);
        matching.extend(versions.range(lowest..=version).map(|(_, queue)| *queue));
    }

    /// Returns the oldest job that has a waiting task in one of the queues.
    pub(super) fn oldest_job(&self, queues: &[QueueKey]) -> Option<JobKey> {
        queues.iter().filter_map(|queue| self.queues[*queue].jobs.first().copied()).min()
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = (QueueKey, &BTreeSet<JobKey>)> {
        self.queues.keys().map(|queue| (queue, &self.queues[queue].jobs))
    }

    pub(super) fn add(&mut self, queue: QueueKey, job: JobKey) {
        self.queues[queue].jobs.insert(job);
    }

    pub(super) fn remove(&mut self, queue: QueueKey, job: JobKey) {
        self.queues[queue].jobs.remove(&job);
    }
}

/// The tasks of a job that only wait for a runner, by queue. No queue in it is empty.
#[derive(Default)]
pub(super) struct Waiting {
    queues: BTreeMap<QueueKey, BTreeSet<Place>>,
}

/// The place of a task among the waiting tasks of a job: the newest batch is first, and in a batch the lowest id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    batch: Reverse<BatchKey>,
    task: TaskKey,
}

impl Waiting {
    /// Adds a task. Returns whether it is the first of its queue.
    pub(super) fn add(&mut self, queue: QueueKey, batch: BatchKey, task: TaskKey) -> bool {
        let places = self.queues.entry(queue).or_default();
        places.insert(Place { batch: Reverse(batch), task });
        places.len() == 1
    }

    /// Removes a task. Returns whether it was the last of its queue.
    pub(super) fn remove(&mut self, queue: QueueKey, batch: BatchKey, task: TaskKey) -> bool {
        let Some(places) = self.queues.get_mut(&queue) else { return false };
        places.remove(&Place { batch: Reverse(batch), task });
        let is_empty = places.is_empty();
        if is_empty {
            self.queues.remove(&queue);
        }
        is_empty
    }

    pub(super) fn queues(&self) -> impl Iterator<Item = QueueKey> + '_ {
        self.queues.keys().copied()
    }

    #[cfg(test)]
    pub(super) fn tasks(&self, queue: QueueKey) -> Vec<TaskKey> {
        self.queues.get(&queue).into_iter().flatten().map(|place| place.task).collect()
    }

    /// Returns the task with the lowest id of the newest batch.
    pub(super) fn newest(&self, queues: &[QueueKey]) -> Option<TaskKey> {
        let first = |queue| self.queues.get(queue)?.first();
        queues.iter().filter_map(first).min().map(|place| place.task)
    }

    /// Returns the task with the lowest id of the oldest batch.
    pub(super) fn oldest(&self, queues: &[QueueKey]) -> Option<TaskKey> {
        let first = |queue| {
            let places: &BTreeSet<Place> = self.queues.get(queue)?;
            let batch = places.last()?.batch;
            places.range(Place { batch, task: TaskKey::FIRST }..).next().map(|place| (batch.0, place.task))
        };
        queues.iter().filter_map(first).min().map(|(_, task)| task)
    }
}
