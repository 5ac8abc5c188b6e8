//! Parses geometries from GeoJSON.
//!
//! The conversion of the crate `geojson` panics at a position with one number, so this module converts the values.

use std::str::FromStr as _;

use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
};
use geojson::{GeoJson, GeometryValue, Position};

use serde_json::Value;

use super::area::empty;
use crate::schema::excerpt::excerpt;
use crate::schema::geometry::{GeometryError, check_ring};

/// The advice for text that is not GeoJSON.
const FORMS: &str = "pass a geometry, a feature, or a collection of features";
/// The most characters of an error of the parser that an error repeats: it quotes its input.
const MAX_EXCERPT: usize = 200;
/// The names of WGS84, the only supported reference system, in the last part of a URN, URL or short name.
const WGS84: [&str; 4] = ["CRS84", "CRS84h", "4326", "WGS84"];

/// Parses a geometry, a feature or a collection.
pub(super) fn parse(text: &str) -> Result<Geometry, GeometryError> {
    let invalid =
        |error: String| GeometryError::new(format!("not valid GeoJSON: {}", excerpt(&error, MAX_EXCERPT)), FORMS);
    check_reference_systems(&serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?)?;
    let geojson = GeoJson::from_str(text).map_err(|error| invalid(error.to_string()))?;
    match geojson {
        GeoJson::Geometry(geometry) => convert(geometry.value),
        GeoJson::Feature(feature) => convert(feature.geometry.ok_or_else(empty)?.value),
        GeoJson::FeatureCollection(collection) => {
            let geometries = collection.features.into_iter().filter_map(|feature| feature.geometry);
            let mut geometries = geometries.map(|geometry| convert(geometry.value)).collect::<Result<Vec<_>, _>>()?;
            match geometries.pop() {
                Some(only) if geometries.is_empty() => Ok(only),
                last => {
                    let all = geometries.into_iter().chain(last).collect();
                    Ok(Geometry::GeometryCollection(GeometryCollection(all)))
                }
            }
        }
    }
}

/// Refuses reference systems other than WGS84. RFC 7946 has no other; the GeoJSON before it allowed a `crs` anywhere.
fn check_reference_systems(value: &Value) -> Result<(), GeometryError> {
    match value.get("crs") {
        None | Some(Value::Null) => {}
        Some(crs) => {
            let name = crs.get("properties").and_then(|properties| properties.get("name")).and_then(Value::as_str);
            let name = name.or(crs.as_str()).unwrap_or("not named");
            let is_known = name
                .rsplit(['/', ':'])
                .next()
                .is_some_and(|last| WGS84.iter().any(|known| known.eq_ignore_ascii_case(&last.replace(' ', ""))));
            if !is_known {
                return Err(GeometryError::reference_system(name));
            }
        }
    }
    let parts = ["features", "geometries"].into_iter().filter_map(|key| value.get(key)?.as_array()).flatten();
    parts.chain(value.get("geometry")).try_for_each(check_reference_systems)
}

fn convert(value: GeometryValue) -> Result<Geometry, GeometryError> {
    Ok(match value {
        GeometryValue::Point { coordinates } => Point(coordinate(&coordinates)?).into(),
        GeometryValue::MultiPoint { coordinates } => {
            let points = coordinates.iter().map(|position| coordinate(position).map(Point));
            MultiPoint(points.collect::<Result<_, _>>()?).into()
        }
        GeometryValue::LineString { coordinates } => line(&coordinates)?.into(),
        GeometryValue::MultiLineString { coordinates } => {
            let lines = coordinates.iter().map(|positions| line(positions));
            MultiLineString(lines.collect::<Result<_, _>>()?).into()
        }
        GeometryValue::Polygon { coordinates } => polygon(&coordinates)?.into(),
        GeometryValue::MultiPolygon { coordinates } => {
            let polygons = coordinates.iter().map(|rings| polygon(rings));
            MultiPolygon(polygons.collect::<Result<_, _>>()?).into()
        }
        GeometryValue::GeometryCollection { geometries } => {
            let parts = geometries.into_iter().map(|geometry| convert(geometry.value));
            Geometry::GeometryCollection(GeometryCollection(parts.collect::<Result<_, _>>()?))
        }
    })
}

fn coordinate(position: &Position) -> Result<Coord, GeometryError> {
    match position.as_slice() {
        [x, y, ..] => Ok(Coord { x: *x, y: *y }),
        short => {
            let reason = format!("not valid GeoJSON: a position has {} coordinates", short.len());
            Err(GeometryError::new(reason, "give each position a longitude and a latitude"))
        }
    }
}

fn line(positions: &[Position]) -> Result<LineString, GeometryError> {
    let coordinates = positions.iter().map(coordinate);
    Ok(LineString(coordinates.collect::<Result<_, _>>()?))
}

fn polygon(rings: &[Vec<Position>]) -> Result<Polygon, GeometryError> {
    let mut rings = rings.iter().map(|positions| {
        let ring = line(positions)?;
        check_ring(&ring.0)?;
        Ok(ring)
    });
    let exterior = rings.next().transpose()?;
    Ok(Polygon::new(exterior.unwrap_or_else(|| LineString(Vec::new())), rings.collect::<Result<_, _>>()?))
}
