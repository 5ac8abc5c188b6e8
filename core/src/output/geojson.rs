//! Datapoints as GeoJSON features.

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, RecordBatch};
use arrow_schema::Schema;
use geojson::Feature;
use geojson::feature::Id;

use super::feature_collection::Features;
use super::writer::BoxError;
use super::{geometry, value};
use crate::datapoints::footprint;

/// One feature per datapoint.
pub(super) struct GeoJson {
    geometry: Option<usize>,
    id: Option<usize>,
    properties: Vec<usize>,
}

impl GeoJson {
    pub(super) fn new(schema: &Schema) -> Self {
        let geometry = footprint::geometry_column(schema);
        let id = schema.index_of("id").ok();
        let rest = (0..schema.fields().len()).filter(|index| Some(*index) != geometry && Some(*index) != id);
        Self { geometry, id, properties: rest.collect() }
    }

    fn feature(&self, batch: &RecordBatch, row: usize) -> Result<Feature, BoxError> {
        let id = self.id.and_then(|index| value::properties(batch, &[index], row).into_iter().next());
        let id = id.map(|(_, id)| value::text(id)).filter(|id| !id.is_empty());
        let wkb = self.geometry.and_then(|index| batch.columns().get(index)?.as_binary_opt::<i32>());
        let wkb = wkb.filter(|wkb| wkb.is_valid(row)).map(|wkb| wkb.value(row));
        let geometry = wkb.map(geometry::to_geojson).transpose()?.flatten();
        if wkb.is_some() && geometry.is_none() {
            tracing::warn!(row, id, "the geometry has a coordinate that is not finite; GeoJSON contains null");
        }
        Ok(Feature {
            bbox: None,
            geometry,
            id: id.map(Id::String),
            properties: Some(value::properties(batch, &self.properties, row)),
            foreign_members: None,
        })
    }
}

impl Features for GeoJson {
    fn append(&self, batch: &RecordBatch, row: usize, block: &mut Vec<u8>) -> Result<(), BoxError> {
        Ok(serde_json::to_writer(block, &self.feature(batch, row)?)?)
    }
}
