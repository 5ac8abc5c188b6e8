//! Ranges of ids, from intervals of time or of ids.

use prost_types::Timestamp;
use tilebox_core::protocol::wire::tilebox::v1::TimeInterval;

use crate::ids::{DatapointId, TIME_RANGE};

/// A range of ids, both ends included. An id begins with its time, so an interval of time is a range of ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct IdRange {
    first: u128,
    last: u128,
}

impl IdRange {
    const EMPTY: Self = Self { first: 1, last: 0 };

    /// Returns the range between two ids. It is empty if the end is before the start.
    pub(crate) fn between(start: DatapointId, start_exclusive: bool, end: DatapointId, end_inclusive: bool) -> Self {
        let first = if start_exclusive { start.0.checked_add(1) } else { Some(start.0) };
        let last = if end_inclusive { Some(end.0) } else { end.0.checked_sub(1) };
        match (first, last) {
            (Some(first), Some(last)) => Self { first, last },
            _ => Self::EMPTY,
        }
    }

    /// Returns the ids of an interval of time. Both ends are truncated to milliseconds, so that an included end includes
    /// its whole millisecond.
    pub(crate) fn of_time(start: &Timestamp, end: &Timestamp, interval: &TimeInterval) -> Self {
        let start = milliseconds(start).saturating_add(i64::from(interval.start_exclusive));
        let end = milliseconds(end).saturating_sub(i64::from(!interval.end_inclusive));
        let (start, end) = (start.max(*TIME_RANGE.start()), end.min(*TIME_RANGE.end()));
        if start > end {
            return Self::EMPTY;
        }
        Self { first: DatapointId::first_of(start).0, last: DatapointId::first_of(end).0 | ((1 << 80) - 1) }
    }

    /// Returns the part of the range after `id`.
    pub(crate) fn after(self, id: DatapointId) -> Self {
        match id.0.checked_add(1) {
            Some(next) => Self { first: self.first.max(next), ..self },
            None => Self::EMPTY,
        }
    }

    /// Returns the first and the last id, or `None` if the range is empty.
    pub(crate) fn bounds(self) -> Option<std::ops::RangeInclusive<DatapointId>> {
        (self.first <= self.last).then_some(DatapointId(self.first)..=DatapointId(self.last))
    }
}

/// Converts a time to whole milliseconds since 1970, rounded down.
pub(crate) fn milliseconds(time: &Timestamp) -> i64 {
    time.seconds.saturating_mul(1000).saturating_add(i64::from(time.nanos.div_euclid(1_000_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, nanos: i32) -> Timestamp {
        Timestamp { seconds, nanos }
    }

    fn of_time(start: Timestamp, end: Timestamp, start_exclusive: bool, end_inclusive: bool) -> IdRange {
        let interval = TimeInterval { start_time: Some(start), end_time: Some(end), start_exclusive, end_inclusive };
        IdRange::of_time(&start, &end, &interval)
    }

    #[test]
    fn an_included_instant_is_a_whole_millisecond() {
        let range = of_time(at(5, 1_500_000), at(5, 1_500_000), false, true);
        assert_eq!(range.bounds(), Some(DatapointId(5001 << 80)..=DatapointId((5002 << 80) - 1)));
        assert_eq!(of_time(at(5, 0), at(5, 0), false, false).bounds(), None);
        assert_eq!(of_time(at(5, 0), at(5, 0), true, true).bounds(), None);
    }

    #[test]
    fn an_interval_with_reversed_ends_is_empty() {
        assert_eq!(of_time(at(6, 0), at(5, 0), false, true).bounds(), None);
        let (early, late) = (DatapointId(7), DatapointId(9));
        assert_eq!(IdRange::between(late, false, early, true).bounds(), None);
        assert_eq!(IdRange::between(early, true, late, false).bounds(), Some(DatapointId(8)..=DatapointId(8)));
    }

    #[test]
    fn times_are_clamped_to_the_range_of_ids() {
        let range = of_time(at(i64::MIN, 0), at(i64::MAX, 0), false, true);
        assert_eq!(range.bounds(), Some(DatapointId(0)..=DatapointId(u128::MAX)));
        assert_eq!(of_time(at(-10, 0), at(-5, 0), false, true).bounds(), None);
    }

    #[test]
    fn a_cursor_removes_ids_up_to_it() {
        let range = IdRange::between(DatapointId(3), false, DatapointId(9), true);
        assert_eq!(range.after(DatapointId(1)), range);
        assert_eq!(range.after(DatapointId(5)).bounds(), Some(DatapointId(6)..=DatapointId(9)));
        assert_eq!(range.after(DatapointId(9)).bounds(), None);
    }
}
