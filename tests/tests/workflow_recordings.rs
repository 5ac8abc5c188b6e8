//! Responses of the real Workflows API decode to the expected values, and encode to the same bytes.
//!
//! The recordings are not part of the repository. Without them the tests print that and pass.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use tilebox_core::blocking::Client;
use tilebox_core::protocol::rpc::Rpc;
use tilebox_core::protocol::wire::workflows::v1 as wire;
use tilebox_core::testing::{self, MockTransport};
use tilebox_core::workflows::rpc::{GetCluster, GetJob, ListClusters, QueryJobs, SubmitJob};
use tilebox_core::workflows::{JobState, TaskIdentifier, TaskState, TaskSubmission};
use tilebox_tests::recordings::{bodies, workflows_folder};
use uuid::Uuid;

/// Adds a recorded response.
fn respond<R: Rpc>(server: MockTransport, body: &Bytes) -> MockTransport {
    server.respond_once::<R>(Ok(R::Response::decode(body.clone()).expect("a response of this method")))
}

/// Returns a client and its server, which responds once with the only response of a recording.
fn replay<R: Rpc>(recording: &str) -> Option<(Client, MockTransport)> {
    let bodies = bodies(&workflows_folder()?.join(recording));
    let [body] = bodies.as_slice() else { panic!("{recording} has {} responses", bodies.len()) };
    let server = respond::<R>(MockTransport::new(), body);
    Some((testing::client_builder(server.clone()).build().expect("a client"), server))
}

#[test]
fn recorded_clusters_become_the_expected_values() {
    let Some(folder) = workflows_folder() else { return };
    let [one, all] = ["cluster", "clusters"].map(|name| bodies(&folder.join(format!("{name}.rpcs.bin"))).remove(0));
    let cluster = wire::Cluster::decode(one.clone()).expect("a cluster");
    let listing = wire::ListClustersResponse::decode(all.clone()).expect("a listing");
    assert_eq!(
        (cluster.encode_to_vec(), listing.encode_to_vec()),
        (one.to_vec(), all.to_vec()),
        "every field is known"
    );

    let server = MockTransport::new().respond_once::<GetCluster>(Ok(cluster)).respond_once::<ListClusters>(Ok(listing));
    let client: Client = testing::client_builder(server).build().expect("a client");
    let found = client.clusters().find("dev-cluster-ESugE7S4cwADVK").expect("the cluster");
    assert_eq!(found.to_string(), "dev-cluster [Cluster dev-cluster-ESugE7S4cwADVK]");
    assert!(found.is_deletable && found.description.is_empty() && found.deployed_releases.is_empty());
    let all = client.clusters().all().expect("a listing");
    let deletable: Vec<_> = all.iter().map(|cluster| (cluster.name.as_str(), cluster.is_deletable)).collect();
    assert_eq!(deletable, [("Default", false), ("dev-cluster", true)]);
    assert_eq!(all[1], found);
}

#[test]
fn a_recorded_job_is_found_with_its_statistics() {
    let Some((client, _)) = replay::<GetJob>("Job.rpcs.bin") else { return };
    let id = "0199614b-6102-1498-815b-3cb23f72b489";
    let job = client.jobs().find(id).expect("a job");
    assert_eq!(
        (job.id().to_string(), job.name(), job.state()),
        (id.to_owned(), "progress-example", JobState::Completed)
    );
    let [progress] = job.progress() else { panic!("one indicator") };
    assert_eq!((progress.done, progress.total), (5, 5));
    let stats = job.stats();
    assert_eq!((stats.total_tasks, stats.count(TaskState::Computed)), (6, 6));
    assert_eq!((stats.compute_time.as_micros(), stats.elapsed_time.as_micros()), (470_236, 591_858));
    assert!(stats.first_task_started_at.is_some() && stats.elapsed_time < Duration::from_secs(1));
}

#[test]
fn recorded_jobs_print_what_the_server_knows_of_them() {
    let Some((client, _)) = replay::<GetJob>("Job.rpcs.bin") else { return };
    let job = client.jobs().find("0199614b-6102-1498-815b-3cb23f72b489").expect("a job");
    let expected = "\
progress-example [completed]
  id         0199614b-6102-1498-815b-3cb23f72b489
  submitted  2025-09-19T09:25:54.050Z
  started    2025-09-19T09:25:54.223623Z
  ended      2025-09-19T09:25:54.815481Z
  tasks      6: 6 computed
  progress   5/5
  time       0.59 s elapsed, 0.47 s computing";
    assert_eq!(job.to_string(), expected);
    // The older recording has an earlier form of the state, and no numbers of tasks.
    let Some((client, _)) = replay::<GetJob>("Job-2025-09.rpcs.bin") else { return };
    let older = client.jobs().find(job.id()).expect("a job");
    assert_eq!((older.state(), older.stats().total_tasks), (JobState::Completed, 0));
    assert_eq!((older.submitted_at(), older.progress()), (job.submitted_at(), job.progress()));
}

#[test]
fn recorded_jobs_are_queried_newest_first() {
    let Some((client, server)) = replay::<QueryJobs>("Jobs.rpcs.bin") else { return };
    let jobs = client.jobs().query(("2024-02-01", "2025-02-01")).load().expect("jobs");
    assert_eq!(jobs.len(), 12);
    assert!(jobs.iter().is_sorted_by(|newer, older| newer.submitted_at() >= older.submitted_at()));
    let failed = jobs.iter().filter(|job| job.state() == JobState::Failed);
    assert_eq!(failed.map(|job| job.stats().count(TaskState::Failed)).collect::<Vec<_>>(), [1]);
    assert_eq!(server.requests::<QueryJobs>().len(), 1, "the response has no next page");
}

#[test]
fn a_recorded_submission_equals_that_of_the_go_client() {
    let Some(folder) = workflows_folder() else { return };
    let responses = bodies(&folder.join("fibonacci_workflow.json.rpcs.bin"));
    let server = respond::<GetCluster>(MockTransport::new(), &responses[0]);
    let server = respond::<SubmitJob>(server, &responses[1]);
    let client: Client = testing::client_builder(server.clone()).build().expect("a client");
    let cluster = client.clusters().default().expect("a cluster");
    assert_eq!((&*cluster.slug, cluster.is_deletable), ("default-56uboc82HDVNys", false));

    let identifier = TaskIdentifier::new("tilebox.com/fibonacci/FibonacciTask", 1, 0);
    let task = TaskSubmission::bytes(identifier, r#"{"N":7}"#).display("tilebox.com/fibonacci/FibonacciTask");
    let trace_parent = "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01";
    let job = client.jobs().submit("fibonacci", task).trace_parent(trace_parent).send().expect("a job");
    let id: Uuid = "019acba6-f5fa-25e9-106a-9f964c42ac70".parse().expect("an id");
    assert_eq!((job.id(), job.name(), job.state()), (id, "fibonacci", JobState::Submitted));
    assert_eq!((job.trace_parent(), job.stats().count(TaskState::Queued)), (trace_parent, 1));

    let [request] = &*server.requests::<SubmitJob>() else { panic!("one request") };
    // The request of the official Go client, built from its rules with the official descriptors.
    let expected = "12096669626f6e616363691a3730302d38636262363035383466356138376165623665386462373930326265656438352d63\
        6463656138373434336663353962612d30312a6e0a1812077b224e223a377d1a01002201002a01003201003a010012001a2b0a2374696c65\
        626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b120476312e30222374696c65626f782e636f6d2f6669626f6e\
        616363692f4669626f6e616363695461736b";
    assert_eq!(hex(&request.encode_to_vec()), expected);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
