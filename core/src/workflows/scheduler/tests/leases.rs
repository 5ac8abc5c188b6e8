//! Leases that are extended, and leases that end.

use std::time::Duration;

use super::support::{World, message, refused, task, tasks, uuid};
use crate::protocol::wire::workflows::v1::{self as wire, JobState, TaskState};
use crate::time::Instant;
use crate::workflows::scheduler::Policy;

fn seconds(lease: &wire::TaskLease) -> (f64, f64) {
    let seconds = |duration: Option<prost_types::Duration>| {
        let duration = duration.expect("a duration");
        duration.seconds as f64 + f64::from(duration.nanos) / 1e9
    };
    (seconds(lease.lease), seconds(lease.recommended_wait_until_next_extension))
}

#[test]
fn a_task_has_a_lease_and_a_recommended_wait() {
    let mut world = World::new();
    world.submit(tasks(&[task("a")]));
    assert_eq!(world.scheduler.next_expiry(), None);
    let lease = world.steal().and_then(|task| task.lease).expect("a lease");
    assert_eq!(seconds(&lease), (15.0, 10.0));
    assert_eq!(world.scheduler.next_expiry(), Some(Instant::ORIGIN + Duration::from_secs(15)));
}

#[test]
fn an_extension_grants_the_request_up_to_the_maximum() {
    let mut world = World::with(Policy::default().with_lease(Duration::from_secs(3)));
    world.submit(tasks(&[task("a")]));
    let task = world.steal().expect("a task");
    assert_eq!(seconds(&task.lease.expect("a lease")), (3.0, 2.0));
    let a = uuid(task.id.as_ref());
    world.pass(2000);
    assert_eq!(seconds(&world.extend(a, Duration::from_secs(6))), (6.0, 4.0));
    assert_eq!(world.scheduler.next_expiry(), Some(Instant::ORIGIN + Duration::from_secs(8)));
    assert_eq!(seconds(&world.extend(a, Duration::from_secs(1000))), (300.0, 295.0));
    assert_eq!(seconds(&world.extend(a, Duration::ZERO)), (3.0, 2.0), "that of a new task");
    assert_eq!(world.scheduler.next_expiry(), Some(Instant::ORIGIN + Duration::from_secs(302)), "never shortened");
}

#[test]
fn an_extension_is_empty_unless_the_task_runs() {
    let mut world = World::new();
    world.submit(tasks(&[task("a")]));
    let a = world.expect("a");
    world.pass(15_000);
    assert_eq!(world.extend(a, Duration::from_secs(30)), wire::TaskLease::default(), "it has ended");
    let a = world.expect("a");
    world.computed(a, None);
    assert_eq!(world.extend(a, Duration::from_secs(30)), wire::TaskLease::default());
    let unknown = uuid::Uuid::from_u128(5);
    assert_eq!(world.extend(unknown, Duration::from_secs(30)), wire::TaskLease::default());
    let requested_lease = Some(prost_types::Duration { seconds: -1, nanos: 0 });
    let request = wire::TaskLeaseRequest { task_id: message(a), requested_lease };
    let text = "invalid_argument: requested_lease: expects a duration of 0 or more";
    assert_eq!(refused(world.scheduler.extend_lease(world.now, &request)), text);
}

#[test]
fn a_lease_that_ends_queues_the_task_again() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a")]));
    let a = world.expect("a");
    world.pass(14_999);
    world.scheduler.expire(world.now);
    assert_eq!(world.task_state(a), TaskState::Running);
    world.pass(1);
    world.scheduler.expire(world.now);
    assert_eq!((world.task_state(a), world.state(job)), (TaskState::Queued, JobState::Submitted));
    assert_eq!(world.scheduler.next_expiry(), None);
    assert_eq!(world.steal().map(|task| task.retry_count), Some(0), "a crash is not a retry");
}

#[test]
fn a_request_ends_leases_before_it_is_served() {
    let mut world = World::new();
    world.submit(tasks(&[task("a")]));
    world.expect("a");
    world.pass(20_000);
    world.expect("a");
}

#[test]
fn a_task_fails_after_10_crashes_and_one() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a").retries(5)]));
    for _ in 0..10 {
        world.expect("a");
        world.pass(15_000);
    }
    let a = world.expect("a");
    assert_eq!(world.state(job), JobState::Running);
    world.pass(15_000);
    world.scheduler.expire(world.now);
    assert_eq!((world.task_state(a), world.state(job)), (TaskState::Failed, JobState::Failed));
    assert_eq!(world.retry(job), 1);
    world.expect("a");
    world.pass(15_000);
    world.scheduler.expire(world.now);
    assert_eq!(world.task_state(a), TaskState::Queued, "crashes are counted from 0 again");
}

#[test]
fn crashes_and_failures_are_counted_separately() {
    let mut world = World::with(Policy::default().with_crash_retries(1));
    world.submit(tasks(&[task("a").retries(1)]));
    world.expect("a");
    world.pass(15_000);
    let a = world.expect("a");
    assert_eq!(world.failed(a, true), TaskState::Queued);
    let a = world.expect("a");
    assert_eq!(world.failed(a, true), TaskState::Failed);
}

#[test]
fn leases_end_in_their_order() {
    let mut world = World::new();
    world.submit(tasks(&[task("a"), task("b"), task("c")]));
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(world.expect(name));
        world.pass(1000);
    }
    world.extend(ids[0], Duration::from_secs(60));
    world.pass(13_000);
    world.scheduler.expire(world.now);
    let states: Vec<_> = ids.iter().map(|id| world.task_state(*id)).collect();
    assert_eq!(states, [TaskState::Running, TaskState::Queued, TaskState::Running]);
}
