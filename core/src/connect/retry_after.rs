//! The `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date.

use std::time::Duration;

use chrono::DateTime;
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// How long the answer asks to wait.
///
/// A date is taken relative to the `Date` header of the same answer, so no clock is needed and a wrong clock does no
/// harm. `None` without the header, or when it cannot be read.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok().map(Duration::from_secs);
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?;
    let now = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some((until - now).to_std().unwrap_or(Duration::ZERO))
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
    fn a_date_counts_from_the_date_of_the_answer() {
        let date = Some("Fri, 31 Dec 1999 23:59:50 GMT");
        assert_eq!(asked("Fri, 31 Dec 1999 23:59:59 GMT", date), Some(Duration::from_secs(9)));
        assert_eq!(asked("Fri, 31 Dec 1999 23:59:00 GMT", date), Some(Duration::ZERO));
        assert_eq!(asked("Fri, 31 Dec 1999 23:59:59 GMT", None), None);
    }

    #[test]
    fn what_cannot_be_read_is_ignored() {
        for value in ["", "soon", "-1", "1.5"] {
            assert!(asked(value, None).unwrap_or(Duration::ZERO).is_zero(), "{value}");
        }
    }
}
