//! Arrow columns to datapoint messages: the inverse of [`PageDecoder`](super::PageDecoder).
//!
//! The same columns always encode to the same bytes: fields in ascending order of their numbers, repeated numbers packed,
//! the entries of maps in the order of their keys. A null is an absent field; any other value, also a zero or a NaN, is a
//! present one, except that integers given as floating-point numbers are missing where they are NaN. Inside nested messages, the zero of a field without presence is left out, as every sender does. So decoded
//! datapoints encode to the bytes they were decoded from, and keep their ids.
//!
//! Columns are found by name, and may have any Arrow type that holds the values of the field without loss.
//!
//! | file | holds |
//! |---|---|
//! | `column` | columns matched to fields, rows written as messages |
//! | `convert` | columns of other types converted to those of their fields |
//! | `value` | the values of a column, one at a time |
//! | `scalar` | one scalar in the form in which it is written; also for serde records |
//! | `output` | tags, varints, lengths, fields |
//! | `error` | [`EncodeError`] |

mod column;
mod convert;
mod error;
pub(crate) mod output;
pub(crate) mod scalar;
#[cfg(test)]
mod tests;
mod value;

use arrow_array::RecordBatch;
use bytes::Bytes;

pub use error::EncodeError;

use crate::schema::DatasetSchema;
use crate::schema::well_known::SET_BY_SERVER;
use column::{Level, MessageColumns};

/// Encodes each row of a batch as a message of the datapoint type of a dataset, without `id` and `ingestion_time`.
///
/// The columns that each type of field accepts:
///
/// | field | column |
/// |---|---|
/// | integers | any integers in range; numbers without a fraction up to 2⁵³, where a NaN is a missing value |
/// | `double` | any numbers; whole ones up to 2⁵³ |
/// | `float` | any numbers that 32 bits hold exactly |
/// | `bool`, `string`, `bytes` | booleans, any form of text, any form of bytes |
/// | enum | names with or without the name of the type in front, or numbers |
/// | `google.protobuf.Timestamp` | any timestamps (without a zone they are UTC), dates, text in RFC 3339; between 1677-09-21 and 2262-04-11 |
/// | `google.protobuf.Duration` | any durations, text in ISO 8601; within 292 years |
/// | `datasets.v1.UUID` | 16 bytes, or text |
/// | `datasets.v1.Geometry` | WKB or EWKB in WGS 84 with closed rings, WKT as text |
/// | other messages | structs, or the encoded messages as bytes |
/// | repeated, map | any form of lists, maps |
///
/// ```
/// # use tilebox_core::{columns::encode_batch, schema::DatasetSchema};
/// # fn example(schema: &DatasetSchema, batch: &arrow_array::RecordBatch) -> Result<(), Box<dyn std::error::Error>> {
/// let datapoints = encode_batch(schema, batch)?;
/// assert_eq!(datapoints.len(), batch.num_rows());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// When a column has no field, its field does not accept its type, or a value is out of range. The error names the field
/// and the row.
pub fn encode_batch(schema: &DatasetSchema, batch: &RecordBatch) -> Result<Vec<Bytes>, EncodeError> {
    let described = batch.schema();
    let named = described.fields().iter().map(|field| field.name().as_str()).zip(batch.columns());
    let columns = named.filter(|(name, _)| !SET_BY_SERVER.contains(name));
    let columns = MessageColumns::new(schema, schema.datapoint(), Level::Datapoint, columns)?;
    let mut bytes = Vec::new();
    let mut ends = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        columns.write(row, &mut bytes);
        ends.push(bytes.len());
    }
    let mut rest = Bytes::from(bytes);
    let mut start = 0;
    let datapoints = ends.into_iter().map(|end| {
        let datapoint = rest.split_to(end - start);
        start = end;
        datapoint
    });
    Ok(datapoints.collect())
}
