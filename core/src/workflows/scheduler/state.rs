//! Changes of the state of a task, and what follows from them.

use std::mem;

use super::Scheduler;
use super::keys::{GroupKey, JobKey, TaskKey};
use super::times::{self, Now};
use crate::protocol::wire::workflows::v1::TaskState;

impl Scheduler {
    /// Sets the state of a task and counts it in its job.
    pub(super) fn set_state(&mut self, task: TaskKey, state: TaskState) {
        let from = mem::replace(&mut self.graph.tasks[task].state, state);
        let job = self.graph.job_of(task);
        self.jobs[job].counts.change(from, state);
        self.touch_task(task);
    }

    /// Counts the end of a task, and queues the tasks whose dependencies are thereby complete.
    pub(super) fn count_end(&mut self, task: TaskKey) {
        let mut opened = Vec::new();
        self.graph.count_end(task, &mut opened);
        for group in opened {
            self.enqueue_group(group);
        }
    }

    /// Adds the queued tasks of a group, whose dependencies are complete, to the queues.
    pub(super) fn enqueue_group(&mut self, group: GroupKey) {
        for task in self.graph.groups[group].tasks.iter() {
            if self.graph.tasks[task].state == TaskState::Queued {
                self.enqueue(task);
            }
        }
    }

    /// Adds a task that only waits for a runner to the queues.
    pub(super) fn enqueue(&mut self, task: TaskKey) {
        let (queue, batch) = (self.graph.tasks[task].queue, self.graph.tasks[task].batch);
        let key = self.graph.batches[batch].job;
        let job = &mut self.jobs[key];
        if job.waiting.add(queue, batch, task) && job.hands_out() {
            self.queues.add(queue, key);
        }
    }

    /// Removes a waiting task from the queues.
    pub(super) fn dequeue(&mut self, task: TaskKey) {
        let (queue, batch) = (self.graph.tasks[task].queue, self.graph.tasks[task].batch);
        let job = self.graph.batches[batch].job;
        if self.jobs[job].waiting.remove(queue, batch, task) {
            self.queues.remove(queue, job);
        }
    }

    /// Hands out the tasks of a job, or no longer, as its state says.
    pub(super) fn update_queues(&mut self, key: JobKey) {
        let job = &self.jobs[key];
        for queue in job.waiting.queues() {
            if job.hands_out() {
                self.queues.add(queue, key);
            } else {
                self.queues.remove(queue, key);
            }
        }
    }

    /// Ends the execution of a running task, or of one that waits because its lease expired, at the time of its report.
    /// Returns whether there is one: of all reports of a task, the first wins.
    pub(super) fn end_execution(&mut self, now: Now, task: TaskKey) -> bool {
        let late = self.graph.tasks[task].run.expired;
        match self.graph.tasks[task].state {
            TaskState::Running => {}
            TaskState::Queued if late => {
                self.dequeue(task);
                let run = &mut self.graph.tasks[task].run;
                run.crashes = run.crashes.saturating_sub(1);
            }
            _ => return false,
        }
        let job = self.graph.job_of(task);
        let run = &mut self.graph.tasks[task].run;
        let since = if mem::take(&mut run.expired) { run.stopped } else { run.started };
        let compute = since.map_or_else(Default::default, |since| times::between(since, now.time));
        run.compute = run.compute.saturating_add(compute);
        run.stopped = run.stopped.max(Some(now.time));
        self.jobs[job].times.stop(now.time, compute);
        if let Some(lease) = run.lease.take() {
            self.leases.remove(task, lease);
        }
        true
    }

    /// Queues a task again. Below a failed optional task it is skipped instead. Returns whether it is queued.
    pub(super) fn requeue(&mut self, task: TaskKey) -> bool {
        let skips = self.graph.batches[self.graph.tasks[task].batch].skips;
        if skips {
            self.set_state(task, TaskState::Skipped);
            self.count_end(task);
        } else {
            self.set_state(task, TaskState::Queued);
            self.enqueue(task);
        }
        !skips
    }

    /// Ends a task whose executions are used up. The failure of an optional task stops there, that of a task below an
    /// optional one skips what is queued below it, and any other fails the job.
    pub(super) fn fail(&mut self, task: TaskKey) {
        let optional = self.graph.tasks[task].optional;
        let boundary = self.graph.batches[self.graph.tasks[task].batch].boundary;
        match (optional, boundary) {
            (false, None) => {
                self.set_state(task, TaskState::Failed);
                let job = self.graph.job_of(task);
                self.jobs[job].failed.push(task);
                self.update_queues(job);
            }
            (false, Some(boundary)) => {
                self.set_state(task, TaskState::FailedOptional);
                self.skip_below(boundary);
                self.count_end(task);
            }
            (true, _) => {
                self.set_state(task, TaskState::FailedOptional);
                self.count_end(task);
            }
        }
    }

    fn skip_below(&mut self, boundary: TaskKey) {
        let skipped = self.graph.skip_below(boundary);
        for task in &skipped {
            if self.graph.is_waiting(*task) {
                self.dequeue(*task);
            }
            self.graph.tasks[*task].run.expired = false;
            self.set_state(*task, TaskState::Skipped);
        }
        for task in skipped {
            self.count_end(task);
        }
    }
}
