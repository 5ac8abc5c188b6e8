//! How many requests for tasks are sent, and when.

use std::time::Duration;

use super::bench::{
    Bench, Sent, accepted, computed, idling, leased, lost, next, not_connected, noted, refused, seconds, slots, task,
};
use crate::protocol::connect::Code;
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;
use crate::workflows::TaskIdentifier;
use crate::workflows::runner::{
    FailureCause, LeaseState, Outcome, Registered, RunMode, Runner, RunnerEvent, RunnerPolicy, RunnerReply,
};

fn failed() -> Outcome {
    Outcome::Failed { display: "T(1)\nno".to_owned(), progress: Vec::new(), cause: FailureCause::Task }
}

/// Responds to all requests for tasks with tasks. Returns how many there were.
fn give_all(bench: &mut Bench, number: &mut u128) -> usize {
    let asks: Vec<_> = bench.sent.extract_if(.., |sent| sent.asks()).collect();
    for ask in &asks {
        *number += 1;
        bench.respond(ask, Ok(next(task(*number))));
    }
    asks.len()
}

#[test]
fn an_idle_runner_with_32_slots_asks_as_often_as_one_with_1() {
    let counts = [1, 32].map(|concurrency| {
        let mut bench = Bench::new(RunMode::Forever, slots(concurrency));
        for _ in 0..20 {
            assert_eq!(bench.sent.len(), 1);
            bench.idle(6.0);
            assert!(bench.sent.is_empty());
            bench.pass(seconds(6.0));
        }
        bench.runner.summary().requests
    });
    assert_eq!(counts, [21, 21]);
}

#[test]
fn arriving_tasks_fill_n_slots_in_log_n_round_trips() {
    let mut bench = Bench::new(RunMode::Forever, slots(32));
    let mut number = 0;
    let asked: Vec<_> = (0..6).map(|_| give_all(&mut bench, &mut number)).collect();
    assert_eq!(asked, [1, 2, 4, 8, 16, 1]);
    assert_eq!(bench.executed().len(), 32);
    assert!(bench.sent.is_empty(), "all slots are busy");
}

#[test]
fn a_report_wakes_a_slot_for_each_subtask_that_can_start() {
    for (subtasks, woken) in [(0, 0), (3, 3), (8, 7), (100, 7)] {
        let mut bench = Bench::new(RunMode::Forever, slots(8));
        bench.give(task(1));
        bench.idle(60.0);
        bench.idle(60.0);
        assert!(bench.sent.is_empty());
        bench.finish(0, computed(subtasks));
        let report = bench.only(Sent::is_computed);
        assert!(report.asks());
        bench.respond(&report, Ok(next(task(2))));
        // The task that came with the response wakes two slots in any case.
        assert_eq!(bench.count(Sent::is_ask), woken.clamp(2, 7).max(usize::min(subtasks + 2, 7)));
        assert_eq!(bench.executed().len(), 2);
    }
}

#[test]
fn all_slots_start_within_four_round_trips_of_a_report() {
    let mut bench = Bench::new(RunMode::Forever, slots(8));
    bench.give(task(1));
    bench.idle(60.0);
    bench.idle(60.0);
    bench.finish(0, computed(8));
    let (mut number, mut round_trips) = (1, 0);
    while bench.executed().len() < 9 {
        assert!(give_all(&mut bench, &mut number) > 0);
        round_trips += 1;
    }
    assert_eq!(round_trips, 2);
}

#[test]
fn an_idle_wait_is_between_1_ms_and_5_min() {
    for (suggested, expected) in [(1e-9, 1e-3), (0.5, 0.5), (299.0, 299.0), (1e6, 300.0)] {
        let mut bench = Bench::new(RunMode::Forever, slots(4));
        bench.idle(suggested);
        let until = bench.now + seconds(expected);
        assert_eq!(bench.wait, Some(until));
        assert!(matches!(bench.events[..], [RunnerEvent::Idle { until: time }] if time == until));
    }
}

#[test]
fn an_idle_wait_without_suggestion_takes_5_to_10_s() {
    let negative = Some(prost_types::Duration { seconds: i64::MIN, nanos: -1 });
    let idling = wire::IdlingResponse { suggested_idling_duration: negative };
    let mut waits = Vec::new();
    for seed in 0..50 {
        for idling in [None, Some(wire::IdlingResponse::default()), Some(idling)] {
            let mut bench = Bench::seeded(RunMode::Forever, slots(4), seed);
            let ask = bench.only(Sent::is_ask);
            let response = wire::NextTaskResponse { next_task: None, idling };
            bench.respond(&ask, Ok(RunnerReply::NextTask(response)));
            waits.push(bench.wait.expect("a wait") - bench.now);
        }
    }
    assert!(waits.iter().all(|wait| (5.0..10.0).contains(&wait.as_secs_f64())), "{waits:?}");
    assert!(waits.iter().max() > waits.iter().min(), "they have jitter");
}

#[test]
fn a_runner_of_all_tasks_ends_when_a_quiet_ask_is_idle() {
    let mut bench = Bench::new(RunMode::All, slots(4));
    bench.idle(6.0);
    let summary = bench.ended();
    assert_eq!((summary.requests, summary.idle_responses, summary.computed), (1, 1, 0));
}

#[test]
fn an_idle_report_is_followed_by_another_ask_at_once() {
    let mut bench = Bench::new(RunMode::All, slots(1));
    bench.give(task(1));
    bench.compute(0);
    bench.idle(6.0);
    assert!(!bench.is_done);
    assert!(bench.only(Sent::is_ask).at == bench.now, "it does not wait");

    let mut bench = Bench::new(RunMode::All, slots(1));
    bench.give(task(1));
    bench.compute(0);
    bench.idle(6.0);
    bench.idle(6.0);
    let summary = bench.ended();
    assert_eq!((summary.requests, summary.idle_responses, summary.computed), (3, 2, 1));
}

#[test]
fn an_ask_during_a_task_does_not_end_a_runner() {
    let mut bench = Bench::new(RunMode::All, slots(2));
    bench.give(task(1));
    bench.idle(6.0);
    assert!(!bench.is_done && bench.sent.is_empty());
    // The task ends while nothing is in flight, and the runner asks again once its report is accepted.
    bench.finish(0, failed());
    let report = bench.only(Sent::is_failed);
    bench.respond(&report, Ok(noted()));
    bench.give(task(1));
    bench.compute(0);
    while !bench.is_done {
        bench.idle(6.0);
    }
    assert_eq!((bench.ended().computed, bench.ended().failed), (1, 1));
}

/// The first request is sent while a task runs, the second while the runner holds none. The first brings another task.
#[test]
fn a_quiet_ask_does_not_end_a_runner_that_got_a_task_since() {
    let mut bench = Bench::new(RunMode::All, slots(2));
    bench.give(task(1));
    let first = bench.only(Sent::is_ask);
    bench.finish(0, failed());
    let report = bench.only(Sent::is_failed);
    bench.respond(&report, Ok(noted()));
    let quiet = bench.only(Sent::is_ask);
    bench.respond(&first, Ok(next(task(2))));
    bench.respond(&quiet, Ok(idling(6.0)));
    assert!(!bench.is_done);
    bench.compute(0);
    while !bench.is_done {
        bench.idle(6.0);
    }
    assert_eq!(bench.ended().computed, 1);
}

#[test]
fn a_failed_ask_is_repeated_with_backoff() {
    let mut bench = Bench::new(RunMode::Forever, slots(8));
    let mut longest = Duration::ZERO;
    for failure in 1..40 {
        bench.fail(Sent::is_ask, if failure % 2 == 0 { lost() } else { not_connected() });
        assert!(bench.sent.is_empty());
        let wait = bench.wait.expect("a wait") - bench.now;
        assert!(wait <= seconds(0.1 * f64::from(1 << failure.min(10))).min(seconds(30.0)), "{failure}: {wait:?}");
        longest = longest.max(wait);
        bench.pass(wait);
        assert_eq!(bench.count(Sent::is_ask), 1, "one request probes for all");
    }
    assert!(longest > seconds(10.0), "{longest:?}");
    assert_eq!(bench.troubles().len(), 39);
    let expected = "cannot ask the cluster `c` for a task: no response from http://localhost:1: refused; \
        the runner asks again after a wait";
    assert_eq!(bench.troubles()[0], expected);
    bench.give(task(1));
    assert_eq!(bench.count(Sent::is_ask), 2, "a response ends the backoff");
}

#[test]
fn an_invalid_key_or_cluster_ends_the_runner() {
    for code in [Code::Unauthenticated, Code::PermissionDenied, Code::NotFound, Code::InvalidArgument] {
        let mut bench = Bench::new(RunMode::Forever, slots(2));
        bench.fail(Sent::is_ask, refused(code));
        assert!(bench.is_done, "{code}");
        let error = bench.error.expect("an error").to_string();
        assert!(error.starts_with("cannot ask the cluster `c` for a task: "), "{error}");
    }
}

#[test]
fn an_error_that_ends_the_runner_leaves_tasks_their_grace() {
    let mut bench = Bench::new(RunMode::Forever, slots(2));
    bench.give(task(1));
    bench.fail(Sent::is_ask, refused(Code::PermissionDenied));
    assert!(!bench.is_done);
    bench.compute(0);
    let report = bench.only(Sent::is_computed);
    assert!(!report.asks());
    bench.respond(&report, Ok(accepted()));
    assert!(bench.is_done && bench.error.is_some());
}

#[test]
fn an_unknown_identifier_pauses_the_runner_longer_each_time() {
    let mut bench = Bench::new(RunMode::Forever, slots(4));
    let mut pauses = Vec::new();
    for round in 1..=12 {
        while bench.count(Sent::is_ask) > 1 {
            bench.idle(1e6);
        }
        bench.give(task(round));
        while bench.count(Sent::is_ask) > 0 {
            bench.idle(1e6);
        }
        bench.finish(0, Outcome::UnknownIdentifier);
        let report = bench.only(Sent::is_failed);
        let super::bench::Request::Failed(request) = &report.request else { panic!("a failed task") };
        assert!(!request.was_workflow_error);
        assert_eq!(request.display, format!("T({round})"));
        bench.respond(&report, Ok(noted()));
        assert!(bench.sent.is_empty());
        let wait = bench.wait.expect("a wait") - bench.now;
        pauses.push(wait.as_secs());
        bench.pass(wait);
        assert!(bench.count(Sent::is_ask) > 0);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    let expected = "cannot run the task `T@v1.0`: no code is registered for its identifier; add its code with \
        `.task::<T>()`, or run it on another cluster; until then the runner hands it back and pauses";
    assert_eq!(bench.troubles()[0], expected);
    assert_eq!(bench.runner.summary().handed_back, 12);
}

#[test]
fn a_report_during_a_pause_does_not_ask() {
    let mut bench = Bench::new(RunMode::Forever, slots(2));
    bench.give(task(1));
    bench.give(task(2));
    bench.finish(0, Outcome::UnknownIdentifier);
    bench.compute(1);
    let report = bench.only(Sent::is_computed);
    assert!(!report.asks());
    bench.respond(&report, Ok(accepted()));
    let report = bench.only(Sent::is_failed);
    bench.respond(&report, Ok(noted()));
    assert!(bench.sent.is_empty());
    bench.pass(seconds(1.0));
    assert_eq!(bench.count(Sent::is_ask), 2);
}

#[test]
fn a_task_that_cannot_be_read_is_handed_back() {
    let whole = task(1);
    for broken in [
        wire::Task { identifier: None, ..whole.clone() },
        wire::Task { identifier: Some(wire::TaskIdentifier::default()), ..whole.clone() },
        wire::Task { job: None, ..whole.clone() },
    ] {
        let mut bench = Bench::new(RunMode::Forever, slots(1));
        bench.give(broken);
        assert!(bench.executed().is_empty());
        let report = bench.only(Sent::is_failed);
        bench.respond(&report, Ok(noted()));
        assert!(bench.sent.is_empty() && bench.wait.is_some(), "the runner pauses");
        assert_eq!(bench.troubles().len(), 1);
    }
    let mut bench = Bench::new(RunMode::Forever, slots(1));
    bench.give(wire::Task { id: None, ..whole });
    assert!(bench.sent.is_empty() && bench.wait.is_some());
    assert!(bench.troubles()[0].contains("the task `T(1)` has no id"), "{:?}", bench.troubles());
}

#[test]
fn a_task_carries_its_job_and_its_lease() {
    let mut bench = Bench::new(RunMode::Forever, slots(1));
    let sent = bench.now;
    bench.pass(seconds(2.0));
    bench.give(wire::Task { retry_count: 3, input: Some("7".into()), ..leased(5, 15.0, 10.0) });
    let executed = bench.executed();
    let [(0, task)] = executed[..] else { panic!("one task: {executed:?}") };
    assert_eq!((task.display.as_str(), &task.input[..], task.retry_count), ("T(5)", &b"7"[..], 3));
    assert_eq!((task.job_name.as_str(), task.identifier.to_string().as_str()), ("job", "T@v1.0"));
    let until = sent + seconds(15.0);
    assert_eq!(task.lease, LeaseState::Held { until });
}

#[test]
fn a_runner_without_tasks_is_an_error() {
    let registered = Registered::new("c", [] as [TaskIdentifier; 0]);
    let runner = Runner::new(super::bench::endpoint(), registered, RunMode::Forever, RunnerPolicy::default(), 1);
    let bench = Bench::with(runner);
    assert!(bench.is_done && bench.sent.is_empty());
    let error = bench.error.expect("an error").to_string();
    assert_eq!(error, "cannot start the runner: it has no tasks to run; register at least one task");
}

#[test]
fn a_response_of_another_method_is_an_error_of_the_request() {
    let mut bench = Bench::new(RunMode::Forever, slots(1));
    let ask = bench.only(Sent::is_ask);
    bench.respond(&ask, Ok(noted()));
    assert_eq!(bench.troubles().len(), 1);
    assert!(bench.wait.is_some_and(|wait| wait > Instant::ORIGIN), "it asks again");
}
