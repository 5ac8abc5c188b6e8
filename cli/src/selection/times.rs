//! The time of a selection.

use std::time::{SystemTime, UNIX_EPOCH};

use tilebox_tokio::schema::TimeSpan;
use tilebox_tokio::{Result, TimeInterval, Timestamp};

/// The time of datapoints. By default all of it.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Time")]
pub(crate) struct Times {
    /// START/END, where END is excluded and either can be missing or `..`; or one day, month or year (2025-03-01,
    /// 2025-03, 2025); or one instant. Each can be relative: today, yesterday, now, or a
    /// span before now such as 7d or 12h30m.
    #[arg(short, long, value_name = "START/END", conflicts_with_all = ["after", "before", "last"])]
    pub(crate) time: Option<String>,
    /// The start, which is included: a date, an instant, or a relative time as in --time.
    #[arg(long, value_name = "TIME")]
    pub(crate) after: Option<String>,
    /// The end, which is excluded.
    #[arg(long, value_name = "TIME")]
    pub(crate) before: Option<String>,
    /// The time until now, such as 7d, 12h30m or 2w.
    #[arg(long, value_name = "SPAN", conflicts_with_all = ["after", "before"])]
    pub(crate) last: Option<TimeSpan>,
}

impl Times {
    /// Returns whether all times are selected.
    pub(crate) fn is_empty(&self) -> bool {
        self.time.is_none() && self.after.is_none() && self.before.is_none() && self.last.is_none()
    }

    /// Returns the time as written.
    pub(crate) fn written(&self) -> String {
        if let Some(span) = self.last {
            return format!("last {span}");
        }
        let bounds = [("", &self.time), ("after ", &self.after), ("before ", &self.before)];
        let bounds = bounds.into_iter().filter_map(|(name, bound)| Some(format!("{name}{}", bound.as_deref()?)));
        bounds.collect::<Vec<_>>().join(" ")
    }

    /// Returns the interval; `None` for all times.
    pub(crate) fn interval(&self, now: Timestamp) -> Result<Option<TimeInterval>> {
        if let Some(span) = self.last {
            return Ok(Some(TimeInterval::last(span, now)));
        }
        let written = match (&self.time, &self.after, &self.before) {
            (None, None, None) => return Ok(None),
            (Some(time), ..) => time.clone(),
            (None, after, before) => {
                let bound = |bound: &Option<String>| bound.clone().unwrap_or_else(|| "..".to_owned());
                format!("{}/{}", bound(after), bound(before))
            }
        };
        // Names of time zones contain slashes, too, but no relative time.
        let parts: Vec<String> = written.split('/').map(|part| absolute(part, now)).collect();
        parts.join("/").parse().map(Some)
    }
}

/// Returns a relative time as a date or an instant, and another text as it is.
fn absolute(written: &str, now: Timestamp) -> String {
    let day = |time: Timestamp| time.to_string().chars().take_while(|letter| *letter != 'T').collect();
    match written.trim() {
        "now" => now.to_string(),
        "today" => day(now),
        "yesterday" => day(before("1d", now).unwrap_or(now)),
        span => before(span, now).map_or_else(|| written.to_owned(), |time| time.to_string()),
    }
}

/// Returns the time a span before now; `None` for text that is not a span.
fn before(span: &str, now: Timestamp) -> Option<Timestamp> {
    let span = span.parse().ok()?;
    Some(TimeInterval::last(span, now).start())
}

/// Returns the time of the clock of this machine.
pub(crate) fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_unix(seconds, since_1970.subsec_nanos()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2025-03-01T12:30:00Z";

    fn interval(times: &Times) -> String {
        let interval = times.interval(Timestamp::parse(NOW).expect("a time")).expect("an interval");
        interval.map_or_else(|| "all".to_owned(), |interval| interval.to_string())
    }

    fn time(written: &str) -> String {
        interval(&Times { time: Some(written.to_owned()), ..Times::default() })
    }

    fn between(after: Option<&str>, before: Option<&str>) -> String {
        let [after, before] = [after, before].map(|bound| bound.map(str::to_owned));
        interval(&Times { after, before, ..Times::default() })
    }

    #[test]
    fn no_time_selects_all_times() {
        assert_eq!(interval(&Times::default()), "all");
        assert!(Times::default().is_empty());
    }

    #[test]
    fn relative_times_are_days_and_instants() {
        assert_eq!(time("today"), "[2025-03-01T00:00:00Z, 2025-03-02T00:00:00Z)");
        assert_eq!(time("yesterday"), "[2025-02-28T00:00:00Z, 2025-03-01T00:00:00Z)");
        assert_eq!(time("yesterday/now"), "[2025-02-28T00:00:00Z, 2025-03-01T12:30:00Z)");
        assert_eq!(time("../today"), "[0001-01-01T00:00:00Z, 2025-03-01T00:00:00Z)");
        assert_eq!(time("2025-01"), "[2025-01-01T00:00:00Z, 2025-02-01T00:00:00Z)");
        assert_eq!(
            time("2025-01-01T13:00+01:00[Europe/Paris]/2025-02"),
            "[2025-01-01T12:00:00Z, 2025-02-01T00:00:00Z)"
        );
    }

    #[test]
    fn a_span_ends_now() {
        let last = |span: &str| interval(&Times { last: Some(span.parse().expect("a span")), ..Times::default() });
        assert_eq!(last("1d"), "[2025-02-28T12:30:00Z, 2025-03-01T12:30:00Z]");
        assert_eq!(last("12h30m"), "[2025-03-01T00:00:00Z, 2025-03-01T12:30:00Z]");
        assert!(!Times { last: "7d".parse().ok(), ..Times::default() }.is_empty());
    }

    #[test]
    fn a_span_is_the_time_before_now() {
        assert_eq!(time("2d/12h30m"), "[2025-02-27T12:30:00Z, 2025-03-01T00:00:00Z)");
        assert_eq!(between(Some("1w"), Some("1d")), "[2025-02-22T12:30:00Z, 2025-02-28T12:30:00Z)");
    }

    #[test]
    fn after_is_included_and_before_excluded() {
        assert_eq!(between(Some("2025-01-01"), Some("now")), "[2025-01-01T00:00:00Z, 2025-03-01T12:30:00Z)");
        assert_eq!(between(Some("yesterday"), None), "[2025-02-28T00:00:00Z, 9999-12-31T23:59:59.999999999Z]");
        assert_eq!(between(None, Some("2025-02")), "[0001-01-01T00:00:00Z, 2025-02-01T00:00:00Z)");
    }

    #[test]
    fn an_empty_interval_is_an_error() {
        let times = Times { after: Some("2025-02".to_owned()), before: Some("2025-01".to_owned()), ..Times::default() };
        let error = times.interval(Timestamp::UNIX_EPOCH).expect_err("it ends before it starts").to_string();
        assert!(error.ends_with("swap the two times"), "{error}");
    }
}
