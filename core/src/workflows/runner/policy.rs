//! The numbers of a runner, each with its reason.

use std::time::Duration;

/// The mode of a runner: when it ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunMode {
    /// The runner ends when the server has no task for it, and none of its own is left that could submit more: a request
    /// that was sent while no slot was busy returned no task.
    All,
    /// The runner waits for tasks until it is stopped.
    Forever,
}

/// The numbers of a runner.
///
/// ```
/// use tilebox_core::workflows::runner::RunnerPolicy;
///
/// let mut policy = RunnerPolicy::default();
/// policy.concurrency = 8;
/// assert_eq!(policy.ahead, 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RunnerPolicy {
    /// The number of slots: the maximum number of concurrently running tasks. It is at least 1 and at most 10 000, since each
    /// may be a request in flight. Default 1, as in the official runners.
    pub concurrency: usize,
    /// The maximum number of tasks that are leased before a slot is free for them. They hide the latency of the server for
    /// short tasks, and keep other runners from long ones. Default 0.
    pub ahead: usize,
    /// The duration for which running tasks may continue after a stop. Default 2 s, as in the official Python runner: short
    /// enough for container platforms, which wait 10 s before they kill.
    pub grace: Duration,
    /// The duration for which a report is repeated during the shutdown. Default 10 s: longer than a restart of the server
    /// behind a load balancer.
    pub report_grace: Duration,
    /// The duration for which hand-backs are sent after an interruption. Default 1 s: the user pressed the keys twice.
    pub interrupt_grace: Duration,
    /// Whether a task is aborted when its lease is lost. Default false: its result may still be the first one.
    pub abort_on_lost_lease: bool,
    /// The fraction of a lease after which it is extended at the latest. Default 2/3, which leaves a third for repetitions.
    pub extension_fraction: f64,
    /// The longest fraction of the wait by which an extension comes earlier. Default 0.1: it spreads the extensions of tasks
    /// that started together.
    pub extension_jitter: f64,
    /// The longest timeout of an attempt to extend a lease. Default 5 s: a request that takes longer is probably lost. The next
    /// attempt follows after a third of what is left of the lease at the latest, while a response to this one still counts.
    pub extension_timeout: Duration,
    /// The shortest time between two attempts to extend a lease, which bounds the requests for very short leases. Default
    /// 50 ms.
    pub extension_pause: Duration,
    /// The longest lease that an extension asks for. Default 5 min: the server waits as long for a crashed runner.
    pub longest_lease: Duration,
    /// The assumed lease of a task that comes without one; its extension is requested at once. Default 15 s, the lease of the
    /// Tilebox server.
    pub default_lease: Duration,
    /// The timeout of an attempt to ask or to report. Default 30 s: a lost response must not hold a slot for long.
    pub request_timeout: Duration,
    /// The maximum bytes of a response. Default 16 MiB: inputs of tasks have at most 2 KiB.
    pub message_limit: usize,
    /// The size in bytes from which on a report that the server refuses with `resource_exhausted` counts as too large, which
    /// fails its task. Default 1 MiB: servers limit messages to 4 MiB or more.
    pub large_report: usize,
    /// The longest wait before the first repetition of a failed request. Default 0.1 s.
    pub first_backoff: Duration,
    /// The longest wait between repetitions of a failed request. Default 30 s. Waits double and have full jitter.
    pub longest_backoff: Duration,
    /// The shortest wait of an idle runner. Default 1 ms, as in the official runners.
    pub shortest_idle: Duration,
    /// The longest wait of an idle runner. Default 5 min, as in the official runners.
    pub longest_idle: Duration,
    /// The wait of an idle runner without a suggestion of the server, to which a random part of the same length is added.
    /// Default 5 s, as in the official runners.
    pub default_idle: Duration,
    /// The first pause after a task that cannot run here: its identifier is not registered, or it was handed back without
    /// running. It doubles with each further one up to [`longest_idle`](Self::longest_idle). Default 1 s: the server would
    /// send the task again at once.
    pub refusal_pause: Duration,
}

/// The largest number of slots.
const MAX_CONCURRENCY: usize = 10_000;

impl Default for RunnerPolicy {
    fn default() -> Self {
        Self {
            concurrency: 1,
            ahead: 0,
            grace: Duration::from_secs(2),
            report_grace: Duration::from_secs(10),
            interrupt_grace: Duration::from_secs(1),
            abort_on_lost_lease: false,
            extension_fraction: 2.0 / 3.0,
            extension_jitter: 0.1,
            extension_timeout: Duration::from_secs(5),
            extension_pause: Duration::from_millis(50),
            longest_lease: Duration::from_secs(300),
            default_lease: Duration::from_secs(15),
            request_timeout: Duration::from_secs(30),
            message_limit: 16 << 20,
            large_report: 1 << 20,
            first_backoff: Duration::from_millis(100),
            longest_backoff: Duration::from_secs(30),
            shortest_idle: Duration::from_millis(1),
            longest_idle: Duration::from_secs(300),
            default_idle: Duration::from_secs(5),
            refusal_pause: Duration::from_secs(1),
        }
    }
}

impl RunnerPolicy {
    /// Returns the number of slots within its bounds.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.concurrency.clamp(1, MAX_CONCURRENCY)
    }

    /// Returns the maximum number of leased tasks and of requests for tasks together.
    pub(super) fn capacity(&self) -> usize {
        self.slots() + self.ahead.min(MAX_CONCURRENCY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_has_1_to_10000_slots() {
        for (concurrency, ahead, slots, capacity) in
            [(0, 0, 1, 1), (8, 4, 8, 12), (usize::MAX, usize::MAX, 10_000, 20_000)]
        {
            let policy = RunnerPolicy { concurrency, ahead, ..RunnerPolicy::default() };
            assert_eq!((policy.slots(), policy.capacity()), (slots, capacity));
        }
    }
}
