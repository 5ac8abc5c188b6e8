//! Reports of tasks, extensions and ends of leases.

use std::sync::Arc;

use uuid::Uuid;

use super::keys::{JobKey, TaskKey};
use super::lease::Lease;
use super::limits::{self, MAX_LEGACY_TASKS, cut_display};
use super::rejection::Rejection;
use super::submission::{GroupLimit, Submission};
use super::times::{self, Now};
use super::{Scheduler, legacy, progress};
use crate::protocol::wire::workflows::v1::{self as wire, TaskState};
use crate::time::Instant;

/// The report of a computed task, checked.
pub(super) struct ComputedReport<'a> {
    id: Uuid,
    subtasks: Option<Submission>,
    message: &'a wire::ComputedTask,
}

impl<'a> ComputedReport<'a> {
    pub(super) fn read(scheduler: &Scheduler, message: &'a wire::ComputedTask) -> Result<Self, Rejection> {
        let id = limits::required_id("computed_task.id", message.id.as_ref())?;
        progress::check("computed_task.progress_updates", &message.progress_updates)?;
        let mut subtasks = match (&message.sub_tasks, message.legacy_sub_tasks.as_slice()) {
            (None, []) => None,
            (Some(tasks), []) => Some(Submission::read("computed_task.sub_tasks", tasks, GroupLimit::Documented)?),
            (None, tasks) => Some(legacy::read("computed_task.legacy_sub_tasks", tasks, MAX_LEGACY_TASKS)?),
            (Some(_), _) => {
                return Err(Rejection::invalid("computed_task.sub_tasks: expects no `legacy_sub_tasks` beside it"));
            }
        };
        if let Some(subtasks) = &mut subtasks {
            // SDKs always name the cluster. That an empty slug means the cluster of the parent is not known.
            let default = scheduler.graph.find(id).map(|task| scheduler.graph.tasks[task].queue);
            let default = default.map(|queue| Arc::clone(&scheduler.queues.queue(queue).cluster));
            let default = default.unwrap_or_else(|| scheduler.clusters.default_slug().into());
            // With this code, the newest runners report a failure of the task instead of repeating the report forever.
            subtasks.resolve_clusters(&scheduler.clusters, &default, |message| {
                Rejection::invalid(format!("computed_task.sub_tasks.cluster_slug_lookup: {message}"))
            })?;
            scheduler.check_room(subtasks)?;
        }
        Ok(Self { id, subtasks, message })
    }
}

impl Scheduler {
    /// Accepts or ignores the report of a computed task. Returns its job, if the task exists.
    pub(super) fn accept_computed(&mut self, now: Now, report: ComputedReport<'_>) -> Option<JobKey> {
        let task = self.graph.find(report.id)?;
        let job = self.graph.job_of(task);
        if !self.end_execution(now, task) {
            return Some(job);
        }
        self.keep_report(task, &report.message.display, &report.message.progress_updates);
        self.set_state(task, TaskState::Computed);
        match &report.subtasks {
            // The task is complete when they are.
            Some(subtasks) => self.add_batch(now, job, Some(task), subtasks),
            None => self.count_end(task),
        }
        Some(job)
    }

    /// Accepts or ignores the report of a failed task. The response is its state after that; `UNSPECIFIED` for a task that
    /// does not exist.
    ///
    /// An error of the workflow uses up one of the task's executions, of which it has `max_retries` + 1. A failure that is
    /// the runner's fault queues the task again and does not count; a bound on those is not known. Tasks are queued again
    /// without delay: that of Tilebox is not known.
    ///
    /// # Errors
    ///
    /// When the id is not one, or the progress violates a limit of the API. Then nothing has changed.
    pub fn task_failed(
        &mut self,
        now: Now,
        request: &wire::TaskFailedRequest,
    ) -> Result<wire::TaskStateResponse, Rejection> {
        let id = limits::required_id("task_id", request.task_id.as_ref())?;
        progress::check("progress_updates", &request.progress_updates)?;
        self.expire(now);
        let Some(task) = self.graph.find(id) else { return Ok(wire::TaskStateResponse::default()) };
        if self.end_execution(now, task) {
            self.keep_report(task, &request.display, &request.progress_updates);
            if !request.was_workflow_error {
                self.requeue(task);
            } else if self.graph.tasks[task].run.retries < self.graph.tasks[task].max_retries {
                if self.requeue(task) {
                    self.graph.tasks[task].run.retries += 1;
                }
            } else {
                self.fail(task);
            }
        }
        Ok(wire::TaskStateResponse { state: self.graph.tasks[task].state.into() })
    }

    fn keep_report(&mut self, task: TaskKey, display: &str, updates: &[wire::Progress]) {
        let job = self.graph.job_of(task);
        let Self { jobs, graph, .. } = self;
        let (sums, run) = (&mut jobs[job].progress, &mut graph.tasks[task].run);
        sums.subtract(&run.progress);
        sums.add(updates);
        run.progress = updates.into();
        let display = cut_display(display);
        let is_submitted = display.is_empty() || *display == *graph.tasks[task].display;
        graph.tasks[task].run.display = (!is_submitted).then(|| display.into());
    }

    /// Extends the lease of a running task, to the requested duration from now or the maximum of the policy, whichever is
    /// shorter. A request for zero, which SDKs send for a task without a lease, grants the lease of a new task. A lease is
    /// never shortened.
    ///
    /// The response is empty if the task is not running: runners then stop to extend.
    ///
    /// # Errors
    ///
    /// When the id is not one, or the duration is negative.
    pub fn extend_lease(&mut self, now: Now, request: &wire::TaskLeaseRequest) -> Result<wire::TaskLease, Rejection> {
        let id = limits::required_id("task_id", request.task_id.as_ref())?;
        let requested = request.requested_lease.unwrap_or_default();
        let Some(requested) = times::from_wire(&requested) else {
            return Err(Rejection::invalid("requested_lease: expects a duration of 0 or more"));
        };
        self.expire(now);
        let running = self.graph.find(id).and_then(|task| Some((task, self.graph.tasks[task].run.lease?)));
        let Some((task, lease)) = running else { return Ok(wire::TaskLease::default()) };
        let granted = if requested.is_zero() { self.policy.lease } else { requested.min(self.policy.maximum_lease) };
        let end = lease.end.max(now.instant + granted);
        if end > lease.end {
            let extended = Lease { end, granted };
            self.leases.remove(task, lease);
            self.leases.add(task, extended);
            self.graph.tasks[task].run.lease = Some(extended);
            self.touch_task(task);
        }
        Ok(self.lease_message(granted))
    }

    /// Returns when the next lease ends, unless it is extended: when to call [`expire`](Self::expire) at the latest.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Instant> {
        self.leases.next_end()
    }

    /// Queues the tasks whose lease has ended, as if their runners had crashed; after too many crashes of a task it fails.
    ///
    /// Every call of a runner does this first, so a late timer changes no decision.
    pub fn expire(&mut self, now: Now) {
        while let Some(task) = self.leases.pop_ended(now.instant) {
            self.graph.tasks[task].run.lease = None;
            self.end_execution(now, task);
            self.graph.tasks[task].run.crashes += 1;
            if self.graph.tasks[task].run.crashes > self.policy.crash_retries {
                self.fail(task);
            } else if self.requeue(task) {
                self.graph.tasks[task].run.expired = true;
            }
        }
    }
}
