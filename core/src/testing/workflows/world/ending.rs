//! The end of a process: by a signal, by a crash, or by itself.

use std::time::Duration;

use super::{Event, World};
use crate::runtime::Runtime as _;
use crate::testing::virtual_executor::TaskGroup;
use crate::testing::workflows::faults::Fault;
use crate::testing::workflows::network::Blow;
use crate::testing::workflows::process::Process;
use crate::testing::workflows::trace::TraceEvent;

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

impl World {
    /// Draws what happens to a process at an await of one of its tasks.
    pub(super) fn strike(&mut self, group: TaskGroup) {
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

    pub(super) fn stop(&mut self, runner: usize, process: &mut Process, second_signal: Option<Duration>) {
        let now = self.executor.now();
        self.trace.push(now, Some(runner), TraceEvent::Fault(Fault::Stop));
        process.machine.stop(process.clock.local(now));
        if let Some(delay) = second_signal {
            let process = Some(process.number);
            self.queue.push(now + delay, Event::Signal { runner, process, signal: Signal::Interrupt });
        }
    }

    pub(super) fn send_signal(&mut self, runner: usize, signal: Signal) {
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
    pub(super) fn kill(&mut self, runner: usize, process: &Process, is_fault: bool) {
        let now = self.executor.now();
        if is_fault {
            self.trace.push(now, Some(runner), TraceEvent::Fault(Fault::Crash));
        }
        self.server.crash(process.number);
        self.executor.drop_group(process.group());
        self.start_later(runner);
    }

    /// Notes that a machine has ended.
    pub(super) fn end(&mut self, runner: usize, process: &Process) {
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
}
