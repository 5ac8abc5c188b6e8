//! The loop that acts on what the machine of a runner decides. It decides nothing itself.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt as _};

use super::inbox::{Duty, Inbox, Urgency};
use super::metrics::{RunMeter, RunnerMetrics};
use super::running::{Running, RunningTask};
use crate::client::driver::drive::Drive;
use crate::client::driver::spans::Operation;
use crate::client::workflows::{Registry, TaskServices, execute_task};
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::Runtime;
use crate::time::Instant;
use crate::workflows::runner::{
    LeaseState, LeasedTask, Outcome, ReportResult, RunSummary, Runner, RunnerEvent, SlotId, StopReason,
};

/// Drives the machine of a runner to its end. It starts tasks on another executor, and runs no code of the user itself.
pub(super) struct Driver {
    drive: Drive<Runner>,
    clock: Arc<dyn Runtime>,
    executor: Arc<dyn Runtime>,
    registry: Registry,
    services: Arc<TaskServices>,
    running: Running,
    /// The tasks that start at the end of a poll, together, so that they wake the executor once; empty between polls.
    starting: Vec<BoxFuture<'static, ()>>,
    inbox: Arc<Inbox>,
    /// The outcomes that are being delivered; empty between polls.
    finished: Vec<(SlotId, Outcome)>,
    /// The urgency that the machine knows.
    urgency: Urgency,
    signals: Option<BoxStream<'static, ()>>,
    /// The span around the exchanges.
    operation: Option<Operation>,
    meter: RunMeter,
}

impl Driver {
    pub(super) fn new(
        drive: Drive<Runner>,
        executor: Arc<dyn Runtime>,
        registry: Registry,
        services: TaskServices,
        inbox: Arc<Inbox>,
        metrics: &RunnerMetrics,
    ) -> Self {
        Self {
            clock: Arc::clone(drive.runtime()),
            drive,
            executor,
            registry,
            services: Arc::new(services),
            running: Running::default(),
            starting: Vec::new(),
            inbox,
            finished: Vec::new(),
            urgency: Urgency::No,
            signals: None,
            operation: None,
            meter: metrics.begin(),
        }
    }

    /// Sends the exchanges within an operation.
    pub(super) fn within(self, operation: Operation) -> Self {
        Self { operation: Some(operation), ..self }
    }

    /// Stops at the first of these signals, and interrupts at the second.
    pub(super) fn with_signals(self, signals: BoxStream<'static, ()>) -> Self {
        Self { signals: Some(signals), ..self }
    }

    /// Gives the machine what has arrived.
    fn deliver(&mut self, context: &mut Context<'_>) {
        self.inbox.register(context.waker());
        let now = self.clock.now();
        self.inbox.take_finished(&mut self.finished);
        for (slot, outcome) in self.finished.drain(..) {
            if self.running.remove(slot).is_some() {
                self.meter.finishes(now, slot);
            }
            self.drive.machine_mut().handle_finished(now, slot, outcome);
        }
        while let Some(Poll::Ready(signal)) = self.signals.as_mut().map(|signals| signals.poll_next_unpin(context)) {
            let urgency = match (signal, self.urgency) {
                // The system sends no more.
                (None, _) => {
                    self.signals = None;
                    break;
                }
                (Some(()), Urgency::No) => Urgency::Stop,
                (Some(()), _) => Urgency::Interrupt,
            };
            self.end(now, urgency);
        }
        self.end(now, self.inbox.urgency());
    }

    /// Asks the machine to end, if it does not know yet.
    fn end(&mut self, now: Instant, urgency: Urgency) {
        if urgency <= self.urgency {
            return;
        }
        self.urgency = urgency;
        match urgency {
            Urgency::No => {}
            Urgency::Stop => {
                tracing::info!("the runner takes no more tasks, and waits for the running ones");
                self.drive.machine_mut().stop(now);
            }
            Urgency::Interrupt => self.drive.machine_mut().interrupt(now),
        }
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<RunnerEvent>>> {
        let drive = &mut self.drive;
        match &self.operation {
            Some(operation) => operation.within(|| drive.poll_next_unpin(context)),
            None => drive.poll_next_unpin(context),
        }
    }

    /// Acts on an event. Returns the summary at the end.
    fn act(&mut self, event: RunnerEvent) -> Option<RunSummary> {
        match event {
            RunnerEvent::Execute { slot, task } => self.execute(slot, task),
            RunnerEvent::Stop { slot, reason } => {
                let stopped = self.running.get(slot);
                if let Some(task) = stopped {
                    task.control.stop(reason);
                }
                if reason == StopReason::Interrupted {
                    // Another task may take the slot.
                    if self.running.remove(slot).is_some() {
                        self.meter.hands_back();
                    }
                }
            }
            RunnerEvent::Lease { slot, lease } => {
                if let Some(task) = self.running.get(slot) {
                    task.control.set_lease(lease);
                    if lease == LeaseState::Lost {
                        let RunningTask { id, identifier, .. } = task;
                        tracing::warn!(
                            task = %identifier,
                            task_id = %id,
                            "the lease of a task was lost, and another runner may execute it as well; check the connection \
                             to the server",
                        );
                    }
                }
            }
            RunnerEvent::Reported { slot, task, result } => {
                self.meter.reports(self.clock.now(), slot, result);
                if result == ReportResult::Dropped {
                    tracing::warn!(task_id = %task, "the result of a task was not delivered");
                }
            }
            RunnerEvent::Idle { until } => {
                let wait = until.saturating_duration_since(self.clock.now());
                tracing::debug!(?wait, "the server has no task for the runner");
            }
            RunnerEvent::Trouble(error) => tracing::warn!(%error, "a request of the runner failed"),
            RunnerEvent::Ended(summary) => {
                tracing::info!(%summary, "the runner has ended");
                return Some(summary);
            }
        }
        None
    }

    fn execute(&mut self, slot: SlotId, task: LeasedTask) {
        let (id, identifier) = (task.id, task.identifier.clone());
        let (control, execution) = execute_task(&self.registry, &self.services, task);
        self.running.insert(slot, RunningTask { id, identifier, control });
        self.meter.executes();
        let duty = Duty::new(&self.inbox, slot);
        self.starting.push(Box::pin(async move { duty.finish(execution.await) }));
    }
}

impl Future for Driver {
    type Output = Result<RunSummary>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<RunSummary>> {
        let this = self.get_mut();
        this.deliver(context);
        loop {
            let Poll::Ready(event) = this.poll_event(context) else {
                this.starting.drain(..).for_each(|task| this.executor.spawn(task));
                this.meter.publish(*this.drive.machine().summary());
                return Poll::Pending;
            };
            match event {
                Some(Ok(event)) => {
                    if let Some(summary) = this.act(event) {
                        this.meter.publish(summary);
                        return Poll::Ready(Ok(summary));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(error)),
                None => {
                    let advice = "report it";
                    return Poll::Ready(Err(Error::new(
                        ErrorKind::Cancelled,
                        "run a runner",
                        "it was cancelled",
                        advice,
                    )));
                }
            }
        }
    }
}
