//! Decodes pages to record batches.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema, SchemaRef};
use bytes::{Bytes, BytesMut};

use super::compile::compile;
use super::envelope::{Envelope, find_id};
use super::error::{DecodeError, DecodeErrorKind, FieldError};
use super::nulled_values::NulledValues;
use super::plan::MessagePlan;
use super::writer::{Absent, MessageWriter, Page, Report};
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::schema::{DatasetSchema, Field, SchemaError};

/// The maximum bytes of a batch: Arrow counts the elements of lists with 32 bits.
const MAX_BYTES: usize = i32::MAX as usize;

/// The maximum bytes around the datapoints of a page. The datapoints of a page with more, and with more than they have
/// themselves, are copied.
const MAX_PADDING: usize = 64 << 10;

/// Decodes the pages of a dataset into Arrow record batches.
///
/// One decoder serves any number of pages, from any thread: decoding does not change it. Cheap to clone.
///
/// Long texts and bytes of a batch are views into the page: they keep it alive and are not copied.
///
/// ```
/// # use tilebox_core::{columns::PageDecoder, schema::DatasetSchema, protocol::wire::datasets::v1::AnnotatedType};
/// # fn example(described: &AnnotatedType, body: bytes::Bytes) -> Result<(), Box<dyn std::error::Error>> {
/// let schema = DatasetSchema::from_annotated_type(described)?;
/// let decoder = PageDecoder::with_columns(&schema, &["time", "id", "cloud_cover"])?;
/// let page = decoder.decode_page(&body)?;
/// println!("{} datapoints, more: {}", page.batch.num_rows(), page.next_page.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PageDecoder {
    plan: Arc<MessagePlan>,
    schema: SchemaRef,
    type_name: Arc<str>,
    id_number: Option<u32>,
}

/// One page of a query as columns.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DecodedPage {
    /// One row for each datapoint, in the order of the page.
    pub batch: RecordBatch,
    /// The pagination of the next page; `None` on the last page.
    pub next_page: Option<Pagination>,
    /// The encoded size of the datapoints, in bytes.
    pub datapoint_bytes: usize,
    /// The values out of range of their columns, by field. They are null in the batch. Empty for almost all pages.
    pub nulled: Vec<NulledValues>,
}

impl PageDecoder {
    /// Returns a decoder of all fields, in the order of the dataset.
    ///
    /// # Errors
    ///
    /// When the type has more than 10 000 columns, including those inside structs, or nests deeper than 64 levels.
    pub fn new(schema: &DatasetSchema) -> Result<Self, SchemaError> {
        compile(schema, None).map(|plan| Self::from_plan(plan, schema))
    }

    /// Returns a decoder of the fields with these names, in their order. Other fields are skipped, not decoded.
    ///
    /// # Errors
    ///
    /// When a field does not exist or is a duplicate, or as [`new`](Self::new).
    pub fn with_columns<N: AsRef<str>>(schema: &DatasetSchema, names: &[N]) -> Result<Self, SchemaError> {
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        compile(schema, Some(&names)).map(|plan| Self::from_plan(plan, schema))
    }

    fn from_plan(plan: MessagePlan, schema: &DatasetSchema) -> Self {
        Self {
            schema: Arc::new(Schema::new(plan.columns.clone())),
            plan: Arc::new(plan),
            type_name: schema.type_name().into(),
            id_number: schema.field("id").map(Field::number),
        }
    }

    /// Returns the schema of all batches of this decoder.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Decodes an encoded `datasets.v1.QueryResultPage`. A page without datapoints becomes a batch without rows.
    ///
    /// # Errors
    ///
    /// When the bytes are not such a message, the page does not name the type of its datapoints, or they have another type
    /// than the schema: see [`DecodeErrorKind`].
    pub fn decode_page(&self, body: &Bytes) -> Result<DecodedPage, DecodeError> {
        check_size(body.len())?;
        let envelope = Envelope::of_page(body)?;
        envelope.check_type(&self.type_name)?;
        let datapoint_bytes: usize = envelope.datapoints.iter().map(|datapoint| datapoint.len()).sum();
        // Columns keep the page alive, so the datapoints of a page that is mostly padding are copied.
        if body.len() > 2 * datapoint_bytes + MAX_PADDING {
            let page = self.decode_copied(&envelope.datapoints)?;
            return Ok(DecodedPage { next_page: envelope.next_page, ..page });
        }
        self.decode(body, envelope)
    }

    /// Decodes an encoded `datasets.v1.Any` into one row.
    ///
    /// # Errors
    ///
    /// As [`decode_page`](Self::decode_page).
    pub fn decode_datapoint(&self, body: &Bytes) -> Result<RecordBatch, DecodeError> {
        self.decode_datapoint_page(body).map(report_and_take)
    }

    /// As [`decode_datapoint`](Self::decode_datapoint), as a page of one datapoint.
    pub(crate) fn decode_datapoint_page(&self, body: &Bytes) -> Result<DecodedPage, DecodeError> {
        check_size(body.len())?;
        let envelope = Envelope::of_datapoint(body)?;
        envelope.check_type(&self.type_name)?;
        self.decode(body, envelope)
    }

    /// Decodes messages of the datapoint type, one row each, copied into one buffer.
    ///
    /// # Errors
    ///
    /// As [`decode_page`](Self::decode_page).
    pub fn decode_messages<M: AsRef<[u8]>>(&self, messages: &[M]) -> Result<RecordBatch, DecodeError> {
        self.decode_copied(messages).map(report_and_take)
    }

    /// Decodes messages as a page, copied into one buffer.
    fn decode_copied<M: AsRef<[u8]>>(&self, messages: &[M]) -> Result<DecodedPage, DecodeError> {
        let length = messages.iter().fold(0_usize, |length, message| length.saturating_add(message.as_ref().len()));
        check_size(length)?;
        let mut body = BytesMut::with_capacity(length);
        for message in messages {
            body.extend_from_slice(message.as_ref());
        }
        let body = body.freeze();
        let mut rest = &body[..];
        let split = messages.iter().map(|message| {
            let (datapoint, after) = rest.split_at_checked(message.as_ref().len()).unwrap_or_default();
            rest = after;
            datapoint
        });
        let envelope = Envelope { datapoints: split.collect(), ..Envelope::default() };
        self.decode(&body, envelope)
    }

    /// Decodes datapoints that are parts of `body`.
    fn decode(&self, body: &Bytes, envelope: Envelope<'_>) -> Result<DecodedPage, DecodeError> {
        let datapoints = envelope.datapoints.as_slice();
        let page = Page::new(body)?;
        let mut writer = MessageWriter::new(&self.plan, datapoints.len(), &page);
        writer.read_all(&page, datapoints).map_err(|(row, error)| {
            let datapoint = datapoints.get(row).copied().unwrap_or_default();
            let id = self.id_number.and_then(|number| find_id(datapoint, number));
            DecodeError::of_datapoint(row, id, error)
        })?;
        let mut report = Report::default();
        writer.report(&mut report);
        // The columns of a datapoint tell an absent field from a zero.
        let columns = writer.finish(datapoints.len(), Absent::Null)?;
        let options = RecordBatchOptions::new().with_row_count(Some(datapoints.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options);
        Ok(DecodedPage {
            batch: batch.map_err(FieldError::from)?,
            datapoint_bytes: datapoints.iter().map(|datapoint| datapoint.len()).sum(),
            next_page: envelope.next_page,
            nulled: report.into_found(),
        })
    }
}

/// Reports the nulled values to `tracing` and returns the batch.
fn report_and_take(page: DecodedPage) -> RecordBatch {
    page.nulled.iter().for_each(NulledValues::warn);
    page.batch
}

fn check_size(bytes: usize) -> Result<(), DecodeError> {
    if bytes <= MAX_BYTES {
        return Ok(());
    }
    let problem = format!("expects at most {MAX_BYTES} bytes for one batch, got {bytes}");
    Err(DecodeError::of_page(DecodeErrorKind::TooLarge, problem))
}
