//! The text of a cron schedule.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::schema::closest::closest;
use crate::schema::excerpt::excerpt;

/// Maximum number of characters of a text that an error repeats.
const MAX_EXCERPT: usize = 60;

const FORMS: &str = "write five fields, such as `30 6 * * MON-FRI` for 6:30 on weekdays, or a helper such as @hourly; \
                     `CRON_TZ=Europe/Vienna` before it sets a time zone other than UTC";

/// The helpers that stand for five fields.
const HELPERS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The fields in their order.
const FIELDS: [Field; 5] = [
    Field { name: "minute", first: 0, last: 59, names: &[] },
    Field { name: "hour", first: 0, last: 23, names: &[] },
    Field { name: "day of the month", first: 1, last: 31, names: &[] },
    Field { name: "month", first: 1, last: 12, names: &MONTHS },
    // Sunday is 0, and 7 in some dialects.
    Field { name: "day of the week", first: 0, last: 7, names: &DAYS },
];

/// A cron schedule, in UTC unless it names a time zone.
///
/// | written | means |
/// |---|---|
/// | `30 6 * * *` | minute, hour, day of the month, month, day of the week: each day at 6:30 |
/// | `*/15 8-18 * * MON-FRI` | ranges, lists with commas, steps after a slash, English names of months and weekdays |
/// | `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually` | the beginning of each hour, day, … |
/// | `@every 90m` | an interval of hours `h`, minutes `m` and seconds `s` |
/// | `CRON_TZ=Europe/Vienna 30 6 * * *` | 6:30 in Vienna |
///
/// Parsing checks the syntax, so that a typing error is reported before a request is sent. The server decides the meaning.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::CronSchedule;
///
/// CronSchedule::parse("*/15 8-18 * * MON-FRI")?;
/// let error = CronSchedule::parse("0 24 * * *").unwrap_err();
/// assert_eq!(error.reason(), "the hour expects a number from 0 to 23, got `24`");
/// # Ok::<(), tilebox_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CronSchedule(String);

impl CronSchedule {
    /// Reads a schedule.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when a field is not valid or the number of fields is
    /// not five. The error names the field.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_for(&format!("read the cron schedule `{}`", excerpt(text, MAX_EXCERPT)), text)
    }

    /// Reads a schedule. `purpose` completes "cannot …" in an error.
    pub(super) fn parse_for(purpose: &str, text: &str) -> Result<Self> {
        match check(text.trim()) {
            Ok(()) => Ok(Self(text.trim().to_owned())),
            Err(reason) => Err(Error::invalid(purpose.to_owned(), reason, FORMS)),
        }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CronSchedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl From<CronSchedule> for String {
    fn from(schedule: CronSchedule) -> Self {
        schedule.0
    }
}

impl fmt::Display for CronSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One of the five fields.
struct Field {
    name: &'static str,
    first: u32,
    last: u32,
    /// The names of its values, from `first`; may be empty.
    names: &'static [&'static str],
}

/// Returns the reason of an error unless the text is a schedule.
fn check(text: &str) -> Result<(), String> {
    let schedule = match text.strip_prefix("CRON_TZ=").or_else(|| text.strip_prefix("TZ=")) {
        Some(after) => {
            let (zone, schedule) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
            check_zone(zone)?;
            schedule.trim()
        }
        None => text,
    };
    if schedule.is_empty() {
        return Err("it has no fields".to_owned());
    }
    if schedule.starts_with('@') {
        return check_helper(schedule);
    }
    let fields: Vec<_> = schedule.split_whitespace().take(100).collect();
    if fields.len() != FIELDS.len() {
        let names = "minute, hour, day of the month, month, day of the week";
        return Err(format!("expects five fields ({names}), got {}", fields.len()));
    }
    FIELDS.iter().zip(fields).try_for_each(|(field, text)| field.check(text))
}

fn check_zone(zone: &str) -> Result<(), String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '/' | '_' | '-' | '+');
    if !zone.is_empty() && zone.chars().all(is_part) {
        return Ok(());
    }
    Err(format!("the time zone expects a name such as Europe/Vienna, got `{}`", excerpt(zone, MAX_EXCERPT)))
}

fn check_helper(text: &str) -> Result<(), String> {
    if HELPERS.contains(&text) {
        return Ok(());
    }
    if let Some(interval) = text.strip_prefix("@every").filter(|after| after.starts_with(char::is_whitespace)) {
        return if is_interval(interval.trim()) {
            Ok(())
        } else {
            let got = excerpt(interval, MAX_EXCERPT);
            Err(format!("`@every` expects an interval such as 90m or 1h30m, got `{got}`"))
        };
    }
    let close = closest(text, HELPERS);
    let meant = close.first().map_or_else(String::new, |close| format!("; did you mean `{close}`?"));
    Err(format!("unknown helper `{}`{meant}", excerpt(text, MAX_EXCERPT)))
}

/// Returns whether the text is an interval like `1h30m`: numbers with units, such as `1.5h`.
fn is_interval(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let number = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (digits, after) = rest.split_at(number);
        let is_number = digits.contains(|letter: char| letter.is_ascii_digit()) && digits.matches('.').count() <= 1;
        // Two letters first: `ms` begins like `m`.
        let units = ["ns", "us", "µs", "ms", "h", "m", "s"];
        match units.iter().find_map(|unit| after.strip_prefix(unit)).filter(|_| is_number) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    !text.is_empty()
}

impl Field {
    /// Checks a list of values, ranges and steps.
    fn check(&self, text: &str) -> Result<(), String> {
        text.split(',').try_for_each(|item| {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, Some(step)),
                None => (item, None),
            };
            if let Some(step) = step.filter(|step| number(step).is_none_or(|step| step == 0)) {
                let got = excerpt(step, MAX_EXCERPT);
                return Err(format!("the step of the {} expects a number of at least 1, got `{got}`", self.name));
            }
            if matches!(range, "*" | "?") {
                return Ok(());
            }
            match range.split_once('-') {
                Some((from, to)) if self.value(from)? > self.value(to)? => {
                    let got = excerpt(range, MAX_EXCERPT);
                    Err(format!("the range of the {} expects its smaller value first, got `{got}`", self.name))
                }
                Some(_) => Ok(()),
                None => self.value(range).map(|_| ()),
            }
        })
    }

    /// Reads a number or a name.
    fn value(&self, text: &str) -> Result<u32, String> {
        let named = || (self.first..).zip(self.names).find(|(_, name)| name.eq_ignore_ascii_case(text));
        let value = number(text).or_else(|| named().map(|(value, _)| value));
        value.filter(|value| (self.first..=self.last).contains(value)).ok_or_else(|| {
            let names = match self.names {
                [first, .., last] => format!(" or a name from {first} to {last}"),
                _ => String::new(),
            };
            let (name, first, last, got) = (self.name, self.first, self.last, excerpt(text, MAX_EXCERPT));
            format!("the {name} expects a number from {first} to {last}{names}, got `{got}`")
        })
    }
}

/// Reads a number of digits alone.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn schedules_with_five_fields_or_a_helper_are_valid() {
        for text in [
            "* * * * *",
            " 0  0 1 1 0\t",
            "59 23 31 12 7",
            "*/15 8-18/2 1,15 JAN-jun mon,WED-Fri",
            "5/10 * ? * ?",
            "@hourly",
            "@midnight",
            "@every 1h30m10s",
            "@every 1.5h",
            "CRON_TZ=Europe/Vienna 30 6 * * *",
            "TZ=Etc/GMT+1 @daily",
        ] {
            assert_eq!(CronSchedule::parse(text).expect(text).as_str(), text.trim());
        }
    }

    #[test]
    fn an_error_names_the_field() {
        for (text, reason) in [
            ("", "it has no fields"),
            ("CRON_TZ=UTC", "it has no fields"),
            ("CRON_TZ= * * * * *", "the time zone expects a name such as Europe/Vienna, got ``"),
            ("CRON_TZ=a;b * * * * *", "the time zone expects a name such as Europe/Vienna, got `a;b`"),
            ("* * * *", "expects five fields (minute, hour, day of the month, month, day of the week), got 4"),
            ("0 * * * * *", "expects five fields (minute, hour, day of the month, month, day of the week), got 6"),
            ("60 * * * *", "the minute expects a number from 0 to 59, got `60`"),
            ("* 24 * * *", "the hour expects a number from 0 to 23, got `24`"),
            ("* * 0 * *", "the day of the month expects a number from 1 to 31, got `0`"),
            ("* * * 13 *", "the month expects a number from 1 to 12 or a name from JAN to DEC, got `13`"),
            (
                "* * * * funday",
                "the day of the week expects a number from 0 to 7 or a name from SUN to SAT, got `funday`",
            ),
            ("1, * * * *", "the minute expects a number from 0 to 59, got ``"),
            ("*/0 * * * *", "the step of the minute expects a number of at least 1, got `0`"),
            ("*/x * * * *", "the step of the minute expects a number of at least 1, got `x`"),
            ("+5 * * * *", "the minute expects a number from 0 to 59, got `+5`"),
            ("30-10 * * * *", "the range of the minute expects its smaller value first, got `30-10`"),
            ("99999999999 * * * *", "the minute expects a number from 0 to 59, got `99999999999`"),
            ("@hourli", "unknown helper `@hourli`; did you mean `@hourly`?"),
            ("@reboot", "unknown helper `@reboot`"),
            ("@every soon", "`@every` expects an interval such as 90m or 1h30m, got `soon`"),
        ] {
            let error = CronSchedule::parse(text).expect_err(text);
            assert_eq!(error.reason(), reason, "{text}");
            assert!(error.advice().contains("five fields"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_in_one_line(text in any::<String>()) {
            if let Err(error) = CronSchedule::parse(&text) {
                prop_assert!(!error.to_string().contains(char::is_control));
            }
        }

        #[test]
        fn numbers_in_range_are_valid(
            (minute, hour, day, month, weekday) in (0..60_u32, 0..24_u32, 1..32_u32, 1..13_u32, 0..8_u32),
            step in 1..100_u32,
        ) {
            CronSchedule::parse(&format!("{minute}/{step} {hour} {day} {month} {weekday}")).expect("a schedule");
        }
    }
}
