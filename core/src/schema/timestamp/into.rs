//! Types that convert into times.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};

use super::Timestamp;
use super::parse::{DateSpan, DateUnit};
use crate::error::Result;
use crate::schema::interval::TimeInterval;

/// Types that convert into a point in time or a span of time.
///
/// Numbers are not accepted: their unit would be ambiguous.
pub trait IntoTimestamp: Sized {
    /// Returns the point in time. A day is its midnight.
    ///
    /// # Errors
    ///
    /// When the value is not a time, or is outside the years 1 to 9999.
    fn into_timestamp(self) -> Result<Timestamp>;

    /// Returns the span of time: the whole day of a date, the whole day, month or year of text, otherwise one instant.
    ///
    /// # Errors
    ///
    /// As [`into_timestamp`](Self::into_timestamp).
    fn into_span(self) -> Result<TimeInterval> {
        self.into_timestamp().map(TimeInterval::instant)
    }

    /// Returns the interval: the span, or for text also `START/END`.
    ///
    /// # Errors
    ///
    /// As [`into_timestamp`](Self::into_timestamp), or when the interval is empty.
    fn into_interval(self) -> Result<TimeInterval> {
        self.into_span()
    }
}

impl IntoTimestamp for Timestamp {
    fn into_timestamp(self) -> Result<Timestamp> {
        Ok(self)
    }
}

impl IntoTimestamp for &str {
    fn into_timestamp(self) -> Result<Timestamp> {
        Timestamp::parse(self)
    }

    fn into_span(self) -> Result<TimeInterval> {
        TimeInterval::parse_span(self)
    }

    fn into_interval(self) -> Result<TimeInterval> {
        self.parse()
    }
}

impl IntoTimestamp for String {
    fn into_timestamp(self) -> Result<Timestamp> {
        Timestamp::parse(&self)
    }

    fn into_span(self) -> Result<TimeInterval> {
        TimeInterval::parse_span(&self)
    }

    fn into_interval(self) -> Result<TimeInterval> {
        self.parse()
    }
}

impl IntoTimestamp for &String {
    fn into_timestamp(self) -> Result<Timestamp> {
        Timestamp::parse(self)
    }

    fn into_span(self) -> Result<TimeInterval> {
        TimeInterval::parse_span(self)
    }

    fn into_interval(self) -> Result<TimeInterval> {
        self.parse()
    }
}

impl<Zone: TimeZone> IntoTimestamp for DateTime<Zone> {
    fn into_timestamp(self) -> Result<Timestamp> {
        Timestamp::from_datetime(self)
    }
}

/// UTC.
impl IntoTimestamp for NaiveDateTime {
    fn into_timestamp(self) -> Result<Timestamp> {
        Timestamp::from_datetime(self.and_utc())
    }
}

/// The day, which begins at midnight, UTC.
impl IntoTimestamp for NaiveDate {
    fn into_timestamp(self) -> Result<Timestamp> {
        self.and_time(chrono::NaiveTime::MIN).into_timestamp()
    }

    fn into_span(self) -> Result<TimeInterval> {
        TimeInterval::from_dates(DateSpan { first: self, unit: DateUnit::Day })
    }
}

impl IntoTimestamp for SystemTime {
    fn into_timestamp(self) -> Result<Timestamp> {
        let since_epoch = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        match self.duration_since(Self::UNIX_EPOCH) {
            Ok(after) => Timestamp::from_unix(since_epoch(after), after.subsec_nanos()),
            Err(error) => {
                let before = error.duration();
                match before.subsec_nanos() {
                    0 => Timestamp::from_unix(-since_epoch(before), 0),
                    fraction => Timestamp::from_unix(-since_epoch(before) - 1, 1_000_000_000 - fraction),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_time_before_1970_keeps_its_fraction() {
        let time = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(time.into_timestamp().expect("in range"), Timestamp::from_unix(-2, 500_000_000).expect("in range"));
    }
}
