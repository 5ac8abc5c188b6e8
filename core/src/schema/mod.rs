//! The type of a dataset: which fields its datapoints have, what their values mean, and the times that people write.
//!
//! A dataset describes itself with a protobuf descriptor. The server sends the one file that holds the datapoint type;
//! the files it imports are known here. [`DatasetSchema`] is that description with every name resolved, so that
//! nothing about it can fail later.
//!
//! | file | holds |
//! |---|---|
//! | `message` | message types and their fields |
//! | `enumeration` | enum types and the short names of their values |
//! | `well_known` | the table of well-known messages: names, columns, units, ranges |
//! | `limits` | the values that fields accept |
//! | `descriptor` | the messages that describe types |
//! | `features` | what the syntax, the edition and the features of a file say of its fields |
//! | `symbols` | which definition a type name means |
//! | `resolve` | descriptors in, message types out |
//! | `recursion` | which message types can contain themselves |
//! | `duration`, `geometry`, `wkb`, `wkt` | the forms of durations and geometries |
//! | `error` | why a description is not usable |
//! | `timestamp`, `interval`, `extent` | times, intervals and extents, read from what people write |
//! | `closest`, `shown` | suggestions for names, and texts short enough for an error |

pub(crate) mod closest;
mod descriptor;
pub(crate) mod duration;
mod enumeration;
mod error;
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
pub(crate) mod shown;
mod symbols;
#[cfg(test)]
mod tests;
pub(crate) mod timestamp;
pub(crate) mod well_known;
pub(crate) mod wkb;
pub(crate) mod wkt;

pub use enumeration::{EnumType, EnumValue};
pub use error::{SchemaError, SchemaErrorKind};
pub use extent::{IntoTemporalExtent, TemporalExtent};
pub use interval::{IdInterval, TimeInterval};
pub use message::{Field, MessageId, MessageType, ValueType};
pub use timestamp::{IntoTimestamp, Timestamp};

use features::Features;
pub(crate) use message::MessageEncoding;

use crate::protocol::wire::datasets::v1::{AnnotatedType, DatasetKind};

/// The type of a dataset's datapoints, with all types it refers to.
///
/// Always has the singular fields `time` and `ingestion_time` (`google.protobuf.Timestamp`) and `id`
/// (`datasets.v1.UUID`). Immutable; put it into an [`Arc`](std::sync::Arc) to share it.
#[derive(Clone, Debug)]
pub struct DatasetSchema {
    kind: DatasetKind,
    datapoint: MessageType,
    /// The datapoint type and those it reaches. A [`MessageId`] counts them from zero.
    messages: Vec<MessageType>,
}

impl DatasetSchema {
    /// Reads the type that a [`Dataset`](crate::protocol::wire::datasets::v1::Dataset) message carries.
    ///
    /// Accepts files in proto2, proto3 and editions, and type names with and without a leading dot. Imports are
    /// looked up among the files sent along, then among the [well-known ones](crate::protocol::wire::WELL_KNOWN_TYPES).
    ///
    /// A field whose type is neither there is still a field: its messages stay encoded (see
    /// [`MessageType::is_known`]), and the values of an enum are known by their numbers.
    ///
    /// # Errors
    ///
    /// When the datapoint type is not there, a required field is missing or has another type, or the descriptor is not
    /// valid protobuf. The error names the type and the field.
    pub fn from_annotated_type(annotated: &AnnotatedType) -> Result<Self, SchemaError> {
        resolve::resolve(annotated)
    }

    /// Whether datapoints have a time, or a time and a place. `Unspecified` when the server says neither.
    #[must_use]
    pub fn kind(&self) -> DatasetKind {
        self.kind
    }

    /// The full name of the datapoint type, such as `datasets.v1.group_0123.Sentinel2Msi`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        self.datapoint.full_name()
    }

    /// The datapoint type itself.
    #[must_use]
    pub fn datapoint(&self) -> &MessageType {
        &self.datapoint
    }

    /// The fields of a datapoint, in the order the dataset declares them.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        self.datapoint.fields()
    }

    /// The field of a datapoint with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.datapoint.field(name)
    }

    /// The message type that a field's values have; `None` for any other field, or a field of another schema.
    #[must_use]
    pub fn message_type(&self, field: &Field) -> Option<&MessageType> {
        match field.value_type() {
            ValueType::Message(id) => self.message(*id),
            _ => None,
        }
    }

    /// The message type with this id; `None` for an id of another schema.
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&MessageType> {
        self.messages.get(id.0)
    }

    /// The part of a type URL that is the full name of a message: all of it on this API, what follows the last slash
    /// where a prefix such as `type.googleapis.com/` is written.
    pub(crate) fn full_name(type_url: &str) -> &str {
        type_url.rsplit_once('/').map_or(type_url, |(_, name)| name)
    }
}
