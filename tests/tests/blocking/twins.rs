//! The blocking API has the same methods as the async API.

use std::collections::BTreeSet;
use std::path::Path;

/// Returns the methods of a type in these files: those between a line `impl X` and the end of its block.
fn methods(name: &str, files: &[&str]) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/client");
    let mut found = BTreeSet::new();
    for file in files {
        let source = std::fs::read_to_string(folder.join(file)).expect("a source file");
        let mut is_inside = false;
        for line in source.lines() {
            if line.starts_with("impl") {
                let head = line.split('<').next().unwrap_or_default().trim_end_matches([' ', '{']);
                let after_generics = line.split_once("> ").map_or("", |(_, rest)| rest);
                let is_of_it = |text: &str| {
                    let word = text.trim_start_matches("impl ").trim();
                    word.split(['<', ' ']).next() == Some(name)
                };
                is_inside = !line.contains(" for ") && (is_of_it(head) || is_of_it(after_generics));
            } else if line == "}" {
                is_inside = false;
            } else if is_inside
                && let Some(rest) = line.strip_prefix("    pub fn ").or_else(|| line.strip_prefix("    pub async fn "))
            {
                found.insert(rest.split(['(', '<']).next().expect("a name").to_owned());
            }
        }
    }
    found
}

#[test]
fn every_method_of_the_async_api_has_a_blocking_twin() {
    // The methods that convert one API to the other.
    let only_async = ["blocking"];
    for (name, file, also) in [
        ("Client", "client.rs", ["mod.rs", "manage.rs"].as_slice()),
        ("Dataset", "dataset.rs", &["dataset.rs", "manage.rs"]),
        ("Collection", "collection.rs", &["collection.rs"]),
        ("Query", "query.rs", &["query.rs", "query/by_collection.rs", "query/count.rs", "query/estimate.rs"]),
        ("PageStream", "query.rs", &["page_stream.rs"]),
        ("Find", "find.rs", &["find.rs"]),
        ("Ingestion", "ingest.rs", &["ingest.rs"]),
        ("Client", "workflows/jobs.rs", &["workflows/jobs.rs"]),
        ("Jobs", "workflows/jobs.rs", &["workflows/jobs.rs"]),
        ("JobSubmission", "workflows/jobs.rs", &["workflows/job_submission.rs"]),
        ("QueueQuery", "workflows/jobs.rs", &["workflows/queue_query.rs"]),
        ("JobQuery", "workflows/job_query.rs", &["workflows/job_query.rs"]),
        ("Job", "workflows/job.rs", &["workflows/job.rs"]),
        ("JobWait", "workflows/job_requests.rs", &["workflows/job_wait.rs"]),
        ("JobTasks", "workflows/job_requests.rs", &["workflows/job_tasks.rs"]),
        ("JobClone", "workflows/job_requests.rs", &["workflows/job_clone.rs"]),
        ("DiagramQuery", "workflows/job_requests.rs", &["workflows/diagram_query.rs"]),
        ("Jobs", "workflows/logs.rs", &["workflows/logs.rs"]),
        ("Job", "workflows/logs.rs", &["workflows/logs.rs"]),
        ("LogQuery", "workflows/logs.rs", &["workflows/logs.rs"]),
        ("Job", "workflows/spans.rs", &["workflows/spans.rs"]),
        ("SpanQuery", "workflows/spans.rs", &["workflows/spans.rs"]),
        ("Client", "workflows/clusters.rs", &["workflows/clusters.rs"]),
        ("Clusters", "workflows/clusters.rs", &["workflows/clusters.rs"]),
        ("ClusterCreation", "workflows/clusters.rs", &["workflows/cluster_creation.rs"]),
        ("ClusterUpdate", "workflows/clusters.rs", &["workflows/cluster_update.rs"]),
        ("Client", "workflows/workflows.rs", &["workflows/workflows.rs"]),
        ("Workflows", "workflows/workflows.rs", &["workflows/workflows.rs"]),
        ("WorkflowList", "workflows/workflows.rs", &["workflows/workflow_list.rs"]),
        ("WorkflowCreation", "workflows/workflows.rs", &["workflows/workflow_creation.rs"]),
        ("WorkflowUpdate", "workflows/workflows.rs", &["workflows/workflow_update.rs"]),
        ("ReleaseDeployment", "workflows/workflows.rs", &["workflows/release_deployment.rs"]),
        ("Client", "workflows/automations.rs", &["workflows/automations.rs"]),
        ("Automations", "workflows/automations.rs", &["workflows/automations.rs"]),
        ("CronAutomationCreation", "workflows/automations.rs", &["workflows/automation_creation.rs"]),
        ("StorageEventAutomationCreation", "workflows/automations.rs", &["workflows/automation_creation.rs"]),
        ("AutomationUpdate", "workflows/automations.rs", &["workflows/automation_update.rs"]),
        ("Client", "workflows/storage_locations.rs", &["workflows/storage_locations.rs"]),
        ("Client", "workflows/task_runner.rs", &["workflows/runner/builder.rs"]),
        ("Runner", "workflows/task_runner.rs", &["workflows/runner/builder.rs"]),
        ("Context", "workflows/context.rs", &["workflows/tasks/context.rs", "workflows/tasks/storage_reader.rs"]),
        ("StorageObject", "workflows/automation_tasks.rs", &["workflows/tasks/storage_event_task.rs"]),
        ("JobCache", "workflows/job_cache.rs", &["../workflows/cache/job_cache.rs"]),
        ("StorageLocations", "workflows/storage_locations.rs", &["workflows/storage_locations.rs"]),
    ] {
        let mut awaited = methods(name, also);
        awaited.retain(|method| !only_async.contains(&method.as_str()));
        assert!(!awaited.is_empty(), "no methods of {name} found in {also:?}");
        let mut blocking = methods(name, &[&format!("blocking/{file}")]);
        blocking.remove("as_async");
        assert_eq!(awaited, blocking, "{name}: core/src/client/{also:?} and core/src/client/blocking/{file} differ");
    }
}
