//! Datapoints as a GeoJSON feature collection.

use std::io::Write;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, RecordBatch};
use arrow_schema::SchemaRef;
use geojson::Feature;
use geojson::feature::Id;

use super::writer::{BoxError, Encoder};
use super::{geometry, value};
use crate::datapoints::footprint;

/// Writes one feature per datapoint, each on its own line.
pub(super) struct GeoJsonEncoder<W> {
    out: W,
    geometry: Option<usize>,
    id: Option<usize>,
    properties: Vec<usize>,
    is_first: bool,
}

impl<W: Write> GeoJsonEncoder<W> {
    pub(super) fn new(mut out: W, schema: &SchemaRef) -> Result<Self, BoxError> {
        let geometry = footprint::geometry_column(schema);
        let id = schema.index_of("id").ok();
        let rest = (0..schema.fields().len()).filter(|index| Some(*index) != geometry && Some(*index) != id);
        out.write_all(br#"{"type":"FeatureCollection","features":["#)?;
        Ok(Self { geometry, id, properties: rest.collect(), is_first: true, out })
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

impl<W: Write + Send> Encoder for GeoJsonEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        for row in 0..batch.num_rows() {
            self.out.write_all(if self.is_first { b"\n" } else { b",\n" })?;
            self.is_first = false;
            let feature = self.feature(batch, row)?;
            serde_json::to_writer(&mut self.out, &feature)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        self.out.write_all(b"\n]}\n")?;
        Ok(self.out.flush()?)
    }
}
