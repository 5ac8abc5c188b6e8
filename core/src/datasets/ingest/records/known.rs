//! Captured values of the types that are more than numbers and text: times, spans, identifiers, geometries.

use uuid::Uuid;

use super::capture::Captured;
use super::encode::{Result, whole, wrong};
use crate::columns::EncodeError;
use crate::columns::encode::{duration_of_text, time_out_of_range};
use crate::schema::Timestamp;
use crate::schema::geometry::GeometryError;
use crate::schema::meaning::{self, DURATION_RANGE};
use crate::schema::{Field, geometry as form};

const NANOS: i128 = 1_000_000_000;

pub(super) fn bytes(field: &Field, expected: &str, value: &Captured) -> Result<Vec<u8>> {
    match value {
        Captured::Bytes(bytes) => Ok(bytes.clone()),
        Captured::List(numbers) => numbers.iter().map(|number| whole(field, "0 to 255", number)).collect(),
        _ => Err(wrong(field, expected, value)),
    }
}

/// The values of two entries with these names.
fn pair(entries: &[(Captured, Captured)], names: [&str; 2]) -> Option<(i128, i128)> {
    let find = |name: &str| {
        entries.iter().find_map(|entry| match entry {
            (Captured::Text(key), Captured::Whole(number)) if key == name => Some(*number),
            _ => None,
        })
    };
    Some((find(names[0])?, find(names[1])?))
}

/// Nanoseconds since 1970.
pub(super) fn timestamp(field: &Field, value: &Captured) -> Result<i64> {
    const EXPECTED: &str = "times, written such as 2025-03-01T12:30:00Z";
    let read = match value {
        Captured::Text(text) => Timestamp::parse(text),
        // `std::time::SystemTime`.
        Captured::Map(entries) => match pair(entries, ["secs_since_epoch", "nanos_since_epoch"]) {
            Some((seconds, nanos)) => Timestamp::from_unix(
                i64::try_from(seconds).unwrap_or(i64::MAX),
                u32::try_from(nanos).unwrap_or(u32::MAX),
            ),
            None => return Err(wrong(field, "times", value)),
        },
        // `time::OffsetDateTime`.
        Captured::List(parts) => match date_time(parts) {
            Some(written) => Timestamp::parse(&written),
            None => return Err(wrong(field, EXPECTED, value)),
        },
        _ => return Err(wrong(field, EXPECTED, value)),
    };
    let refuse = |problem| EncodeError::of_field(field.name(), problem);
    let time = read.map_err(|error| refuse(format!("is no time: {}", error.reason())))?;
    let nanoseconds = meaning::nanoseconds(time.unix_seconds(), time.subsec_nanoseconds().into());
    nanoseconds.ok_or_else(|| refuse(time_out_of_range(time)))
}

/// RFC 3339 of year, day of the year, hour, minute, second, nanosecond, and hours, minutes and seconds of an offset.
fn date_time(parts: &[Captured]) -> Option<String> {
    let number = |part: &Captured| match part {
        Captured::Whole(number) => i32::try_from(*number).ok(),
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
    let in_range = [offset_hours, offset_minutes, offset_seconds].iter().all(|part| part.abs() < 60);
    let offset = in_range.then(|| (offset_hours * 60 + offset_minutes) * 60 + offset_seconds)?;
    let utc = time.checked_sub_signed(chrono::TimeDelta::seconds(offset.into()))?;
    Some(utc.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Nanos, true))
}

/// Nanoseconds.
pub(super) fn duration(field: &Field, value: &Captured) -> Result<i64> {
    let parts = match value {
        // `jiff::SignedDuration`.
        Captured::Text(text) => {
            return duration_of_text(text).map_err(|problem| EncodeError::of_field(field.name(), problem));
        }
        // `std::time::Duration`.
        Captured::Map(entries) => pair(entries, ["secs", "nanos"]),
        // `chrono::TimeDelta`.
        Captured::List(parts) => match parts.as_slice() {
            [Captured::Whole(seconds), Captured::Whole(nanos)] => Some((*seconds, *nanos)),
            _ => None,
        },
        _ => None,
    };
    let total = parts.and_then(|(seconds, nanos)| seconds.checked_mul(NANOS)?.checked_add(nanos));
    let total = total.and_then(|total| i64::try_from(total).ok());
    total.ok_or_else(|| wrong(field, &format!("durations {DURATION_RANGE}"), value))
}

pub(super) fn identifier(field: &Field, value: &Captured) -> Result<[u8; 16]> {
    const EXPECTED: &str = "identifiers: 16 bytes, or text";
    if let Captured::Text(text) = value {
        let read = Uuid::try_parse(text);
        let read = read.map_err(|error| EncodeError::of_field(field.name(), format!("is no identifier: {error}")));
        return read.map(Uuid::into_bytes);
    }
    <[u8; 16]>::try_from(bytes(field, EXPECTED, value)?).map_err(|_| wrong(field, EXPECTED, value))
}

/// WKB, from WKT or as it is.
pub(super) fn geometry(field: &Field, value: &Captured) -> Result<Vec<u8>> {
    let invalid =
        |problem: GeometryError| EncodeError::of_field(field.name(), format!("is not a valid geometry: {problem}"));
    if let Captured::Text(text) = value {
        return form::from_text(text).map_err(invalid);
    }
    let bytes = bytes(field, "geometries: WKT as text, or WKB as bytes", value)?;
    form::check(&bytes).map_err(invalid)?;
    Ok(bytes)
}
