//! Intervals of times and of ids.

mod json;

use std::fmt;
#[cfg(feature = "client")]
use std::ops::Range;
use std::str::FromStr;

use uuid::Uuid;

use super::span::TimeSpan;
use super::timestamp::parse::{self, DateSpan, Parsed};
use super::timestamp::{IntoTimestamp, Timestamp};
use crate::error::{Error, Result};
use crate::protocol::wire::tilebox::v1 as wire;

/// An interval of time. It includes its start and excludes its end, unless set otherwise.
///
/// Tilebox indexes time in milliseconds: a bound inside a millisecond, included or not, covers that whole millisecond.
///
/// Text has the forms of [`IntoTemporalExtent`](super::IntoTemporalExtent): a day, a month, a year, an instant, or
/// `START/END`.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::schema::TimeInterval;
///
/// let march = TimeInterval::parse("2025-03-01", "2025-04-01")?;
/// assert_eq!(march.to_string(), "[2025-03-01T00:00:00Z, 2025-04-01T00:00:00Z)");
/// assert_eq!("2025-03".parse::<TimeInterval>()?, march);
/// assert_eq!("2025-03-01/2025-04-01".parse::<TimeInterval>()?, march);
/// let both_ends = march.with_end_inclusive(true);
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
    /// Returns the interval from `start`, included, to `end`, excluded.
    #[must_use]
    pub const fn new(start: Timestamp, end: Timestamp) -> Self {
        Self { start, end, start_exclusive: false, end_inclusive: false }
    }

    /// Returns the interval of one instant. Tilebox indexes milliseconds, so it covers the whole millisecond.
    #[must_use]
    pub const fn instant(time: Timestamp) -> Self {
        Self { start: time, end: time, start_exclusive: false, end_inclusive: true }
    }

    /// All times, from the earliest to the latest.
    pub(super) const ALL: Self =
        Self { start: Timestamp::MIN, end: Timestamp::MAX, start_exclusive: false, end_inclusive: true };

    /// Returns the interval from `start`, included, to `end`, excluded. A month or a year means its first day.
    ///
    /// # Errors
    ///
    /// When one of them is not a time, or the start is after the end.
    pub fn parse(start: impl IntoTimestamp, end: impl IntoTimestamp) -> Result<Self> {
        let (start, end) = (start.into_span()?.start, end.into_span()?.start);
        if start > end { Err(Self::new(start, end).empty_error()) } else { Ok(Self::new(start, end)) }
    }

    /// Returns the interval of the last `span` before `now`, both ends included.
    ///
    /// [`last`](super::last) is the same for a query, which reads the clock of its runtime.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::schema::{TimeInterval, Timestamp};
    ///
    /// let week = TimeInterval::last("7d".parse()?, Timestamp::parse("2025-03-08T12:00:00Z")?);
    /// assert_eq!(week.to_string(), "[2025-03-01T12:00:00Z, 2025-03-08T12:00:00Z]");
    /// # Ok::<(), tilebox_core::error::Error>(())
    /// ```
    #[must_use]
    pub fn last(span: TimeSpan, now: Timestamp) -> Self {
        Self::new(now.saturating_sub(span.duration()), now).with_end_inclusive(true)
    }

    /// Returns the interval from the start of the first span to the end of the last.
    pub(super) fn spanning(first: Self, last: Self) -> Result<Self> {
        if first.start > last.start {
            return Err(Self::new(first.start, last.start).empty_error());
        }
        Self { start: first.start, ..last }.non_empty()
    }

    /// Returns the interval of whole days.
    pub(super) fn from_dates(dates: DateSpan) -> Result<Self> {
        let start = dates.first.into_timestamp()?;
        let end = dates.next().and_then(|next| next.into_timestamp().ok());
        Ok(end.map_or(Self { start, ..Self::ALL }, |end| Self::new(start, end)))
    }

    /// Parses a text other than `START/END`.
    pub(super) fn parse_span(text: &str) -> Result<Self> {
        match parse::read(text) {
            Ok(Parsed::Instant(time)) => Ok(Self::instant(time)),
            Ok(Parsed::Dates(dates)) => Self::from_dates(dates),
            Err(reason) => Err(Timestamp::parse_error(text, reason)),
        }
    }

    /// Returns the interval, or an error if it is empty.
    pub(super) fn non_empty(self) -> Result<Self> {
        if self.is_empty() { Err(self.empty_error()) } else { Ok(self) }
    }

    /// Returns the error of an empty interval.
    fn empty_error(self) -> Error {
        let Self { start, end, .. } = self;
        let purpose = format!("use the interval from {start} to {end}");
        if start > end {
            return Error::invalid(purpose, "it ends before it starts", "swap the two times");
        }
        let written = start.to_string();
        let advice = match written.strip_suffix("T00:00:00Z") {
            Some(day) => format!("write \"{day}\" alone for that day"),
            None => format!("write \"{written}\" alone for that instant"),
        };
        Error::invalid(purpose, "it ends where it starts, so it is empty", advice)
    }

    /// Returns the interval that selects the same datapoints on a server that compares whole milliseconds. It includes a
    /// bound inside a millisecond: excluding the whole millisecond would lose datapoints of the interval.
    pub(crate) const fn in_milliseconds(self) -> Self {
        const fn is_whole(time: Timestamp) -> bool {
            time.subsec_nanoseconds().is_multiple_of(1_000_000)
        }
        Self {
            start_exclusive: self.start_exclusive && is_whole(self.start),
            end_inclusive: self.end_inclusive || !is_whole(self.end),
            ..self
        }
    }

    /// Returns the whole milliseconds of the interval, counted from 1970, as the server compares them.
    #[cfg(feature = "client")]
    pub(crate) fn milliseconds(self) -> Range<i64> {
        let interval = self.in_milliseconds();
        let milliseconds =
            |time: Timestamp| time.unix_seconds() * 1000 + i64::from(time.subsec_nanoseconds() / 1_000_000);
        let start = milliseconds(interval.start) + i64::from(interval.start_exclusive);
        start..milliseconds(interval.end) + i64::from(interval.end_inclusive)
    }

    /// Sets whether the start itself is left out.
    #[must_use]
    pub const fn with_start_exclusive(self, start_exclusive: bool) -> Self {
        Self { start_exclusive, ..self }
    }

    /// Sets whether the end itself belongs to the interval.
    #[must_use]
    pub const fn with_end_inclusive(self, end_inclusive: bool) -> Self {
        Self { end_inclusive, ..self }
    }

    /// Returns the start.
    #[must_use]
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// Returns the end.
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

    /// Returns whether the interval excludes its start.
    #[must_use]
    pub const fn is_start_exclusive(&self) -> bool {
        self.start_exclusive
    }

    /// Returns whether the interval includes its end.
    #[must_use]
    pub const fn is_end_inclusive(&self) -> bool {
        self.end_inclusive
    }

    /// Returns whether the interval is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start > self.end || (self.start == self.end && (self.start_exclusive || !self.end_inclusive))
    }

    /// Converts to a message for a server that compares whole milliseconds.
    pub(crate) fn to_wire(self) -> wire::TimeInterval {
        self.in_milliseconds().to_exact_wire()
    }

    /// Converts to a message for times with nanoseconds, such as those of log records.
    pub(crate) fn to_exact_wire(self) -> wire::TimeInterval {
        let Self { start, end, start_exclusive, end_inclusive } = self;
        wire::TimeInterval {
            start_time: Some(start.to_wire()),
            end_time: Some(end.to_wire()),
            start_exclusive,
            end_inclusive,
        }
    }

    /// Returns the interval; `None` if a bound is not a time. Some responses leave out a bound at 1970-01-01.
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

/// Mathematical notation: square brackets for included bounds, round ones for excluded bounds.
impl fmt::Display for TimeInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = if self.start_exclusive { '(' } else { '[' };
        let close = if self.end_inclusive { ']' } else { ')' };
        f.pad(&format!("{open}{}, {}{close}", self.start, self.end))
    }
}

/// Parses a day, a month, a year, an instant, or `START/END`, in which `..` or nothing is an open end.
impl FromStr for TimeInterval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((start, end)) = split(text) else {
            return if is_open(text) && !text.trim().is_empty() { Ok(Self::ALL) } else { Self::parse_span(text) };
        };
        let bound = |text: &str, open: Timestamp| match is_open(text) {
            true => Ok(open),
            false => Self::parse_span(text).map(|span| span.start),
        };
        let (start, until) = (bound(start, Timestamp::MIN)?, bound(end, Timestamp::MAX)?);
        Self::new(start, until).with_end_inclusive(is_open(end)).non_empty()
    }
}

/// Splits at the first slash outside brackets: names of time zones contain slashes.
fn split(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let slash = text.char_indices().find(|(_, character)| {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *character == '/' && depth == 0
    });
    slash.map(|(index, _)| (&text[..index], &text[index + 1..]))
}

/// Returns whether a bound is open: empty, or `..` as in ISO 8601-2 and STAC.
fn is_open(bound: &str) -> bool {
    matches!(bound.trim(), "" | "..")
}

/// An interval of datapoint ids, compared bytewise. It includes both ends, unless set otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdInterval {
    start: Uuid,
    end: Uuid,
    start_exclusive: bool,
    end_inclusive: bool,
}

impl IdInterval {
    /// Returns the interval from `start` to `end`, both included.
    #[must_use]
    pub const fn new(start: Uuid, end: Uuid) -> Self {
        Self { start, end, start_exclusive: false, end_inclusive: true }
    }

    /// Sets whether the start itself is left out.
    #[must_use]
    pub const fn with_start_exclusive(self, start_exclusive: bool) -> Self {
        Self { start_exclusive, ..self }
    }

    /// Sets whether the end itself belongs to the interval.
    #[must_use]
    pub const fn with_end_inclusive(self, end_inclusive: bool) -> Self {
        Self { end_inclusive, ..self }
    }

    /// Returns the start.
    #[must_use]
    pub const fn start(&self) -> Uuid {
        self.start
    }

    /// Returns the end.
    #[must_use]
    pub const fn end(&self) -> Uuid {
        self.end
    }

    /// Returns whether the interval excludes its start.
    #[must_use]
    pub const fn is_start_exclusive(&self) -> bool {
        self.start_exclusive
    }

    /// Returns whether the interval includes its end.
    #[must_use]
    pub const fn is_end_inclusive(&self) -> bool {
        self.end_inclusive
    }

    /// Returns the interval, or an error if it is empty.
    pub(super) fn non_empty(self) -> Result<Self> {
        let Self { start, end, .. } = self;
        let is_empty = start == end && (self.start_exclusive || !self.end_inclusive);
        let (reason, advice) = match start > end {
            true => ("it ends before it starts", "swap the two ids"),
            false if is_empty => ("it ends where it starts, so it is empty", "include both ends"),
            false => return Ok(self),
        };
        Err(Error::invalid(format!("use the interval from {start} to {end}"), reason, advice))
    }

    pub(crate) fn to_wire(self) -> wire::IdInterval {
        wire::IdInterval {
            start_id: Some(crate::protocol::id::to_wire(self.start)),
            end_id: Some(crate::protocol::id::to_wire(self.end)),
            start_exclusive: self.start_exclusive,
            end_inclusive: self.end_inclusive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_can_be_excluded_and_included() {
        let interval = TimeInterval::parse("2025-03-01", "2025-03-02").expect("an interval");
        assert_eq!(
            interval.with_start_exclusive(true).with_end_inclusive(true).to_string(),
            "(2025-03-01T00:00:00Z, 2025-03-02T00:00:00Z]"
        );
        assert_eq!(TimeInterval::from_wire(&interval.to_wire()), Some(interval));
    }

    #[test]
    fn emptiness_depends_on_the_bounds() {
        let instant = TimeInterval::instant(Timestamp::UNIX_EPOCH);
        assert!(!instant.is_empty());
        assert!(instant.with_end_inclusive(false).is_empty());
        assert!(instant.with_start_exclusive(true).is_empty());
        assert!(TimeInterval::new(Timestamp::MAX, Timestamp::MIN).is_empty());
    }

    #[test]
    fn a_bound_inside_a_millisecond_is_included() {
        let time = |text: &str| Timestamp::parse(text).expect("a time");
        let sent = |interval: TimeInterval| {
            let wire = interval.to_wire();
            (wire.start_exclusive, wire.end_inclusive)
        };
        let inside = TimeInterval::new(time("2025-03-01T00:00:00.0005Z"), time("2025-03-01T00:00:01.0005Z"));
        let whole = TimeInterval::new(time("2025-03-01T00:00:00.001Z"), time("2025-03-01T00:00:01.001Z"));
        for start_exclusive in [false, true] {
            for end_inclusive in [false, true] {
                let ends = |interval: TimeInterval| {
                    sent(interval.with_start_exclusive(start_exclusive).with_end_inclusive(end_inclusive))
                };
                assert_eq!(ends(inside), (false, true));
                assert_eq!(ends(whole), (start_exclusive, end_inclusive));
            }
        }
    }

    #[test]
    fn a_width_pads_an_interval_and_its_times() {
        let interval = TimeInterval::instant(Timestamp::UNIX_EPOCH);
        assert_eq!(format!("{interval:>50}").len(), 50);
        assert_eq!(format!("[{:>25}]", Timestamp::UNIX_EPOCH), "[     1970-01-01T00:00:00Z]");
    }
}
