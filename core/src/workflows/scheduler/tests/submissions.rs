//! Limits of submissions.

use super::support::{Spec, World, groups, job_request, message, refused, repeated, task, tasks};
use crate::protocol::wire::tilebox::v1::Id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::scheduler::Clusters;

fn submit(request: &wire::SubmitJobRequest) -> String {
    let mut world = World::new();
    let refused = refused(world.scheduler.submit_job(world.now, request));
    assert_eq!(world.scheduler.take_changes(), [], "nothing has changed");
    refused
}

fn submit_tasks(tasks: wire::TaskSubmissions) -> String {
    submit(&job_request("job", tasks))
}

fn changed(change: impl FnOnce(&mut wire::TaskSubmissions)) -> String {
    let mut submissions = tasks(&[task("a"), task("b")]);
    change(&mut submissions);
    submit_tasks(submissions)
}

#[test]
fn a_job_needs_a_name_a_trace_and_tasks() {
    let valid = job_request("job", tasks(&[task("a")]));
    let text = "invalid_argument: job_name: expects at least 1 character";
    assert_eq!(submit(&wire::SubmitJobRequest { job_name: String::new(), ..valid.clone() }), text);
    let text = "invalid_argument: trace_parent: expects at least 1 character";
    assert_eq!(submit(&wire::SubmitJobRequest { trace_parent: String::new(), ..valid.clone() }), text);
    let text = "invalid_argument: tasks: expects at least 1 task, got none";
    assert_eq!(submit(&wire::SubmitJobRequest { tasks: None, ..valid.clone() }), text);
    let automation_id = Some(Id { uuid: vec![0; 16].into() });
    let text = "invalid_argument: automation_id: expects an id of 16 bytes that are not all zero, got 16 bytes";
    assert_eq!(submit(&wire::SubmitJobRequest { automation_id, ..valid.clone() }), text);
    let legacy_tasks = vec![task("a").single(&[])];
    let text = "invalid_argument: tasks: expects no `legacy_tasks` beside it";
    assert_eq!(submit(&wire::SubmitJobRequest { legacy_tasks, ..valid }), text);
}

#[test]
fn a_submission_has_1_to_64_groups_of_at_least_1_task() {
    let text = "invalid_argument: tasks.task_groups: expects 1 to 64 groups, got";
    assert_eq!(submit_tasks(groups(&[])), format!("{text} 0"));
    let one: &[Spec] = &[task("a")];
    assert_eq!(submit_tasks(groups(&[(&[][..], one); 65])), format!("{text} 65"));
    World::new().submit(groups(&[(&[][..], one); 64]));
    let text = "invalid_argument: tasks.task_groups[1].inputs: expects at least 1 task, got none";
    assert_eq!(submit_tasks(groups(&[(&[], one), (&[], &[])])), text);
}

#[test]
fn columns_are_as_long_as_inputs() {
    let text = |column: &str| {
        format!("invalid_argument: tasks.task_groups[0].{column}: expects 2 values like `inputs`, got 1")
    };
    let pop = |column: fn(&mut wire::TaskSubmissionGroup) -> &mut Vec<u64>| {
        changed(|tasks| column(&mut tasks.task_groups[0]).truncate(1))
    };
    assert_eq!(pop(|group| &mut group.identifier_pointers), text("identifier_pointers"));
    assert_eq!(pop(|group| &mut group.cluster_slug_pointers), text("cluster_slug_pointers"));
    assert_eq!(pop(|group| &mut group.display_pointers), text("display_pointers"));
    assert_eq!(changed(|tasks| tasks.task_groups[0].max_retries_values.truncate(1)), text("max_retries_values"));
    assert_eq!(changed(|tasks| tasks.task_groups[0].optional_values.truncate(1)), text("optional_values"));
    let mut without_optional = tasks(&[task("a"), task("b")]);
    without_optional.task_groups[0].optional_values.clear();
    World::new().submit(without_optional);
}

#[test]
fn pointers_are_indices_of_the_lookup_tables() {
    let text = "invalid_argument: tasks.task_groups[0].identifier_pointers[1]: expects an index below 2, got 2";
    assert_eq!(changed(|tasks| tasks.task_groups[0].identifier_pointers[1] = 2), text);
    let text = format!(
        "invalid_argument: tasks.task_groups[0].display_pointers[0]: expects an index below 2, got {}",
        u64::MAX
    );
    assert_eq!(changed(|tasks| tasks.task_groups[0].display_pointers[0] = u64::MAX), text);
    let text = "invalid_argument: tasks.task_groups[0].cluster_slug_pointers[0]: expects an index below 0, got 0";
    assert_eq!(changed(|tasks| tasks.cluster_slug_lookup.clear()), text);
}

#[test]
fn a_refusal_names_the_field_and_the_task() {
    let long = Spec { input: vec![0; 2049].into(), ..task("b") };
    let text = "invalid_argument: tasks.task_groups[0].inputs[1], task `b` v1.0: expects at most 2048 bytes, got 2049";
    assert_eq!(submit_tasks(tasks(&[task("a"), long])), text);
    let text = "invalid_argument: tasks.task_groups[0].max_retries_values[0], task `a` v1.0: expects 0 or more, got -1";
    assert_eq!(submit_tasks(tasks(&[task("a").retries(-1)])), text);
    let text =
        "invalid_argument: tasks.identifier_lookup[0].version: expects `v<major>.<minor>` for task `a`, got `1.0`";
    assert_eq!(submit_tasks(tasks(&[task("a").version("1.0")])), text);
    let text = "invalid_argument: tasks.identifier_lookup[0].name: expects 1 to 256 bytes, got";
    assert_eq!(submit_tasks(tasks(&[task("")])), format!("{text} 0"));
    assert_eq!(submit_tasks(tasks(&[task(&"n".repeat(257))])), format!("{text} 257"));
    let text = "invalid_argument: tasks.display_lookup[0]: expects at least 1 character";
    assert_eq!(submit_tasks(tasks(&[Spec { display: String::new(), ..task("a") }])), text);
    let text =
        "invalid_argument: tasks.cluster_slug_lookup[0]: expects at most 100 letters, digits and hyphens, got `a b`";
    assert_eq!(submit_tasks(tasks(&[task("a").cluster("a b")])), text);
}

#[test]
fn limits_are_inclusive() {
    let mut world = World::new();
    let mut longest = task(&"n".repeat(256)).cluster(&"c".repeat(100));
    longest.input = vec![0; 2048].into();
    longest.display = "é".repeat(2000);
    let job = world.submit(tasks(&[longest.retries(i64::MAX)]));
    let task = world.scheduler.tasks_of_job(job).expect("the job").next().expect("a task");
    assert_eq!(task.display.map(|display| display.chars().count()), Some(1024), "a display is cut");
}

#[test]
fn dependencies_are_groups_without_a_cycle() {
    let one: &[Spec] = &[task("a")];
    let text = "invalid_argument: tasks.task_groups[0].dependencies_on_other_groups: expects groups below 1, got 1";
    assert_eq!(submit_tasks(groups(&[(&[1], one)])), text);
    let text = "invalid_argument: tasks.task_groups: expects dependencies without a cycle, got groups that wait for each other";
    assert_eq!(submit_tasks(groups(&[(&[0], one)])), text);
    assert_eq!(submit_tasks(groups(&[(&[], one), (&[2], one), (&[3], one), (&[1], one)])), text);
}

#[test]
fn dependencies_may_be_repeated_and_in_any_order() {
    let mut world = World::new();
    let job = world.submit(groups(&[(&[2, 1, 2], &[task("c")]), (&[], &[task("a")]), (&[1], &[task("b")])]));
    for name in ["a", "b", "c"] {
        world.run(name, None);
    }
    assert_eq!(world.state(job), wire::JobState::Completed);
}

#[test]
fn the_empty_slug_is_the_default_cluster() {
    let mut world = World::new();
    *world.scheduler.clusters_mut() = Clusters::only("c");
    world.submit(tasks(&[task("a").cluster("")]));
    let a = world.expect("a");
    let text = "not_found: cluster `other` does not exist; create it, or name one that exists";
    let request = job_request("job", tasks(&[task("a").cluster("other")]));
    assert_eq!(refused(world.scheduler.submit_job(world.now, &request)), text);
    world.scheduler.clusters_mut().insert("other");
    world.scheduler.submit_job(world.now, &request).expect("a known cluster");
    world.computed(a, Some(tasks(&[task("b").cluster("")])));
    world.expect("b");
}

#[test]
fn unknown_clusters_in_subtasks_are_invalid() {
    let mut world = World::new();
    *world.scheduler.clusters_mut() = Clusters::only("c");
    world.submit(tasks(&[task("a")]));
    let a = world.expect("a");
    let report = wire::ComputedTask {
        id: message(a),
        sub_tasks: Some(tasks(&[task("b").cluster("other")])),
        ..Default::default()
    };
    let request = wire::NextTaskRequest { computed_task: Some(report), next_task_to_run: None };
    let text = "invalid_argument: computed_task.sub_tasks.cluster_slug_lookup: cluster `other` does not exist; create it, or name one that exists";
    assert_eq!(refused(world.scheduler.next_task(world.now, &request)), text);
    assert_eq!(world.task_state(a), wire::TaskState::Running, "a refused report changes nothing");
}

#[test]
fn a_list_of_single_tasks_becomes_groups() {
    let mut world = World::new();
    let spec = ["a", "b", "c", "d"].map(task);
    let request = wire::SubmitJobRequest {
        legacy_tasks: vec![spec[0].single(&[]), spec[1].single(&[0]), spec[2].single(&[0]), spec[3].single(&[1, 2])],
        tasks: None,
        ..job_request("job", tasks(&[]))
    };
    world.scheduler.submit_job(world.now, &request).expect("a diamond");
    assert_eq!(world.scheduler.graph.groups.len(), 3, "b and c share one");
    for name in ["a", "b", "c", "d"] {
        world.run(name, None);
    }
    world.expect_idle();
}

#[test]
fn a_list_of_single_tasks_has_limits() {
    let list =
        |legacy_tasks| submit(&wire::SubmitJobRequest { legacy_tasks, tasks: None, ..job_request("job", tasks(&[])) });
    let text =
        "invalid_argument: legacy_tasks[1].dependencies, task `b` v1.0: expects indices of tasks from 0 to 1, got 2";
    assert_eq!(list(vec![task("a").single(&[]), task("b").single(&[2])]), text);
    let text =
        "invalid_argument: legacy_tasks[0].dependencies, task `a` v1.0: expects indices of tasks from 0 to 63, got 64";
    let mut hundred = vec![task("a").single(&[]); 100];
    hundred[0].dependencies = vec![64];
    assert_eq!(list(hundred), text);
    let text = "invalid_argument: legacy_tasks: expects 1 to 1000 tasks, got 1001";
    assert_eq!(list(vec![task("a").single(&[]); 1001]), text);
    let text = "invalid_argument: legacy_tasks.task_groups: expects dependencies without a cycle, got groups that wait for each other";
    assert_eq!(list(vec![task("a").single(&[1]), task("b").single(&[0])]), text);
    let text = "invalid_argument: legacy_tasks[0].display, task `a` v1.0: expects at least 1 character";
    assert_eq!(list(vec![Spec { display: String::new(), ..task("a") }.single(&[])]), text);
}

#[test]
fn ids_of_later_groups_are_larger() {
    let mut world = World::new();
    let mut submissions = tasks(&[task("a")]);
    submissions.task_groups = vec![repeated("a", 50, &[1]), repeated("a", 50, &[]), repeated("a", 50, &[0, 1])];
    let job = world.submit(submissions);
    let ids: Vec<_> =
        world.scheduler.tasks_of_job(job).expect("the job").map(|task| task.id.expect("an id").uuid).collect();
    assert_eq!(ids.len(), 150);
    assert!(ids.is_sorted_by(|a, b| a < b));
    assert!(ids.iter().all(|id| id[..6] == ids[0][..6]), "one millisecond");
}

#[test]
fn a_repeated_seed_does_not_repeat_ids() {
    let mut world = World::new();
    let first = world.submit(tasks(&[task("a"), task("b")]));
    world.restart();
    world.scheduler.random = fastrand::Rng::with_seed(1);
    let second = world.submit(tasks(&[task("a"), task("b")]));
    assert!(first < second, "jobs of one millisecond ascend");
    let ids = |job| world.scheduler.tasks_of_job(job).expect("the job").map(|task| task.id).collect::<Vec<_>>();
    assert!(ids(first).iter().all(|id| !ids(second).contains(id)));
}
