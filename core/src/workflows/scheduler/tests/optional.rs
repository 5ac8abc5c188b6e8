//! Optional tasks: where failures stop.

use uuid::Uuid;

use super::support::{World, groups, task, tasks};
use crate::protocol::wire::workflows::v1::{JobState, TaskState};

/// Submits a root that has an optional subtask `o` and a sibling `g` that depends on it, and runs both parents.
fn optional_subtree(world: &mut World) -> Uuid {
    let job = world.submit(tasks(&[task("r")]));
    world.run("r", Some(groups(&[(&[], &[task("o").optional()]), (&[0], &[task("g")])])));
    job
}

#[test]
fn a_failure_below_an_optional_task_skips_its_subtree() {
    let mut world = World::new();
    let job = optional_subtree(&mut world);
    world.run("o", Some(groups(&[(&[], &[task("f")]), (&[0], &[task("s")])])));
    let f = world.expect("f");
    assert_eq!(world.failed(f, true), TaskState::FailedOptional);
    world.run("g", None);
    assert_eq!(world.counts(job), [0, 0, 3, 0, 1, 1]);
    assert_eq!(world.state(job), JobState::Completed);
    assert_eq!(world.retry(job), 0, "optional failures are results");
}

#[test]
fn a_failed_optional_task_lets_its_dependents_run() {
    let mut world = World::new();
    let job = optional_subtree(&mut world);
    world.run("o", Some(groups(&[(&[], &[task("f").optional()]), (&[0], &[task("s")])])));
    let f = world.expect("f");
    assert_eq!(world.failed(f, true), TaskState::FailedOptional);
    world.expect("s");
    world.expect_idle();
    assert_eq!(world.counts(job), [1, 1, 2, 0, 0, 1]);
}

#[test]
fn the_nearest_optional_ancestor_is_the_boundary() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("r")]));
    world.run("r", Some(tasks(&[task("o").optional()])));
    world.run("o", Some(tasks(&[task("p").optional(), task("q")])));
    world.run("p", Some(tasks(&[task("a"), task("b")])));
    world.expect("q");
    let a = world.expect("a");
    world.failed(a, true);
    assert_eq!(world.counts(job), [0, 1, 3, 0, 1, 1], "b is skipped, q runs");
}

#[test]
fn an_outer_boundary_skips_inner_subtrees() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("o").optional(), task("z")]));
    world.run("o", Some(tasks(&[task("p").optional(), task("q")])));
    world.expect("z");
    world.run("p", Some(groups(&[(&[], &[task("a")]), (&[0], &[task("b")])])));
    let q = world.expect("q");
    world.failed(q, true);
    assert_eq!(world.counts(job), [0, 1, 2, 0, 2, 1]);
    world.expect_idle();
}

#[test]
fn running_tasks_of_a_skipped_subtree_continue() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("o").optional()]));
    world.run("o", Some(tasks(&["a", "b", "c", "d", "e"].map(|name| task(name).retries(1)))));
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| world.expect(name));
    assert_eq!(world.failed(a, true), TaskState::Queued);
    let a = world.expect("a");
    assert_eq!(world.failed(a, true), TaskState::FailedOptional, "e is skipped");
    world.computed(b, Some(groups(&[(&[], &[task("x")]), (&[0], &[task("y")])])));
    assert_eq!(world.counts(job), [0, 2, 2, 0, 3, 1], "subtasks are skipped");
    assert_eq!(world.failed(c, true), TaskState::Skipped, "instead of queued again");
    assert_eq!(world.failed(d, false), TaskState::Skipped);
    assert_eq!(world.state(job), JobState::Completed);
}

#[test]
fn skipped_subtasks_complete_their_parent_once() {
    let mut world = World::new();
    let job = world.submit(groups(&[(&[], &[task("o").optional()]), (&[0], &[task("z")])]));
    world.run("o", Some(tasks(&[task("a"), task("b")])));
    let (a, b) = (world.expect("a"), world.expect("b"));
    world.failed(a, true);
    world.expect_idle();
    world.computed(b, Some(tasks(&[task("x"), task("y")])));
    world.run("z", None);
    assert_eq!(world.counts(job), [0, 0, 3, 0, 2, 1]);
}

#[test]
fn retries_of_an_optional_task_are_used_up_first() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a").optional().retries(1)]));
    let a = world.expect("a");
    assert_eq!(world.failed(a, true), TaskState::Queued);
    assert_eq!(world.state(job), JobState::Submitted);
    let a = world.expect("a");
    assert_eq!(world.failed(a, true), TaskState::FailedOptional);
    assert_eq!(world.state(job), JobState::Completed);
}
