//! Geometries as lines and areas on the map.

use geo_types::{Coord, Geometry, LineString, Polygon};

/// Longitude and latitude, in degrees. Longitudes exceed 180 where a line crosses the antimeridian.
pub(super) type LonLat = [f64; 2];

/// A part of a geometry on the map.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outline {
    /// Rings, filled by the even-odd rule.
    Area(Vec<Vec<LonLat>>),
    /// Connected positions.
    Line(Vec<LonLat>),
    /// One position.
    Point(LonLat),
}

/// Returns the parts of a geometry, or `None` if a coordinate is not finite.
pub(super) fn outlines(geometry: &Geometry) -> Option<Vec<Outline>> {
    let mut parts = Vec::new();
    add(geometry, &mut parts)?;
    Some(parts)
}

fn add(geometry: &Geometry, parts: &mut Vec<Outline>) -> Option<()> {
    let mut line = |coordinates: &[Coord]| {
        parts.push(Outline::Line(unroll(coordinates)?));
        Some(())
    };
    match geometry {
        Geometry::Point(point) => parts.push(Outline::Point(*unroll(&[point.0])?.first()?)),
        Geometry::MultiPoint(points) => points.iter().try_for_each(|point| add(&Geometry::Point(*point), parts))?,
        Geometry::Line(both) => line(&[both.start, both.end])?,
        Geometry::LineString(string) => line(&string.0)?,
        Geometry::MultiLineString(strings) => strings.iter().try_for_each(|string| line(&string.0))?,
        Geometry::Polygon(polygon) => parts.push(area(polygon)?),
        Geometry::MultiPolygon(polygons) => {
            polygons.iter().try_for_each(|polygon| area(polygon).map(|area| parts.push(area)))?;
        }
        Geometry::Rect(rectangle) => parts.push(area(&rectangle.to_polygon())?),
        Geometry::Triangle(triangle) => parts.push(area(&triangle.to_polygon())?),
        Geometry::GeometryCollection(all) => all.iter().try_for_each(|geometry| add(geometry, parts))?,
    }
    Some(())
}

/// Returns the rings of a polygon. Interior rings are moved by whole turns into the exterior ring.
fn area(polygon: &Polygon) -> Option<Outline> {
    let exterior = ring(polygon.exterior())?;
    let west = exterior.iter().map(|position| position[0]).fold(f64::INFINITY, f64::min);
    let mut rings = vec![exterior];
    for interior in polygon.interiors() {
        let mut interior = ring(interior)?;
        let offset = interior.iter().map(|position| position[0]).fold(f64::INFINITY, f64::min) - west;
        let turns = (offset / 360.0).floor() * 360.0;
        if turns.is_finite() {
            interior.iter_mut().for_each(|position| position[0] -= turns);
        }
        rings.push(interior);
    }
    Some(Outline::Area(rings))
}

/// Returns the positions of a ring. A ring around the globe encloses a pole and is closed along the edges of the map.
fn ring(ring: &LineString) -> Option<Vec<LonLat>> {
    let mut positions = unroll(&ring.0)?;
    if let (Some([start, _]), Some([end, _])) = (positions.first().copied(), positions.last().copied())
        && (end - start).abs() > 180.0
    {
        let mean = positions.iter().map(|position| position[1]).sum::<f64>() / positions.len() as f64;
        let pole = f64::copysign(90.0, mean);
        positions.extend([[end, pole], [start, pole]]);
    }
    Some(positions)
}

/// Removes the jumps of a line at the antimeridian: each edge goes the shorter way around the globe, and an edge between
/// longitudes -180 and 180 follows the antimeridian. If that leaves no area of a line around the whole globe, such as the
/// edge of the map, its edges go all the way around.
fn unroll(coordinates: &[Coord]) -> Option<Vec<LonLat>> {
    if !coordinates.iter().all(|coordinate| coordinate.x.is_finite() && coordinate.y.is_finite()) {
        return None;
    }
    let along = unroll_edges(coordinates, FullTurn::FollowsMeridian);
    let is_full_turn = |edge: &[Coord]| matches!(edge, [from, to] if (to.x - from.x).abs() == 360.0 && from.y == to.y);
    if !coordinates.windows(2).any(is_full_turn) {
        return Some(along);
    }
    let around = unroll_edges(coordinates, FullTurn::GoesAround);
    let is_one_meridian = along.iter().all(|position| Some(position[0]) == along.first().map(|first| first[0]));
    let is_closed = |line: &[LonLat]| line.first().map(|first| first[0]) == line.last().map(|last| last[0]);
    let goes_around = is_one_meridian || (!is_closed(&along) && is_closed(&around) && has_area(&around));
    Some(if goes_around { around } else { along })
}

/// The meaning of an edge between longitudes -180 and 180.
#[derive(Clone, Copy, PartialEq)]
enum FullTurn {
    /// The edge follows the antimeridian.
    FollowsMeridian,
    /// The edge goes around the globe.
    GoesAround,
}

/// Adds up the edges of a line, so that longitudes continue beyond 180.
fn unroll_edges(coordinates: &[Coord], full_turn: FullTurn) -> Vec<LonLat> {
    let mut line: Vec<LonLat> = Vec::with_capacity(coordinates.len());
    let mut previous: Option<f64> = None;
    for Coord { x, y } in coordinates {
        let longitude = match (previous, line.last()) {
            (Some(previous), Some([longitude, _])) => {
                let step = x - previous;
                let goes_around = full_turn == FullTurn::GoesAround && step.abs() == 360.0;
                longitude + if goes_around { step } else { wrap(step) }
            }
            _ => wrap(*x),
        };
        previous = Some(*x);
        line.push([longitude, y.clamp(-90.0, 90.0)]);
    }
    line
}

/// Returns whether a closed line encloses an area on the map.
fn has_area(line: &[LonLat]) -> bool {
    let cross = |edge: &[LonLat]| match edge {
        [from, to] => from[0] * to[1] - to[0] * from[1],
        _ => 0.0,
    };
    line.windows(2).map(cross).sum::<f64>().abs() > 1e-9
}

/// Moves a longitude, or a difference of longitudes, to the range from -180 to 180. Both ends are kept.
fn wrap(degrees: f64) -> f64 {
    if degrees.abs() <= 180.0 { degrees } else { degrees - 360.0 * (degrees / 360.0).round() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_traits::to_geo::ToGeoGeometry as _;

    fn parts(wkt: &str) -> Vec<Outline> {
        let geometry: wkt::Wkt<f64> = wkt.parse().expect("WKT");
        outlines(&geometry.to_geometry()).expect("finite coordinates")
    }

    fn rings(wkt: &str) -> Vec<Vec<LonLat>> {
        let parts = parts(wkt);
        let [Outline::Area(rings)] = parts.as_slice() else { panic!("{parts:?} is not one area") };
        rings.clone()
    }

    #[test]
    fn each_type_of_geometry_has_its_parts() {
        let all = "GEOMETRYCOLLECTION(POINT(1 2), MULTIPOINT((3 4), (5 6)), LINESTRING(0 0, 1 1), \
            MULTILINESTRING((0 0, 1 1), (2 2, 3 3)), POLYGON((0 0, 1 0, 1 1, 0 0)), \
            MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5))))";
        let parts = parts(all);
        let count = |is: fn(&Outline) -> bool| parts.iter().filter(|part| is(part)).count();
        assert_eq!(count(|part| matches!(part, Outline::Point(_))), 3);
        assert_eq!(count(|part| matches!(part, Outline::Line(_))), 3);
        assert_eq!(count(|part| matches!(part, Outline::Area(_))), 3);
    }

    #[test]
    fn a_ring_across_the_antimeridian_continues_beyond_180() {
        let rings = rings("POLYGON((179 10, -179 10, -179 12, 179 12, 179 10))");
        assert_eq!(rings, [[[179.0, 10.0], [181.0, 10.0], [181.0, 12.0], [179.0, 12.0], [179.0, 10.0]]]);
    }

    #[test]
    fn a_hole_lies_inside_its_exterior_ring() {
        let rings = rings(
            "POLYGON((170 0, -170 0, -170 20, 170 20, 170 0), (-175 5, -174 5, -174 6, -175 5), (175 5, 176 5, 176 6, 175 5))",
        );
        assert_eq!((rings[1][0], rings[2][0]), ([185.0, 5.0], [175.0, 5.0]));
    }

    #[test]
    fn the_whole_world_stays_the_whole_world() {
        let world = rings("POLYGON((-180 -90, 180 -90, 180 90, -180 90, -180 -90))");
        assert_eq!(world, [[[-180.0, -90.0], [180.0, -90.0], [180.0, 90.0], [-180.0, 90.0], [-180.0, -90.0]]]);
    }

    #[test]
    fn an_edge_along_the_antimeridian_is_one_meridian() {
        let width = |wkt: &str| {
            let longitudes = || rings(wkt).concat().into_iter().map(|position| position[0]);
            longitudes().fold(f64::MIN, f64::max) - longitudes().fold(f64::MAX, f64::min)
        };
        for wkt in [
            "POLYGON((170 0, 180 0, -180 10, 170 10, 170 0))",
            "POLYGON((180 0, -180 10, 170 10, 170 0, 180 0))",
            "POLYGON((-170 0, -180 0, 180 10, -170 10, -170 0))",
            "POLYGON((170 0, 180 0, 175 5, -180 10, 170 10, 170 0))",
            "POLYGON((175 0, 180 0, -180 0, -175 0, -175 10, -180 10, 180 10, 175 10, 175 0))",
        ] {
            assert_eq!(width(wkt), 10.0, "{wkt}");
        }
        for wkt in [
            "POLYGON((-180 -60, 180 -60, 180 60, -180 60, -180 -60))",
            "POLYGON((-180 -60, 0 -60, 180 -60, 180 60, -180 60, -180 -60))",
            "POLYGON((-180 -60, -60 -60, 60 -60, 180 -60, 180 60, 60 60, -60 60, -180 60, -180 -60))",
        ] {
            assert_eq!(width(wkt), 360.0, "{wkt}");
        }
        let line = parts("LINESTRING(-180 5, 180 5)");
        assert_eq!(line, [Outline::Line(vec![[-180.0, 5.0], [180.0, 5.0]])]);
        let cap = rings("POLYGON((-180 80, -90 80, 0 80, 90 80, 180 80, -180 80))");
        assert_eq!(cap[0].last(), Some(&[-180.0, 90.0]), "a ring around a pole with both -180 and 180");
    }

    #[test]
    fn a_ring_around_a_pole_covers_it() {
        let south = rings("POLYGON((0 -80, 90 -80, 180 -80, -90 -80, 0 -80))");
        assert_eq!(south[0][4..], [[360.0, -80.0], [360.0, -90.0], [0.0, -90.0]]);
        let north = rings("POLYGON((0 80, -90 80, 180 80, 90 80, 0 80))");
        assert_eq!(north[0][4..], [[-360.0, 80.0], [-360.0, 90.0], [0.0, 90.0]]);
    }

    #[test]
    fn positions_off_the_map_are_moved_onto_it_or_dropped() {
        let point = |x, y| outlines(&Geometry::Point((x, y).into()));
        assert_eq!(point(f64::NAN, 0.0), None);
        assert_eq!(point(0.0, f64::INFINITY), None);
        assert_eq!(point(370.0, 95.0), Some(vec![Outline::Point([10.0, 90.0])]));
        assert_eq!(outlines(&LineString::new(Vec::new()).into()), Some(vec![Outline::Line(Vec::new())]));
    }
}
