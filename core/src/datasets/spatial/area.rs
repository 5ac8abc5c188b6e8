//! Whether a geometry is an area that can be asked for.

use geo_types::{Coord, Geometry, LineString, MultiPolygon, Polygon};

use super::rings::{check_ring, check_rings};
use crate::schema::shown::shown;

/// The most characters of a name that an error repeats.
const MAX_SHOWN: usize = 60;

/// Why something is not a geometry that Tilebox can use, and what to do about it.
#[derive(Debug)]
pub(crate) struct Complaint {
    pub(crate) reason: String,
    pub(crate) advice: &'static str,
}

impl Complaint {
    pub(crate) fn new(reason: impl Into<String>, advice: &'static str) -> Self {
        Self { reason: reason.into(), advice }
    }

    /// Never taken for "everywhere": a query must not become wider because an area was lost.
    pub(super) fn empty() -> Self {
        Self::new("it is empty", "leave the spatial extent out to ask for every place")
    }

    pub(super) const TRANSFORM: &'static str = "transform it to longitude and latitude on WGS84 (SRID 4326)";

    pub(super) fn reference_system(name: &str) -> Self {
        Self::new(format!("its reference system is {}", shown(name, MAX_SHOWN)), Self::TRANSFORM)
    }

    fn collection() -> Self {
        let advice = "use one geometry, or polygons alone, which become their union";
        Self::new("it is a collection of geometries that are not all polygons", advice)
    }
}

/// One line, as errors about datapoints say it.
impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; {}", self.reason, self.advice)
    }
}

/// The same geometry, in the forms that the protocol has.
pub(super) fn check(geometry: Geometry) -> Result<Geometry, Complaint> {
    let geometry = match geometry {
        Geometry::Rect(rect) => Geometry::Polygon(rect.to_polygon()),
        Geometry::Triangle(triangle) => Geometry::Polygon(triangle.to_polygon()),
        Geometry::Line(line) => Geometry::LineString(vec![line.start, line.end].into()),
        collection @ Geometry::GeometryCollection(_) => Geometry::MultiPolygon(union(collection)?),
        geometry => geometry,
    };
    match &geometry {
        Geometry::Point(point) => check_coordinate(point.0)?,
        Geometry::MultiPoint(points) => each(&points.0, |point| check_coordinate(point.0))?,
        Geometry::LineString(line) => check_line(line)?,
        Geometry::MultiLineString(lines) => each(&lines.0, check_line)?,
        Geometry::Polygon(polygon) => check_polygon(polygon)?,
        Geometry::MultiPolygon(polygons) => each(&polygons.0, check_polygon)?,
        _ => return Err(Complaint::collection()),
    }
    check_rings(&geometry)?;
    Ok(geometry)
}

/// The polygons of a collection of polygons.
fn union(geometry: Geometry) -> Result<MultiPolygon, Complaint> {
    fn add(geometry: Geometry, polygons: &mut Vec<Polygon>) -> Result<(), Complaint> {
        match geometry {
            Geometry::Polygon(polygon) => polygons.push(polygon),
            Geometry::MultiPolygon(several) => polygons.extend(several),
            Geometry::GeometryCollection(parts) => parts.into_iter().try_for_each(|part| add(part, polygons))?,
            _ => return Err(Complaint::collection()),
        }
        Ok(())
    }
    let mut polygons = Vec::new();
    add(geometry, &mut polygons)?;
    Ok(MultiPolygon(polygons))
}

fn each<Part>(parts: &[Part], check: impl Fn(&Part) -> Result<(), Complaint>) -> Result<(), Complaint> {
    if parts.is_empty() { Err(Complaint::empty()) } else { parts.iter().try_for_each(check) }
}

fn check_line(line: &LineString) -> Result<(), Complaint> {
    match line.0.len() {
        0 => Err(Complaint::empty()),
        1 => Err(Complaint::new("a line has one point only", "give it two, or use a point")),
        _ => line.coords().copied().try_for_each(check_coordinate),
    }
}

fn check_polygon(polygon: &Polygon) -> Result<(), Complaint> {
    if polygon.exterior().0.is_empty() {
        return Err(Complaint::empty());
    }
    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
        check_ring(&ring.0)?;
        ring.coords().copied().try_for_each(check_coordinate)?;
    }
    Ok(())
}

fn check_coordinate(Coord { x, y }: Coord) -> Result<(), Complaint> {
    let within = |value: f64, bound: f64| (-bound..=bound).contains(&value);
    if !x.is_finite() || !y.is_finite() {
        return Err(Complaint::new(format!("the coordinate ({x} {y}) is not finite"), "use degrees"));
    }
    if !within(y, 90.0) {
        let advice = if within(x, 90.0) && within(y, 180.0) {
            "the longitude comes first, then the latitude: exchange the two"
        } else {
            "use degrees, the longitude first, then the latitude"
        };
        return Err(Complaint::new(format!("the latitude {y} of ({x} {y}) lies beyond the poles"), advice));
    }
    if !within(x, 180.0) {
        let reason = format!("the longitude {x} of ({x} {y}) lies beyond -180 to 180");
        return Err(Complaint::new(reason, "use two polygons for an area across the antimeridian"));
    }
    Ok(())
}
