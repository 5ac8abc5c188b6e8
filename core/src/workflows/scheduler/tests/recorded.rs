//! The recorded run of a Fibonacci job (Workflows API, recordings of August and November 2025), and recorded bytes.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use uuid::Uuid;

use super::support::{World, identifier, message, uuid};
use crate::protocol::wire::workflows::v1::{self as wire, JobState};
use crate::schema::Timestamp;
use crate::workflows::scheduler::keys::{BatchKey, JobKey, Key};
use crate::workflows::scheduler::record::{BatchRecord, JobRecord, Kind};
use crate::workflows::scheduler::{Now, Policy, Record, Scheduler};

const SUBMIT_JOB: &str = "12096669626f6e616363691a3730302d38636262363035383466356138376165623665386462373930326265656438352d636463656138373434336663353962612d30312a6e0a1812077b224e223a377d1a01002201002a01003201003a010012001a2b0a2374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b120476312e30222374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b";
const NEXT_TASK: &str = "12720a1664656661756c742d353675626f6338324844564e7973122b0a2374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b120476312e30122b0a2374696c65626f782e636f6d2f6669626f6e616363692f53756d526573756c745461736b120476312e30";
const COMPUTED: &str = "0abd020a120a10019acba6f5ed98959032aa8340131de5122374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b2a81020a2612077b224e223a367d12077b224e223a357d1a020000220200002a020000320200003a0200000a1b0a010012077b224e223a377d1a01012201002a01013201003a0100121664656661756c742d353675626f6338324844564e79731a2b0a2374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b120476312e301a2b0a2374696c65626f782e636f6d2f6669626f6e616363692f53756d526573756c745461736b120476312e30222374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b222374696c65626f782e636f6d2f6669626f6e616363692f53756d526573756c745461736b12720a1664656661756c742d353675626f6338324844564e7973122b0a2374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b120476312e30122b0a2374696c65626f782e636f6d2f6669626f6e616363692f53756d526573756c745461736b120476312e30";
const TASK_RESPONSE: &str = "0aee010a120a10019acba6f5ed98959032aa8340131de5122b0a2374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b120476312e30180222077b224e223a377d2a2374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b32650a120a10019acba6f5fa25e9106a9f964c42ac7012096669626f6e616363691a3730302d38636262363035383466356138376165623665386462373930326265656438352d636463656138373434336663353962612d30313a0b089ccaa7c9061080b5b7494a140a08080e10cda8a6d7031208080910cda8a6d703";
const IDLING_RESPONSE: &str = "12090a07080910f7f0f44d";
const SHUTDOWN_REPORT: &str =
    "0a2a0a120a10019acba6f5ed98959032aa8340131de5120653756d2834292202100222080a04737465701801";
const CLUSTER: &str = "default-56uboc82HDVNys";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

fn decode<M: Message + Default>(hex: &str) -> M {
    M::decode(&*bytes(hex)).expect("a message")
}

/// Returns a scheduler that holds the recorded job, with the recorded ids.
fn recorded(policy: Policy) -> (Scheduler, Now) {
    let request: wire::SubmitJobRequest = decode(SUBMIT_JOB);
    let mut tasks = request.tasks.expect("tasks");
    tasks.cluster_slug_lookup = vec![CLUSTER.to_owned()];
    let id = |text: &str| Bytes::copy_from_slice(Uuid::parse_str(text).expect("an id").as_bytes());
    let job = JobRecord {
        id: id("019acba6-f5fa-25e9-106a-9f964c42ac70"),
        name: request.job_name,
        trace_parent: request.trace_parent,
        ..Default::default()
    };
    let batch =
        BatchRecord { ids: id("019acba6-f5ed-9895-9032-aa8340131de5"), tasks: Some(tasks), ..Default::default() };
    let records = [Record::new(Kind::Job, JobKey::new(0), &job), Record::new(Kind::Batch, BatchKey::new(0), &batch)];
    let now = Now { time: Timestamp::parse("2025-11-28T18:08:28.2Z").expect("a time"), ..Now::ORIGIN };
    (Scheduler::restore(policy, 1, now, records).expect("valid records"), now)
}

#[test]
fn responses_have_the_recorded_bytes() {
    let policy = Policy::default().with_lease(Duration::new(14, 988_386_381));
    let idle = Duration::new(9, 163_395_703);
    let (mut scheduler, now) = recorded(policy.with_idle(idle..=idle));
    let request: wire::NextTaskRequest = decode(NEXT_TASK);
    let response = scheduler.next_task(now, &request).expect("a task");
    assert_eq!(response.encode_to_vec(), bytes(TASK_RESPONSE));
    let response = scheduler.next_task(now, &request).expect("no task");
    assert_eq!(response.encode_to_vec(), bytes(IDLING_RESPONSE));
}

#[test]
fn the_recorded_report_hands_out_the_first_subtask() {
    let (mut scheduler, now) = recorded(Policy::default());
    scheduler.next_task(now, &decode(NEXT_TASK)).expect("a task");
    let next = scheduler.next_task(now, &decode(COMPUTED)).expect("a report").next_task.expect("a subtask");
    assert_eq!(next.input.as_deref(), Some(br#"{"N":6}"#.as_slice()));
    let job = Uuid::parse_str("019acba6-f5fa-25e9-106a-9f964c42ac70").expect("an id");
    let stats = scheduler.job(job).and_then(|job| job.execution_stats).expect("statistics");
    assert_eq!(stats.total_tasks, 4);
}

#[test]
fn the_recorded_shutdown_report_ends_the_job() {
    let (mut scheduler, now) = recorded(Policy::default());
    scheduler.next_task(now, &decode(NEXT_TASK)).expect("a task");
    let response = scheduler.next_task(now, &decode(SHUTDOWN_REPORT)).expect("a report");
    assert_eq!(response, wire::NextTaskResponse::default());
    let job = scheduler.job(Uuid::parse_str("019acba6-f5fa-25e9-106a-9f964c42ac70").expect("an id")).expect("the job");
    assert_eq!((job.state(), job.legacy_state()), (JobState::Completed, wire::LegacyJobState::Completed));
    let progress: Vec<_> = job.progress.iter().map(|sum| (sum.label.as_str(), sum.total, sum.done)).collect();
    assert_eq!(progress, [("", 2, 0), ("step", 0, 1)]);
}

#[test]
fn a_submitted_job_has_the_recorded_fields() {
    let mut scheduler = Scheduler::new(Policy::default(), 1);
    let now = Now { time: Timestamp::parse("2025-11-28T18:08:28.154Z").expect("a time"), ..Now::ORIGIN };
    let request: wire::SubmitJobRequest = decode(SUBMIT_JOB);
    let job = scheduler.submit_job(now, &request).expect("a job");
    let expected = wire::Job {
        id: job.id.clone(),
        name: "fibonacci".to_owned(),
        trace_parent: request.trace_parent,
        legacy_state: wire::LegacyJobState::Queued.into(),
        submitted_at: Some(prost_types::Timestamp { seconds: 1_764_353_308, nanos: 154_000_000 }),
        state: JobState::Submitted.into(),
        execution_stats: Some(wire::ExecutionStats {
            total_tasks: 1,
            tasks_by_state: vec![wire::TaskStateCount { state: wire::TaskState::Queued.into(), count: 1 }],
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_eq!(job, expected);
    assert!(uuid(job.id.as_ref()).to_string().starts_with("019acba6-f5fa-"));
}

/// The order of the children of one task, which differs between the two recordings.
#[derive(Clone, Copy)]
enum Children {
    AsSubmitted,
    Reversed,
}

/// Runs the job with one runner, which remembers the sums it has computed, and returns what it executed.
fn run_fibonacci(children: Children) -> Vec<String> {
    let mut world = World::new();
    let number = |n: u32| Bytes::from(n.to_string());
    let spec = |name: &str, n: u32| super::support::Spec { input: number(n), ..super::support::task(name) };
    let job = world.submit(super::support::tasks(&[spec("F", 7)]));
    let wanted = wire::NextTaskToRun {
        cluster_slug: "c".to_owned(),
        identifiers: vec![identifier("F", "v1.0"), identifier("S", "v1.0")],
    };
    let mut cached = BTreeSet::new();
    let mut executed = Vec::new();
    let mut report = None;
    loop {
        let request = wire::NextTaskRequest { computed_task: report, next_task_to_run: Some(wanted.clone()) };
        world.pass(50);
        let Some(task) = world.next(&request) else { break };
        let name = task.identifier.expect("an identifier").name;
        let n: u32 = std::str::from_utf8(&task.input.expect("an input")).expect("text").parse().expect("a number");
        executed.push(format!("{name}{n}"));
        let sub_tasks = (name == "F" && n > 2 && !cached.contains(&n)).then(|| {
            let mut both = [spec("F", n - 1), spec("F", n - 2)];
            if let Children::Reversed = children {
                both.reverse();
            }
            super::support::groups(&[(&[], &both), (&[0], &[spec("S", n)])])
        });
        if name == "S" {
            cached.insert(n);
        }
        report = Some(wire::ComputedTask { id: message(uuid(task.id.as_ref())), sub_tasks, ..Default::default() });
    }
    assert_eq!(world.state(job), JobState::Completed);
    assert_eq!(world.counts(job), [0, 0, 16, 0, 0, 0]);
    executed
}

#[test]
fn tasks_run_in_the_order_recorded_in_november() {
    let order = "F7 F5 F3 F1 F2 S3 F4 F2 F3 S4 S5 F6 F4 F5 S6 S7";
    assert_eq!(run_fibonacci(Children::Reversed).join(" "), order);
}

#[test]
fn tasks_run_in_the_order_recorded_in_august() {
    let order = "F7 F6 F5 F4 F3 F2 F1 S3 F2 S4 F3 S5 F4 S6 F5 S7";
    assert_eq!(run_fibonacci(Children::AsSubmitted).join(" "), order);
}
