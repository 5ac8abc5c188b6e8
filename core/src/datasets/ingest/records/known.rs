//! Captured values of the types that are more than numbers and text: times, spans, identifiers, geometries.

use uuid::Uuid;

use super::capture::Captured;
use super::encode::{Result, whole, wrong};
use crate::columns::EncodeError;
use crate::datasets::Timestamp;
use crate::datasets::schema::Field;
use crate::datasets::spatial;

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

pub(super) fn timestamp(field: &Field, value: &Captured) -> Result<Timestamp> {
    let read = match value {
        Captured::Text(text) => Timestamp::parse(text),
        Captured::Map(entries) => match pair(entries, ["secs_since_epoch", "nanos_since_epoch"]) {
            Some((seconds, nanos)) => Timestamp::from_unix(
                i64::try_from(seconds).unwrap_or(i64::MAX),
                u32::try_from(nanos).unwrap_or(u32::MAX),
            ),
            None => return Err(wrong(field, "times", value)),
        },
        _ => return Err(wrong(field, "times, written such as 2025-03-01T12:30:00Z", value)),
    };
    read.map_err(|error| EncodeError::of_field(field.name(), format!("is no time: {}", error.reason())))
}

/// Seconds and nanoseconds of the same sign.
pub(super) fn duration(field: &Field, value: &Captured) -> Result<(i64, i32)> {
    /// The protocol allows ten thousand years.
    const MAX_SECONDS: i128 = 315_576_000_000;
    let parts = match value {
        Captured::Map(entries) => pair(entries, ["secs", "nanos"]),
        Captured::List(parts) => match parts.as_slice() {
            [Captured::Whole(seconds), Captured::Whole(nanos)] => Some((*seconds, *nanos)),
            _ => None,
        },
        _ => None,
    };
    let total = parts.and_then(|(seconds, nanos)| seconds.checked_mul(NANOS)?.checked_add(nanos));
    let total = total.filter(|total| (total / NANOS).abs() <= MAX_SECONDS);
    let total = total.ok_or_else(|| wrong(field, "durations of up to 10 000 years", value))?;
    // Both are in range now.
    Ok(((total / NANOS) as i64, (total % NANOS) as i32))
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
    let refuse = |problem: String| EncodeError::of_field(field.name(), problem);
    let invalid = |complaint: spatial::Complaint| refuse(format!("is not a valid geometry: {complaint}"));
    if let Captured::Text(text) = value {
        let geometry = spatial::parse_wkt(text).map_err(invalid)?;
        spatial::check_rings(&geometry).map_err(invalid)?;
        let mut bytes = Vec::new();
        wkb::writer::write_geometry(&mut bytes, &geometry, &Default::default())
            .map_err(|error| refuse(format!("has no form in WKB: {error}")))?;
        return Ok(bytes);
    }
    let bytes = bytes(field, "geometries: WKT as text, or WKB as bytes", value)?;
    spatial::parse_wkb(&bytes).and_then(|geometry| spatial::check_rings(&geometry)).map_err(invalid)?;
    Ok(bytes)
}
