use super::*;

const MS: Duration = Duration::from_millis(1);

fn at(milliseconds: u32) -> Instant {
    Instant::ORIGIN + MS * milliseconds
}

/// Simulates a server with `capacity` concurrent exchanges of `latency`; others wait. Returns the share after each round.
fn shares(budget: &Budget, lease: &mut Lease, capacity: usize, latency: Duration, rounds: usize) -> Vec<usize> {
    let mut now = at(0);
    let mut shares = Vec::new();
    for _ in 0..rounds {
        let share = lease.share();
        lease.in_use(share);
        // Little's law: what is above the capacity waits for its turn.
        let waits = latency.mul_f64((share as f64 / capacity as f64).max(1.0));
        now = now + waits;
        for _ in 0..share {
            lease.completed(now, waits);
        }
        shares.push(lease.share());
    }
    assert!(budget.limit() <= budget.max());
    shares
}

#[test]
fn the_window_doubles_until_its_bound_while_it_helps() {
    let budget = Budget::new(32);
    let shares = shares(&budget, &mut budget.join(), 1000, 100 * MS, 5);
    assert_eq!(shares, [20, 32, 32, 32, 32]);
}

#[test]
fn growing_latency_keeps_a_few_exchanges_waiting() {
    let budget = Budget::new(100);
    let shares = shares(&budget, &mut budget.join(), 20, 50 * MS, 60);
    let settled = &shares[40..];
    // 20 are served and 2 to 4 wait.
    assert!(settled.iter().all(|share| (21..=25).contains(share)), "{shares:?}");
}

#[test]
fn an_overload_halves_the_window_once() {
    let budget = Budget::new(64);
    let mut lease = budget.join();
    shares(&budget, &mut lease, 1000, 100 * MS, 6);
    assert_eq!(lease.share(), 64);
    for _ in 0..10 {
        lease.overloaded(at(1000), at(900));
    }
    assert_eq!(lease.share(), 32);
    lease.overloaded(at(1100), at(1000));
    assert_eq!(lease.share(), 16);
    let recovering = shares(&budget, &mut lease, 1000, 100 * MS, 10);
    assert_eq!(recovering.last(), Some(&29), "a sixteenth more with each round: {recovering:?}");
}

#[test]
fn overloads_without_end_leave_one() {
    let budget = Budget::new(64);
    let mut lease = budget.join();
    for round in 0..20 {
        lease.overloaded(at(round), at(round));
    }
    assert_eq!(lease.share(), 1);
}

#[test]
fn a_window_that_is_not_filled_does_not_grow() {
    let budget = Budget::new(32);
    let mut lease = budget.join();
    for _ in 0..100 {
        lease.in_use(3);
        lease.completed(at(1), MS);
    }
    assert_eq!(lease.share(), 10);
}

#[test]
fn a_longer_path_counts_as_a_queue_for_a_limited_time() {
    let budget = Budget::new(32);
    let mut lease = budget.join();
    let mut now = at(0);
    let mut run = |latency: Duration, rounds: usize| {
        for _ in 0..rounds {
            let share = lease.share();
            lease.in_use(share);
            now = now + latency;
            for _ in 0..share {
                lease.completed(now, latency);
            }
        }
        lease.share()
    };
    assert_eq!(run(100 * MS, 5), 32);
    assert!(run(300 * MS, 40) < 20);
    assert_eq!(run(300 * MS, 150), 32);
}

#[test]
fn loads_share_equally_and_each_has_one() {
    let budget = Budget::new(4);
    let leases: Vec<_> = (0..6).map(|_| budget.join()).collect();
    assert!(leases.iter().all(|lease| lease.share() == 1));
    drop(leases);
    assert_eq!(budget.join().share(), 4);
}

#[test]
fn a_sequential_budget_never_grows() {
    let budget = Budget::new(0);
    let mut lease = budget.join();
    assert!(lease.is_sequential());
    assert_eq!(shares(&budget, &mut lease, 1000, MS, 5), [1; 5]);
}
