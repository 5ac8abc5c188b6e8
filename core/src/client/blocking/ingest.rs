//! An ingestion: built up, then stored.

use super::block_on;
use crate::client;
use crate::datasets::{ChunkLimits, Ingested};
use crate::error::Result;
use crate::progress::ProgressObserver;

/// An ingestion. [`store`](Self::store) gives the ids of what was stored, in the order of the input.
///
/// Datapoints go out in chunks, several at once.
///
/// ```no_run
/// # use bytes::Bytes;
/// # use tilebox_core::blocking::Collection;
/// # fn example(collection: Collection, encoded: Vec<Bytes>) -> tilebox_core::Result<()> {
/// let ingested = collection.ingest(encoded).allow_existing(false).store()?;
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

    /// Whether a datapoint that is stored already is left as it is, which is the default, or an error.
    ///
    /// As [`crate::Ingestion::allow_existing`].
    pub fn allow_existing(self, allow_existing: bool) -> Self {
        Self::new(self.inner.allow_existing(allow_existing))
    }

    /// How large chunks are, and how many are under way at once.
    pub fn chunks(self, limits: ChunkLimits) -> Self {
        Self::new(self.inner.chunks(limits))
    }

    /// Who hears of the progress, instead of whom the client was told. Told on the thread that calls.
    pub fn progress(self, observer: impl ProgressObserver) -> Self {
        Self::new(self.inner.progress(observer))
    }

    /// Stores the datapoints and gives their ids in the order of the input.
    ///
    /// # Errors
    ///
    /// When a datapoint does not fit the dataset, or is refused. The error says
    /// [what was stored](crate::Error::stored) before.
    pub fn store(self) -> Result<Ingested> {
        block_on(self.inner.store())
    }
}
