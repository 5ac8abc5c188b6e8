//! The metrics of runners while they run.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::time::Instant;
use crate::workflows::runner::{ReportResult, RunSummary, SlotId};

/// Measures runners while they run: add it to any number of them, and read it at any time.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// # use tilebox_tokio::workflows::{Runner, RunnerMetrics};
/// # async fn example(runner: Runner) -> tilebox_core::Result<()> {
/// let metrics = RunnerMetrics::new();
/// let run = runner.metrics(&metrics).run_all();
/// // Elsewhere, such as in the handler of a health check:
/// let now = metrics.read();
/// println!("{} tasks are executed, {} requests failed", now.executing, now.totals.failed_requests);
/// # run.await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct RunnerMetrics {
    runs: Arc<Mutex<Runs>>,
}

/// The state of runners at one moment, and what they did until then.
///
/// Prints one line: `1 runner, 8 tasks executing, 2 reporting; 12 tasks computed in 3 min 5 s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunnerSnapshot {
    /// Runners that run.
    pub runners: u64,
    /// Tasks that are executed.
    pub executing: u64,
    /// Tasks that were executed, and whose report the server has not accepted yet. Their leases are still extended.
    pub reporting: u64,
    /// Reports that ended.
    pub reports: u64,
    /// The sum of the times from the end of an execution to the end of its report.
    pub report_time: Duration,
    /// The longest of these times.
    pub longest_report: Duration,
    /// The numbers of all runs, including those that ended. [`elapsed`](RunSummary::elapsed) is the sum of the runs that ended.
    pub totals: RunSummary,
}

#[derive(Default)]
struct Runs {
    ended: RunnerSnapshot,
    running: Vec<Arc<Mutex<RunnerSnapshot>>>,
}

impl RunnerMetrics {
    /// Returns metrics without runners.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the state of all runners now, and the sums of what they did.
    #[must_use]
    pub fn read(&self) -> RunnerSnapshot {
        let runs = lock(&self.runs);
        runs.running.iter().fold(runs.ended, |sum, run| sum.and(*lock(run)))
    }

    /// Returns the meter of a run that begins.
    pub(super) fn begin(&self) -> RunMeter {
        let state = Arc::new(Mutex::new(RunnerSnapshot { runners: 1, ..RunnerSnapshot::default() }));
        lock(&self.runs).running.push(Arc::clone(&state));
        RunMeter {
            metrics: self.clone(),
            state,
            executing: 0,
            finished: Vec::new(),
            reported: RunnerSnapshot::default(),
        }
    }
}

impl RunnerSnapshot {
    fn and(self, other: Self) -> Self {
        Self {
            runners: self.runners + other.runners,
            executing: self.executing + other.executing,
            reporting: self.reporting + other.reporting,
            reports: self.reports + other.reports,
            report_time: self.report_time + other.report_time,
            longest_report: self.longest_report.max(other.longest_report),
            totals: self.totals + other.totals,
        }
    }
}

/// Measures one run. Dropping it ends the run.
pub(super) struct RunMeter {
    metrics: RunnerMetrics,
    state: Arc<Mutex<RunnerSnapshot>>,
    executing: u64,
    /// The ends of executions that are being reported.
    finished: Vec<(SlotId, Instant)>,
    /// The reports so far.
    reported: RunnerSnapshot,
}

impl RunMeter {
    /// A task begins.
    pub(super) fn executes(&mut self) {
        self.executing += 1;
    }

    /// The task in a slot has ended.
    pub(super) fn finishes(&mut self, now: Instant, slot: SlotId) {
        self.executing = self.executing.saturating_sub(1);
        self.finished.push((slot, now));
    }

    /// The task in a slot was handed back before its end.
    pub(super) fn hands_back(&mut self) {
        self.executing = self.executing.saturating_sub(1);
    }

    /// The report of the task that ended first in a slot has ended.
    pub(super) fn reports(&mut self, now: Instant, slot: SlotId, result: ReportResult) {
        let Some(position) = self.finished.iter().position(|(of, _)| *of == slot) else { return };
        let (_, finished) = self.finished.remove(position);
        if result == ReportResult::Dropped {
            return;
        }
        let time = now.saturating_duration_since(finished);
        self.reported.reports += 1;
        self.reported.report_time += time;
        self.reported.longest_report = self.reported.longest_report.max(time);
    }

    /// Publishes the state, with the numbers of the run so far.
    pub(super) fn publish(&self, totals: RunSummary) {
        let reporting = self.finished.len() as u64;
        let state = RunnerSnapshot { runners: 1, executing: self.executing, reporting, totals, ..self.reported };
        *lock(&self.state) = state;
    }
}

impl Drop for RunMeter {
    fn drop(&mut self) {
        let mut runs = lock(&self.metrics.runs);
        runs.running.retain(|run| !Arc::ptr_eq(run, &self.state));
        let last = *lock(&self.state);
        runs.ended = runs.ended.and(RunnerSnapshot { runners: 0, executing: 0, reporting: 0, ..last });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for RunnerMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RunnerMetrics").field(&self.read()).finish()
    }
}

impl fmt::Display for RunnerSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count| if count == 1 { "" } else { "s" };
        let (runners, executing) = (self.runners, self.executing);
        write!(f, "{runners} runner{}, {executing} task{} executing", plural(runners), plural(executing))?;
        write!(f, ", {} reporting; {}", self.reporting, self.totals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT: SlotId = SlotId::of_test(0);

    fn at(milliseconds: u64) -> Instant {
        Instant::after_origin(Duration::from_millis(milliseconds))
    }

    fn computed(computed: u64) -> RunSummary {
        RunSummary { computed, elapsed: Duration::from_secs(185), ..RunSummary::default() }
    }

    #[test]
    fn metrics_sum_the_runs_that_run_and_those_that_ended() {
        let metrics = RunnerMetrics::new();
        let (mut first, mut second) = (metrics.begin(), metrics.begin());
        assert_eq!(metrics.read().runners, 2);
        first.executes();
        first.executes();
        first.finishes(at(100), SLOT);
        first.publish(RunSummary::default());
        second.executes();
        second.publish(computed(3));
        let now = metrics.read();
        assert_eq!((now.executing, now.reporting, now.reports, now.totals.computed), (2, 1, 0, 3));
        assert_eq!(now.to_string(), "2 runners, 2 tasks executing, 1 reporting; 3 tasks computed in 3 min 5 s");

        first.reports(at(350), SLOT, ReportResult::Computed);
        first.hands_back();
        first.publish(computed(1));
        drop(first);
        let now = metrics.read();
        assert_eq!((now.runners, now.executing, now.reporting, now.totals.computed), (1, 1, 0, 4));
        assert_eq!((now.reports, now.report_time), (1, Duration::from_millis(250)));
        drop(second);
        let ended = metrics.read();
        assert_eq!((ended.runners, ended.executing, ended.totals.computed), (0, 0, 4));
        assert_eq!(ended.longest_report, Duration::from_millis(250));
    }

    #[test]
    fn a_slot_reports_its_tasks_in_their_order() {
        let metrics = RunnerMetrics::new();
        let mut meter = metrics.begin();
        // The next task in the slot ends while the first one is still being reported.
        meter.finishes(at(0), SLOT);
        meter.finishes(at(30), SLOT);
        meter.reports(at(40), SLOT, ReportResult::Computed);
        meter.reports(at(50), SLOT, ReportResult::Dropped);
        meter.reports(at(60), SLOT, ReportResult::Failed);
        meter.publish(RunSummary::default());
        let now = metrics.read();
        assert_eq!((now.reports, now.reporting, now.report_time), (1, 0, Duration::from_millis(40)));
    }
}
