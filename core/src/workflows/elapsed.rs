//! Durations and times as people read them.

use std::fmt;
use std::time::Duration;

/// A duration in its two largest units, such as `0.59 s`, `12.3 s`, `3 min 5 s` and `2 h 10 min`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elapsed(pub(crate) Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let text = match seconds {
            0..10 => format!("{:.2} s", self.0.as_secs_f64()),
            10..60 => format!("{:.1} s", self.0.as_secs_f64()),
            60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
            3600..86_400 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
            _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
        };
        f.pad(&text)
    }
}

/// Converts a duration; one that is absent, negative or not valid is zero.
///
/// The conversion of `prost_types` overflows for the smallest number of seconds.
pub(crate) fn from_wire(duration: Option<prost_types::Duration>) -> Duration {
    let read = |duration: prost_types::Duration| {
        let nanoseconds = u32::try_from(duration.nanos).ok().filter(|nanoseconds| *nanoseconds < 1_000_000_000)?;
        Some(Duration::new(u64::try_from(duration.seconds).ok()?, nanoseconds))
    };
    duration.and_then(read).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_prints_its_two_largest_units() {
        for (milliseconds, expected) in [
            (0, "0.00 s"),
            (591, "0.59 s"),
            (12_340, "12.3 s"),
            (185_000, "3 min 5 s"),
            (7_800_000, "2 h 10 min"),
            (183_600_000, "2 d 3 h"),
        ] {
            assert_eq!(Elapsed(Duration::from_millis(milliseconds)).to_string(), expected);
        }
    }

    #[test]
    fn a_negative_duration_is_zero() {
        assert_eq!(from_wire(Some(prost_types::Duration { seconds: -1, nanos: 0 })), Duration::ZERO);
        assert_eq!(from_wire(Some(prost_types::Duration { seconds: i64::MIN, nanos: i32::MIN })), Duration::ZERO);
        assert_eq!(from_wire(Some(prost_types::Duration { seconds: i64::MAX, nanos: i32::MAX })), Duration::ZERO);
        assert_eq!(from_wire(Some(prost_types::Duration { seconds: 3, nanos: 5 })), Duration::new(3, 5));
        assert_eq!(from_wire(None), Duration::ZERO);
    }
}
