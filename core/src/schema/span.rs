//! Spans of time before now, such as `7d`.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::excerpt::excerpt;
use super::extent::{IntoTemporalExtent, QueryExtent, TemporalExtent};
use crate::error::{Error, Result};

/// The units of a span with their seconds, the largest first.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// The maximum characters of a span that an error repeats.
const MAX_EXCERPT: usize = 60;

/// A span of time longer than zero, in text as `7d`, `12h30m` or `1w2d`.
///
/// The units are `w` (weeks of 7 days), `d` (days of 24 hours), `h` (hours), `m` (minutes) and `s` (seconds), the larger ones
/// first, each at most once. Months and years differ in length, so they are not units.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use std::time::Duration;
/// use tilebox_tokio::schema::TimeSpan;
///
/// let span: TimeSpan = "12h30m".parse()?;
/// assert_eq!(span.duration(), Duration::from_secs(45_000));
/// assert_eq!(span.to_string(), "12h30m");
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan(Duration);

impl TimeSpan {
    /// Returns the span as a duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for TimeSpan {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse(text.trim()).map(Self).map_err(|reason| {
            let advice = "write numbers with the units w, d, h, m and s, the larger ones first, such as 7d or 12h30m";
            Error::invalid(format!("read the span of time `{}`", excerpt(text, MAX_EXCERPT)), reason, advice)
        })
    }
}

fn parse(text: &str) -> Result<Duration, &'static str> {
    let (mut rest, mut seconds, mut units) = (text, 0_u64, UNITS.iter());
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or("a number has no unit")?;
        let (number, unit) = rest.split_at(digits);
        let unit = unit.chars().next().ok_or("a number has no unit")?;
        if number.is_empty() {
            return Err("it is not a number followed by a unit");
        }
        rest = rest.get(digits + unit.len_utf8()..).unwrap_or_default();
        let Some((_, length)) = units.find(|(name, _)| *name == unit) else {
            let is_known = UNITS.iter().any(|(name, _)| *name == unit);
            return Err(if is_known {
                "a unit is repeated or follows a smaller one"
            } else {
                "it has an unknown unit"
            });
        };
        let number = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*length));
        seconds = number.and_then(|number| seconds.checked_add(number)).ok_or("it is too long")?;
    }
    if text.is_empty() {
        return Err("it is empty");
    }
    if seconds == 0 { Err("it is zero") } else { Ok(Duration::from_secs(seconds)) }
}

/// Prints the units of [`TimeSpan`], with a fraction of a second if there is one.
impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut seconds, nanoseconds) = (self.0.as_secs(), self.0.subsec_nanos());
        let mut text = String::new();
        for (unit, length) in UNITS {
            let number = seconds / length;
            seconds %= length;
            match (unit, nanoseconds) {
                ('s', 1..) => text.push_str(&format!("{}s", Duration::new(number, nanoseconds).as_secs_f64())),
                _ if number > 0 => text.push_str(&format!("{number}{unit}")),
                _ => {}
            }
        }
        f.pad(&text)
    }
}

impl TryFrom<&str> for TimeSpan {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<String> for TimeSpan {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<&String> for TimeSpan {
    type Error = Error;

    fn try_from(text: &String) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<Duration> for TimeSpan {
    type Error = Error;

    fn try_from(duration: Duration) -> Result<Self> {
        if duration.is_zero() {
            return Err(Error::invalid("use a span of time", "it is zero", "use a longer duration"));
        }
        Ok(Self(duration))
    }
}

/// The extent from a [span of time](TimeSpan) ago until now, both included. [`last`] makes it.
#[derive(Debug)]
#[must_use]
pub struct Last(Result<TimeSpan>);

/// Returns the extent from a span of time ago until now: text such as `7d` or `12h30m`, a [`TimeSpan`], or a
/// [`Duration`].
///
/// A query reads the clock of its runtime when it is loaded, not when it is built. Text that is not a span is an error
/// when the query is loaded.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::last;
///
/// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::Result<()> {
/// let week = collection.query(last("7d")).await?;
/// # Ok(())
/// # }
/// ```
pub fn last(span: impl TryInto<TimeSpan, Error: Into<Error>>) -> Last {
    Last(span.try_into().map_err(Into::into))
}

impl IntoTemporalExtent for Last {
    /// # Errors
    ///
    /// Always: without a clock there is no extent. [`into_query_extent`](Self::into_query_extent) leaves the time open, and
    /// [`TimeInterval::last`](super::TimeInterval::last) takes it as an argument.
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        let span = self.0?;
        let reason = "its times depend on a clock";
        let advice = "use `TimeInterval::last` with the current time";
        Err(Error::invalid(format!("use the last {span} as a fixed extent"), reason, advice))
    }

    fn into_query_extent(self) -> Result<QueryExtent> {
        self.0.map(QueryExtent::Last)
    }
}

/// A conversion that cannot fail has no error.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::{IntoTimestamp as _, TimeInterval, Timestamp};

    fn refused(text: &str) -> String {
        text.parse::<TimeSpan>().expect_err(text).to_string()
    }

    #[test]
    fn a_span_adds_its_units() {
        for (text, seconds) in [
            ("7d", 604_800),
            ("12h30m", 45_000),
            ("1w2d3h4m5s", 788_645),
            (" 90s ", 90),
            ("0d5s", 5),
            ("100h", 360_000),
        ] {
            assert_eq!(text.parse::<TimeSpan>().expect(text).duration(), Duration::from_secs(seconds), "{text}");
        }
    }

    #[test]
    fn an_invalid_span_is_an_error_with_the_units() {
        let units = "write numbers with the units w, d, h, m and s, the larger ones first, such as 7d or 12h30m";
        for (text, reason) in [
            ("", "it is empty"),
            ("7", "a number has no unit"),
            ("d", "it is not a number followed by a unit"),
            ("7y", "it has an unknown unit"),
            ("1.5h", "it has an unknown unit"),
            ("-7d", "it is not a number followed by a unit"),
            ("7D", "it has an unknown unit"),
            ("7d7d", "a unit is repeated or follows a smaller one"),
            ("30m12h", "a unit is repeated or follows a smaller one"),
            ("0s", "it is zero"),
            ("99999999999999999999s", "it is too long"),
            ("18446744073709551615w", "it is too long"),
            ("7ä", "it has an unknown unit"),
        ] {
            assert_eq!(refused(text), format!("cannot read the span of time `{text}`: {reason}; {units}"));
        }
    }

    #[test]
    fn the_last_span_ends_at_the_time_of_the_load() {
        let now = Timestamp::parse("2025-03-08T12:00:00.25Z").expect("a time");
        let extent = last("7d").into_query_extent().expect("an extent").at(now);
        let week = TimeInterval::last("7d".parse().expect("a span"), now);
        assert_eq!(extent, TemporalExtent::Time(week));
        assert_eq!(week.to_string(), "[2025-03-01T12:00:00.250Z, 2025-03-08T12:00:00.250Z]");
        let short = last(Duration::from_millis(500)).into_query_extent().expect("an extent").at(now);
        assert_eq!(short, ("2025-03-08T11:59:59.75Z"..="2025-03-08T12:00:00.25Z").into_temporal_extent().expect("one"));
        let ever = TimeInterval::last("9999999w".parse().expect("a span"), now);
        assert_eq!(ever.start(), Timestamp::MIN);
        assert!(last("x").into_query_extent().is_err());
        let fixed = last("7d").into_temporal_extent().expect_err("no clock").to_string();
        assert!(fixed.starts_with("cannot use the last 1w as a fixed extent"), "{fixed}");
    }

    proptest! {
        #[test]
        fn a_printed_span_parses_back(seconds in 1..u64::MAX) {
            let span = TimeSpan(Duration::from_secs(seconds));
            prop_assert_eq!(span.to_string().parse::<TimeSpan>().expect("a span"), span);
        }

        #[test]
        fn any_text_is_a_span_or_an_error(text in ".{0,12}|[0-9wdhms]{0,24}") {
            let _ = text.parse::<TimeSpan>();
        }

        #[test]
        fn subtraction_agrees_with_the_clock(seconds in 0..4_000_000_000_u64, nanoseconds in 0..1_000_000_000_u32, back: u32, fraction in 0..1_000_000_000_u32) {
            let (time, span) = (Duration::new(seconds, nanoseconds), Duration::new(u64::from(back), fraction));
            let earlier = std::time::SystemTime::UNIX_EPOCH + time - span;
            let time = (std::time::SystemTime::UNIX_EPOCH + time).into_timestamp().expect("in range");
            prop_assert_eq!(time.saturating_sub(span), earlier.into_timestamp().expect("in range"));
        }
    }
}
