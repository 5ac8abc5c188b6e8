//! The blocking builder of an ingestion.

use super::block_on;
use crate::client;
use crate::datasets::{ChunkLimits, Ingested};
use crate::error::Result;
use crate::progress::ProgressObserver;

/// An ingestion. [`store`](Self::store) returns the ids of the stored datapoints, in the order of the input.
///
/// It sends datapoints in chunks, several at once.
///
/// ```no_run
/// # use bytes::Bytes;
/// # use tilebox_core::blocking::Collection;
/// # fn example(collection: Collection, encoded: Vec<Bytes>) -> tilebox_core::Result<()> {
/// let ingested = collection.ingest(encoded).reject_existing().store()?;
/// println!("{} datapoints, the first is {:?}", ingested.created, ingested.ids.first());
/// # Ok(())
/// # }
/// ```
#[must_use = "an ingestion does nothing until it is stored"]
#[derive(Debug)]
pub struct Ingestion<'a> {
    inner: client::Ingestion<'a>,
}

impl<'a> Ingestion<'a> {
    pub(super) fn new(inner: client::Ingestion<'a>) -> Self {
        Self { inner }
    }

    /// Rejects a chunk that contains an existing datapoint. By default existing datapoints are left as they are.
    ///
    /// As [`crate::Ingestion::reject_existing`].
    #[doc(alias = "allow_existing")]
    pub fn reject_existing(self) -> Self {
        Self::new(self.inner.reject_existing())
    }

    /// Sets the size of chunks and the number of them in flight.
    #[doc(alias("batch_size", "chunk_size"))]
    pub fn chunks(self, limits: ChunkLimits) -> Self {
        Self::new(self.inner.chunks(limits))
    }

    /// Sets the observer for the progress of this ingestion, replacing the client's. The calling thread calls it.
    #[doc(alias = "show_progress")]
    pub fn progress(self, observer: impl ProgressObserver) -> Self {
        Self::new(self.inner.progress(observer))
    }

    /// Stores the datapoints and returns their ids in the order of the input.
    ///
    /// # Errors
    ///
    /// When a datapoint does not fit the dataset, or the server rejects it.
    /// [`Error::stored`](crate::Error::stored) returns what was stored before the error.
    pub fn store(self) -> Result<Ingested> {
        block_on(self.inner.store())
    }
}
