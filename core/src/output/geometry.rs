//! Geometries as GeoJSON (RFC 7946), converted from WKB.

use geo_traits::{
    CoordTrait, Dimensions, GeometryCollectionTrait as _, GeometryTrait, GeometryType, LineStringTrait,
    MultiLineStringTrait as _, MultiPointTrait as _, MultiPolygonTrait as _, PointTrait as _, PolygonTrait,
};
use geojson::{Geometry, GeometryValue, Position};

use super::antimeridian::{self, Coordinate, Polygon};
use crate::schema::wkb::read;

/// Converts WKB to GeoJSON, with heights, without measures. Exterior rings are counterclockwise and holes clockwise
/// (section 3.1.6), and geometries are cut at the antimeridian (section 3.1.9). An empty point becomes an empty
/// `MultiPoint`, because a `Point` has a position. Returns `None` if a coordinate is not finite, because JSON has no such
/// numbers.
///
/// # Errors
///
/// When the bytes are not valid WKB.
pub(super) fn to_geojson(wkb: &[u8]) -> Result<Option<Geometry>, String> {
    let geometry = read(wkb).map_err(|error| format!("not valid WKB: {error}"))?;
    Ok(convert(&geometry).map(Geometry::from))
}

/// Returns all positions of a geometry.
pub(super) fn positions_of(geometry: &GeometryValue) -> Vec<&Position> {
    match geometry {
        GeometryValue::Point { coordinates } => vec![coordinates],
        GeometryValue::MultiPoint { coordinates } | GeometryValue::LineString { coordinates } => {
            coordinates.iter().collect()
        }
        GeometryValue::MultiLineString { coordinates } | GeometryValue::Polygon { coordinates } => {
            coordinates.iter().flatten().collect()
        }
        GeometryValue::MultiPolygon { coordinates } => coordinates.iter().flatten().flatten().collect(),
        GeometryValue::GeometryCollection { geometries } => {
            geometries.iter().flat_map(|geometry| positions_of(&geometry.value)).collect()
        }
    }
}

/// Converts a geometry as [`to_geojson`] does.
pub(super) fn convert(geometry: &impl GeometryTrait<T = f64>) -> Option<GeometryValue> {
    Some(match geometry.as_type() {
        GeometryType::Point(point) => match point.coord() {
            Some(coordinate) => GeometryValue::new_point(position(finite(&coordinate)?)),
            None => GeometryValue::MultiPoint { coordinates: Vec::new() },
        },
        GeometryType::LineString(line) => match antimeridian::cut_line(coordinates(line)?) {
            lines if lines.len() > 1 => multi_line(lines),
            lines => GeometryValue::LineString { coordinates: lines.into_iter().flatten().map(position).collect() },
        },
        GeometryType::Polygon(polygon) => match antimeridian::cut_polygon(rings(polygon)?) {
            polygons if polygons.len() > 1 => multi_polygon(polygons),
            polygons => GeometryValue::Polygon { coordinates: polygons.into_iter().flat_map(positions).collect() },
        },
        GeometryType::MultiPoint(points) => {
            // Empty points have no position.
            let points = points.points().filter_map(|point| point.coord().map(|coordinate| finite(&coordinate)));
            GeometryValue::MultiPoint { coordinates: points.map(|point| point.map(position)).collect::<Option<_>>()? }
        }
        GeometryType::MultiLineString(lines) => {
            let lines: Vec<Vec<Coordinate>> =
                lines.line_strings().map(|line| coordinates(&line)).collect::<Option<_>>()?;
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
        // WKB has no other types.
        _ => return None,
    })
}

/// Returns a coordinate without its measure, or `None` if it is not finite.
fn finite(coordinate: &impl CoordTrait<T = f64>) -> Option<Coordinate> {
    let z = match coordinate.dim() {
        Dimensions::Xyz | Dimensions::Xyzm => coordinate.nth(2),
        _ => None,
    };
    let coordinate = Coordinate { x: coordinate.x(), y: coordinate.y(), z };
    [Some(coordinate.x), Some(coordinate.y), z].iter().flatten().all(|number| number.is_finite()).then_some(coordinate)
}

fn coordinates(line: &impl LineStringTrait<T = f64>) -> Option<Vec<Coordinate>> {
    line.coords().map(|coordinate| finite(&coordinate)).collect()
}

/// Returns the exterior ring, then the holes. Empty rings, as of an empty polygon, are dropped.
fn rings(polygon: &impl PolygonTrait<T = f64>) -> Option<Polygon> {
    let rings = polygon.exterior().into_iter().chain(polygon.interiors()).map(|ring| coordinates(&ring));
    let rings: Polygon = rings.collect::<Option<_>>()?;
    Some(rings.into_iter().filter(|ring| !ring.is_empty()).collect())
}

fn position(coordinate: Coordinate) -> Position {
    [Some(coordinate.x), Some(coordinate.y), coordinate.z].into_iter().flatten().collect::<Vec<_>>().into()
}

fn positions(polygon: Polygon) -> Vec<Vec<Position>> {
    polygon.into_iter().map(|ring| ring.into_iter().map(position).collect()).collect()
}

fn multi_line(lines: Vec<Vec<Coordinate>>) -> GeometryValue {
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
    fn every_type_of_geometry_becomes_geojson() {
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
        // The WKT parser rejects an empty point here.
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
    fn a_coordinate_that_is_not_finite_has_no_geojson() {
        for text in ["LINESTRING(0 0, 1 1)", "GEOMETRYCOLLECTION(POINT(0 0), LINESTRING(0 0, 1 1))"] {
            let mut bytes = from_text(text).expect("WKT");
            let end = bytes.len();
            bytes[end - 8..].copy_from_slice(&f64::NAN.to_le_bytes());
            assert_eq!(to_geojson(&bytes), Ok(None));
        }
        assert!(to_geojson(b"POINT(1 2)").is_err());
    }

    #[test]
    fn geometries_are_cut_at_the_antimeridian() {
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
