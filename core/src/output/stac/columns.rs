//! The columns of a table by their place in an item.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema};
use serde_json::Value;

use super::links;
use crate::datapoints::footprint::geometry_column;
use crate::output::value::{self, Geometries};

/// Names of the members of an item, of the property that `time` becomes, and of the bands of assets. A field of such a name
/// has a prefix.
const RESERVED: [&str; 11] = [
    "type",
    "stac_version",
    "stac_extensions",
    "id",
    "geometry",
    "bbox",
    "links",
    "assets",
    "collection",
    "datetime",
    "bands",
];

/// The time when the server received a datapoint, which STAC does not define.
const INGESTION_TIME: &str = "ingestion_time";

/// The prefix of properties of Tilebox.
const PREFIX: &str = "tilebox:";

/// The columns of an item, by their indexes.
#[derive(Clone, Debug)]
pub(super) struct ItemColumns {
    pub(super) id: usize,
    pub(super) time: usize,
    pub(super) geometry: Option<usize>,
    pub(super) assets: Option<usize>,
    pub(super) links: Option<usize>,
    pub(super) collection: Option<usize>,
    /// The other columns and the names of their properties.
    pub(super) properties: Vec<(usize, String)>,
}

impl ItemColumns {
    /// Finds the columns of an item.
    ///
    /// # Errors
    ///
    /// When there is no column `id` or `time`, which every item has.
    pub(super) fn new(schema: &Schema) -> Result<Self, String> {
        let required = |name: &str| schema.index_of(name).map_err(|_| format!("a STAC item needs the column `{name}`"));
        let (id, time) = (required("id")?, required("time")?);
        let geometry = geometry_column(schema);
        let fields = || schema.fields().iter().enumerate();
        let assets = fields().find(|(_, field)| is_message(field, &["access_profiles", "band_profiles", "assets"]));
        let links = fields().find(|(_, field)| is_message(field, &["links"]));
        let links = links.map(|(index, _)| index);
        // An item has a collection if, and only if, it has a link to it.
        let collection = links.and_then(|_| {
            let (index, field) = schema.column_with_name("collection")?;
            matches!(field.data_type(), DataType::Utf8).then_some(index)
        });
        let assets = assets.map(|(index, _)| index);
        let known = [Some(id), Some(time), geometry, assets, links, collection];
        let others = fields().filter(|(index, _)| !known.contains(&Some(*index)));
        let properties = others.map(|(index, field)| (index, property(field.name()))).collect();
        Ok(Self { id, time, geometry, assets, links, collection, properties })
    }

    /// Returns the links of a row and its collection.
    pub(super) fn links(&self, batch: &RecordBatch, row: usize) -> (Vec<Value>, Option<String>) {
        let collection = self.collection.and_then(|index| json(batch, index, row)).map(value::text);
        let message = self.links.and_then(|index| json(batch, index, row)).unwrap_or_default();
        let links = links::links(&message, collection.is_some());
        let has_link = links.iter().any(links::is_collection);
        (links, collection.filter(|_| has_link))
    }
}

/// Returns the value of a column in a row, or `None` if it is missing. Geometries are GeoJSON.
pub(super) fn json(batch: &RecordBatch, index: usize, row: usize) -> Option<Value> {
    let (field, column): (&FieldRef, &ArrayRef) =
        (batch.schema_ref().fields().get(index)?, batch.columns().get(index)?);
    Some(value::json(field, column, row, Geometries::GeoJson)).filter(|value| !value.is_null())
}

/// Returns the name of the property that a field becomes.
fn property(field: &str) -> String {
    match field == INGESTION_TIME || RESERVED.contains(&field) {
        true => format!("{PREFIX}{field}"),
        false => field.to_owned(),
    }
}

/// Returns whether a column has messages with exactly these fields.
fn is_message(field: &Field, names: &[&str]) -> bool {
    let is_list_of_messages = |field: &FieldRef| match field.data_type() {
        DataType::List(item) => matches!(item.data_type(), DataType::Struct(_)),
        _ => false,
    };
    let has_names = |fields: &Fields| {
        fields.iter().map(|field| field.name().as_str()).eq(names.iter().copied())
            && fields.iter().all(is_list_of_messages)
    };
    matches!(field.data_type(), DataType::Struct(fields) if has_names(fields))
}
