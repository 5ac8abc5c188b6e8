//! Geometries as GeoJSON (RFC 7946), straight from WKB.

use geo_traits::{
    CoordTrait, Dimensions, GeometryCollectionTrait as _, GeometryTrait, GeometryType, LineStringTrait,
    MultiLineStringTrait as _, MultiPointTrait as _, MultiPolygonTrait as _, PointTrait as _, PolygonTrait,
};
use geojson::{Geometry, GeometryValue, Position};

use super::antimeridian::{self, Place, Polygon};
use crate::schema::wkb::read;

/// The GeoJSON geometry of WKB: with heights, without measures; polygons have their exterior ring counterclockwise and
/// holes clockwise (section 3.1.6), and what crosses the antimeridian is cut there (section 3.1.9). An empty point is a
/// `MultiPoint` of no points, because a `Point` has a position. `None` where a coordinate is not a number, which JSON
/// cannot hold.
///
/// # Errors
///
/// When the bytes are not WKB.
pub(super) fn to_geojson(wkb: &[u8]) -> Result<Option<Geometry>, String> {
    let geometry = read(wkb).map_err(|error| format!("not WKB: {error}"))?;
    Ok(convert(&geometry).map(Geometry::from))
}

fn convert(geometry: &impl GeometryTrait<T = f64>) -> Option<GeometryValue> {
    Some(match geometry.as_type() {
        GeometryType::Point(point) => match point.coord() {
            Some(coordinate) => GeometryValue::new_point(position(place(&coordinate)?)),
            None => GeometryValue::MultiPoint { coordinates: Vec::new() },
        },
        GeometryType::LineString(line) => match antimeridian::cut_line(places(line)?) {
            lines if lines.len() > 1 => multi_line(lines),
            lines => GeometryValue::LineString { coordinates: lines.into_iter().flatten().map(position).collect() },
        },
        GeometryType::Polygon(polygon) => match antimeridian::cut_polygon(rings(polygon)?) {
            polygons if polygons.len() > 1 => multi_polygon(polygons),
            polygons => GeometryValue::Polygon { coordinates: polygons.into_iter().flat_map(positions).collect() },
        },
        GeometryType::MultiPoint(points) => {
            // An empty point has no position.
            let places = points.points().filter_map(|point| point.coord().map(|coordinate| place(&coordinate)));
            GeometryValue::MultiPoint { coordinates: places.map(|place| place.map(position)).collect::<Option<_>>()? }
        }
        GeometryType::MultiLineString(lines) => {
            let lines: Vec<Vec<Place>> = lines.line_strings().map(|line| places(&line)).collect::<Option<_>>()?;
            multi_line(lines.into_iter().flat_map(antimeridian::cut_line).collect())
        }
        GeometryType::MultiPolygon(polygons) => {
            let polygons: Vec<Polygon> = polygons.polygons().map(|polygon| rings(&polygon)).collect::<Option<_>>()?;
            multi_polygon(polygons.into_iter().flat_map(antimeridian::cut_polygon).collect())
        }
        GeometryType::GeometryCollection(parts) => {
            let parts: Vec<Geometry> =
                parts.geometries().map(|part| convert(&part).map(Geometry::from)).collect::<Option<_>>()?;
            GeometryValue::GeometryCollection { geometries: parts }
        }
        // WKB has no others.
        _ => return None,
    })
}

fn place(coordinate: &impl CoordTrait<T = f64>) -> Option<Place> {
    let z = match coordinate.dim() {
        Dimensions::Xyz | Dimensions::Xyzm => coordinate.nth(2),
        _ => None,
    };
    let place = Place { x: coordinate.x(), y: coordinate.y(), z };
    [Some(place.x), Some(place.y), z].iter().flatten().all(|number| number.is_finite()).then_some(place)
}

fn places(line: &impl LineStringTrait<T = f64>) -> Option<Vec<Place>> {
    line.coords().map(|coordinate| place(&coordinate)).collect()
}

/// The exterior ring first. Those without places, which an empty polygon may have, are left out.
fn rings(polygon: &impl PolygonTrait<T = f64>) -> Option<Polygon> {
    let rings = polygon.exterior().into_iter().chain(polygon.interiors()).map(|ring| places(&ring));
    let rings: Polygon = rings.collect::<Option<_>>()?;
    Some(rings.into_iter().filter(|ring| !ring.is_empty()).collect())
}

fn position(place: Place) -> Position {
    [Some(place.x), Some(place.y), place.z].into_iter().flatten().collect::<Vec<_>>().into()
}

fn positions(polygon: Polygon) -> Vec<Vec<Position>> {
    polygon.into_iter().map(|ring| ring.into_iter().map(position).collect()).collect()
}

fn multi_line(lines: Vec<Vec<Place>>) -> GeometryValue {
    let lines = lines.into_iter().map(|line| line.into_iter().map(position).collect());
    GeometryValue::MultiLineString { coordinates: lines.collect() }
}

fn multi_polygon(polygons: Vec<Polygon>) -> GeometryValue {
    GeometryValue::MultiPolygon { coordinates: polygons.into_iter().map(positions).collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::schema::geometry::from_text;

    fn geojson(text: &str) -> Value {
        serde_json::to_value(to_geojson(&from_text(text).expect("WKT")).expect("WKB")).expect("JSON")
    }

    #[test]
    fn every_geometry_has_its_geojson() {
        for (text, kind, coordinates) in [
            ("POINT(1 2)", "Point", json!([1.0, 2.0])),
            ("POINT Z(1 2 300)", "Point", json!([1.0, 2.0, 300.0])),
            ("POINT M(1 2 3)", "Point", json!([1.0, 2.0])),
            ("POINT ZM(1 2 3 4)", "Point", json!([1.0, 2.0, 3.0])),
            ("LINESTRING Z(0 0 1, 1 1 2)", "LineString", json!([[0.0, 0.0, 1.0], [1.0, 1.0, 2.0]])),
            ("MULTIPOINT(3 4, 1 2)", "MultiPoint", json!([[3.0, 4.0], [1.0, 2.0]])),
            ("MULTILINESTRING((0 0, 1 1))", "MultiLineString", json!([[[0.0, 0.0], [1.0, 1.0]]])),
            ("POINT EMPTY", "MultiPoint", json!([])),
            ("LINESTRING EMPTY", "LineString", json!([])),
            ("POLYGON EMPTY", "Polygon", json!([])),
            ("MULTIPOLYGON EMPTY", "MultiPolygon", json!([])),
            // The exterior ring is counterclockwise, a hole clockwise.
            (
                "POLYGON((0 0, 0 4, 4 4, 4 0, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1))",
                "Polygon",
                json!([
                    [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]],
                    [[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [2.0, 1.0], [1.0, 1.0]],
                ]),
            ),
        ] {
            assert_eq!(geojson(text), json!({ "type": kind, "coordinates": coordinates }), "{text}");
        }
        // An empty point, which the parser of WKT does not take here.
        let mut bytes = Vec::new();
        let points = geo_types::MultiPoint::from(vec![(f64::NAN, f64::NAN), (1.0, 2.0)]);
        wkb::writer::write_multi_point(&mut bytes, &points, &Default::default()).expect("WKB");
        let points = to_geojson(&bytes).expect("WKB").map(|geometry| geometry.value);
        assert_eq!(points, Some(GeometryValue::MultiPoint { coordinates: vec![vec![1.0, 2.0].into()] }));
        assert!(crate::schema::geometry::to_text(&bytes).is_ok_and(|text| text.contains("EMPTY")));
        let nested = geojson("GEOMETRYCOLLECTION(POINT EMPTY, POINT Z(1 2 3))");
        let parts =
            json!([{"type": "MultiPoint", "coordinates": []}, {"type": "Point", "coordinates": [1.0, 2.0, 3.0]}]);
        assert_eq!(nested, json!({ "type": "GeometryCollection", "geometries": parts }));
    }

    #[test]
    fn a_coordinate_that_is_not_a_number_has_no_geojson() {
        for text in ["LINESTRING(0 0, 1 1)", "GEOMETRYCOLLECTION(POINT(0 0), LINESTRING(0 0, 1 1))"] {
            let mut bytes = from_text(text).expect("WKT");
            let end = bytes.len();
            bytes[end - 8..].copy_from_slice(&f64::NAN.to_le_bytes());
            assert_eq!(to_geojson(&bytes), Ok(None));
        }
        assert!(to_geojson(b"POINT(1 2)").is_err());
    }

    #[test]
    fn what_crosses_the_antimeridian_is_cut() {
        assert_eq!(
            geojson("POLYGON((179 0, -179 0, -179 1, 179 1, 179 0))"),
            json!({ "type": "MultiPolygon", "coordinates": [
                [[[180.0, 1.0], [179.0, 1.0], [179.0, 0.0], [180.0, 0.0], [180.0, 1.0]]],
                [[[-180.0, 0.0], [-179.0, 0.0], [-179.0, 1.0], [-180.0, 1.0], [-180.0, 0.0]]],
            ] })
        );
        assert_eq!(
            geojson("LINESTRING Z(179 0 10, -179 2 20)"),
            json!({ "type": "MultiLineString", "coordinates": [
                [[179.0, 0.0, 10.0], [180.0, 1.0, 15.0]], [[-180.0, 1.0, 15.0], [-179.0, 2.0, 20.0]],
            ] })
        );
    }
}
