//! Page bytes to Arrow columns, and back.
//!
//! [`PageDecoder`] writes each value of an encoded page straight to its column, without a message in between. Datapoints in
//! the usual encoding are read in blocks, field by field; others one by one. Fields become columns:
//!
//! | protobuf | Arrow |
//! |---|---|
//! | numbers, `bool` | the same number or boolean, `sint` and `fixed` types as their size says |
//! | `string`, `bytes` | `Utf8View`, `BinaryView` |
//! | enum | `Dictionary(Int32, Utf8)` of [short names](crate::schema::EnumValue::short_name); a number without a name is its decimal text, as is every number of an unknown enum |
//! | `google.protobuf.Timestamp` | `Timestamp(Nanosecond, "UTC")` |
//! | `google.protobuf.Duration` | `Duration(Nanosecond)` |
//! | `datasets.v1.UUID` | `FixedSizeBinary(16)`, extension `arrow.uuid` |
//! | `datasets.v1.Geometry` | `BinaryView` of WKB as the server has it, extension `geoarrow.wkb` in EPSG:4326 |
//! | other messages | `Struct`, to any depth |
//! | recursive messages, messages of an unknown type | `BinaryView` of their encoding, [`MESSAGE_TYPE_KEY`] names the type |
//! | repeated, map | `List`, `Map` |
//!
//! A value is **null where the field is absent on the wire**, never a default. The one exception: fields without presence
//! in nested messages, such as the latitude of `datasets.v1.LatLon`, read as zero, because senders leave their zeros out. A
//! repeated field or a map without elements is null, and so is an identifier or a geometry without bytes. A value out of
//! range, such as a time after 2262-04-11, is null and [reported](NulledValues).
//!
//! Otherwise protobuf's rules apply: the last occurrence of a field counts, messages that occur again are merged, a member
//! of a oneof clears the others, unknown fields and known ones in an unexpected form are skipped. Text must be UTF-8.
//! Messages kept encoded are not validated.
//!
//! | file | holds |
//! |---|---|
//! | `page_decoder` | [`PageDecoder`]: pages decoded to batches |
//! | `envelope` | the messages around datapoints |
//! | `compile` | a schema and a projection compiled to a plan and an Arrow schema |
//! | `arrow_type` | Arrow fields for the types of a dataset |
//! | `plan` | the plan of a message |
//! | `writer/` | the columns while they grow |
//! | `nulled_values` | [`NulledValues`]: values out of range of their column |
//! | `wire` | tags, varints, lengths |
//! | `encode/` | columns to datapoint messages |
//! | `error` | [`DecodeError`] |

mod arrow_type;
mod compile;
pub(crate) mod encode;
mod envelope;
mod error;
mod nulled_values;
mod page_decoder;
mod plan;
#[cfg(test)]
mod tests;
pub(crate) mod wire;
mod writer;

pub use arrow_type::{DESCRIPTION_KEY, MESSAGE_TYPE_KEY};
pub use encode::{EncodeError, encode_batch};
pub use error::{DecodeError, DecodeErrorKind};
pub use nulled_values::NulledValues;
pub use page_decoder::{DecodedPage, PageDecoder};
