//! Times and durations.

use std::time::Duration;

use crate::schema::Timestamp;
use crate::time::Instant;

/// The present, on both clocks.
///
/// Leases run on the monotonic clock; ids and the times that users see come from the wall clock, which may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock. It never goes back.
    pub instant: Instant,
    /// The wall clock.
    pub time: Timestamp,
}

impl Now {
    /// The origin of the monotonic clock, in 1970: where a virtual clock begins.
    pub const ORIGIN: Self = Self { instant: Instant::ORIGIN, time: Timestamp::UNIX_EPOCH };

    /// Returns the present after `duration` on both clocks: how a virtual clock advances.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tilebox_core::workflows::scheduler::Now;
    ///
    /// let now = Now::ORIGIN.after(Duration::from_millis(1500));
    /// assert_eq!(now.time.to_string(), "1970-01-01T00:00:01.500Z");
    /// assert_eq!(now.instant.since_origin(), Duration::from_millis(1500));
    /// ```
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self { instant: self.instant + duration, time: add(self.time, duration) }
    }
}

const NANOS: i128 = 1_000_000_000;

fn nanoseconds(time: Timestamp) -> i128 {
    i128::from(time.unix_seconds()) * NANOS + i128::from(time.subsec_nanoseconds())
}

/// Returns the time `duration` later; the latest possible time at most.
fn add(time: Timestamp, duration: Duration) -> Timestamp {
    let sum = nanoseconds(time).saturating_add(duration.as_nanos().cast_signed());
    let seconds = i64::try_from(sum.div_euclid(NANOS)).unwrap_or(i64::MAX);
    Timestamp::from_unix(seconds, sum.rem_euclid(NANOS) as u32).unwrap_or(Timestamp::MAX)
}

/// Returns the duration from `start` to `end`; zero if the wall clock was set back in between.
pub(super) fn between(start: Timestamp, end: Timestamp) -> Duration {
    let nanoseconds = nanoseconds(end) - nanoseconds(start);
    u128::try_from(nanoseconds).map_or(Duration::ZERO, |total| {
        Duration::new((total / NANOS.unsigned_abs()) as u64, (total % NANOS.unsigned_abs()) as u32)
    })
}

/// Returns the message of a duration; the longest one if it is longer.
pub(super) fn to_wire(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: duration.subsec_nanos().cast_signed(),
    }
}

/// Returns the duration of a message; `None` if it is negative or not normalized.
pub(super) fn from_wire(duration: &prost_types::Duration) -> Option<Duration> {
    let nanoseconds = u32::try_from(duration.nanos).ok().filter(|nanoseconds| *nanoseconds < 1_000_000_000)?;
    Some(Duration::new(u64::try_from(duration.seconds).ok()?, nanoseconds))
}
