//! The rate at which the cores compute without a runner.

use std::time::Instant;

use crate::run::compute;

/// The loops of the first measurement.
const LOOPS: u64 = 100_000_000;

/// Returns the number of cores.
pub(crate) fn count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Returns the loops that keep a core busy for these seconds while the other cores are busy as well.
pub(crate) fn loops_of(seconds: f64) -> u64 {
    (LOOPS as f64 * seconds * rate(LOOPS, 1) / count() as f64) as u64
}

/// Returns how many tasks the cores compute in each second, if each computes this many of the same size.
pub(crate) fn rate(loops: u64, tasks: usize) -> f64 {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..count() {
            scope.spawn(|| (0..tasks).for_each(|_| compute(loops)));
        }
    });
    (count() * tasks) as f64 / start.elapsed().as_secs_f64()
}
