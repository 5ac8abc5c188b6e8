//! Jobs: submission, queries, the end of a job, retries, clones, tasks. A runner of the test executes the tasks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use prost::Message;
use tilebox_core::progress::{JobProgress, LoadState};
use tilebox_core::protocol::call::{CallPolicy, CallRequest};
use tilebox_core::protocol::connect::Request;
use tilebox_core::protocol::retry::Idempotency;
use tilebox_core::protocol::wire::workflows::v1 as wire;
use tilebox_core::testing;
use tilebox_core::workflows::{
    DiagramDirection, Job, JobState, TaskDefaults, TaskState, TaskSubmission, encode_root_tasks,
};
use tilebox_core::{ErrorKind, IdInterval};
use tilebox_emulator::{ErrorCode, Fault, Rpc};
use uuid::Uuid;

use super::Setting;

const TASK: &str = "example.com/CloudReport";

fn task() -> TaskSubmission {
    TaskSubmission::bytes(TASK, "2025")
}

/// Returns the display of a task that a runner received.
fn display(task: &wire::Task) -> String {
    task.display.clone().unwrap_or_default()
}

/// A runner of [`TASK`] on the default cluster, which executes one task at a time.
struct Runner<'a> {
    setting: &'a Setting,
    cluster: String,
}

impl<'a> Runner<'a> {
    async fn new(setting: &'a Setting) -> Self {
        let cluster = setting.client.clusters().default().await.expect("the default cluster").slug;
        Self { setting, cluster }
    }

    async fn call<Response: Message + Default + 'static>(&self, method: &str, request: &impl Message) -> Response {
        let uri = format!("{}/workflows.v1.TaskService/{method}", self.setting.emulator.url()).parse().expect("a URL");
        let request = Request::new(uri, http::HeaderMap::new(), request.encode_to_vec().into(), usize::MAX);
        let call = CallRequest::new(request, Idempotency::Idempotent, "execute a task", |response| {
            Response::decode(response.message.clone())
        });
        testing::call(&self.setting.client, CallPolicy::default(), call).await.expect("a response")
    }

    /// Reports a computed task, and asks for the next one.
    async fn next(&self, computed: Option<wire::ComputedTask>) -> Option<wire::Task> {
        let identifiers = vec![wire::TaskIdentifier { name: TASK.to_owned(), version: "v0.0".to_owned() }];
        let next_task_to_run = Some(wire::NextTaskToRun { cluster_slug: self.cluster.clone(), identifiers });
        let request = wire::NextTaskRequest { computed_task: computed, next_task_to_run };
        self.call::<wire::NextTaskResponse>("NextTask", &request).await.next_task
    }

    async fn fail(&self, task: &wire::Task, display: &str) {
        let request = wire::TaskFailedRequest {
            task_id: task.id.clone(),
            display: display.to_owned(),
            was_workflow_error: true,
            progress_updates: Vec::new(),
        };
        self.call::<wire::TaskStateResponse>("TaskFailed", &request).await;
    }

    /// Executes tasks until none is left, each with the subtasks and the progress that `execute` returns.
    async fn run(&self, mut execute: impl FnMut(&wire::Task) -> (Vec<TaskSubmission>, Vec<wire::Progress>)) -> usize {
        let (mut computed, mut executed) = (None, 0);
        while let Some(task) = self.next(computed.take()).await {
            let (subtasks, progress_updates) = execute(&task);
            let sub_tasks = (!subtasks.is_empty()).then(|| {
                encode_root_tasks(subtasks, &TaskDefaults::new().cluster(self.cluster.as_str())).expect("subtasks")
            });
            let display = display(&task);
            computed =
                Some(wire::ComputedTask { id: task.id, display, sub_tasks, progress_updates, ..Default::default() });
            executed += 1;
        }
        executed
    }
}

async fn submit(setting: &Setting, name: &str) -> Job {
    setting.client.jobs().submit(name, task()).await.expect("a job")
}

fn names(jobs: impl IntoIterator<Item = Job>) -> Vec<String> {
    jobs.into_iter().map(|job| job.name().to_owned()).collect()
}

pub(crate) async fn a_submitted_job_is_found_by_id_name_and_state(setting: Setting) {
    let jobs = setting.client.jobs();
    setting.client.clusters().create("Dev").slug("dev").await.expect("a cluster");
    let clouds = jobs.submit_all("clouds", [task(), task().display("second")]).max_retries(2).await.expect("a job");
    assert_eq!((clouds.name(), clouds.state(), clouds.stats().total_tasks), ("clouds", JobState::Submitted, 2));
    assert!(clouds.to_string().contains("\n  tasks      2: 2 queued"), "{clouds}");
    let on_dev = jobs.submit("snow", task()).cluster("dev").await.expect("a job");
    assert!(clouds.trace_parent() != on_dev.trace_parent() && clouds.trace_parent().starts_with("00-"));

    let found = jobs.find(clouds.id()).await.expect("the job");
    assert_eq!((found.info(), found.submitted_at()), (clouds.info(), clouds.submitted_at()));
    let text = clouds.id().to_string();
    assert_eq!(jobs.find(text.as_str()).await.expect("the job").name(), "clouds");

    assert_eq!(names(jobs.query(..).await.expect("jobs")), ["snow", "clouds"], "the newest first");
    assert_eq!(names(jobs.query(..).clusters(["dev"]).await.expect("jobs")), ["snow"]);
    assert_eq!(names(jobs.query(..).name("CLOUD").await.expect("jobs")), ["clouds"]);
    let ids = IdInterval::new(clouds.id(), clouds.id());
    assert_eq!(names(jobs.query(ids).await.expect("jobs")), ["clouds"]);
    assert_eq!(jobs.query("2024").await.expect("jobs").len(), 0);
    assert_eq!(jobs.query(..).automations([Uuid::from_u128(1)]).await.expect("jobs").len(), 0);
    on_dev.cancel().await.expect("canceled");
    assert_eq!(names(jobs.query(..).states([JobState::Canceled]).await.expect("jobs")), ["snow"]);
    let queued = jobs.query(..).task_states([TaskState::Queued]).states([JobState::Submitted]);
    let queued = queued.await.expect("jobs");
    assert!(queued.to_string().contains("clouds") && queued.to_string().ends_with("1 job"), "{queued}");

    let counts = jobs.state_counts(..).await.expect("numbers");
    assert_eq!((counts.total, counts.count(JobState::Submitted), counts.count(JobState::Canceled)), (2, 1, 1));
    let stats = jobs.queue_stats().await.expect("numbers");
    assert_eq!((stats.waiting_jobs, stats.queued_tasks), (1, 2), "{stats}");
    assert_eq!(stats.oldest_waiting_job.expect("a job").id, clouds.id());
}

pub(crate) async fn jobs_stream_lazily_in_either_order(setting: Setting) {
    let jobs = setting.client.jobs();
    for number in 0..7 {
        submit(&setting, &number.to_string()).await;
    }
    let before = setting.emulator.requests().total();
    let mut stream = jobs.query(..).page_size(2).stream();
    let first = stream.next().await.expect("a job").expect("a job");
    assert_eq!((first.name(), setting.emulator.requests().total() - before), ("6", 1), "one page is requested");
    let rest: Vec<Job> = stream.try_collect().await.expect("jobs");
    assert_eq!(names(rest), ["5", "4", "3", "2", "1", "0"]);
    let oldest = jobs.query(..).oldest_first().page_size(2).limit(3).await.expect("jobs");
    assert_eq!(names(oldest.iter().cloned()), ["0", "1", "2"]);
    let after = jobs.query(..).oldest_first().starting_after(oldest[2].id()).await.expect("jobs");
    assert_eq!(names(after), ["3", "4", "5", "6"]);
}

pub(crate) async fn a_wait_ends_with_the_completed_job(setting: Setting) {
    let job = setting.client.jobs().submit("clouds", task().display("root")).await.expect("a job");
    let seen: Arc<Mutex<Vec<JobProgress>>> = Arc::default();
    let observer = {
        let seen = Arc::clone(&seen);
        move |progress: &JobProgress| seen.lock().expect("not poisoned").push(progress.clone())
    };
    // The server is away for a moment.
    setting.emulator.inject(Fault::http(503).on(Rpc::GetJob).after(1).times(3));
    let runner = Runner::new(&setting).await;
    let months = |task: &wire::Task| {
        let progress = |total, done| vec![wire::Progress { label: "months".to_owned(), total, done }];
        match display(task).as_str() {
            "root" => ((1..=3).map(|month| self::task().display(format!("month {month}"))).collect(), progress(3, 0)),
            _ => (Vec::new(), progress(0, 1)),
        }
    };
    let wait = job.wait().interval(Duration::from_millis(5)).progress(observer).join();
    let (ended, executed) = futures::join!(wait, runner.run(months));
    let ended = ended.expect("the end");
    assert_eq!((ended.state(), executed, job.state()), (JobState::Completed, 4, JobState::Submitted));
    assert_eq!(ended.progress().iter().map(ToString::to_string).collect::<Vec<_>>(), ["months 3/3"]);
    assert_eq!(ended.stats().count(TaskState::Computed), 4);
    let seen = seen.lock().expect("not poisoned").clone();
    let last = seen.last().expect("progress");
    assert_eq!((last.state, last.fraction(), last.tasks.computed), (LoadState::Complete, 1.0, 4));
    assert!(seen[..seen.len() - 1].iter().all(|progress| progress.state == LoadState::Running));

    let tree = ended.tasks().await.expect("tasks");
    assert!(tree.to_string().starts_with("4 tasks: 4 computed\n└─ root [computed, "), "{tree}");
    assert!(
        tree.to_string().contains("\n   ├─ month 1 [computed, ") && tree.to_string().contains("\n   └─ month 3 ["),
        "{tree}"
    );
    let root = tree.roots().next().expect("a root").id;
    assert_eq!(ended.tasks().roots().await.expect("tasks").len(), 1);
    let below: Vec<_> = ended.tasks().children_of(root).stream().try_collect().await.expect("tasks");
    assert_eq!(below.iter().map(|task| task.display.as_str()).collect::<Vec<_>>(), ["month 1", "month 2", "month 3"]);
    ended.success().await.expect("it completed");
}

pub(crate) async fn a_failed_job_is_retried_until_it_completes(setting: Setting) {
    let job = submit(&setting, "clouds").await;
    let runner = Runner::new(&setting).await;
    for _ in 0..2 {
        let task = runner.next(None).await.expect("a task");
        runner.fail(&task, "CloudReport\nValueError: no scenes").await;
        let failed = job.wait().await.expect("the end");
        assert_eq!(failed.state(), JobState::Failed);
        let error = failed.success().await.expect_err("it failed");
        assert_eq!(error.kind(), ErrorKind::JobFailed);
        assert!(error.reason().contains("the task `CloudReport ValueError: no scenes` ("), "{error}");
        assert_eq!(job.retry().await.expect("a number"), 1);
    }
    assert_eq!(job.retry().await.expect("a number"), 0, "no failed task is left");
    assert!(!job.refresh().await.expect("the job").state().is_final());
    assert_eq!(runner.run(|_| (Vec::new(), Vec::new())).await, 1);
    assert_eq!(job.wait().await.expect("the end").state(), JobState::Completed);
}

pub(crate) async fn a_canceled_job_ends_a_wait_and_continues_by_a_retry(setting: Setting) {
    let job = submit(&setting, "clouds").await;
    job.cancel().await.expect("canceled");
    job.cancel().await.expect("canceled again");
    let runner = Runner::new(&setting).await;
    assert!(runner.next(None).await.is_none(), "its tasks do not start");
    let canceled = job.wait().await.expect("the end");
    assert_eq!(canceled.state(), JobState::Canceled);
    let error = canceled.success().await.expect_err("it was canceled");
    assert_eq!((error.kind(), error.reason()), (ErrorKind::JobFailed, "it was canceled"));
    job.retry().await.expect("a number");
    assert_eq!(runner.run(|_| (Vec::new(), Vec::new())).await, 1);
    assert_eq!(job.wait().await.expect("the end").state(), JobState::Completed);

    let waiting = submit(&setting, "waiting").await;
    let error = waiting.wait().timeout(Duration::from_millis(20)).await.expect_err("no runner");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.reason().starts_with("it is submitted after 20ms, its tasks are 1: 1 queued"), "{error}");
}

pub(crate) async fn a_lost_submission_creates_exactly_one_job(setting: Setting) {
    let jobs = setting.client.jobs();
    // The server acts on the request, and its response is lost.
    setting.emulator.inject(Fault::truncated_body().on(Rpc::SubmitJob));
    let first = submit(&setting, "first").await;
    assert_eq!(names(jobs.query(..).await.expect("jobs")), ["first"]);
    // The request is lost.
    setting.emulator.inject(Fault::dropped_connection().on(Rpc::SubmitJob));
    let second = submit(&setting, "second").await;
    assert_eq!(names(jobs.query(..).await.expect("jobs")), ["second", "first"]);
    assert_ne!(first.id(), second.id());
    // The search fails too, so the result is unknown.
    setting.emulator.inject(Fault::truncated_body().on(Rpc::SubmitJob));
    setting.emulator.inject(Fault::rpc(ErrorCode::Internal, "broken").on(Rpc::QueryJobs));
    let error = jobs.submit("third", task()).await.expect_err("an unknown result");
    assert!(error.may_have_happened() && error.reason().contains("the search for it failed: broken"), "{error}");
    assert_eq!(names(jobs.query(..).await.expect("jobs")), ["third", "second", "first"]);
    // A refused submission did not happen.
    setting.emulator.inject(Fault::rpc(ErrorCode::InvalidArgument, "too large").on(Rpc::SubmitJob));
    let error = jobs.submit("fourth", task()).await.expect_err("refused");
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::InvalidArgument, false), "{error}");
}

pub(crate) async fn a_clone_has_the_edited_root_tasks(setting: Setting) {
    let clusters = setting.client.clusters();
    clusters.create("Dev").slug("dev").await.expect("a cluster");
    let tasks = [task().max_retries(3), task().display("second")];
    let job = setting.client.jobs().submit_all("clouds", tasks).await.expect("a job");
    let prototype = job.prototype().await.expect("the root tasks");
    assert_eq!((prototype.name.as_str(), prototype.tasks.len()), ("clouds", 2));
    assert_eq!(prototype.tasks[0].input().expect("an input"), "2025");
    let again = job.clone_job("again").await.expect("a job");
    assert_eq!((again.name(), again.stats().total_tasks), ("again", 2));
    assert_eq!(again.prototype().await.expect("the root tasks").tasks, prototype.tasks);
    let moved = job.clone_job("moved").edit(|task| task.cluster("dev")).await.expect("a job");
    assert!(moved.tasks().await.expect("tasks").iter().all(|task| task.cluster == "dev"));
    let replaced = job.clone_job("replaced").tasks([task().display("only")]).await.expect("a job");
    assert_eq!(replaced.tasks().await.expect("tasks").iter().next().expect("a task").display, "only");
    let error = job.clone_job("").await.expect_err("no name");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let error = job.clone_job("lost").edit(|task| task.cluster("dve")).await.expect_err("no such cluster");
    assert!(error.advice().starts_with("did you mean `dev` (Dev)?"), "{error}");
}

pub(crate) async fn unknown_jobs_and_clusters_get_suggestions(setting: Setting) {
    let jobs = setting.client.jobs();
    setting.client.clusters().create("Dev").slug("dev").await.expect("a cluster");
    let error = jobs.submit("clouds", task()).cluster("dve").await.expect_err("no such cluster");
    assert!(error.advice().starts_with("did you mean `dev` (Dev)?"), "{error}");
    assert!(!error.may_have_happened());
    let job = submit(&setting, "clouds").await;
    let mistyped = Uuid::from_u128(job.id().as_u128() ^ 1);
    let error = jobs.find(mistyped).await.expect_err("no such job");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.advice(), format!("did you mean `{}` (clouds)?", job.id()));
    let error = jobs.find("clouds").await.expect_err("not an id");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

pub(crate) async fn a_job_is_drawn_as_svg(setting: Setting) {
    let job = setting.client.jobs().submit("clouds", task().display("<script>")).await.expect("a job");
    let diagram = job.diagram().direction(DiagramDirection::Right).title().await.expect("a diagram");
    assert!(diagram.svg().contains("<svg") && !diagram.svg().contains("<script>"), "{diagram}");
}
