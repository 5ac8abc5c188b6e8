//! The clock of one process.

use std::time::Duration;

use crate::time::Instant;

const MILLION: u128 = 1_000_000;

/// The monotonic clock of a process: it has an origin of its own, and may run faster or slower than the clock of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// The start of the process, by the clock of the server.
    started: Instant,
    /// The time that the clock showed then.
    origin: Duration,
    /// The microseconds that the clock counts in a second.
    rate: u128,
}

impl Clock {
    /// Returns a clock that shows `origin` at `started` and gains `drift` microseconds in a second.
    pub(super) fn new(started: Instant, origin: Duration, drift: i32) -> Self {
        let rate = MILLION.saturating_add_signed(drift.into()).max(1);
        Self { started, origin, rate }
    }

    /// Returns the time of this clock at a time of the server.
    pub(super) fn local(self, global: Instant) -> Instant {
        let elapsed = (global - self.started).as_nanos() * self.rate / MILLION;
        Instant::after_origin(self.origin) + nanoseconds(elapsed)
    }

    /// Returns the first time of the server at which this clock shows `local` or later.
    pub(super) fn global(self, local: Instant) -> Instant {
        let elapsed = local.since_origin().saturating_sub(self.origin).as_nanos();
        self.started + nanoseconds(elapsed.saturating_mul(MILLION).div_ceil(self.rate))
    }
}

fn nanoseconds(nanoseconds: u128) -> Duration {
    const NANOS: u128 = 1_000_000_000;
    u64::try_from(nanoseconds / NANOS)
        .map_or(Duration::MAX, |seconds| Duration::new(seconds, (nanoseconds % NANOS) as u32))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_clock_shows_a_time_first_at_its_global_time(
            started in 0_u64..1 << 50, origin in 0_u64..1 << 50, drift in -50_000_i32..50_000, after in 0_u64..1 << 50
        ) {
            let time = |nanoseconds| Instant::after_origin(Duration::from_nanos(nanoseconds));
            let clock = Clock::new(time(started), Duration::from_nanos(origin), drift);
            let local = time(origin) + Duration::from_nanos(after);
            let global = clock.global(local);
            prop_assert!(clock.local(global) >= local);
            let before = global.since_origin().checked_sub(Duration::from_nanos(1));
            let before = before.map(Instant::after_origin).filter(|before| *before >= time(started));
            prop_assert!(before.is_none_or(|before| clock.local(before) < local));
        }
    }

    #[test]
    fn a_clock_gains_microseconds_in_a_second() {
        let clock = Clock::new(Instant::ORIGIN, Duration::from_secs(7), 1000);
        let hour = Instant::ORIGIN + Duration::from_secs(3600);
        assert_eq!(clock.local(hour).since_origin(), Duration::from_millis(3_607_000 + 3600));
        let slow = Clock::new(Instant::ORIGIN, Duration::ZERO, -1000);
        assert_eq!(slow.global(Instant::after_origin(Duration::MAX)).since_origin(), Duration::MAX);
    }
}
