//! The unofficial Tilebox SDK on [smol](https://docs.rs/smol).
//!
//! ```no_run
//! use tilebox_smol::{Result, block_on};
//!
//! fn main() -> Result<()> {
//!     block_on(async {
//!         let client = tilebox_smol::client()?;
//!         let dataset = client.dataset("open_data.copernicus.sentinel2_msi").await?;
//!         let collection = dataset.collection("S2A_S2MSI1C").await?;
//!         let datapoints = collection.query(("2025-03-01", "2025-03-02")).await?;
//!         println!("{datapoints}");
//!         Ok(())
//!     })
//! }
//! ```
//!
//! The [guide] continues from here: queries, results, concurrency, ingestion, testing, and moving from Python or Go.
//!
//! | start at | for |
//! |---|---|
//! | [`client()`], [`client_builder()`] | a [`Client`] on this runtime |
//! | [`Client`] | datasets by name, and a listing of all |
//! | [`Dataset`], [`Collection`] | queries, ingestion, deletion |
//! | [`Query`] | filters, areas, limits, columns |
//! | [`Datapoints`] | the result: Arrow columns, rows, tables, maps; [`output`] writes it to files |
//! | [`Error`] | its kind, reason and advice |
//! | [`blocking`] | the same API without async |
//! | `testing` | tests of an application without a network (feature `testing`) |
//!
//! This is the only crate to import from. It re-exports [`tilebox_core`] and adds:
//!
//! - [`executor`]: [`Smol`], the executor
//! - [`isahc`] (feature `isahc`, default) and [`hyper`] (feature `hyper`): the HTTP backends
//! - `otel` (feature `otel`): the logs and spans of tasks, exported to Tilebox

#![cfg_attr(docsrs, feature(doc_cfg))]

use std::sync::Arc;

use tilebox_core::RuntimeParts;
use tilebox_core::runtime::{Transport, TransportError};
#[cfg(feature = "testing")]
#[doc(inline)]
pub use tilebox_core::testing;
#[doc(inline)]
pub use tilebox_core::{
    API_KEYS_PAGE, BuiltClient, Client, ClientBuilder, ClientMetadata, Collection, CollectionInfo, CoordinateSystem,
    Datapoints, Dataset, DatasetChanges, DatasetDefinition, Datasets, DeletedDataset, EnumName, Error, ErrorKind,
    Expression, FieldDefinition, FieldRole, Find, Footprint, IdInterval, Ingested, Ingestion, LoadEstimate,
    LoadMetrics, Messages, PageStream, Query, RawClient, Records, Result, RetryPolicy, SortOrder, SpatialFilter,
    SpatialMode, Strategy, TimeInterval, Timestamp, datapoints, datasets, error, field, geo_types, guide, last,
    load_all, load_each, metrics, output, progress, protocol, runtime, schema, workflows,
};

pub mod blocking;
pub mod executor;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "hyper")]
mod socket;

#[cfg(feature = "isahc")]
pub use tilebox_backends::isahc;

#[cfg(feature = "hyper")]
pub use tilebox_backends::tls;

#[cfg(feature = "otel")]
pub use tilebox_backends::otel;

pub use executor::{Smol, block_on};
#[cfg(feature = "hyper")]
pub use hyper::Hyper;
#[cfg(feature = "isahc")]
pub use tilebox_backends::isahc::Isahc;

/// Returns a client on smol for the server in the environment variable `TILEBOX_API_URL`, or else for Tilebox, with the API
/// key in `TILEBOX_API_KEY`, or else anonymous.
///
/// # Errors
///
/// As [`ClientBuilder::build`].
pub fn client() -> Result<Client> {
    client_builder().build()
}

/// Returns a builder of a client on smol.
pub fn client_builder() -> ClientBuilder {
    let strategy = if cfg!(feature = "spawned") { Strategy::Spawned } else { Strategy::Joined };
    let parts = RuntimeParts::new("smol", Arc::new(Smol::new())).with_transport(Box::new(default_transport));
    ClientBuilder::new(parts.with_strategy(strategy).with_blocking(blocking::parts))
}

/// Returns the default backend: isahc, or else hyper, or `None` without both features.
///
/// # Errors
///
/// When the backend cannot be created.
pub fn default_transport() -> Result<Option<Arc<dyn Transport>>, TransportError> {
    #[cfg(feature = "isahc")]
    let transport = Some(Arc::new(Isahc::new()?) as Arc<dyn Transport>);
    #[cfg(all(feature = "hyper", not(feature = "isahc")))]
    let transport = Some(Arc::new(Hyper::new()?) as Arc<dyn Transport>);
    #[cfg(not(any(feature = "isahc", feature = "hyper")))]
    let transport = None;
    Ok(transport)
}
