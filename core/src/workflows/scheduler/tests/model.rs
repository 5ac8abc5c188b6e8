//! A naive scheduler: plain lists, everything derived by searching them.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::protocol::wire::workflows::v1::{self as wire, JobState, TaskState};
use crate::time::Instant;
use crate::workflows::TaskVersion;

#[derive(Clone, Debug)]
pub(super) struct ModelTask {
    pub(super) id: Uuid,
    pub(super) job: usize,
    pub(super) batch: usize,
    pub(super) parent: Option<usize>,
    /// Tasks, not groups.
    pub(super) dependencies: Vec<usize>,
    pub(super) cluster: String,
    pub(super) name: String,
    pub(super) version: TaskVersion,
    pub(super) optional: bool,
    pub(super) max_retries: i64,
    pub(super) state: TaskState,
    pub(super) retries: i64,
    pub(super) crashes: u32,
    /// Whether it is queued because its lease ended.
    pub(super) late: bool,
    pub(super) lease_end: Instant,
    pub(super) progress: Vec<wire::Progress>,
    pub(super) executions: u32,
}

#[derive(Default)]
pub(super) struct Model {
    pub(super) tasks: Vec<ModelTask>,
    pub(super) jobs: Vec<(Uuid, bool)>,
    pub(super) batches: usize,
    pub(super) crash_retries: u32,
    /// How often each rare event happened.
    pub(super) events: BTreeMap<&'static str, u32>,
}

/// What a runner executes.
pub(super) struct ModelRunner {
    pub(super) cluster: String,
    pub(super) identifiers: Vec<(String, TaskVersion)>,
}

impl Model {
    /// Adds a submission; `ids` are those of its tasks, group by group.
    pub(super) fn add(&mut self, job: usize, parent: Option<usize>, tasks: &wire::TaskSubmissions, ids: &[Uuid]) {
        let first = self.tasks.len();
        let mut members = Vec::new();
        let mut next = first;
        for group in &tasks.task_groups {
            members.push((next..next + group.inputs.len()).collect::<Vec<usize>>());
            next += group.inputs.len();
        }
        assert_eq!(ids.len(), next - first);
        for (group, indices) in tasks.task_groups.iter().zip(&members) {
            let groups = group.dependencies_on_other_groups.iter();
            let dependencies: Vec<usize> = groups.flat_map(|index| members[*index as usize].clone()).collect();
            for (at, index) in indices.iter().enumerate() {
                let identifier = &tasks.identifier_lookup[group.identifier_pointers[at] as usize];
                self.tasks.push(ModelTask {
                    id: ids[index - first],
                    job,
                    batch: self.batches,
                    parent,
                    dependencies: dependencies.clone(),
                    cluster: tasks.cluster_slug_lookup[group.cluster_slug_pointers[at] as usize].clone(),
                    name: identifier.name.clone(),
                    version: identifier.version.parse().expect("a version"),
                    optional: group.optional_values[at],
                    max_retries: group.max_retries_values[at],
                    state: TaskState::Queued,
                    retries: 0,
                    crashes: 0,
                    late: false,
                    lease_end: Instant::ORIGIN,
                    progress: Vec::new(),
                    executions: 0,
                });
            }
        }
        self.batches += 1;
        for task in first..self.tasks.len() {
            if self.is_skipped(task) {
                self.tasks[task].state = TaskState::Skipped;
                self.count("a subtask is skipped");
            }
        }
    }

    pub(super) fn count(&mut self, event: &'static str) {
        *self.events.entry(event).or_default() += 1;
    }

    pub(super) fn find(&self, id: Uuid) -> Option<usize> {
        self.tasks.iter().position(|task| task.id == id)
    }

    fn ancestors(&self, task: usize) -> Vec<usize> {
        std::iter::successors(self.tasks[task].parent, |task| self.tasks[*task].parent).collect()
    }

    fn boundary(&self, task: usize) -> Option<usize> {
        self.ancestors(task).into_iter().find(|ancestor| self.tasks[*ancestor].optional)
    }

    /// Returns whether a task inside one of its boundaries has failed for good.
    fn is_skipped(&self, task: usize) -> bool {
        let ancestors = self.ancestors(task);
        (0..self.tasks.len()).any(|failed| {
            let is_failure = self.tasks[failed].state == TaskState::FailedOptional && !self.tasks[failed].optional;
            is_failure && self.boundary(failed).is_some_and(|boundary| ancestors.contains(&boundary))
        })
    }

    fn has_ended(&self, task: usize) -> bool {
        matches!(self.tasks[task].state, TaskState::Computed | TaskState::Skipped | TaskState::FailedOptional)
    }

    pub(super) fn is_complete(&self, task: usize) -> bool {
        let is_below = |other: &usize| *other == task || self.ancestors(*other).contains(&task);
        (0..self.tasks.len()).filter(is_below).all(|task| self.has_ended(task))
    }

    fn has_failed(&self, job: usize) -> bool {
        self.tasks.iter().any(|task| task.job == job && task.state == TaskState::Failed)
    }

    fn hands_out(&self, job: usize) -> bool {
        !self.jobs[job].1 && !self.has_failed(job)
    }

    /// Returns the tasks that may be handed out.
    pub(super) fn eligible(&self) -> Vec<usize> {
        let is_eligible = |task: &usize| {
            let ModelTask { state, parent, dependencies, job, .. } = &self.tasks[*task];
            *state == TaskState::Queued
                && parent.is_none_or(|parent| self.tasks[parent].state == TaskState::Computed)
                && dependencies.iter().all(|dependency| self.is_complete(*dependency))
                && self.hands_out(*job)
        };
        (0..self.tasks.len()).filter(is_eligible).collect()
    }

    /// Returns the task that a runner must get, after it reported a task of `job`.
    pub(super) fn next(&self, runner: &ModelRunner, job: Option<usize>) -> Option<usize> {
        let mut tasks = self.eligible();
        tasks.retain(|task| {
            let ModelTask { cluster, name, version, .. } = &self.tasks[*task];
            let executes = |(other, known): &(String, TaskVersion)| other == name && known.accepts(*version);
            *cluster == runner.cluster && runner.identifiers.iter().any(executes)
        });
        let key = |task: &usize| (self.tasks[*task].batch, self.tasks[*task].id);
        let own = tasks.iter().copied().filter(|task| Some(self.tasks[*task].job) == job);
        let newest = own.min_by_key(|task| (std::cmp::Reverse(key(task).0), key(task).1));
        newest.or_else(|| tasks.into_iter().min_by_key(|task| (self.tasks[*task].job, key(task))))
    }

    pub(super) fn hand_out(&mut self, task: usize, lease_end: Instant) {
        let task = &mut self.tasks[task];
        task.state = TaskState::Running;
        task.late = false;
        task.lease_end = lease_end;
        task.executions += 1;
    }

    /// Ends leases in the order of their ends.
    pub(super) fn expire(&mut self, now: Instant) {
        loop {
            let running = (0..self.tasks.len()).filter(|task| self.tasks[*task].state == TaskState::Running);
            let ended = running.filter(|task| self.tasks[*task].lease_end <= now);
            let Some(task) = ended.min_by_key(|task| (self.tasks[*task].lease_end, *task)) else { return };
            self.tasks[task].crashes += 1;
            if self.tasks[task].crashes > self.crash_retries {
                self.count("a task crashes for good");
                self.fail(task);
            } else {
                self.queue_again(task);
                self.tasks[task].late = self.tasks[task].state == TaskState::Queued;
            }
        }
    }

    /// Returns whether a report of this task counts.
    pub(super) fn accept(&mut self, task: usize, progress: &[wire::Progress]) -> bool {
        let ModelTask { state, late, .. } = self.tasks[task];
        let accepts = state == TaskState::Running || (state == TaskState::Queued && late);
        self.count(match (accepts, late) {
            (true, true) => "a late report is accepted",
            (true, false) => "a report is accepted",
            (false, _) => "a report is ignored",
        });
        let task = &mut self.tasks[task];
        if accepts {
            if task.late {
                task.crashes -= 1;
                task.late = false;
            }
            task.state = TaskState::Running;
            task.progress = progress.to_vec();
        }
        accepts
    }

    pub(super) fn failed(&mut self, task: usize, was_workflow_error: bool) {
        if !was_workflow_error {
            self.queue_again(task);
        } else if self.tasks[task].retries < self.tasks[task].max_retries {
            self.queue_again(task);
            if self.tasks[task].state == TaskState::Queued {
                self.tasks[task].retries += 1;
            }
        } else {
            self.fail(task);
        }
    }

    fn queue_again(&mut self, task: usize) {
        if self.is_skipped(task) {
            self.tasks[task].state = TaskState::Skipped;
            self.count("a task is skipped instead of queued again");
        } else {
            self.tasks[task].state = TaskState::Queued;
        }
    }

    fn fail(&mut self, task: usize) {
        if !self.tasks[task].optional && self.boundary(task).is_none() {
            self.tasks[task].state = TaskState::Failed;
            self.count("a job fails");
            return;
        }
        self.tasks[task].state = TaskState::FailedOptional;
        for other in 0..self.tasks.len() {
            if self.tasks[other].state == TaskState::Queued && self.is_skipped(other) {
                self.tasks[other].state = TaskState::Skipped;
                self.tasks[other].late = false;
                self.count("a queued task is skipped");
            }
        }
    }

    pub(super) fn cancel(&mut self, job: usize) {
        if self.state(job) != JobState::Completed {
            self.jobs[job].1 = true;
        }
    }

    pub(super) fn retry(&mut self, job: usize) -> i64 {
        self.jobs[job].1 = false;
        let mut count = 0;
        for task in self.tasks.iter_mut().filter(|task| task.job == job && task.state == TaskState::Failed) {
            (task.state, task.retries, task.crashes) = (TaskState::Queued, 0, 0);
            count += 1;
        }
        count
    }

    pub(super) fn state(&self, job: usize) -> JobState {
        let any = |states: &[TaskState]| self.tasks.iter().any(|task| task.job == job && states.contains(&task.state));
        match () {
            () if self.jobs[job].1 => JobState::Canceled,
            () if any(&[TaskState::Failed]) => JobState::Failed,
            () if any(&[TaskState::Running]) => JobState::Running,
            () if !any(&[TaskState::Queued]) => JobState::Completed,
            () if any(&[TaskState::Computed, TaskState::Skipped, TaskState::FailedOptional]) => JobState::Started,
            () => JobState::Submitted,
        }
    }

    /// Returns the number of tasks in each state that occurs.
    pub(super) fn counts(&self, job: usize) -> BTreeMap<i32, u64> {
        let mut counts = BTreeMap::new();
        for task in self.tasks.iter().filter(|task| task.job == job) {
            *counts.entry(task.state.into()).or_default() += 1;
        }
        counts
    }

    pub(super) fn progress(&self, job: usize) -> Vec<wire::Progress> {
        let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for update in self.tasks.iter().filter(|task| task.job == job).flat_map(|task| &task.progress) {
            let sum = sums.entry(update.label.clone()).or_default();
            *sum = (sum.0 + update.total, sum.1 + update.done);
        }
        sums.into_iter().map(|(label, (total, done))| wire::Progress { label, total, done }).collect()
    }
}
