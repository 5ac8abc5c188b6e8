//! Invariants over random servers, tasks and times.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::bench::{
    Bench, Request, Sent, accepted, computed, idling, lease, leased, lost, next, not_connected, noted, refused, seconds,
};
use crate::protocol::connect::Code;
use crate::protocol::exchange::ExchangeError;
use crate::protocol::id;
use crate::protocol::machine::RequestId;
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;
use crate::workflows::runner::{FailureCause, Outcome, RunMode, RunnerEvent, RunnerPolicy, RunnerReply};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// The server responds to a request in flight.
    Respond { which: usize, response: Response },
    /// A running task ends.
    Finish { which: usize, outcome: usize },
    /// Time passes, in seconds.
    Pass(f64),
    /// Time passes without a poll, as on a computer that sleeps.
    Sleep(f64),
}

#[derive(Clone, Debug)]
enum Response {
    Task { granted: f64, recommended: f64 },
    Idle(f64),
    Empty,
    Broken,
    Fail(usize),
}

fn response() -> impl Strategy<Value = Response> {
    prop_oneof![
        4 => (0.0..20.0, 0.0..15.0).prop_map(|(granted, recommended)| Response::Task { granted, recommended }),
        2 => (0.0..20.0).prop_map(Response::Idle),
        1 => Just(Response::Empty),
        1 => Just(Response::Broken),
        3 => (0..FAILURES).prop_map(Response::Fail),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<usize>(), response()).prop_map(|(which, response)| Step::Respond { which, response }),
        3 => (any::<usize>(), 0..6_usize).prop_map(|(which, outcome)| Step::Finish { which, outcome }),
        3 => (0.0..4.0).prop_map(Step::Pass),
        1 => (0.0..40.0).prop_map(Step::Sleep),
    ]
}

fn policy() -> impl Strategy<Value = RunnerPolicy> {
    (1..6_usize, 0..4_usize, any::<bool>(), 0.0..5.0).prop_map(|(concurrency, ahead, abort_on_lost_lease, grace)| {
        RunnerPolicy { concurrency, ahead, abort_on_lost_lease, grace: seconds(grace), ..RunnerPolicy::default() }
    })
}

const FAILURES: usize = 8;

/// The failures of which none ends the runner by itself.
fn failure(number: usize) -> ExchangeError {
    match number {
        0 => lost(),
        1 => not_connected(),
        2 => refused(Code::Unavailable),
        3 => refused(Code::Internal),
        4 => refused(Code::ResourceExhausted),
        5 => refused(Code::Aborted),
        6 => refused(Code::Canceled),
        _ => ExchangeError::Unreadable(crate::error::UnreadableMessage::new("cut")),
    }
}

/// A runner with a random server, and the state that its invariants are about.
struct World {
    bench: Bench,
    policy: RunnerPolicy,
    /// The busy slots, by number.
    running: BTreeMap<usize, u128>,
    /// The ends of the leases of all tasks whose report was not accepted.
    leases: BTreeMap<u128, Instant>,
    /// When the last request was sent that extended each of them.
    extended: BTreeMap<u128, Instant>,
    next_task: u128,
    seen_events: usize,
    seen_requests: u64,
    /// The last request that was checked.
    seen_request: Option<RequestId>,
    /// Whether the last response had no task, and nothing has happened since that makes tasks likely.
    is_idle: bool,
}

impl World {
    fn new(policy: RunnerPolicy, mode: RunMode, seed: u64) -> Self {
        let bench = Bench::seeded(mode, policy, seed);
        Self {
            bench,
            policy,
            running: BTreeMap::new(),
            leases: BTreeMap::new(),
            extended: BTreeMap::new(),
            next_task: 0,
            seen_events: 0,
            seen_requests: 0,
            seen_request: None,
            is_idle: false,
        }
    }

    fn step(&mut self, step: &Step) {
        if self.bench.is_done {
            return;
        }
        match step {
            Step::Respond { which, response } if !self.bench.sent.is_empty() => {
                let index = which % self.bench.sent.len();
                let sent = self.bench.sent.remove(index);
                self.respond(&sent, response);
            }
            Step::Finish { which, outcome } if !self.running.is_empty() => {
                let slot = self.running.keys().copied().nth(which % self.running.len()).expect("a busy slot");
                self.running.remove(&slot);
                self.is_idle = false;
                self.bench.finish(slot, outcome_of(*outcome));
            }
            Step::Pass(time) => self.bench.pass(seconds(*time)),
            Step::Sleep(time) => {
                self.bench.now = self.bench.now + seconds(*time);
                self.bench.poll();
            }
            Step::Respond { .. } | Step::Finish { .. } => {}
        }
        self.check();
    }

    fn respond(&mut self, sent: &Sent, response: &Response) {
        let result = match (&sent.request, response) {
            (_, Response::Fail(number)) => Err(failure(*number)),
            (Request::Failed(request), _) => {
                self.leases.remove(&number(request.task_id.as_ref()));
                Ok(noted())
            }
            (Request::Extend(request), Response::Task { granted, recommended }) => {
                let until = sent.at + seconds(*granted);
                let task = number(request.task_id.as_ref());
                let extended = self.extended.entry(task).or_default();
                // A response after the end of the lease comes too late, and one to an earlier attempt than the last counts no more.
                if *granted > 0.0
                    && let Some(lease) = self.leases.get_mut(&task)
                    && self.bench.now < *lease
                    && sent.at >= *extended
                {
                    (*lease, *extended) = (until, sent.at);
                }
                Ok(RunnerReply::Lease(lease(*granted, *recommended)))
            }
            (Request::Extend(_), _) => Ok(RunnerReply::Lease(wire::TaskLease::default())),
            (Request::Next(request), response) => {
                if let Some(computed) = &request.computed_task {
                    self.leases.remove(&number(computed.id.as_ref()));
                }
                match (request.next_task_to_run.is_some(), response) {
                    (false, _) | (true, Response::Empty) => Ok(accepted()),
                    (true, Response::Task { granted, recommended }) => {
                        self.next_task += 1;
                        let granted_or_default = if *granted > 0.0 { *granted } else { 15.0 };
                        self.leases.insert(self.next_task, sent.at + seconds(granted_or_default));
                        Ok(next(leased(self.next_task, *granted, *recommended)))
                    }
                    (true, Response::Broken) => {
                        self.next_task += 1;
                        self.leases.insert(self.next_task, sent.at + seconds(15.0));
                        Ok(next(wire::Task { job: None, ..leased(self.next_task, 15.0, 10.0) }))
                    }
                    (true, Response::Idle(wait)) => Ok(idling(*wait)),
                    (true, Response::Fail(_)) => unreachable!("handled above"),
                }
            }
        };
        let is_idle = matches!(&result, Ok(RunnerReply::NextTask(next)) if next.next_task.is_none());
        self.is_idle = is_idle && sent.is_ask();
        self.bench.respond(sent, result);
    }

    /// Checks the events and requests since the last check.
    fn check(&mut self) {
        for event in &self.bench.events[self.seen_events..] {
            match event {
                RunnerEvent::Execute { slot, task } => {
                    let before = self.running.insert(slot.index(), task.id.as_u128());
                    assert_eq!(before, None, "the slot {slot} was busy");
                    assert!(self.leases.contains_key(&task.id.as_u128()), "an unknown task");
                }
                RunnerEvent::Stop { slot, reason: crate::workflows::StopReason::Interrupted } => {
                    assert!(self.running.remove(&slot.index()).is_some(), "a free slot was interrupted");
                }
                RunnerEvent::Stop { slot, .. } | RunnerEvent::Lease { slot, .. } => {
                    assert!(self.running.contains_key(&slot.index()), "{event:?} for a free slot");
                }
                _ => {}
            }
        }
        self.seen_events = self.bench.events.len();
        assert!(self.running.len() <= self.policy.concurrency, "more tasks than slots");
        let held = self.bench.runner.held.len();
        let asks = self.bench.count(Sent::is_ask);
        assert!(held + asks <= self.policy.concurrency + self.policy.ahead, "{held} tasks and {asks} requests");
        let seen = self.seen_request;
        let new: Vec<_> = self.bench.sent.iter().filter(|sent| Some(sent.exchange.id) > seen).collect();
        self.seen_request = new.iter().map(|sent| sent.exchange.id).max().or(seen);
        for sent in &new {
            if let Request::Extend(request) = &sent.request {
                let until = self.leases.get(&number(request.task_id.as_ref()));
                assert!(until.is_some_and(|until| sent.at < *until), "a late extension: {sent:?}, {until:?}");
            }
        }
        if self.is_idle && self.running.is_empty() && held == 0 {
            let asks = new.iter().filter(|sent| sent.is_ask()).count();
            assert!(asks <= 1, "an idle runner asks {asks} times");
        }
        let requests = self.bench.runner.summary().requests;
        assert!(requests - self.seen_requests < 3000, "{requests} requests");
        self.seen_requests = requests;
        if self.bench.wait.is_none() && !self.bench.is_done {
            assert!(!self.bench.sent.is_empty() || !self.running.is_empty(), "the runner waits for nothing");
        }
    }
}

fn outcome_of(number: usize) -> Outcome {
    match number {
        0 => Outcome::UnknownIdentifier,
        1 => Outcome::HandBack,
        2 => {
            let (display, cause) = ("T\nno".to_owned(), FailureCause::Task);
            Outcome::Failed { display, progress: Vec::new(), cause }
        }
        subtasks => computed(subtasks - 3),
    }
}

fn number(id: Option<&crate::protocol::wire::tilebox::v1::Id>) -> u128 {
    id.and_then(id::from_wire).expect("an id").as_u128()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_run_keeps_its_invariants_and_ends_within_its_bounds(
        policy in policy(),
        all: bool,
        seed: u64,
        steps in prop::collection::vec(step(), 0..120),
        ending in prop::collection::vec(step(), 0..30),
        interrupts: bool,
        responds: bool,
    ) {
        let mut world = World::new(policy, if all { RunMode::All } else { RunMode::Forever }, seed);
        for step in &steps {
            world.step(step);
        }
        if !world.bench.is_done {
            world.bench.stop();
            world.check();
        }
        let stopped = world.bench.now;
        for step in &ending {
            // A late driver ends late, so it may not sleep here.
            let step = match step {
                Step::Sleep(_) => &Step::Pass(0.5),
                step => step,
            };
            world.step(step);
            prop_assert!(world.bench.is_done || world.bench.now <= stopped + policy.grace + policy.report_grace);
        }
        let mut end = stopped + policy.grace + policy.report_grace;
        if interrupts && !world.bench.is_done {
            world.bench.interrupt();
            world.check();
            end = end.min(world.bench.now + policy.interrupt_grace);
        }
        for _ in 0..1000 {
            if world.bench.is_done {
                break;
            }
            let step = match responds && !world.bench.sent.is_empty() {
                true => Step::Respond { which: 0, response: Response::Fail(2) },
                false => Step::Pass(0.25),
            };
            world.step(&step);
        }
        prop_assert!(world.bench.is_done, "the runner does not end: {:?}", world.bench.runner);
        prop_assert!(world.bench.done_at <= Some(end), "{:?} after {end:?}", world.bench.done_at);
        // Responses after the end change nothing.
        let (events, requests) = (world.bench.events.len(), world.bench.runner.summary().requests);
        let late = world.bench.sent.drain(..).collect::<Vec<_>>();
        for sent in &late {
            world.bench.respond(sent, Ok(next(leased(999, 15.0, 10.0))));
        }
        world.bench.pass(seconds(1000.0));
        prop_assert_eq!(events, world.bench.events.len());
        prop_assert_eq!(requests, world.bench.runner.summary().requests);
    }

    /// A server that responds to everything at once sees every task computed once, and the runner ends.
    #[test]
    fn a_good_server_sees_every_task_once(
        concurrency in 1..9_usize,
        ahead in 0..5_usize,
        tasks in 0..60_u128,
        seed: u64,
    ) {
        let policy = RunnerPolicy { concurrency, ahead, ..RunnerPolicy::default() };
        let mut world = World::new(policy, RunMode::All, seed);
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..10_000 {
            if world.bench.is_done {
                break;
            }
            let has_task = world.next_task < tasks;
            let response = if has_task { Response::Task { granted: 15.0, recommended: 10.0 } } else { Response::Idle(7.0) };
            let step = match random.u8(0..3) {
                0 if !world.running.is_empty() => Step::Finish { which: random.usize(..), outcome: 3 },
                1 => Step::Pass(0.2 * random.f64()),
                _ => Step::Respond { which: 0, response },
            };
            world.step(&step);
        }
        prop_assert!(world.bench.is_done);
        let summary = world.bench.ended();
        prop_assert_eq!(u128::from(summary.computed), tasks);
        prop_assert_eq!((summary.failed, summary.handed_back, summary.lost_leases), (0, 0, 0));
    }
}
