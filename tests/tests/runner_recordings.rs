//! The runner plays a recorded run of the real Workflows API: 20 exchanges, in their order.
//!
//! The recording is not part of the repository. Without it the test prints that and passes.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use tilebox_core::protocol::call::{Call, CallPolicy};
use tilebox_core::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl};
use tilebox_core::protocol::machine::{Exchange, Machine, Output};
use tilebox_core::protocol::rpc::Rpc;
use tilebox_core::protocol::wire::workflows::v1 as wire;
use tilebox_core::time::Instant;
use tilebox_core::workflows::rpc::{GetCluster, NextTask, SubmitJob};
use tilebox_core::workflows::runner::{
    LeasedTask, Outcome, Registered, ReportResult, RunMode, Runner, RunnerEvent, RunnerPolicy,
};
use tilebox_core::workflows::{LeaseState, Subtasks, TaskDefaults, TaskIdentifier, TaskSubmission, encode_root_tasks};
use tilebox_tests::recordings::{bodies, workflows_folder};

const FIBONACCI: &str = "tilebox.com/fibonacci/FibonacciTask";
const SUM: &str = "tilebox.com/fibonacci/SumResultTask";
const TRACE_PARENT: &str = "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01";

/// The request of the recorded client for its job, built from its rules with the official descriptors.
const SUBMISSION: &str = "12096669626f6e616363691a3730302d38636262363035383466356138376165623665386462373930326265656438352d636463\
    656138373434336663353962612d30312a6e0a1812077b224e223a377d1a01002201002a01003201003a010012001a2b0a2374696c65626f782e63\
    6f6d2f6669626f6e616363692f4669626f6e616363695461736b120476312e30222374696c65626f782e636f6d2f6669626f6e616363692f466962\
    6f6e616363695461736b";
/// A request for a task.
const WANTED: &str = "12720a1664656661756c742d353675626f6338324844564e7973122b0a2374696c65626f782e636f6d2f6669626f6e616363692f466962\
    6f6e616363695461736b120476312e30122b0a2374696c65626f782e636f6d2f6669626f6e616363692f53756d526573756c745461736b120476\
    312e30";
/// The report of the first task, which [`WANTED`] follows.
const FIRST_REPORT: &str = "0abd020a120a10019acba6f5ed98959032aa8340131de5122374696c65626f782e636f6d2f6669626f6e616363692f46\
    69626f6e616363695461736b2a81020a2612077b224e223a367d12077b224e223a357d1a020000220200002a020000320200003a0200000a1b0a\
    010012077b224e223a377d1a01012201002a01013201003a0100121664656661756c742d353675626f6338324844564e79731a2b0a2374696c6562\
    6f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b120476312e301a2b0a2374696c65626f782e636f6d2f6669626f6e61\
    6363692f53756d526573756c745461736b120476312e30222374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461\
    736b222374696c65626f782e636f6d2f6669626f6e616363692f53756d526573756c745461736b";

/// The recorded server: its responses in order, whatever is asked.
struct Server {
    responses: VecDeque<Bytes>,
    /// The bodies of the requests so far.
    requests: Vec<String>,
}

impl Server {
    fn respond<M: Machine>(&mut self, machine: &mut M, now: Instant, exchange: &Exchange<M::Reply>, path: &str) {
        assert_eq!(exchange.request.uri().path(), path);
        self.requests.push(hex(exchange.request.body()));
        let body = self.responses.pop_front().expect("a response is left");
        let response = http::Response::builder().header("content-type", "application/proto").body(body);
        let reply = exchange.decode(Ok(response.expect("a response")));
        machine.handle_response(now, exchange.id, reply);
    }

    fn call<R: Rpc>(&mut self, request: &R::Request) -> R::Response {
        let request = endpoint().call::<R>(request, "play the recording").expect("a call");
        let mut call = Call::new(request, CallPolicy::default(), 1);
        let Output::Send(exchange) = call.poll_output(Instant::ORIGIN) else { panic!("a request") };
        self.respond(&mut call, Instant::ORIGIN, &exchange, R::PATH);
        let Output::Item(Ok(response)) = call.poll_output(Instant::ORIGIN) else { panic!("a response") };
        response
    }
}

fn endpoint() -> Endpoint {
    let url = ServerUrl::parse("http://localhost:1").expect("a URL");
    Endpoint::new(&url, None, &ClientMetadata::none())
}

fn identifier(name: &str) -> TaskIdentifier {
    TaskIdentifier::new(name, 1, 0)
}

fn submission(name: &str, number: u32) -> TaskSubmission {
    TaskSubmission::bytes(identifier(name), format!("{{\"N\":{number}}}")).display(name)
}

fn number(task: &LeasedTask) -> u32 {
    let input = std::str::from_utf8(&task.input).expect("text");
    let digits = input.strip_prefix("{\"N\":").and_then(|rest| rest.strip_suffix('}'));
    digits.and_then(|digits| digits.parse().ok()).expect("a number")
}

/// Executes a task as the recorded runner did.
fn execute(task: &LeasedTask, cluster: &str, cache: &mut BTreeSet<u32>) -> Outcome {
    let number = number(task);
    let mut subtasks = Subtasks::new(TaskDefaults::new().cluster(cluster));
    if task.identifier.name() == FIBONACCI && number > 2 && !cache.contains(&number) {
        let smaller = [number - 1, number - 2].map(|number| submission(FIBONACCI, number));
        let smaller = subtasks.submit_all(smaller).expect("subtasks");
        subtasks.submit_after(submission(SUM, number), &smaller).expect("a subtask");
    } else {
        cache.insert(number);
    }
    Outcome::Computed { display: None, subtasks: subtasks.to_wire(), progress: Vec::new() }
}

#[test]
fn a_recorded_run_is_repeated_exchange_by_exchange() {
    let Some(folder) = workflows_folder() else { return };
    let responses = VecDeque::from(bodies(&folder.join("fibonacci_workflow.json.rpcs.bin")));
    assert_eq!(responses.len(), 20);
    let mut server = Server { responses, requests: Vec::new() };

    let cluster = server.call::<GetCluster>(&wire::GetClusterRequest::default()).slug;
    let tasks = encode_root_tasks(vec![submission(FIBONACCI, 7)], &TaskDefaults::new()).expect("a task");
    let job = server.call::<SubmitJob>(&wire::SubmitJobRequest {
        tasks: Some(tasks),
        job_name: "fibonacci".to_owned(),
        trace_parent: TRACE_PARENT.to_owned(),
        ..Default::default()
    });

    let registered = Registered::new(cluster.as_str(), [FIBONACCI, SUM].map(identifier));
    let mut runner = Runner::new(endpoint(), registered, RunMode::All, RunnerPolicy::default(), 7);
    let (mut now, mut cache, mut order) = (Instant::ORIGIN, BTreeSet::new(), Vec::new());
    let mut reported = 0;
    let summary = loop {
        match runner.poll_output(now) {
            Output::Send(exchange) => {
                let sent = now;
                now = now + Duration::from_millis(12);
                server.respond(&mut runner, now, &exchange, NextTask::PATH);
                assert!(sent < now);
            }
            Output::Item(Ok(RunnerEvent::Execute { slot, task })) => {
                assert_eq!(task.job_id.as_bytes()[..], job.id.as_ref().expect("an id").uuid[..]);
                assert_eq!((task.job_name.as_str(), task.trace_parent.as_str()), ("fibonacci", TRACE_PARENT));
                let LeaseState::Held { until } = task.lease else { panic!("a lease") };
                let lease = (until - now).as_secs_f64() + 0.012;
                assert!((14.98..15.0).contains(&lease), "{lease}");
                let name = if task.identifier.name() == SUM { "S" } else { "F" };
                order.push(format!("{name}{}", number(&task)));
                now = now + Duration::from_millis(120);
                runner.handle_finished(now, slot, execute(&task, &cluster, &mut cache));
            }
            Output::Item(Ok(RunnerEvent::Reported { result: ReportResult::Computed, .. })) => reported += 1,
            Output::Item(Ok(RunnerEvent::Ended(summary))) => break summary,
            other => panic!("{other:?} after {order:?}"),
        }
    };
    assert!(matches!(runner.poll_output(now), Output::Done));

    assert_eq!(order.join(" "), "F7 F5 F3 F1 F2 S3 F4 F2 F3 S4 S5 F6 F4 F5 S6 S7");
    assert_eq!((reported, summary.computed, summary.idle_responses, summary.requests), (16, 16, 2, 18));
    assert_eq!(summary.subtasks, 15);
    let requests = &server.requests;
    assert_eq!(requests.len(), 20);
    assert_eq!((requests[0].as_str(), requests[1].as_str()), ("", SUBMISSION));
    assert_eq!((requests[2].as_str(), requests[19].as_str()), (WANTED, WANTED));
    assert_eq!(requests[3], format!("{FIRST_REPORT}{WANTED}"));
    let reports = &requests[3..19];
    assert!(reports.iter().all(|request| request.ends_with(WANTED)), "every report asks for the next task");
    let with_subtasks = reports.iter().zip(3..).filter(|(request, _)| report(request).sub_tasks.is_some());
    assert_eq!(with_subtasks.map(|(_, number)| number).collect::<Vec<_>>(), [3, 4, 5, 9, 14]);
}

fn report(request: &str) -> wire::ComputedTask {
    let byte = |at| u8::from_str_radix(&request[at..at + 2], 16).expect("hexadecimal digits");
    let bytes: Vec<_> = (0..request.len()).step_by(2).map(byte).collect();
    let request = wire::NextTaskRequest::decode(&bytes[..]).expect("a request");
    request.computed_task.expect("a report")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
