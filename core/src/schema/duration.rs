//! Durations as text: ISO 8601, such as `PT1.5S`.

const NANOS: i128 = 1_000_000_000;

/// Writes a duration in seconds with their fraction, such as `PT1.5S` and `-PT0.000000001S`.
pub(crate) fn write(nanoseconds: i64) -> String {
    let (seconds, fraction) = (nanoseconds.unsigned_abs() / 1_000_000_000, nanoseconds.unsigned_abs() % 1_000_000_000);
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let fraction = match fraction {
        0 => String::new(),
        fraction => format!(".{}", format!("{fraction:09}").trim_end_matches('0')),
    };
    format!("{sign}PT{seconds}{fraction}S")
}

/// Reads the nanoseconds of a duration in weeks, days, hours, minutes and seconds, such as `P1DT2H`.
///
/// # Errors
///
/// When the text is not such a duration. Years and months are not, because they differ in length.
pub(crate) fn read(text: &str) -> Result<i128, &'static str> {
    const FORM: &str = "expects ISO 8601 such as PT1.5S or P1DT2H";
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest.strip_prefix(['P', 'p']).ok_or(FORM)?;
    let (date, time) = match rest.split_once(['T', 't']) {
        Some((_, "")) => return Err(FORM),
        Some((date, time)) => (date, time),
        None if rest.is_empty() => return Err(FORM),
        None => (rest, ""),
    };
    if date.contains(['Y', 'y', 'M', 'm']) {
        return Err("has years or months, which differ in length: give days");
    }
    let days = read_units(date, &[('W', 7 * 86_400), ('D', 86_400)]).ok_or(FORM)?;
    let seconds = read_units(time, &[('H', 3600), ('M', 60), ('S', 1)]).ok_or(FORM)?;
    Ok(sign * days.checked_add(seconds).ok_or(FORM)?)
}

/// Reads numbers that are each followed by one of these units, in their order. Only the last unit, seconds, takes a
/// fraction, of at most nine digits.
fn read_units(mut text: &str, units: &[(char, i128)]) -> Option<i128> {
    let mut total = 0_i128;
    for (unit, seconds) in units {
        let Some(end) = text.find(|character: char| character.eq_ignore_ascii_case(unit)) else { continue };
        let number = text.get(..end)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) || fraction.len() > 9 || (number.contains('.') && *unit != 'S') {
            return None;
        }
        let whole = whole.parse::<i64>().ok()?;
        let fraction = format!("{fraction:0<9}").parse::<i128>().ok()?;
        total = total.checked_add(i128::from(whole) * seconds * NANOS + fraction)?;
        text = text.get(end + 1..)?;
    }
    text.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_seconds_with_as_many_digits_as_they_need() {
        let written = [0, 1_500_000_000, -1, 86_400_000_000_000, i64::MIN].map(write);
        assert_eq!(written, ["PT0S", "PT1.5S", "-PT0.000000001S", "PT86400S", "-PT9223372036.854775808S"]);
    }

    #[test]
    fn durations_are_read_in_every_unit_of_fixed_length() {
        assert_eq!(read("P1W2DT3H4M5.5S"), Ok(((9 * 24 + 3) * 3600 + 245) * NANOS + NANOS / 2));
        assert_eq!((read("-pt1.5s"), read("P0D"), read("PT90M")), (Ok(-1_500_000_000), Ok(0), Ok(5400 * NANOS)));
        for wrong in [
            "",
            "P",
            "PT",
            "1.5",
            "PT1",
            "PT1.S",
            "PT.5S",
            "P1.5D",
            "PT1S2M",
            "PT1SX",
            "PT-1S",
            "P1H",
            "PT1.0000000000S",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read("P1M").is_err_and(|problem| problem.contains("months")));
        assert!(read("PT99999999999999999999S").is_err());
    }

    proptest! {
        #[test]
        fn a_written_duration_reads_as_itself(nanoseconds: i64) {
            prop_assert_eq!(read(&write(nanoseconds)), Ok(i128::from(nanoseconds)));
        }
    }
}
