//! Converts a record value to a scalar, or to the content of a well-known message.

use std::borrow::Cow;

use super::record_value::RecordValue;
use crate::columns::EncodeError;
use crate::columns::encode::output;
use crate::columns::encode::scalar::{Integer, Scalar};
use crate::schema::well_known::{UUID_LENGTH, WellKnown};
use crate::schema::{Field, Timestamp, ValueType, limits};

pub(super) type Result<T> = std::result::Result<T, EncodeError>;

/// Returns the error of a value that the field does not accept.
pub(super) fn expects(field: &Field, expected: &str, value: &RecordValue) -> EncodeError {
    refuse(field, format!("expects {expected}, got {}", value.describe()))
}

fn refuse(field: &Field, problem: String) -> EncodeError {
    EncodeError::of_field(field.name(), problem)
}

/// Converts a value of a field that holds no messages.
pub(super) fn scalar<'a>(field: &Field, value: &'a RecordValue) -> Result<Scalar<'a>> {
    match (field.value_type(), value) {
        (ValueType::Double, _) => Ok(Scalar::double(double(field, value)?)),
        (ValueType::Float, _) => {
            let number = double(field, value)?;
            limits::float(number).map(Scalar::float).map_err(|problem| refuse(field, problem))
        }
        (ValueType::Bool, RecordValue::Bool(value)) => Ok(Scalar::bool(*value)),
        (ValueType::Bool, _) => Err(expects(field, "booleans", value)),
        (ValueType::String, RecordValue::Text(text)) => Ok(Scalar::Len(Cow::Borrowed(text.as_bytes()))),
        (ValueType::String, _) => Err(expects(field, "text", value)),
        (ValueType::Bytes, _) => Ok(Scalar::Len(bytes(field, "bytes", value)?)),
        (ValueType::Enum(enumeration), RecordValue::Text(name)) => {
            let number = limits::enum_number(enumeration, name).map_err(|problem| refuse(field, problem))?;
            integer(field, Integer::Int32, &RecordValue::Integer(number.into()))
        }
        (value_type, _) => match Integer::of(value_type) {
            Some(kind) => integer(field, kind, value),
            None => Err(expects(field, "messages", value)),
        },
    }
}

/// Returns whether a value is missing: a null, and for an integer also a NaN, as programs whose integers cannot be missing
/// write it.
pub(super) fn is_missing(field: &Field, value: &RecordValue) -> bool {
    match value {
        RecordValue::Null => true,
        RecordValue::Float(number) => number.is_nan() && Integer::of(field.value_type()).is_some(),
        _ => false,
    }
}

fn integer(field: &Field, integer: Integer, value: &RecordValue) -> Result<Scalar<'static>> {
    let scalar = match value {
        RecordValue::Integer(number) => integer.encode(*number),
        RecordValue::Float(number) => limits::whole_number(*number).and_then(|number| integer.encode(number)),
        _ => None,
    };
    scalar.ok_or_else(|| expects(field, &format!("integers ({})", integer.name()), value))
}

fn double(field: &Field, value: &RecordValue) -> Result<f64> {
    match value {
        RecordValue::Float(number) => Ok(*number),
        RecordValue::Integer(number) => limits::double(*number).map_err(|problem| refuse(field, problem)),
        _ => Err(expects(field, "numbers", value)),
    }
}

fn bytes<'a>(field: &Field, expected: &str, value: &'a RecordValue) -> Result<Cow<'a, [u8]>> {
    let byte = |number: &RecordValue| match number {
        RecordValue::Integer(number) => u8::try_from(*number).ok(),
        _ => None,
    };
    match value {
        RecordValue::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
        RecordValue::List(numbers) => {
            let bytes =
                numbers.iter().map(|number| byte(number).ok_or_else(|| expects(field, "integers (0 to 255)", number)));
            bytes.collect()
        }
        _ => Err(expects(field, expected, value)),
    }
}

/// Appends the content of a well-known message.
pub(super) fn write_well_known(known: WellKnown, field: &Field, value: &RecordValue, out: &mut Vec<u8>) -> Result<()> {
    match known {
        WellKnown::Timestamp => output::timestamp(time(field, value)?, out),
        WellKnown::Duration => output::duration(duration(field, value)?, out),
        WellKnown::Uuid => output::wrapped(&identifier(field, value)?, out),
        WellKnown::Geometry => output::wrapped(&geometry(field, value)?, out),
    }
    Ok(())
}

/// Returns the integers of two entries with these names.
fn pair(entries: &[(RecordValue, RecordValue)], names: [&str; 2]) -> Option<(i128, i128)> {
    let find = |name: &str| {
        entries.iter().find_map(|entry| match entry {
            (RecordValue::Text(key), RecordValue::Integer(number)) if key == name => Some(*number),
            _ => None,
        })
    };
    Some((find(names[0])?, find(names[1])?))
}

/// Returns the nanoseconds since 1970 of a time.
fn time(field: &Field, value: &RecordValue) -> Result<i64> {
    let expected = || expects(field, "times, such as 2025-03-01T12:30:00Z", value);
    let nanoseconds = match value {
        RecordValue::Text(text) => limits::time_from_text(text),
        // `std::time::SystemTime`.
        RecordValue::Map(entries) => {
            let (seconds, nanos) = pair(entries, ["secs_since_epoch", "nanos_since_epoch"]).ok_or_else(expected)?;
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            let time = Timestamp::from_unix(seconds, u32::try_from(nanos).unwrap_or(u32::MAX));
            time.map_err(|error| format!("expects a time, got {seconds} s + {nanos} ns: {}", error.reason()))
                .and_then(limits::time)
        }
        // `time::OffsetDateTime`.
        RecordValue::List(parts) => limits::time_from_text(&date_time(parts).ok_or_else(expected)?),
        _ => return Err(expected()),
    };
    nanoseconds.map_err(|problem| refuse(field, problem))
}

/// Returns the RFC 3339 form of a year, day of the year, hour, minute, second, nanosecond, and the hours, minutes and
/// seconds of an offset.
fn date_time(parts: &[RecordValue]) -> Option<String> {
    let number = |part: &RecordValue| match part {
        RecordValue::Integer(number) => i32::try_from(*number).ok(),
        _ => None,
    };
    let numbers: Vec<i32> = parts.iter().map(number).collect::<Option<_>>()?;
    let [year, day, hour, minute, second, nano, offset_hours, offset_minutes, offset_seconds] = numbers.as_slice()
    else {
        return None;
    };
    let unsigned = |number: &i32| u32::try_from(*number).ok();
    let date = chrono::NaiveDate::from_yo_opt(*year, unsigned(day)?)?;
    let time = date.and_hms_nano_opt(unsigned(hour)?, unsigned(minute)?, unsigned(second)?, unsigned(nano)?)?;
    let in_range = [offset_hours, offset_minutes, offset_seconds].iter().all(|part| part.unsigned_abs() < 60);
    let offset = in_range.then(|| (offset_hours * 60 + offset_minutes) * 60 + offset_seconds)?;
    let utc = time.checked_sub_signed(chrono::TimeDelta::seconds(offset.into()))?;
    Some(utc.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Nanos, true))
}

/// Returns the nanoseconds of a duration.
fn duration(field: &Field, value: &RecordValue) -> Result<i64> {
    let parts = match value {
        // `jiff::SignedDuration`.
        RecordValue::Text(text) => return limits::duration_from_text(text).map_err(|problem| refuse(field, problem)),
        // `std::time::Duration`.
        RecordValue::Map(entries) => pair(entries, ["secs", "nanos"]),
        // `chrono::TimeDelta`.
        RecordValue::List(parts) => match parts.as_slice() {
            [RecordValue::Integer(seconds), RecordValue::Integer(nanos)] => Some((*seconds, *nanos)),
            _ => None,
        },
        _ => None,
    };
    let (seconds, nanos) = parts.ok_or_else(|| expects(field, "durations, such as PT1.5S", value))?;
    limits::nanoseconds(seconds, nanos)
        .ok_or_else(|| refuse(field, limits::duration_out_of_range(&format!("{seconds} s + {nanos} ns"))))
}

fn identifier(field: &Field, value: &RecordValue) -> Result<[u8; UUID_LENGTH]> {
    let bytes = match value {
        RecordValue::Text(text) => limits::uuid_from_text(text),
        _ => limits::uuid(&bytes(field, "identifiers (16 bytes, or text)", value)?),
    };
    bytes.map_err(|problem| refuse(field, problem))
}

/// Returns the WKB of a geometry.
fn geometry<'a>(field: &Field, value: &'a RecordValue) -> Result<Cow<'a, [u8]>> {
    let wkb = match value {
        RecordValue::Text(text) => limits::geometry_from_text(text).map(Cow::Owned),
        _ => {
            let wkb = bytes(field, "geometries (WKT as text, or WKB as bytes)", value)?;
            limits::check_geometry(&wkb).map(|()| wkb)
        }
    };
    wkb.map_err(|problem| refuse(field, problem))
}
