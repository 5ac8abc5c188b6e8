//! Which area is meant.

use std::fs;
use std::path::Path;

use miette::Report;
use tilebox_tokio::SpatialFilter;

use super::failure::Failure;

/// The area that was written as WKT or GeoJSON, or that a file of this name holds.
pub(crate) fn area(written: &str) -> Result<SpatialFilter, Failure> {
    let path = Path::new(written);
    // No path that people use has these, and all WKT and GeoJSON does, but for words such as `POINT EMPTY`.
    let is_text = written.contains(['(', '{']);
    if is_text || !looks_like_a_file(path) {
        return Ok(SpatialFilter::new(written)?);
    }
    let text = fs::read_to_string(path).map_err(|error| Failure::of_file("read the area file", path, &error))?;
    SpatialFilter::new(text.as_str()).map_err(|error| {
        Failure::Usage(Report::from(error).wrap_err(format!("the file `{}` holds no area", path.display())))
    })
}

fn looks_like_a_file(path: &Path) -> bool {
    path.exists() || path.extension().is_some() || path.components().count() > 1
}
