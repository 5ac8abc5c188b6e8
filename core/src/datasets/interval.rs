//! Which datapoints a query asks for: an interval of time or of ids.

use std::fmt;
use std::ops::{Range, RangeInclusive};

use uuid::Uuid;

use super::timestamp::{IntoTimestamp, Timestamp};
use crate::error::{Error, Result};
use crate::wire::tilebox::v1 as wire;

/// A span of time. The start belongs to it and the end does not, unless set otherwise.
///
/// Tilebox indexes time in milliseconds: a bound inside a millisecond covers that whole millisecond.
///
/// ```
/// use tilebox_core::datasets::TimeInterval;
///
/// let march = TimeInterval::parse("2025-03-01", "2025-04-01")?;
/// assert_eq!(march.to_string(), "[2025-03-01T00:00:00Z, 2025-04-01T00:00:00Z)");
/// let both_ends = march.end_inclusive(true);
/// assert_eq!(both_ends.to_string(), "[2025-03-01T00:00:00Z, 2025-04-01T00:00:00Z]");
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeInterval {
    start: Timestamp,
    end: Timestamp,
    start_exclusive: bool,
    end_inclusive: bool,
}

impl TimeInterval {
    /// From `start`, included, to `end`, excluded.
    #[must_use]
    pub const fn new(start: Timestamp, end: Timestamp) -> Self {
        Self { start, end, start_exclusive: false, end_inclusive: false }
    }

    /// The single instant `time`: as Tilebox counts, its whole millisecond.
    #[must_use]
    pub const fn instant(time: Timestamp) -> Self {
        Self { start: time, end: time, start_exclusive: false, end_inclusive: true }
    }

    /// From `start`, included, to `end`, excluded, each anything that is a time.
    ///
    /// # Errors
    ///
    /// When one of them is not a time, or the start lies after the end.
    pub fn parse(start: impl IntoTimestamp, end: impl IntoTimestamp) -> Result<Self> {
        let (start, end) = (start.into_timestamp()?, end.into_timestamp()?);
        if start > end {
            let purpose = format!("use the interval from {start} to {end}");
            return Err(Error::invalid(purpose, "it ends before it starts", "swap the two times"));
        }
        Ok(Self::new(start, end))
    }

    /// Sets whether the start itself is left out.
    #[must_use]
    pub const fn start_exclusive(self, start_exclusive: bool) -> Self {
        Self { start_exclusive, ..self }
    }

    /// Sets whether the end itself belongs to the interval.
    #[must_use]
    pub const fn end_inclusive(self, end_inclusive: bool) -> Self {
        Self { end_inclusive, ..self }
    }

    /// Where it starts.
    #[must_use]
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// Where it ends.
    #[must_use]
    pub const fn end(&self) -> Timestamp {
        self.end
    }

    pub(crate) const fn with_start(self, start: Timestamp) -> Self {
        Self { start, ..self }
    }

    pub(crate) const fn with_end(self, end: Timestamp) -> Self {
        Self { end, ..self }
    }

    /// Whether the start itself is left out.
    #[must_use]
    pub const fn is_start_exclusive(&self) -> bool {
        self.start_exclusive
    }

    /// Whether the end itself belongs to the interval.
    #[must_use]
    pub const fn is_end_inclusive(&self) -> bool {
        self.end_inclusive
    }

    /// Whether no time at all lies in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start > self.end || (self.start == self.end && (self.start_exclusive || !self.end_inclusive))
    }

    pub(crate) fn to_wire(self) -> wire::TimeInterval {
        wire::TimeInterval {
            start_time: Some(self.start.to_wire()),
            end_time: Some(self.end.to_wire()),
            start_exclusive: self.start_exclusive,
            end_inclusive: self.end_inclusive,
        }
    }

    /// `None` when an end is missing or is no time. Both are absent at the epoch in some answers for "nothing".
    pub(crate) fn from_wire(interval: &wire::TimeInterval) -> Option<Self> {
        let time = |time: &Option<prost_types::Timestamp>| match time {
            Some(time) => Timestamp::from_wire(time),
            None => Some(Timestamp::UNIX_EPOCH),
        };
        Some(Self {
            start: time(&interval.start_time)?,
            end: time(&interval.end_time)?,
            start_exclusive: interval.start_exclusive,
            end_inclusive: interval.end_inclusive,
        })
    }
}

/// The usual notation: square brackets for an end that belongs to it, round ones for one that does not.
impl fmt::Display for TimeInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = if self.start_exclusive { '(' } else { '[' };
        let close = if self.end_inclusive { ']' } else { ')' };
        write!(f, "{open}{}, {}{close}", self.start, self.end)
    }
}

/// A span of datapoint ids, compared bytewise. Both ends belong to it, unless set otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdInterval {
    start: Uuid,
    end: Uuid,
    start_exclusive: bool,
    end_inclusive: bool,
}

impl IdInterval {
    /// From `start` to `end`, both included.
    #[must_use]
    pub const fn new(start: Uuid, end: Uuid) -> Self {
        Self { start, end, start_exclusive: false, end_inclusive: true }
    }

    /// Sets whether the start itself is left out.
    #[must_use]
    pub const fn start_exclusive(self, start_exclusive: bool) -> Self {
        Self { start_exclusive, ..self }
    }

    /// Sets whether the end itself belongs to the interval.
    #[must_use]
    pub const fn end_inclusive(self, end_inclusive: bool) -> Self {
        Self { end_inclusive, ..self }
    }

    /// Where it starts.
    #[must_use]
    pub const fn start(&self) -> Uuid {
        self.start
    }

    /// Where it ends.
    #[must_use]
    pub const fn end(&self) -> Uuid {
        self.end
    }

    /// Whether the start itself is left out.
    #[must_use]
    pub const fn is_start_exclusive(&self) -> bool {
        self.start_exclusive
    }

    /// Whether the end itself belongs to the interval.
    #[must_use]
    pub const fn is_end_inclusive(&self) -> bool {
        self.end_inclusive
    }

    pub(crate) fn to_wire(self) -> wire::IdInterval {
        wire::IdInterval {
            start_id: Some(super::id::to_wire(self.start)),
            end_id: Some(super::id::to_wire(self.end)),
            start_exclusive: self.start_exclusive,
            end_inclusive: self.end_inclusive,
        }
    }
}

/// Which datapoints a query asks for, by time or by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TemporalExtent {
    /// Those whose time lies in the interval.
    Time(TimeInterval),
    /// Those whose id lies in the interval. Ids begin with the time, so this is a span of time too.
    Ids(IdInterval),
}

/// What can be written for a [`TemporalExtent`].
///
/// | written | means |
/// |---|---|
/// | `("2025-03-01", "2025-06-01")`, or `start..end` of typed times | from the first, included, to the second, excluded |
/// | `"2025-03-01T12:00:00Z"`, or one typed time | that instant, to the millisecond |
/// | [`TimeInterval`] | as it says |
/// | [`IdInterval`], or `first_id..=last_id` | ids instead of times |
/// | [`&Datapoints`](crate::Datapoints) | from the first to the last of them, both included |
pub trait IntoTemporalExtent {
    /// The extent that is meant.
    ///
    /// # Errors
    ///
    /// When a part is not a time, or the interval ends before it starts.
    fn into_temporal_extent(self) -> Result<TemporalExtent>;
}

impl IntoTemporalExtent for TemporalExtent {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        Ok(self)
    }
}

impl IntoTemporalExtent for TimeInterval {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        Ok(TemporalExtent::Time(self))
    }
}

impl IntoTemporalExtent for IdInterval {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        Ok(TemporalExtent::Ids(self))
    }
}

impl IntoTemporalExtent for RangeInclusive<Uuid> {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        Ok(TemporalExtent::Ids(IdInterval::new(*self.start(), *self.end())))
    }
}

impl<Start: IntoTimestamp, End: IntoTimestamp> IntoTemporalExtent for (Start, End) {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        TimeInterval::parse(self.0, self.1).map(TemporalExtent::Time)
    }
}

impl<Time: IntoTimestamp> IntoTemporalExtent for Range<Time> {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        (self.start, self.end).into_temporal_extent()
    }
}

impl<Time: IntoTimestamp> IntoTemporalExtent for Time {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        self.into_timestamp().map(TimeInterval::instant).map(TemporalExtent::Time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(extent: impl IntoTemporalExtent) -> String {
        match extent.into_temporal_extent().expect("an extent") {
            TemporalExtent::Time(interval) => interval.to_string(),
            TemporalExtent::Ids(interval) => format!("{interval:?}"),
        }
    }

    #[test]
    fn a_pair_is_half_open_and_an_instant_is_itself() {
        assert_eq!(written(("2025-03-01", "2025-06-01")), "[2025-03-01T00:00:00Z, 2025-06-01T00:00:00Z)");
        assert_eq!(written("2025-03-01"), "[2025-03-01T00:00:00Z, 2025-03-01T00:00:00Z]");
        let day = chrono::NaiveDate::from_ymd_opt(2025, 3, 1).expect("a date");
        assert_eq!(written(day..day.succ_opt().expect("a date")), "[2025-03-01T00:00:00Z, 2025-03-02T00:00:00Z)");
    }

    #[test]
    fn ends_can_be_set() {
        let interval = TimeInterval::parse("2025-03-01", "2025-03-02").expect("an interval");
        assert_eq!(
            written(interval.start_exclusive(true).end_inclusive(true)),
            "(2025-03-01T00:00:00Z, 2025-03-02T00:00:00Z]"
        );
        assert_eq!(TimeInterval::from_wire(&interval.to_wire()), Some(interval));
    }

    #[test]
    fn an_interval_that_ends_before_it_starts_is_an_error() {
        let error = ("2025-06-01", "2025-03-01").into_temporal_extent().expect_err("reversed");
        assert!(error.to_string().contains("ends before it starts; swap the two times"), "{error}");
    }

    #[test]
    fn emptiness_depends_on_the_ends() {
        let instant = TimeInterval::instant(Timestamp::UNIX_EPOCH);
        assert!(!instant.is_empty());
        assert!(instant.end_inclusive(false).is_empty());
        assert!(instant.start_exclusive(true).is_empty());
        assert!(TimeInterval::new(Timestamp::MAX, Timestamp::MIN).is_empty());
    }
}
