//! The time zone of a schedule: UTC or a fixed offset. Zones with daylight saving time need a database of zones, which the
//! emulator does not have.

/// A time zone, as the number of seconds ahead of UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Zone {
    pub(super) seconds: i64,
}

/// The prefixes of a time zone.
const PREFIXES: [&str; 2] = ["CRON_TZ=", "TZ="];
/// The names of UTC.
const UTC: [&str; 9] = ["UTC", "Etc/UTC", "Z", "GMT", "Etc/GMT", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu"];

/// Splits a schedule into its time zone (default UTC) and its fields.
pub(super) fn split(text: &str) -> Result<(Zone, &str), String> {
    let Some(rest) = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)) else {
        return Ok((Zone { seconds: 0 }, text));
    };
    let (name, fields) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let seconds = offset(name).ok_or_else(|| {
        format!(
            "time zone {name:?}: this server knows only UTC and fixed offsets, such as CRON_TZ=UTC, CRON_TZ=+02:00 or \
             CRON_TZ=Etc/GMT-2 (both 2 hours ahead of UTC)"
        )
    })?;
    Ok((Zone { seconds }, fields.trim_start()))
}

/// Returns the offset of a zone in seconds.
fn offset(name: &str) -> Option<i64> {
    if UTC.contains(&name) {
        return Some(0);
    }
    if let Some(hours) = name.strip_prefix("Etc/GMT") {
        // The signs of these names are those of POSIX: west of Greenwich is positive.
        let (sign, hours) = signed(hours)?;
        return two_digits(hours).filter(|hours| *hours <= 14).map(|hours| -sign * hours * 3600);
    }
    let (sign, digits) = signed(name)?;
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 => (hours, minutes),
        Some(_) => return None,
        None if digits.len() == 4 => (digits.get(..2)?, digits.get(2..)?),
        None => (digits, "0"),
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn signed(text: &str) -> Option<(i64, &str)> {
    match text.strip_prefix('+') {
        Some(rest) => Some((1, rest)),
        None => text.strip_prefix('-').map(|rest| (-1, rest)),
    }
}

fn two_digits(text: &str) -> Option<i64> {
    let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_offsets_are_seconds_ahead_of_utc() {
        for (name, seconds) in [
            ("UTC", 0),
            ("Etc/UTC", 0),
            ("+02:00", 7200),
            ("-0330", -12600),
            ("+5", 18000),
            ("Etc/GMT-2", 7200),
            ("Etc/GMT+10", -36000),
        ] {
            assert_eq!(offset(name), Some(seconds), "{name}");
        }
        for unknown in
            ["", "+", "+15:00", "+1:5", "+01:60", "Europe/Berlin", "CET", "02:00", "+ab:cd", "Etc/GMT-99", "+é9"]
        {
            assert_eq!(offset(unknown), None, "{unknown}");
        }
    }
}
