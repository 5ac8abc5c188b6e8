//! Durations as arguments.

use std::time::Duration;

/// Parses a number with an optional unit (`ms`, `s`, `m`, `h`; seconds without one), such as `30`, `500ms` or `2m`.
pub(crate) fn duration(written: &str) -> Result<Duration, String> {
    let end = written.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(written.len());
    let (number, unit) = written.split_at(end);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => f64::NAN,
    };
    let duration = number.parse::<f64>().ok().map(|number| number * seconds);
    let duration = duration.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match duration {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("expects a duration above zero, such as 30s, 500ms, 2m or 1h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_or_counts_seconds() {
        let milliseconds = |written| duration(written).map(|duration| duration.as_millis());
        for (written, expected) in
            [("30", 30_000), ("30s", 30_000), ("500ms", 500), ("1.5m", 90_000), ("2 min", 120_000), ("1h", 3_600_000)]
        {
            assert_eq!(milliseconds(written), Ok(expected), "{written}");
        }
        for written in ["", "s", "0", "-1", "1d", "1.2.3", "1e400", "∞", "99999999999999999999999999h"] {
            assert!(milliseconds(written).is_err(), "{written}");
        }
    }
}
