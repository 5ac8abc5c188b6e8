//! Failures and retries.

use super::support::{World, task, tasks};
use crate::protocol::wire::workflows::v1::{JobState, TaskState};

#[test]
fn a_task_has_one_execution_more_than_retries() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a").retries(2)]));
    for retries in 0..2 {
        let handed_out = world.steal().expect("a task");
        assert_eq!(handed_out.retry_count, retries);
        let a = super::support::uuid(handed_out.id.as_ref());
        assert_eq!(world.failed(a, true), TaskState::Queued);
    }
    let a = world.expect("a");
    assert_eq!(world.failed(a, true), TaskState::Failed);
    assert_eq!(world.state(job), JobState::Failed);
}

#[test]
fn a_fault_of_the_runner_does_not_count() {
    let mut world = World::new();
    world.submit(tasks(&[task("a")]));
    for _ in 0..100 {
        let handed_out = world.steal().expect("a task");
        assert_eq!(handed_out.retry_count, 0);
        let a = super::support::uuid(handed_out.id.as_ref());
        assert_eq!(world.failed(a, false), TaskState::Queued);
    }
}

#[test]
fn a_failed_job_hands_out_nothing_more() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a"), task("b"), task("c")]));
    let other = world.submit(tasks(&[task("z")]));
    let (a, b) = (world.expect("a"), world.expect("b"));
    world.failed(a, true);
    assert_eq!(world.state(job), JobState::Failed, "though b is running");
    world.computed(b, Some(tasks(&[task("d")])));
    world.expect("z");
    world.expect_idle();
    assert_eq!(world.counts(job), [2, 0, 1, 1, 0, 0]);
    assert_eq!(world.state(other), JobState::Running);
}

#[test]
fn a_failed_job_has_the_recorded_legacy_fields() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a")]));
    let a = world.expect("a");
    world.failed(a, true);
    let job = world.job(job);
    assert!(job.canceled);
    assert_eq!(job.legacy_state().as_str_name(), "LEGACY_JOB_STATE_STARTED");
}

#[test]
fn a_retried_job_runs_its_failed_tasks_again() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("c"), task("a").retries(1), task("b")]));
    world.run("c", None);
    for _ in 0..2 {
        let a = world.expect("a");
        world.failed(a, true);
    }
    assert_eq!(world.retry(job), 1);
    assert_eq!(world.counts(job), [2, 0, 1, 0, 0, 0]);
    assert_eq!(world.state(job), JobState::Started);
    let a = world.expect("a");
    assert_eq!(world.failed(a, true), TaskState::Queued, "with all its executions");
    world.run("a", None);
    world.run("b", None);
    assert_eq!(world.state(job), JobState::Completed);
    assert_eq!(world.retry(job), 0);
}
