//! Information about datasets and collections, converted from messages.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::Summary;
use crate::error::UnreadableMessage;
use crate::protocol::id;
use crate::protocol::wire::datasets::v1 as wire;
use crate::schema::interval::TimeInterval;
use crate::schema::{DatasetSchema, SchemaError};

/// A dataset: names, texts, and the type of its datapoints.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DatasetInfo {
    /// The id.
    pub id: Uuid,
    /// The id of its group; `None` for a dataset without group.
    pub group_id: Option<Uuid>,
    /// The code names of its groups and of the dataset, joined by dots: `open_data.copernicus.sentinel2_msi`.
    pub slug: String,
    /// The code name, the last part of the slug.
    pub code_name: String,
    /// The display name.
    pub name: String,
    /// The summary, one sentence.
    pub summary: String,
    /// The documentation, in Markdown.
    pub description: String,
    /// The schema of the datapoints, or the error of its type.
    pub schema: Result<Arc<DatasetSchema>, SchemaError>,
    /// The type as sent by the server.
    annotated_type: wire::AnnotatedType,
}

impl DatasetInfo {
    /// Converts a message.
    ///
    /// A type that is not valid becomes an error in [`schema`](Self::schema), so it does not hide the other datasets of
    /// a list.
    ///
    /// # Errors
    ///
    /// If the dataset has no id.
    pub fn from_wire(dataset: wire::Dataset) -> Result<Self, UnreadableMessage> {
        let id = dataset.id.as_ref().and_then(id::from_wire);
        let annotated_type = dataset.r#type.unwrap_or_default();
        Ok(Self {
            id: id.ok_or_else(|| UnreadableMessage::new(format!("the dataset `{}` has no id", dataset.slug)))?,
            group_id: dataset.group_id.as_ref().and_then(id::from_wire),
            slug: dataset.slug,
            code_name: dataset.code_name,
            name: dataset.name,
            summary: dataset.summary,
            description: dataset.description,
            schema: DatasetSchema::from_annotated_type(&annotated_type).map(Arc::new),
            annotated_type,
        })
    }

    /// Returns whether both datasets have the same type, including all annotations.
    #[must_use]
    pub fn has_type_of(&self, other: &Self) -> bool {
        self.annotated_type == other.annotated_type
    }
}

impl Summary for DatasetInfo {
    fn summary(&self) -> &str {
        &self.summary
    }
}

/// `<name> [<kind> Dataset]: <summary>`.
impl fmt::Display for DatasetInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.schema.as_ref().map(|schema| schema.kind()) {
            Ok(wire::DatasetKind::Temporal) => "Temporal Dataset",
            Ok(wire::DatasetKind::Spatiotemporal) => "Spatiotemporal Dataset",
            Ok(wire::DatasetKind::Unspecified) | Err(_) => "Dataset",
        };
        write!(f, "{} [{kind}]: {}", self.name, self.summary)
    }
}

/// A collection: name, availability and number of datapoints.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectionInfo {
    /// The id.
    pub id: Uuid,
    /// The name, unique within the dataset.
    pub name: String,
    /// The interval from the earliest to the latest datapoint, both included. Empty for a collection without datapoints,
    /// `None` if unknown.
    pub availability: Option<TimeInterval>,
    /// The number of datapoints; `None` if unknown.
    pub count: Option<u64>,
}

impl CollectionInfo {
    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If the collection has no id, or its availability is not a valid interval.
    pub fn from_wire(info: wire::CollectionInfo) -> Result<Self, UnreadableMessage> {
        let collection = info.collection.unwrap_or_default();
        let name = collection.name;
        let id = collection.id.as_ref().and_then(id::from_wire);
        let id = id.ok_or_else(|| UnreadableMessage::new(format!("the collection `{name}` has no id")))?;
        let availability = info.availability.map(|interval| {
            TimeInterval::from_wire(&interval)
                .ok_or_else(|| UnreadableMessage::new(format!("the availability of `{name}` is not a valid interval")))
        });
        Ok(Self { id, availability: availability.transpose()?, name, count: info.count })
    }
}

/// `<name>: <availability> (<n> datapoints)`.
impl fmt::Display for CollectionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        match &self.availability {
            None => f.write_str("availability unknown")?,
            Some(interval) if interval.is_empty() => f.write_str("empty")?,
            Some(interval) => write!(f, "{interval}")?,
        }
        match self.count {
            Some(count) => write!(f, " ({count} datapoints)"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::tilebox::v1 as tilebox;

    fn collection(availability: Option<tilebox::TimeInterval>, count: Option<u64>) -> CollectionInfo {
        let id = id::to_wire(Uuid::from_u128(1));
        let collection = wire::Collection { name: "C".to_owned(), id: Some(id) };
        CollectionInfo::from_wire(wire::CollectionInfo { collection: Some(collection), availability, count })
            .expect("a collection")
    }

    #[test]
    fn empty_and_unknown_availability_differ() {
        let epoch = Some(prost_types::Timestamp::default());
        let at_epoch = tilebox::TimeInterval { start_time: epoch, end_time: epoch, ..Default::default() };
        let exclusive = tilebox::TimeInterval { start_exclusive: true, ..at_epoch };
        assert_eq!(collection(None, None).to_string(), "C: availability unknown");
        assert_eq!(collection(Some(Default::default()), Some(0)).to_string(), "C: empty (0 datapoints)");
        assert_eq!(collection(Some(at_epoch), Some(0)).to_string(), "C: empty (0 datapoints)");
        assert_eq!(collection(Some(exclusive), None).to_string(), "C: empty");
        let one = tilebox::TimeInterval { end_inclusive: true, ..at_epoch };
        assert_eq!(
            collection(Some(one), Some(1)).to_string(),
            "C: [1970-01-01T00:00:00Z, 1970-01-01T00:00:00Z] (1 datapoints)"
        );
    }

    #[test]
    fn a_dataset_with_an_invalid_type_is_listed() {
        let dataset =
            wire::Dataset { id: Some(id::to_wire(Uuid::from_u128(1))), name: "X".to_owned(), ..Default::default() };
        let info = DatasetInfo::from_wire(dataset).expect("a dataset");
        assert!(info.schema.is_err());
        assert_eq!(info.to_string(), "X [Dataset]: ");
        assert!(DatasetInfo::from_wire(wire::Dataset::default()).is_err());
    }
}
