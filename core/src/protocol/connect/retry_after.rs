//! The `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date in one of three forms.

use std::time::Duration;

use chrono::{DateTime, Datelike as _, NaiveDateTime};
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// Returns the time to wait that the response requests; `None` without a valid header.
///
/// A date counts from the `Date` header of the same response, so that no clock is needed and a wrong clock does no harm.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok().map(Duration::from_secs);
    }
    let now = http_date(headers.get(DATE)?.to_str().ok()?.trim(), None)?;
    let until = http_date(value, Some(now))?;
    Some((until - now).to_std().unwrap_or(Duration::ZERO))
}

/// Reads a date in a form of HTTP (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, and the obsolete forms
/// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`. All are in UTC.
fn http_date(text: &str, now: Option<NaiveDateTime>) -> Option<NaiveDateTime> {
    if let Ok(date) = DateTime::parse_from_rfc2822(text) {
        return Some(date.naive_utc());
    }
    if let Ok(date) = NaiveDateTime::parse_from_str(text, "%a %b %e %H:%M:%S %Y") {
        return Some(date);
    }
    // The name of the day is redundant, and it may contradict a year of two digits.
    let (_, text) = text.split_once(", ")?;
    let date = NaiveDateTime::parse_from_str(text, "%d-%b-%y %H:%M:%S GMT").ok()?;
    let Some(now) = now else { return Some(date) };
    // Two digits stand for the year within 50 years of now.
    let year = now.year() - now.year().rem_euclid(100) + date.year().rem_euclid(100);
    date.with_year(match year - now.year() {
        ahead if ahead > 50 => year - 100,
        ahead if ahead < -49 => year + 100,
        _ => year,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn asked(value: &'static str, date: Option<&'static str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_static(date));
        }
        retry_after(&headers)
    }

    #[test]
    fn seconds_are_read() {
        assert_eq!(asked("120", None), Some(Duration::from_secs(120)));
        assert_eq!(asked(" 0 ", None), Some(Duration::ZERO));
        assert_eq!(asked("99999999999999999999999", None), None);
    }

    #[test]
    fn a_date_counts_from_the_date_of_the_response() {
        let date = Some("Fri, 31 Dec 1999 23:59:50 GMT");
        assert_eq!(asked("Fri, 31 Dec 1999 23:59:59 GMT", date), Some(Duration::from_secs(9)));
        assert_eq!(asked("Fri, 31 Dec 1999 23:59:00 GMT", date), Some(Duration::ZERO));
        assert_eq!(asked("Fri, 31 Dec 1999 23:59:59 GMT", None), None);
    }

    #[test]
    fn every_form_of_a_date_is_read() {
        for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            for value in ["Sun, 06 Nov 1994 08:50:07 GMT", "Sunday, 06-Nov-94 08:50:07 GMT", "Sun Nov  6 08:50:07 1994"]
            {
                assert_eq!(asked(value, Some(date)), Some(Duration::from_secs(30)), "{value} at {date}");
            }
        }
        let century = asked("Saturday, 01-Jan-00 00:00:05 GMT", Some("Fri, 31 Dec 1999 23:59:55 GMT"));
        assert_eq!(century, Some(Duration::from_secs(10)));
        let past = asked("Sunday, 06-Nov-94 08:49:37 GMT", Some("Tue, 01 Dec 2026 00:00:00 GMT"));
        assert_eq!(past, Some(Duration::ZERO));
    }

    #[test]
    fn an_invalid_header_is_ignored() {
        for value in ["", "soon", "-1", "1.5"] {
            assert!(asked(value, None).unwrap_or(Duration::ZERO).is_zero(), "{value}");
        }
    }
}
