//! The same API without async: each call blocks its thread until the response arrives, under any executor.
//!
//! ```no_run
//! use tilebox_async_std::blocking::{self, Result};
//!
//! fn main() -> Result<()> {
//!     let client = blocking::client()?;
//!     let dataset = client.dataset("open_data.copernicus.sentinel2_msi")?;
//!     let collection = dataset.collection("S2A_S2MSI1C")?;
//!     let datapoints = collection.query(("2025-03-01", "2025-03-02")).load()?;
//!     println!("{datapoints}");
//!     Ok(())
//! }
//! ```
//!
//! Synchronous code that runs under an executor and holds an async client creates a blocking client from it:
//!
//! ```no_run
//! fn step_of_a_workflow(client: &tilebox_async_std::Client) -> tilebox_async_std::Result<usize> {
//!     let client = client.blocking()?;
//!     let dataset = client.dataset("open_data.copernicus.sentinel2_msi")?;
//!     Ok(dataset.collections()?.len())
//! }
//! ```
//!
//! [`tilebox_core::blocking`] lists the guarantees, and the shorter ways that deadlock or panic.

use std::time::Instant;

use async_std::task;
use tilebox_backends::thread::Thread;
#[doc(inline)]
pub use tilebox_core::blocking::{
    Client, Collection, Dataset, Datasets, Find, Ingestion, PageStream, Query, load_all, load_each, workflows,
};
#[cfg(feature = "testing")]
#[doc(no_inline)]
pub use tilebox_core::testing;
#[doc(no_inline)]
pub use tilebox_core::{
    API_KEYS_PAGE, ClientBuilder, ClientMetadata, CollectionInfo, CoordinateSystem, Datapoints, DatasetChanges,
    DatasetDefinition, DeletedDataset, EnumName, Error, ErrorKind, Expression, FieldDefinition, FieldRole, Footprint,
    IdInterval, Ingested, LoadMetrics, Messages, Records, Result, RetryPolicy, SpatialFilter, SpatialMode,
    TimeInterval, Timestamp, datapoints, datasets, error, field, geo_types, guide, metrics, output, progress, protocol,
    runtime, schema,
};
use tilebox_core::{RuntimeParts, Strategy};

/// Returns a blocking client, with a thread of its own. It never uses async-std's global executor.
///
/// The server and the key come from the environment, as those of [`tilebox_async_std::client`](crate::client()).
///
/// # Errors
///
/// As [`ClientBuilder::build`].
pub fn client() -> Result<Client> {
    client_builder().build()
}

/// Returns a builder of a blocking client.
pub fn client_builder() -> ClientBuilder<Client> {
    ClientBuilder::new(parts())
}

pub(crate) fn parts() -> RuntimeParts {
    // `task::block_on` would start the threads of the global executor.
    let runtime = Thread::new(tilebox_core::blocking::block_on, |deadline| {
        Box::pin(task::sleep(deadline.saturating_duration_since(Instant::now())))
    });
    let parts = RuntimeParts::new("async-std", runtime).with_transport(Box::new(crate::default_transport));
    parts.with_strategy(Strategy::Spawned).with_blocking(self::parts).with_signals(tilebox_backends::signals::signals)
}
