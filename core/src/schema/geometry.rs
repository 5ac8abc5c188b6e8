//! Geometries as text and bytes: WKT in, WKB checked, WKT out. Ingestion by records and by columns share the checks of
//! areas.

use crate::datasets::spatial::{Complaint, check_rings, parse_wkb, parse_wkt};

/// Reads WKT or EWKT as WKB without a reference system.
///
/// # Errors
///
/// When the text is not one geometry in WGS 84 with closed rings, and nothing else.
pub(crate) fn from_text(text: &str) -> Result<Vec<u8>, Complaint> {
    let geometry = parse_wkt(text)?;
    check_rings(&geometry)?;
    let mut bytes = Vec::new();
    wkb::writer::write_geometry(&mut bytes, &geometry, &Default::default())
        .map_err(|error| Complaint::new(error.to_string(), "use a simpler geometry"))?;
    Ok(bytes)
}

/// Checks that bytes are one geometry as WKB or EWKB in WGS 84 with closed rings, and nothing else.
///
/// # Errors
///
/// When they are not.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Complaint> {
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
