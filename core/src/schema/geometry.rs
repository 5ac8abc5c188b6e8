//! Geometries as text and bytes: reads and writes WKT, validates WKB. Areas of queries and places of ingested datapoints
//! follow the same rules.
//!
//! | file | holds |
//! |---|---|
//! | `read` | WKT and WKB readers |
//! | `rings`, `crossing` | the rules for the rings of polygons |
//! | `error` | the reason why a value is not a geometry |

mod crossing;
mod error;
mod read;
mod rings;

pub(crate) use error::GeometryError;
pub(crate) use read::{WKT_FORM, parse_wkb, parse_wkt, trimmed};
pub(crate) use rings::{check_ring, check_rings};

/// Reads WKT or EWKT as WKB without a reference system.
///
/// # Errors
///
/// When the text is not exactly one geometry in WGS 84 with closed rings.
pub(crate) fn from_text(text: &str) -> Result<Vec<u8>, GeometryError> {
    let geometry = parse_wkt(text)?;
    check_rings(&geometry)?;
    let mut bytes = Vec::new();
    wkb::writer::write_geometry(&mut bytes, &geometry, &Default::default())
        .map_err(|error| GeometryError::new(error.to_string(), "use a simpler geometry"))?;
    Ok(bytes)
}

/// Checks that bytes are exactly one geometry, as WKB or EWKB in WGS 84 with closed rings.
///
/// # Errors
///
/// When they are anything else.
pub(crate) fn check(bytes: &[u8]) -> Result<(), GeometryError> {
    parse_wkb(bytes).and_then(|geometry| check_rings(&geometry))
}

/// Writes WKB or EWKB as WKT, with heights and measures.
///
/// # Errors
///
/// When the bytes are not WKB.
pub(crate) fn to_text(bytes: &[u8]) -> Result<String, String> {
    let geometry = super::wkb::read(bytes).map_err(|error| format!("not WKB: {error}"))?;
    let mut text = String::new();
    super::wkt::write(&geometry, &mut text).map_err(|error| error.to_string())?;
    Ok(text)
}
