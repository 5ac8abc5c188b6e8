//! Runners: whole jobs, their failures, and the ends of runs.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{join, select};
use serde::{Deserialize, Serialize};
use tilebox_core::ErrorKind;
use tilebox_core::blocking::workflows::{self as blocking, BlockingTask};
use tilebox_core::workflows::runner::RunnerPolicy;
use tilebox_core::workflows::{
    Context, Job, JobState, RunSummary, Runner, Task, TaskResult, TaskState, TaskSubmission,
};
use tilebox_emulator::{ErrorCode, Fault, Rpc};
use uuid::Uuid;

use super::Setting;

/// A task that submits leaves.
#[derive(Serialize, Deserialize)]
struct Tree {
    leaves: usize,
}

impl Task for Tree {
    async fn execute(self, context: &Context) -> TaskResult {
        context.shared::<Executed>()?.add(context.task_id());
        context.progress("leaves").add(self.leaves as u64);
        let leaves = context.submit_all((0..self.leaves).map(|number| Leaf { number }))?;
        context.subtask(Last {}).after(&leaves).submit()?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Leaf {
    number: usize,
}

impl Task for Leaf {
    async fn execute(self, context: &Context) -> TaskResult {
        context.shared::<Executed>()?.add(context.task_id());
        context.progress("leaves").done(1);
        Ok(())
    }
}

/// The blocking task of the job, which runs after all leaves.
#[derive(Serialize, Deserialize)]
struct Last {}

impl BlockingTask for Last {
    fn execute(self, context: &blocking::Context) -> TaskResult {
        context.shared::<Executed>()?.add(context.task_id());
        context.set_display("the last one");
        Ok(())
    }
}

/// The ids of the executed tasks.
#[derive(Clone, Default)]
struct Executed(Arc<Mutex<Vec<Uuid>>>);

impl Executed {
    fn add(&self, task: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }

    /// Returns the number of executions, and of different tasks.
    fn counts(&self) -> (usize, usize) {
        let tasks = self.0.lock().expect("not poisoned");
        (tasks.len(), tasks.iter().collect::<BTreeSet<_>>().len())
    }
}

/// Returns a runner with short waits.
fn runner(setting: &Setting) -> Runner {
    let mut policy = RunnerPolicy::default();
    policy.first_backoff = Duration::from_millis(1);
    policy.longest_backoff = Duration::from_millis(5);
    policy.longest_idle = Duration::from_millis(5);
    policy.concurrency = 8;
    setting.client.runner().policy(policy)
}

async fn submit(setting: &Setting, task: impl Into<TaskSubmission>) -> Job {
    setting.client.jobs().submit("job", task).await.expect("a job")
}

/// Waits for the end of a job.
async fn wait(job: &Job) {
    job.wait().interval(Duration::from_millis(2)).await.expect("the end");
}

/// Returns the job at its end, the summary of a run, and the display of its first failed task.
async fn end(job: &Job, run: impl Future<Output = tilebox_core::Result<RunSummary>>) -> (Job, RunSummary, String) {
    let summary = run.await.expect("a summary");
    let ended = job.refresh().await.expect("the job");
    let tasks = ended.tasks().await.expect("tasks");
    let failed = tasks.in_state(TaskState::Failed).next().map(|task| task.display.clone());
    (ended, summary, failed.unwrap_or_default())
}

pub(crate) async fn a_job_of_hundreds_of_tasks_is_computed(setting: Setting) {
    let executed = Executed::default();
    let job = submit(&setting, Tree { leaves: 300 }).await;
    let runner = runner(&setting).task::<Tree>().task::<Leaf>().task::<Last>().shared(executed.clone());
    let (ended, summary, _) = end(&job, runner.run_all()).await;
    assert_eq!((ended.state(), executed.counts(), summary.computed), (JobState::Completed, (302, 302), 302));
    assert_eq!(ended.progress().iter().map(ToString::to_string).collect::<Vec<_>>(), ["leaves 300/300"]);
    let tasks = ended.tasks().await.expect("tasks");
    assert!(tasks.iter().any(|task| task.display == "the last one"), "{tasks}");
    assert!(summary.to_string().starts_with("302 tasks computed in "), "{summary}");
    assert!(!summary.to_string().contains('\n'));
}

pub(crate) async fn two_runners_share_a_job(setting: Setting) {
    let executed = Executed::default();
    let job = submit(&setting, Tree { leaves: 100 }).await;
    let runner = runner(&setting).task::<Tree>().task::<Leaf>().task::<Last>().shared(executed.clone()).concurrency(2);
    let (end, ended) = oneshot::channel::<()>();
    let first = runner.clone().run_until(async {
        wait(&job).await;
        drop(end);
    });
    let (first, second) = join(first, runner.run_until(ended)).await;
    let (first, second) = (first.expect("a summary"), second.expect("a summary"));
    assert_eq!((executed.counts(), first.computed + second.computed), ((102, 102), 102));
}

#[derive(Serialize, Deserialize)]
struct Panics {
    number: u32,
}

impl Task for Panics {
    async fn execute(self, context: &Context) -> TaskResult {
        context.progress("").done(1);
        panic!("this panic is part of a test: {}", self.number);
    }
}

pub(crate) async fn a_panic_fails_the_task_not_the_runner(setting: Setting) {
    let executed = Executed::default();
    let panicking = submit(&setting, Panics { number: 7 }).await;
    let other = submit(&setting, Leaf { number: 1 }).await;
    let runner = runner(&setting).task::<Panics>().task::<Leaf>().shared(executed.clone());
    let (ended, summary, display) = end(&panicking, runner.run_all()).await;
    assert_eq!((ended.state(), summary.failed, summary.computed), (JobState::Failed, 1, 1), "{summary}");
    assert!(display.starts_with("Panics\npanicked at ") && display.contains("part of a test: 7"), "{display}");
    assert_eq!(ended.progress().iter().map(ToString::to_string).collect::<Vec<_>>(), ["1/0"]);
    assert_eq!(other.refresh().await.expect("the job").state(), JobState::Completed);
}

#[derive(Serialize, Deserialize)]
struct Oversized {
    bytes: usize,
}

impl Task for Oversized {
    async fn execute(self, context: &Context) -> TaskResult {
        context.submit(TaskSubmission::bytes("example.com/Scene", "x".repeat(self.bytes)))?;
        Ok(())
    }
}

pub(crate) async fn an_oversized_subtask_fails_its_task(setting: Setting) {
    let job = submit(&setting, Oversized { bytes: 4000 }).await;
    let (ended, summary, display) = end(&job, runner(&setting).task::<Oversized>().run_all()).await;
    assert_eq!((ended.state(), summary.failed), (JobState::Failed, 1), "{summary}");
    assert!(display.contains("2048") && display.contains("example.com/Scene"), "{display}");
}

pub(crate) async fn a_refused_report_fails_its_task(setting: Setting) {
    let job = submit(&setting, Leaf { number: 1 }).await;
    let refused = Fault::rpc(ErrorCode::InvalidArgument, "no such label").on(Rpc::NextTask).after(1);
    setting.emulator.inject(refused);
    let runner = runner(&setting).concurrency(1).task::<Leaf>().shared(Executed::default());
    let (ended, summary, display) = end(&job, runner.run_all()).await;
    assert_eq!((ended.state(), summary.failed), (JobState::Failed, 1), "{summary}");
    assert!(display.contains("no such label"), "{display}");
}

/// A task that never ends; the first execution tells its start.
#[derive(Serialize, Deserialize)]
struct Endless {}

#[derive(Default)]
struct Started {
    sender: Mutex<Option<oneshot::Sender<()>>>,
    executions: AtomicUsize,
}

impl Task for Endless {
    async fn execute(self, context: &Context) -> TaskResult {
        let started = context.shared::<Arc<Started>>()?;
        if started.executions.fetch_add(1, Ordering::SeqCst) > 0 {
            return Ok(());
        }
        drop(started.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
        pending().await
    }
}

fn started() -> (Arc<Started>, oneshot::Receiver<()>) {
    let (sender, receiver) = oneshot::channel();
    (Arc::new(Started { sender: Mutex::new(Some(sender)), ..Started::default() }), receiver)
}

pub(crate) async fn a_run_ends_with_its_future_after_grace(setting: Setting) {
    let job = submit(&setting, Endless {}).await;
    let (shared, start) = started();
    let runner = runner(&setting).concurrency(1).task::<Endless>().shared(Arc::clone(&shared));
    let summary = runner.clone().grace(Duration::from_millis(5)).run_until(start).await.expect("a summary");
    assert_eq!((summary.computed, summary.handed_back), (0, 1), "{summary}");
    // The lease of the first execution has not ended, but it was handed back.
    let (ended, summary, _) = end(&job, runner.run_all()).await;
    assert_eq!((ended.state(), summary.computed), (JobState::Completed, 1), "{summary}");
}

pub(crate) async fn a_dropped_run_hands_its_tasks_back(setting: Setting) {
    let job = submit(&setting, Endless {}).await;
    let (shared, start) = started();
    let runner = runner(&setting).concurrency(1).task::<Endless>().shared(Arc::clone(&shared));
    // The executor runs the task, and the run is dropped with it.
    drop(select(Box::pin(runner.clone().run_all()), start).await);
    let summary = runner.run_until(wait(&job)).await.expect("a summary");
    assert_eq!((summary.computed, shared.executions.load(Ordering::SeqCst)), (1, 2), "{summary}");
    assert!(setting.emulator.requests().of(Rpc::TaskFailed) > 0, "handed back");
}

pub(crate) async fn a_runner_checks_its_options_before_a_run(setting: Setting) {
    let error = setting.client.runner().run_all().await.expect_err("no tasks");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let error = setting.client.runner().task::<Leaf>().task::<Leaf>().run_all().await.expect_err("twice the same");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    setting.client.clusters().create("Dev").slug("dev").await.expect("a cluster");
    let error = setting.client.runner().task::<Leaf>().cluster("dve").run_all().await.expect_err("no such cluster");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("start a runner on the cluster `dve`"), "{error}");
    assert!(error.advice().starts_with("did you mean `dev` (Dev)?"), "{error}");
    // An end before the start needs no task.
    let summary = setting.client.runner().task::<Leaf>().run_until(async {}).await.expect("a summary");
    assert_eq!(summary.computed, 0);
    assert_eq!(setting.emulator.requests().of(Rpc::NextTask), 0);
}
