//! Arrow columns to datapoint messages: the way back of [`PageDecoder`](super::PageDecoder).
//!
//! The same columns always give the same bytes: fields in ascending order of their numbers, repeated numbers packed,
//! the entries of maps in the order of their keys. A null is a field that is absent, anything else one that is present,
//! also a zero or a NaN. Inside other messages, the zero of a field without presence is left out, as every sender does.
//! So what was decoded becomes what it was decoded from, and keeps its id.
//!
//! Columns are found by name, and may have any Arrow type that holds the values of the field without loss.
//!
//! | file | holds |
//! |---|---|
//! | `column` | which column goes to which field |
//! | `convert` | what types a column may have |
//! | `value` | how one value is written |
//! | `output` | tags, varints, lengths |
//! | `error` | [`EncodeError`] |

mod column;
mod convert;
mod error;
pub(crate) mod output;
#[cfg(test)]
mod tests;
mod value;

use arrow_array::RecordBatch;
use bytes::Bytes;

pub(crate) use column::unknown_field;
pub(crate) use convert::{NOT_A_DOUBLE, NOT_A_FLOAT, duration_of_text, enum_number, time_out_of_range, unknown_name};
pub use error::EncodeError;

use crate::schema::DatasetSchema;
use column::{MessageColumns, Place};

/// The fields that the server sets: what a client says of them is not sent.
const SET_BY_SERVER: [&str; 2] = ["id", "ingestion_time"];

/// Encodes each row of a batch as a message of the datapoint type of a dataset, without `id` and `ingestion_time`.
///
/// Which Arrow types a column may have:
///
/// | field | column |
/// |---|---|
/// | whole numbers | any whole numbers that are in range |
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
/// When a column has no field or a type that its field cannot have, or a value is out of range. The error names the
/// field and the row.
pub fn encode_batch(schema: &DatasetSchema, batch: &RecordBatch) -> Result<Vec<Bytes>, EncodeError> {
    let described = batch.schema();
    let named = described.fields().iter().map(|field| field.name().as_str()).zip(batch.columns());
    let columns = named.filter(|(name, _)| !SET_BY_SERVER.contains(name));
    let columns = MessageColumns::new(schema, schema.datapoint(), Place::Datapoint, columns)?;
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
