//! A played Go runner: its requests, inputs and subtasks are those of the official Go client 0.6.0.

use std::thread;
use std::time::Duration;

use prost::Message;
use serde_json::{Value, json};
use tilebox_core::protocol::wire::workflows::v1::{
    Cluster, ComputedTask, GetClusterRequest, NextTaskRequest, NextTaskResponse, NextTaskToRun, Progress, Task,
    TaskIdentifier, TaskSubmissionGroup, TaskSubmissions,
};
use tilebox_tests::go_client::Connection;
use uuid::Uuid;

use crate::Outcome;
use crate::trace::{count, trace};

/// The tasks that this runner executes.
const TASKS: [&str; 3] = ["Meet", "Squad", "Piece"];

/// Executes tasks until the process is killed.
pub(crate) fn run(url: &str, token: &str, cluster: &str) -> Outcome {
    let address = url.strip_prefix("http://").ok_or("expects an http URL")?.parse()?;
    let mut connection = Connection::open(address, token);
    let request = GetClusterRequest { cluster_slug: cluster.to_owned() };
    let cluster: Cluster = call(&mut connection, "WorkflowsService/GetCluster", &request)?;
    let mut computed = None;
    loop {
        let had_task = computed.is_some();
        let request = NextTaskRequest { computed_task: computed.take(), next_task_to_run: Some(wanted(&cluster.slug)) };
        let response: NextTaskResponse = call(&mut connection, "TaskService/NextTask", &request)?;
        match (response.next_task, response.idling) {
            (Some(task), _) => computed = Some(execute(task, &cluster.slug)?),
            // After a report, Go asks once more before it pauses.
            _ if had_task => {}
            (None, idling) => {
                let pause = idling.and_then(|idling| idling.suggested_idling_duration).ok_or("expects a pause")?;
                thread::sleep(Duration::try_from(pause)?);
            }
        }
    }
}

fn call<M: Message + Default>(connection: &mut Connection, method: &str, request: &impl Message) -> Outcome<M> {
    let reply = connection.call(&format!("workflows.v1.{method}"), &request.encode_to_vec(), None);
    match reply.status {
        200 => Ok(M::decode(&reply.body[..])?),
        _ => Err(format!("{method}: {}", reply.error()).into()),
    }
}

/// Asks for tasks. The order of the identifiers is that of a Go map: random.
fn wanted(cluster_slug: &str) -> NextTaskToRun {
    let mut names = TASKS;
    fastrand::shuffle(&mut names);
    let identifiers = names.map(identifier).to_vec();
    NextTaskToRun { cluster_slug: cluster_slug.to_owned(), identifiers }
}

fn identifier(name: &str) -> TaskIdentifier {
    TaskIdentifier { name: name.to_owned(), version: "v0.0".to_owned() }
}

fn execute(task: Task, cluster_slug: &str) -> Outcome<ComputedTask> {
    let name = task.identifier.ok_or("expects an identifier")?.name;
    let job = task.job.and_then(|job| job.id).ok_or("expects a job")?;
    let job = Uuid::from_slice(&job.uuid)?;
    // Go reads objects only.
    let input: Value = serde_json::from_slice(&task.input.unwrap_or_default())?;
    let text = |field: &str| input[field].as_str().ok_or(format!("expects a text `{field}` in {input}"));
    let number = |field: &str| input[field].as_u64().ok_or(format!("expects a number `{field}` in {input}"));
    let mut computed = ComputedTask { id: task.id, display: name.clone(), ..ComputedTask::default() };
    let progress = |total, done| vec![Progress { label: "pieces".to_owned(), total, done }];
    match &name[..] {
        "Meet" => {
            trace(job, &format!("meet {}", text("name")?))?;
            let parties = number("parties")?;
            for _ in 0..6000 {
                if count(job, "meet")? as u64 >= parties {
                    return Ok(computed);
                }
                thread::sleep(Duration::from_millis(10));
            }
            Err("no other runner came".into())
        }
        "Squad" => {
            let (squad, pieces) = (text("name")?, number("pieces")?);
            trace(job, &format!("squad {squad}"))?;
            computed.progress_updates = progress(pieces, 0);
            computed.sub_tasks = Some(submissions(squad, pieces, cluster_slug));
            Ok(computed)
        }
        "Piece" => {
            trace(job, &format!("piece {}.{}", text("squad")?, number("number")?))?;
            computed.progress_updates = progress(0, 1);
            Ok(computed)
        }
        _ => Err(format!("the server sent the task {name}").into()),
    }
}

/// Returns the pieces of a squad, with all columns full. A type without a method `Identifier` has an entry for each task.
fn submissions(squad: &str, pieces: u64, cluster_slug: &str) -> TaskSubmissions {
    let input = |number| json!({ "squad": squad, "number": number }).to_string().into();
    let zeros = || vec![0; usize::try_from(pieces).unwrap_or_default()];
    let group = TaskSubmissionGroup {
        dependencies_on_other_groups: Vec::new(),
        inputs: (0..pieces).map(input).collect(),
        identifier_pointers: (0..pieces).collect(),
        cluster_slug_pointers: zeros(),
        display_pointers: zeros(),
        max_retries_values: (0..pieces).map(|_| 0).collect(),
        optional_values: (0..pieces).map(|_| false).collect(),
    };
    TaskSubmissions {
        task_groups: vec![group],
        cluster_slug_lookup: vec![cluster_slug.to_owned()],
        identifier_lookup: (0..pieces).map(|_| identifier("Piece")).collect(),
        display_lookup: vec!["Piece".to_owned()],
    }
}
