//! Records: values of types that implement `serde::Serialize`.

mod convert;
mod encode;
mod record_value;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use serde::Serialize;

use super::input::{DatapointEncoder, IntoDatapoints};
use crate::error::Result;
use record_value::RecordValue;

/// Values of a type that implements [`Serialize`], one for each datapoint: `Records(&scenes)`.
///
/// Fields are matched by name; a name that the dataset does not have is an error. `None` and an empty list are missing
/// values.
///
/// | field | accepted values |
/// |---|---|
/// | integers | integers in range; numbers without a fraction up to 2⁵³, where NaN is a missing value |
/// | `bool`, `string` | booleans, text |
/// | `double` | numbers; integers up to 2⁵³ |
/// | `float` | numbers that 32 bits represent exactly, such as any `f32` |
/// | `bytes` | bytes, a list of numbers, `[u8; N]` |
/// | enum | the name with or without the prefix of the type, a unit variant with that name, the number |
/// | `google.protobuf.Timestamp` | text that [`Timestamp::parse`](crate::Timestamp::parse) accepts; times of `chrono`, `jiff` and [`Timestamp`](crate::Timestamp); [`SystemTime`](std::time::SystemTime), `time::OffsetDateTime`; between 1677-09-21 and 2262-04-11 |
/// | `google.protobuf.Duration` | [`Duration`](std::time::Duration), `chrono::TimeDelta`, ISO 8601 text; `jiff::SignedDuration`; within 292 years |
/// | `datasets.v1.UUID` | text, 16 bytes |
/// | `datasets.v1.Geometry` | WKT or EWKT as text, WKB or EWKB as bytes, [`Footprint`](crate::Footprint); in WGS 84, with closed rings |
/// | other messages | structs and maps, matched by field name; the encoded message as bytes |
/// | repeated, map | lists, maps |
///
/// Numbers are not accepted as times or durations: their unit would be ambiguous. Columns have the same limits, so every
/// accepted value can be read back; [`rows`](crate::Datapoints::rows) lists the types for both directions.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::Records;
/// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::Result<()> {
/// #[derive(serde::Serialize)]
/// struct Scene {
///     time: &'static str,
///     geometry: &'static str,
///     cloud_cover: Option<f64>,
/// }
///
/// let scene = Scene { time: "2025-03-01T10:56:19Z", geometry: "POINT (11.4 47.3)", cloud_cover: None };
/// let ingested = collection.ingest(Records([scene])).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Records<S>(pub S);

impl<S> IntoDatapoints for Records<S>
where
    S: IntoIterator,
    S::Item: Serialize,
{
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        let records = self.0.into_iter().enumerate();
        let encoded = records.map(|(row, record)| {
            let invalid = |reason: String| encoder.invalid(Some(row), reason);
            let value = RecordValue::of(&record).map_err(|error| invalid(error.to_string()))?;
            let message = encode::datapoint(encoder.schema(), &value)
                .map_err(|error| encoder.invalid_value(error.at_row(row)))?;
            encoder.check(row, &message)?;
            Ok(message)
        });
        encoded.collect()
    }
}
