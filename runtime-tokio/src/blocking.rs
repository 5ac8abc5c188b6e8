//! The same API without async: each call blocks its thread until the response arrives, under any executor.
//!
//! ```no_run
//! use tilebox_tokio::blocking::{self, Result};
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
//! fn step_of_a_workflow(client: &tilebox_tokio::Client) -> tilebox_tokio::Result<usize> {
//!     let client = client.blocking()?;
//!     let dataset = client.dataset("open_data.copernicus.sentinel2_msi")?;
//!     Ok(dataset.collections()?.len())
//! }
//! ```
//!
//! [`tilebox_core::blocking`] lists the guarantees, and the shorter ways that deadlock or panic.

use futures::future::BoxFuture;
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

/// Returns a blocking client, with a tokio runtime on a thread of its own.
///
/// The server and the key come from the environment, as those of [`tilebox_tokio::client`](crate::client()).
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
    let runtime = Thread::new(run, |deadline| Box::pin(tokio::time::sleep_until(deadline.into())));
    let parts = RuntimeParts::new("tokio", runtime).with_transport(Box::new(crate::default_transport));
    parts.with_strategy(Strategy::Spawned).with_blocking(self::parts).with_signals(crate::signals::signals)
}

/// Drops the future if the system cannot start a runtime; the calls that wait for it then fail.
fn run(future: BoxFuture<'static, ()>) {
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        runtime.block_on(future);
        // A pending name lookup keeps its own thread; this one ends.
        runtime.shutdown_background();
    }
}
