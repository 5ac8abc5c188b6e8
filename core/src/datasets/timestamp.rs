//! A point in time as protobuf has it, and everything that can be written for one.

use std::fmt;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone, Utc};

use crate::error::{Error, Result};

/// A point in time with nanoseconds, between the years 1 and 9999 (`google.protobuf.Timestamp`).
///
/// Anything that is [`IntoTimestamp`] becomes one: text, the types of `chrono`, [`SystemTime`].
///
/// ```
/// use tilebox_core::datasets::Timestamp;
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

/// 0001-01-01T00:00:00Z, the first second that protobuf allows.
const MIN_SECONDS: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z, the last one.
const MAX_SECONDS: i64 = 253_402_300_799;

const FORMS: &str = "write a date such as 2025-03-01 or a time such as 2025-03-01T12:30:00Z";

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self { seconds: 0, nanoseconds: 0 };
    /// The first time there is: 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self { seconds: MIN_SECONDS, nanoseconds: 0 };
    /// The last time there is: one nanosecond before the year 10000.
    pub const MAX: Self = Self { seconds: MAX_SECONDS, nanoseconds: 999_999_999 };

    /// A time from seconds since 1970 and nanoseconds (0 to 999 999 999) after that second.
    ///
    /// # Errors
    ///
    /// When it lies outside the years 1 to 9999, or the nanoseconds are a second or more.
    pub fn from_unix(seconds: i64, nanoseconds: u32) -> Result<Self> {
        if !(MIN_SECONDS..=MAX_SECONDS).contains(&seconds) || nanoseconds >= 1_000_000_000 {
            let reason = "it lies outside the years 1 to 9999";
            return Err(Error::invalid(
                format!("use the time {seconds} s + {nanoseconds} ns"),
                reason,
                "use a time within them",
            ));
        }
        Ok(Self { seconds, nanoseconds })
    }

    /// Reads a date (its midnight) or an RFC 3339 time. Without an offset it is UTC; a space may stand for the `T`,
    /// seconds may be left out.
    ///
    /// # Errors
    ///
    /// When the text is none of these, or no such day or time exists.
    pub fn parse(text: &str) -> Result<Self> {
        let written = text.trim();
        if let Ok(time) = DateTime::parse_from_rfc3339(written) {
            return Self::from_datetime(time);
        }
        if let Ok(date) = NaiveDate::parse_from_str(written, "%Y-%m-%d") {
            return Self::from_datetime(date.and_time(chrono::NaiveTime::MIN).and_utc());
        }
        let without_offset = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
        for form in without_offset {
            if let Ok(time) = NaiveDateTime::parse_from_str(written.trim_end_matches('Z'), form) {
                return Self::from_datetime(time.and_utc());
            }
        }
        let looks_like_a_date = written.len() >= 10
            && written.bytes().take(10).enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let reason = match looks_like_a_date {
            true if NaiveDate::parse_from_str(written.get(..10).unwrap_or_default(), "%Y-%m-%d").is_err() => {
                "there is no such date"
            }
            true => "what follows the date is not a time of day",
            false => "it is not a time",
        };
        Err(Error::invalid(format!("read the time `{text}`"), reason, FORMS))
    }

    fn from_datetime<Zone: TimeZone>(time: DateTime<Zone>) -> Result<Self> {
        // chrono writes a leap second as more than a second of nanoseconds; protobuf has none and smears it.
        Self::from_unix(time.timestamp(), time.timestamp_subsec_nanos().min(999_999_999))
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after [`unix_seconds`](Self::unix_seconds), 0 to 999 999 999.
    #[must_use]
    pub const fn subsec_nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// Seconds since 1970 with their fraction; exact to about a microsecond.
    #[must_use]
    pub fn as_unix_seconds_f64(self) -> f64 {
        self.seconds as f64 + f64::from(self.nanoseconds) / 1e9
    }

    /// RFC 3339 in UTC with the precision that Tilebox indexes: `2025-03-01T12:30:00.500Z`.
    #[must_use]
    pub fn to_milliseconds_string(self) -> String {
        self.to_datetime().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    pub(crate) fn to_wire(self) -> prost_types::Timestamp {
        prost_types::Timestamp { seconds: self.seconds, nanos: self.nanoseconds.cast_signed() }
    }

    /// `None` for what no time can be.
    pub(crate) fn from_wire(time: &prost_types::Timestamp) -> Option<Self> {
        Self::from_unix(time.seconds, u32::try_from(time.nanos).ok()?).ok()
    }

    fn to_datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.seconds, self.nanoseconds).unwrap_or_default()
    }
}

/// RFC 3339 in UTC, with as many digits of the second as there are: `2025-03-01T12:30:00.5Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_datetime().to_rfc3339_opts(SecondsFormat::AutoSi, true))
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

/// What can be written for a point in time.
///
/// Numbers are not among it: whether they count seconds or nanoseconds nobody can see.
pub trait IntoTimestamp {
    /// The time that is meant.
    ///
    /// # Errors
    ///
    /// When it is none, or lies outside the years 1 to 9999.
    fn into_timestamp(self) -> Result<Timestamp>;
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
}

impl IntoTimestamp for String {
    fn into_timestamp(self) -> Result<Timestamp> {
        Timestamp::parse(&self)
    }
}

impl IntoTimestamp for &String {
    fn into_timestamp(self) -> Result<Timestamp> {
        Timestamp::parse(self)
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

/// Midnight, UTC.
impl IntoTimestamp for NaiveDate {
    fn into_timestamp(self) -> Result<Timestamp> {
        self.and_time(chrono::NaiveTime::MIN).into_timestamp()
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
    fn dates_and_times_are_read_as_utc_unless_they_say_otherwise() {
        let noon = Timestamp::from_unix(1_740_830_400, 0).expect("in range");
        for text in [
            "2025-03-01T12:00:00Z",
            "2025-03-01T12:00:00",
            "2025-03-01 12:00:00",
            "2025-03-01T12:00",
            "2025-03-01 12:00",
            " 2025-03-01T13:00:00+01:00 ",
            "2025-03-01 12:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text).expect(text), noon, "{text}");
        }
        assert_eq!(Timestamp::parse("2025-03-01").expect("a date").to_string(), "2025-03-01T00:00:00Z");
        assert_eq!(Timestamp::parse("2025-03-01T00:00:00.5").expect("a time").subsec_nanoseconds(), 500_000_000);
    }

    #[test]
    fn what_is_no_time_says_so() {
        let reasons = [
            ("2025-02-30", "there is no such date"),
            ("2025-13-01", "there is no such date"),
            ("2025-03-01T25:00:00Z", "what follows the date is not a time of day"),
            ("yesterday", "it is not a time"),
            ("", "it is not a time"),
            ("20250301", "it is not a time"),
            // Seconds or nanoseconds? A number does not say.
            ("1740787200", "it is not a time"),
        ];
        for (text, reason) in reasons {
            let error = Timestamp::parse(text).expect_err(text);
            assert_eq!(error.reason(), reason, "{text}");
            assert_eq!(error.advice(), FORMS);
        }
    }

    #[test]
    fn the_ends_of_time_print_and_read_back() {
        for time in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            assert_eq!(Timestamp::parse(&time.to_string()).expect("its own form"), time);
            assert_eq!(Timestamp::from_wire(&time.to_wire()), Some(time));
        }
        assert!(Timestamp::from_unix(MAX_SECONDS + 1, 0).is_err());
        assert!(Timestamp::from_unix(0, 1_000_000_000).is_err());
    }

    #[test]
    fn system_time_before_1970_keeps_its_fraction() {
        let time = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(time.into_timestamp().expect("in range"), Timestamp::from_unix(-2, 500_000_000).expect("in range"));
    }
}
