//! GeoParquet 1.1.0: the `geo` file metadata and the column of bounding boxes.
//!
//! The metadata has no coordinate reference system, which means OGC:CRS84: longitude and latitude on WGS 84.
//!
//! The column of bounding boxes belongs to the primary geometry column. A row without a geometry has no box, and an empty
//! geometry has a box of NaN, as the specification and geopandas have it. The western longitude is never above the eastern
//! one, because readers compare plain numbers: a box across the antimeridian spans all longitudes, so that no reader skips
//! its row.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow_array::builder::NullBufferBuilder;
use arrow_array::cast::AsArray as _;
use arrow_array::{ArrayRef, Float32Array, Float64Array, RecordBatch, StructArray};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};
use serde_json::{Map, Value, json};
use wkb::reader::{Dimension, GeometryType, Wkb};

use super::bounds::{Bounds, union};
use super::covering::COVERING_KEY;
use super::wkb_bounds::bounds_of;
use super::writer::BoxError;
use crate::datapoints::footprint::{geometry_column, is_geometry};
use crate::schema::wkb::read;

/// The type of the numbers of bounding boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    /// 32 bits, half the size: each side is rounded outward.
    Single,
    /// 64 bits, exact.
    Double,
}

/// The geometry columns of a table.
pub(super) struct GeoColumns {
    /// Index and name of each, without geometries in structs, which stay bytes.
    columns: Vec<(usize, String)>,
    covering: Option<Covering>,
}

/// The column of bounding boxes.
struct Covering {
    /// The index of the geometry column.
    geometry: usize,
    field: Field,
    fields: Fields,
    precision: Precision,
}

/// Names of the sides, in the order of [`Bounds::to_array`].
const SIDES: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

/// Types and bounds of the geometries of some rows, for each geometry column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct GeoStatistics(Vec<ColumnStatistics>);

#[derive(Clone, Debug, Default, PartialEq)]
struct ColumnStatistics {
    types: BTreeSet<String>,
    bounds: Option<Bounds>,
    /// Whether a geometry has a type that GeoParquet does not name, such as one with measures.
    has_other_types: bool,
    /// Whether a geometry has more than two dimensions.
    has_heights: bool,
}

impl GeoColumns {
    pub(super) fn new(schema: &Schema, precision: Precision) -> Self {
        let fields = schema.fields().iter().enumerate().filter(|(_, field)| is_geometry(field));
        let columns = fields.map(|(index, field)| (index, field.name().clone())).collect();
        let covering = geometry_column(schema).map(|geometry| Covering::new(schema, geometry, precision));
        Self { columns, covering }
    }

    /// Returns the schema with the column of bounding boxes, the last one.
    pub(super) fn schema(&self, schema: &Schema) -> SchemaRef {
        let added = self.covering.iter().map(|covering| Arc::new(covering.field.clone()));
        let fields: Fields = schema.fields().iter().cloned().chain(added).collect();
        Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
    }

    /// Returns the rows with their bounding boxes, in the columns of `schema`, and their statistics.
    ///
    /// # Errors
    ///
    /// When a geometry is not valid WKB.
    pub(super) fn cover(
        &self,
        batch: &RecordBatch,
        schema: &SchemaRef,
    ) -> Result<(RecordBatch, GeoStatistics), BoxError> {
        let mut columns = batch.columns().to_vec();
        let mut statistics = Vec::with_capacity(self.columns.len());
        for (index, _) in &self.columns {
            let mut of_column = ColumnStatistics::default();
            let mut bounds = Vec::with_capacity(batch.num_rows());
            let values = batch.columns().get(*index).and_then(|values| values.as_binary_opt::<i32>());
            for value in values.into_iter().flatten() {
                bounds.push(value.map(|value| Ok::<_, BoxError>(of_column.add(&read(value)?))).transpose()?);
            }
            statistics.push(of_column);
            if let Some(covering) = self.covering.as_ref().filter(|covering| covering.geometry == *index) {
                columns.push(covering.column(&bounds)?);
            }
        }
        let rows = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let covered = RecordBatch::try_new_with_options(SchemaRef::clone(schema), columns, &rows)?;
        Ok((covered, GeoStatistics(statistics)))
    }

    /// Returns the metadata, or `None` without a geometry column. The primary column is `geometry`, or else the first one.
    pub(super) fn metadata(&self, statistics: &GeoStatistics) -> Option<String> {
        let covering = self.covering.as_ref()?;
        let none = ColumnStatistics::default();
        let mut columns = Map::new();
        let mut primary = None;
        for (position, (index, name)) in self.columns.iter().enumerate() {
            let mut column = statistics.0.get(position).unwrap_or(&none).to_json();
            if *index == covering.geometry {
                let paths = SIDES.map(|side| (side.to_owned(), json!([covering.field.name(), side])));
                column["covering"] = json!({"bbox": Map::from_iter(paths)});
                primary = Some(name);
            }
            columns.insert(name.clone(), column);
        }
        Some(json!({"version": "1.1.0", "primary_column": primary?, "columns": columns}).to_string())
    }
}

impl Covering {
    fn new(schema: &Schema, geometry: usize, precision: Precision) -> Self {
        let name_of_geometry = schema.fields().get(geometry).map_or("geometry", |field| field.name());
        let mut name = "bbox".to_owned();
        while schema.index_of(&name).is_ok() {
            name = if name == "bbox" { format!("{name_of_geometry}_bbox") } else { format!("{name}_") };
        }
        let number = match precision {
            Precision::Single => DataType::Float32,
            Precision::Double => DataType::Float64,
        };
        let fields: Fields = SIDES.iter().map(|side| Field::new(*side, number.clone(), false)).collect();
        let metadata = HashMap::from([(COVERING_KEY.to_owned(), name_of_geometry.to_owned())]);
        let field = Field::new(name, DataType::Struct(fields.clone()), true).with_metadata(metadata);
        Self { geometry, field, fields, precision }
    }

    /// Returns the boxes as a column: null without a geometry, NaN for a geometry without coordinates.
    fn column(&self, bounds: &[Option<Option<Bounds>>]) -> Result<ArrayRef, ArrowError> {
        let nan = [f64::NAN; 4];
        let boxes: Vec<[f64; 4]> = bounds.iter().map(|bounds| bounds.flatten().map_or(nan, Bounds::to_array)).collect();
        let mut nulls = NullBufferBuilder::new(bounds.len());
        bounds.iter().for_each(|bounds| nulls.append(bounds.is_some()));
        let side = |index: usize| -> ArrayRef {
            let numbers = boxes.iter().filter_map(|sides| sides.get(index).copied());
            match self.precision {
                Precision::Double => Arc::new(Float64Array::from_iter_values(numbers)),
                Precision::Single if index < 2 => Arc::new(Float32Array::from_iter_values(numbers.map(at_most))),
                Precision::Single => Arc::new(Float32Array::from_iter_values(numbers.map(at_least))),
            }
        };
        let sides = (0..SIDES.len()).map(side).collect();
        Ok(Arc::new(StructArray::try_new(self.fields.clone(), sides, nulls.finish())?))
    }
}

/// Returns the greatest single-precision number that is at most a number.
fn at_most(number: f64) -> f32 {
    let nearest = number as f32;
    if f64::from(nearest) > number { nearest.next_down() } else { nearest }
}

/// Returns the least single-precision number that is at least a number.
fn at_least(number: f64) -> f32 {
    -at_most(-number)
}

impl GeoStatistics {
    /// Adds the statistics of other rows.
    pub(super) fn merge(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
            return;
        }
        for (column, other) in self.0.iter_mut().zip(other.0) {
            column.types.extend(other.types);
            column.bounds = union(column.bounds, other.bounds);
            column.has_other_types |= other.has_other_types;
            column.has_heights |= other.has_heights;
        }
    }
}

impl ColumnStatistics {
    /// Adds a geometry and returns its bounds.
    fn add(&mut self, geometry: &Wkb<'_>) -> Option<Bounds> {
        let bounds = bounds_of(geometry);
        self.bounds = union(self.bounds, bounds);
        let dimension = geometry.dimension();
        self.has_heights |= dimension != Dimension::Xy;
        let name = match geometry.geometry_type() {
            GeometryType::Point => "Point",
            GeometryType::LineString => "LineString",
            GeometryType::Polygon => "Polygon",
            GeometryType::MultiPoint => "MultiPoint",
            GeometryType::MultiLineString => "MultiLineString",
            GeometryType::MultiPolygon => "MultiPolygon",
            GeometryType::GeometryCollection => "GeometryCollection",
            _ => {
                self.has_other_types = true;
                return bounds;
            }
        };
        let suffix = match dimension {
            Dimension::Xy => "",
            Dimension::Xyz => " Z",
            Dimension::Xym | Dimension::Xyzm => {
                self.has_other_types = true;
                ""
            }
        };
        // Allocate a name once, not for each geometry.
        if !self.types.iter().any(|known| known.strip_prefix(name) == Some(suffix)) {
            self.types.insert(format!("{name}{suffix}"));
        }
        bounds
    }

    fn to_json(&self) -> Value {
        // An empty list means that the types are not known.
        let types: Vec<_> = if self.has_other_types { Vec::new() } else { self.types.iter().collect() };
        let mut column = json!({"encoding": "WKB", "geometry_types": types});
        if let (Some(bounds), false) = (self.bounds, self.has_heights) {
            column["bbox"] = json!(bounds.to_array());
        }
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn single_precision_is_rounded_outward(number: f64) {
            let (below, above) = (at_most(number), at_least(number));
            proptest::prop_assert!(number.is_nan() || f64::from(below) <= number && number <= f64::from(above));
            proptest::prop_assert!(number.is_nan() || below == above || below.next_up() == above);
        }
    }

    #[test]
    fn a_covering_has_a_free_name() {
        let name = |names: &[&str]| {
            let fields: Vec<_> = names.iter().map(|name| Field::new(*name, DataType::Int64, true)).collect();
            Covering::new(&Schema::new(fields), 0, Precision::Single).field.name().clone()
        };
        assert_eq!(name(&["shape"]), "bbox");
        assert_eq!(name(&["shape", "bbox"]), "shape_bbox");
        assert_eq!(name(&["shape", "bbox", "shape_bbox", "shape_bbox_"]), "shape_bbox__");
    }
}
