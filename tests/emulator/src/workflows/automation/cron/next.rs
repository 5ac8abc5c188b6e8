//! The next time of a schedule.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};

use super::Schedule;

/// The largest number of days between two days of a schedule, rounded up: every date falls on every day of the week
/// within 28 years, or 40 years around a year such as 2100, which is not a leap year.
const MAXIMUM_DAYS: usize = 41 * 366;

impl Schedule {
    /// Returns the first time of the schedule after `time`; `None` beyond the range of dates, about the year 262142.
    pub(crate) fn next_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let offset = TimeDelta::try_seconds(self.zone.seconds)?;
        let local = time.naive_utc().checked_add_signed(offset)?;
        let minute = local.with_second(0)?.with_nanosecond(0)?.checked_add_signed(TimeDelta::try_minutes(1)?)?;
        let next = self.next_local(minute)?.checked_sub_signed(offset)?;
        Some(next.and_utc())
    }

    /// Returns the first matching minute that is not before `minute`, both in the time zone of the schedule.
    fn next_local(&self, minute: NaiveDateTime) -> Option<NaiveDateTime> {
        let date = minute.date();
        if self.allows_day(date)
            && let Some((hours, minutes)) = self.next_of_day(minute.hour(), minute.minute())
        {
            return date.and_hms_opt(hours, minutes, 0);
        }
        let date = date.iter_days().skip(1).take(MAXIMUM_DAYS).find(|date| self.allows_day(*date))?;
        let (hours, minutes) = self.next_of_day(0, 0)?;
        date.and_hms_opt(hours, minutes, 0)
    }

    /// Returns the first allowed hour and minute of a day that are not before these.
    fn next_of_day(&self, hour: u32, minute: u32) -> Option<(u32, u32)> {
        if self.hours.contain(hour)
            && let Some(minute) = self.minutes.at_least(minute)
        {
            return Some((hour, minute));
        }
        Some((self.hours.at_least(hour + 1)?, self.minutes.at_least(0)?))
    }

    /// Returns whether the schedule allows a day.
    fn allows_day(&self, date: NaiveDate) -> bool {
        let day = self.days.contain(date.day());
        let weekday = self.weekdays.contain(date.weekday().num_days_from_sunday());
        let matches = if self.days.is_any || self.weekdays.is_any { day && weekday } else { day || weekday };
        matches && self.months.contain(date.month())
    }

    /// Returns whether the schedule allows any day.
    pub(super) fn has_a_day(&self) -> bool {
        let start = NaiveDate::from_ymd_opt(2000, 1, 1);
        start.is_some_and(|start| start.iter_days().take(MAXIMUM_DAYS).any(|date| self.allows_day(date)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn next(schedule: &str, time: &str) -> String {
        let schedule: Schedule = schedule.parse().expect("a schedule");
        let time: DateTime<Utc> = time.parse().expect("a time");
        schedule.next_after(time).map_or_else(|| "never".to_owned(), |next| next.to_rfc3339())
    }

    #[test]
    fn the_next_time_is_after_the_given_one() {
        for (schedule, time, expected) in [
            ("* * * * *", "2030-01-01T00:00:00Z", "2030-01-01T00:01:00+00:00"),
            ("* * * * *", "2030-01-01T00:00:59.999Z", "2030-01-01T00:01:00+00:00"),
            ("@hourly", "2030-12-31T23:00:00Z", "2031-01-01T00:00:00+00:00"),
            ("*/15 8-18/2 * * *", "2030-01-01T10:50:00Z", "2030-01-01T12:00:00+00:00"),
            ("30 6 * * mon-fri", "2030-01-04T06:30:00Z", "2030-01-07T06:30:00+00:00"),
            ("0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00+00:00"),
            ("0 0 13 * 5", "2030-01-01T00:00:00Z", "2030-01-04T00:00:00+00:00"),
            ("0 0 13 * *", "2030-01-01T00:00:00Z", "2030-01-13T00:00:00+00:00"),
            ("0 0 */28 2 0", "2076-02-29T00:00:00Z", "2082-02-01T00:00:00+00:00"),
            ("0 0 */2 * 5", "2030-01-01T00:00:00Z", "2030-01-11T00:00:00+00:00"),
            ("CRON_TZ=+02:00 0 0 * * *", "2030-01-01T00:00:00Z", "2030-01-01T22:00:00+00:00"),
            ("CRON_TZ=Etc/GMT+5 30 23 31 12 *", "2030-12-31T00:00:00Z", "2031-01-01T04:30:00+00:00"),
        ] {
            assert_eq!(next(schedule, time), expected, "{schedule} after {time}");
        }
    }

    #[test]
    fn the_last_representable_time_has_no_next() {
        let schedule: Schedule = "* * * * *".parse().expect("a schedule");
        assert_eq!(schedule.next_after(DateTime::<Utc>::MAX_UTC), None);
    }

    fn any_field(first: u32, last: u32) -> impl Strategy<Value = String> {
        prop_oneof![
            3 => Just("*".to_owned()),
            2 => (first..=last).prop_map(|value| value.to_string()),
            1 => (first..=last, first..=last).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
            1 => (1..=last).prop_map(|step| format!("*/{step}")),
            1 => (first..=last, first..=last).prop_map(|(a, b)| format!("{a},{b}")),
        ]
    }

    prop_compose! {
        fn any_schedule()(
            minute in any_field(0, 59), hour in any_field(0, 23), day in any_field(1, 28), month in any_field(1, 12),
            weekday in any_field(0, 7), hours in -14..=14_i32,
        ) -> Schedule {
            format!("CRON_TZ={hours:+03}:00 {minute} {hour} {day} {month} {weekday}").parse().expect("a schedule")
        }
    }

    prop_compose! {
        fn any_time()(seconds in -100_000_000_000..100_000_000_000_i64, nanos in 0..1_000_000_000_u32) -> DateTime<Utc> {
            DateTime::from_timestamp(seconds, nanos).expect("a time")
        }
    }

    /// Returns whether a schedule matches a minute, field by field.
    fn matches(schedule: &Schedule, time: DateTime<Utc>) -> bool {
        let local = time.naive_utc() + TimeDelta::seconds(schedule.zone.seconds);
        schedule.allows_day(local.date())
            && schedule.hours.contain(local.hour())
            && schedule.minutes.contain(local.minute())
            && local.second() == 0
            && local.nanosecond() == 0
    }

    proptest! {
        #[test]
        fn the_next_time_is_the_first_match(schedule in any_schedule(), time in any_time()) {
            let next = schedule.next_after(time).expect("a next time");
            prop_assert!(next > time);
            prop_assert!(matches(&schedule, next), "{next} does not match");
            let first = time.timestamp().div_euclid(60) + 1;
            // Checks two days of minutes at either end.
            let minutes = (next.timestamp() / 60).min(first + 2880);
            for minute in (first..minutes).chain(first.max(next.timestamp().div_euclid(60) - 2880)..next.timestamp().div_euclid(60)) {
                let skipped = DateTime::from_timestamp(minute * 60, 0).expect("a time");
                prop_assert!(!matches(&schedule, skipped), "{skipped} is skipped");
            }
        }

        #[test]
        fn a_later_time_has_no_earlier_next(schedule in any_schedule(), time in any_time(), later in 0..10_000_000_i64) {
            let next = schedule.next_after(time).expect("a next time");
            let later = schedule.next_after(time + TimeDelta::seconds(later)).expect("a next time");
            prop_assert!(later >= next);
        }
    }
}
