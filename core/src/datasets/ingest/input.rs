//! The inputs of an ingestion, and their conversion to encoded datapoints.

use std::ops::Deref;
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use prost::Message;

use super::required_fields::RequiredFields;
use crate::columns::{EncodeError, encode_batch};
use crate::datapoints::Datapoints;
use crate::error::{Error, Result};
use crate::schema::DatasetSchema;

/// Types that convert to datapoints: encoded messages of the type of a dataset.
///
/// | type | contents |
/// |---|---|
/// | [`Datapoints`], [`RecordBatch`] | columns named as the fields, one row for each datapoint; see [`encode_batch`] |
/// | [`Bytes`], `Vec<Bytes>` | encoded messages, one for each datapoint |
/// | [`Records`](super::Records) | values of a type that implements `serde::Serialize` |
/// | [`Messages`] | `prost` messages of the type of the dataset |
/// | `Result` of any of these | items of a stream that can fail |
///
/// The fields `id` and `ingestion_time` are ignored: the server assigns them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be ingested",
    label = "expects `Records(..)`, `Messages(..)`, `Datapoints`, a `RecordBatch` or encoded messages",
    note = "wrap structs that implement `serde::Serialize` in `Records(..)`: `ingest(Records(&scenes))`",
    note = "wrap `prost` messages in `Messages(..)`: `ingest(Messages(&messages))`"
)]
pub trait IntoDatapoints {
    /// Encodes the datapoints in their order.
    ///
    /// # Errors
    ///
    /// If a datapoint does not match the dataset. The error has the index of the datapoint, counted from zero, and the
    /// name of the field. Its source is an [`EncodeError`] with both, whose row counts from the start of this input.
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>>;
}

/// Encodes datapoints of a dataset; errors have the index of the datapoint in the whole input.
#[derive(Clone, Debug)]
pub struct DatapointEncoder {
    schema: Arc<DatasetSchema>,
    required: RequiredFields,
    /// Index of the next datapoint in the input.
    first: u64,
}

impl DatapointEncoder {
    /// Returns an encoder for a dataset, at the start of the input.
    #[must_use]
    pub fn new(schema: &Arc<DatasetSchema>) -> Self {
        Self { required: RequiredFields::new(schema), schema: Arc::clone(schema), first: 0 }
    }

    /// Returns an encoder for the part of the input that begins at this index.
    #[must_use]
    pub fn starting_at(&self, index: u64) -> Self {
        Self { first: index, ..self.clone() }
    }

    /// Returns the error for the datapoint in a row; `None` for all datapoints.
    pub(super) fn invalid(&self, row: Option<usize>, reason: impl Into<String>) -> Error {
        let purpose = match row {
            Some(row) => format!("ingest the datapoint {}", self.first + row as u64),
            None => "ingest datapoints".to_owned(),
        };
        Error::invalid(purpose, reason, "none of these datapoints was sent")
    }

    /// Returns the error of a value or a column, with the place as its source.
    pub(super) fn invalid_value(&self, error: EncodeError) -> Error {
        let reason = format!("the field `{}` {}", error.field(), error.problem());
        self.invalid(error.row(), reason).with_source(error)
    }

    /// Encodes the rows of a batch.
    fn encode_rows(&self, batch: &RecordBatch) -> Result<Vec<Bytes>> {
        let encoded = encode_batch(&self.schema, batch).map_err(|error| self.invalid_value(error))?;
        self.check_all(&encoded)?;
        Ok(encoded)
    }

    /// Returns the schema of the datapoints.
    pub(super) fn schema(&self) -> &DatasetSchema {
        &self.schema
    }

    /// Checks that the encoded datapoint of a row is a message with all required fields.
    pub(super) fn check(&self, row: usize, message: &[u8]) -> Result<()> {
        match self.required.check(message) {
            Ok(None) => Ok(()),
            Ok(Some(missing)) => Err(self.invalid_value(EncodeError::of_value(missing, row, "is missing"))),
            Err(malformed) => Err(self.invalid(Some(row), format!("not a valid protobuf message: {malformed}"))),
        }
    }

    fn check_all(&self, messages: &[Bytes]) -> Result<()> {
        messages.iter().enumerate().try_for_each(|(row, message)| self.check(row, message))
    }
}

impl IntoDatapoints for &RecordBatch {
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        encoder.encode_rows(self)
    }
}

impl IntoDatapoints for RecordBatch {
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        encoder.encode_rows(&self)
    }
}

impl IntoDatapoints for &Datapoints {
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        encoder.encode_rows(self.batch())
    }
}

impl IntoDatapoints for Datapoints {
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        encoder.encode_rows(self.batch())
    }
}

impl IntoDatapoints for Vec<Bytes> {
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        encoder.check_all(&self)?;
        Ok(self)
    }
}

impl IntoDatapoints for Bytes {
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        vec![self].into_messages(encoder)
    }
}

impl<T: IntoDatapoints> IntoDatapoints for Result<T> {
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        self?.into_messages(encoder)
    }
}

/// References to `prost` messages of the type of a dataset: `Messages(&scenes)`.
#[derive(Clone, Copy, Debug)]
pub struct Messages<S>(pub S);

impl<S> IntoDatapoints for Messages<S>
where
    S: IntoIterator,
    S::Item: Deref,
    <S::Item as Deref>::Target: Message + Sized,
{
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        let encoded: Vec<Bytes> = self.0.into_iter().map(|message| message.encode_to_vec().into()).collect();
        encoded.into_messages(encoder)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use prost_types::Timestamp;

    use super::*;
    use crate::protocol::wire::datasets::v1::{DatasetKind, SpatioTemporalDatapoint, TemporalDatapoint};
    use crate::schema::samples;

    fn encoder(kind: DatasetKind) -> DatapointEncoder {
        let geometry =
            samples::named("geometry", 4, prost_types::field_descriptor_proto::Type::Message, "datasets.v1.Geometry");
        let mut annotated = samples::annotated(vec![geometry], |_| {});
        annotated.kind = kind.into();
        DatapointEncoder::new(&Arc::new(DatasetSchema::from_annotated_type(&annotated).expect("a schema")))
    }

    fn timed() -> TemporalDatapoint {
        TemporalDatapoint { time: Some(Timestamp::default()), ..Default::default() }
    }

    #[test]
    fn messages_and_encoded_messages_are_equal() {
        let encoder = encoder(DatasetKind::Temporal);
        let messages = vec![timed(), timed()];
        let encoded = Messages(&messages).into_messages(&encoder).expect("encoded");
        assert_eq!(encoded, vec![Bytes::from(timed().encode_to_vec()); 2]);
        assert_eq!(encoded.clone().into_messages(&encoder).expect("encoded"), encoded);
        assert_eq!(Ok::<_, Error>(encoded[0].clone()).into_messages(&encoder).expect("encoded"), encoded[..1]);
    }

    #[test]
    fn errors_of_columns_name_row_and_field() {
        let encoder = encoder(DatasetKind::Temporal);
        let column = |name: &str, texts: Vec<Option<&str>>| {
            let texts: arrow_array::ArrayRef = Arc::new(arrow_array::StringArray::from(texts));
            RecordBatch::try_from_iter_with_nullable([(name, texts, true)]).expect("a batch")
        };
        let times = column("time", vec![Some("2025-01-01"), Some("2025-01-02T00:00:00Z")]);
        assert_eq!((&times).into_messages(&encoder).expect("encoded").len(), 2);
        assert_eq!(Datapoints::new(times).into_messages(&encoder).expect("encoded").len(), 2);
        let refused =
            |batch: RecordBatch| batch.into_messages(&encoder.starting_at(10)).expect_err("refused").to_string();
        assert_eq!(
            refused(column("time", vec![Some("2025-01-01"), Some("soon")])),
            "cannot ingest the datapoint 11: the field `time` expects a time, got `soon`: it is not a time; \
             none of these datapoints was sent"
        );
        assert!(refused(column("time", vec![None])).contains("the datapoint 10: the field `time` is missing"));
        assert!(
            refused(column("cloud", vec![None])).starts_with("cannot ingest datapoints: the field `cloud` does not")
        );
    }

    #[test]
    fn required_fields_may_be_delimited() {
        let described = samples::delimited(samples::annotated(Vec::new(), |_| {}));
        let schema = DatasetSchema::from_annotated_type(&described).expect("a schema");
        let encoder = DatapointEncoder::new(&Arc::new(schema));
        let group = Bytes::from_static(&[0x0b, 0x0c]);
        assert_eq!(vec![group.clone()].into_messages(&encoder).expect("encoded"), [group]);
        let refused = vec![Bytes::from(timed().encode_to_vec())].into_messages(&encoder).expect_err("a length");
        assert!(refused.to_string().contains("the field `time` is missing"), "{refused}");
    }

    #[test]
    fn errors_of_messages_name_the_datapoint() {
        let refused = |kind, messages: Vec<Bytes>| {
            messages.into_messages(&encoder(kind).starting_at(100)).expect_err("refused").to_string()
        };
        let valid = Bytes::from(timed().encode_to_vec());
        let advice = "none of these datapoints was sent";
        assert_eq!(
            refused(DatasetKind::Temporal, vec![valid.clone(), valid.clone(), Bytes::new()]),
            format!("cannot ingest the datapoint 102: the field `time` is missing; {advice}")
        );
        assert_eq!(
            refused(DatasetKind::Spatiotemporal, vec![valid]),
            format!("cannot ingest the datapoint 100: the field `geometry` is missing; {advice}")
        );
        let messages = [timed(), TemporalDatapoint::default()];
        let missing = Messages(&messages).into_messages(&encoder(DatasetKind::Temporal));
        let missing = missing.expect_err("the second has no time");
        let source = missing.source().and_then(|source| source.downcast_ref::<EncodeError>()).expect("the place");
        assert_eq!((source.row(), source.field(), source.problem()), (Some(1), "time", "is missing"));
        let damaged = Bytes::from_static(b"\x0a\x05");
        assert!(refused(DatasetKind::Temporal, vec![damaged]).contains("not a valid protobuf message"));
        let place = SpatioTemporalDatapoint {
            time: Some(Timestamp::default()),
            geometry: Some(Default::default()),
            ..Default::default()
        };
        assert!(Messages([&place]).into_messages(&encoder(DatasetKind::Spatiotemporal)).is_ok());
    }
}
