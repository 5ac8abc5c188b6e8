//! A point in time: [`Timestamp`]. `parse` reads text, `into` converts other types.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};

use super::excerpt::excerpt;
use crate::error::{Error, Result};

mod into;
pub(super) mod parse;

pub use into::IntoTimestamp;
use parse::{DateSpan, DateUnit, Parsed};

/// A point in time with nanoseconds, between the years 1 and 9999 (`google.protobuf.Timestamp`).
///
/// Text, the types of `chrono` and [`SystemTime`](std::time::SystemTime) convert into one: see [`IntoTimestamp`].
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::schema::Timestamp;
///
/// let time = Timestamp::parse("2025-03-01T12:30:00+01:00")?;
/// assert_eq!(time.to_string(), "2025-03-01T11:30:00Z");
/// assert_eq!(Timestamp::parse("2025-03-01")?.unix_seconds(), 1_740_787_200);
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanoseconds: u32,
}

/// 0001-01-01T00:00:00Z, the first second of protobuf's range.
const MIN_SECONDS: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z, the last second of protobuf's range.
const MAX_SECONDS: i64 = 253_402_300_799;

/// The maximum characters of a time that an error repeats.
const MAX_EXCERPT: usize = 60;

pub(super) const FORMS: &str = "write a date such as 2025-03-01 or a time such as 2025-03-01T12:30:00Z";

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self { seconds: 0, nanoseconds: 0 };
    /// The earliest time: 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self { seconds: MIN_SECONDS, nanoseconds: 0 };
    /// The latest time: one nanosecond before the year 10000.
    pub const MAX: Self = Self { seconds: MAX_SECONDS, nanoseconds: 999_999_999 };

    /// Returns the time of seconds since 1970 and nanoseconds (0 to 999 999 999) after that second.
    ///
    /// # Errors
    ///
    /// When the time is outside the years 1 to 9999, or the nanoseconds are a second or more.
    pub fn from_unix(seconds: i64, nanoseconds: u32) -> Result<Self> {
        if !(MIN_SECONDS..=MAX_SECONDS).contains(&seconds) || nanoseconds >= 1_000_000_000 {
            return Err(Error::invalid(
                format!("use the time {seconds} s + {nanoseconds} ns"),
                parse::OUT_OF_RANGE,
                "use a time within them",
            ));
        }
        Ok(Self { seconds, nanoseconds })
    }

    /// Reads a date (its midnight) or a time, in the forms of RFC 3339 and ISO 8601:
    ///
    /// | written | means |
    /// |---|---|
    /// | `2025-03-01` | midnight, UTC |
    /// | `2025-03-01T12:30:00.5Z`, `2025-03-01 12:30 UTC`, `2025-03-01T12Z` | UTC |
    /// | `2025-03-01T12:30:00` | UTC, the default |
    /// | `2025-03-01T12:30:00+01:00`, `+0100`, `+01` | with an offset from UTC |
    /// | `2025-03-01T12:30:00+01:00[Europe/Berlin]` | the offset counts; a name without an offset is an error |
    ///
    /// The year has four digits, every other number two. Digits beyond the nanosecond are ignored. A leap second
    /// becomes the last nanosecond before it.
    ///
    /// # Errors
    ///
    /// When the text has another form, or the day or time does not exist.
    pub fn parse(text: &str) -> Result<Self> {
        let reason = match parse::read(text) {
            Ok(Parsed::Instant(time)) => return Ok(time),
            Ok(Parsed::Dates(DateSpan { first, unit: DateUnit::Day })) => return first.into_timestamp(),
            Ok(Parsed::Dates(DateSpan { unit: DateUnit::Month, .. })) => "it is a month, not a time",
            Ok(Parsed::Dates(DateSpan { unit: DateUnit::Year, .. })) => "it is a year, not a time",
            Err(reason) => reason,
        };
        Err(Self::parse_error(text, reason))
    }

    pub(super) fn parse_error(text: &str, reason: &str) -> Error {
        Error::invalid(format!("read the time `{}`", excerpt(text, MAX_EXCERPT)), reason, FORMS)
    }

    /// Returns the time that a column of nanoseconds since 1970 holds.
    pub(crate) const fn from_nanoseconds(nanoseconds: i64) -> Self {
        const NANOS_PER_SECOND: i64 = 1_000_000_000;
        Self {
            seconds: nanoseconds.div_euclid(NANOS_PER_SECOND),
            nanoseconds: nanoseconds.rem_euclid(NANOS_PER_SECOND) as u32,
        }
    }

    fn from_datetime<Zone: TimeZone>(time: DateTime<Zone>) -> Result<Self> {
        // chrono writes a leap second as more than a second of nanoseconds; protobuf has none and smears it.
        Self::from_unix(time.timestamp(), time.timestamp_subsec_nanos().min(999_999_999))
    }

    /// Returns the time `duration` earlier, or the earliest time.
    pub(super) fn saturating_sub(self, duration: Duration) -> Self {
        let Ok(seconds) = i64::try_from(duration.as_secs()) else { return Self::MIN };
        let borrows = self.nanoseconds < duration.subsec_nanos();
        let seconds = self.seconds.saturating_sub(seconds).saturating_sub(i64::from(borrows));
        let whole = if borrows { 1_000_000_000 } else { 0 };
        if seconds < MIN_SECONDS {
            return Self::MIN;
        }
        Self { seconds, nanoseconds: whole + self.nanoseconds - duration.subsec_nanos() }
    }

    /// Returns the whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// Returns the nanoseconds after [`unix_seconds`](Self::unix_seconds), 0 to 999 999 999.
    #[must_use]
    pub const fn subsec_nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// Returns the seconds since 1970 with their fraction; exact to about a microsecond.
    #[must_use]
    pub fn as_unix_seconds_f64(self) -> f64 {
        self.seconds as f64 + f64::from(self.nanoseconds) / 1e9
    }

    /// Formats as RFC 3339 in UTC with the precision that Tilebox indexes: `2025-03-01T12:30:00.500Z`.
    #[must_use]
    pub fn to_milliseconds_string(self) -> String {
        self.to_datetime().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    pub(crate) fn to_wire(self) -> prost_types::Timestamp {
        prost_types::Timestamp { seconds: self.seconds, nanos: self.nanoseconds.cast_signed() }
    }

    /// Returns the time; `None` if it is out of range.
    pub(crate) fn from_wire(time: &prost_types::Timestamp) -> Option<Self> {
        Self::from_unix(time.seconds, u32::try_from(time.nanos).ok()?).ok()
    }

    fn to_datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.seconds, self.nanoseconds).unwrap_or_default()
    }
}

/// RFC 3339 in UTC, with 0, 3, 6 or 9 digits after the second: `2025-03-01T12:30:00.500Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_datetime().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// As the text that [`Display`](fmt::Display) prints.
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From text as [`parse`](Timestamp::parse) reads it.
impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl serde::de::Visitor<'_> for Text {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time as text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
                Timestamp::parse(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts with the times they are read as, or the reasons of their errors.
    const TEXTS: &[(&str, std::result::Result<&str, &str>)] = &[
        ("2025-03-01", Ok("2025-03-01T00:00:00Z")),
        ("0001-01-01", Ok("0001-01-01T00:00:00Z")),
        ("2025-03-01T12:00:00Z", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01t12:00:00z", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01T12:00:00", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01 12:00:00", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01 12:00:00Z", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01T12:00", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01 12:00", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01T12:30Z", Ok("2025-03-01T12:30:00Z")),
        ("2025-03-01T12", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01T12Z", Ok("2025-03-01T12:00:00Z")),
        (" 2025-03-01T13:00:00+01:00\n", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01 12:00:00+01:00", Ok("2025-03-01T11:00:00Z")),
        ("2025-03-01T12:00:00+0100", Ok("2025-03-01T11:00:00Z")),
        ("2025-03-01T12:00:00+01", Ok("2025-03-01T11:00:00Z")),
        ("2021-01-01T11:45:25+0900", Ok("2021-01-01T02:45:25Z")),
        ("2021-01-01T11:45:25+09", Ok("2021-01-01T02:45:25Z")),
        ("2025-03-01T12:00:00-00:00", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01T12:00:00 UTC", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01T12:00:00UTC", Ok("2025-03-01T12:00:00Z")),
        ("1970-01-01 00:00:00.5 +00:00:00", Ok("1970-01-01T00:00:00.500Z")),
        ("2025-03-01T12:00:00[UTC]", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01T12:00:00+01:00[Europe/Berlin]", Ok("2025-03-01T11:00:00Z")),
        ("2025-03-01T12:00:00Z[UTC][u-ca=iso8601]", Ok("2025-03-01T12:00:00Z")),
        ("2025-03-01T12:00:00.123456789Z", Ok("2025-03-01T12:00:00.123456789Z")),
        ("2025-03-01T12:00:00.1234567891Z", Ok("2025-03-01T12:00:00.123456789Z")),
        ("9999-12-31T23:59:59.9999999999Z", Ok("9999-12-31T23:59:59.999999999Z")),
        ("2025-03-01T23:59:60Z", Ok("2025-03-01T23:59:59.999999999Z")),
        ("2025-03-01T15:59:60-08:00", Ok("2025-03-01T23:59:59.999999999Z")),
        ("2025-03", Err("it is a month, not a time")),
        ("2025", Err("it is a year, not a time")),
        ("2025-02-30", Err("there is no such date")),
        ("2025-13-01", Err("there is no such date")),
        ("2025-13", Err("there is no such date")),
        ("0000-01-01", Err("it lies outside the years 1 to 9999")),
        ("0001-01-01T00:00:00+01:00", Err("it lies outside the years 1 to 9999")),
        ("", Err("it is not a time")),
        ("yesterday", Err("it is not a time")),
        ("25-03-01", Err("it is not a time")),
        ("1-1-1", Err("it is not a time")),
        ("5-6-7", Err("it is not a time")),
        ("2025-3-1", Err("it is not a time")),
        ("2025- 3- 1", Err("it is not a time")),
        ("+2025-03-01", Err("it is not a time")),
        ("-2025-03-01", Err("it is not a time")),
        ("02025-03-01", Err("it is not a time")),
        ("10000-01-01", Err("it is not a time")),
        ("2025-060", Err("it is not a time")),
        ("2025-W09-6", Err("it is not a time")),
        ("01-03-2025", Err("it is not a time")),
        ("03/01/2025", Err("it is not a time")),
        ("2025/03/01", Err("it is not a time")),
        ("２０２５-03-01", Err("it is not a time")),
        // Digits without a sign between them could be a number.
        ("20250301", Err("it is not a time")),
        ("20250301T120000Z", Err("it is not a time")),
        ("20151219T101112Z", Err("it is not a time")),
        ("1740787200", Err("it is not a time")),
        ("2025-03-01T1:5", Err("the text after the date is not a time of day")),
        ("2025-03-01 1:05:09", Err("the text after the date is not a time of day")),
        ("2025-03-01T12: 0:00", Err("the text after the date is not a time of day")),
        ("2025-03-01T12:30ZZ", Err("the text after the date is not a time of day")),
        ("2025-03-01T12:00ZZZ", Err("the text after the date is not a time of day")),
        ("2025-03-01T12:00 Z", Err("the text after the date is not a time of day")),
        ("2025-03-01Z", Err("the text after the date is not a time of day")),
        ("2025-03-01T", Err("the text after the date is not a time of day")),
        ("2025-03-01T25:00:00Z", Err("the text after the date is not a time of day")),
        ("2025-03-01T24:00:00Z", Err("the text after the date is not a time of day")),
        ("2025-03-01T12:00:60Z", Err("the text after the date is not a time of day")),
        ("2025-03-01T23:59:61Z", Err("the text after the date is not a time of day")),
        ("2025-03-01T12:00:00+25:00", Err("the text after the date is not a time of day")),
        ("2025-03-01T12:00:00+01:60", Err("the text after the date is not a time of day")),
        ("2025-03-01T12:00:00,5Z", Err("the text after the date is not a time of day")),
        ("2025-03-01T12:00:00.Z", Err("the text after the date is not a time of day")),
        ("2025-03-01T12:00:00[Europe/Berlin]", Err("the text after the date is not a time of day")),
        ("2025-03-01T12:00:00Z[!u-ca=hebrew]", Err("the text after the date is not a time of day")),
        ("2025-03-01T12:00:00Z[]", Err("the text after the date is not a time of day")),
    ];

    #[test]
    fn text_is_read_as_a_time_or_an_error() {
        for (text, expected) in TEXTS {
            match (Timestamp::parse(text), expected) {
                (Ok(time), Ok(expected)) => assert_eq!(time.to_string(), *expected, "{text:?}"),
                (Err(error), Err(reason)) => {
                    assert_eq!(error.reason(), *reason, "{text:?}");
                    assert_eq!(error.advice(), FORMS);
                }
                (read, _) => panic!("{text:?} was read as {read:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn an_error_repeats_a_bounded_line_of_the_text() {
        let error = Timestamp::parse(&"2025\n-03 ".repeat(1000)).expect_err("no time").to_string();
        assert!(!error.contains('\n') && error.len() < 300, "{error}");
    }

    #[test]
    fn the_earliest_and_latest_time_read_back() {
        for time in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            assert_eq!(Timestamp::parse(&time.to_string()).expect("its own form"), time);
            assert_eq!(Timestamp::from_wire(&time.to_wire()), Some(time));
        }
        assert!(Timestamp::from_unix(MAX_SECONDS + 1, 0).is_err());
        assert!(Timestamp::from_unix(0, 1_000_000_000).is_err());
    }

    proptest! {
        #[test]
        fn every_time_prints_and_reads_back(seconds in MIN_SECONDS..=MAX_SECONDS, nanoseconds in 0..1_000_000_000_u32) {
            let time = Timestamp::from_unix(seconds, nanoseconds).expect("in range");
            prop_assert_eq!(Timestamp::parse(&time.to_string()).expect("its own form"), time);
        }

        #[test]
        fn times_are_read_as_chrono_reads_them(text in "20[0-2][0-9]-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?([Zz]|[+-][0-2][0-9]:[0-5][0-9])") {
            let expected = DateTime::parse_from_rfc3339(&text).ok().map(|time| time.into_timestamp().expect("in range"));
            prop_assert_eq!(Timestamp::parse(&text).ok(), expected);
        }
    }
}
