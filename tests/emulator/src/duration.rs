//! Durations as text.

use std::time::Duration;

/// Reads a duration: a whole number with the unit `us`, `ms`, `s`, `m` or `h`, such as `250us`, `100ms` or `2s`.
///
/// ```
/// use std::time::Duration;
/// use tilebox_emulator::parse_duration;
///
/// assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
/// assert!(parse_duration("250").is_err());
/// ```
///
/// # Errors
///
/// The reason why the text is not a duration.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let invalid = || format!("expects a number with the unit us, ms, s, m or h; got {text:?}");
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| invalid())?;
    let seconds = |unit| number.checked_mul(unit).map(Duration::from_secs).ok_or_else(invalid);
    match text.get(digits.len()..) {
        Some("us") => Ok(Duration::from_micros(number)),
        Some("ms") => Ok(Duration::from_millis(number)),
        Some("s") => seconds(1),
        Some("m") => seconds(60),
        Some("h") => seconds(3600),
        _ => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(parse_duration("250us"), Ok(Duration::from_micros(250)));
        assert_eq!(parse_duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(parse_duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(parse_duration("1h"), Ok(Duration::from_secs(3600)));
        for invalid in ["", "2", "ms", "2d", "-1s", "1.5s", "18446744073709551615h"] {
            assert!(parse_duration(invalid).is_err(), "{invalid}");
        }
    }
}
