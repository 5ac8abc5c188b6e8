//! Which of several tasks a runner gets.

use super::support::{World, groups, task, tasks};

#[test]
fn a_report_continues_with_the_newest_batch() {
    let mut world = World::new();
    world.submit(tasks(&[task("a"), task("b")]));
    let a = world.expect("a");
    let (name, c) = world.chain(a, Some(tasks(&[task("c"), task("d")]))).expect("a subtask");
    assert_eq!(name, "c", "before the sibling of its parent");
    let (name, d) = world.chain(c, None).expect("the next subtask");
    assert_eq!(name, "d");
    assert_eq!(world.chain(d, None).map(|(name, _)| name).as_deref(), Some("b"));
}

#[test]
fn a_dependent_follows_right_after_its_dependencies() {
    let mut world = World::new();
    world.submit(tasks(&[task("a"), task("z")]));
    let a = world.expect("a");
    let subtasks = groups(&[(&[], &[task("b")]), (&[0], &[task("c")])]);
    let (_, b) = world.chain(a, Some(subtasks)).expect("b");
    assert_eq!(world.chain(b, None).map(|(name, _)| name).as_deref(), Some("c"));
}

#[test]
fn a_report_continues_with_its_own_job() {
    let mut world = World::new();
    world.submit(tasks(&[task("a")]));
    world.submit(tasks(&[task("b"), task("c")]));
    let a = world.expect("a");
    let b = world.expect("b");
    world.submit(tasks(&[task("d")]));
    world.computed(a, Some(tasks(&[task("e")])));
    assert_eq!(world.chain(b, None).map(|(name, _)| name).as_deref(), Some("c"), "though the other job is older");
}

#[test]
fn a_report_falls_back_to_the_oldest_job() {
    let mut world = World::new();
    world.submit(tasks(&[task("a"), task("b")]));
    world.submit(tasks(&[task("c")]));
    world.submit(tasks(&[task("d")]));
    world.expect("a");
    world.expect("b");
    let c = world.expect("c");
    let d = world.expect("d");
    world.submit(tasks(&[task("f")]));
    world.submit(tasks(&[task("g")]));
    assert_eq!(world.chain(d, None).map(|(name, _)| name).as_deref(), Some("f"));
    assert_eq!(world.chain(c, None).map(|(name, _)| name).as_deref(), Some("g"));
}

#[test]
fn stealing_begins_with_the_oldest_batch_of_the_oldest_job() {
    let mut world = World::new();
    world.submit(tasks(&[task("a"), task("b"), task("c")]));
    world.submit(tasks(&[task("z")]));
    world.run("a", Some(tasks(&[task("d"), task("e")])));
    let order: Vec<_> = std::iter::from_fn(|| world.steal()).map(|task| task.identifier.expect("one").name).collect();
    assert_eq!(order, ["b", "c", "d", "e", "z"]);
}

#[test]
fn a_dependent_waits_for_all_descendants() {
    let mut world = World::new();
    let job = world.submit(groups(&[(&[], &[task("a"), task("b")]), (&[0], &[task("c")])]));
    world.run("a", Some(tasks(&[task("d")])));
    world.run("b", None);
    let d = world.expect("d");
    world.expect_idle();
    world.computed(d, Some(tasks(&[task("e")])));
    let e = world.expect("e");
    world.expect_idle();
    world.computed(e, None);
    world.run("c", None);
    assert_eq!(world.counts(job), [0, 0, 5, 0, 0, 0]);
}
