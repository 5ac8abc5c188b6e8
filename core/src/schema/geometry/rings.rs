//! Validates the rings of polygons.
//!
//! Areas of queries and places of datapoints follow the same rules. The rings are checked before they become
//! [`geo_types`], which close them silently: an open ring more often has lost a point than follows a convention.

use geo_traits::{
    CoordTrait as _, GeometryCollectionTrait as _, GeometryTrait, GeometryType, LineStringTrait,
    MultiPolygonTrait as _, PolygonTrait,
};
use geo_types::Coord;

use super::crossing::crossing;
use super::error::GeometryError;

/// Checks that every ring is closed and has enough points, and that no polygon crosses itself.
pub(crate) fn check_rings(geometry: &impl GeometryTrait<T = f64>) -> Result<(), GeometryError> {
    match geometry.as_type() {
        GeometryType::Polygon(polygon) => check_polygon(polygon),
        GeometryType::MultiPolygon(polygons) => polygons.polygons().try_for_each(|polygon| check_polygon(&polygon)),
        GeometryType::GeometryCollection(parts) => parts.geometries().try_for_each(|part| check_rings(&part)),
        _ => Ok(()),
    }
}

fn check_polygon(polygon: &impl PolygonTrait<T = f64>) -> Result<(), GeometryError> {
    let rings = polygon.exterior().into_iter().chain(polygon.interiors());
    let rings: Vec<Vec<Coord>> = rings.map(|ring| ring.coords().map(|point| point.x_y().into()).collect()).collect();
    rings.iter().try_for_each(|ring| check_ring(ring))?;
    if rings.len() > 1 && rings.iter().any(Vec::is_empty) {
        return Err(GeometryError::new("one of its rings has no points", "leave the ring out"));
    }
    let is_finite = rings.iter().flatten().all(|point| point.x.is_finite() && point.y.is_finite());
    match is_finite.then(|| crossing(&rings)).flatten() {
        None => Ok(()),
        Some(Coord { x, y }) => {
            let advice = "order the points so that each ring goes around once, or use two polygons";
            Err(GeometryError::new(format!("its boundary crosses itself at ({x} {y})"), advice))
        }
    }
}

/// Checks that a ring is closed and has enough points. A ring without points belongs to an empty polygon.
pub(crate) fn check_ring(ring: &[Coord]) -> Result<(), GeometryError> {
    if let (Some(first), Some(last)) = (ring.first(), ring.last())
        && first != last
        && !first.x.is_nan()
        && !first.y.is_nan()
    {
        let reason = format!("a ring begins at ({} {}) and ends at ({} {})", first.x, first.y, last.x, last.y);
        return Err(GeometryError::new(reason, "close it: repeat its first point at the end"));
    }
    match ring.len() {
        0 | 4.. => Ok(()),
        points => {
            let reason = format!("a ring has {points} points, so it bounds no area");
            Err(GeometryError::new(reason, "give it four or more, the last one equal to the first"))
        }
    }
}
