//! A driver with a virtual clock, and messages of a server.

use std::io::Read as _;
use std::time::Duration;

use flate2::read::GzDecoder;
use http::header::CONTENT_ENCODING;
use prost::Message as _;
use uuid::Uuid;

use crate::protocol::connect::{self, Code};
use crate::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl};
use crate::protocol::exchange::{ExchangeError, TransportError, TransportErrorKind};
use crate::protocol::id;
use crate::protocol::machine::{Exchange, Machine as _, Output};
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;
use crate::workflows::TaskIdentifier;
use crate::workflows::rpc::{ExtendTaskLease, NextTask, TaskFailed};
use crate::workflows::runner::{
    LeasedTask, Outcome, Registered, ReportResult, RunMode, RunSummary, Runner, RunnerEvent, RunnerPolicy, RunnerReply,
    SlotId, StopReason,
};

/// More outputs without a wait than any test has: a machine that never waits would hang.
const MAX_OUTPUTS: usize = 100_000;

pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A runner and its driver.
pub(super) struct Bench {
    pub(super) runner: Runner,
    pub(super) now: Instant,
    /// The requests in flight, in the order of their sending.
    pub(super) sent: Vec<Sent>,
    /// The events so far, in order.
    pub(super) events: Vec<RunnerEvent>,
    /// The time for which the runner waits.
    pub(super) wait: Option<Instant>,
    pub(super) is_done: bool,
    /// The time of the end.
    pub(super) done_at: Option<Instant>,
    /// The error that ended the runner.
    pub(super) error: Option<crate::error::Error>,
}

/// A request in flight.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) at: Instant,
    pub(super) exchange: Exchange<RunnerReply>,
    pub(super) request: Request,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Request {
    Next(wire::NextTaskRequest),
    Failed(wire::TaskFailedRequest),
    Extend(wire::TaskLeaseRequest),
}

impl Sent {
    fn new(at: Instant, exchange: Exchange<RunnerReply>) -> Self {
        let mut body = Vec::new();
        let mut sent = &exchange.request.body()[..];
        let length = match exchange.request.headers().contains_key(CONTENT_ENCODING) {
            true => GzDecoder::new(sent).read_to_end(&mut body),
            false => sent.read_to_end(&mut body),
        };
        length.expect("a whole body");
        let body = &body[..];
        let request = match exchange.request.uri().path() {
            NextTask::PATH => Request::Next(wire::NextTaskRequest::decode(body).expect("a request")),
            TaskFailed::PATH => Request::Failed(wire::TaskFailedRequest::decode(body).expect("a request")),
            ExtendTaskLease::PATH => Request::Extend(wire::TaskLeaseRequest::decode(body).expect("a request")),
            other => panic!("an unknown method {other}"),
        };
        Self { at, exchange, request }
    }

    /// Whether it asks for a task and reports nothing.
    pub(super) fn is_ask(&self) -> bool {
        matches!(&self.request, Request::Next(request) if request.computed_task.is_none())
    }

    /// Whether it reports a computed task.
    pub(super) fn is_computed(&self) -> bool {
        matches!(&self.request, Request::Next(request) if request.computed_task.is_some())
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(&self.request, Request::Failed(_))
    }

    pub(super) fn is_extension(&self) -> bool {
        matches!(&self.request, Request::Extend(_))
    }

    /// Whether it asks for a task, alone or with a report.
    pub(super) fn asks(&self) -> bool {
        matches!(&self.request, Request::Next(request) if request.next_task_to_run.is_some())
    }
}

/// A policy with this number of slots.
pub(super) fn slots(concurrency: usize) -> RunnerPolicy {
    RunnerPolicy { concurrency, ..RunnerPolicy::default() }
}

pub(super) fn endpoint() -> Endpoint {
    let url = ServerUrl::parse("http://localhost:1").expect("a URL");
    Endpoint::new(&url, None, &ClientMetadata::none())
}

impl Bench {
    /// Creates a runner of the task `T` on the cluster `c`, and polls it.
    pub(super) fn new(mode: RunMode, policy: RunnerPolicy) -> Self {
        Self::seeded(mode, policy, 7)
    }

    pub(super) fn seeded(mode: RunMode, policy: RunnerPolicy, seed: u64) -> Self {
        let registered = Registered::new("c", [TaskIdentifier::new("T", 1, 0)]);
        Self::with(Runner::new(endpoint(), registered, mode, policy, seed))
    }

    pub(super) fn with(runner: Runner) -> Self {
        let now = Instant::ORIGIN + Duration::from_secs(1000);
        let (sent, events) = (Vec::new(), Vec::new());
        let mut bench = Self { runner, now, sent, events, wait: None, is_done: false, done_at: None, error: None };
        bench.poll();
        bench
    }

    /// Polls the runner until it waits.
    pub(super) fn poll(&mut self) {
        for _ in 0..MAX_OUTPUTS {
            match self.runner.poll_output(self.now) {
                Output::Send(exchange) => self.sent.push(Sent::new(self.now, exchange)),
                Output::Item(Ok(event)) => {
                    assert!(!self.has_ended(), "an event after the last one: {event:?}");
                    self.events.push(event);
                }
                Output::Item(Err(error)) => {
                    assert!(!self.has_ended(), "an error after the last event: {error:?}");
                    self.error = Some(error);
                }
                Output::WaitUntil(time) => {
                    assert!(time > self.now, "a wait that is over");
                    self.wait = Some(time);
                    return;
                }
                Output::WaitForResponses => {
                    self.wait = None;
                    return;
                }
                Output::Done => {
                    assert!(self.has_ended(), "done without a last item");
                    self.is_done = true;
                    self.done_at = self.done_at.or(Some(self.now));
                    return;
                }
            }
        }
        panic!("the runner never waits");
    }

    fn has_ended(&self) -> bool {
        self.error.is_some() || matches!(self.events.last(), Some(RunnerEvent::Ended(_)))
    }

    /// Lets time pass, and polls at every time that the runner asks for.
    pub(super) fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        for _ in 0..MAX_OUTPUTS {
            match self.wait.filter(|wait| *wait <= end && !self.is_done) {
                Some(wait) => self.now = wait,
                None => {
                    self.now = end;
                    self.poll();
                    return;
                }
            }
            self.poll();
        }
        panic!("the runner wakes without end");
    }

    /// Removes the only request in flight that satisfies a condition.
    pub(super) fn only(&mut self, condition: impl Fn(&Sent) -> bool) -> Sent {
        let count = self.count(&condition);
        assert_eq!(count, 1, "expects one such request in flight, got {:?}", self.sent);
        self.first(condition)
    }

    /// Removes the first request in flight that satisfies a condition.
    pub(super) fn first(&mut self, condition: impl Fn(&Sent) -> bool) -> Sent {
        let index = self.sent.iter().position(condition);
        self.sent.remove(index.unwrap_or_else(|| panic!("no such request in {:?}", self.sent)))
    }

    pub(super) fn count(&self, condition: impl Fn(&Sent) -> bool) -> usize {
        self.sent.iter().filter(|sent| condition(sent)).count()
    }

    pub(super) fn respond(&mut self, sent: &Sent, result: Result<RunnerReply, ExchangeError>) {
        self.runner.handle_response(self.now, sent.exchange.id, result);
        self.poll();
    }

    /// Responds to the only request for a task, or the only report that asks for one.
    pub(super) fn give(&mut self, task: wire::Task) {
        let sent = self.first(Sent::asks);
        self.respond(&sent, Ok(next(task)));
    }

    /// Responds to the first request for a task: there is none.
    pub(super) fn idle(&mut self, wait: f64) {
        let sent = self.first(Sent::asks);
        self.respond(&sent, Ok(idling(wait)));
    }

    /// Fails the first request that satisfies a condition.
    pub(super) fn fail(&mut self, condition: impl Fn(&Sent) -> bool, failure: ExchangeError) {
        let sent = self.first(condition);
        self.respond(&sent, Err(failure));
    }

    /// Ends the task in a slot.
    pub(super) fn finish(&mut self, slot: usize, outcome: Outcome) {
        self.runner.handle_finished(self.now, SlotId(slot as u32), outcome);
        self.poll();
    }

    /// Ends the task in a slot, which was computed without subtasks.
    pub(super) fn compute(&mut self, slot: usize) {
        self.finish(slot, computed(0));
    }

    pub(super) fn stop(&mut self) {
        self.runner.stop(self.now);
        self.poll();
    }

    pub(super) fn interrupt(&mut self) {
        self.runner.interrupt(self.now);
        self.poll();
    }

    /// Returns the slots and tasks of all executions so far.
    pub(super) fn executed(&self) -> Vec<(usize, &LeasedTask)> {
        let executed = self.events.iter().filter_map(|event| match event {
            RunnerEvent::Execute { slot, task } => Some((slot.index(), task)),
            _ => None,
        });
        executed.collect()
    }

    /// Returns the reasons of all stops so far, with their slots.
    pub(super) fn stops(&self) -> Vec<(usize, StopReason)> {
        let stops = self.events.iter().filter_map(|event| match event {
            RunnerEvent::Stop { slot, reason } => Some((slot.index(), *reason)),
            _ => None,
        });
        stops.collect()
    }

    /// Returns the results of all reports so far.
    pub(super) fn results(&self) -> Vec<ReportResult> {
        let results = self.events.iter().filter_map(|event| match event {
            RunnerEvent::Reported { result, .. } => Some(*result),
            _ => None,
        });
        results.collect()
    }

    /// Returns the texts of all troubles so far.
    pub(super) fn troubles(&self) -> Vec<String> {
        let troubles = self.events.iter().filter_map(|event| match event {
            RunnerEvent::Trouble(error) => Some(error.to_string()),
            _ => None,
        });
        troubles.collect()
    }

    /// Returns the numbers of a runner that has ended without an error.
    pub(super) fn ended(&self) -> RunSummary {
        assert!(self.is_done, "the runner has not ended: {:?}", self.events);
        match self.events.last() {
            Some(RunnerEvent::Ended(summary)) => *summary,
            other => panic!("the last event is {other:?}"),
        }
    }
}

pub(super) fn id_of(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A task with a lease of 15 s, to be extended after 10 s.
pub(super) fn task(number: u128) -> wire::Task {
    leased(number, 15.0, 10.0)
}

pub(super) fn leased(number: u128, granted: f64, recommended: f64) -> wire::Task {
    wire::Task {
        id: Some(id::to_wire(id_of(number))),
        identifier: Some(wire::TaskIdentifier { name: "T".to_owned(), version: "v1.0".to_owned() }),
        display: Some(format!("T({number})")),
        job: Some(wire::Job { id: Some(id::to_wire(id_of(1 << 64))), name: "job".to_owned(), ..Default::default() }),
        lease: Some(lease(granted, recommended)),
        ..Default::default()
    }
}

pub(super) fn lease(granted: f64, recommended: f64) -> wire::TaskLease {
    let duration = |length| prost_types::Duration::try_from(seconds(length)).ok();
    wire::TaskLease { lease: duration(granted), recommended_wait_until_next_extension: duration(recommended) }
}

pub(super) fn next(task: wire::Task) -> RunnerReply {
    RunnerReply::NextTask(wire::NextTaskResponse { next_task: Some(task), idling: None })
}

pub(super) fn idling(wait: f64) -> RunnerReply {
    let suggested_idling_duration = prost_types::Duration::try_from(seconds(wait)).ok();
    let idling = Some(wire::IdlingResponse { suggested_idling_duration });
    RunnerReply::NextTask(wire::NextTaskResponse { next_task: None, idling })
}

/// The response to a report that asks for nothing.
pub(super) fn accepted() -> RunnerReply {
    RunnerReply::NextTask(wire::NextTaskResponse::default())
}

/// The response to a failed task.
pub(super) fn noted() -> RunnerReply {
    RunnerReply::TaskFailed(wire::TaskStateResponse::default())
}

/// The outcome of a computed task with this number of subtasks, all ready, and one more that depends on them.
pub(super) fn computed(subtasks: usize) -> Outcome {
    let group = |count: usize, dependencies: &[u32]| wire::TaskSubmissionGroup {
        dependencies_on_other_groups: dependencies.to_vec(),
        inputs: vec![Default::default(); count],
        ..Default::default()
    };
    let task_groups = vec![group(subtasks, &[]), group(1, &[0])];
    let subtasks = (subtasks > 0).then(|| wire::TaskSubmissions { task_groups, ..Default::default() });
    Outcome::Computed { display: None, subtasks, progress: Vec::new() }
}

pub(super) fn refused(code: Code) -> ExchangeError {
    ExchangeError::BadResponse(connect::Error::new(code, "no"))
}

pub(super) fn lost() -> ExchangeError {
    ExchangeError::NoResponse(TransportError::new(TransportErrorKind::TimedOut, "lost"))
}

pub(super) fn not_connected() -> ExchangeError {
    ExchangeError::NoResponse(TransportError::new(TransportErrorKind::Connect, "refused"))
}
