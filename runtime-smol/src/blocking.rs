//! The same API without async: each call blocks its thread until the response arrives, under any executor.
//!
//! ```no_run
//! use tilebox_smol::blocking::{self, Result};
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
//! fn step_of_a_workflow(client: &tilebox_smol::Client) -> tilebox_smol::Result<usize> {
//!     let client = client.blocking()?;
//!     let dataset = client.dataset("open_data.copernicus.sentinel2_msi")?;
//!     Ok(dataset.collections()?.len())
//! }
//! ```
//!
//! [`tilebox_core::blocking`] lists the guarantees, and the shorter ways that deadlock or panic.

use futures::future::{BoxFuture, FutureExt as _};
use smol::Timer;
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

/// Returns a blocking client, with smol's reactor on a thread of its own. It never uses smol's global executor.
///
/// The server and the key come from the environment, as those of [`tilebox_smol::client`](crate::client()).
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
    let runtime = Thread::new(run, |deadline| Timer::at(deadline).map(drop).boxed());
    let parts = RuntimeParts::new("smol", runtime).with_transport(Box::new(crate::default_transport));
    parts.with_strategy(Strategy::Spawned).with_blocking(self::parts).with_signals(tilebox_backends::signals::signals)
}

fn run(future: BoxFuture<'static, ()>) {
    smol::block_on(future);
}
