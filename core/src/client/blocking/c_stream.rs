//! The pages of a query as a stream of the Arrow C interface.

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, Schema, SchemaRef};

use super::PageStream;
use crate::datapoints::c_stream::stream_of;
use crate::datapoints::{CStream, Datapoints};
use crate::error::{Error, Result};

impl PageStream {
    /// Loads the first page and converts the pages into a stream for another Arrow library, which loads the next pages when
    /// it asks for them. [`Datapoints::into_c_stream`](crate::Datapoints::into_c_stream) tells how it takes the stream.
    ///
    /// The other library calls on its own thread, which waits for the page. It sees an error of the load as a message.
    ///
    /// ```no_run
    /// # fn example(collection: tilebox_core::blocking::Collection) -> tilebox_core::Result<()> {
    /// let stream = collection.query(("2025-03-01", "2025-06-01")).pages().into_c_stream()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the first page: when an option is not valid, or the page cannot be loaded.
    #[doc(alias("ffi", "pyarrow", "polars", "reader"))]
    pub fn into_c_stream(mut self) -> Result<CStream> {
        // The consumer may ask for the schema first. There is at least one page.
        let first = self.next().transpose()?.map(Datapoints::into_batch);
        let schema = first.as_ref().map_or_else(|| SchemaRef::new(Schema::empty()), RecordBatch::schema);
        Ok(stream_of(PageBatches { schema, first, pages: self }))
    }
}

/// The pages of a query as record batches.
struct PageBatches {
    schema: SchemaRef,
    /// The first page until it is read.
    first: Option<RecordBatch>,
    pages: PageStream,
}

impl Iterator for PageBatches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        let external = |error: Error| ArrowError::ExternalError(Box::new(error));
        self.pages.next().map(|page| page.map(Datapoints::into_batch).map_err(external))
    }
}

impl RecordBatchReader for PageBatches {
    fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }
}
