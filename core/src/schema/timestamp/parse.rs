//! Parses times.
//!
//! Each number has a fixed count of digits, so that a typing error is an error and not another time.

use chrono::{Months, NaiveDate, NaiveTime};

use super::{MAX_SECONDS, MIN_SECONDS, Timestamp};

/// A parsed time, with the precision of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schema) enum Parsed {
    /// A date with a time of day.
    Instant(Timestamp),
    /// A whole day, month or year.
    Dates(DateSpan),
}

/// A whole day, month or year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schema) struct DateSpan {
    pub(in crate::schema) first: NaiveDate,
    pub(in crate::schema) unit: DateUnit,
}

/// The unit of a [`DateSpan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schema) enum DateUnit {
    Day,
    Month,
    Year,
}

impl DateSpan {
    /// Returns the day after the span.
    pub(in crate::schema) fn next(self) -> Option<NaiveDate> {
        match self.unit {
            DateUnit::Day => self.first.succ_opt(),
            DateUnit::Month => self.first.checked_add_months(Months::new(1)),
            DateUnit::Year => self.first.checked_add_months(Months::new(12)),
        }
    }
}

const NOT_A_TIME: &str = "it is not a time";
const NO_SUCH_DATE: &str = "there is no such date";
const NOT_A_TIME_OF_DAY: &str = "the text after the date is not a time of day";
pub(super) const OUT_OF_RANGE: &str = "it lies outside the years 1 to 9999";

/// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or a day with a time of day. The error is the reason.
pub(in crate::schema) fn read(text: &str) -> Result<Parsed, &'static str> {
    let mut rest = Rest(text.trim().as_bytes());
    let year = rest.number(4).ok_or(NOT_A_TIME)?;
    let dates = |month, day, unit| {
        let first = NaiveDate::from_ymd_opt(year.cast_signed(), month, day).ok_or(NO_SUCH_DATE)?;
        if year == 0 { Err(OUT_OF_RANGE) } else { Ok(DateSpan { first, unit }) }
    };
    if rest.is_empty() {
        return dates(1, 1, DateUnit::Year).map(Parsed::Dates);
    }
    let month = rest.take(b"-").and_then(|_| rest.number(2)).ok_or(NOT_A_TIME)?;
    if rest.is_empty() {
        return dates(month, 1, DateUnit::Month).map(Parsed::Dates);
    }
    let day = rest.take(b"-").and_then(|_| rest.number(2)).ok_or(NOT_A_TIME)?;
    let date = dates(month, day, DateUnit::Day)?;
    if rest.is_empty() {
        return Ok(Parsed::Dates(date));
    }
    let time = rest.take(b"Tt ").and_then(|_| time_of_day(&mut rest)).ok_or(NOT_A_TIME_OF_DAY)?;
    let seconds = date.first.and_time(time.clock).and_utc().timestamp() - i64::from(time.offset);
    let nanoseconds = match time.is_leap {
        false => time.nanoseconds,
        // Protobuf has no leap seconds: the last nanosecond of the day stands for one.
        true if seconds.rem_euclid(86_400) == 86_399 => 999_999_999,
        true => return Err(NOT_A_TIME_OF_DAY),
    };
    if !(MIN_SECONDS..=MAX_SECONDS).contains(&seconds) {
        return Err(OUT_OF_RANGE);
    }
    Ok(Parsed::Instant(Timestamp { seconds, nanoseconds }))
}

struct TimeOfDay {
    clock: NaiveTime,
    nanoseconds: u32,
    /// Whether the text has the 61st second of a minute.
    is_leap: bool,
    /// Seconds east of Greenwich.
    offset: i32,
}

fn time_of_day(rest: &mut Rest<'_>) -> Option<TimeOfDay> {
    let hour = rest.number(2)?;
    let (mut minute, mut second, mut nanoseconds) = (0, 0, 0);
    if rest.take(b":").is_some() {
        minute = rest.number(2)?;
        if rest.take(b":").is_some() {
            second = rest.number(2)?;
            if rest.take(b".").is_some() {
                nanoseconds = rest.fraction()?;
            }
        }
    }
    let is_leap = second == 60;
    let clock = NaiveTime::from_hms_opt(hour, minute, if is_leap { 59 } else { second })?;
    let offset = zone(rest)?;
    let zone = rest.tags()?;
    let offset = match (offset, zone) {
        (Some(offset), _) => offset,
        (None, None | Some(b"UTC")) => 0,
        // A name without an offset needs a time zone database.
        (None, Some(_)) => return None,
    };
    rest.is_empty().then_some(TimeOfDay { clock, nanoseconds, is_leap, offset })
}

/// Reads the offset in seconds, if there is one. The outer `None` is an error.
fn zone(rest: &mut Rest<'_>) -> Option<Option<i32>> {
    if rest.is_empty() || rest.0.starts_with(b"[") {
        return Some(None);
    }
    if rest.take(b"Zz").is_some() {
        return Some(Some(0));
    }
    rest.take(b" ");
    if let Some(after) = rest.0.strip_prefix(b"UTC") {
        rest.0 = after;
        return Some(Some(0));
    }
    let sign = if rest.take(b"+-")? == b'-' { -1 } else { 1 };
    let hours = rest.number(2)?;
    let (mut minutes, mut seconds) = (0, 0);
    if rest.take(b":").is_some() {
        minutes = rest.number(2)?;
        if rest.take(b":").is_some() {
            seconds = rest.number(2)?;
        }
    } else if rest.0.first().is_some_and(u8::is_ascii_digit) {
        minutes = rest.number(2)?;
    }
    let is_offset = hours < 24 && minutes < 60 && seconds < 60;
    is_offset.then_some(Some(sign * ((hours * 60 + minutes) * 60 + seconds).cast_signed()))
}

/// The rest of the text.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the next byte if it is one of these.
    fn take(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// Takes a number of exactly this many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        let number = number
            .iter()
            .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')));
        if number.is_some() && !rest.first().is_some_and(|next| digits == 4 && next.is_ascii_digit()) {
            self.0 = rest;
            return number;
        }
        None
    }

    /// Takes the digits after the point as nanoseconds. Digits beyond the ninth are ignored.
    fn fraction(&mut self) -> Option<u32> {
        let length = self.0.iter().take_while(|digit| digit.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(length).filter(|_| length > 0)?;
        self.0 = rest;
        let digits = digits.iter().copied().chain(std::iter::repeat(b'0')).take(9);
        Some(digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    }

    /// Takes the tags in brackets that may follow an offset (RFC 9557), and returns the first. The outer `None` is an
    /// error: an invalid tag, or a critical one.
    fn tags(&mut self) -> Option<Option<&'a [u8]>> {
        let mut first = None;
        while self.take(b"[").is_some() {
            let end = self.0.iter().position(|byte| *byte == b']')?;
            let (tag, rest) = self.0.split_at_checked(end)?;
            let is_tag = |byte: &u8| byte.is_ascii_alphanumeric() || b"_+-/=.~".contains(byte);
            if tag.is_empty() || !tag.iter().all(is_tag) {
                return None;
            }
            self.0 = rest.get(1..)?;
            first = first.or(Some(tag));
        }
        Some(first)
    }
}
