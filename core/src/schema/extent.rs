//! Temporal extents, and the types that convert into them.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use uuid::Uuid;

use super::interval::{IdInterval, TimeInterval};
use super::span::TimeSpan;
use super::timestamp::{IntoTimestamp, Timestamp};
use crate::error::Result;

/// The datapoints of a query, by time or by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TemporalExtent {
    /// Datapoints whose time is in the interval.
    Time(TimeInterval),
    /// Datapoints whose id is in the interval. Ids begin with the time, so this is a span of time too.
    Ids(IdInterval),
}

#[cfg(feature = "client")]
impl TemporalExtent {
    /// Returns the whole milliseconds of the extent, counted from 1970. Ids begin with their milliseconds.
    pub(crate) fn milliseconds(self) -> Range<i64> {
        // 48 bits of milliseconds fit.
        let milliseconds = |id: Uuid| i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX);
        match self {
            Self::Time(interval) => interval.milliseconds(),
            Self::Ids(interval) => milliseconds(interval.start())..milliseconds(interval.end()).saturating_add(1),
        }
    }
}

/// Types that convert into a [`TemporalExtent`].
///
/// | written | means |
/// |---|---|
/// | `"2025-03-01"`, `"2025-03"`, `"2025"`, or a date of `chrono` | that whole day, month or year |
/// | `"2025-03-01T12:00:00Z"`, or a typed time | that instant, to the millisecond |
/// | `("2025-03-01", "2025-06-01")`, `start..end`, `"2025-03-01/2025-06-01"` | from the first, included, to the second, excluded |
/// | `"2025-03-01"..="2025-05-31"` | both included; a date includes its whole day |
/// | `start..`, `..end`, `..=end`, `..`, `"2025-03-01/.."`, `"../2025-06-01"` | with an open end |
/// | [`TimeInterval`] | that interval |
/// | [`IdInterval`], or `first_id..=last_id` | ids instead of times |
/// | [`&Datapoints`](crate::Datapoints) | from the first to the last of them, both included |
/// | [`last("7d")`](super::last) | from seven days before the load until the load, both included |
///
/// A date in a pair, in `start..end` or next to a slash is a bound: it means its midnight, and a month or year its first
/// midnight. Times without a zone are UTC.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::schema::{IntoTemporalExtent, TemporalExtent, TimeInterval};
///
/// let march = TemporalExtent::Time(TimeInterval::parse("2025-03-01", "2025-04-01")?);
/// assert_eq!("2025-03".into_temporal_extent()?, march);
/// assert_eq!(("2025-03-01", "2025-04-01").into_temporal_extent()?, march);
/// assert_eq!(("2025-03-01"..="2025-03-31").into_temporal_extent()?, march);
///
/// let error = ("2025-03-01", "2025-03-01").into_temporal_extent().unwrap_err();
/// assert!(error.to_string().ends_with("write \"2025-03-01\" alone for that day"));
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a temporal extent",
    label = "expects a time or an interval as text, a pair or a range of times, `last(\"7d\")`, a `TimeInterval`, an `IdInterval` or `Datapoints`",
    note = "numbers are not accepted as times: their unit would be ambiguous"
)]
pub trait IntoTemporalExtent {
    /// Returns the extent.
    ///
    /// # Errors
    ///
    /// When a part is not a time, or the extent is empty: it ends before or where it starts. An empty query is a mistake,
    /// so it is not sent.
    fn into_temporal_extent(self) -> Result<TemporalExtent>;

    /// Returns the extent of a query, which may be relative to the time of its load.
    ///
    /// # Errors
    ///
    /// As [`into_temporal_extent`](Self::into_temporal_extent).
    fn into_query_extent(self) -> Result<QueryExtent>
    where
        Self: Sized,
    {
        self.into_temporal_extent().map(QueryExtent::Fixed)
    }
}

/// The extent of a query before its load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueryExtent {
    /// An extent that does not depend on the time of the load.
    Fixed(TemporalExtent),
    /// From this span before the load until the load, both included.
    Last(TimeSpan),
}

impl QueryExtent {
    /// Returns the extent of a load at the time `now`.
    #[must_use]
    pub fn at(self, now: Timestamp) -> TemporalExtent {
        match self {
            Self::Fixed(extent) => extent,
            Self::Last(span) => TemporalExtent::Time(TimeInterval::last(span, now)),
        }
    }
}

impl IntoTemporalExtent for TemporalExtent {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        match self {
            Self::Time(interval) => interval.into_temporal_extent(),
            Self::Ids(interval) => interval.into_temporal_extent(),
        }
    }
}

impl IntoTemporalExtent for TimeInterval {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        self.non_empty().map(TemporalExtent::Time)
    }
}

impl IntoTemporalExtent for IdInterval {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        self.non_empty().map(TemporalExtent::Ids)
    }
}

impl IntoTemporalExtent for RangeInclusive<Uuid> {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        IdInterval::new(*self.start(), *self.end()).into_temporal_extent()
    }
}

impl<Start: IntoTimestamp, End: IntoTimestamp> IntoTemporalExtent for (Start, End) {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        TimeInterval::parse(self.0, self.1)?.into_temporal_extent()
    }
}

impl<Time: IntoTimestamp> IntoTemporalExtent for Range<Time> {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        (self.start, self.end).into_temporal_extent()
    }
}

impl<Time: IntoTimestamp> IntoTemporalExtent for RangeInclusive<Time> {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        let (first, last) = self.into_inner();
        TimeInterval::spanning(first.into_span()?, last.into_span()?).map(TemporalExtent::Time)
    }
}

impl<Time: IntoTimestamp> IntoTemporalExtent for RangeFrom<Time> {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        let start = self.start.into_span()?.start();
        TimeInterval::new(start, Timestamp::MAX).with_end_inclusive(true).into_temporal_extent()
    }
}

impl<Time: IntoTimestamp> IntoTemporalExtent for RangeTo<Time> {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        TimeInterval::new(Timestamp::MIN, self.end.into_span()?.start()).into_temporal_extent()
    }
}

impl<Time: IntoTimestamp> IntoTemporalExtent for RangeToInclusive<Time> {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        self.end.into_span()?.with_start(Timestamp::MIN).into_temporal_extent()
    }
}

/// Every time.
impl IntoTemporalExtent for RangeFull {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        Ok(TemporalExtent::Time(TimeInterval::ALL))
    }
}

impl<Time: IntoTimestamp> IntoTemporalExtent for Time {
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        self.into_interval()?.into_temporal_extent()
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn extent(extent: impl IntoTemporalExtent) -> String {
        match extent.into_temporal_extent().expect("an extent") {
            TemporalExtent::Time(interval) => interval.to_string(),
            TemporalExtent::Ids(interval) => format!("{}..{}", interval.start().as_u128(), interval.end().as_u128()),
        }
    }

    fn refused(extent: impl IntoTemporalExtent) -> String {
        extent.into_temporal_extent().expect_err("no extent").to_string()
    }

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2025, 3, day).expect("a date")
    }

    const MARCH: &str = "[2025-03-01T00:00:00Z, 2025-04-01T00:00:00Z)";
    const FIRST: &str = "[2025-03-01T00:00:00Z, 2025-03-02T00:00:00Z)";

    #[test]
    fn a_date_means_its_whole_day_month_or_year() {
        assert_eq!(extent("2025-03-01"), FIRST);
        assert_eq!(extent(String::from("2025-03-01")), FIRST);
        assert_eq!(extent(date(1)), FIRST);
        assert_eq!(extent("2025-03"), MARCH);
        assert_eq!(extent("2024"), "[2024-01-01T00:00:00Z, 2025-01-01T00:00:00Z)");
        assert_eq!(extent("2024-02"), "[2024-02-01T00:00:00Z, 2024-03-01T00:00:00Z)");
        assert_eq!(extent("9999"), "[9999-01-01T00:00:00Z, 9999-12-31T23:59:59.999999999Z]");
    }

    #[test]
    fn an_instant_has_a_time_of_day() {
        let noon = "[2025-03-01T12:00:00Z, 2025-03-01T12:00:00Z]";
        for text in
            ["2025-03-01T12:00:00Z", "2025-03-01 12:00", "2025-03-01T12Z", "2025-03-01T13:00+01:00[Europe/Paris]"]
        {
            assert_eq!(extent(text), noon);
        }
        let midnight = "[2025-03-01T00:00:00Z, 2025-03-01T00:00:00Z]";
        assert_eq!(extent("2025-03-01T00:00"), midnight);
        assert_eq!(extent(date(1).and_time(chrono::NaiveTime::MIN)), midnight);
        assert_eq!(extent(Timestamp::parse("2025-03-01").expect("a time")), midnight);
    }

    #[test]
    fn a_pair_is_half_open() {
        assert_eq!(extent(("2025-03-01", "2025-04-01")), MARCH);
        assert_eq!(extent(("2025-03", "2025-04")), MARCH);
        assert_eq!(extent((date(1), "2025-04-01")), MARCH);
        assert_eq!(extent("2025-03-01".."2025-04-01"), MARCH);
        assert_eq!(extent(date(1)..date(2)), FIRST);
        assert_eq!(extent("2025-03-01/2025-04-01"), MARCH);
        assert_eq!(extent(" 2025-03 / 2025-04 "), MARCH);
    }

    #[test]
    fn an_inclusive_range_includes_its_last_day() {
        assert_eq!(extent("2025-03-01"..="2025-03-31"), MARCH);
        assert_eq!(extent("2025-03"..="2025-03"), MARCH);
        assert_eq!(extent(date(1)..=date(1)), FIRST);
        assert_eq!(extent("2025-03-01"..="2025-03-01T12:00:00Z"), "[2025-03-01T00:00:00Z, 2025-03-01T12:00:00Z]");
    }

    #[test]
    fn an_open_end_is_the_first_or_the_last_time() {
        let (from, until) = ("[2025-03-01T00:00:00Z, 9999-12-31T23:59:59.999999999Z]", "[0001-01-01T00:00:00Z, ");
        for open in [extent("2025-03-01/.."), extent("2025-03-01/"), extent("2025-03-01"..), extent(date(1)..)] {
            assert_eq!(open, from);
        }
        for open in [extent("../2025-03-01"), extent("/2025-03-01"), extent(.."2025-03-01")] {
            assert_eq!(open, format!("{until}2025-03-01T00:00:00Z)"));
        }
        assert_eq!(extent(..="2025-03-01"), format!("{until}2025-03-02T00:00:00Z)"));
        for all in [extent(".."), extent("../.."), extent("/"), extent(..)] {
            assert_eq!(all, format!("{until}9999-12-31T23:59:59.999999999Z]"));
        }
    }

    #[test]
    fn an_empty_extent_is_an_error() {
        let reversed = "it ends before it starts; swap the two times";
        let time = |text: &str| Timestamp::parse(text).expect("a time");
        let (early, late) = (time("2025-03-01"), time("2025-03-02T12:00:00Z"));
        for error in [
            refused(("2025-06-01", "2025-03-01")),
            refused("2025-06-01".."2025-03-01"),
            refused("2025-06-01"..="2025-03-01"),
            refused(date(2)..=date(1)),
            refused("2025-06-01/2025-03-01"),
            refused(TimeInterval::new(late, early)),
            refused(TimeInterval::new(late, early).with_end_inclusive(true)),
            refused(TemporalExtent::Time(TimeInterval::new(late, early))),
        ] {
            assert!(error.ends_with(reversed), "{error}");
        }
        let day = "it ends where it starts, so it is empty; write \"2025-03-01\" alone for that day";
        for error in [
            refused(("2025-03-01", "2025-03-01")),
            refused((date(1), date(1))),
            refused(("2025-03", "2025-03-01")),
            refused("2025-03-01/2025-03-01"),
            refused(TimeInterval::new(early, early)),
        ] {
            assert!(error.ends_with(day), "{error}");
        }
        let instant = refused(TimeInterval::instant(late).with_start_exclusive(true));
        assert!(instant.ends_with("write \"2025-03-02T12:00:00Z\" alone for that instant"), "{instant}");
        let (first, last) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(refused(last..=first).ends_with("swap the two ids"));
        assert!(refused(IdInterval::new(first, first).with_end_inclusive(false)).ends_with("include both ends"));
        assert_eq!(extent(first..=first), "1..1");
    }

    #[test]
    fn a_text_without_an_extent_is_an_error() {
        for text in ["", "2025-03-01/2025-04-01/x", "2025-03-01/P1D", "2025-3", "x/2025", "2025-03-01T25:00/..", "..."]
        {
            let error = refused(text);
            assert!(error.starts_with("cannot read the time `"), "{error}");
        }
        assert!(refused(("2025-03-01/2025-04-01", "2025-05-01")).contains("is not a time"));
    }
}
