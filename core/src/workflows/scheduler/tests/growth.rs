//! Work grows with the number of tasks, not with its square, and no depth is too deep. Steps are counted, not time.

use super::support::{World, groups, identifier, message, repeated, task, tasks, uuid};
use crate::protocol::wire::workflows::v1::{self as wire, JobState};

const COUNT: usize = 100_000;

fn equal(groups: Vec<wire::TaskSubmissionGroup>) -> wire::TaskSubmissions {
    wire::TaskSubmissions { task_groups: groups, ..tasks(&[task("a")]) }
}

/// Returns a request of a runner that executes tasks of one name.
fn request(name: &str, computed_task: Option<wire::ComputedTask>) -> wire::NextTaskRequest {
    let identifiers = vec![identifier(name, "v1.0")];
    let wanted = wire::NextTaskToRun { cluster_slug: "c".to_owned(), identifiers };
    wire::NextTaskRequest { computed_task, next_task_to_run: Some(wanted) }
}

/// Runs all tasks that a runner gets, and returns how many.
fn drain(world: &mut World) -> usize {
    let mut report = None;
    let mut count = 0;
    while let Some(task) = world.next(&request("a", report)) {
        count += 1;
        report = Some(wire::ComputedTask { id: task.id, ..Default::default() });
    }
    count
}

#[test]
fn a_job_of_many_roots_takes_linear_steps() {
    let mut world = World::new();
    let job = world.submit(equal(vec![repeated("a", COUNT, &[])]));
    assert_eq!(drain(&mut world), COUNT);
    assert_eq!(world.state(job), JobState::Completed);
    assert!(world.scheduler.graph.steps <= COUNT as u64 + 1, "{}", world.scheduler.graph.steps);
}

#[test]
fn many_tasks_that_depend_on_many_take_linear_steps() {
    let mut world = World::new();
    let half = COUNT / 2;
    let job = world.submit(equal(vec![repeated("a", half, &[]), repeated("a", half, &[0])]));
    let dependencies: usize = world.scheduler.graph.groups.iter().map(|group| group.dependencies.len()).sum();
    assert_eq!((world.scheduler.graph.groups.len(), dependencies), (2, 1));
    assert_eq!(drain(&mut world), COUNT);
    assert_eq!(world.state(job), JobState::Completed);
    assert!(world.scheduler.graph.steps <= COUNT as u64 + 2, "{}", world.scheduler.graph.steps);
}

#[test]
fn a_chain_of_many_generations_is_not_too_deep() {
    let mut world = World::new();
    let job = world.submit(groups(&[(&[], &[task("a").optional()]), (&[0], &[task("b")])]));
    let mut id = world.next(&request("a", None)).and_then(|task| task.id);
    let subtasks = tasks(&[task("a")]);
    for _ in 1..COUNT {
        let report = wire::ComputedTask { id, sub_tasks: Some(subtasks.clone()), ..Default::default() };
        id = world.next(&request("a", Some(report))).and_then(|task| task.id);
    }
    assert_eq!(world.scheduler.graph.steps, 0, "nothing is complete yet");
    assert_eq!(world.scheduler.tasks_of_job(job).expect("the job").count(), COUNT + 1);
    let report = wire::ComputedTask { id, ..Default::default() };
    assert!(world.next(&request("b", Some(report))).is_some(), "the dependent");
    assert!(world.scheduler.graph.steps <= COUNT as u64 + 2, "{}", world.scheduler.graph.steps);
    world.restart();
    assert_eq!(world.state(job), JobState::Running);
}

#[test]
fn failures_in_nested_boundaries_take_linear_steps() {
    const DEPTH: usize = 20_000;
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a").optional()]));
    let mut parent = world.expect("a");
    let mut failing = Vec::new();
    for _ in 0..DEPTH {
        world.computed(parent, Some(tasks(&[task("f"), task("a").optional(), task("s")])));
        failing.push(world.next(&request("f", None)).and_then(|task| task.id));
        parent = uuid(world.next(&request("a", None)).and_then(|task| task.id).as_ref());
    }
    while let Some(task_id) = failing.pop() {
        world.failed(uuid(task_id.as_ref()), true);
    }
    let depth = DEPTH as u64;
    assert_eq!(world.counts(job), [0, 1, depth, 0, depth, depth]);
    assert!(world.scheduler.graph.steps <= 8 * depth, "{}", world.scheduler.graph.steps);
    world.computed(parent, None);
    assert_eq!(world.state(job), JobState::Completed);
}

#[test]
fn cancellation_and_retry_do_not_visit_tasks() {
    let mut world = World::new();
    let job = world.submit(equal(vec![repeated("a", COUNT, &[])]));
    world.write();
    for _ in 0..1000 {
        world.scheduler.cancel_job(&wire::CancelJobRequest { job_id: message(job) }).expect("a job");
        assert_eq!(world.next(&request("a", None)), None);
        assert_eq!(world.retry(job), 0);
    }
    assert_eq!(world.scheduler.graph.steps, 0);
    assert_eq!(world.scheduler.take_changes().len(), 1);
    assert_eq!(drain(&mut world), COUNT);
}

#[test]
fn leases_of_finished_tasks_are_forgotten() {
    let mut world = World::new();
    world.submit(equal(vec![repeated("a", 1000, &[])]));
    assert_eq!(drain(&mut world), 1000);
    assert_eq!(world.scheduler.next_expiry(), None);
}
