//! Reports that win, and reports that are ignored.

use uuid::Uuid;

use super::support::{World, message, refused, task, tasks, updates};
use crate::protocol::wire::workflows::v1::{self as wire, JobState, TaskState};

#[test]
fn the_first_report_of_a_task_wins() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a")]));
    let a = world.expect("a");
    world.report(a, Some(tasks(&[task("b")])), &[("", 1, 1)]);
    world.report(a, Some(tasks(&[task("c"), task("d")])), &[("", 5, 5)]);
    assert_eq!(world.failed(a, true), TaskState::Computed);
    assert_eq!(world.counts(job), [1, 0, 1, 0, 0, 0]);
    assert_eq!(world.job(job).progress, updates(&[("", 1, 1)]));
    world.expect("b");
}

#[test]
fn reports_of_unknown_tasks_are_ignored() {
    let mut world = World::new();
    let unknown = Uuid::from_u128(9);
    world.computed(unknown, Some(tasks(&[task("a")])));
    assert_eq!(world.failed(unknown, true), TaskState::Unspecified);
    world.expect_idle();
}

#[test]
fn a_report_for_another_runner_wins() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a")]));
    let a = world.expect("a");
    world.pass(15_000);
    assert_eq!(world.expect("a"), a, "handed out again");
    world.computed(a, None);
    world.computed(a, Some(tasks(&[task("b")])));
    assert_eq!(world.counts(job), [0, 0, 1, 0, 0, 0]);
}

#[test]
fn a_late_report_is_accepted_until_the_task_is_handed_out() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a")]));
    let a = world.expect("a");
    world.pass(20_000);
    world.computed(a, None);
    assert_eq!(world.state(job), JobState::Completed);
    world.expect_idle();
}

#[test]
fn a_late_failure_counts_instead_of_the_crash() {
    let mut world = World::new();
    world.submit(tasks(&[task("a").retries(1)]));
    let a = world.expect("a");
    world.pass(20_000);
    assert_eq!(world.failed(a, true), TaskState::Queued);
    assert_eq!(world.scheduler.graph.tasks[world.scheduler.graph.find(a).expect("a")].run.crashes, 0);
    assert_eq!(world.failed(a, true), TaskState::Queued, "a repeated report is ignored");
    assert_eq!(world.steal().map(|task| task.retry_count), Some(1));
}

#[test]
fn a_report_after_a_hand_back_is_ignored() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a")]));
    let a = world.expect("a");
    world.failed(a, false);
    world.computed(a, None);
    assert_eq!(world.counts(job), [1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_display_is_kept_if_empty_and_cut_at_1024_characters() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a").retries(2)]));
    let a = world.expect("a");
    let fail = |world: &mut World, display: &str| {
        let request = wire::TaskFailedRequest {
            task_id: message(a),
            display: display.to_owned(),
            was_workflow_error: true,
            ..Default::default()
        };
        world.scheduler.task_failed(world.now, &request).expect("a report");
        world.scheduler.task(a).and_then(|task| task.display).expect("a display")
    };
    assert_eq!(fail(&mut world, ""), "a");
    assert_eq!(world.steal().and_then(|task| task.display).as_deref(), Some("a"));
    assert_eq!(fail(&mut world, &"ü".repeat(1025)), "ü".repeat(1024));
    assert_eq!(world.steal().and_then(|task| task.display).as_deref(), Some("a"), "a new execution");
    assert_eq!(fail(&mut world, "b"), "b");
    let request = wire::GetJobPrototypeRequest { job_id: message(job) };
    let prototype = world.scheduler.job_prototype(&request).expect("the job");
    assert_eq!(prototype.root_tasks[0].display, "a", "a prototype has the submitted one");
}

#[test]
fn progress_counts_the_last_report_of_each_task() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a"), task("b").retries(1)]));
    let a = world.expect("a");
    world.report(a, None, &[("step", 4, 1), ("", 2, 2)]);
    let fail = |world: &mut World, progress: &[(&str, u64, u64)]| {
        let b = world.expect("b");
        let progress_updates = updates(progress);
        let request = wire::TaskFailedRequest {
            task_id: message(b),
            was_workflow_error: true,
            progress_updates,
            ..Default::default()
        };
        world.scheduler.task_failed(world.now, &request).expect("a report");
    };
    fail(&mut world, &[("step", 10, 3), ("only b", 1, 0)]);
    assert_eq!(world.job(job).progress, updates(&[("", 2, 2), ("only b", 1, 0), ("step", 14, 4)]));
    fail(&mut world, &[("step", u64::MAX, 1)]);
    assert_eq!(world.job(job).progress, updates(&[("", 2, 2), ("step", u64::MAX, 2)]));
    world.retry(job);
    let b = world.expect("b");
    world.report(b, None, &[]);
    assert_eq!(world.job(job).progress, updates(&[("", 2, 2), ("step", 4, 1)]));
}

#[test]
fn progress_has_limits() {
    let mut world = World::new();
    world.submit(tasks(&[task("a")]));
    let a = world.expect("a");
    let mut fail = |progress_updates| {
        let request = wire::TaskFailedRequest { task_id: message(a), progress_updates, ..Default::default() };
        refused(world.scheduler.task_failed(world.now, &request))
    };
    let long = "l".repeat(101);
    let text = "invalid_argument: progress_updates[1].label: expects at most 100 characters, got `llll";
    assert!(fail(updates(&[("", 1, 1), (&long, 1, 1)])).starts_with(text));
    let text = "invalid_argument: progress_updates: expects at most 1001 indicators, got 1002";
    assert_eq!(fail(vec![wire::Progress::default(); 1002]), text);
}

#[test]
fn a_report_needs_an_id() {
    let mut world = World::new();
    let report = wire::NextTaskRequest { computed_task: Some(wire::ComputedTask::default()), next_task_to_run: None };
    let text = "invalid_argument: computed_task.id: expects an id, got none";
    assert_eq!(refused(world.scheduler.next_task(world.now, &report)), text);
    let text = "invalid_argument: task_id: expects an id, got none";
    assert_eq!(refused(world.scheduler.task_failed(world.now, &wire::TaskFailedRequest::default())), text);
    assert_eq!(refused(world.scheduler.extend_lease(world.now, &wire::TaskLeaseRequest::default())), text);
}

#[test]
fn an_empty_request_gets_an_empty_response() {
    let mut world = World::new();
    let response = world.scheduler.next_task(world.now, &wire::NextTaskRequest::default());
    assert_eq!(response, Ok(wire::NextTaskResponse::default()));
}

#[test]
fn statistics_sum_the_executions() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a").retries(1), task("b")]));
    world.pass(1000);
    let a = world.expect("a");
    world.pass(2000);
    world.failed(a, true);
    let (a, b) = (world.expect("a"), world.expect("b"));
    let stats = world.job(job).execution_stats.expect("statistics");
    assert_eq!(stats.compute_time.map(|time| time.seconds), Some(2));
    world.pass(4000);
    world.computed(a, None);
    world.computed(b, None);
    let job = world.job(job);
    let stats = job.execution_stats.expect("statistics");
    let second = |time: Option<prost_types::Timestamp>| time.expect("a time").seconds - 1_764_353_308;
    assert_eq!((second(stats.first_task_started_at), second(stats.last_task_stopped_at)), (1, 7));
    assert_eq!(second(job.started_at), 1);
    let seconds = |time: Option<prost_types::Duration>| time.expect("a duration").seconds;
    assert_eq!((seconds(stats.compute_time), seconds(stats.elapsed_time)), (10, 6));
    assert!((stats.parallelism - 10.0 / 6.0).abs() < 1e-9, "{}", stats.parallelism);
}
