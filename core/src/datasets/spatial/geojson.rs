//! Geometries from GeoJSON.
//!
//! Converted here: the conversion of the crate panics at a position of one number.

use std::str::FromStr as _;

use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use geojson::{GeoJson, GeometryValue, Position};

use super::area::Complaint;
use super::read::closed_ring;

const FORMS: &str = "pass a geometry, a feature, or a collection of one feature";

pub(super) fn read(text: &str) -> Result<Geometry, Complaint> {
    let geojson =
        GeoJson::from_str(text).map_err(|error| Complaint::new(format!("it is not GeoJSON: {error}"), FORMS))?;
    let geometry = match geojson {
        GeoJson::Geometry(geometry) => Some(geometry),
        GeoJson::Feature(feature) => feature.geometry,
        GeoJson::FeatureCollection(collection) => {
            if collection.features.len() > 1 {
                let reason = format!("it is a collection of {} features", collection.features.len());
                return Err(Complaint::new(reason, "pass one feature; several polygons are one MultiPolygon"));
            }
            collection.features.into_iter().next().and_then(|feature| feature.geometry)
        }
    };
    convert(geometry.ok_or_else(Complaint::empty)?.value)
}

fn convert(value: GeometryValue) -> Result<Geometry, Complaint> {
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
        GeometryValue::GeometryCollection { .. } => return Err(Complaint::collection()),
    })
}

fn coordinate(position: &Position) -> Result<Coord, Complaint> {
    match position.as_slice() {
        [x, y, ..] => Ok(Coord { x: *x, y: *y }),
        short => {
            let reason = format!("it is not GeoJSON: a position has {} coordinates", short.len());
            Err(Complaint::new(reason, "give each the longitude and the latitude"))
        }
    }
}

fn line(positions: &[Position]) -> Result<LineString, Complaint> {
    let coordinates = positions.iter().map(coordinate);
    Ok(LineString(coordinates.collect::<Result<_, _>>()?))
}

fn polygon(rings: &[Vec<Position>]) -> Result<Polygon, Complaint> {
    let mut rings = rings.iter().map(|positions| {
        let ring = line(positions)?;
        let place = |coordinate: Option<&Coord>| coordinate.map(Coord::x_y);
        closed_ring(place(ring.0.first()), place(ring.0.last()))?;
        Ok(ring)
    });
    let exterior = rings.next().transpose()?;
    Ok(Polygon::new(exterior.unwrap_or_else(|| LineString(Vec::new())), rings.collect::<Result<_, _>>()?))
}
