//! Random runs: after each request, the scheduler equals the naive model.

use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

use super::model::{Model, ModelRunner};
use super::support::{Spec, World, groups, identifier, message, task, updates, uuid};
use crate::protocol::wire::workflows::v1::{self as wire, JobState, TaskState};
use crate::workflows::TaskVersion;
use crate::workflows::scheduler::Policy;
use crate::workflows::scheduler::keys::Key;

/// How a run treats its tasks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Faults {
    /// Every task is computed by its first runner.
    None,
    /// Failures, ended leases, late, repeated and unknown reports, cancellations, retries and restarts.
    All,
}

struct Run {
    world: World,
    model: Model,
    random: fastrand::Rng,
    faults: Faults,
    /// Tasks that were handed out, again and again.
    reports: Vec<Uuid>,
    seed: u64,
}

const LEASE: Duration = Duration::from_millis(3000);
/// Tasks of a run beyond which no task submits others.
const ENOUGH: usize = 40;

impl Run {
    fn new(seed: u64, faults: Faults) -> Self {
        let policy = Policy::default().with_lease(LEASE).with_maximum_lease(LEASE * 3).with_crash_retries(2);
        Self {
            model: Model { crash_retries: policy.crash_retries, ..Model::default() },
            world: World::with(policy),
            random: fastrand::Rng::with_seed(seed),
            faults,
            reports: Vec::new(),
            seed,
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.u32(..100) < percent
    }

    fn submission(&mut self) -> wire::TaskSubmissions {
        let count = self.random.usize(1..=4);
        let specs: Vec<(Vec<u32>, Vec<Spec>)> = (0..count)
            .map(|group| {
                let dependencies = (0..group as u32).filter(|_| self.random.bool()).collect();
                let tasks = (0..self.random.usize(1..=3)).map(|_| self.spec()).collect();
                (dependencies, tasks)
            })
            .collect();
        let specs: Vec<(&[u32], &[Spec])> = specs.iter().map(|(groups, tasks)| (&**groups, &**tasks)).collect();
        groups(&specs)
    }

    fn spec(&mut self) -> Spec {
        let name = ["a", "b"][self.random.usize(..2)];
        let cluster = if self.chance(80) { "c" } else { "d" };
        let version = format!("v{}.{}", self.random.u32(1..=2), self.random.u32(0..=2));
        let spec = task(name).cluster(cluster).version(&version).retries(self.random.i64(0..=2));
        if self.chance(40) { spec.optional() } else { spec }
    }

    fn runner(&mut self) -> ModelRunner {
        let cluster = if self.chance(70) { "c" } else { "d" }.to_owned();
        let mut identifiers = Vec::new();
        for name in ["a", "b"] {
            for major in 1..=2 {
                if self.chance(80) {
                    identifiers.push((name.to_owned(), TaskVersion::new(major, self.random.u64(0..=3))));
                }
            }
        }
        ModelRunner { cluster, identifiers }
    }

    fn progress(&mut self) -> Vec<wire::Progress> {
        let count = self.random.usize(..3);
        let labels = ["", "x", "y"];
        let indicators: Vec<_> =
            (0..count).map(|_| (labels[self.random.usize(..3)], self.random.u64(..9), self.random.u64(..9))).collect();
        updates(&indicators)
    }

    /// Returns the ids of the tasks that the model does not have yet.
    fn new_ids(&self) -> Vec<Uuid> {
        self.world.scheduler.graph.tasks.iter().skip(self.model.tasks.len()).map(|task| task.id).collect()
    }

    fn submit(&mut self) {
        let submission = self.submission();
        let id = self.world.submit(submission.clone());
        self.model.jobs.push((id, false));
        let ids = self.new_ids();
        self.model.add(self.model.jobs.len() - 1, None, &submission, &ids);
    }

    /// Sends a request for a task, with or without a report.
    fn next(&mut self, reported: Option<Uuid>, wants: bool) {
        let runner = self.runner();
        let identifiers =
            runner.identifiers.iter().map(|(name, version)| identifier(name, &version.to_string())).collect();
        let wanted = wire::NextTaskToRun { cluster_slug: runner.cluster.clone(), identifiers };
        let progress = self.progress();
        let share = if self.model.tasks.len() < ENOUGH { 60 } else { 0 };
        let subtasks = self.chance(share).then(|| self.submission());
        let report = reported.map(|id| wire::ComputedTask {
            id: message(id),
            sub_tasks: subtasks.clone(),
            progress_updates: progress.clone(),
            ..Default::default()
        });
        let request = wire::NextTaskRequest { computed_task: report, next_task_to_run: wants.then_some(wanted) };
        let response = self.world.scheduler.next_task(self.world.now, &request).expect("a valid request");

        self.model.expire(self.world.now.instant);
        let reported = reported.and_then(|id| self.model.find(id));
        if let Some(task) = reported
            && self.model.accept(task, &progress)
        {
            self.model.tasks[task].state = TaskState::Computed;
            if let Some(subtasks) = subtasks {
                let ids = self.new_ids();
                self.model.add(self.model.tasks[task].job, Some(task), &subtasks, &ids);
            }
        }
        let job = reported.map(|task| self.model.tasks[task].job);
        if job.is_some_and(|job| self.model.jobs[job].1) {
            self.model.count("a task of a canceled job is reported");
        }
        let expected = if wants { self.model.next(&runner, job) } else { None };
        let expected_id = expected.map(|task| self.model.tasks[task].id);
        let got = response.next_task.as_ref().map(|task| uuid(task.id.as_ref()));
        assert_eq!(got, expected_id, "the next task, seed {}", self.seed);
        assert_eq!(response.idling.is_some(), wants && expected.is_none(), "seed {}", self.seed);
        if let Some(task) = expected {
            self.model.hand_out(task, self.world.now.instant + LEASE);
            self.reports.extend(expected_id);
        }
    }

    fn fail(&mut self, id: Uuid) {
        let was_workflow_error = self.chance(80);
        let progress_updates = self.progress();
        let request = wire::TaskFailedRequest {
            task_id: message(id),
            was_workflow_error,
            progress_updates: progress_updates.clone(),
            ..Default::default()
        };
        let response = self.world.scheduler.task_failed(self.world.now, &request).expect("a valid report");
        self.model.expire(self.world.now.instant);
        let task = self.model.find(id);
        if let Some(task) = task
            && self.model.accept(task, &progress_updates)
        {
            self.model.failed(task, was_workflow_error);
        }
        let state = task.map_or(TaskState::Unspecified, |task| self.model.tasks[task].state);
        assert_eq!(response.state(), state, "seed {}", self.seed);
    }

    fn extend(&mut self, id: Uuid) {
        let requested = Duration::from_millis(self.random.u64(..20_000));
        let lease = self.world.extend(id, requested);
        self.model.expire(self.world.now.instant);
        let running = self.model.find(id).filter(|task| self.model.tasks[*task].state == TaskState::Running);
        assert_eq!(lease.lease.is_some(), running.is_some(), "seed {}", self.seed);
        if let Some(task) = running {
            let granted = if requested.is_zero() { LEASE } else { requested.min(LEASE * 3) };
            let end = &mut self.model.tasks[task].lease_end;
            *end = (*end).max(self.world.now.instant + granted);
        }
    }

    /// Restarts the scheduler: leases start again with the durations they were granted.
    fn restart(&mut self) {
        self.world.restart();
        if self.model.tasks.iter().any(|task| task.state == TaskState::Running) {
            self.model.count("a restart while tasks run");
        }
        for (index, task) in self.model.tasks.iter_mut().enumerate() {
            if task.state == TaskState::Running {
                let lease = self.world.scheduler.graph.tasks[Key::new(index as u32)].run.lease.expect("a lease");
                task.lease_end = self.world.now.instant + lease.granted;
                assert_eq!(lease.end, task.lease_end);
            }
        }
    }

    fn known_task(&mut self) -> Uuid {
        if self.reports.is_empty() || self.chance(2) {
            return Uuid::from_u128(self.random.u128(1..));
        }
        // Mostly one of the last.
        let last = if self.chance(80) { self.reports.len().saturating_sub(6) } else { 0 };
        self.reports[self.random.usize(last..self.reports.len())]
    }

    fn step(&mut self) {
        let wants = self.chance(90);
        if self.faults == Faults::None {
            // Several runners at once: a report comes after other tasks were handed out.
            let report = if self.chance(60) { self.reports.pop() } else { None };
            return self.next(report, wants);
        }
        let pause = self.random.u64(..200);
        self.world.pass(pause);
        match self.random.u32(..100) {
            0..35 => self.next(None, true),
            35..62 => {
                let id = self.known_task();
                self.next(Some(id), wants);
            }
            62..77 => {
                let id = self.known_task();
                self.fail(id);
            }
            77..85 => {
                let id = self.known_task();
                self.extend(id);
            }
            85..89 => self.world.pass(2500),
            89..92 => self.restart(),
            92..96 => {
                let job = self.random.usize(..self.model.jobs.len());
                assert_eq!(self.world.retry(self.model.jobs[job].0), self.model.retry(job), "seed {}", self.seed);
            }
            96..98 => {
                let job = self.random.usize(..self.model.jobs.len());
                self.world.cancel(self.model.jobs[job].0);
                self.model.cancel(job);
            }
            _ if self.model.jobs.len() < 5 => self.submit(),
            _ => {
                self.world.scheduler.expire(self.world.now);
                self.model.expire(self.world.now.instant);
            }
        }
    }

    /// Compares everything that a user sees, and the queues, with the model.
    fn check(&self) {
        let seed = self.seed;
        for (index, (id, _)) in self.model.jobs.iter().enumerate() {
            let job = self.world.job(*id);
            assert_eq!(job.state(), self.model.state(index), "state of job {index}, seed {seed}");
            assert_eq!(job.progress, self.model.progress(index), "progress of job {index}, seed {seed}");
            let counts = job.execution_stats.expect("statistics").tasks_by_state;
            let counts: Vec<_> = counts.into_iter().map(|count| (count.state, count.count)).collect();
            assert_eq!(counts, self.model.counts(index).into_iter().collect::<Vec<_>>(), "job {index}, seed {seed}");
        }
        for (task, model) in self.world.scheduler.graph.tasks.iter().zip(&self.model.tasks) {
            assert_eq!((task.id, task.state), (model.id, model.state), "seed {seed}");
            let expected = (model.retries, model.crashes, model.late);
            assert_eq!((task.run.retries, task.run.crashes, task.run.expired), expected, "seed {seed}");
        }
        let mut waiting = self.world.scheduler.waiting_tasks();
        waiting.sort_unstable();
        assert_eq!(waiting, self.model.eligible(), "waiting tasks, seed {seed}");
    }

    /// Lets runners compute what is left.
    fn finish(&mut self) {
        if self.faults == Faults::All {
            self.world.pass(60_000);
            self.world.scheduler.expire(self.world.now);
            self.model.expire(self.world.now.instant);
            for job in 0..self.model.jobs.len() {
                assert_eq!(self.world.retry(self.model.jobs[job].0), self.model.retry(job), "seed {}", self.seed);
            }
            self.reports.clear();
        }
        let has_open =
            |model: &Model| model.tasks.iter().any(|task| matches!(task.state, TaskState::Queued | TaskState::Running));
        for _ in 0..100_000 {
            if !has_open(&self.model) {
                break;
            }
            let report = self.reports.pop();
            self.next(report, true);
        }
        self.check();
        for (id, _) in &self.model.jobs {
            assert_eq!(self.world.state(*id), JobState::Completed, "seed {}", self.seed);
        }
    }
}

#[test]
fn a_run_without_faults_executes_each_task_once() {
    for seed in 0..60 {
        let mut run = Run::new(seed, Faults::None);
        for _ in 0..3 {
            run.submit();
        }
        for _ in 0..60 {
            run.step();
            run.check();
        }
        run.finish();
        assert!(run.model.tasks.iter().all(|task| task.executions == 1), "seed {seed}");
    }
}

#[test]
fn a_run_with_faults_equals_the_model() {
    let mut events = BTreeMap::new();
    for seed in 1000..1080 {
        let mut run = Run::new(seed, Faults::All);
        run.submit();
        for _ in 0..150 {
            run.step();
            run.check();
        }
        run.finish();
        run.model.events.iter().for_each(|(event, count)| *events.entry(*event).or_insert(0) += count);
    }
    assert!(events.len() == 10 && events.values().all(|count| *count >= 5), "{events:#?}");
}
