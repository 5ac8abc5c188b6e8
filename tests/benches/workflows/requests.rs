//! Encoded requests and the id in an encoded response.

use prost::Message as _;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{
    ComputedTask, NextTaskRequest, NextTaskToRun, SubmitJobRequest, TaskIdentifier, TaskSubmissionGroup,
    TaskSubmissions,
};

pub(crate) const NEXT_TASK: &str = "workflows.v1.TaskService/NextTask";
pub(crate) const SUBMIT_JOB: &str = "workflows.v1.JobService/SubmitJob";
pub(crate) const GET_CLUSTER: &str = "workflows.v1.WorkflowsService/GetCluster";

/// The length of an id, in bytes.
const ID: usize = 16;

pub(crate) type TaskId = [u8; ID];

fn identifier() -> TaskIdentifier {
    TaskIdentifier { name: "example.com/benchmark/Task".to_owned(), version: "v1.0".to_owned() }
}

/// Returns this many tasks without dependencies.
fn submissions(tasks: usize) -> TaskSubmissions {
    let group = TaskSubmissionGroup {
        inputs: (0..tasks).map(|number| format!("{{\"tile\":{number}}}").into()).collect(),
        identifier_pointers: vec![0; tasks],
        cluster_slug_pointers: vec![0; tasks],
        display_pointers: vec![0; tasks],
        max_retries_values: vec![0; tasks],
        optional_values: vec![false; tasks],
        ..TaskSubmissionGroup::default()
    };
    TaskSubmissions {
        task_groups: vec![group],
        cluster_slug_lookup: vec![String::new()],
        identifier_lookup: vec![identifier()],
        display_lookup: vec!["Task".to_owned()],
    }
}

/// Encodes the submission of a job with one task.
pub(crate) fn submit_job() -> Vec<u8> {
    let request = SubmitJobRequest {
        tasks: Some(submissions(1)),
        job_name: "benchmark".to_owned(),
        trace_parent: "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01".to_owned(),
        ..SubmitJobRequest::default()
    };
    request.encode_to_vec()
}

/// Encodes the report of a task that submits others, and the wish for another task.
pub(crate) fn report_with_subtasks(id: TaskId, cluster_slug: &str, subtasks: usize) -> Vec<u8> {
    let mut sub_tasks = submissions(subtasks);
    sub_tasks.cluster_slug_lookup = vec![cluster_slug.to_owned()];
    let computed = ComputedTask { sub_tasks: Some(sub_tasks), ..computed(id) };
    NextTaskRequest { computed_task: Some(computed), next_task_to_run: Some(wish(cluster_slug)) }.encode_to_vec()
}

/// Encodes the wish for a task.
pub(crate) fn ask(cluster_slug: &str) -> Vec<u8> {
    NextTaskRequest { computed_task: None, next_task_to_run: Some(wish(cluster_slug)) }.encode_to_vec()
}

fn wish(cluster_slug: &str) -> NextTaskToRun {
    NextTaskToRun { cluster_slug: cluster_slug.to_owned(), identifiers: vec![identifier()] }
}

fn computed(id: TaskId) -> ComputedTask {
    let id = Some(Id { uuid: id.to_vec().into() });
    ComputedTask { id, display: "Task".to_owned(), ..ComputedTask::default() }
}

/// An encoded report of a task and wish for another one, in which only the id changes.
pub(crate) struct Report {
    message: Vec<u8>,
    id: usize,
}

impl Report {
    pub(crate) fn new(cluster_slug: &str) -> Self {
        const MARK: TaskId = [0xA5; ID];
        let request =
            NextTaskRequest { computed_task: Some(computed(MARK)), next_task_to_run: Some(wish(cluster_slug)) };
        let message = request.encode_to_vec();
        let id = message.windows(ID).position(|bytes| bytes == MARK).expect("the id");
        Self { message, id }
    }

    pub(crate) fn of(&mut self, id: TaskId) -> &[u8] {
        self.message[self.id..self.id + ID].copy_from_slice(&id);
        &self.message
    }
}

/// Returns the id of the task in an encoded response, if there is a task. The first field of the response is the task, and
/// the first field of the task is its id.
pub(crate) fn task_id(mut response: &[u8]) -> Option<TaskId> {
    let [0x0A, rest @ ..] = response else { return None };
    response = rest;
    prost::encoding::decode_varint(&mut response).expect("a length");
    let rest = response.strip_prefix(&[0x0A, 2 + ID as u8, 0x0A, ID as u8]).expect("an id");
    Some(rest[..ID].try_into().expect("16 bytes"))
}
