//! What well-known messages and numbers mean: one table of units and ranges.
//!
//! Records and columns become messages, and messages become columns and rows, within these limits alone, so that what
//! one way takes every other one takes too.
//!
//! | type | unit | range | beyond it |
//! |---|---|---|---|
//! | `google.protobuf.Timestamp` | nanoseconds since 1970, UTC | 1677-09-21 to 2262-04-11 | refused, read as null |
//! | `google.protobuf.Duration` | nanoseconds | 292 years, either sign | refused, read as null |
//! | `datasets.v1.UUID`, `tilebox.v1.ID` | | 16 bytes; none is null | refused, read as null |
//! | `datasets.v1.Geometry` | degrees, longitude first | WKB with closed rings; no bytes are null | refused |
//! | `double` | | whole numbers up to 2⁵³ | refused |
//! | `float` | | numbers that 32 bits hold exactly | refused |

use super::MessageType;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// The largest whole number up to which a `double` holds each one.
const MAX_EXACT: u128 = 1 << f64::MANTISSA_DIGITS;

/// What times a column holds, in the words of an error.
pub(crate) const TIME_RANGE: &str = "between 1677-09-21 and 2262-04-11";

/// What durations a column holds, in the words of an error.
pub(crate) const DURATION_RANGE: &str = "within 292 years";

/// A message type with a meaning of its own: its values are no structs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WellKnown {
    Timestamp,
    Duration,
    Uuid,
    Geometry,
}

impl WellKnown {
    /// The meaning of a message type, if it has one.
    pub(crate) fn of(message: &MessageType) -> Option<Self> {
        Some(match message.full_name() {
            "google.protobuf.Timestamp" => Self::Timestamp,
            "google.protobuf.Duration" => Self::Duration,
            "datasets.v1.UUID" | "tilebox.v1.ID" => Self::Uuid,
            "datasets.v1.Geometry" => Self::Geometry,
            _ => return None,
        })
    }
}

/// The seconds and nanoseconds of a time or a duration as 64-bit nanoseconds, if they hold it.
pub(crate) fn nanoseconds(seconds: i64, nanos: i64) -> Option<i64> {
    // In 128 bits, because the product alone can be out of range where the sum is not.
    i64::try_from(i128::from(seconds) * NANOS_PER_SECOND + i128::from(nanos)).ok()
}

/// A whole number as a `double`, if that holds every whole number up to it.
pub(crate) fn whole_as_double(number: i128) -> Option<f64> {
    (number.unsigned_abs() <= MAX_EXACT).then_some(number as f64)
}

/// A number as a `float`, if that holds it exactly. Infinities and NaN stay what they are.
pub(crate) fn double_as_float(number: f64) -> Option<f32> {
    let float = number as f32;
    (f64::from(float) == number || number.is_nan()).then_some(float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_reach_to_the_ends_of_64_bits() {
        assert_eq!(nanoseconds(-9_223_372_037, 145_224_192), Some(i64::MIN));
        assert_eq!(nanoseconds(9_223_372_036, 854_775_807), Some(i64::MAX));
        assert_eq!(nanoseconds(9_223_372_036, 854_775_808), None);
        assert_eq!(nanoseconds(i64::MIN, i64::MIN), None);
    }

    #[test]
    fn numbers_are_converted_where_nothing_is_lost() {
        assert_eq!(whole_as_double(1 << 53), Some(9_007_199_254_740_992.0));
        assert_eq!(whole_as_double((1 << 53) + 1), None);
        assert_eq!(whole_as_double(i128::MIN), None);
        assert_eq!((double_as_float(0.5), double_as_float(0.1)), (Some(0.5), None));
        assert_eq!((double_as_float(1e300), double_as_float(f64::INFINITY)), (None, Some(f32::INFINITY)));
        assert!(double_as_float(f64::NAN).is_some_and(f32::is_nan));
    }
}
