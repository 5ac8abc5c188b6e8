//! The runner as a pure machine: which tasks it asks for, which leases it extends, what it reports, and when a task must stop.
//!
//! **Unstable:** drivers and simulations build on this module; its items may change in any release.
//!
//! | file | contents |
//! |---|---|
//! | `arrivals` | takes tasks from responses, and starts them |
//! | `asking` | when to ask for tasks, and with how many requests |
//! | `display` | the display of a failed task |
//! | `event` | what the machine tells its driver, and what the driver tells it |
//! | `held` | the tasks that it holds, and when something is due for each |
//! | `lease` | the lease of one task |
//! | `leasing` | extensions of leases, and lost ones |
//! | `policy` | the numbers, with reasons |
//! | `registered` | the tasks that can run here, and their cluster |
//! | `report`, `reporting` | the report of one task; how it is repeated and what follows it |
//! | `requests` | the requests in flight |
//! | `shutdown` | the phases of its end |
//! | `slots` | the slots in which tasks run |
//! | `summary` | the numbers of a run |
//! | `task` | a task with a lease |
//! | `verdict` | what a failed request means |
//! | `waits` | random waits |

mod arrivals;
mod asking;
mod display;
mod event;
mod held;
mod lease;
mod leasing;
mod policy;
mod registered;
mod report;
mod reporting;
mod requests;
mod shutdown;
mod slots;
mod summary;
mod task;
#[cfg(test)]
mod tests;
mod verdict;
mod waits;

use std::collections::VecDeque;

use self::asking::Asking;
use self::held::{Due, HeldId, HeldTasks};
use self::requests::{Kind, Requests};
use self::shutdown::Phase;
use self::slots::Slots;
use crate::error::{Error, Result, UnreadableMessage};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::exchange::ExchangeError;
use crate::protocol::machine::{Arrival, Exchange, Machine, Output, RequestId};
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;

#[cfg(feature = "client")]
pub(crate) use display::{failure_display, first_characters};
pub use event::{FailureCause, LeaseState, Outcome, ReportResult, RunnerEvent, SlotId, StopReason};
pub use policy::{RunMode, RunnerPolicy};
pub use registered::Registered;
pub use summary::RunSummary;
pub use task::LeasedTask;

/// The decoded response that a [`Runner`] takes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "a reply is moved once, and a box would allocate for each task")]
pub enum RunnerReply {
    /// Of `NextTask`.
    NextTask(wire::NextTaskResponse),
    /// Of `TaskFailed`.
    TaskFailed(wire::TaskStateResponse),
    /// Of `ExtendTaskLease`.
    Lease(wire::TaskLease),
}

impl RunnerReply {
    /// Refuses a reply of another method than that of the request, which only a driver can mix up.
    fn of(self, kind: Kind) -> Result<Self, ExchangeError> {
        let fits = match (&self, kind) {
            (Self::NextTask(_), Kind::Ask(_) | Kind::Report { .. })
            | (Self::TaskFailed(_), Kind::Report { .. })
            | (Self::Lease(_), Kind::Extension { .. }) => true,
            (Self::NextTask(_) | Self::TaskFailed(_) | Self::Lease(_), _) => false,
        };
        if fits { Ok(self) } else { Err(ExchangeError::Unreadable(UnreadableMessage::new("it is of another method"))) }
    }
}

/// A runner.
///
/// It asks the server for tasks, lets the driver execute them in its slots, extends their leases until their reports are
/// accepted, and repeats failed requests itself: the driver sends every exchange once.
///
/// # Contract
///
/// Beside the three verbs of a [`Machine`] it takes three inputs; poll it after each.
///
/// - [`handle_finished`](Self::handle_finished), once for every [`RunnerEvent::Execute`]. The machine ignores it for a slot whose
///   task it has handed back ([`StopReason::Interrupted`]).
/// - [`stop`](Self::stop): the runner asks for no more tasks, hands back those that have not started, and gives running ones the
///   grace period. Every running slot gets one [`StopReason::Stopping`].
/// - [`interrupt`](Self::interrupt): the runner hands running tasks back at once, and ends soon after. Every running slot gets one
///   [`StopReason::Interrupted`].
///
/// The last item is [`RunnerEvent::Ended`], or the error that ended the runner; then comes [`Output::Done`]. A runner ends at most
/// [`grace`](RunnerPolicy::grace) and [`report_grace`](RunnerPolicy::report_grace) after a stop, and at most
/// [`interrupt_grace`](RunnerPolicy::interrupt_grace) after an interruption.
///
/// The clock of a lease starts when [`Output::Send`] is returned, so the driver sends at once and waits for no permit. It polls
/// on time whatever the tasks do: a late poll loses leases.
///
/// An executed task takes these events: [`Execute`](RunnerEvent::Execute), any number of [`Lease`](RunnerEvent::Lease) and
/// [`Stop`](RunnerEvent::Stop) until it finishes or is handed back, and one [`Reported`](RunnerEvent::Reported).
///
/// ```
/// use tilebox_core::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl};
/// use tilebox_core::protocol::machine::{Machine, Output};
/// use tilebox_core::protocol::wire::workflows::v1::NextTaskResponse;
/// use tilebox_core::time::Instant;
/// use tilebox_core::workflows::TaskIdentifier;
/// use tilebox_core::workflows::runner::{Registered, RunMode, Runner, RunnerEvent, RunnerPolicy, RunnerReply};
///
/// let endpoint = Endpoint::new(&ServerUrl::parse("http://localhost:8080")?, None, &ClientMetadata::none());
/// let registered = Registered::new("dev", [TaskIdentifier::new("Month", 1, 0)]);
/// let mut runner = Runner::new(endpoint, registered, RunMode::All, RunnerPolicy::default(), 7);
///
/// let now = Instant::ORIGIN;
/// let Output::Send(exchange) = runner.poll_output(now) else { panic!("a request for a task") };
/// // The driver sends `exchange.request` here. This server has no task.
/// let response = RunnerReply::NextTask(NextTaskResponse::default());
/// runner.handle_response(now, exchange.id, Ok(response));
/// let Output::Item(Ok(RunnerEvent::Ended(summary))) = runner.poll_output(now) else { panic!("nothing is left") };
/// assert_eq!(summary.to_string(), "0 tasks computed in 0.00 s");
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Runner {
    mode: RunMode,
    policy: RunnerPolicy,
    random: fastrand::Rng,
    requests: Requests,
    phase: Phase,
    /// The tasks with a lease of this runner.
    held: HeldTasks,
    /// Those of them that wait for a free slot.
    waiting: VecDeque<HeldId>,
    slots: Slots,
    asking: Asking,
    /// Events that the driver has not taken.
    events: VecDeque<RunnerEvent>,
    /// The error that ends the runner.
    error: Option<Error>,
    summary: RunSummary,
    started: Option<Instant>,
}

impl Runner {
    /// Creates a runner, which starts when it is first polled. `seed` varies its waits.
    #[must_use]
    pub fn new(endpoint: Endpoint, registered: Registered, mode: RunMode, policy: RunnerPolicy, seed: u64) -> Self {
        let error = registered.identifiers.is_empty().then(|| {
            let advice = "register at least one task";
            Error::invalid("start the runner", "it has no tasks to run", advice)
        });
        let mut runner = Self {
            mode,
            policy,
            random: fastrand::Rng::with_seed(seed),
            requests: Requests::new(endpoint, &registered),
            phase: Phase::Running,
            held: HeldTasks::default(),
            waiting: VecDeque::new(),
            slots: Slots::new(policy.slots()),
            asking: Asking::new(),
            events: VecDeque::new(),
            error: None,
            summary: RunSummary::default(),
            started: None,
        };
        if let Some(error) = error {
            runner.fail(Instant::ORIGIN, error);
        }
        runner
    }

    /// Returns the numbers so far. [`elapsed`](RunSummary::elapsed) is that of the last poll.
    #[must_use]
    pub fn summary(&self) -> &RunSummary {
        &self.summary
    }

    /// Returns the number of tasks for which there is room, beside those that are held or asked for.
    fn room(&self) -> usize {
        self.policy.capacity().saturating_sub(self.held.len() + self.asking.in_flight())
    }

    /// Asks for a task, for which there is room since a held one has gone.
    fn ask_again(&mut self) {
        self.asking.again(self.room());
    }

    /// Returns the next exchange or event that is due, or `None` if nothing is.
    fn act(&mut self, now: Instant) -> Option<Output<RunnerReply, RunnerEvent>> {
        while let Some((_, id)) = self.held.first_due().filter(|(time, _)| *time <= now) {
            let policy = &self.policy;
            let sent = match self.held.change(id, |held| held.start_due(now, policy)).flatten() {
                Some(Due::LeaseLost) => {
                    self.lease_lost(id);
                    continue;
                }
                Some(Due::ReportExpired) => {
                    self.drop_report(id);
                    continue;
                }
                Some(Due::Extend(attempt)) => self.send_extension(now, id, attempt),
                Some(Due::Report) => self.send_report(now, id),
                None => {
                    debug_assert!(false, "something is due, and nothing was done");
                    break;
                }
            };
            if let Some(sent) = sent {
                return Some(self.sent(now, sent));
            }
        }
        let asks = self.phase == Phase::Running && self.room() > 0;
        if asks && self.asking.due().is_some_and(|time| time <= now) {
            let ask = self.asking.start(self.held.is_empty());
            let sent = self.requests.ask(now, ask, &self.policy);
            return Some(self.sent(now, sent));
        }
        None
    }

    fn sent(&mut self, now: Instant, exchange: Result<Exchange<RunnerReply>>) -> Output<RunnerReply, RunnerEvent> {
        match exchange {
            Ok(exchange) => {
                self.summary.requests += 1;
                Output::Send(exchange)
            }
            // No request can be made, so nothing can be reported either.
            Err(error) => {
                self.cancel();
                self.summary.elapsed = now - self.started.unwrap_or(now);
                Output::Item(Err(error))
            }
        }
    }

    /// Returns whether nothing is left to do.
    fn is_over(&self) -> bool {
        self.phase != Phase::Running && self.held.is_empty() && self.asking.in_flight() == 0
    }

    /// Returns the time at which something is due next.
    fn due(&self) -> Option<Instant> {
        let asks = self.phase == Phase::Running && self.room() > 0;
        let ask = asks.then(|| self.asking.due()).flatten();
        let held = self.held.first_due().map(|(time, _)| time);
        held.into_iter().chain(ask).chain(self.shutdown_due()).min()
    }
}

impl Machine for Runner {
    type Reply = RunnerReply;
    type Item = RunnerEvent;

    fn handle_response(
        &mut self,
        arrival: impl Into<Arrival>,
        id: RequestId,
        result: Result<Self::Reply, ExchangeError>,
    ) {
        let Some(request) = self.requests.take(id) else { return };
        let now = arrival.into().at;
        self.summary.failed_requests += u64::from(result.is_err());
        let result = result.and_then(|reply| reply.of(request.kind));
        if let Kind::Ask(_) = request.kind {
            self.asking.ended();
        }
        match (request.kind, result) {
            (Kind::Ask(ask), Ok(RunnerReply::NextTask(response))) => {
                self.take_response(now, request.sent, ask, response);
            }
            (Kind::Ask(_), Err(failure)) => self.ask_failed(now, &request, failure),
            (Kind::Report { task, ask, .. }, Ok(RunnerReply::NextTask(response))) => {
                self.handle_report(now, &request, task, ask, Some(response));
            }
            (Kind::Report { task, ask, .. }, Ok(_)) => self.handle_report(now, &request, task, ask, None),
            (Kind::Report { task, bytes, .. }, Err(failure)) => {
                self.report_failed(now, &request, task, bytes, failure);
            }
            (Kind::Extension { task }, Ok(RunnerReply::Lease(lease))) => self.extended(request.sent, task, &lease),
            (Kind::Extension { task }, Err(failure)) => self.extension_failed(now, &request, task, failure),
            // `RunnerReply::of` lets no other reply pass.
            (Kind::Ask(_) | Kind::Extension { .. }, Ok(_)) => {}
        }
    }

    fn poll_output(&mut self, now: Instant) -> Output<Self::Reply, Self::Item> {
        let started = *self.started.get_or_insert(now);
        loop {
            if let Some(event) = self.events.pop_front() {
                return Output::Item(Ok(event));
            }
            if self.phase == Phase::Done {
                return Output::Done;
            }
            self.advance_shutdown(now);
            if let Some(output) = self.act(now) {
                return output;
            }
            if !self.events.is_empty() {
                continue;
            }
            if self.is_over() {
                self.phase = Phase::Done;
                self.summary.elapsed = now - started;
                return Output::Item(match self.error.take() {
                    Some(error) => Err(error),
                    None => Ok(RunnerEvent::Ended(self.summary)),
                });
            }
            return match self.due() {
                Some(time) => Output::WaitUntil(time),
                None => Output::WaitForResponses,
            };
        }
    }

    fn wants_input(&self) -> bool {
        self.phase != Phase::Done
    }

    fn cancel(&mut self) {
        self.phase = Phase::Done;
        self.events.clear();
        self.requests.clear();
    }
}
