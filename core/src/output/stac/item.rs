//! Items as GeoJSON features.

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use geojson::{Geometry, GeometryValue};
use serde::Serialize;
use serde_json::{Map, Value};

use super::STAC_VERSION;
use super::assets::{Assets, assets, without_nulls};
use super::columns::{ItemColumns, json};
use crate::output::bounds::{Bounds, of_positions, union};
use crate::output::feature_collection::Features;
use crate::output::geometry::positions_of;
use crate::output::value;
use crate::output::writer::BoxError;

/// One item per datapoint.
pub(crate) struct Items(ItemColumns);

/// An item, in the order in which its members are written.
#[derive(Serialize)]
struct Item<'a> {
    r#type: &'static str,
    stac_version: &'static str,
    stac_extensions: Vec<&'static str>,
    id: String,
    geometry: Option<&'a Geometry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bbox: Option<[f64; 4]>,
    properties: Map<String, Value>,
    links: Vec<Value>,
    assets: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    collection: Option<String>,
}

impl Items {
    /// # Errors
    ///
    /// When there is no column `id` or `time`.
    pub(crate) fn new(schema: &Schema) -> Result<Self, BoxError> {
        Ok(Self(ItemColumns::new(schema)?))
    }

    fn assets(&self, batch: &RecordBatch, row: usize) -> Result<Assets, String> {
        match self.0.assets.and_then(|index| json(batch, index, row)) {
            Some(message) => assets(&message),
            None => Ok(Assets::default()),
        }
    }
}

impl Features for Items {
    fn append(&self, batch: &RecordBatch, row: usize, block: &mut Vec<u8>) -> Result<(), BoxError> {
        let id = json(batch, self.0.id, row).map(value::text).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| format!("a STAC item needs an id; `id` is missing in row {row}"))?;
        let time = json(batch, self.0.time, row);
        let time = time.ok_or_else(|| format!("a STAC item needs a time; `time` is missing in the item {id}"))?;
        let geometry: Option<Geometry> =
            self.0.geometry.and_then(|index| json(batch, index, row)).map(serde_json::from_value).transpose()?;
        // A geometry without positions has no bounding box, without which an item has no geometry.
        let bbox = geometry.as_ref().and_then(|geometry| bbox(&geometry.value));
        let geometry = geometry.as_ref().filter(|_| bbox.is_some());
        let Assets { by_key, extensions } =
            self.assets(batch, row).map_err(|problem| format!("{problem} (item {id})"))?;
        let mut properties = Map::from_iter([("datetime".to_owned(), time)]);
        let others = self.0.properties.iter();
        properties.extend(
            others.filter_map(|(index, name)| Some((name.clone(), without_nulls(&json(batch, *index, row)?)?))),
        );
        let (links, collection) = self.0.links(batch, row);
        let item = Item {
            r#type: "Feature",
            stac_version: STAC_VERSION,
            stac_extensions: extensions.into_iter().collect(),
            id,
            geometry,
            bbox,
            properties,
            links,
            assets: by_key,
            collection,
        };
        Ok(serde_json::to_writer(block, &item)?)
    }
}

/// Returns the bounding box of a geometry that is cut at the antimeridian: west, south, east, north (RFC 7946, section 5).
///
/// If parts touch the antimeridian on both sides, the box crosses it too: its west is above its east (section 5.2). If the
/// parts reach the meridian of Greenwich on both sides, the box spans all longitudes.
fn bbox(geometry: &GeometryValue) -> Option<[f64; 4]> {
    let parts = parts(geometry);
    let all = parts.iter().fold(None, |all, part| union(all, Some(*part)))?;
    let (eastern, western): (Vec<Bounds>, Vec<Bounds>) = parts.iter().partition(|part| part.west >= 0.0);
    let touches = eastern.iter().any(|part| part.east == 180.0) && western.iter().any(|part| part.west == -180.0);
    let [mut west, south, mut east, north] = all.to_array();
    if touches {
        let from = eastern.iter().map(|part| part.west).fold(f64::INFINITY, f64::min);
        let to = western.iter().map(|part| part.east).fold(f64::NEG_INFINITY, f64::max);
        if from > to {
            (west, east) = (from, to);
        }
    }
    Some([west, south, east, north])
}

/// Returns the bounds of each part of a geometry.
fn parts(geometry: &GeometryValue) -> Vec<Bounds> {
    match geometry {
        GeometryValue::MultiPoint { coordinates } => {
            coordinates.iter().filter_map(|point| of_positions([point])).collect()
        }
        GeometryValue::MultiLineString { coordinates } => coordinates.iter().filter_map(of_positions).collect(),
        GeometryValue::MultiPolygon { coordinates } => {
            coordinates.iter().filter_map(|polygon| of_positions(polygon.iter().flatten())).collect()
        }
        GeometryValue::GeometryCollection { geometries } => {
            geometries.iter().flat_map(|geometry| parts(&geometry.value)).collect()
        }
        single => of_positions(positions_of(single)).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::geometry::to_geojson;
    use crate::schema::geometry::from_text;

    #[test]
    fn a_bounding_box_crosses_the_antimeridian_with_its_geometry() {
        for (text, expected) in [
            ("POINT Z(1 2 300)", Some([1.0, 2.0, 1.0, 2.0])),
            ("POLYGON((179 0, -179 0, -179 1, 179 1, 179 0))", Some([179.0, 0.0, -179.0, 1.0])),
            ("LINESTRING(170 5, -170 7)", Some([170.0, 5.0, -170.0, 7.0])),
            // Not cut: on both sides of the map.
            ("MULTIPOINT(179 0, -179 1)", Some([-179.0, 0.0, 179.0, 1.0])),
            (
                "POLYGON((-180 -90, 0 -90, 180 -90, 180 90, 0 90, -180 90, -180 -90))",
                Some([-180.0, -90.0, 180.0, 90.0]),
            ),
            ("POLYGON((0 80, 120 80, -120 80, 0 80))", Some([-180.0, 80.0, 180.0, 90.0])),
            ("POINT EMPTY", None),
            ("GEOMETRYCOLLECTION(POINT EMPTY)", None),
        ] {
            let geometry = to_geojson(&from_text(text).expect("WKT")).expect("WKB").expect("a geometry");
            assert_eq!(bbox(&geometry.value), expected, "{text}");
        }
    }
}
