//! Single rules of runners, in runs with few or no faults.

use std::time::Duration;

use tilebox_core::protocol::connect::Code;
use tilebox_core::testing::Faults;
use tilebox_core::testing::workflows::{Proxy, ReportKind, Request, Signal, TraceEvent, WorldSettings};
use tilebox_core::workflows::runner::RunnerPolicy;
use tilebox_tests::workflows::graph::Graph;
use tilebox_tests::workflows::run::{Run, settings};

use crate::run_seed;

/// Returns a run of one job on one runner with this policy, without faults.
fn calm(graph: Graph, policy: RunnerPolicy) -> Run {
    let mut settings: WorldSettings = settings(Faults::none(7));
    settings.runners = vec![policy];
    Run { is_calm: true, ..Run::new(settings, vec![graph]) }
}

fn slots(concurrency: usize) -> RunnerPolicy {
    let mut policy = RunnerPolicy::default();
    policy.concurrency = concurrency;
    policy
}

/// Runs to the end, checks the invariants, and prints the trace if one is broken.
fn finish(run: &mut Run) {
    if let Err(broken) = run_seed(run) {
        panic!("{}\n{broken}", run.world.trace());
    }
}

/// Returns the times at which events happened.
fn times(run: &Run, is_meant: impl Fn(&TraceEvent) -> bool) -> Vec<Duration> {
    run.world.trace().iter().filter(|entry| is_meant(&entry.event)).map(|entry| entry.at).collect()
}

const ROUND_TRIP: Duration = Duration::from_millis(20);

#[test]
fn a_report_with_subtasks_fills_the_slots_in_two_round_trips() {
    let mut run = calm(Graph::wide(8, Duration::from_secs(60)), slots(8));
    finish(&mut run);
    let reported =
        times(&run, |event| matches!(event, TraceEvent::Sent(Request::NextTask { computed: Some(_), .. })))[0];
    let started = times(&run, |event| matches!(event, TraceEvent::Started { .. }));
    assert_eq!(started.len(), 9);
    let filled = started[8] - reported;
    assert!(filled <= ROUND_TRIP * 2, "expects two round trips, got {filled:?}");
}

#[test]
fn eight_slots_fill_within_four_round_trips() {
    let mut settings: WorldSettings = settings(Faults::none(7));
    settings.runners = vec![slots(8)];
    let roots = vec![Graph::single(vec![Duration::from_secs(60)]); 8];
    let mut run = Run { is_calm: true, ..Run::new(settings, roots) };
    finish(&mut run);
    let asked = times(&run, |event| matches!(event, TraceEvent::Sent(Request::NextTask { .. })))[0];
    let started = times(&run, |event| matches!(event, TraceEvent::Started { .. }));
    assert_eq!(started.len(), 8);
    let filled = started[7] - asked;
    assert!(filled <= ROUND_TRIP * 4, "expects four round trips, got {filled:?}");
}

#[test]
fn an_idle_runner_asks_equally_often_with_32_slots() {
    let asks = |concurrency| {
        let mut run = calm(Graph::single(Vec::new()), slots(concurrency));
        run.world.run_for(Duration::from_secs(3600)).expect("an hour");
        times(&run, |event| matches!(event, TraceEvent::Sent(Request::NextTask { .. }))).len()
    };
    let (one, many) = (asks(1), asks(32));
    assert!(one.abs_diff(many) <= one / 20, "one slot asks {one} times, 32 slots {many} times");
    assert!((360..=720).contains(&one), "expects an ask every 5 to 10 s, got {one} in an hour");
}

/// Refuses reports for a time after the first one.
struct RefusedReports {
    duration: Duration,
    first: Option<Duration>,
}

impl Proxy for RefusedReports {
    fn refuse(&mut self, at: Duration, _: usize, request: Request) -> Option<Code> {
        let Request::NextTask { computed: Some(_), .. } = request else { return None };
        let first = *self.first.get_or_insert(at);
        (at < first + self.duration).then_some(Code::Unavailable)
    }
}

#[test]
fn a_report_refused_for_a_minute_is_delivered_once() {
    for seed in 0..20 {
        let mut settings = settings(Faults::none(seed));
        settings.server = settings.server.with_lease(Duration::from_secs(3));
        let refused = RefusedReports { duration: Duration::from_secs(60), first: None };
        let mut run = Run::new(settings, vec![Graph::single(vec![Duration::from_secs(1)])]).with_proxy(refused);
        finish(&mut run);
        let accepted = times(&run, |event| matches!(event, TraceEvent::Accepted { report: ReportKind::Computed, .. }));
        assert_eq!((accepted.len(), run.notes.executions()), (1, 1), "seed {seed}\n{}", run.world.trace());
        assert!(accepted[0] > Duration::from_secs(60));
        assert!(times(&run, |event| matches!(event, TraceEvent::Expired { .. })).is_empty(), "the lease holds");
    }
}

#[test]
fn the_lease_of_a_slow_task_holds() {
    let mut settings = settings(Faults::none(7));
    settings.server = settings.server.with_lease(Duration::from_secs(3));
    let mut run = Run { is_calm: true, ..Run::new(settings, vec![Graph::single(vec![Duration::from_secs(7200)])]) };
    finish(&mut run);
    assert_eq!(run.notes.executions(), 1);
}

#[test]
fn a_task_that_ends_in_the_grace_period_runs_once() {
    for (step, executions) in [(11, 1), (30, 2)] {
        let mut policy = slots(1);
        policy.grace = Duration::from_secs(5);
        let mut run = calm(Graph::single(vec![Duration::from_secs(step)]), policy);
        run.is_calm = executions == 1;
        run.world.signal(Duration::from_secs(8), 0, Signal::Stop);
        finish(&mut run);
        assert_eq!(run.notes.executions(), executions, "{}", run.world.trace());
        let handed_back =
            |event: &TraceEvent| matches!(event, TraceEvent::Sent(Request::TaskFailed { by_task: false, .. }));
        let handed_back = times(&run, handed_back);
        assert_eq!(handed_back.len(), executions - 1);
        assert!(handed_back.iter().all(|at| (13_000..13_100).contains(&at.as_millis())), "{handed_back:?}");
    }
}

#[test]
fn a_runner_stays_small_over_ten_thousand_tasks() {
    let mut run = calm(Graph::wide(10_000, Duration::from_millis(100)), slots(8));
    let mut sizes = Vec::new();
    while run.notes.executions() < 10_000 {
        run.world.run_for(Duration::from_secs(10)).expect("ten seconds");
        // Prints all that the machine holds.
        sizes.push(format!("{:?}", run.world.machine(0)).len());
    }
    finish(&mut run);
    let (first, largest) = (sizes[0], sizes.iter().max().expect("a size"));
    assert!(sizes.len() > 10 && *largest < first * 2, "{sizes:?}");
}
