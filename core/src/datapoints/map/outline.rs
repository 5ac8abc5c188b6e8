//! A geometry as lines on a map, whatever lies between them on the globe.

use geo_types::{Coord, Geometry, LineString, Polygon};

/// A place on the map: degrees of longitude and latitude. Longitudes may go beyond 180 where a line crosses the
/// antimeridian.
pub(super) type Place = [f64; 2];

/// What is drawn of a geometry.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outline {
    /// Rings; what is inside an odd number of them belongs to the area.
    Area(Vec<Vec<Place>>),
    /// Places with lines between them.
    Line(Vec<Place>),
    /// One place.
    Point(Place),
}

/// The parts of a geometry, or `None` when one of its places is none, such as a longitude that is no number.
pub(super) fn outlines(geometry: &Geometry) -> Option<Vec<Outline>> {
    let mut parts = Vec::new();
    add(geometry, &mut parts)?;
    Some(parts)
}

fn add(geometry: &Geometry, parts: &mut Vec<Outline>) -> Option<()> {
    let mut line = |coordinates: &[Coord]| {
        let places = continuous(coordinates)?;
        parts.push(Outline::Line(places));
        Some(())
    };
    match geometry {
        Geometry::Point(point) => parts.push(Outline::Point(*continuous(&[point.0])?.first()?)),
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

/// The rings of a polygon. Those inside lie where the one around them does.
fn area(polygon: &Polygon) -> Option<Outline> {
    let exterior = ring(polygon.exterior())?;
    let west = exterior.iter().map(|place| place[0]).fold(f64::INFINITY, f64::min);
    let mut rings = vec![exterior];
    for interior in polygon.interiors() {
        let mut interior = ring(interior)?;
        let behind = interior.iter().map(|place| place[0]).fold(f64::INFINITY, f64::min) - west;
        let turns = (behind / 360.0).floor() * 360.0;
        if turns.is_finite() {
            interior.iter_mut().for_each(|place| place[0] -= turns);
        }
        rings.push(interior);
    }
    Some(Outline::Area(rings))
}

/// A ring. One that goes around the globe has a pole inside, and is led there and back along the edges of the map.
fn ring(ring: &LineString) -> Option<Vec<Place>> {
    let mut places = continuous(&ring.0)?;
    if let (Some([start, _]), Some([end, _])) = (places.first().copied(), places.last().copied())
        && (end - start).abs() > 180.0
    {
        let mean = places.iter().map(|place| place[1]).sum::<f64>() / places.len() as f64;
        let pole = f64::copysign(90.0, mean);
        places.extend([[end, pole], [start, pole]]);
    }
    Some(places)
}

/// The places without the jump that a line makes at the antimeridian: the shorter way around the globe is meant, and a
/// step between longitudes -180 and 180 goes along one meridian. Where that leaves nothing of a line around the whole
/// globe, such as the edge of the world, it goes around.
fn continuous(coordinates: &[Coord]) -> Option<Vec<Place>> {
    if !coordinates.iter().all(|place| place.x.is_finite() && place.y.is_finite()) {
        return None;
    }
    let places = |around: bool| {
        let mut places: Vec<Place> = Vec::with_capacity(coordinates.len());
        let mut before: Option<f64> = None;
        for Coord { x, y } in coordinates {
            let longitude = match (before, places.last()) {
                (Some(before), Some([longitude, _])) => {
                    let step = x - before;
                    longitude + if around && step.abs() == 360.0 { step } else { shorter(step) }
                }
                _ => shorter(*x),
            };
            before = Some(*x);
            places.push([longitude, y.clamp(-90.0, 90.0)]);
        }
        places
    };
    let along = places(false);
    let is_around = |edge: &[Coord]| matches!(edge, [from, to] if (to.x - from.x).abs() == 360.0 && from.y == to.y);
    if !coordinates.windows(2).any(is_around) {
        return Some(along);
    }
    let around = places(true);
    let is_one_meridian = along.iter().all(|place| Some(place[0]) == along.first().map(|first| first[0]));
    let closes = |places: &[Place]| places.first().map(|place| place[0]) == places.last().map(|place| place[0]);
    let goes_around = is_one_meridian || (!closes(&along) && closes(&around) && has_area(&around));
    Some(if goes_around { around } else { along })
}

/// Whether a closed line bounds anything on the map.
fn has_area(places: &[Place]) -> bool {
    let cross = |edge: &[Place]| match edge {
        [from, to] => from[0] * to[1] - to[0] * from[1],
        _ => 0.0,
    };
    places.windows(2).map(cross).sum::<f64>().abs() > 1e-9
}

/// A longitude, or a difference of two, between -180 and 180. 180 stays what it is.
fn shorter(degrees: f64) -> f64 {
    if degrees.abs() <= 180.0 { degrees } else { degrees - 360.0 * (degrees / 360.0).round() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_traits::to_geo::ToGeoGeometry as _;

    fn parts(wkt: &str) -> Vec<Outline> {
        let geometry: wkt::Wkt<f64> = wkt.parse().expect("WKT");
        outlines(&geometry.to_geometry()).expect("places")
    }

    fn rings(wkt: &str) -> Vec<Vec<Place>> {
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
    fn a_ring_over_the_antimeridian_goes_on_beyond_it() {
        let rings = rings("POLYGON((179 10, -179 10, -179 12, 179 12, 179 10))");
        assert_eq!(rings, [[[179.0, 10.0], [181.0, 10.0], [181.0, 12.0], [179.0, 12.0], [179.0, 10.0]]]);
    }

    #[test]
    fn a_hole_lies_in_the_ring_around_it() {
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
            let longitudes = || rings(wkt).concat().into_iter().map(|place| place[0]);
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
        assert_eq!(cap[0].last(), Some(&[-180.0, 90.0]), "a ring around a pole that names both sides");
    }

    #[test]
    fn a_ring_around_a_pole_covers_it() {
        let south = rings("POLYGON((0 -80, 90 -80, 180 -80, -90 -80, 0 -80))");
        assert_eq!(south[0][4..], [[360.0, -80.0], [360.0, -90.0], [0.0, -90.0]]);
        let north = rings("POLYGON((0 80, -90 80, 180 80, 90 80, 0 80))");
        assert_eq!(north[0][4..], [[-360.0, 80.0], [-360.0, 90.0], [0.0, 90.0]]);
    }

    #[test]
    fn what_is_no_place_is_not_drawn_and_what_lies_beyond_the_globe_comes_back() {
        let point = |x, y| outlines(&Geometry::Point((x, y).into()));
        assert_eq!(point(f64::NAN, 0.0), None);
        assert_eq!(point(0.0, f64::INFINITY), None);
        assert_eq!(point(370.0, 95.0), Some(vec![Outline::Point([10.0, 90.0])]));
        assert_eq!(outlines(&LineString::new(Vec::new()).into()), Some(vec![Outline::Line(Vec::new())]));
    }
}
