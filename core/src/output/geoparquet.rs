//! The `geo` file metadata of GeoParquet 1.1.0.
//!
//! It has no coordinate reference system, which means OGC:CRS84: longitude and latitude on WGS 84.

use std::collections::BTreeSet;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray as _;
use arrow_schema::SchemaRef;
use geo_types::Geometry;
use serde_json::{Map, Value, json};
use wkb::reader::{Dimension, GeometryType, Wkb};

use super::writer::BoxError;
use crate::datapoints::footprint::{flatten, is_geometry};
use crate::schema::wkb::read;

/// Statistics of the geometries written so far.
pub(super) struct GeoMetadata {
    columns: Vec<Column>,
}

struct Column {
    index: usize,
    name: String,
    types: BTreeSet<String>,
    /// West, south, east, north.
    bounds: Option<[f64; 4]>,
    /// Whether a geometry has a type that GeoParquet does not name, such as one with measures.
    has_other_types: bool,
    /// Whether a geometry has more than two dimensions.
    has_heights: bool,
}

impl GeoMetadata {
    /// Finds the geometry columns. Geometries in structs stay bytes.
    pub(super) fn new(schema: &SchemaRef) -> Self {
        let fields = schema.fields().iter().enumerate().filter(|(_, field)| is_geometry(field));
        let columns = fields.map(|(index, field)| Column {
            index,
            name: field.name().clone(),
            types: BTreeSet::new(),
            bounds: None,
            has_other_types: false,
            has_heights: false,
        });
        Self { columns: columns.collect() }
    }

    /// Adds the geometries of these rows.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        for column in &mut self.columns {
            let values = batch.columns().get(column.index).and_then(|values| values.as_binary_opt::<i32>());
            for value in values.into_iter().flat_map(|values| values.iter().flatten()) {
                column.add(&read(value)?);
            }
        }
        Ok(())
    }

    /// Returns the metadata, or `None` without a geometry column. The primary column is `geometry`, or else the first one.
    pub(super) fn to_json(&self) -> Option<String> {
        let primary = self.columns.iter().find(|column| column.name == "geometry").or(self.columns.first())?;
        let columns: Map<_, _> = self.columns.iter().map(|column| (column.name.clone(), column.to_json())).collect();
        Some(json!({"version": "1.1.0", "primary_column": primary.name, "columns": columns}).to_string())
    }
}

impl Column {
    fn add(&mut self, geometry: &Wkb<'_>) {
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
                return;
            }
        };
        let suffix = match geometry.dimension() {
            Dimension::Xy => "",
            Dimension::Xyz => " Z",
            Dimension::Xym | Dimension::Xyzm => {
                self.has_other_types = true;
                ""
            }
        };
        self.has_heights |= geometry.dimension() != Dimension::Xy;
        // Allocate a name once, not for each geometry.
        if !self.types.iter().any(|known| known.strip_prefix(name) == Some(suffix)) {
            self.types.insert(format!("{name}{suffix}"));
        }
        extend(&mut self.bounds, &flatten(geometry));
    }

    fn to_json(&self) -> Value {
        // An empty list means that the types are not known.
        let types: Vec<_> = if self.has_other_types { Vec::new() } else { self.types.iter().collect() };
        let mut column = json!({"encoding": "WKB", "geometry_types": types});
        if let (Some(bounds), false) = (self.bounds, self.has_heights) {
            column["bbox"] = json!(bounds);
        }
        column
    }
}

/// Extends bounds by the finite coordinates of a geometry.
fn extend(bounds: &mut Option<[f64; 4]>, geometry: &Geometry) {
    let mut add = |x: f64, y: f64| {
        if x.is_finite() && y.is_finite() {
            let [west, south, east, north] = bounds.unwrap_or([x, y, x, y]);
            *bounds = Some([west.min(x), south.min(y), east.max(x), north.max(y)]);
        }
    };
    match geometry {
        Geometry::Point(point) => add(point.x(), point.y()),
        Geometry::MultiPoint(points) => points.iter().for_each(|point| add(point.x(), point.y())),
        Geometry::Line(line) => [line.start, line.end].iter().for_each(|at| add(at.x, at.y)),
        Geometry::LineString(line) => line.coords().for_each(|at| add(at.x, at.y)),
        Geometry::MultiLineString(lines) => lines.iter().flat_map(|line| line.coords()).for_each(|at| add(at.x, at.y)),
        // Holes lie inside.
        Geometry::Polygon(polygon) => polygon.exterior().coords().for_each(|at| add(at.x, at.y)),
        Geometry::MultiPolygon(polygons) => {
            polygons.iter().flat_map(|polygon| polygon.exterior().coords()).for_each(|at| add(at.x, at.y));
        }
        Geometry::Rect(rect) => [rect.min(), rect.max()].iter().for_each(|at| add(at.x, at.y)),
        Geometry::Triangle(triangle) => triangle.to_array().iter().for_each(|at| add(at.x, at.y)),
        Geometry::GeometryCollection(parts) => parts.iter().for_each(|part| extend(bounds, part)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{GeometryCollection, MultiPolygon, Point, Polygon, polygon};

    #[test]
    fn bounds_contain_every_finite_coordinate() {
        let square = |from: f64, to: f64| -> Polygon {
            polygon![(x: from, y: from), (x: to, y: from), (x: to, y: to), (x: from, y: to)]
        };
        let mut bounds = None;
        extend(&mut bounds, &Point::new(f64::NAN, 1.0).into());
        assert_eq!(bounds, None);
        extend(&mut bounds, &MultiPolygon::new(vec![square(1.0, 2.0), square(5.0, 7.5)]).into());
        assert_eq!(bounds, Some([1.0, 1.0, 7.5, 7.5]));
        let parts = GeometryCollection::from(vec![Geometry::from(Point::new(-180.0, 3.0))]);
        extend(&mut bounds, &Geometry::GeometryCollection(parts));
        assert_eq!(bounds, Some([-180.0, 1.0, 7.5, 7.5]));
    }
}
