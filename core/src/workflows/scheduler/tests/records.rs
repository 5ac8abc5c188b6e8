//! Records of a store, and schedulers restored from them.

use bytes::Bytes;

use super::support::{World, groups, task, tasks, updates};
use crate::protocol::wire::workflows::v1::{JobState, TaskState};
use crate::workflows::scheduler::{Now, Policy, Record, Scheduler};

#[test]
fn a_restored_scheduler_continues() {
    let mut world = World::new();
    let job = world.submit(groups(&[(&[], &[task("a").retries(1), task("b")]), (&[0], &[task("c")])]));
    let a = world.expect("a");
    world.report(a, Some(tasks(&[task("d"), task("e").optional()])), &[("x", 3, 1)]);
    world.pass(500);
    let b = world.expect("b");
    let before = world.job(job);
    world.restart();
    assert_eq!(world.job(job), before);
    assert_eq!(before.progress, updates(&[("x", 3, 1)]));
    world.computed(b, None);
    world.restart();
    world.run("d", None);
    let e = world.expect("e");
    world.failed(e, true);
    world.restart();
    world.run("c", None);
    assert_eq!(world.counts(job), [0, 0, 4, 0, 0, 1]);
    world.restart();
    assert_eq!(world.state(job), JobState::Completed);
}

#[test]
fn leases_start_again_with_their_granted_duration() {
    let mut world = World::new();
    world.submit(tasks(&[task("a"), task("b")]));
    let (a, b) = (world.expect("a"), world.expect("b"));
    world.extend(b, std::time::Duration::from_secs(60));
    world.pass(14_000);
    world.restart();
    world.pass(14_000);
    world.scheduler.expire(world.now);
    assert_eq!(world.task_state(a), TaskState::Running, "15 s from the restart");
    world.pass(1000);
    world.scheduler.expire(world.now);
    assert_eq!((world.task_state(a), world.task_state(b)), (TaskState::Queued, TaskState::Running));
    world.pass(45_000);
    world.scheduler.expire(world.now);
    assert_eq!(world.task_state(b), TaskState::Queued);
}

#[test]
fn failures_and_cancellations_are_restored() {
    let mut world = World::new();
    let failed = world.submit(tasks(&[task("a"), task("b")]));
    let a = world.expect("a");
    world.failed(a, true);
    let canceled = world.submit(tasks(&[task("c")]));
    world.cancel(canceled);
    let skipped = world.submit(tasks(&[task("o").optional()]));
    world.run("o", Some(tasks(&[task("p"), task("q"), task("r")])));
    let (p, q) = (world.expect("p"), world.expect("q"));
    world.failed(p, true);
    world.restart();
    world.expect_idle();
    assert_eq!((world.state(failed), world.state(canceled)), (JobState::Failed, JobState::Canceled));
    world.computed(q, Some(tasks(&[task("x")])));
    assert_eq!(world.counts(skipped), [0, 0, 2, 0, 2, 1], "the subtree is still skipped");
    assert_eq!(world.retry(failed), 1);
    world.expect("a");
    assert_eq!(world.retry(canceled), 0);
    world.expect("b");
    world.expect("c");
}

#[test]
fn a_late_report_is_accepted_after_a_restart() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a")]));
    let a = world.expect("a");
    world.pass(20_000);
    world.scheduler.expire(world.now);
    world.restart();
    world.computed(a, None);
    assert_eq!(world.state(job), JobState::Completed);
}

#[test]
fn changes_are_the_records_that_changed() {
    let mut world = World::new();
    let count = |world: &mut World| {
        let records = world.scheduler.take_changes();
        let kinds = records.iter().map(|record| char::from(record.key[0])).collect::<String>();
        records.into_iter().for_each(|record| drop(world.records.insert(record.key, record.value)));
        kinds
    };
    world.submit(tasks(&["a", "b", "c"].map(task)));
    assert_eq!(count(&mut world), "bj", "tasks are written with their batch");
    assert_eq!(count(&mut world), "");
    let a = world.expect("a");
    assert_eq!(count(&mut world), "t");
    world.chain(a, None);
    assert_eq!(count(&mut world), "tt", "the reported task and the next");
    world.chain(a, None);
    assert_eq!(count(&mut world), "t", "the report was ignored");
    world.computed(a, None);
    assert_eq!(count(&mut world), "");
}

#[test]
fn a_policy_without_changes_keeps_none() {
    let mut world = World::new();
    world.scheduler = Scheduler::new(Policy::default(), 1);
    world.submit(tasks(&[task("a")]));
    world.run("a", None);
    assert_eq!(world.scheduler.take_changes(), []);
}

fn restore(records: impl IntoIterator<Item = Record>) -> Result<Scheduler, String> {
    Scheduler::restore(Policy::default(), 1, Now::ORIGIN, records).map_err(|error| error.to_string())
}

/// Returns the records of a job with a computed root and two subtasks.
fn records() -> Vec<Record> {
    let mut world = World::new();
    world.submit(tasks(&[task("a")]));
    world.run("a", Some(tasks(&[task("b"), task("c")])));
    world.scheduler.take_changes()
}

#[test]
fn records_are_read_in_any_order() {
    let mut records = records();
    restore(records.clone()).expect("the records");
    records.reverse();
    restore(records).expect("the records");
    restore([]).expect("no records");
}

#[test]
fn missing_records_are_an_error() {
    for missing in 0..records().len() {
        let mut records = records();
        let record = records.remove(missing);
        let restored = restore(records);
        assert!(restored.is_err(), "without {record:?}");
    }
}

#[test]
fn damaged_records_are_an_error() {
    let text = "cannot restore the scheduler from its record of job 0: expects format 1, got 2; use a newer version";
    let damaged = |change: fn(&mut Record)| {
        let mut records = records();
        records.sort_by(|a, b| b.key.cmp(&a.key));
        let job = records.iter_mut().find(|record| record.key[0] == b'j').expect("a job");
        change(job);
        restore(records).map(|_| ()).expect_err("a damaged record")
    };
    assert_eq!(damaged(|record| record.value = Bytes::from_static(&[2])), text);
    let text = "cannot restore the scheduler from its record of job 0: it is empty";
    assert_eq!(damaged(|record| record.value = Bytes::new()), text);
    let text = "cannot restore the scheduler from its record of key [78]: expects a key of a job, a batch or a task";
    assert_eq!(damaged(|record| record.key = Bytes::from_static(b"x")), text);
}

#[test]
fn no_bytes_of_a_record_panic() {
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..3000 {
        let mut records = records();
        let index = random.usize(..records.len());
        let mut value = records[index].value.to_vec();
        let at = random.usize(..value.len());
        value[at] = random.u8(..);
        records[index].value = value.into();
        if let Ok(mut scheduler) = restore(records) {
            scheduler.expire(Now::ORIGIN.after(std::time::Duration::from_secs(3600)));
        }
    }
}
