//! Tasks, their trees and their dependencies.
//!
//! A batch holds the tasks of one submission: the roots of a job, or all subtasks of a task. Its groups, not its tasks,
//! depend on each other, so that n tasks that depend on n tasks cost 2 n. A group counts the groups it still waits for and
//! its own tasks that are not complete, and a batch its tasks that are not complete; a task is complete when it has ended
//! and so have all its descendants. Completion travels upwards in a loop: no depth of tasks is too deep.

use std::collections::BTreeMap;
use std::mem;

use uuid::Uuid;

use super::keys::{BatchKey, GroupKey, JobKey, Key, Span, Table, TaskKey};
use super::task::Task;
use crate::protocol::wire::workflows::v1::TaskState;

/// The tasks of one submission.
pub(super) struct Batch {
    pub(super) job: JobKey,
    /// The task that submitted it; `None` for the roots of a job.
    pub(super) parent: Option<TaskKey>,
    pub(super) tasks: Span<TaskKey>,
    pub(super) groups: Span<GroupKey>,
    /// The nearest optional ancestor of the tasks: the boundary at which their failures stop.
    pub(super) boundary: Option<TaskKey>,
    /// Whether a task inside the boundary failed for good, so that the queued tasks of this batch are skipped.
    pub(super) skips: bool,
    /// Tasks that are not complete.
    open: u32,
}

/// Tasks of a batch that share their dependencies.
pub(super) struct Group {
    pub(super) tasks: Span<TaskKey>,
    /// Groups of the same batch.
    pub(super) dependencies: Box<[GroupKey]>,
    /// Groups that wait for this one; empty once it is complete.
    dependents: Vec<GroupKey>,
    /// Dependencies that are not complete.
    waits_for: u32,
    /// Tasks that are not complete.
    open: u32,
}

impl Group {
    /// Returns whether its dependencies are complete, with all their descendants.
    pub(super) fn is_open(&self) -> bool {
        self.waits_for == 0
    }
}

/// All tasks of all jobs.
pub(super) struct Graph {
    pub(super) tasks: Table<TaskKey, Task>,
    pub(super) groups: Table<GroupKey, Group>,
    pub(super) batches: Table<BatchKey, Batch>,
    /// Ordered, because runners report the tasks of a batch about in the order of their ids: what one lookup reads is in the
    /// cache of the processor for the next ones.
    by_id: BTreeMap<Uuid, TaskKey>,
    /// Objects visited so far, which tests bound.
    #[cfg(test)]
    pub(super) steps: u64,
}

/// A group of a new batch: the number of its tasks, and the indices of groups in the same batch.
pub(super) struct NewGroup<'a> {
    pub(super) tasks: usize,
    pub(super) dependencies: &'a [u32],
}

impl Graph {
    pub(super) fn new() -> Self {
        Self {
            tasks: Table::new(),
            groups: Table::new(),
            batches: Table::new(),
            by_id: BTreeMap::new(),
            #[cfg(test)]
            steps: 0,
        }
    }

    fn step(&mut self) {
        #[cfg(test)]
        {
            self.steps += 1;
        }
    }

    pub(super) fn find(&self, id: Uuid) -> Option<TaskKey> {
        self.by_id.get(&id).copied()
    }

    /// Adds a batch whose tasks are pushed next. Indices of groups are in range.
    pub(super) fn add_batch(&mut self, job: JobKey, parent: Option<TaskKey>, groups: &[NewGroup<'_>]) -> BatchKey {
        let (first_task, first_group) = (self.tasks.next_key(), self.groups.next_key());
        let mut next_task = first_task;
        for group in groups {
            let end = TaskKey::new(next_task.number() + group.tasks as u32);
            let key = |index: &u32| GroupKey::new(first_group.number() + index);
            self.groups.push(Group {
                tasks: Span { first: next_task, end },
                dependencies: group.dependencies.iter().map(key).collect(),
                dependents: Vec::new(),
                waits_for: group.dependencies.len() as u32,
                open: group.tasks as u32,
            });
            next_task = end;
        }
        let groups = Span { first: first_group, end: self.groups.next_key() };
        for group in groups.iter() {
            for dependency in self.groups[group].dependencies.clone() {
                self.groups[dependency].dependents.push(group);
            }
        }
        let tasks = Span { first: first_task, end: next_task };
        let boundary = parent.and_then(|parent| match self.tasks[parent].optional {
            true => Some(parent),
            false => self.batches[self.tasks[parent].batch].boundary,
        });
        let skips = parent.is_some_and(|parent| self.batches[self.tasks[parent].batch].skips);
        let batch = self.batches.push(Batch { job, parent, tasks, groups, boundary, skips, open: tasks.len() });
        if let Some(parent) = parent {
            self.tasks[parent].children = Some(batch);
        }
        batch
    }

    pub(super) fn push_task(&mut self, task: Task) -> TaskKey {
        let id = task.id;
        let key = self.tasks.push(task);
        self.by_id.insert(id, key);
        key
    }

    pub(super) fn job_of(&self, task: TaskKey) -> JobKey {
        self.batches[self.tasks[task].batch].job
    }

    /// Returns whether a task only waits for a runner: it is queued, and its dependencies are complete. Its parent is
    /// computed, as it has submitted it.
    pub(super) fn is_waiting(&self, task: TaskKey) -> bool {
        let task = &self.tasks[task];
        task.state == TaskState::Queued && self.groups[task.group].is_open()
    }

    /// Returns whether a task has ended and all its descendants are complete.
    fn is_complete(&self, task: TaskKey) -> bool {
        let task = &self.tasks[task];
        match task.state {
            TaskState::Computed => task.children.is_none_or(|children| self.batches[children].open == 0),
            TaskState::Skipped | TaskState::FailedOptional => true,
            TaskState::Unspecified | TaskState::Queued | TaskState::Running | TaskState::Failed => false,
        }
    }

    /// Counts the end of a task. If it is complete, counts that in its group, its batch and its ancestors, and adds the
    /// groups whose dependencies are thereby complete to `opened`. Called once when a task ends.
    pub(super) fn count_end(&mut self, task: TaskKey, opened: &mut Vec<GroupKey>) {
        let mut next = self.is_complete(task).then_some(task);
        while let Some(task) = next {
            next = self.count_complete(task, opened);
        }
    }

    /// Counts the end of a task in its group and its batch, but not in its ancestors: those are counted later.
    pub(super) fn count_own_end(&mut self, task: TaskKey) {
        if self.is_complete(task) {
            self.count_complete(task, &mut Vec::new());
        }
    }

    /// Counts a complete task in its group and its batch. Returns its parent if that is thereby complete.
    fn count_complete(&mut self, task: TaskKey, opened: &mut Vec<GroupKey>) -> Option<TaskKey> {
        self.step();
        let Task { group, batch, .. } = self.tasks[task];
        self.groups[group].open -= 1;
        if self.groups[group].open == 0 {
            for dependent in mem::take(&mut self.groups[group].dependents) {
                self.step();
                self.groups[dependent].waits_for -= 1;
                if self.groups[dependent].is_open() {
                    opened.push(dependent);
                }
            }
        }
        let batch = &mut self.batches[batch];
        batch.open -= 1;
        if batch.open == 0 { batch.parent } else { None }
    }

    /// Marks the batches below `boundary` whose queued tasks are to be skipped, and returns those tasks. A batch is visited
    /// once, however many of its tasks and of its boundaries fail.
    pub(super) fn skip_below(&mut self, boundary: TaskKey) -> Vec<TaskKey> {
        let mut skipped = Vec::new();
        let mut batches: Vec<BatchKey> = self.tasks[boundary].children.into_iter().collect();
        while let Some(batch) = batches.pop() {
            if mem::replace(&mut self.batches[batch].skips, true) {
                continue;
            }
            for task in self.batches[batch].tasks.iter() {
                self.step();
                if self.tasks[task].state == TaskState::Queued {
                    skipped.push(task);
                }
                batches.extend(self.tasks[task].children);
            }
        }
        skipped
    }
}
