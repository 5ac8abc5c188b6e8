//! The type of a dataset: its fields and what their values mean. Times, intervals and geometries in text.
//!
//! A dataset describes itself with a protobuf descriptor. The server sends the one file that holds the datapoint type;
//! the files it imports are known here. [`DatasetSchema`] is that description with every name resolved, so that
//! using it cannot fail.
//!
//! | file | holds |
//! |---|---|
//! | `message` | message types and their fields |
//! | `enumeration` | enum types and the short names of their values |
//! | `well_known` | the table of well-known messages: names, columns, units, ranges |
//! | `limits` | the values that fields accept |
//! | `descriptor` | descriptor messages |
//! | `features` | presence and message encoding, from the syntax, edition and features of a file |
//! | `symbols` | type names resolved to definitions |
//! | `resolve` | descriptors resolved to message types |
//! | `recursion` | message types that can contain themselves |
//! | `duration`, `geometry`, `wkb`, `wkt` | text and binary forms of durations and geometries |
//! | `error` | [`SchemaError`] |
//! | `timestamp`, `interval`, `extent` | times, intervals and extents, from text and other types |
//! | `span` | spans of time, and the extent of the last one |
//! | `closest`, `excerpt` | spelling suggestions; text shortened for an error |

pub(crate) mod closest;
mod descriptor;
pub(crate) mod duration;
mod enumeration;
mod error;
pub(crate) mod excerpt;
pub(crate) mod extent;
mod features;
pub(crate) mod geometry;
pub(crate) mod interval;
pub(crate) mod limits;
mod message;
mod recursion;
mod resolve;
#[cfg(test)]
pub(crate) mod samples;

mod span;
mod symbols;
#[cfg(test)]
mod tests;
pub(crate) mod timestamp;
pub(crate) mod well_known;
pub(crate) mod wkb;
pub(crate) mod wkt;

pub use enumeration::{EnumType, EnumValue};
pub use error::{SchemaError, SchemaErrorKind};
pub use extent::{IntoTemporalExtent, QueryExtent, TemporalExtent};
pub use interval::{IdInterval, TimeInterval};
pub use message::{Field, MessageId, MessageType, ValueType};
pub use span::{Last, TimeSpan, last};
pub use timestamp::{IntoTimestamp, Timestamp};

use features::Features;
pub(crate) use message::MessageEncoding;

use crate::error::Error;
use crate::protocol::wire::datasets::v1::{AnnotatedType, DatasetKind};

/// The type of a dataset's datapoints, with all types it refers to.
///
/// Always has the singular fields `time` and `ingestion_time` (`google.protobuf.Timestamp`) and `id`
/// (`datasets.v1.UUID`). Immutable; put it into an [`Arc`](std::sync::Arc) to share it.
#[derive(Clone, Debug)]
pub struct DatasetSchema {
    kind: DatasetKind,
    datapoint: MessageType,
    /// The datapoint type and the types it refers to. A [`MessageId`] counts them from zero.
    messages: Vec<MessageType>,
}

impl DatasetSchema {
    /// Reads the type that a [`Dataset`](crate::protocol::wire::datasets::v1::Dataset) message carries.
    ///
    /// Accepts files in proto2, proto3 and editions, and type names with and without a leading dot. Imports are
    /// looked up among the files sent along, then among the [well-known ones](crate::protocol::wire::WELL_KNOWN_TYPES).
    ///
    /// A field of an unknown type is still a field: its messages stay encoded (see [`MessageType::is_known`]), and its
    /// enum values are numbers.
    ///
    /// # Errors
    ///
    /// When the datapoint type is missing, a required field is missing or has another type, or the descriptor is not
    /// valid protobuf. The error names the type and the field.
    pub fn from_annotated_type(annotated: &AnnotatedType) -> Result<Self, SchemaError> {
        resolve::resolve(annotated)
    }

    /// Returns whether datapoints have a time, or a time and a place. `Unspecified` if the server does not say.
    #[must_use]
    pub fn kind(&self) -> DatasetKind {
        self.kind
    }

    /// Returns the full name of the datapoint type, such as `datasets.v1.group_0123.Sentinel2Msi`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        self.datapoint.full_name()
    }

    /// Returns the datapoint type.
    #[must_use]
    pub fn datapoint(&self) -> &MessageType {
        &self.datapoint
    }

    /// Returns the fields of a datapoint, in the order of the dataset.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        self.datapoint.fields()
    }

    /// Returns the field of a datapoint with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.datapoint.field(name)
    }

    /// Returns the field of a datapoint with this name, or an error that suggests similar names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when there is no such field.
    pub fn find_field(&self, name: &str) -> Result<&Field, Error> {
        self.field(name).ok_or_else(|| {
            let advice = closest::advice(name, self.fields().iter().map(Field::name), "the fields are");
            Error::invalid(format!("find the field `{name}`"), "the dataset has no such field", advice)
        })
    }

    /// Returns the fields that every ingested datapoint must have: the time, and in spatiotemporal datasets the geometry.
    pub fn required_fields(&self) -> impl Iterator<Item = &Field> {
        let geometry = (self.kind == DatasetKind::Spatiotemporal).then_some("geometry");
        ["time"].into_iter().chain(geometry).filter_map(|name| self.field(name))
    }

    /// Returns the message type of a field's values; `None` for scalar fields and fields of another schema.
    #[must_use]
    pub fn message_type(&self, field: &Field) -> Option<&MessageType> {
        match field.value_type() {
            ValueType::Message(id) => self.message(*id),
            _ => None,
        }
    }

    /// Returns the message type with this id; `None` for an id of another schema.
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&MessageType> {
        self.messages.get(id.0)
    }

    /// Returns the full name of a message in a type URL: all of it on this API, or the part after the last slash where it
    /// has a prefix such as `type.googleapis.com/`.
    pub(crate) fn full_name(type_url: &str) -> &str {
        type_url.rsplit_once('/').map_or(type_url, |(_, name)| name)
    }
}
