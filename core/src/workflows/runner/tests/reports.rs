//! Reports that fail in every way.

use super::bench::{
    Bench, Request, Sent, accepted, computed, lost, next, not_connected, noted, refused, seconds, slots, task,
};
use crate::progress::ProgressIndicator;
use crate::protocol::connect::{self, Code};
use crate::protocol::exchange::ExchangeError;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::runner::{FailureCause, LeaseState, Outcome, ReportResult, RunMode, RunnerEvent};

/// A runner with one slot, whose task was computed.
fn reporting() -> Bench {
    let mut bench = Bench::new(RunMode::Forever, slots(1));
    bench.give(task(1));
    bench.finish(0, computed(2));
    bench
}

fn failed(display: &str, progress: &[(&str, u64)]) -> Outcome {
    let progress =
        progress.iter().map(|(label, total)| ProgressIndicator { label: (*label).to_owned(), total: *total, done: 0 });
    Outcome::Failed { display: display.to_owned(), progress: progress.collect(), cause: FailureCause::Task }
}

fn failure(sent: &Sent) -> &wire::TaskFailedRequest {
    match &sent.request {
        Request::Failed(request) => request,
        other => panic!("expects a failed task, got {other:?}"),
    }
}

#[test]
fn a_report_and_the_next_request_are_one_call() {
    let mut bench = reporting();
    let report = bench.only(Sent::is_computed);
    assert!(report.asks() && bench.sent.is_empty());
    bench.respond(&report, Ok(next(task(2))));
    assert_eq!(bench.executed().len(), 2);
    assert!(matches!(
        bench.events[1..],
        [
            RunnerEvent::Reported { task, result: ReportResult::Computed, .. },
            RunnerEvent::Execute { .. }
        ] if task == super::bench::id_of(1)
    ));
    let summary = bench.runner.summary();
    assert_eq!((summary.computed, summary.subtasks, summary.requests), (1, 3, 2));
}

#[test]
fn a_report_of_unknown_fate_is_repeated_without_asking() {
    let unreadable = || ExchangeError::Unreadable(crate::error::UnreadableMessage::new("cut").cut());
    for failure in [lost(), refused(Code::Unavailable), refused(Code::Internal), unreadable()] {
        let mut bench = reporting();
        bench.fail(Sent::is_computed, failure);
        bench.pass(seconds(0.1));
        let again = bench.only(Sent::is_computed);
        assert!(!again.asks());
        assert_eq!(again.exchange.attempt, 2);
        // It stays without one, although this attempt surely did not arrive.
        bench.respond(&again, Err(not_connected()));
        bench.pass(seconds(0.2));
        let again = bench.only(Sent::is_computed);
        assert!(!again.asks());
        assert!(bench.sent.is_empty(), "the slot waits for its report");
        bench.respond(&again, Ok(accepted()));
        assert_eq!(bench.results(), [ReportResult::Computed]);
        bench.only(Sent::is_ask);
        assert_eq!(bench.runner.summary().repeated_reports, 2);
    }
}

#[test]
fn a_report_that_surely_did_not_arrive_asks_again() {
    let mut bench = reporting();
    bench.fail(Sent::is_computed, not_connected());
    bench.pass(seconds(0.1));
    assert!(bench.only(Sent::is_computed).asks());
}

#[test]
fn a_report_refused_for_an_hour_is_delivered_once() {
    for seed in 0..20 {
        let mut bench = Bench::seeded(RunMode::Forever, slots(1), seed);
        bench.give(task(1));
        bench.compute(0);
        let end = bench.now + seconds(3600.0);
        let mut attempts = 0;
        while bench.now < end {
            while let Some(index) = bench.sent.iter().position(|sent| !sent.is_ask()) {
                let sent = bench.sent.remove(index);
                attempts += u32::from(sent.is_computed());
                bench.respond(&sent, Err(refused(Code::Unavailable)));
            }
            let wait = bench.wait.expect("a wait") - bench.now;
            assert!(wait <= seconds(30.0), "{wait:?}");
            bench.pass(wait);
        }
        assert!((150..600).contains(&attempts), "{attempts} attempts");
        bench.pass(seconds(30.0));
        let report = bench.only(Sent::is_computed);
        bench.respond(&report, Ok(accepted()));
        assert_eq!(bench.results(), [ReportResult::Computed]);
        assert_eq!(bench.runner.summary().lost_leases, 1);
    }
}

#[test]
fn a_refused_result_fails_its_task_with_the_text_of_the_server() {
    let text = "expects at most 64 groups, got 65";
    let mut bench = reporting();
    bench.fail(Sent::is_computed, ExchangeError::BadResponse(connect::Error::new(Code::InvalidArgument, text)));
    let report = bench.only(Sent::is_failed);
    let request = failure(&report);
    assert_eq!((request.display.as_str(), request.was_workflow_error), (&*format!("T(1)\n{text}"), true));
    bench.respond(&report, Ok(noted()));
    assert_eq!(bench.results(), [ReportResult::Failed]);
    bench.only(Sent::is_ask);
    let summary = bench.runner.summary();
    assert_eq!((summary.failed, summary.computed, summary.subtasks), (1, 0, 0));
    let expected = "cannot report the task `T(1)`: expects at most 64 groups, got 65; \
        the runner reports the task as failed, with this text";
    assert_eq!(bench.troubles(), [expected]);
}

/// A report that is larger than the server or its gateway takes.
#[test]
fn an_oversized_report_fails_its_task() {
    let status = http::StatusCode::PAYLOAD_TOO_LARGE;
    let gateway = connect::Error::from_foreign_response(status, Some("text/html"), b"too large");
    let server = connect::Error::new(Code::ResourceExhausted, "message size 5000000 is larger than 4194304");
    for error in [gateway, server] {
        let mut bench = Bench::new(RunMode::Forever, slots(1));
        bench.give(task(1));
        let group = wire::TaskSubmissionGroup { inputs: vec![vec![7; 5_000_000].into()], ..Default::default() };
        let subtasks = Some(wire::TaskSubmissions { task_groups: vec![group], ..Default::default() });
        bench.finish(0, Outcome::Computed { display: None, subtasks, progress: Vec::new() });
        let report = bench.sent.remove(0);
        bench.respond(&report, Err(ExchangeError::BadResponse(error)));
        bench.only(Sent::is_failed);
    }
}

#[test]
fn a_refused_failure_is_simplified_once_and_dropped_then() {
    let mut bench = Bench::new(RunMode::Forever, slots(1));
    bench.give(task(1));
    bench.finish(0, failed(&format!("T(1)\n{}", "x".repeat(2000)), &[("a", 3)]));
    let report = bench.only(Sent::is_failed);
    assert_eq!(failure(&report).progress_updates.len(), 1);
    bench.respond(&report, Err(refused(Code::InvalidArgument)));
    let report = bench.only(Sent::is_failed);
    let request = failure(&report);
    assert!(request.progress_updates.is_empty() && request.was_workflow_error);
    assert_eq!(request.display.chars().count(), 256);
    bench.respond(&report, Err(refused(Code::InvalidArgument)));
    assert_eq!(bench.results(), [ReportResult::Dropped]);
    assert_eq!(bench.troubles().len(), 2);
    bench.only(Sent::is_ask);
}

#[test]
fn a_task_unknown_to_the_server_is_dropped() {
    for code in [Code::NotFound, Code::FailedPrecondition, Code::AlreadyExists] {
        let mut bench = reporting();
        bench.fail(Sent::is_computed, refused(code));
        assert_eq!(bench.results(), [ReportResult::Dropped], "{code}");
        assert_eq!(bench.troubles().len(), 1);
        bench.only(Sent::is_ask);
        assert_eq!(bench.runner.summary().unreported, 1);
    }
}

#[test]
fn a_rejected_key_starts_the_shutdown() {
    for code in [Code::Unauthenticated, Code::PermissionDenied] {
        let mut bench = reporting();
        bench.fail(Sent::is_computed, refused(code));
        assert!(!bench.is_done);
        // The key may be valid again before the end.
        bench.pass(seconds(0.1));
        let again = bench.only(Sent::is_computed);
        assert!(!again.asks());
        bench.respond(&again, Ok(accepted()));
        assert!(bench.is_done, "{code}");
        assert!(bench.error.is_some_and(|error| error.to_string().starts_with("cannot report the task `T(1)`")));
        assert_eq!(bench.runner.summary().computed, 1);
    }
}

#[test]
fn a_report_is_repeated_during_a_shutdown_for_its_grace() {
    for seed in 0..20 {
        let mut bench = Bench::seeded(RunMode::Forever, slots(1), seed);
        bench.give(task(1));
        bench.stop();
        bench.pass(seconds(1.0));
        bench.compute(0);
        let finished = bench.now;
        let mut attempts = 0;
        while !bench.is_done {
            while let Some(index) = bench.sent.iter().position(Sent::is_computed) {
                let sent = bench.sent.remove(index);
                assert!(!sent.asks());
                attempts += 1;
                bench.respond(&sent, Err(lost()));
            }
            let wait = bench.wait.unwrap_or(bench.now) - bench.now;
            bench.pass(wait.max(seconds(0.001)));
        }
        assert!(bench.now <= finished + seconds(10.01), "{:?}", bench.now - finished);
        assert!((5..200).contains(&attempts), "{attempts}");
        assert_eq!((bench.results(), bench.ended().unreported), (vec![ReportResult::Dropped], 1));
    }
}

#[test]
fn a_display_that_a_task_set_is_reported() {
    let mut bench = Bench::new(RunMode::Forever, slots(1));
    bench.give(task(1));
    bench.finish(0, Outcome::Computed { display: Some("Sum(4)".to_owned()), subtasks: None, progress: Vec::new() });
    let report = bench.only(Sent::is_computed);
    let Request::Next(request) = &report.request else { panic!("a report") };
    assert_eq!(request.computed_task.as_ref().map(|task| task.display.as_str()), Some("Sum(4)"));
}

#[test]
fn a_failure_by_the_runner_counts_no_retry() {
    let mut bench = Bench::new(RunMode::Forever, slots(1));
    bench.give(task(1));
    let (display, cause) = ("T(1)\nno".to_owned(), FailureCause::Runner);
    bench.finish(0, Outcome::Failed { display, progress: Vec::new(), cause });
    let report = bench.only(Sent::is_failed);
    assert!(!failure(&report).was_workflow_error);
    bench.respond(&report, Ok(noted()));
    assert_eq!(bench.results(), [ReportResult::HandedBack]);
}

/// Such as tasks whose executor was shut down.
#[test]
fn tasks_that_are_handed_back_pause_the_runner() {
    let mut bench = Bench::new(RunMode::Forever, slots(1));
    bench.give(task(1));
    bench.finish(0, Outcome::HandBack);
    let report = bench.only(Sent::is_failed);
    bench.respond(&report, Ok(noted()));
    assert!(bench.sent.is_empty());
    assert_eq!(bench.wait, Some(bench.now + seconds(1.0)));
}

#[test]
fn an_outcome_of_a_free_slot_is_ignored() {
    let mut bench = reporting();
    bench.compute(0);
    bench.compute(17);
    assert_eq!(bench.sent.len(), 1);
}

#[test]
fn a_second_response_to_a_report_is_ignored() {
    let mut bench = reporting();
    let report = bench.only(Sent::is_computed);
    bench.respond(&report, Ok(next(task(2))));
    bench.respond(&report, Ok(next(task(3))));
    assert_eq!(bench.executed().len(), 2);
    assert!(matches!(bench.executed()[1].1.lease, LeaseState::Held { .. }));
}
