//! The area of a query.

use std::fs;
use std::path::Path;

use miette::Report;
use tilebox_tokio::SpatialFilter;

use crate::failure::Failure;

/// Returns the area from WKT or GeoJSON, or from a file of this name, which can also be WKB.
pub(crate) fn area(written: &str) -> Result<SpatialFilter, Failure> {
    let path = Path::new(written);
    // Usual paths contain none of these; all WKT and GeoJSON does, except words such as `POINT EMPTY`.
    let is_text = written.contains(['(', '{']);
    if is_text || !looks_like_a_file(path) {
        return Ok(SpatialFilter::new(written)?);
    }
    let bytes = fs::read(path).map_err(|error| Failure::of_file("read the area file", path, &error))?;
    // Bytes that are not UTF-8 are WKB, or an error that names the encoding.
    let area = match std::str::from_utf8(&bytes) {
        Ok(text) if !text.contains('\0') => SpatialFilter::new(text),
        _ => SpatialFilter::new(bytes.as_slice()),
    };
    area.map_err(|error| {
        Failure::Usage(Report::from(error).wrap_err(format!("the file `{}` does not contain an area", path.display())))
    })
}

fn looks_like_a_file(path: &Path) -> bool {
    path.exists() || path.extension().is_some() || path.components().count() > 1
}
