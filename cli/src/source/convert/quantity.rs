//! Numbers with a unit as nanoseconds.

use std::fmt;

use clap::ValueEnum;

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Unit {
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// Microseconds.
    Us,
    /// Nanoseconds.
    Ns,
}

impl Unit {
    /// Returns the digits of the fraction of this unit down to nanoseconds.
    const fn digits(self) -> usize {
        match self {
            Self::S => 9,
            Self::Ms => 6,
            Self::Us => 3,
            Self::Ns => 0,
        }
    }

    /// Returns its nanoseconds.
    pub(in crate::source) const fn nanoseconds(self) -> i64 {
        10_i64.pow(self.digits() as u32)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S => "s",
            Self::Ms => "ms",
            Self::Us => "us",
            Self::Ns => "ns",
        })
    }
}

/// Reads a decimal number of this unit; digits below a nanosecond are cut. `None` for other text and beyond 292 years.
pub(super) fn nanoseconds(text: &str, unit: Unit) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_decimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_decimal(whole) || !is_decimal(fraction) {
        // A number with an exponent, as JSON may have it.
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite())? * unit.nanoseconds() as f64;
        let is_in_range = number.abs() < i64::MAX as f64;
        return is_in_range.then_some(number as i64);
    }
    let digits = unit.digits();
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(digits).collect();
    let total = format!("{whole}{fraction}").parse::<i128>().ok()?;
    i64::try_from(sign * total).ok()
}

/// Reads the nanoseconds of days and a clock, such as `-1 days +23:59:59.5`, `2 days, 1:30:00` or `00:01:30`, as Python writes
/// durations.
pub(super) fn clock(text: &str) -> Option<i64> {
    let (days, clock) = match text.split_once(" day") {
        Some((days, rest)) => {
            let clock = rest.strip_prefix('s').unwrap_or(rest);
            let clock = clock.strip_prefix(',').unwrap_or(clock).trim_start();
            (days.parse::<i64>().ok()?, clock.strip_prefix('+').unwrap_or(clock))
        }
        None => (0, text),
    };
    let mut parts = clock.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let is_clock = parts.next().is_none() && !hours.is_empty() && hours.bytes().all(|byte| byte.is_ascii_digit());
    if !is_clock || !seconds.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let minutes = hours.parse::<i64>().ok()?.checked_mul(60)?.checked_add(minutes.parse::<u8>().ok()?.into())?;
    let minutes = days.checked_mul(24 * 60)?.checked_add(minutes)?;
    let whole = minutes.checked_mul(60)?.checked_mul(1_000_000_000)?;
    whole.checked_add(nanoseconds(seconds, Unit::S)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_without_rounding() {
        for (text, unit, expected) in [
            ("1740826579", Unit::S, Some(1_740_826_579_000_000_000)),
            ("1740826579.123456789", Unit::S, Some(1_740_826_579_123_456_789)),
            ("1740826579.1234567899", Unit::S, Some(1_740_826_579_123_456_789)),
            ("-0.5", Unit::S, Some(-500_000_000)),
            ("1.5", Unit::Ms, Some(1_500_000)),
            ("1740826579123", Unit::Ms, Some(1_740_826_579_123_000_000)),
            ("7.9", Unit::Ns, Some(7)),
            ("1.5e3", Unit::Us, Some(1_500_000)),
            ("9223372036854775808", Unit::Ns, None),
            ("1e300", Unit::S, None),
            ("NaN", Unit::S, None),
            ("soon", Unit::S, None),
            ("", Unit::S, None),
        ] {
            assert_eq!(nanoseconds(text, unit), expected, "{text} {unit}");
        }
    }

    #[test]
    fn clocks_are_durations() {
        const SECOND: i64 = 1_000_000_000;
        for (text, expected) in [
            ("00:01:30", Some(90 * SECOND)),
            ("1:30:00.5", Some(5400 * SECOND + SECOND / 2)),
            ("2 days, 1:00:00", Some(49 * 3600 * SECOND)),
            ("1 day, 0:00:00", Some(86_400 * SECOND)),
            ("0 days 00:00:01", Some(SECOND)),
            ("-1 days +23:59:59.500000", Some(-SECOND / 2)),
            ("PT1S", None),
            ("1:30", None),
            ("1:2:3:4", None),
            ("1:00:-5", None),
            ("days 1:00:00", None),
            ("999999999 days 00:00:00", None),
        ] {
            assert_eq!(clock(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nanoseconds_are_read_as_they_are(number: i64) {
            prop_assert_eq!(nanoseconds(&number.to_string(), Unit::Ns), Some(number));
        }

        #[test]
        fn any_text_is_a_quantity_or_none(text in ".*") {
            let _ = (nanoseconds(&text, Unit::S), clock(&text));
        }
    }
}
