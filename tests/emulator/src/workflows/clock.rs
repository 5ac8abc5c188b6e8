//! The time of a call.

use std::time::{Duration, SystemTime};

use tilebox_core::time::Instant;

/// The time of a call by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The wall clock: the time in ids and responses.
    pub(crate) time: SystemTime,
    /// The monotonic clock, by which leases end.
    pub(crate) instant: Instant,
}

impl Moment {
    /// Returns the moment of a caller with one clock, as a simulation has it. That clock must not go back.
    pub(crate) fn of(time: SystemTime) -> Self {
        let elapsed = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { time, instant: Instant::after_origin(elapsed) }
    }

    /// Returns the current moment of a server that was started at `origin`.
    pub(crate) fn now(origin: std::time::Instant) -> Self {
        Self { time: SystemTime::now(), instant: Instant::after_origin(origin.elapsed()) }
    }
}
