//! A simulated run: a server, runners, and a network between them, in one thread and in virtual time.
//!
//! | file | contents |
//! |---|---|
//! | `settings`, `proxy` | what a test chooses |
//! | `machine` | the outputs of the machine of a process |
//! | `tasks` | the tasks that the processes execute |
//! | `exchange` | the way of a request to the server, and of its response back |
//! | `ending` | the end of a process |
//! | `stall` | the errors of runs that cannot end |

mod ending;
mod exchange;
mod machine;
mod proxy;
mod settings;
mod stall;
mod tasks;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

pub use ending::Signal;
pub use proxy::Proxy;
pub use settings::WorldSettings;

use crate::error::{Error, ErrorKind, Result, plain};
use crate::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl};
use crate::protocol::exchange::{TransportError, TransportErrorKind};
use crate::protocol::machine::RequestId;
use crate::protocol::wire::workflows::v1 as wire;
use crate::runtime::Runtime;
use crate::testing::virtual_executor::VirtualExecutor;
use crate::testing::workflows::faults::FaultCounts;
use crate::testing::workflows::history::Repetition;
use crate::testing::workflows::network::Network;
use crate::testing::workflows::process::{Execute, Process};
use crate::testing::workflows::queue::Queue;
use crate::testing::workflows::server::Server;
use crate::testing::workflows::trace::Trace;
use crate::time::Instant;
use crate::workflows::runner::{RunSummary, Runner};
use crate::workflows::scheduler::Scheduler;
use exchange::Flight;
use tasks::Finished;

/// The time without any progress after which a run is stalled: longer than every wait of a runner.
const PATIENCE: Duration = Duration::from_secs(2 * 3600);
/// The maximum number of events of a run; more mean that it never ends.
const MAX_EVENTS: u64 = 50_000_000;
/// The time from the first process to the last one at the start of a run.
const STARTS: Duration = Duration::from_millis(500);

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

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("settings", &self.settings).finish_non_exhaustive()
    }
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
}
