//! The blocking builder of a search for one datapoint by its id.

use super::block_on;
use crate::client;
use crate::datapoints::Datapoints;
use crate::datasets::IntoCollectionKeys;
use crate::error::Result;

/// A search for one datapoint. [`load`](Self::load) returns it as a table of one row.
///
/// ```no_run
/// # fn example(collection: tilebox_core::blocking::Collection) -> tilebox_core::Result<()> {
/// let datapoint = collection.find("01941f29-c650-202f-6495-c71dd2118fb1").load()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a search does nothing until it is loaded"]
#[derive(Clone, Debug)]
pub struct Find {
    inner: client::Find,
}

impl Find {
    pub(super) fn new(inner: client::Find) -> Self {
        Self { inner }
    }

    /// Omits the data of datapoints: the result has only the columns `time`, `id` and `ingestion_time`.
    #[doc(alias = "ids_only")]
    pub fn skip_data(self) -> Self {
        Self::new(self.inner.skip_data())
    }

    /// Searches only these collections of the dataset, given by name, id or handle; at most 100.
    pub fn collections(self, collections: impl IntoCollectionKeys) -> Self {
        Self::new(self.inner.collections(collections))
    }

    /// Loads the datapoint as a table of one row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the datapoint does not exist; otherwise as every call.
    pub fn load(self) -> Result<Datapoints> {
        block_on(self.inner.load())
    }
}
