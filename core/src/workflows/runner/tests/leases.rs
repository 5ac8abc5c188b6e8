//! Extensions of leases, and lost leases.

use super::bench::{
    Bench, Request, Sent, accepted, idling, lease, leased, lost, next, noted, refused, seconds, slots, task,
};
use crate::protocol::connect::Code;
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;
use crate::workflows::runner::{
    LeaseState, Outcome, ReportResult, RunMode, RunnerEvent, RunnerPolicy, RunnerReply, StopReason,
};

/// Runs one task with this lease, whose response takes two seconds. Returns the time at which the request was sent.
fn run(granted: f64, recommended: f64) -> (Bench, Instant) {
    run_with(slots(1), leased(1, granted, recommended), 2.0)
}

fn run_with(policy: RunnerPolicy, task: wire::Task, latency: f64) -> (Bench, Instant) {
    let mut bench = Bench::new(RunMode::Forever, policy);
    let sent = bench.now;
    bench.pass(seconds(latency));
    bench.give(task);
    (bench, sent)
}

fn requested(sent: &Sent) -> f64 {
    let Request::Extend(request) = &sent.request else { panic!("an extension") };
    let requested = request.requested_lease.expect("a duration");
    requested.seconds as f64 + f64::from(requested.nanos) * 1e-9
}

fn extended(granted: f64, recommended: f64) -> RunnerReply {
    RunnerReply::Lease(lease(granted, recommended))
}

/// Takes the first attempt to extend a lease. Its repetitions get no response.
fn first_attempt(bench: &mut Bench) -> Sent {
    let first = bench.first(Sent::is_extension);
    bench.sent.retain(|sent| !sent.is_extension());
    first
}

fn leases(bench: &Bench) -> Vec<LeaseState> {
    let leases = bench.events.iter().filter_map(|event| match event {
        RunnerEvent::Lease { lease, .. } => Some(*lease),
        _ => None,
    });
    leases.collect()
}

#[test]
fn a_lease_counts_from_the_sending_of_its_request() {
    let (mut bench, sent) = run(15.0, 10.0);
    assert_eq!(bench.executed()[0].1.lease, LeaseState::Held { until: sent + seconds(15.0) });
    bench.pass(seconds(8.0));
    let extension = bench.only(Sent::is_extension);
    assert!((9.0..=10.0).contains(&(extension.at - sent).as_secs_f64()), "{:?}", extension.at - sent);
    bench.pass(seconds(3.0));
    bench.respond(&extension, Ok(extended(20.0, 12.0)));
    assert_eq!(leases(&bench), [LeaseState::Held { until: extension.at + seconds(20.0) }]);
}

#[test]
fn an_extension_comes_at_the_recommended_time_or_two_thirds() {
    for (granted, recommended, expected) in
        [(15.0, 10.0, 10.0), (15.0, 14.0, 10.0), (15.0, 4.0, 4.0), (30.0, 0.0, 20.0)]
    {
        let mut times = Vec::new();
        for seed in 0..40 {
            let mut bench = Bench::seeded(RunMode::Forever, slots(1), seed);
            let sent = bench.now;
            bench.give(leased(1, granted, recommended));
            bench.pass(seconds(expected));
            times.push((bench.only(Sent::is_extension).at - sent).as_secs_f64());
        }
        assert!(times.iter().all(|time| (0.9 * expected..=expected + 1e-6).contains(time)), "{times:?}");
        assert!(times.iter().any(|time| *time < 0.95 * expected), "they have jitter");
    }
}

#[test]
fn an_extension_asks_for_twice_the_lease_up_to_5_min() {
    for (granted, expected) in [(15.0, 30.0), (140.0, 280.0), (200.0, 300.0), (400.0, 400.0)] {
        let (mut bench, _) = run_with(slots(1), leased(1, granted, 0.0), 0.0);
        bench.pass(seconds(granted * 0.7));
        assert_eq!(requested(&bench.first(Sent::is_extension)), expected, "{granted}");
    }
}

#[test]
fn an_extension_is_repeated_until_the_lease_is_over() {
    for (seed, granted) in (0..30).flat_map(|seed| [3.0, 15.0, 100.0].map(|granted| (seed, granted))) {
        let mut bench = Bench::seeded(RunMode::Forever, slots(1), seed);
        let sent = bench.now;
        bench.give(leased(1, granted, 0.0));
        let until = sent + seconds(granted);
        let mut attempts: Vec<Sent> = Vec::new();
        while bench.now < until {
            while let Some(index) = bench.sent.iter().position(Sent::is_extension) {
                let extension = bench.sent.remove(index);
                let left = until - extension.at;
                assert_eq!(extension.exchange.limits.timeout, left.min(seconds(5.0)), "it ends before the lease");
                let third =
                    attempts.last().map(|last| last.at + ((until - last.at) / 3).clamp(seconds(0.05), seconds(5.0)));
                assert!(third.is_none_or(|third| extension.at == third), "{third:?} {extension:?}");
                attempts.push(extension);
                assert_eq!(attempts.last().map(|last| last.exchange.attempt as usize), Some(attempts.len()));
            }
            let Some(wait) = bench.wait else { break };
            bench.pass(wait - bench.now);
        }
        bench.pass(until - bench.now);
        assert!((4..40).contains(&attempts.len()), "{} attempts of a lease of {granted} s", attempts.len());
        assert_eq!(leases(&bench), [LeaseState::Lost]);
        for extension in &attempts {
            bench.respond(extension, Err(lost()));
        }
        assert!(bench.wait.is_none() && bench.sent.is_empty(), "a lost lease is not extended");
    }
}

#[test]
fn failed_extensions_are_passed_on_once() {
    let (mut bench, sent) = run_with(slots(1), leased(1, 15.0, 10.0), 0.0);
    let until = sent + seconds(15.0);
    let mut attempts = 0;
    while bench.now < until {
        while let Some(index) = bench.sent.iter().position(Sent::is_extension) {
            let extension = bench.sent.remove(index);
            bench.respond(&extension, Err(refused(Code::Unavailable)));
            attempts += 1;
        }
        let Some(wait) = bench.wait else { break };
        bench.pass(wait - bench.now);
    }
    assert!((4..40).contains(&attempts), "{attempts} attempts");
    assert_eq!((bench.troubles().len(), leases(&bench)), (1, vec![LeaseState::Lost]));
}

#[test]
fn a_slow_response_to_an_extension_counts() {
    let (mut bench, _) = run_with(slots(1), leased(1, 3.0, 2.0), 0.0);
    bench.pass(seconds(2.0));
    let first = bench.only(Sent::is_extension);
    bench.sent.clear();
    // Longer than a third of what is left of the lease, and shorter than all of it.
    bench.pass(seconds(0.6));
    let second = bench.sent.iter().position(Sent::is_extension).expect("a repetition");
    let second = bench.sent.remove(second);
    bench.sent.clear();
    bench.respond(&first, Ok(extended(30.0, 20.0)));
    bench.respond(&second, Ok(extended(60.0, 20.0)));
    bench.respond(&first, Ok(extended(90.0, 20.0)));
    let held = |until| LeaseState::Held { until };
    assert_eq!(leases(&bench), [held(first.at + seconds(30.0)), held(second.at + seconds(60.0))]);
}

#[test]
fn an_extension_after_failures_restores_the_clock() {
    let (mut bench, _) = run_with(slots(1), leased(1, 15.0, 10.0), 0.0);
    bench.pass(seconds(10.0));
    bench.fail(Sent::is_extension, refused(Code::Unavailable));
    bench.pass(seconds(1.0));
    let extension = bench.only(Sent::is_extension);
    bench.respond(&extension, Ok(extended(15.0, 10.0)));
    assert_eq!(leases(&bench), [LeaseState::Held { until: extension.at + seconds(15.0) }]);
    assert_eq!(bench.runner.summary().extended_leases, 1);
    bench.pass(seconds(10.0));
    assert_eq!(bench.only(Sent::is_extension).exchange.attempt, 1);
}

#[test]
fn a_task_runs_on_without_its_lease_and_is_reported() {
    let (mut bench, _) = run(15.0, 10.0);
    bench.pass(seconds(20.0));
    assert_eq!(leases(&bench), [LeaseState::Lost]);
    assert!(bench.stops().is_empty());
    bench.compute(0);
    let report = bench.only(Sent::is_computed);
    bench.respond(&report, Ok(accepted()));
    assert_eq!(bench.results(), [ReportResult::Computed]);
    assert_eq!(bench.runner.summary().lost_leases, 1);
}

#[test]
fn a_policy_aborts_tasks_without_a_lease() {
    let policy = RunnerPolicy { abort_on_lost_lease: true, ..slots(1) };
    let (mut bench, _) = run_with(policy, task(1), 0.0);
    bench.pass(seconds(20.0));
    assert_eq!(bench.stops(), [(0, StopReason::LeaseLost)]);
    bench.finish(0, Outcome::HandBack);
    assert_eq!(bench.results(), [ReportResult::Dropped]);
    assert_eq!(bench.count(Sent::is_failed), 0, "a report could end the execution of another runner");
    assert_eq!(bench.count(Sent::is_ask), 1, "the slot is free");
}

#[test]
fn an_empty_extension_is_the_last_one() {
    for lease in [wire::TaskLease::default(), lease(0.0, 10.0)] {
        let (mut bench, sent) = run(15.0, 10.0);
        bench.pass(seconds(8.0));
        let extension = bench.only(Sent::is_extension);
        bench.respond(&extension, Ok(RunnerReply::Lease(lease)));
        assert_eq!(bench.wait, Some(sent + seconds(15.0)), "only the end of the lease is left");
        bench.pass(seconds(100.0));
        assert!(bench.sent.is_empty());
        assert_eq!(leases(&bench), [LeaseState::Lost]);
    }
}

#[test]
fn a_refused_extension_is_the_last_one() {
    let (mut bench, sent) = run(15.0, 10.0);
    bench.pass(seconds(8.0));
    bench.fail(Sent::is_extension, refused(Code::NotFound));
    assert_eq!(bench.wait, Some(sent + seconds(15.0)));
    let expected = "cannot extend the lease of the task `T(1)`: no; the task runs on, and is reported";
    assert_eq!(bench.troubles(), [expected]);
}

#[test]
fn a_lease_is_extended_until_the_report_is_accepted() {
    let (mut bench, _) = run(15.0, 10.0);
    bench.compute(0);
    let report = bench.only(Sent::is_computed);
    for _ in 0..5 {
        bench.pass(seconds(10.0));
        let extension = first_attempt(&mut bench);
        bench.respond(&extension, Ok(extended(15.0, 10.0)));
    }
    bench.pass(seconds(10.0));
    assert!(bench.count(Sent::is_extension) > 0);
    bench.respond(&report, Ok(idling(299.0)));
    let late = first_attempt(&mut bench);
    bench.respond(&late, Ok(extended(15.0, 10.0)));
    bench.pass(seconds(298.0));
    assert_eq!(bench.count(Sent::is_extension), 0, "an accepted task is not extended");
    assert!(leases(&bench).is_empty(), "the task ended before");
}

#[test]
fn a_lease_is_extended_during_the_grace_period() {
    let policy = RunnerPolicy { grace: seconds(60.0), ..slots(1) };
    let (mut bench, _) = run_with(policy, task(1), 0.0);
    bench.stop();
    for _ in 0..6 {
        bench.pass(seconds(10.0));
        let extension = first_attempt(&mut bench);
        bench.respond(&extension, Ok(extended(15.0, 10.0)));
    }
    assert!(!leases(&bench).contains(&LeaseState::Lost));
    let report = bench.only(Sent::is_failed);
    bench.respond(&report, Ok(noted()));
    bench.ended();
    bench.pass(seconds(1000.0));
    assert!(bench.sent.is_empty(), "nothing is extended after the end");
}

#[test]
fn a_task_without_a_lease_is_extended_at_once() {
    let (mut bench, sent) = run_with(slots(1), wire::Task { lease: None, ..task(1) }, 0.0);
    let extension = bench.only(Sent::is_extension);
    assert_eq!((extension.at, requested(&extension)), (sent, 30.0));
    bench.respond(&extension, Ok(extended(30.0, 20.0)));
    assert_eq!(leases(&bench), [LeaseState::Held { until: sent + seconds(30.0) }]);
}

#[test]
fn a_response_that_takes_longer_than_its_lease_loses_it() {
    let (bench, _) = run_with(slots(1), leased(1, 1.0, 0.5), 2.0);
    assert_eq!(bench.executed().len(), 1, "the task runs: a slow server would never see it done otherwise");
    assert_eq!(leases(&bench), [LeaseState::Lost]);
    assert_eq!(bench.count(Sent::is_extension), 0);
}

#[test]
fn a_late_driver_does_not_extend_a_lease_that_is_over() {
    let (mut bench, _) = run(15.0, 10.0);
    bench.now = bench.now + seconds(60.0);
    bench.poll();
    assert_eq!(bench.count(Sent::is_extension), 0);
    assert_eq!(leases(&bench), [LeaseState::Lost]);
}

#[test]
fn a_lost_hand_back_is_not_repeated_without_a_lease() {
    let (mut bench, _) = run(15.0, 10.0);
    bench.finish(0, Outcome::HandBack);
    bench.fail(Sent::is_failed, refused(Code::Unavailable));
    bench.pass(seconds(60.0));
    for _ in 0..100 {
        let Some(index) = bench.sent.iter().position(Sent::is_failed) else { break };
        let report = bench.sent.remove(index);
        bench.respond(&report, Err(lost()));
        bench.pass(seconds(1.0));
    }
    assert_eq!(bench.results(), [ReportResult::Dropped]);
}

#[test]
fn hostile_leases_neither_panic_nor_ask_without_pause() {
    let duration = |seconds, nanos| Some(prost_types::Duration { seconds, nanos });
    for (granted, recommended) in [
        (duration(i64::MAX, i32::MAX), duration(i64::MAX, 0)),
        (duration(i64::MAX, 0), duration(i64::MAX, 999_999_999)),
        (duration(i64::MIN, i32::MIN), duration(-1, -1)),
        (duration(0, 1), duration(0, 1)),
        (duration(5, 0), duration(0, 1)),
        (None, duration(1, 0)),
    ] {
        let lease = wire::TaskLease { lease: granted, recommended_wait_until_next_extension: recommended };
        let (mut bench, _) = run_with(slots(1), wire::Task { lease: Some(lease), ..task(1) }, 0.0);
        let started = bench.now;
        let mut extensions = 0;
        while bench.now < started + seconds(10.0) {
            while let Some(index) = bench.sent.iter().position(Sent::is_extension) {
                let extension = bench.sent.remove(index);
                extensions += 1;
                bench.respond(&extension, Ok(RunnerReply::Lease(lease)));
            }
            let Some(wait) = bench.wait.filter(|wait| *wait - bench.now < seconds(10.0)) else { break };
            bench.pass(wait - bench.now);
        }
        assert!(extensions <= 201, "{extensions} extensions in 10 s of {lease:?}");
    }
}

#[test]
fn the_same_task_may_come_again_after_a_lost_lease() {
    let (mut bench, _) = run_with(slots(2), task(1), 0.0);
    let ask = bench.first(Sent::is_ask);
    bench.pass(seconds(16.0));
    assert_eq!(leases(&bench), [LeaseState::Lost]);
    bench.respond(&ask, Ok(next(leased(1, 60.0, 40.0))));
    assert_eq!(bench.executed().len(), 2);
    bench.compute(0);
    bench.compute(1);
    for _ in 0..2 {
        let report = bench.first(Sent::is_computed);
        bench.respond(&report, Ok(accepted()));
    }
    assert_eq!(bench.results(), [ReportResult::Computed; 2]);
}
