//! Reads geometries from WKT and WKB. Input after the geometry is an error.

use std::str::FromStr as _;

use wkb::reader::Wkb;
use wkt::Wkt;

use super::error::GeometryError;
use crate::schema::excerpt::excerpt;
use crate::schema::wkb::read as read_wkb;

/// The maximum nesting of parentheses: the WKT parser recurses for each. A collection of multi-polygons has four.
const MAX_NESTING: usize = 8;
/// The maximum characters of a text that an error repeats.
const MAX_EXCERPT: usize = 60;
/// The only reference system besides zero: longitude and latitude on WGS84.
const WGS84: u32 = 4326;
/// The mark that some programs write before text in UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The advice for a text that is not WKT.
pub(crate) const WKT_FORM: &str = "write WKT such as POLYGON ((12 45, 13 45, 13 46, 12 45))";

/// Returns the text without white space around it and without a byte order mark.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim().trim_start_matches(BYTE_ORDER_MARK).trim_start()
}

/// Reads a whole text as WKT, also after `SRID=4326;`.
pub(crate) fn parse_wkt(text: &str) -> Result<Wkt<f64>, GeometryError> {
    let mut text = trimmed(text);
    if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("SRID=")) {
        let (srid, rest) = text[5..].split_once(';').unwrap_or((&text[5..], ""));
        check_srid(srid.trim().parse().ok())?;
        text = rest;
    }
    let invalid = |reason: String| GeometryError::new(format!("not valid WKT: {reason}"), WKT_FORM);
    let length = first_geometry(text)?;
    let geometry = Wkt::from_str(text).map_err(|error| invalid(excerpt(error, MAX_EXCERPT)))?;
    match excerpt(&text[length..], MAX_EXCERPT) {
        rest if rest.is_empty() => Ok(geometry),
        rest => Err(GeometryError::new(
            format!("not valid WKT: `{rest}` follows the geometry"),
            "write one geometry; several polygons are one MULTIPOLYGON",
        )),
    }
}

/// Returns the length that the WKT parser reads: it stops after the first geometry, whatever follows. For text without a
/// clear end the parser fails.
fn first_geometry(text: &str) -> Result<usize, GeometryError> {
    let bytes = text.as_bytes();
    // The parser reads a zero byte as the end, and drops a sign before another sign.
    let is_sign = |byte: u8| matches!(byte, b'+' | b'-');
    if bytes.contains(&0) || bytes.windows(2).any(|pair| pair.iter().all(|byte| is_sign(*byte))) {
        return Err(GeometryError::new("not valid WKT: a coordinate is not a number", WKT_FORM));
    }
    let mut nesting = 0_usize;
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' if nesting == MAX_NESTING => {
                let reason = "its parentheses nest deeper than those of any polygon";
                return Err(GeometryError::new(reason, "use one geometry; several polygons are one MULTIPOLYGON"));
            }
            b'(' => nesting += 1,
            b')' if nesting <= 1 => return Ok(index + 1),
            b')' => nesting -= 1,
            // An empty geometry has no parentheses.
            b'e' | b'E' if nesting == 0 && is_empty_word(bytes, index) => return Ok(index + 5),
            _ => {}
        }
    }
    Ok(bytes.len())
}

/// Returns whether the word EMPTY begins at this byte.
fn is_empty_word(bytes: &[u8], start: usize) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
    bytes.get(start..start + 5).is_some_and(|word| word.eq_ignore_ascii_case(b"EMPTY"))
        && !start.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(is_word)
        && !bytes.get(start + 5).is_some_and(is_word)
}

/// Reads all bytes as WKB or EWKB, in either byte order.
pub(crate) fn parse_wkb(bytes: &[u8]) -> Result<Wkb<'_>, GeometryError> {
    const FORM: &str = "pass WKB or EWKB, in either byte order";
    if let Some(encoding) = utf_16(bytes) {
        return Err(GeometryError::new(format!("not valid WKB but text in {encoding}"), "save it as UTF-8"));
    }
    check_srid(Some(srid(bytes).unwrap_or(WGS84)))?;
    let geometry = read_wkb(bytes).map_err(|error| {
        let text = std::str::from_utf8(bytes).ok().map(trimmed);
        match text.is_some_and(|text| text.starts_with(|first: char| first == '{' || first.is_ascii_alphabetic())) {
            true => GeometryError::new("not valid WKB but text", "pass it as text, not as bytes"),
            false => GeometryError::new(format!("not valid WKB: {}", excerpt(&error, MAX_EXCERPT)), FORM),
        }
    })?;
    match bytes.len() - geometry.buf().len() {
        0 => Ok(geometry),
        rest => Err(GeometryError::new(format!("not valid WKB: {rest} bytes follow the geometry"), FORM)),
    }
}

/// Returns the name of the encoding of text in UTF-16.
fn utf_16(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, ..] => Some("UTF-16 (little endian)"),
        [0xfe, 0xff, ..] => Some("UTF-16 (big endian)"),
        [first, 0, second, 0, ..] if is_text(*first) && is_text(*second) => Some("UTF-16 (little endian)"),
        [0, first, 0, second, ..] if is_text(*first) && is_text(*second) => Some("UTF-16 (big endian)"),
        _ => None,
    }
}

fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte.is_ascii_whitespace()
}

/// Returns the reference system of EWKB, which follows a type with its flag.
fn srid(bytes: &[u8]) -> Option<u32> {
    const HAS_SRID: u32 = 0x2000_0000;
    let little_endian = *bytes.first()? == 1;
    let number = |start: usize| {
        let bytes: [u8; 4] = bytes.get(start..start + 4)?.try_into().ok()?;
        Some(if little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    if *bytes.first()? > 1 || number(1)? & HAS_SRID == 0 { None } else { number(5) }
}

fn check_srid(srid: Option<u32>) -> Result<(), GeometryError> {
    match srid {
        Some(0 | WGS84) => Ok(()),
        Some(other) => Err(GeometryError::reference_system(&other.to_string())),
        None => Err(GeometryError::new("its reference system is not a number", GeometryError::TRANSFORM)),
    }
}
