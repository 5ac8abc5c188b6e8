//! Parses and validates areas.

use geo_traits::GeometryTrait;
use geo_traits::to_geo::ToGeoGeometry as _;
use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon};

use crate::schema::geometry as schema;
use crate::schema::geometry::{GeometryError, WKT_FORM, check_ring, check_rings};

/// The advice for text that is neither WKT nor GeoJSON.
const AREA_FORM: &str = "write WKT such as POLYGON ((12 45, 13 45, 13 46, 12 45)), or GeoJSON";

/// Returns the error of an empty area. An empty area never means the whole earth: losing an area must not widen a query.
pub(super) fn empty() -> GeometryError {
    GeometryError::new("it is empty", "leave the spatial extent out to query the whole earth")
}

fn collection() -> GeometryError {
    let advice = "use one geometry, or only polygons, which become their union";
    GeometryError::new("it is a collection of geometries that are not all polygons", advice)
}

/// Parses an area from WKT.
pub(super) fn parse_wkt(text: &str) -> Result<Geometry, GeometryError> {
    let geometry = schema::parse_wkt(text).map_err(|error| match error.advice {
        WKT_FORM => GeometryError { advice: AREA_FORM, ..error },
        _ => error,
    })?;
    to_geo(&geometry)
}

/// Parses an area from WKB.
pub(super) fn parse_wkb(bytes: &[u8]) -> Result<Geometry, GeometryError> {
    to_geo(&schema::parse_wkb(bytes)?)
}

/// Checks the rings of a geometry and converts it.
fn to_geo(geometry: &impl GeometryTrait<T = f64>) -> Result<Geometry, GeometryError> {
    check_rings(geometry)?;
    // `geo_types` has no empty point; it represents every other geometry.
    geometry.try_to_geometry().ok_or_else(empty)
}

/// Validates an area and converts it to a type that the protocol supports.
pub(super) fn check(geometry: Geometry) -> Result<Geometry, GeometryError> {
    let geometry = match geometry {
        Geometry::Rect(rect) => Geometry::Polygon(rect.to_polygon()),
        Geometry::Triangle(triangle) => Geometry::Polygon(triangle.to_polygon()),
        Geometry::Line(line) => Geometry::LineString(vec![line.start, line.end].into()),
        collection @ Geometry::GeometryCollection(_) => Geometry::MultiPolygon(union(collection)?),
        geometry => geometry,
    };
    match &geometry {
        Geometry::Point(point) => check_coordinate(point.0)?,
        Geometry::MultiPoint(points) => check_parts(&points.0, |point| check_coordinate(point.0))?,
        Geometry::LineString(line) => check_line(line)?,
        Geometry::MultiLineString(lines) => check_parts(&lines.0, check_line)?,
        Geometry::Polygon(polygon) => check_polygon(polygon)?,
        Geometry::MultiPolygon(polygons) => check_parts(&polygons.0, check_polygon)?,
        _ => return Err(collection()),
    }
    check_rings(&geometry)?;
    Ok(geometry)
}

/// Returns the polygons of a collection, which has only polygons.
fn union(geometry: Geometry) -> Result<MultiPolygon, GeometryError> {
    fn add(geometry: Geometry, polygons: &mut Vec<Polygon>) -> Result<(), GeometryError> {
        match geometry {
            Geometry::Polygon(polygon) => polygons.push(polygon),
            Geometry::MultiPolygon(several) => polygons.extend(several),
            Geometry::GeometryCollection(parts) => parts.into_iter().try_for_each(|part| add(part, polygons))?,
            _ => return Err(collection()),
        }
        Ok(())
    }
    let mut polygons = Vec::new();
    add(geometry, &mut polygons)?;
    Ok(MultiPolygon(polygons))
}

/// Returns the valid geometries as one: the geometry itself if there is only one. Returns `None` if they are not all
/// polygons, all points or all lines.
pub(super) fn joined<'a>(geometries: impl ExactSizeIterator<Item = &'a Geometry>) -> Option<Geometry> {
    let is_single = geometries.len() == 1;
    let (mut points, mut lines, mut polygons) = (Vec::new(), Vec::new(), Vec::new());
    for geometry in geometries {
        match geometry {
            _ if is_single => return Some(geometry.clone()),
            Geometry::Point(point) => points.push(*point),
            Geometry::MultiPoint(several) => points.extend(several.iter().copied()),
            Geometry::LineString(line) => lines.push(line.clone()),
            Geometry::MultiLineString(several) => lines.extend(several.iter().cloned()),
            Geometry::Polygon(polygon) => polygons.push(polygon.clone()),
            Geometry::MultiPolygon(several) => polygons.extend(several.iter().cloned()),
            _ => return None,
        }
    }
    match (points.is_empty(), lines.is_empty(), polygons.is_empty()) {
        (false, true, true) => Some(Geometry::MultiPoint(MultiPoint(points))),
        (true, false, true) => Some(Geometry::MultiLineString(MultiLineString(lines))),
        (true, true, false) => Some(Geometry::MultiPolygon(MultiPolygon(polygons))),
        _ => None,
    }
}

/// Checks each part of a geometry, which has at least one.
fn check_parts<Part>(parts: &[Part], check: impl Fn(&Part) -> Result<(), GeometryError>) -> Result<(), GeometryError> {
    if parts.is_empty() { Err(empty()) } else { parts.iter().try_for_each(check) }
}

fn check_line(line: &LineString) -> Result<(), GeometryError> {
    match line.0.len() {
        0 => Err(empty()),
        1 => Err(GeometryError::new("a line has only one point", "give it two, or use a point")),
        _ => line.coords().copied().try_for_each(check_coordinate),
    }
}

fn check_polygon(polygon: &Polygon) -> Result<(), GeometryError> {
    if polygon.exterior().0.is_empty() {
        return Err(empty());
    }
    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
        check_ring(&ring.0)?;
        ring.coords().copied().try_for_each(check_coordinate)?;
    }
    Ok(())
}

fn check_coordinate(Coord { x, y }: Coord) -> Result<(), GeometryError> {
    let within = |value: f64, bound: f64| (-bound..=bound).contains(&value);
    if !x.is_finite() || !y.is_finite() {
        return Err(GeometryError::new(format!("expects finite coordinates, got ({x} {y})"), "use degrees"));
    }
    if !within(y, 90.0) {
        let advice = if within(x, 90.0) && within(y, 180.0) {
            "the longitude comes first, then the latitude: swap them"
        } else {
            "use degrees, the longitude first, then the latitude"
        };
        return Err(GeometryError::new(format!("expects latitudes from -90 to 90, got {y} in ({x} {y})"), advice));
    }
    if !within(x, 180.0) {
        let reason = format!("expects longitudes from -180 to 180, got {x} in ({x} {y})");
        return Err(GeometryError::new(reason, "use two polygons for an area across the antimeridian"));
    }
    Ok(())
}
