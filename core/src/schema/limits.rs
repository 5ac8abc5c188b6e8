//! Values that fields accept: one check and one error text for each, shared by columns and serde records.
//!
//! An error continues a sentence that begins with the name of the field: "expects a time, got `soon`: ...".

use uuid::Uuid;

use super::excerpt::excerpt;
use super::well_known::UUID_LENGTH;
use super::{EnumType, Field, MessageType, Timestamp, closest, duration, geometry};

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// The largest integer up to which a `double` holds each one.
const MAX_EXACT: u128 = 1 << f64::MANTISSA_DIGITS;

/// The range of times in 64-bit nanoseconds, for errors.
const TIME_RANGE: &str = "between 1677-09-21 and 2262-04-11";

/// The range of durations in 64-bit nanoseconds, for errors.
const DURATION_RANGE: &str = "within 292 years";

/// The maximum characters of a text that an error repeats.
const MAX_EXCERPT: usize = 60;

type Result<T> = std::result::Result<T, String>;

/// Returns the 64-bit nanoseconds of seconds and nanoseconds; `None` if they do not fit.
pub(crate) fn nanoseconds(seconds: impl Into<i128>, nanos: impl Into<i128>) -> Option<i64> {
    // In 128 bits, because the product alone can be out of range where the sum is not.
    let total = seconds.into().checked_mul(NANOS_PER_SECOND)?.checked_add(nanos.into())?;
    i64::try_from(total).ok()
}

/// Returns the nanoseconds since 1970 of a time.
///
/// # Errors
///
/// When the time is outside 1677-09-21 to 2262-04-11.
pub(crate) fn time(time: Timestamp) -> Result<i64> {
    let nanoseconds = nanoseconds(time.unix_seconds(), time.subsec_nanoseconds());
    nanoseconds.ok_or_else(|| time_out_of_range(&time.to_string()))
}

/// Reads the nanoseconds since 1970 of a time in text.
///
/// # Errors
///
/// When the text is not a time, or the time is out of range.
pub(crate) fn time_from_text(text: &str) -> Result<i64> {
    let read = Timestamp::parse(text);
    time(read.map_err(|error| format!("expects a time, got `{}`: {}", excerpt(text, MAX_EXCERPT), error.reason()))?)
}

/// Returns the error of a time that does not fit 64-bit nanoseconds.
pub(crate) fn time_out_of_range(got: &str) -> String {
    format!("expects a time {TIME_RANGE}, got {got}: leave the field out where there is no end")
}

/// Reads the nanoseconds of a duration in ISO 8601.
///
/// # Errors
///
/// When the text is not a duration, or the duration is longer than 292 years.
pub(crate) fn duration_from_text(text: &str) -> Result<i64> {
    let got = || excerpt(text, MAX_EXCERPT);
    let read = duration::parse(text).map_err(|reason| format!("expects a duration, got `{}`: {reason}", got()))?;
    i64::try_from(read).map_err(|_| duration_out_of_range(&got()))
}

/// Returns the error of a duration that does not fit 64-bit nanoseconds.
pub(crate) fn duration_out_of_range(got: &str) -> String {
    format!("expects a duration {DURATION_RANGE}, got {got}")
}

/// Reads the bytes of an identifier in text.
///
/// # Errors
///
/// When the text is not a UUID.
pub(crate) fn uuid_from_text(text: &str) -> Result<[u8; UUID_LENGTH]> {
    let read = Uuid::try_parse(text);
    read.map(Uuid::into_bytes)
        .map_err(|error| format!("expects an identifier, got `{}`: {error}", excerpt(text, MAX_EXCERPT)))
}

/// Returns the bytes of an identifier.
///
/// # Errors
///
/// When there are not 16 of them.
pub(crate) fn uuid(bytes: &[u8]) -> Result<[u8; UUID_LENGTH]> {
    bytes.try_into().map_err(|_| format!("expects an identifier of {UUID_LENGTH} bytes, got {} bytes", bytes.len()))
}

/// Reads the WKB of a geometry in WKT.
///
/// # Errors
///
/// When the text is not one geometry in WGS 84 with closed rings.
pub(crate) fn geometry_from_text(text: &str) -> Result<Vec<u8>> {
    geometry::from_text(text).map_err(invalid_geometry)
}

/// Checks the WKB of a geometry.
///
/// # Errors
///
/// When the bytes are not one geometry in WGS 84 with closed rings.
pub(crate) fn check_geometry(wkb: &[u8]) -> Result<()> {
    geometry::check(wkb).map_err(invalid_geometry)
}

fn invalid_geometry(problem: impl std::fmt::Display) -> String {
    format!("is not a valid geometry: {problem}")
}

/// Returns an integer as a `double`; `None` beyond 2⁵³, where a `double` does not hold each one.
pub(crate) fn integer_as_double(number: i128) -> Option<f64> {
    (number.unsigned_abs() <= MAX_EXACT).then_some(number as f64)
}

/// Returns the integer of a number without a fraction; `None` for other numbers and beyond 2⁵³, where a `double` does not
/// hold each integer.
pub(crate) fn whole_number(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number.abs() <= MAX_EXACT as f64).then_some(number as i128)
}

/// Returns a number as a `float`; `None` if 32 bits do not hold it exactly. Infinities and NaN stay what they are.
pub(crate) fn double_as_float(number: f64) -> Option<f32> {
    let float = number as f32;
    (f64::from(float) == number || number.is_nan()).then_some(float)
}

/// Returns the `double` of an integer.
///
/// # Errors
///
/// When the number is beyond 2⁵³.
pub(crate) fn double(number: i128) -> Result<f64> {
    integer_as_double(number).ok_or_else(|| format!("expects an integer of at most 2^53 (double), got {number}"))
}

/// Returns the `float` of a number.
///
/// # Errors
///
/// When 32 bits do not hold the number exactly.
pub(crate) fn float(number: f64) -> Result<f32> {
    double_as_float(number).ok_or_else(|| {
        format!("expects a number that a float holds exactly, got {number:?}: round it to 32 bits first")
    })
}

/// Returns the number of an enum value by its name, with or without the name of the type in front, or by its number.
///
/// # Errors
///
/// When the enum has no such name.
pub(crate) fn enum_number(enumeration: &EnumType, name: &str) -> Result<i32> {
    let values = enumeration.values();
    let known = values.iter().find(|value| value.short_name == name || value.name == name);
    let number = known.map(|value| value.number).or_else(|| name.parse().ok());
    number.ok_or_else(|| {
        let got = excerpt(name, MAX_EXCERPT);
        if values.is_empty() {
            return format!("expects a number, got `{got}`: {} is not described", enumeration.full_name());
        }
        let known: Vec<_> = values.iter().map(|value| value.short_name.as_str()).collect();
        format!("expects one of {}, got `{got}`", known.join(", "))
    })
}

/// Returns the field of a message with this name.
///
/// # Errors
///
/// When the message has no such field.
pub(crate) fn field<'a>(message: &'a MessageType, name: &str) -> Result<&'a Field> {
    message.field(name).ok_or_else(|| {
        if !message.is_known() {
            return format!(
                "belongs to the type {}, which is not described: give encoded messages",
                message.full_name()
            );
        }
        let known = message.fields().iter().map(Field::name);
        format!("does not exist; {}", closest::advice(name, known, "the fields are"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_cover_all_64_bits() {
        assert_eq!(nanoseconds(-9_223_372_037_i64, 145_224_192), Some(i64::MIN));
        assert_eq!(nanoseconds(9_223_372_036_i64, 854_775_807), Some(i64::MAX));
        assert_eq!(nanoseconds(9_223_372_036_i64, 854_775_808), None);
        assert_eq!(nanoseconds(i64::MIN, i64::MIN), None);
        assert_eq!(nanoseconds(i128::MAX, 1), None);
    }

    #[test]
    fn numbers_are_converted_only_without_loss() {
        assert_eq!(integer_as_double(1 << 53), Some(9_007_199_254_740_992.0));
        assert_eq!(integer_as_double((1 << 53) + 1), None);
        assert_eq!(integer_as_double(i128::MIN), None);
        assert_eq!((double_as_float(0.5), double_as_float(0.1)), (Some(0.5), None));
        assert_eq!((double_as_float(1e300), double_as_float(f64::INFINITY)), (None, Some(f32::INFINITY)));
        assert!(double_as_float(f64::NAN).is_some_and(f32::is_nan));
    }

    #[test]
    fn only_numbers_without_a_fraction_are_integers() {
        assert_eq!([5.0, -0.0, 9_007_199_254_740_992.0].map(whole_number), [Some(5), Some(0), Some(1 << 53)]);
        for number in [0.5, 9_007_199_254_740_994.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!(whole_number(number), None, "{number}");
        }
    }

    #[test]
    fn an_error_repeats_a_bounded_excerpt() {
        let long = "x\n".repeat(1000);
        for problem in [
            time_from_text(&long).unwrap_err(),
            duration_from_text(&long).unwrap_err(),
            uuid_from_text(&long).unwrap_err(),
        ] {
            assert!(problem.len() < 300 && !problem.contains('\n'), "{problem}");
        }
    }
}
