//! Tasks that are leased before a slot is free for them.

use super::bench::{Bench, Sent, accepted, idling, leased, next, noted, seconds, task};
use crate::workflows::runner::{LeaseState, RunMode, RunnerPolicy};

fn ahead(concurrency: usize, ahead: usize) -> RunnerPolicy {
    RunnerPolicy { concurrency, ahead, ..RunnerPolicy::default() }
}

/// Gives tasks until the runner asks for none.
fn fill(bench: &mut Bench) -> u128 {
    let mut number = 0;
    while bench.count(Sent::asks) > 0 {
        number += 1;
        assert!(number <= 100, "it asks without end");
        bench.give(task(number));
    }
    number
}

#[test]
fn tasks_are_leased_ahead_of_free_slots() {
    let mut bench = Bench::new(RunMode::Forever, ahead(2, 3));
    assert_eq!(fill(&mut bench), 5);
    assert_eq!(bench.executed().len(), 2);
    bench.compute(1);
    // The slot takes the next task before the report is accepted.
    let started: Vec<_> = bench.executed().iter().map(|(slot, task)| (*slot, task.display.clone())).collect();
    assert_eq!(started[2], (1, "T(3)".to_owned()));
    let report = bench.only(Sent::is_computed);
    assert!(report.asks());
    bench.respond(&report, Ok(next(task(6))));
    assert!(bench.sent.is_empty(), "three tasks wait again");
}

#[test]
fn a_waiting_task_is_extended_from_its_arrival() {
    let mut bench = Bench::new(RunMode::Forever, ahead(1, 1));
    assert_eq!(fill(&mut bench), 2);
    let started = bench.now;
    bench.pass(seconds(10.0));
    assert_eq!(bench.count(Sent::is_extension), 2);
    while bench.count(Sent::is_extension) > 0 {
        let extension = bench.first(Sent::is_extension);
        let lease = super::bench::lease(30.0, 20.0);
        bench.respond(&extension, Ok(crate::workflows::runner::RunnerReply::Lease(lease)));
    }
    bench.compute(0);
    let executed = bench.executed();
    let LeaseState::Held { until } = executed[1].1.lease else { panic!("it is held") };
    assert!(until > started + seconds(38.0), "the task has its extended lease");
}

#[test]
fn a_waiting_task_whose_lease_is_lost_is_dropped() {
    let mut bench = Bench::new(RunMode::Forever, ahead(1, 1));
    bench.give(task(1));
    bench.give(leased(2, 3.0, 2.0));
    bench.pass(seconds(4.0));
    assert_eq!(bench.runner.summary().lost_leases, 1);
    assert_eq!(bench.count(Sent::is_ask), 1, "the runner asks for another");
    let ask = bench.only(Sent::is_ask);
    bench.respond(&ask, Ok(idling(600.0)));
    bench.compute(0);
    assert_eq!(bench.executed().len(), 1);
    assert_eq!(bench.runner.summary().unreported, 0);
}

/// The driver polls late, so the lease of the waiting task is over when a slot becomes free.
#[test]
fn a_task_without_a_lease_is_not_started() {
    let mut bench = Bench::new(RunMode::Forever, ahead(1, 1));
    bench.give(task(1));
    bench.give(leased(2, 3.0, 2.0));
    bench.now = bench.now + seconds(3.5);
    bench.compute(0);
    assert_eq!(bench.executed().len(), 1);
    assert_eq!(bench.runner.summary().lost_leases, 1);
}

#[test]
fn waiting_tasks_are_handed_back_at_a_stop() {
    let mut bench = Bench::new(RunMode::Forever, ahead(1, 2));
    assert_eq!(fill(&mut bench), 3);
    bench.stop();
    assert_eq!(bench.count(Sent::is_failed), 2);
    for _ in 0..2 {
        let report = bench.first(Sent::is_failed);
        bench.respond(&report, Ok(noted()));
    }
    bench.compute(0);
    let report = bench.only(Sent::is_computed);
    bench.respond(&report, Ok(accepted()));
    let summary = bench.ended();
    assert_eq!((summary.computed, summary.handed_back), (1, 2));
    assert_eq!(bench.executed().len(), 1);
    assert_eq!(bench.results().len(), 1, "only executed tasks have a result");
}
