//! Page bytes to Arrow columns, and back.
//!
//! [`PageDecoder`] writes each value of the protobuf encoding of a page to its column; there is no message in between.
//! Datapoints that are as encoders write them are read many at once, field by field, others one by one. What becomes of
//! a field:
//!
//! | protobuf | Arrow |
//! |---|---|
//! | numbers, `bool` | the same number or boolean, `sint` and `fixed` types as their size says |
//! | `string`, `bytes` | `Utf8View`, `BinaryView` |
//! | enum | `Dictionary(Int32, Utf8)` of [short names](crate::schema::EnumValue::short_name); a number the schema does not name is its decimal text, as all are of an enum that nobody describes |
//! | `google.protobuf.Timestamp` | `Timestamp(Nanosecond, "UTC")` |
//! | `google.protobuf.Duration` | `Duration(Nanosecond)` |
//! | `datasets.v1.UUID` | `FixedSizeBinary(16)`, extension `arrow.uuid` |
//! | `datasets.v1.Geometry` | `BinaryView` of WKB as the server has it, extension `geoarrow.wkb` in EPSG:4326 |
//! | other messages | `Struct`, to any depth |
//! | messages that can contain themselves, or of a type that nobody describes | `BinaryView` of their encoding, [`MESSAGE_TYPE_KEY`] names the type |
//! | repeated, map | `List`, `Map` |
//!
//! A value is **null where the field is absent on the wire**, never a default. The one exception are fields of messages
//! inside a datapoint that have no presence, such as the latitude of `datasets.v1.LatLon`: senders leave their zeros out,
//! so they read as zero. A repeated field or a map without elements is null, and so is an identifier or a geometry
//! without bytes. A value that no column holds, such as a time after 2262-04-11, is null and [reported](Nulled).
//!
//! Otherwise bytes mean what protobuf says: the last occurrence of a field counts, messages that occur again are merged,
//! a member of a oneof clears the others, unknown fields and known ones in an unexpected form are skipped. Text must be
//! UTF-8. The inside of a message that is kept encoded is not looked at.
//!
//! | file | holds |
//! |---|---|
//! | `decoder` | [`PageDecoder`]: pages in, batches out |
//! | `page` | the messages around datapoints |
//! | `compile` | schema and projection in, plan and Arrow schema out |
//! | `arrow_type` | extension types and metadata of Arrow fields |
//! | `plan` | what to do with each field of a message |
//! | `writer/` | the columns while they grow |
//! | `nulled` | [`Nulled`]: values that no column holds |
//! | `wire` | tags, varints, lengths |
//! | `encode/` | columns to datapoint messages |
//! | `error` | [`DecodeError`] |

mod arrow_type;
mod compile;
mod decoder;
pub(crate) mod encode;
mod error;
mod nulled;
mod page;
mod plan;
#[cfg(test)]
mod tests;
pub(crate) mod wire;
mod writer;

pub use arrow_type::{DESCRIPTION_KEY, MESSAGE_TYPE_KEY};
pub use decoder::{DecodedPage, PageDecoder};
pub use encode::{EncodeError, encode_batch};
pub use error::{DecodeError, DecodeErrorKind};
pub use nulled::Nulled;
