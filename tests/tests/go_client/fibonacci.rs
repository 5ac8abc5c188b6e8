//! The recorded run of a Fibonacci workflow, played against the server.
//!
//! The runner of the recording computes `F(n)` by two subtasks `F(n - 1)` and `F(n - 2)`, and a sum that depends on both,
//! unless `n` is in its cache. Their ids decide which of the two comes first. The ids of this server are in the order of
//! submission, as in the recording of August 2025; in that of November 2025 they are in the opposite order, so its subtasks
//! are submitted the other way round.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use prost::Message;
use tilebox_core::protocol::wire::workflows::v1::{
    Cluster, ComputedTask, GetClusterRequest, Job, NextTaskRequest, NextTaskResponse, NextTaskToRun, SubmitJobRequest,
    Task, TaskIdentifier, TaskSubmissionGroup, TaskSubmissions,
};
use tilebox_emulator::{Emulator, Service};
use tilebox_tests::recordings::{bodies, folder};

const FIBONACCI: &str = "tilebox.com/fibonacci/FibonacciTask";
const SUM: &str = "tilebox.com/fibonacci/SumResultTask";
/// The bytes of the recorded submission of `F(7)`.
const SUBMISSION: &str = "12096669626f6e616363691a3730302d38636262363035383466356138376165623665386462373930326265656438352d636463\
    656138373434336663353962612d30312a6e0a1812077b224e223a377d1a01002201002a01003201003a010012001a2b0a2374696c65626f782e636f\
    6d2f6669626f6e616363692f4669626f6e616363695461736b120476312e30222374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e\
    616363695461736b";
const AUGUST: &str = "fibonacci_workflow-2025-08.rpcs.bin";
const NOVEMBER: &str = "fibonacci_workflow.json.rpcs.bin";

/// The responses of a run.
struct Run {
    cluster: Cluster,
    job: Job,
    next: Vec<NextTaskResponse>,
}

impl Run {
    /// Reads a recording: GetCluster, SubmitJob, and NextTask until the second response without a task.
    fn recorded(name: &str) -> Option<Self> {
        let path = folder()?.join("../workflows").join(name);
        if !path.is_file() {
            println!("no recording {}", path.display());
            return None;
        }
        Some(Self::read(&path))
    }

    fn read(path: &Path) -> Self {
        let [cluster, job, next @ ..] = &bodies(path)[..] else { panic!("the recording is whole") };
        let next = next.iter().map(|body| NextTaskResponse::decode(body.clone()).expect("a response"));
        Self {
            cluster: Cluster::decode(cluster.clone()).expect("a cluster"),
            job: Job::decode(job.clone()).expect("a job"),
            next: next.collect(),
        }
    }

    /// Runs the workflow on a server, with the two subtasks in this order.
    fn play(subtasks: [u32; 2]) -> Self {
        let service = &Emulator::builder().service().expect("a service");
        let cluster: Cluster = call(service, "WorkflowsService/GetCluster", &GetClusterRequest::default());
        let submission = hex(SUBMISSION);
        let submission = SubmitJobRequest::decode(&submission[..]).expect("a submission");
        let job = call(service, "JobService/SubmitJob", &submission);
        let mut cache = BTreeSet::new();
        let (mut next, mut computed, mut idle) = (Vec::new(), None, 0);
        while idle < 2 {
            let wish = NextTaskToRun {
                cluster_slug: cluster.slug.clone(),
                identifiers: vec![identifier(FIBONACCI), identifier(SUM)],
            };
            let request = NextTaskRequest { computed_task: computed.take(), next_task_to_run: Some(wish) };
            let response: NextTaskResponse = call(service, "TaskService/NextTask", &request);
            match &response.next_task {
                Some(task) => computed = Some(execute(task, &cluster.slug, subtasks, &mut cache)),
                None => idle += 1,
            }
            next.push(response);
        }
        Self { cluster, job, next }
    }

    /// Returns the tasks in the order in which they were handed out.
    fn order(&self) -> Vec<(&str, u32)> {
        let tasks = self.next.iter().filter_map(|response| response.next_task.as_ref());
        tasks.map(|task| (name(task), number(task))).collect()
    }
}

/// Executes a task as the recorded runner does. `subtasks` are the differences between its number and those of its subtasks.
fn execute(task: &Task, cluster_slug: &str, subtasks: [u32; 2], cache: &mut BTreeSet<u32>) -> ComputedTask {
    let number = number(task);
    let sub_tasks = (name(task) == FIBONACCI && number > 2 && !cache.contains(&number)).then(|| TaskSubmissions {
        task_groups: vec![group(0, &subtasks.map(|less| number - less), &[]), group(1, &[number], &[0])],
        cluster_slug_lookup: vec![cluster_slug.to_owned()],
        identifier_lookup: vec![identifier(FIBONACCI), identifier(SUM)],
        display_lookup: vec![FIBONACCI.to_owned(), SUM.to_owned()],
    });
    if sub_tasks.is_none() {
        cache.insert(number);
    }
    ComputedTask {
        id: task.id.clone(),
        display: task.display.clone().unwrap_or_default(),
        sub_tasks,
        ..ComputedTask::default()
    }
}

fn group(kind: u64, numbers: &[u32], dependencies: &[u32]) -> TaskSubmissionGroup {
    let count = numbers.len();
    TaskSubmissionGroup {
        dependencies_on_other_groups: dependencies.to_vec(),
        inputs: numbers.iter().map(|number| format!("{{\"N\":{number}}}").into()).collect(),
        identifier_pointers: vec![kind; count],
        cluster_slug_pointers: vec![0; count],
        display_pointers: vec![kind; count],
        max_retries_values: vec![0; count],
        optional_values: vec![false; count],
    }
}

fn identifier(name: &str) -> TaskIdentifier {
    TaskIdentifier { name: name.to_owned(), version: "v1.0".to_owned() }
}

fn name(task: &Task) -> &str {
    task.identifier.as_ref().map_or("", |identifier| &identifier.name)
}

fn number(task: &Task) -> u32 {
    let input = task.input.as_deref().unwrap_or_default();
    let json: serde_json::Value = serde_json::from_slice(input).expect("JSON");
    json["N"].as_u64().and_then(|number| number.try_into().ok()).expect("a number")
}

fn call<M: Message + Default>(service: &Service, method: &str, request: &impl Message) -> M {
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_764_353_308_154);
    let message = Bytes::from(request.encode_to_vec());
    let response = service.call(&format!("/workflows.v1.{method}"), message, now).expect("a response");
    M::decode(response).expect("a message")
}

fn hex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits");
    (0..text.len()).step_by(2).map(byte).collect()
}

#[test]
fn tasks_are_handed_out_in_the_recorded_order() {
    for (name, subtasks) in [(AUGUST, [1, 2]), (NOVEMBER, [2, 1])] {
        let Some(recorded) = Run::recorded(name) else { return };
        assert_eq!(recorded.order().len(), 16);
        assert_eq!(Run::play(subtasks).order(), recorded.order(), "{name}");
    }
}

#[test]
fn responses_equal_recorded_ones_but_for_ids_and_times() {
    let Some(recorded) = Run::recorded(NOVEMBER) else { return };
    let run = Run::play([2, 1]);
    assert_eq!(run.next.len(), recorded.next.len());

    let cluster = Cluster { slug: recorded.cluster.slug.clone(), ..run.cluster };
    assert_eq!(cluster, recorded.cluster);
    let job = Job { id: recorded.job.id.clone(), submitted_at: recorded.job.submitted_at, ..run.job };
    assert_eq!(job, recorded.job);
    for (response, recorded) in run.next.into_iter().zip(recorded.next) {
        match (response.next_task, recorded.next_task) {
            (Some(mut task), Some(recorded)) => {
                let lease = |task: &Task| task.lease.expect("a lease");
                let seconds = |duration: Option<prost_types::Duration>| duration.expect("a duration").seconds;
                // The recorded leases are 15 seconds less the time of the response.
                assert_eq!(seconds(lease(&task).lease), seconds(lease(&recorded).lease) + 1);
                assert_eq!(
                    seconds(lease(&task).recommended_wait_until_next_extension),
                    seconds(lease(&recorded).recommended_wait_until_next_extension) + 1
                );
                task.id.clone_from(&recorded.id);
                task.lease = recorded.lease;
                if let (Some(job), Some(recorded)) = (&mut task.job, &recorded.job) {
                    job.id.clone_from(&recorded.id);
                    job.submitted_at = recorded.submitted_at;
                }
                assert_eq!(task.encode_to_vec(), recorded.encode_to_vec(), "{task:?} {recorded:?}");
            }
            (None, None) => {
                let wait = response.idling.and_then(|idling| idling.suggested_idling_duration).expect("a wait");
                assert!((5..10).contains(&wait.seconds), "{wait:?}");
                assert!(recorded.idling.is_some());
            }
            (task, recorded) => panic!("{task:?} where the recording has {recorded:?}"),
        }
    }
}
