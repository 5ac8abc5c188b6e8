//! What can be ingested, and how it becomes encoded datapoints.

use std::ops::Deref;
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use prost::Message;

use super::check::Check;
use crate::columns::encode_batch;
use crate::datapoints::Datapoints;
use crate::error::{Error, Result};
use crate::schema::DatasetSchema;

/// Datapoints of any form, that become messages of the type of a dataset.
///
/// | given | what it is |
/// |---|---|
/// | [`Datapoints`], [`RecordBatch`] | columns by the names of the fields, one row each; see [`encode_batch`] |
/// | [`Bytes`], `Vec<Bytes>` | encoded messages, one datapoint each |
/// | [`Records`](super::Records) | values of any type that implements `serde::Serialize` |
/// | [`Messages`] | `prost` messages of the type of the dataset |
/// | `Result` of any of these | a stream that can fail |
///
/// What the server assigns, so `id` and `ingestion_time`, is ignored.
pub trait IntoDatapoints {
    /// The datapoints as encoded messages, in their order.
    ///
    /// # Errors
    ///
    /// When one of them does not fit the dataset; the error names it, counted from zero, and the field.
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>>;
}

/// Knows the type of the datapoints that are ingested, and how many came before.
#[derive(Clone, Debug)]
pub struct DatapointEncoder {
    schema: Arc<DatasetSchema>,
    check: Check,
    first: u64,
}

impl DatapointEncoder {
    /// An encoder of the datapoints of a dataset.
    #[must_use]
    pub fn new(schema: &Arc<DatasetSchema>) -> Self {
        Self { check: Check::new(schema), schema: Arc::clone(schema), first: 0 }
    }

    /// For datapoints with so many before them: errors count from there.
    #[must_use]
    pub fn after(&self, datapoints: u64) -> Self {
        Self { first: datapoints, ..self.clone() }
    }

    /// The datapoint in this row does not fit; `None` where it is all of them.
    pub(super) fn refuse(&self, row: Option<usize>, reason: impl Into<String>) -> Error {
        let purpose = match row {
            Some(row) => format!("ingest the datapoint {}", self.first + row as u64),
            None => "ingest datapoints".to_owned(),
        };
        Error::invalid(purpose, reason, "nothing of these datapoints was sent")
    }

    /// Encodes columns.
    fn columns(&self, batch: &RecordBatch) -> Result<Vec<Bytes>> {
        let encoded = encode_batch(&self.schema, batch).map_err(|error| {
            let reason = format!("the field `{}` {}", error.field(), error.problem());
            self.refuse(error.row(), reason).with_source(error)
        })?;
        self.check_all(&encoded)?;
        Ok(encoded)
    }

    /// The type of the datapoints.
    pub(super) fn schema(&self) -> &DatasetSchema {
        &self.schema
    }

    /// Looks at the encoded datapoint of a row: whether it is a message that has the fields which it must have.
    pub(super) fn check(&self, row: usize, message: &[u8]) -> Result<()> {
        self.check.datapoint(message).map_err(|reason| self.refuse(Some(row), reason))
    }

    fn check_all(&self, messages: &[Bytes]) -> Result<()> {
        messages.iter().enumerate().try_for_each(|(row, message)| self.check(row, message))
    }
}

impl IntoDatapoints for &RecordBatch {
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        encoder.columns(self)
    }
}

impl IntoDatapoints for RecordBatch {
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        encoder.columns(&self)
    }
}

impl IntoDatapoints for &Datapoints {
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        encoder.columns(self.batch())
    }
}

impl IntoDatapoints for Datapoints {
    fn into_messages(self, encoder: &DatapointEncoder) -> Result<Vec<Bytes>> {
        encoder.columns(self.batch())
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

/// `prost` messages of the type of a dataset, by reference: `Messages(&scenes)`.
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
    fn messages_and_encoded_messages_are_the_same() {
        let encoder = encoder(DatasetKind::Temporal);
        let messages = vec![timed(), timed()];
        let encoded = Messages(&messages).into_messages(&encoder).expect("encoded");
        assert_eq!(encoded, vec![Bytes::from(timed().encode_to_vec()); 2]);
        assert_eq!(encoded.clone().into_messages(&encoder).expect("encoded"), encoded);
        assert_eq!(Ok::<_, Error>(encoded[0].clone()).into_messages(&encoder).expect("encoded"), encoded[..1]);
    }

    #[test]
    fn columns_that_do_not_fit_are_named_with_row_and_field() {
        let encoder = encoder(DatasetKind::Temporal);
        let column = |name: &str, texts: Vec<Option<&str>>| {
            let texts: arrow_array::ArrayRef = Arc::new(arrow_array::StringArray::from(texts));
            RecordBatch::try_from_iter_with_nullable([(name, texts, true)]).expect("a batch")
        };
        let times = column("time", vec![Some("2025-01-01"), Some("2025-01-02T00:00:00Z")]);
        assert_eq!((&times).into_messages(&encoder).expect("encoded").len(), 2);
        assert_eq!(Datapoints::new(times).into_messages(&encoder).expect("encoded").len(), 2);
        let refused = |batch: RecordBatch| batch.into_messages(&encoder.after(10)).expect_err("refused").to_string();
        assert_eq!(
            refused(column("time", vec![Some("2025-01-01"), Some("soon")])),
            "cannot ingest the datapoint 11: the field `time` expects a time, got `soon`: it is not a time; \
             nothing of these datapoints was sent"
        );
        assert!(refused(column("time", vec![None])).contains("the datapoint 10: the field `time` is missing"));
        assert!(
            refused(column("cloud", vec![None])).starts_with("cannot ingest datapoints: the field `cloud` does not")
        );
    }

    #[test]
    fn what_a_datapoint_must_have_starts_as_its_type_says() {
        let described = samples::delimited(samples::annotated(Vec::new(), |_| {}));
        let schema = DatasetSchema::from_annotated_type(&described).expect("a schema");
        let encoder = DatapointEncoder::new(&Arc::new(schema));
        let group = Bytes::from_static(&[0x0b, 0x0c]);
        assert_eq!(vec![group.clone()].into_messages(&encoder).expect("encoded"), [group]);
        let refused = vec![Bytes::from(timed().encode_to_vec())].into_messages(&encoder).expect_err("a length");
        assert!(refused.to_string().contains("the field `time` is missing"), "{refused}");
    }

    #[test]
    fn a_datapoint_without_what_it_must_have_is_named() {
        let refused = |kind, messages: Vec<Bytes>| {
            messages.into_messages(&encoder(kind).after(100)).expect_err("refused").to_string()
        };
        let good = Bytes::from(timed().encode_to_vec());
        let advice = "nothing of these datapoints was sent";
        assert_eq!(
            refused(DatasetKind::Temporal, vec![good.clone(), good.clone(), Bytes::new()]),
            format!("cannot ingest the datapoint 102: the field `time` is missing; {advice}")
        );
        assert_eq!(
            refused(DatasetKind::Spatiotemporal, vec![good]),
            format!("cannot ingest the datapoint 100: the field `geometry` is missing; {advice}")
        );
        let damaged = Bytes::from_static(b"\x0a\x05");
        assert!(refused(DatasetKind::Temporal, vec![damaged]).contains("it is not a protobuf message"));
        let place = SpatioTemporalDatapoint {
            time: Some(Timestamp::default()),
            geometry: Some(Default::default()),
            ..Default::default()
        };
        assert!(Messages([&place]).into_messages(&encoder(DatasetKind::Spatiotemporal)).is_ok());
    }
}
