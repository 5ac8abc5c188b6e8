//! Names, versions and clusters of runners.

use super::support::{World, identifier, job_request, refused, task, tasks};
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::scheduler::Clusters;

fn ask(world: &mut World, cluster: &str, identifiers: &[(&str, &str)]) -> Option<wire::TaskIdentifier> {
    let identifiers = identifiers.iter().map(|(name, version)| identifier(name, version)).collect();
    let wanted = wire::NextTaskToRun { cluster_slug: cluster.to_owned(), identifiers };
    let request = wire::NextTaskRequest { computed_task: None, next_task_to_run: Some(wanted) };
    world.next(&request).and_then(|task| task.identifier)
}

/// Returns the version under which a runner of these versions gets a task of version v1.3.
fn version_of(runner: &[&str]) -> Option<String> {
    let mut world = World::new();
    world.submit(tasks(&[task("a").version("v1.3")]));
    let identifiers: Vec<_> = runner.iter().map(|version| ("a", *version)).collect();
    ask(&mut world, "c", &identifiers).map(|identifier| identifier.version)
}

#[test]
fn a_runner_executes_its_major_and_earlier_minor_versions() {
    assert_eq!(version_of(&["v1.3"]).as_deref(), Some("v1.3"));
    assert_eq!(version_of(&["v1.5"]).as_deref(), Some("v1.5"));
    assert_eq!(version_of(&["v1.2"]), None);
    assert_eq!(version_of(&["v2.5"]), None);
    assert_eq!(version_of(&["v0.5"]), None);
}

#[test]
fn the_response_names_the_version_of_the_runner() {
    assert_eq!(version_of(&["v1.4", "v1.3", "v1.5"]).as_deref(), Some("v1.3"), "the exact version");
    assert_eq!(version_of(&["v1.4", "v1.2", "v1.5"]).as_deref(), Some("v1.5"), "else the highest");
    assert_eq!(version_of(&["v01.003"]).as_deref(), Some("v01.003"), "as the runner writes it");
}

#[test]
fn a_runner_gets_only_its_names_and_its_cluster() {
    let mut world = World::new();
    world.submit(tasks(&[task("a")]));
    assert_eq!(ask(&mut world, "c", &[("b", "v1.0")]), None);
    assert_eq!(ask(&mut world, "d", &[("a", "v1.0")]), None);
    assert_eq!(ask(&mut world, "c", &[]), None, "no identifiers");
    assert!(ask(&mut world, "c", &[("b", "v1.0"), ("a", "v1.0")]).is_some());
}

#[test]
fn a_request_for_work_is_checked() {
    let mut world = World::new();
    let mut ask = |cluster: &str, name: &str, version: &str| {
        let identifiers = vec![identifier(name, version)];
        let wanted = wire::NextTaskToRun { cluster_slug: cluster.to_owned(), identifiers };
        let request = wire::NextTaskRequest { computed_task: None, next_task_to_run: Some(wanted) };
        refused(world.scheduler.next_task(world.now, &request))
    };
    assert_eq!(ask("", "a", "v1.0"), "invalid_argument: next_task_to_run.cluster_slug: expects at least 1 character");
    let text =
        "invalid_argument: next_task_to_run.cluster_slug: expects at most 100 letters, digits and hyphens, got `a_b`";
    assert_eq!(ask("a_b", "a", "v1.0"), text);
    let text = "invalid_argument: next_task_to_run.identifiers.name: expects 1 to 256 bytes, got 0";
    assert_eq!(ask("c", "", "v1.0"), text);
    let text =
        "invalid_argument: next_task_to_run.identifiers.version: expects `v<major>.<minor>` for task `a`, got `1`";
    assert_eq!(ask("c", "a", "1"), text);
}

#[test]
fn tasks_of_a_removed_cluster_wait_for_it() {
    let mut world = World::new();
    *world.scheduler.clusters_mut() = Clusters::only("default");
    world.scheduler.clusters_mut().insert("c");
    world.submit(tasks(&[task("a")]));
    world.scheduler.clusters_mut().remove("c");
    let request = wire::NextTaskRequest { computed_task: None, next_task_to_run: World::wanted() };
    let text = "not_found: cluster `c` does not exist; create it, or name one that exists";
    assert_eq!(refused(world.scheduler.next_task(world.now, &request)), text);
    assert_eq!(refused(world.scheduler.submit_job(world.now, &job_request("job", tasks(&[task("a")])))), text);
    world.scheduler.clusters_mut().insert("c");
    world.expect("a");
}

#[test]
fn a_report_from_a_removed_cluster_is_accepted() {
    let mut world = World::new();
    world.scheduler.clusters_mut().clone_from(&Clusters::only("default"));
    world.scheduler.clusters_mut().insert("c");
    let job = world.submit(tasks(&[task("a"), task("b")]));
    let a = world.expect("a");
    world.scheduler.clusters_mut().remove("c");
    assert_eq!(world.chain(a, None), None);
    assert_eq!(world.counts(job), [1, 0, 1, 0, 0, 0]);
}
