//! Messages of workflows.

use prost::Message;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::*;
use tilebox_emulator::Emulator;

use super::{Reply, post};

pub(crate) const TRACE_PARENT: &str = "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01";

/// Calls a method, which must succeed.
pub(crate) fn call<M: Message + Default>(emulator: &Emulator, method: &str, request: &impl Message) -> M {
    message(method, &post(emulator, &format!("/workflows.v1.{method}"), request, ""))
}

/// Reads the response of a call, which must have succeeded.
pub(crate) fn message<M: Message + Default>(method: &str, reply: &Reply) -> M {
    assert_eq!(reply.status, 200, "{method}: {}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/proto"));
    M::decode(reply.body.clone()).expect("the response message")
}

/// Calls a method, which must fail. Returns the HTTP status and the JSON.
pub(crate) fn fail(emulator: &Emulator, method: &str, request: &impl Message) -> (u16, String) {
    let reply = post(emulator, &format!("/workflows.v1.{method}"), request, "");
    assert_ne!(reply.status, 200, "{method} succeeded");
    (reply.status, reply.text())
}

pub(crate) fn identifier(name: &str) -> TaskIdentifier {
    TaskIdentifier { name: name.to_owned(), version: "v1.0".to_owned() }
}

/// Returns tasks of this name for a cluster, without dependencies.
pub(crate) fn tasks(cluster: &str, name: &str, count: usize) -> TaskSubmissions {
    let group = TaskSubmissionGroup {
        dependencies_on_other_groups: Vec::new(),
        inputs: (0..count).map(|number| number.to_string().into()).collect(),
        identifier_pointers: vec![0; count],
        cluster_slug_pointers: vec![0; count],
        display_pointers: vec![0; count],
        max_retries_values: vec![0; count],
        optional_values: vec![false; count],
    };
    TaskSubmissions {
        task_groups: vec![group],
        cluster_slug_lookup: vec![cluster.to_owned()],
        identifier_lookup: vec![identifier(name)],
        display_lookup: vec![name.to_owned()],
    }
}

pub(crate) fn submission(cluster: &str, name: &str, count: usize) -> SubmitJobRequest {
    SubmitJobRequest {
        tasks: Some(tasks(cluster, name, count)),
        job_name: "job".to_owned(),
        trace_parent: TRACE_PARENT.to_owned(),
        ..SubmitJobRequest::default()
    }
}

/// Returns a request for a task of this name, after the report of a computed one.
pub(crate) fn ask(cluster: &str, name: &str, computed: Option<&Task>) -> NextTaskRequest {
    let identifiers = vec![identifier(name)];
    NextTaskRequest {
        computed_task: computed.map(|task| ComputedTask { id: task.id.clone(), ..ComputedTask::default() }),
        next_task_to_run: Some(NextTaskToRun { cluster_slug: cluster.to_owned(), identifiers }),
    }
}

pub(crate) fn get_job(job: &Job) -> GetJobRequest {
    GetJobRequest { job_id: job.id.clone() }
}

/// Returns the slug of the default cluster.
pub(crate) fn default_cluster(emulator: &Emulator) -> String {
    call::<Cluster>(emulator, "WorkflowsService/GetCluster", &GetClusterRequest::default()).slug
}

/// Returns the number of tasks of a job in a state.
pub(crate) fn count(job: &Job, state: TaskState) -> u64 {
    let counts = job.execution_stats.as_ref().map_or(&[][..], |stats| &stats.tasks_by_state);
    counts.iter().find(|count| count.state() == state).map_or(0, |count| count.count)
}

pub(crate) fn uuid(id: Option<&Id>) -> uuid::Uuid {
    uuid::Uuid::from_slice(&id.expect("an id").uuid).expect("16 bytes")
}
