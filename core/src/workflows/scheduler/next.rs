//! Which task is handed out next.

use bytes::Bytes;

use super::Scheduler;
use super::keys::{JobKey, QueueKey, TaskKey};
use super::lease::Lease;
use super::limits::{self, check_slug};
use super::rejection::Rejection;
use super::report::ComputedReport;
use super::submission::unknown_cluster;
use super::times::{self, Now};
use crate::protocol::id::to_wire;
use crate::protocol::wire::workflows::v1::{self as wire, TaskState};
use crate::schema::Timestamp;
use crate::workflows::TaskVersion;

/// What a runner executes.
struct Runner<'a> {
    cluster: &'a str,
    /// By name and version, the highest first.
    identifiers: Vec<(&'a str, TaskVersion, &'a wire::TaskIdentifier)>,
}

impl<'a> Runner<'a> {
    fn read(request: &'a wire::NextTaskToRun) -> Result<Self, Rejection> {
        const PATH: &str = "next_task_to_run";
        if request.cluster_slug.is_empty() {
            return Err(Rejection::invalid(format!("{PATH}.cluster_slug: expects at least 1 character")));
        }
        check_slug("next_task_to_run.cluster_slug", &request.cluster_slug)?;
        let mut identifiers = Vec::with_capacity(request.identifiers.len());
        for identifier in &request.identifiers {
            let (name, version) = limits::identifier("next_task_to_run.identifiers", Some(identifier))?;
            identifiers.push((name, version, identifier));
        }
        identifiers.sort_by(|(name, version, _), (other, known, _)| (other, known).cmp(&(name, version)));
        Ok(Self { cluster: &request.cluster_slug, identifiers })
    }

    /// Returns the highest version of each name and major version, which executes all that the lower ones do: a request that
    /// repeats an identifier a million times matches its queues once.
    fn highest(&self) -> impl Iterator<Item = (&'a str, TaskVersion)> {
        let same_major = self
            .identifiers
            .chunk_by(|(name, version, _), (other, lower, _)| (name, version.major()) == (other, lower.major()));
        same_major.filter_map(|versions| versions.first().map(|(name, version, _)| (*name, *version)))
    }

    /// Returns the identifier under which the runner knows a task: its own version, else the highest of those that execute
    /// it. SDKs look it up by its text, so it is returned as the runner wrote it.
    fn advertised(&self, name: &str, version: TaskVersion) -> Option<&'a wire::TaskIdentifier> {
        let candidates = self.identifiers.iter().filter(|(other, known, _)| *other == name && known.accepts(version));
        candidates.max_by_key(|(_, known, _)| (*known == version, known.minor())).map(|(_, _, identifier)| *identifier)
    }
}

impl Scheduler {
    /// Accepts the report of a computed task, if the request has one, and hands out the next task, if it asks for one.
    ///
    /// A request with a report continues with the job of the reported task, depth first: the newest batch of subtasks, and
    /// in it the lowest id, so that a task that waits for others follows right after them. Without a report, or when that
    /// job has no task for this runner, work is stolen: from the oldest job, its oldest batch, and in it the lowest id. How
    /// Tilebox chooses between jobs is not known.
    ///
    /// A task is handed out to runners that advertise the same name, the same major version and at least its minor version;
    /// the response names the version that the runner advertises. A request without identifiers idles. A request that asks
    /// for nothing gets an empty response.
    ///
    /// Reports of unknown, finished and repeated tasks are accepted and ignored; see
    /// [the module](crate::workflows::scheduler#reports).
    ///
    /// # Errors
    ///
    /// When the report or the subtasks violate a limit of the API, or the runner names a cluster that does not exist. Then
    /// nothing has changed. With a report, a runner of such a cluster idles: the work that it has done must not get lost.
    pub fn next_task(
        &mut self,
        now: Now,
        request: &wire::NextTaskRequest,
    ) -> Result<wire::NextTaskResponse, Rejection> {
        let runner = request.next_task_to_run.as_ref().map(Runner::read).transpose()?;
        let is_unknown = runner.as_ref().is_some_and(|runner| !self.clusters.allow(runner.cluster));
        if let Some(runner) = &runner
            && is_unknown
            && request.computed_task.is_none()
        {
            return Err(Rejection::not_found(unknown_cluster(runner.cluster)));
        }
        let report = request.computed_task.as_ref().map(|report| ComputedReport::read(self, report)).transpose()?;
        self.expire(now);
        let job = report.and_then(|report| self.accept_computed(now, report));
        let Some(runner) = runner else { return Ok(wire::NextTaskResponse::default()) };
        match self.choose(&runner, job) {
            Some(task) if !is_unknown => {
                let task = self.hand_out(now, task, &runner);
                Ok(wire::NextTaskResponse { next_task: Some(task), idling: None })
            }
            _ => {
                let idle = times::to_wire(self.policy.draw_idle(&mut self.random));
                let idling = wire::IdlingResponse { suggested_idling_duration: Some(idle) };
                Ok(wire::NextTaskResponse { next_task: None, idling: Some(idling) })
            }
        }
    }

    fn choose(&self, runner: &Runner<'_>, job: Option<JobKey>) -> Option<TaskKey> {
        let mut queues: Vec<QueueKey> = Vec::new();
        for (name, version) in runner.highest() {
            self.queues.matching(runner.cluster, name, version, &mut queues);
        }
        let continued = job.map(|job| &self.jobs[job]).filter(|job| job.hands_out());
        let continued = continued.and_then(|job| job.waiting.newest(&queues));
        continued.or_else(|| self.jobs[self.queues.oldest_job(&queues)?].waiting.oldest(&queues))
    }

    fn hand_out(&mut self, now: Now, key: TaskKey, runner: &Runner<'_>) -> wire::Task {
        self.dequeue(key);
        self.set_state(key, TaskState::Running);
        let lease = Lease { end: now.instant + self.policy.lease, granted: self.policy.lease };
        self.leases.add(key, lease);
        let job = self.graph.job_of(key);
        self.jobs[job].times.start(now.time);
        let run = &mut self.graph.tasks[key].run;
        run.expired = false;
        run.lease = Some(lease);
        run.started = Some(now.time);
        run.first_started = Some(run.first_started.map_or(now.time, |first: Timestamp| first.min(now.time)));

        let task = &self.graph.tasks[key];
        let queue = self.queues.queue(task.queue);
        wire::Task {
            id: Some(to_wire(task.id)),
            identifier: runner.advertised(&queue.name, queue.version).cloned(),
            state: TaskState::Running.into(),
            // Copied: the inputs of a submission share one buffer, whose counter the threads of a server would contend for.
            input: Some(Bytes::copy_from_slice(&task.input)),
            // Like subtasks and progress, the display of a failed execution does not count for the next one.
            display: Some(task.display.to_string()),
            job: Some(self.jobs[job].to_reduced_wire()),
            lease: Some(self.lease_message(lease.granted)),
            retry_count: task.run.retries,
            // Absent in what Tilebox sends.
            parent_id: None,
            depends_on: Vec::new(),
        }
    }

    pub(super) fn lease_message(&self, lease: std::time::Duration) -> wire::TaskLease {
        wire::TaskLease {
            lease: Some(times::to_wire(lease)),
            recommended_wait_until_next_extension: Some(times::to_wire(self.policy.recommended_wait(lease))),
        }
    }
}
