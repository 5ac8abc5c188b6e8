//! Cron schedules: the times at which an automation submits a job. Pure: the current time is an argument.
//!
//! | file | contents |
//! |---|---|
//! | `field` | the values that one field allows |
//! | `zone` | the time zone of a schedule |
//! | `next` | the next time of a schedule |

mod field;
mod next;
mod zone;

use std::str::FromStr;

use field::{Field, Values};
use zone::Zone;

/// A cron schedule: the minutes that match its five fields in its time zone.
///
/// As text: minute, hour, day of the month, month and day of the week, after an optional `CRON_TZ=ZONE`. A field is a list,
/// joined by commas, of `*`, `?`, a value, a range `a-b`, or one of them with a step: `*/15`, `8-18/2`. `5/10` means
/// `5-59/10`. Months and days of the week can be three English letters; 0 and 7 are Sunday. If neither day field begins
/// with `*` or `?`, one of them must match, otherwise both. `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`,
/// `@midnight` and `@hourly` stand for the five fields.
///
/// The exact syntax of the real server is not known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Schedule {
    minutes: Values,
    hours: Values,
    days: Values,
    months: Values,
    weekdays: Values,
    zone: Zone,
}

/// The names that stand for five fields.
const HELPERS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// The largest size of a schedule, in bytes.
const MAXIMUM_BYTES: usize = 256;

impl FromStr for Schedule {
    type Err = String;

    /// Reads a schedule.
    ///
    /// # Errors
    ///
    /// The reason why the text is not a schedule.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() > MAXIMUM_BYTES {
            return Err(format!("expects at most {MAXIMUM_BYTES} bytes, got {}", text.len()));
        }
        let (zone, fields) = zone::split(text.trim())?;
        let fields = match HELPERS.iter().find(|(helper, _)| *helper == fields) {
            Some((_, fields)) => fields,
            None if fields.starts_with('@') => {
                let helpers = HELPERS.map(|(helper, _)| helper);
                return Err(format!(
                    "unknown helper {fields:?}; {}",
                    crate::suggest::advice(fields, "the helpers are", &helpers)
                ));
            }
            None => fields,
        };
        let parts: Vec<_> = fields.split_ascii_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = parts[..] else {
            return Err(format!(
                "expects five fields (minute, hour, day of the month, month, day of the week), such as \"0 6 * * 1-5\"; got {}",
                parts.len()
            ));
        };
        let schedule = Self {
            minutes: Field::MINUTE.parse(minutes)?,
            hours: Field::HOUR.parse(hours)?,
            days: Field::DAY.parse(days)?,
            months: Field::MONTH.parse(months)?,
            weekdays: Field::WEEKDAY.parse(weekdays)?,
            zone,
        };
        if !schedule.has_a_day() {
            return Err("expects a day that exists: no month of the schedule has that day".to_owned());
        }
        Ok(schedule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_parsed_from_text() {
        for valid in [
            "* * * * *",
            "*/15 8-18/2 1,15 jan-mar,12 MON-fri",
            "5/10 0 ? * ?",
            "  0   6 * * 7 ",
            "@hourly",
            "CRON_TZ=UTC 0 0 29 2 *",
            "TZ=Etc/GMT-2 @daily",
            "CRON_TZ=+05:30 @weekly",
            "0 0 30 2 1",
        ] {
            assert!(valid.parse::<Schedule>().is_ok(), "{valid}: {:?}", valid.parse::<Schedule>());
        }
        assert_eq!("@weekly".parse::<Schedule>(), "0 0 * * sun".parse());
        assert_eq!("0 0 * * 0".parse::<Schedule>(), "0 0 * * 7".parse());
    }

    #[test]
    fn invalid_schedules_are_refused_with_advice() {
        for (text, reason) in [
            ("", "got 0"),
            ("* * * *", "such as \"0 6 * * 1-5\"; got 4"),
            ("0 0 * * * *", "got 6"),
            ("60 * * * *", "minute: expects a number from 0 to 59, got \"60\""),
            ("* 24 * * *", "hour: expects a number from 0 to 23, got \"24\""),
            ("* * 0 * *", "day of the month: expects a number from 1 to 31, got \"0\""),
            ("* * * 13 *", "month: expects a number from 1 to 12, got \"13\""),
            ("* * * foo *", "got \"foo\""),
            ("* * * * 8", "day of the week: expects a number from 0 to 7, got \"8\""),
            ("5-1 * * * *", "minute: expects a range with its lower end first, got \"5-1\""),
            ("*/0 * * * *", "minute: expects a step of at least 1, got \"0\""),
            ("*/x * * * *", "got \"x\""),
            ("1,,2 * * * *", "got \"\""),
            ("-1 * * * *", "got \"\""),
            ("+1 * * * *", "got \"+1\""),
            ("1-2-3 * * * *", "got \"2-3\""),
            ("0 0 30 2 *", "a day that exists"),
            ("0 0 31 4,6,9,11 *", "a day that exists"),
            ("@houry", "did you mean \"@hourly\"?"),
            ("@every 1h", "unknown helper"),
            (
                "CRON_TZ=Europe/Vienna 0 0 * * *",
                "time zone \"Europe/Vienna\": this server knows only UTC and fixed offsets",
            ),
            ("CRON_TZ=UTC", "got 0"),
            ("CRON_TZ= 0 0 * * *", "time zone \"\""),
        ] {
            let error = text.parse::<Schedule>().expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!("1,".repeat(200).parse::<Schedule>().is_err_and(|error| error.contains("at most 256 bytes")));
    }

    proptest::proptest! {
        #[test]
        fn parsing_any_text_never_panics(text in ".{0,60}") {
            let _ = text.parse::<Schedule>();
        }
    }
}
