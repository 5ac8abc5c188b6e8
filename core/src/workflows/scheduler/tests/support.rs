//! Submissions, and a scheduler with a virtual clock.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use crate::protocol::id;
use crate::protocol::wire::tilebox::v1::Id;
use crate::protocol::wire::workflows::v1::{self as wire, TaskState};
use crate::schema::Timestamp;
use crate::workflows::scheduler::{Now, Policy, Record, Rejection, Scheduler};

pub(super) const TRACE: &str = "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01";

/// A task of a submission: version v1.0, cluster `c`, no retries, not optional, unless set.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) cluster: String,
    pub(super) display: String,
    pub(super) input: Bytes,
    pub(super) retries: i64,
    pub(super) optional: bool,
}

/// Returns a task whose input and display are its name.
pub(super) fn task(name: &str) -> Spec {
    Spec {
        name: name.to_owned(),
        version: "v1.0".to_owned(),
        cluster: "c".to_owned(),
        display: name.to_owned(),
        input: Bytes::copy_from_slice(name.as_bytes()),
        retries: 0,
        optional: false,
    }
}

impl Spec {
    pub(super) fn retries(self, retries: i64) -> Self {
        Self { retries, ..self }
    }

    pub(super) fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    pub(super) fn version(self, version: &str) -> Self {
        Self { version: version.to_owned(), ..self }
    }

    pub(super) fn cluster(self, cluster: &str) -> Self {
        Self { cluster: cluster.to_owned(), ..self }
    }

    pub(super) fn single(&self, dependencies: &[i64]) -> wire::SingleTaskSubmission {
        wire::SingleTaskSubmission {
            cluster_slug: self.cluster.clone(),
            identifier: Some(identifier(&self.name, &self.version)),
            display: self.display.clone(),
            dependencies: dependencies.to_vec(),
            max_retries: self.retries,
            input: self.input.clone(),
        }
    }
}

pub(super) fn identifier(name: &str, version: &str) -> wire::TaskIdentifier {
    wire::TaskIdentifier { name: name.to_owned(), version: version.to_owned() }
}

/// Returns a submission of groups, each with its dependencies. Lookup tables have repeated entries, as Go sends them.
pub(super) fn groups(groups: &[(&[u32], &[Spec])]) -> wire::TaskSubmissions {
    let mut submissions = wire::TaskSubmissions::default();
    for (dependencies, tasks) in groups {
        let mut group =
            wire::TaskSubmissionGroup { dependencies_on_other_groups: dependencies.to_vec(), ..Default::default() };
        for task in *tasks {
            let pointer = submissions.display_lookup.len() as u64;
            submissions.cluster_slug_lookup.push(task.cluster.clone());
            submissions.identifier_lookup.push(identifier(&task.name, &task.version));
            submissions.display_lookup.push(task.display.clone());
            group.inputs.push(task.input.clone());
            group.identifier_pointers.push(pointer);
            group.cluster_slug_pointers.push(pointer);
            group.display_pointers.push(pointer);
            group.max_retries_values.push(task.retries);
            group.optional_values.push(task.optional);
        }
        submissions.task_groups.push(group);
    }
    submissions
}

/// Returns a submission of tasks without dependencies.
pub(super) fn tasks(tasks: &[Spec]) -> wire::TaskSubmissions {
    groups(&[(&[], tasks)])
}

/// Returns `count` equal tasks, whose lookup tables have one entry.
pub(super) fn repeated(name: &str, count: usize, dependencies: &[u32]) -> wire::TaskSubmissionGroup {
    wire::TaskSubmissionGroup {
        dependencies_on_other_groups: dependencies.to_vec(),
        inputs: vec![Bytes::copy_from_slice(name.as_bytes()); count],
        identifier_pointers: vec![0; count],
        cluster_slug_pointers: vec![0; count],
        display_pointers: vec![0; count],
        max_retries_values: vec![0; count],
        optional_values: vec![false; count],
    }
}

pub(super) fn job_request(name: &str, tasks: wire::TaskSubmissions) -> wire::SubmitJobRequest {
    wire::SubmitJobRequest {
        tasks: Some(tasks),
        job_name: name.to_owned(),
        trace_parent: TRACE.to_owned(),
        ..Default::default()
    }
}

pub(super) fn uuid(id: Option<&Id>) -> Uuid {
    id.and_then(id::from_wire).expect("an id")
}

pub(super) fn message(id: Uuid) -> Option<Id> {
    Some(id::to_wire(id))
}

/// A scheduler with a virtual clock, and a runner of the tasks `a` to `z`, v1.0, in cluster `c`.
pub(super) struct World {
    pub(super) scheduler: Scheduler,
    pub(super) now: Now,
    pub(super) records: BTreeMap<Bytes, Bytes>,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(Policy::default())
    }

    pub(super) fn with(policy: Policy) -> Self {
        let time = Timestamp::parse("2025-11-28T18:08:28.154Z").expect("a time");
        Self {
            scheduler: Scheduler::new(policy.with_changes(), 1),
            now: Now { time, ..Now::ORIGIN },
            records: BTreeMap::new(),
        }
    }

    pub(super) fn pass(&mut self, milliseconds: u64) {
        self.now = self.now.after(Duration::from_millis(milliseconds));
    }

    pub(super) fn submit(&mut self, submissions: wire::TaskSubmissions) -> Uuid {
        let request = job_request("job", submissions);
        let job = self.scheduler.submit_job(self.now, &request).expect("a valid job");
        uuid(job.id.as_ref())
    }

    pub(super) fn wanted() -> Option<wire::NextTaskToRun> {
        let identifiers = ('a'..='z').map(|name| identifier(&name.to_string(), "v1.0")).collect();
        Some(wire::NextTaskToRun { cluster_slug: "c".to_owned(), identifiers })
    }

    /// Steals a task; `None` if the runner idles.
    pub(super) fn steal(&mut self) -> Option<wire::Task> {
        let request = wire::NextTaskRequest { computed_task: None, next_task_to_run: Self::wanted() };
        self.next(&request)
    }

    pub(super) fn next(&mut self, request: &wire::NextTaskRequest) -> Option<wire::Task> {
        let response = self.scheduler.next_task(self.now, request).expect("a valid request");
        assert_eq!(response.next_task.is_none(), response.idling.is_some(), "a task or idling");
        response.next_task
    }

    /// Steals a task and checks its name.
    pub(super) fn expect(&mut self, name: &str) -> Uuid {
        let task = self.steal().expect("a task");
        assert_eq!(task.identifier.expect("an identifier").name, name);
        uuid(task.id.as_ref())
    }

    pub(super) fn expect_idle(&mut self) {
        assert_eq!(self.steal(), None);
    }

    /// Reports a computed task without asking for the next.
    pub(super) fn computed(&mut self, task: Uuid, subtasks: Option<wire::TaskSubmissions>) {
        self.report(task, subtasks, &[]);
    }

    pub(super) fn report(
        &mut self,
        task: Uuid,
        subtasks: Option<wire::TaskSubmissions>,
        progress: &[(&str, u64, u64)],
    ) {
        let request = wire::NextTaskRequest {
            computed_task: Some(wire::ComputedTask {
                id: message(task),
                sub_tasks: subtasks,
                progress_updates: updates(progress),
                ..Default::default()
            }),
            next_task_to_run: None,
        };
        let response = self.scheduler.next_task(self.now, &request).expect("a valid report");
        assert_eq!(response, wire::NextTaskResponse::default());
    }

    /// Reports a computed task and asks for the next; returns its name.
    pub(super) fn chain(&mut self, task: Uuid, subtasks: Option<wire::TaskSubmissions>) -> Option<(String, Uuid)> {
        let request = wire::NextTaskRequest {
            computed_task: Some(wire::ComputedTask { id: message(task), sub_tasks: subtasks, ..Default::default() }),
            next_task_to_run: Self::wanted(),
        };
        self.next(&request).map(|task| (task.identifier.expect("an identifier").name, uuid(task.id.as_ref())))
    }

    /// Executes a task that submits these subtasks, and checks its name.
    pub(super) fn run(&mut self, name: &str, subtasks: Option<wire::TaskSubmissions>) -> Uuid {
        let task = self.expect(name);
        self.computed(task, subtasks);
        task
    }

    pub(super) fn failed(&mut self, task: Uuid, was_workflow_error: bool) -> TaskState {
        let request = wire::TaskFailedRequest { task_id: message(task), was_workflow_error, ..Default::default() };
        self.scheduler.task_failed(self.now, &request).expect("a valid report").state()
    }

    pub(super) fn extend(&mut self, task: Uuid, requested: Duration) -> wire::TaskLease {
        let requested = prost_types::Duration::try_from(requested).expect("a short lease");
        let request = wire::TaskLeaseRequest { task_id: message(task), requested_lease: Some(requested) };
        self.scheduler.extend_lease(self.now, &request).expect("a valid request")
    }

    pub(super) fn cancel(&mut self, job: Uuid) {
        self.scheduler.cancel_job(&wire::CancelJobRequest { job_id: message(job) }).expect("a job");
    }

    pub(super) fn retry(&mut self, job: Uuid) -> i64 {
        let request = wire::RetryJobRequest { job_id: message(job) };
        self.scheduler.retry_job(&request).expect("a job").num_tasks_rescheduled
    }

    pub(super) fn job(&self, job: Uuid) -> wire::Job {
        self.scheduler.job(job).expect("the job")
    }

    pub(super) fn state(&self, job: Uuid) -> wire::JobState {
        self.job(job).state()
    }

    pub(super) fn task_state(&self, task: Uuid) -> TaskState {
        self.scheduler.task(task).expect("the task").state()
    }

    /// Returns the number of tasks of a job in these states: queued, running, computed, failed, skipped, failed optional.
    pub(super) fn counts(&self, job: Uuid) -> [u64; 6] {
        let stats = self.job(job).execution_stats.expect("statistics");
        let mut counts = [0; 6];
        for count in stats.tasks_by_state {
            counts[count.state as usize - 1] = count.count;
        }
        assert_eq!(counts.iter().sum::<u64>(), stats.total_tasks);
        counts
    }

    /// Replaces the scheduler by one that is restored from all records so far.
    pub(super) fn restart(&mut self) {
        self.write();
        let policy = self.scheduler.policy().clone();
        let records = self.records.iter().map(|(key, value)| Record { key: key.clone(), value: value.clone() });
        let mut restored = Scheduler::restore(policy, 2, self.now, records).expect("records of a scheduler");
        *restored.clusters_mut() = self.scheduler.clusters().clone();
        restored.random = self.scheduler.random.clone();
        self.scheduler = restored;
    }

    pub(super) fn write(&mut self) {
        for record in self.scheduler.take_changes() {
            self.records.insert(record.key, record.value);
        }
    }
}

pub(super) fn updates(progress: &[(&str, u64, u64)]) -> Vec<wire::Progress> {
    let update = |(label, total, done): &(&str, u64, u64)| wire::Progress {
        label: (*label).to_owned(),
        total: *total,
        done: *done,
    };
    progress.iter().map(update).collect()
}

/// Returns the message of a refusal.
pub(super) fn refused<T: std::fmt::Debug>(result: Result<T, Rejection>) -> String {
    result.expect_err("a refusal").to_string()
}
