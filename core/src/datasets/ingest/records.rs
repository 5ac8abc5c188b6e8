//! Records of one's own: anything that `serde` can write.

mod capture;
mod encode;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod tests;
mod value;

use bytes::Bytes;
use serde::Serialize;

use super::input::{DatapointEncoder, IntoDatapoints};
use crate::error::Result;
use capture::Captured;

/// Values of a type that implements [`Serialize`], one datapoint each: `Records(&scenes)`.
///
/// Fields are found by their names; a name that the dataset does not have is an error. `None` is missing, as is an empty
/// list.
///
/// | field | what is taken |
/// |---|---|
/// | whole numbers, `bool`, `string` | whole numbers in range, booleans, text |
/// | `double` | numbers; whole ones up to 2⁵³ |
/// | `float` | numbers that 32 bits hold exactly, such as any `f32` |
/// | `bytes` | bytes, a list of numbers, `[u8; N]` |
/// | enum | its name with or without the name of the type in front, a unit variant of that name, its number |
/// | `google.protobuf.Timestamp` | text as [`Timestamp::parse`](crate::Timestamp::parse) reads it, which times of `chrono`, `jiff` and [`Timestamp`](crate::Timestamp) are; [`SystemTime`](std::time::SystemTime), `time::OffsetDateTime`; between 1677-09-21 and 2262-04-11 |
/// | `google.protobuf.Duration` | [`Duration`](std::time::Duration), `chrono::TimeDelta`, text in ISO 8601, which `jiff::SignedDuration` is; within 292 years |
/// | `datasets.v1.UUID` | text, 16 bytes |
/// | `datasets.v1.Geometry` | WKT or EWKT as text, WKB or EWKB as bytes, [`Footprint`](crate::Footprint); in WGS 84, with closed rings |
/// | other messages | structs and maps, by the names of the fields; the encoded message as bytes |
/// | repeated, map | lists, maps |
///
/// Numbers are not accepted as times or durations: their unit would be ambiguous. The limits are those of columns, so
/// that everything that is taken is read back; [`rows`](crate::Datapoints::rows) lists the types that go both ways.
///
/// ```
/// use tilebox_core::Records;
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
            let refuse = |reason: String| encoder.refuse(Some(row), reason);
            let captured = Captured::of(&record).map_err(|error| refuse(error.to_string()))?;
            let message = encode::datapoint(encoder.schema(), &captured)
                .map_err(|error| refuse(format!("the field `{}` {}", error.field(), error.problem())))?;
            encoder.check(row, &message)?;
            Ok(message)
        });
        encoded.collect()
    }
}
