//! A simulated run: a server, runners, and a network between them, in one thread and in virtual time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::call::{Call, error_response, gateway_response};
use super::clock::Clock;
use super::faults::{Fault, FaultCounts, Faults};
use super::history::{Cause, Repetition};
use super::network::{Blow, Network, Treatment};
use super::process::{Execute, Open, Process, ProcessRuntime, Running};
use super::queue::Queue;
use super::server::{Sender, Server};
use super::trace::{Request, Trace, TraceEvent};
use crate::error::{Error, ErrorKind, Result, plain};
use crate::protocol::connect::Code;
use crate::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl};
use crate::protocol::exchange::{TransportError, TransportErrorKind};
use crate::protocol::machine::{Exchange, Machine as _, Output, RequestId};
use crate::protocol::wire::workflows::v1 as wire;
use crate::runtime::Runtime;
use crate::testing::virtual_executor::{TaskGroup, VirtualExecutor};
use crate::time::Instant;
use crate::workflows::TaskIdentifier;
use crate::workflows::runner::{
    LeaseState, Outcome, Registered, RunMode, RunSummary, Runner, RunnerEvent, RunnerPolicy, RunnerReply, SlotId,
    StopReason,
};
use crate::workflows::scheduler::{Policy, Scheduler};

/// The time without any progress after which a run is stalled: longer than every wait of a runner.
const PATIENCE: Duration = Duration::from_secs(2 * 3600);
/// The maximum number of outputs of a machine at one time; more mean that it never waits.
const MAX_OUTPUTS: usize = 100_000;
/// The maximum number of events of a run; more mean that it never ends.
const MAX_EVENTS: u64 = 50_000_000;
/// The time from the first process to the last one at the start of a run.
const STARTS: Duration = Duration::from_millis(500);

/// The settings of a [`World`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorldSettings {
    /// The policies of the runners; their number is the number of runners.
    pub runners: Vec<RunnerPolicy>,
    /// The mode of the runners. One that ends by itself starts again, like a process after a crash.
    pub mode: RunMode,
    /// The slug of the cluster of the runners.
    pub cluster: String,
    /// The tasks that the runners execute.
    pub identifiers: Vec<TaskIdentifier>,
    /// The policy of the server.
    pub server: Policy,
    /// The faults.
    pub faults: Faults,
}

impl WorldSettings {
    /// Returns the settings of one runner with one slot that executes these tasks.
    pub fn new(identifiers: impl IntoIterator<Item = TaskIdentifier>, faults: impl Into<Faults>) -> Self {
        Self {
            runners: vec![RunnerPolicy::default()],
            mode: RunMode::Forever,
            cluster: "default".to_owned(),
            identifiers: identifiers.into_iter().collect(),
            server: Policy::default(),
            faults: faults.into(),
        }
    }
}

/// What stands between runners and server, for tests that change single messages.
pub trait Proxy {
    /// Returns the error with which the request is refused instead of passed on. `at` is the time since the start of the run.
    fn refuse(&mut self, at: Duration, runner: usize, request: Request) -> Option<Code> {
        let _ = (at, runner, request);
        None
    }

    /// Returns the response that the runner gets. `took` is the time since the runner sent the request.
    fn respond(&mut self, took: Duration, request: Request, response: http::Response<Bytes>) -> http::Response<Bytes> {
        let _ = (took, request);
        response
    }
}

/// A server, runners with clocks of their own, and a network with faults, in one thread and in virtual time.
///
/// The server is the [`Scheduler`], the runners are the machines of the SDK, and requests travel as HTTP messages. Equal settings
/// give equal runs.
pub struct World {
    settings: WorldSettings,
    executor: VirtualExecutor,
    queue: Queue<Event>,
    server: Server,
    network: Network,
    endpoint: Endpoint,
    hosts: Vec<Option<Process>>,
    start_process: Box<dyn FnMut(usize, Arc<dyn Runtime>) -> Execute>,
    proxy: Option<Box<dyn Proxy>>,
    finished: Arc<Mutex<Vec<Finished>>>,
    trace: Trace,
    repetitions: Vec<Repetition>,
    summaries: Vec<RunSummary>,
    next_number: u64,
    /// When something other than waiting last happened.
    progress_at: Instant,
    is_ending: bool,
}

/// The outcome of an execution, until the machine takes it.
struct Finished {
    runner: usize,
    process: u64,
    slot: SlotId,
    execution: u64,
    outcome: Outcome,
}

/// Something that happens later.
enum Event {
    Start { runner: usize },
    Wake { runner: usize, process: u64, at: Instant },
    Arrive { flight: Arc<Flight>, is_duplicate: bool },
    Deliver { flight: Arc<Flight>, response: http::Response<Bytes>, handed_out: Option<(Uuid, u32)> },
    Break { runner: usize, process: u64, id: RequestId },
    TimeOut { runner: usize, process: u64, id: RequestId },
    Signal { runner: usize, process: Option<u64>, signal: Signal },
}

/// A signal to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// The first signal: it stops.
    Stop,
    /// The second signal: it is interrupted.
    Interrupt,
    /// It is killed.
    Kill,
}

/// A request on its way.
struct Flight {
    runner: usize,
    process: u64,
    id: RequestId,
    sent: Instant,
    call: Call,
    treatment: Treatment,
    response: Option<Duration>,
    faults: u32,
}

impl World {
    /// Creates a world. `start_process` is called when a process of a runner starts, with the number of the runner, from 0, and
    /// the runtime of the process; it returns the function that starts tasks.
    ///
    /// # Errors
    ///
    /// When an internal address cannot be parsed.
    pub fn new(
        settings: WorldSettings,
        start_process: impl FnMut(usize, Arc<dyn Runtime>) -> Execute + 'static,
    ) -> Result<Self> {
        let url = ServerUrl::parse("http://tilebox.test")?;
        let seed = settings.faults.seed;
        let mut world = Self {
            executor: VirtualExecutor::new(seed ^ 0x6578_6563),
            queue: Queue::new(),
            server: Server::new(settings.server.clone(), seed ^ 0x7365_7276),
            network: Network::new(settings.faults.clone()),
            endpoint: Endpoint::new(&url, None, &ClientMetadata::none()),
            hosts: settings.runners.iter().map(|_| None).collect(),
            start_process: Box::new(start_process),
            proxy: None,
            finished: Arc::default(),
            trace: Trace::default(),
            repetitions: Vec::new(),
            summaries: Vec::new(),
            next_number: 0,
            progress_at: Instant::ORIGIN,
            is_ending: false,
            settings,
        };
        for runner in 0..world.hosts.len() {
            let delay = if runner == 0 { Duration::ZERO } else { STARTS.mul_f64(world.network.random.f64()) };
            world.queue.push(Instant::ORIGIN + delay, Event::Start { runner });
        }
        Ok(world)
    }

    /// Sets what stands between runners and server.
    #[must_use]
    pub fn with_proxy(self, proxy: impl Proxy + 'static) -> Self {
        Self { proxy: Some(Box::new(proxy)), ..self }
    }

    /// Submits a job and returns its id.
    ///
    /// # Errors
    ///
    /// When the server refuses the job.
    pub fn submit(&mut self, name: &str, tasks: wire::TaskSubmissions) -> Result<Uuid> {
        let mut digits = || format!("{:016x}", self.network.random.u64(1..));
        let trace_parent = format!("00-{}{}-{}-01", digits(), digits(), digits());
        let job_name = name.to_owned();
        let request = wire::SubmitJobRequest { tasks: Some(tasks), job_name, trace_parent, ..Default::default() };
        self.server.submit(self.executor.now(), &request).map_err(|rejection| {
            let purpose = format!("submit the job `{}`", plain(name));
            Error::new(ErrorKind::InvalidArgument, purpose, rejection.to_string(), "change the tasks of the job")
        })
    }

    /// Sends a signal to the process of a runner, `after` the start of the run.
    pub fn signal(&mut self, after: Duration, runner: usize, signal: Signal) {
        self.queue.push(Instant::ORIGIN + after, Event::Signal { runner, process: None, signal });
    }

    /// Runs until every job has ended, stops the runners, and runs until they have ended.
    ///
    /// # Errors
    ///
    /// When a job cannot end: a task waits for an event outside of the world, or no runner executes it. The error names the task.
    pub fn run(&mut self) -> Result<()> {
        self.drive(|world| world.server.has_ended())?;
        self.is_ending = true;
        let now = self.executor.now();
        for runner in 0..self.hosts.len() {
            if let Some(process) = &mut self.hosts[runner] {
                process.machine.stop(process.clock.local(now));
            }
            self.pump(runner);
        }
        self.drive(|world| world.hosts.iter().all(Option::is_none))
    }

    /// Runs for a duration of virtual time.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_for(&mut self, duration: Duration) -> Result<()> {
        let end = self.executor.now() + duration;
        self.drive(|world| {
            let next = [world.queue.next_time(), world.executor.next_timer()].into_iter().flatten().min();
            next.is_none_or(|next| next > end)
        })?;
        self.executor.advance(end);
        Ok(())
    }

    /// Returns the server's half.
    #[must_use]
    pub fn scheduler(&self) -> &Scheduler {
        &self.server.scheduler
    }

    /// Returns the ids of the jobs, in the order of their submission.
    #[must_use]
    pub fn jobs(&self) -> &[Uuid] {
        self.server.jobs()
    }

    /// Returns the virtual time since the start of the run.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.executor.now().since_origin()
    }

    /// Returns the events so far.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Returns the executions after the first one of each task, with their causes.
    #[must_use]
    pub fn repetitions(&self) -> &[Repetition] {
        &self.repetitions
    }

    /// Returns the numbers of each process that ended by itself.
    #[must_use]
    pub fn summaries(&self) -> &[RunSummary] {
        &self.summaries
    }

    /// Returns the number of faults so far.
    #[must_use]
    pub fn fault_counts(&self) -> FaultCounts {
        self.network.counts
    }

    /// Returns the machine of a runner; `None` while no process of it is running.
    #[must_use]
    pub fn machine(&self, runner: usize) -> Option<&Runner> {
        self.hosts.get(runner)?.as_ref().map(|process| &process.machine)
    }

    fn drive(&mut self, is_done: impl Fn(&mut Self) -> bool) -> Result<()> {
        for _ in 0..MAX_EVENTS {
            if let Some(group) = self.executor.poll_ready() {
                self.progress_at = self.executor.now();
                self.take_finished();
                self.strike(group);
                continue;
            }
            if is_done(self) {
                return Ok(());
            }
            let (event, timer) = (self.queue.next_time(), self.executor.next_timer());
            let Some(next) = event.into_iter().chain(timer).min() else { return Err(self.stalled()) };
            if timer.is_none() && next - self.progress_at > PATIENCE {
                return Err(self.stalled());
            }
            self.executor.advance(next);
            if event == Some(next)
                && let Some(event) = self.queue.pop()
            {
                self.handle(event);
            }
        }
        Err(self.endless())
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Start { runner } => self.start(runner),
            Event::Wake { runner, process, at } => {
                if self.process(runner, process).is_some_and(|process| process.wake == Some(at)) {
                    self.pump(runner);
                }
            }
            Event::Arrive { flight, is_duplicate } => self.arrive(flight, is_duplicate),
            Event::Deliver { flight, response, handed_out } => self.deliver(&flight, response, handed_out),
            Event::Break { runner, process, id } => {
                self.fail(runner, process, id, |_| {
                    TransportError::new(TransportErrorKind::Interrupted, "connection reset by peer")
                });
            }
            Event::TimeOut { runner, process, id } => {
                self.fail(runner, process, id, |open| TransportError::timed_out(open.limits));
            }
            Event::Signal { runner, process, signal } => {
                let current = self.hosts.get(runner).and_then(Option::as_ref).map(|process| process.number);
                if process.is_none() || process == current {
                    self.send_signal(runner, signal);
                }
            }
        }
    }

    fn process(&mut self, runner: usize, number: u64) -> Option<&mut Process> {
        self.hosts.get_mut(runner)?.as_mut().filter(|process| process.number == number)
    }

    fn start(&mut self, runner: usize) {
        if self.is_ending || self.hosts[runner].is_some() {
            return;
        }
        let now = self.executor.now();
        self.progress_at = now;
        self.next_number += 1;
        let number = self.next_number;
        let (origin, drift) = self.network.clock();
        let clock = Clock::new(now, origin, drift);
        let registered = Registered::new(self.settings.cluster.clone(), self.settings.identifiers.iter().cloned());
        let seed = self.network.random.u64(..);
        let (endpoint, policy) = (self.endpoint.clone(), self.settings.runners[runner]);
        let machine = Runner::new(endpoint, registered, self.settings.mode, policy, seed);
        let runtime = Arc::new(ProcessRuntime::new(&self.executor, clock, TaskGroup(number)));
        let execute = (self.start_process)(runner, runtime);
        let (slots, open) = Default::default();
        self.hosts[runner] = Some(Process { number, clock, machine, execute, slots, open, wake: None });
        self.trace.push(now, Some(runner), TraceEvent::ProcessStarted);
        self.pump(runner);
    }

    /// Acts on the outputs of a machine until it waits.
    fn pump(&mut self, runner: usize) {
        let Some(mut process) = self.hosts[runner].take() else { return };
        let now = self.executor.now();
        for _ in 0..MAX_OUTPUTS {
            let is_await = match process.machine.poll_output(process.clock.local(now)) {
                Output::Send(exchange) => {
                    self.send(runner, &mut process, exchange);
                    true
                }
                Output::Item(Ok(event)) => {
                    self.act(runner, &mut process, event);
                    false
                }
                Output::Item(Err(error)) => {
                    self.trace.push(now, Some(runner), TraceEvent::Failed(error.to_string()));
                    false
                }
                Output::WaitUntil(time) => {
                    let at = process.clock.global(time);
                    if at > now {
                        if process.wake != Some(at) {
                            process.wake = Some(at);
                            self.queue.push(at, Event::Wake { runner, process: process.number, at });
                        }
                        self.hosts[runner] = Some(process);
                        return;
                    }
                    false
                }
                Output::WaitForResponses => {
                    if process.open.is_empty() && process.slots.is_empty() {
                        self.violation(runner, "waits for ever: it has no exchange, no task and no timer");
                    }
                    process.wake = None;
                    self.hosts[runner] = Some(process);
                    return;
                }
                Output::Done => return self.end(runner, &process),
            };
            if is_await && !self.is_ending {
                match self.network.blow() {
                    Some(Blow::Crash) => return self.kill(runner, &process, true),
                    Some(Blow::Stop { second_signal }) => {
                        self.stop(runner, &mut process, second_signal);
                    }
                    None => {}
                }
            }
        }
        self.violation(runner, "gives outputs without an end");
        self.kill(runner, &process, false);
    }

    fn act(&mut self, runner: usize, process: &mut Process, event: RunnerEvent) {
        let now = self.executor.now();
        let global = |lease| match lease {
            LeaseState::Held { until } => Some(process.clock.global(until).since_origin()),
            _ => None,
        };
        let event = match event {
            RunnerEvent::Execute { slot, task } => return self.execute(runner, process, slot, task),
            RunnerEvent::Stop { slot, reason } => {
                let Some(running) = process.slots.get_mut(&slot) else {
                    return self.violation(runner, "stops a task that does not run");
                };
                running.is_handed_back |= reason == StopReason::Interrupted;
                running.control.stop(reason);
                TraceEvent::Stopping { slot: slot.index(), task: running.task, reason }
            }
            RunnerEvent::Lease { slot, lease } => {
                let Some(running) = process.slots.get(&slot) else {
                    return self.violation(runner, "tells a lease to a task that does not run");
                };
                running.control.set_lease(lease);
                TraceEvent::Lease { slot: slot.index(), task: running.task, lease_end: global(lease) }
            }
            RunnerEvent::Reported { task, result, .. } => TraceEvent::Reported { task, result },
            RunnerEvent::Idle { until } => TraceEvent::Idle { until: process.clock.global(until).since_origin() },
            RunnerEvent::Trouble(error) => TraceEvent::Trouble(error.to_string()),
            RunnerEvent::Ended(summary) => {
                self.summaries.push(summary);
                TraceEvent::Ended(summary)
            }
        };
        self.trace.push(now, Some(runner), event);
    }

    fn execute(
        &mut self,
        runner: usize,
        process: &mut Process,
        slot: SlotId,
        task: crate::workflows::runner::LeasedTask,
    ) {
        let now = self.executor.now();
        self.progress_at = now;
        if process.slots.contains_key(&slot) {
            return self.violation(runner, "starts a task in a slot that is not free");
        }
        if slot.index() >= self.settings.runners[runner].slots() {
            return self.violation(runner, "starts a task in a slot that does not exist");
        }
        let (id, display, lease) = (task.id, task.display.clone(), task.lease);
        let lease_end = match lease {
            LeaseState::Held { until } => Some(process.clock.global(until).since_origin()),
            _ => None,
        };
        self.trace.push(now, Some(runner), TraceEvent::Started { slot: slot.index(), task: id, lease, lease_end });
        if let Some(cause) = self.server.history.start(id, process.number, now) {
            self.repeat(runner, id, &display, cause);
        }
        self.next_number += 1;
        let execution = self.next_number;
        let (control, future) = (process.execute)(task);
        let (number, finished) = (process.number, Arc::clone(&self.finished));
        let future = async move {
            let outcome = future.await;
            let outcome = Finished { runner, process: number, slot, execution, outcome };
            finished.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
        };
        self.executor.spawn_in(process.group(), Box::pin(future));
        process.slots.insert(slot, Running { execution, task: id, display, control, is_handed_back: false });
    }

    fn repeat(&mut self, runner: usize, task: Uuid, display: &str, cause: Cause) {
        let at = self.elapsed();
        self.repetitions.push(Repetition { task, display: display.to_owned(), runner, at, cause });
    }

    /// Gives the machines the outcomes of the tasks that have ended.
    fn take_finished(&mut self) {
        let finished = std::mem::take(&mut *self.finished.lock().unwrap_or_else(PoisonError::into_inner));
        let now = self.executor.now();
        for Finished { runner, process: number, slot, execution, outcome } in finished {
            let Some(process) = self.process(runner, number) else { continue };
            // A handed back task may end after another one took its slot.
            if process.slots.get(&slot).is_none_or(|running| running.execution != execution) {
                continue;
            }
            let task = process.slots.remove(&slot).map(|running| running.task).unwrap_or_default();
            let text = match &outcome {
                Outcome::Computed { .. } => "computed",
                Outcome::Failed { .. } => "failed",
                Outcome::UnknownIdentifier => "unknown identifier",
                Outcome::HandBack => "handed back",
            };
            let at = process.clock.local(now);
            process.machine.handle_finished(at, slot, outcome);
            self.trace.push(now, Some(runner), TraceEvent::Finished { slot: slot.index(), task, outcome: text });
            self.pump(runner);
        }
    }

    fn send(&mut self, runner: usize, process: &mut Process, exchange: Exchange<RunnerReply>) {
        let now = self.executor.now();
        let (id, request, limits, decoder) = exchange.split();
        let call = match Call::decode(&request) {
            Ok(call) => call,
            Err(reason) => return self.violation(runner, &format!("sends a request that is not valid: {reason}")),
        };
        let (number, request) = (process.number, call.request());
        self.trace.push(now, Some(runner), TraceEvent::Sent(request));
        let fate = self.network.fate();
        for fault in &fate.faults {
            self.trace.push(now, Some(runner), TraceEvent::Fault(*fault));
            if let Some(task) = request.task() {
                self.server.history.count_fault(task, number);
            }
        }
        process.open.insert(id, Open { decoder, limits, request });
        let timeout = process.clock.global(process.clock.local(now) + limits.timeout);
        self.queue.push(timeout, Event::TimeOut { runner, process: number, id });
        if let Some(delay) = fate.breaks {
            self.queue.push(now + delay, Event::Break { runner, process: number, id });
        }
        let (treatment, faults) = (fate.treatment, fate.faults.len() as u32);
        let flight =
            Flight { runner, process: number, id, sent: now, call, treatment, response: fate.response, faults };
        let flight = Arc::new(flight);
        for (index, delay) in fate.arrivals.into_iter().enumerate() {
            let event = Event::Arrive { flight: Arc::clone(&flight), is_duplicate: index > 0 };
            self.queue.push(now + delay, event);
        }
    }

    /// A request arrives at the server.
    fn arrive(&mut self, flight: Arc<Flight>, is_duplicate: bool) {
        let now = self.executor.now();
        let refused = self.proxy.as_mut();
        let refused = refused.and_then(|proxy| proxy.refuse(now.since_origin(), flight.runner, flight.call.request()));
        let treatment = refused.map_or(flight.treatment, Treatment::Refuse);
        if refused.is_some()
            && let Some(task) = flight.call.request().task()
        {
            self.server.history.count_fault(task, flight.process);
        }
        let mut handed_out = None;
        let mut response = match treatment {
            Treatment::Refuse(code) => error_response(code, "the server is restarting"),
            _ => {
                let Flight { runner, process, faults, .. } = *flight;
                let sender = Sender { runner, process, is_duplicate, faults };
                let (response, task) = self.server.serve(now, &flight.call, sender, &mut self.trace);
                handed_out = task;
                response
            }
        };
        match treatment {
            Treatment::ServeAndFail(code) => response = error_response(code, "the connection to the store was lost"),
            Treatment::BadGateway => response = gateway_response(),
            Treatment::Serve | Treatment::Refuse(_) => {}
        }
        if let Some(delay) = flight.response {
            let handed_out = handed_out.filter(|_| treatment == Treatment::Serve);
            self.queue.push(now + delay, Event::Deliver { flight, response, handed_out });
        }
    }

    /// A response arrives at a runner.
    fn deliver(&mut self, flight: &Flight, response: http::Response<Bytes>, handed_out: Option<(Uuid, u32)>) {
        let Flight { runner, process, id, sent, .. } = *flight;
        let now = self.executor.now();
        let response = match &mut self.proxy {
            Some(proxy) => proxy.respond(now - sent, flight.call.request(), response),
            None => response,
        };
        let Some(process) = self.process(runner, process) else { return };
        let Some(open) = process.open.remove(&id) else { return };
        let result = open.decoder.decode(Ok(response));
        let at = process.clock.local(now);
        process.machine.handle_response(at, id, result);
        if let Some((task, execution)) = handed_out
            && let Some(hand_out) = self.server.history.get(task, execution)
        {
            hand_out.is_delivered = true;
        }
        self.pump(runner);
    }

    /// Ends an exchange without a response.
    fn fail(&mut self, runner: usize, number: u64, id: RequestId, error: impl FnOnce(&Open) -> TransportError) {
        let now = self.executor.now();
        let Some(process) = self.process(runner, number) else { return };
        let Some(open) = process.open.remove(&id) else { return };
        let result = open.decoder.decode(Err(error(&open)));
        let at = process.clock.local(now);
        process.machine.handle_response(at, id, result);
        self.trace.push(now, Some(runner), TraceEvent::NoResponse(open.request));
        self.pump(runner);
    }

    /// Draws what happens to a process at an await of one of its tasks.
    fn strike(&mut self, group: TaskGroup) {
        if self.is_ending {
            return;
        }
        let struck = |process: &Process| process.number == group.0;
        let Some(runner) = self.hosts.iter().position(|process| process.as_ref().is_some_and(struck)) else { return };
        match self.network.blow() {
            Some(Blow::Crash) => {
                if let Some(process) = self.hosts[runner].take() {
                    self.kill(runner, &process, true);
                }
            }
            Some(Blow::Stop { second_signal }) => {
                if let Some(mut process) = self.hosts[runner].take() {
                    self.stop(runner, &mut process, second_signal);
                    self.hosts[runner] = Some(process);
                    self.pump(runner);
                }
            }
            None => {}
        }
    }

    fn stop(&mut self, runner: usize, process: &mut Process, second_signal: Option<Duration>) {
        let now = self.executor.now();
        self.trace.push(now, Some(runner), TraceEvent::Fault(Fault::Stop));
        process.machine.stop(process.clock.local(now));
        if let Some(delay) = second_signal {
            let process = Some(process.number);
            self.queue.push(now + delay, Event::Signal { runner, process, signal: Signal::Interrupt });
        }
    }

    fn send_signal(&mut self, runner: usize, signal: Signal) {
        let now = self.executor.now();
        let Some(mut process) = self.hosts.get_mut(runner).and_then(Option::take) else { return };
        match signal {
            Signal::Stop => {
                self.network.counts.count(Fault::Stop);
                self.stop(runner, &mut process, None);
            }
            Signal::Interrupt => {
                self.network.counts.count(Fault::Interrupt);
                self.trace.push(now, Some(runner), TraceEvent::Fault(Fault::Interrupt));
                process.machine.interrupt(process.clock.local(now));
            }
            Signal::Kill => {
                self.network.counts.count(Fault::Crash);
                return self.kill(runner, &process, true);
            }
        }
        self.hosts[runner] = Some(process);
        self.pump(runner);
    }

    /// Ends a process without a word.
    fn kill(&mut self, runner: usize, process: &Process, is_fault: bool) {
        let now = self.executor.now();
        if is_fault {
            self.trace.push(now, Some(runner), TraceEvent::Fault(Fault::Crash));
        }
        self.server.crash(process.number);
        self.executor.drop_group(process.group());
        self.start_later(runner);
    }

    /// Notes that a machine has ended.
    fn end(&mut self, runner: usize, process: &Process) {
        if process.slots.values().any(|running| !running.is_handed_back) {
            self.violation(runner, "ended while a task runs that was not handed back");
        }
        self.executor.drop_group(process.group());
        self.start_later(runner);
    }

    fn start_later(&mut self, runner: usize) {
        self.progress_at = self.executor.now();
        let delay = self.network.restart();
        self.queue.push(self.executor.now() + delay, Event::Start { runner });
    }

    fn violation(&mut self, runner: usize, rule: &str) {
        self.trace.push(self.executor.now(), Some(runner), TraceEvent::Violation(rule.to_owned()));
    }

    /// Returns the error of a run without progress.
    fn stalled(&self) -> Error {
        let running = self.hosts.iter().flatten().flat_map(|process| process.slots.values());
        let mut waiting: Vec<_> = running.map(|running| format!("`{}`", plain(&running.display))).collect();
        waiting.sort_unstable();
        waiting.dedup();
        let (reason, advice) = if waiting.is_empty() {
            (self.queued(), "execute all tasks of the job, on the cluster that they name")
        } else {
            let verb = if waiting.len() == 1 { "the task waits" } else { "the tasks wait" };
            let names = waiting.join(", ");
            (
                format!("{verb} for an event outside of virtual time: {names}"),
                "use the clock of the context, and values of the test instead of the network and of other threads",
            )
        };
        Error::new(ErrorKind::FailedPrecondition, "run the job in virtual time", reason, advice)
    }

    /// Describes the first queued task of a job that has not ended.
    fn queued(&self) -> String {
        let tasks = self.server.jobs().iter().filter_map(|job| self.server.scheduler.tasks_of_job(*job)).flatten();
        let queued = tasks.into_iter().find(|task| task.state() == wire::TaskState::Queued);
        match queued.and_then(|task| task.identifier) {
            Some(identifier) => {
                let cluster = plain(&self.settings.cluster).into_owned();
                format!(
                    "no runner on the cluster `{cluster}` executes `{}` {}",
                    plain(&identifier.name),
                    identifier.version
                )
            }
            None => "nothing happens any more".to_owned(),
        }
    }

    fn endless(&self) -> Error {
        let reason = format!("it has not ended after {MAX_EVENTS} events");
        let advice = "look for a task that wakes itself or submits itself without an end";
        Error::new(ErrorKind::FailedPrecondition, "run the job in virtual time", reason, advice)
    }
}
