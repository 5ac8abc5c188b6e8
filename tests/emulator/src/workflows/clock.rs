//! The time of a call.

use std::time::{Duration, SystemTime};

use tilebox_core::schema::Timestamp;
use tilebox_core::time::Instant;
use tilebox_core::workflows::scheduler::Now;

/// The time of a call by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The wall clock: the time in ids and responses.
    pub(crate) time: SystemTime,
    /// The monotonic clock, by which leases end.
    pub(crate) instant: Instant,
}

impl Moment {
    /// The origin of both clocks.
    pub(super) const ORIGIN: Self = Self { time: SystemTime::UNIX_EPOCH, instant: Instant::ORIGIN };

    /// Returns the moment of a caller with one clock, as a simulation has it. That clock must not go back.
    pub(crate) fn of(time: SystemTime) -> Self {
        Self { time, instant: Instant::after_origin(since_1970(time)) }
    }

    /// Returns the current moment of a server that was started at `origin`.
    pub(crate) fn now(origin: std::time::Instant) -> Self {
        Self { time: SystemTime::now(), instant: Instant::after_origin(origin.elapsed()) }
    }

    /// Returns the moment as the scheduler takes it.
    pub(super) fn to_now(self) -> Now {
        let since = since_1970(self.time);
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        let time = Timestamp::from_unix(seconds, since.subsec_nanos()).unwrap_or(Timestamp::MAX);
        Now { instant: self.instant, time }
    }
}

/// Returns the duration since 1970, zero for earlier times.
pub(super) fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO)
}

/// The clock of a server, which begins at the first call and never goes back.
///
/// Calls of several threads can arrive in another order than that of their moments. And the clock of a simulation has any
/// origin, but the leases of restored tasks start with the clock.
#[derive(Debug)]
pub(super) struct Clock {
    /// The instant of the first call.
    origin: Option<Instant>,
    last: Moment,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { origin: None, last: Moment::ORIGIN }
    }

    /// Returns the moment of the last call.
    pub(super) fn last(&self) -> Moment {
        self.last
    }

    /// Advances to the moment of a call, whose instant counts from the first call.
    pub(super) fn advance(&mut self, moment: Moment) -> Moment {
        let origin = *self.origin.get_or_insert(moment.instant);
        let instant = Instant::after_origin(moment.instant - origin).max(self.last.instant);
        self.last = Moment { time: moment.time, instant };
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_begins_at_the_first_call_and_never_goes_back() {
        let moment = |seconds| Moment::of(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let mut clock = Clock::new();
        let elapsed: Vec<_> =
            [100, 103, 101, 104].map(|seconds| clock.advance(moment(seconds)).instant.since_origin().as_secs()).into();
        assert_eq!(elapsed, [0, 3, 3, 4]);
        assert_eq!(clock.last().time, moment(104).time);
    }

    #[test]
    fn a_moment_before_1970_is_1970() {
        let moment = Moment::of(SystemTime::UNIX_EPOCH - Duration::from_secs(5));
        assert_eq!(moment.to_now().time, Timestamp::UNIX_EPOCH);
        assert_eq!(moment.instant, Instant::ORIGIN);
    }
}
