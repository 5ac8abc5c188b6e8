//! The machine of a process: its start, and its outputs.

use std::sync::Arc;

use super::{Event, World};
use crate::protocol::machine::{Machine as _, Output};
use crate::runtime::Runtime as _;
use crate::testing::virtual_executor::TaskGroup;
use crate::testing::workflows::clock::Clock;
use crate::testing::workflows::network::Blow;
use crate::testing::workflows::process::{Process, ProcessRuntime};
use crate::testing::workflows::trace::TraceEvent;
use crate::workflows::runner::{LeaseState, Registered, Runner, RunnerEvent, StopReason};

/// The maximum number of outputs of a machine at one time; more mean that it never waits.
const MAX_OUTPUTS: usize = 100_000;

impl World {
    pub(super) fn start(&mut self, runner: usize) {
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
    pub(super) fn pump(&mut self, runner: usize) {
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

    pub(super) fn violation(&mut self, runner: usize, rule: &str) {
        self.trace.push(self.executor.now(), Some(runner), TraceEvent::Violation(rule.to_owned()));
    }
}
