//! The number of requests of loads from the end, which wrong knowledge of the collection must not multiply.

use super::backwards::{Knowledge, take};
use super::*;

/// Returns a server with bursts of any length in ten years and some datapoints alone, and the number of both.
fn bursts(random: &mut fastrand::Rng) -> (Server, usize) {
    let span = YEARS.end - YEARS.start;
    let bursts: Vec<_> = (0..random.usize(0..5))
        .map(|_| {
            let length = ((span as f64).powf(random.f64()) as i64).clamp(1, span);
            (YEARS.start + random.i64(0..=span - length), length)
        })
        .collect();
    let count = if bursts.is_empty() { 0 } else { random.usize(0..4000) };
    let in_bursts: Vec<_> = (0..count)
        .map(|_| {
            let (start, length) = bursts[random.usize(0..bursts.len())];
            datapoint(start + random.i64(0..length), random, BeforeEpoch::First)
        })
        .collect();
    let alone: Vec<_> =
        (0..random.usize(0..4)).map(|_| datapoint(random.i64(YEARS), random, BeforeEpoch::First)).collect();
    let groups = bursts.len() + alone.len();
    (Server::new(in_bursts.into_iter().chain(alone), [7, 50, 1000][random.usize(0..3)]), groups)
}

/// Returns the availability and the number of datapoints of any other collection: each too small, too large or absent.
fn wrong(random: &mut fastrand::Rng) -> Knowledge {
    let mut time = || Timestamp::from_unix(random.i64(1_300_000_000..1_900_000_000), 0).expect("a time");
    let (one, other) = (time(), time());
    let available = match random.u8(0..5) {
        0 => None,
        1 => Some(TimeInterval::new(one.min(other), one.max(other))),
        2 => Some(TimeInterval::new(one, one)),
        3 => TimeInterval::parse("1990-01-01", "2060-01-01").ok(),
        _ => Some(TimeInterval::new(one.max(other), one.min(other))),
    };
    let counts = [None, Some(0), Some(1), Some(1000), Some(1_000_000_000), Some(u64::MAX)];
    Knowledge {
        capacity: None,
        available: available.map(|interval| interval.with_end_inclusive(true)),
        count: counts[random.usize(0..counts.len())],
    }
}

/// Number of requests to cross a gap: that of the halvings of ten years in milliseconds.
const GAP: usize = 39;

#[test]
fn wrong_knowledge_does_not_multiply_requests() {
    for_every_seed(|random| {
        let (server, groups) = bursts(random);
        let capacity = random.bool().then_some(server.capacity);
        let knowledge = Knowledge { capacity, ..wrong(random) };
        let share = [1, 4, 32][random.usize(0..3)];
        let limit = (random.u8(0..3) == 0).then(|| random.usize(1..100));
        let in_order = limit.is_some() || random.bool();
        let slowest = [2, 20][random.usize(0..2)];
        let plan = knowledge.plan(ten_years(), &Position::start(), in_order);
        let load = take(&server, plan, share, limit, usize::MAX, || random.u64(1..slowest));
        let pages = server.datapoints.len().div_ceil(server.capacity);
        // Windows in flight are cut before the first empty one arrives.
        let most = 3 * pages + (groups + 1) * (GAP + 2 * share);
        let (requests, count) = (load.requests, knowledge.count);
        assert!(
            requests <= most,
            "{requests} of at most {most} for {pages} pages, {share} in flight, {limit:?}, {count:?}"
        );
    });
}
