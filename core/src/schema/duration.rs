//! Durations as text: ISO 8601, such as `PT1.5S`.

const NANOS: i128 = 1_000_000_000;

/// Returns a duration in seconds with their fraction, such as `PT1.5S` and `-PT0.000000001S`.
pub(crate) fn format(nanoseconds: i128) -> String {
    let (seconds, fraction) = (nanoseconds.unsigned_abs() / 1_000_000_000, nanoseconds.unsigned_abs() % 1_000_000_000);
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let fraction = match fraction {
        0 => String::new(),
        fraction => format!(".{}", format!("{fraction:09}").trim_end_matches('0')),
    };
    format!("{sign}PT{seconds}{fraction}S")
}

/// Parses the nanoseconds of a duration in weeks, days, hours, minutes and seconds, such as `P1DT2H`.
///
/// # Errors
///
/// When the text is not such a duration. Years and months are not accepted: they differ in length.
pub(crate) fn parse(text: &str) -> Result<i128, &'static str> {
    const FORM: &str = "write ISO 8601 such as PT1.5S or P1DT2H";
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
        return Err("years and months differ in length; write days");
    }
    let days = parse_units(date, &[('W', 7 * 86_400), ('D', 86_400)]).ok_or(FORM)?;
    let seconds = parse_units(time, &[('H', 3600), ('M', 60), ('S', 1)]).ok_or(FORM)?;
    Ok(sign * days.checked_add(seconds).ok_or(FORM)?)
}

/// Parses numbers, each followed by one of these units, in the order of the units. Only seconds take a fraction, of at
/// most nine digits.
fn parse_units(mut text: &str, units: &[(char, i128)]) -> Option<i128> {
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
    fn a_duration_is_formatted_as_seconds() {
        let written = [0, 1_500_000_000, -1, 86_400_000_000_000, i64::MIN.into()].map(format);
        assert_eq!(written, ["PT0S", "PT1.5S", "-PT0.000000001S", "PT86400S", "-PT9223372036.854775808S"]);
    }

    #[test]
    fn a_duration_is_parsed_in_every_unit_of_fixed_length() {
        assert_eq!(parse("P1W2DT3H4M5.5S"), Ok(((9 * 24 + 3) * 3600 + 245) * NANOS + NANOS / 2));
        assert_eq!((parse("-pt1.5s"), parse("P0D"), parse("PT90M")), (Ok(-1_500_000_000), Ok(0), Ok(5400 * NANOS)));
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
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse("P1M").is_err_and(|problem| problem.contains("months")));
        assert!(parse("PT99999999999999999999S").is_err());
    }

    proptest! {
        #[test]
        fn a_formatted_duration_parses_as_itself(nanoseconds: i64) {
            prop_assert_eq!(parse(&format(nanoseconds.into())), Ok(i128::from(nanoseconds)));
        }
    }
}
