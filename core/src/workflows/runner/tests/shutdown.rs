//! Stops, interruptions, and the time until the end.

use super::bench::{Bench, Request, Sent, accepted, idling, lost, next, noted, refused, seconds, slots, task};
use crate::protocol::connect::Code;
use crate::protocol::machine::{Machine as _, Output};
use crate::workflows::runner::{Outcome, ReportResult, RunMode, RunnerPolicy, StopReason};

/// A runner whose slots are busy.
fn busy(concurrency: usize) -> Bench {
    busy_with(slots(concurrency))
}

fn busy_with(policy: RunnerPolicy) -> Bench {
    let mut bench = Bench::new(RunMode::Forever, policy);
    for number in 1..=policy.concurrency {
        bench.give(task(number as u128));
    }
    assert!(bench.sent.is_empty());
    bench
}

#[test]
fn an_idle_runner_ends_at_once() {
    let mut bench = Bench::new(RunMode::Forever, slots(4));
    bench.idle(60.0);
    bench.stop();
    assert_eq!(bench.ended().requests, 1);
}

#[test]
fn a_stop_lets_running_tasks_end_within_the_grace_period() {
    let mut bench = busy(2);
    bench.stop();
    assert_eq!(bench.stops(), [(0, StopReason::Stopping), (1, StopReason::Stopping)]);
    bench.stop();
    assert_eq!(bench.stops().len(), 2, "a second stop has no effect");
    bench.pass(seconds(1.9));
    bench.compute(1);
    let report = bench.only(Sent::is_computed);
    assert!(!report.asks());
    bench.respond(&report, Ok(accepted()));
    bench.pass(seconds(0.1));
    assert_eq!(bench.stops()[2..], [(0, StopReason::Interrupted)]);
    let report = bench.only(Sent::is_failed);
    let Request::Failed(request) = &report.request else { panic!("a failed task") };
    assert_eq!((request.was_workflow_error, request.display.as_str()), (false, "T(1)"));
    bench.respond(&report, Ok(noted()));
    let summary = bench.ended();
    assert_eq!((summary.computed, summary.handed_back), (1, 1));
    assert_eq!(summary.elapsed, seconds(2.0));
    assert_eq!(summary.execution_time, seconds(3.9));
    assert_eq!(summary.to_string(), "1 task computed, 1 handed back in 2.00 s");
    // The driver reports what it aborted, which comes too late.
    bench.compute(0);
    assert!(bench.sent.is_empty());
}

#[test]
fn a_late_interruption_does_not_lengthen_the_shutdown() {
    let mut bench = Bench::new(RunMode::Forever, RunnerPolicy { grace: seconds(0.0), ..slots(2) });
    bench.stop();
    bench.pass(seconds(9.5));
    bench.interrupt();
    bench.pass(seconds(0.5));
    assert_eq!(bench.ended().elapsed, seconds(10.0));
}

#[test]
fn an_ask_in_flight_is_awaited_and_its_task_handed_back() {
    let mut bench = Bench::new(RunMode::Forever, slots(2));
    bench.stop();
    assert!(!bench.is_done);
    bench.pass(seconds(5.0));
    bench.give(task(1));
    assert!(bench.executed().is_empty());
    let report = bench.only(Sent::is_failed);
    bench.respond(&report, Ok(noted()));
    assert_eq!(bench.ended().handed_back, 1);
}

#[test]
fn a_report_in_flight_may_bring_a_task_to_hand_back() {
    let mut bench = busy(1);
    bench.compute(0);
    bench.stop();
    bench.give(task(2));
    let report = bench.only(Sent::is_failed);
    bench.respond(&report, Ok(noted()));
    let summary = bench.ended();
    assert_eq!((summary.computed, summary.handed_back), (1, 1));
    assert_eq!(bench.results(), [ReportResult::Computed]);
}

#[test]
fn a_report_in_flight_at_a_stop_is_repeated() {
    let mut bench = busy(2);
    bench.compute(0);
    bench.finish(1, Outcome::HandBack);
    bench.stop();
    bench.pass(seconds(3.3));
    assert_eq!(bench.sent.len(), 2);
    bench.pass(seconds(0.1));
    assert_eq!(bench.count(Sent::is_computed), 2);
    assert_eq!(bench.count(Sent::is_failed), 1, "a second hand-back could end another execution");
    let first = bench.first(Sent::is_computed);
    let second = bench.first(Sent::is_computed);
    assert!(first.asks() && !second.asks());
    bench.respond(&second, Ok(accepted()));
    bench.respond(&first, Err(lost()));
    let report = bench.only(Sent::is_failed);
    bench.respond(&report, Ok(noted()));
    let summary = bench.ended();
    assert_eq!((summary.computed, summary.handed_back, summary.unreported), (1, 1, 0));
}

#[test]
fn an_ask_without_a_response_is_not_awaited_forever() {
    let mut bench = Bench::new(RunMode::Forever, slots(2));
    bench.stop();
    let ask = bench.only(Sent::is_ask);
    bench.pass(seconds(9.9));
    assert!(!bench.is_done);
    bench.pass(seconds(0.1));
    bench.ended();
    bench.respond(&ask, Ok(next(task(1))));
    assert!(bench.sent.is_empty(), "it is too late to hand it back");
}

#[test]
fn a_failed_ask_during_a_shutdown_is_not_repeated() {
    let mut bench = Bench::new(RunMode::Forever, slots(2));
    bench.stop();
    bench.fail(Sent::is_ask, lost());
    bench.ended();
}

#[test]
fn an_interruption_hands_running_tasks_back_at_once() {
    let mut bench = busy(2);
    bench.stop();
    bench.pass(seconds(0.5));
    bench.interrupt();
    assert_eq!(bench.stops()[2..], [(0, StopReason::Interrupted), (1, StopReason::Interrupted)]);
    assert_eq!(bench.count(Sent::is_failed), 2);
    while bench.count(Sent::is_failed) > 0 {
        let report = bench.first(Sent::is_failed);
        assert!(report.exchange.limits.timeout <= seconds(1.0));
        bench.respond(&report, Ok(noted()));
    }
    assert_eq!(bench.ended().handed_back, 2);
    assert_eq!(bench.results(), [ReportResult::HandedBack; 2]);
}

#[test]
fn an_interruption_without_a_stop_hands_back_too() {
    let mut bench = busy(1);
    bench.interrupt();
    assert_eq!(bench.stops(), [(0, StopReason::Stopping), (0, StopReason::Interrupted)]);
    assert_eq!(bench.count(Sent::is_failed), 1);
}

#[test]
fn an_interrupted_runner_ends_after_1_s() {
    let mut bench = busy(2);
    bench.compute(0);
    bench.interrupt();
    let started = bench.now;
    // Nothing gets a response.
    bench.pass(seconds(0.999));
    assert!(!bench.is_done);
    bench.pass(seconds(0.001));
    assert_eq!(bench.ended().unreported, 2);
    assert_eq!(bench.now - started, seconds(1.0));
    assert_eq!(bench.results(), [ReportResult::Dropped; 2]);
}

#[test]
fn an_interruption_hurries_a_report_that_waits() {
    let mut bench = busy(1);
    bench.compute(0);
    for _ in 0..8 {
        let report = bench.only(Sent::is_computed);
        bench.respond(&report, Err(refused(Code::Unavailable)));
        let wait = bench.wait.expect("a wait") - bench.now;
        if wait > seconds(1.5) {
            break;
        }
        bench.pass(wait);
    }
    assert_eq!(bench.count(Sent::is_computed), 0, "the report waits for its repetition");
    bench.interrupt();
    let report = bench.only(Sent::is_computed);
    bench.respond(&report, Ok(accepted()));
    assert_eq!(bench.ended().computed, 1);
}

#[test]
fn the_grace_period_of_zero_hands_back_at_once() {
    let mut bench = busy_with(RunnerPolicy { grace: seconds(0.0), ..slots(1) });
    bench.stop();
    assert_eq!(bench.stops(), [(0, StopReason::Stopping), (0, StopReason::Interrupted)]);
    assert_eq!(bench.count(Sent::is_failed), 1);
}

#[test]
fn a_stopped_runner_starts_nothing() {
    let mut bench = Bench::new(RunMode::Forever, slots(4));
    bench.give(task(1));
    bench.stop();
    assert_eq!(bench.count(Sent::is_ask), 2);
    for _ in 0..2 {
        let ask = bench.first(Sent::is_ask);
        bench.respond(&ask, Ok(idling(1.0)));
    }
    bench.pass(seconds(1.5));
    assert!(bench.sent.is_empty());
    assert_eq!(bench.executed().len(), 1);
}

#[test]
fn a_cancelled_runner_yields_nothing() {
    let mut bench = busy(2);
    bench.runner.cancel();
    assert!(matches!(bench.runner.poll_output(bench.now), Output::Done));
    bench.runner.stop(bench.now);
    bench.runner.interrupt(bench.now);
    assert!(matches!(bench.runner.poll_output(bench.now), Output::Done));
}

#[test]
fn a_runner_stopped_before_its_start_sends_nothing() {
    use crate::workflows::TaskIdentifier;
    use crate::workflows::runner::{Registered, Runner};
    let registered = Registered::new("c", [TaskIdentifier::new("T", 1, 0)]);
    let mut runner = Runner::new(super::bench::endpoint(), registered, RunMode::Forever, slots(2), 1);
    runner.stop(crate::time::Instant::ORIGIN);
    let bench = Bench::with(runner);
    assert_eq!(bench.ended().requests, 0);
}
