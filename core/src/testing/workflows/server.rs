//! The server of a simulated run: the scheduler, and what is known about each hand-out.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::call::{Call, error_response, response, uuid};
use super::history::{Cause, History};
use super::trace::{ReportKind, Trace, TraceEvent};
use crate::protocol::wire::workflows::v1::{self as wire, JobState, TaskState};
use crate::schema::{IntoTimestamp as _, Timestamp};
use crate::time::Instant;
use crate::workflows::scheduler::{Now, Policy, Rejection, Scheduler};

pub(super) struct Server {
    pub(super) scheduler: Scheduler,
    pub(super) history: History,
    /// The leases that run.
    running: BTreeMap<Uuid, Running>,
    /// The tasks whose lease ended, and that were not handed out again.
    late: HashSet<Uuid>,
    crashed: HashSet<u64>,
    jobs: Vec<Uuid>,
    /// Whether the state of a job may have changed since it was last looked at.
    may_have_ended: bool,
    has_ended: bool,
}

#[derive(Clone, Copy)]
struct Running {
    runner: usize,
    end: Instant,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sender {
    pub(super) runner: usize,
    pub(super) process: u64,
    /// Whether the request reaches the server for the second time.
    pub(super) is_duplicate: bool,
    /// The number of faults of this exchange.
    pub(super) faults: u32,
}

/// A response, and the execution that it hands out.
pub(super) type Served = (http::Response<Bytes>, Option<(Uuid, u32)>);

impl Server {
    pub(super) fn new(policy: Policy, seed: u64) -> Self {
        Self {
            scheduler: Scheduler::new(policy, seed),
            history: History::default(),
            running: BTreeMap::new(),
            late: HashSet::new(),
            crashed: HashSet::new(),
            jobs: Vec::new(),
            may_have_ended: true,
            has_ended: false,
        }
    }

    pub(super) fn now(at: Instant) -> Now {
        let start = std::time::SystemTime::UNIX_EPOCH + crate::testing::START_OF_RUN;
        let time = start.into_timestamp().unwrap_or(Timestamp::UNIX_EPOCH);
        Now { time, instant: Instant::ORIGIN }.after(at.since_origin())
    }

    pub(super) fn submit(&mut self, at: Instant, request: &wire::SubmitJobRequest) -> Result<Uuid, Rejection> {
        let job = self.scheduler.submit_job(Self::now(at), request)?;
        let id = uuid(job.id.as_ref());
        self.jobs.push(id);
        self.may_have_ended = true;
        Ok(id)
    }

    /// Returns the jobs in the order of their submission.
    pub(super) fn jobs(&self) -> &[Uuid] {
        &self.jobs
    }

    /// Returns whether every job has ended and no task is running.
    pub(super) fn has_ended(&mut self) -> bool {
        if std::mem::take(&mut self.may_have_ended) {
            let is_final = |state| matches!(state, JobState::Completed | JobState::Failed | JobState::Canceled);
            let mut jobs = self.jobs.iter().filter_map(|job| self.scheduler.job(*job));
            self.has_ended = self.running.is_empty() && jobs.all(|job| is_final(job.state()));
        }
        self.has_ended
    }

    /// Notes that a process has crashed.
    pub(super) fn crash(&mut self, process: u64) {
        self.crashed.insert(process);
    }

    /// Handles a request.
    pub(super) fn serve(&mut self, at: Instant, call: &Call, sender: Sender, trace: &mut Trace) -> Served {
        self.expire(at, trace);
        let now = Self::now(at);
        let served = match call {
            Call::NextTask(request) => self.next_task(now, request, sender, trace),
            Call::TaskFailed(request) => {
                self.task_failed(now, request, sender, trace).map(|message| (response(&message), None))
            }
            Call::ExtendLease(request) => {
                self.extend_lease(now, request, sender, trace).map(|message| (response(&message), None))
            }
        };
        served.unwrap_or_else(|rejection| {
            trace.push(at, Some(sender.runner), TraceEvent::Refused(rejection.to_string()));
            (error_response(rejection.code(), rejection.message()), None)
        })
    }

    /// Queues the tasks whose lease has ended.
    pub(super) fn expire(&mut self, at: Instant, trace: &mut Trace) {
        if self.scheduler.next_expiry().is_none_or(|end| end > at) {
            return;
        }
        self.scheduler.expire(Self::now(at));
        self.may_have_ended = true;
        let Self { running, late, history, crashed, .. } = self;
        running.retain(|task, Running { runner, end }| {
            if *end > at {
                return true;
            }
            trace.push(at, Some(*runner), TraceEvent::Expired { task: *task });
            history.expire(*task, |process| crashed.contains(&process));
            late.insert(*task);
            false
        });
    }

    fn next_task(
        &mut self,
        now: Now,
        request: &wire::NextTaskRequest,
        sender: Sender,
        trace: &mut Trace,
    ) -> Result<Served, Rejection> {
        let mut message = self.scheduler.next_task(now, request)?;
        if let Some(computed) = &request.computed_task {
            self.end(now.instant, uuid(computed.id.as_ref()), ReportKind::Computed, sender, trace);
        }
        let handed_out = message.next_task.as_mut().map(|task| {
            let task = uuid(task.id.as_ref());
            let end = now.instant + self.scheduler.policy().lease;
            self.late.remove(&task);
            self.running.insert(task, Running { runner: sender.runner, end });
            let execution = self.history.hand_out(task, sender.process, sender.is_duplicate, sender.faults);
            let lease_end = end.since_origin();
            trace.push(now.instant, Some(sender.runner), TraceEvent::HandedOut { task, execution, lease_end });
            (task, execution)
        });
        Ok((response(&message), handed_out))
    }

    fn task_failed(
        &mut self,
        now: Now,
        request: &wire::TaskFailedRequest,
        sender: Sender,
        trace: &mut Trace,
    ) -> Result<wire::TaskStateResponse, Rejection> {
        let task = uuid(request.task_id.as_ref());
        let was_skipped = self.late.contains(&task)
            && self.scheduler.task(task).is_some_and(|task| task.state() == TaskState::Skipped);
        if was_skipped {
            self.late.remove(&task);
        }
        let message = self.scheduler.task_failed(now, request)?;
        let (report, cause) = if request.was_workflow_error {
            (ReportKind::Failed, Cause::Failed)
        } else {
            (ReportKind::HandedBack, Cause::HandedBack)
        };
        if self.end(now.instant, task, report, sender, trace)
            && let Some(hand_out) = self.history.newest(task)
        {
            hand_out.requeued = Some(cause);
        }
        Ok(message)
    }

    /// Notes the end of an execution. Returns whether the server accepted the report.
    fn end(&mut self, at: Instant, task: Uuid, report: ReportKind, sender: Sender, trace: &mut Trace) -> bool {
        let is_accepted = self.running.remove(&task).is_some() | self.late.remove(&task);
        self.may_have_ended |= is_accepted;
        let event =
            if is_accepted { TraceEvent::Accepted { task, report } } else { TraceEvent::Ignored { task, report } };
        trace.push(at, Some(sender.runner), event);
        is_accepted
    }

    fn extend_lease(
        &mut self,
        now: Now,
        request: &wire::TaskLeaseRequest,
        sender: Sender,
        trace: &mut Trace,
    ) -> Result<wire::TaskLease, Rejection> {
        let message = self.scheduler.extend_lease(now, request)?;
        let task = uuid(request.task_id.as_ref());
        let granted = message.lease.as_ref().map(|lease| Duration::try_from(*lease).unwrap_or_default());
        if let Some((granted, running)) = granted.zip(self.running.get_mut(&task)) {
            running.end = running.end.max(now.instant + granted);
            let lease_end = running.end.since_origin();
            trace.push(now.instant, Some(sender.runner), TraceEvent::Extended { task, lease_end });
        }
        Ok(message)
    }
}
