//! The unofficial Tilebox SDK for applications that are still on async-std.
//!
//! **async-std and surf are no longer maintained** ([RUSTSEC-2025-0052](https://rustsec.org/advisories/RUSTSEC-2025-0052),
//! [RUSTSEC-2025-0036](https://rustsec.org/advisories/RUSTSEC-2025-0036)). This crate exists for applications that
//! already use them; a new application should use `tilebox-smol`, which has the same API. Nothing else depends on this crate.
//!
//! ```no_run
//! use tilebox_async_std::{Result, block_on};
//!
//! fn main() -> Result<()> {
//!     block_on(async {
//!         let client = tilebox_async_std::client()?;
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
//! - [`executor`]: [`AsyncStd`], the executor
//! - [`isahc`] (feature `isahc`, default) and [`surf`] (feature `surf`): the HTTP backends
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
#[cfg(feature = "surf")]
pub mod surf;

#[cfg(feature = "isahc")]
pub use tilebox_backends::isahc;

#[cfg(feature = "otel")]
pub use tilebox_backends::otel;

pub use executor::{AsyncStd, block_on};
#[cfg(feature = "surf")]
pub use surf::Surf;
#[cfg(feature = "isahc")]
pub use tilebox_backends::isahc::Isahc;

/// Returns a client on async-std for the server in the environment variable `TILEBOX_API_URL`, or else for Tilebox, with the API
/// key in `TILEBOX_API_KEY`, or else anonymous.
///
/// # Errors
///
/// As [`ClientBuilder::build`].
pub fn client() -> Result<Client> {
    client_builder().build()
}

/// Returns a builder of a client on async-std.
pub fn client_builder() -> ClientBuilder {
    let strategy = if cfg!(feature = "spawned") { Strategy::Spawned } else { Strategy::Joined };
    let parts = RuntimeParts::new("async-std", Arc::new(AsyncStd::new())).with_transport(Box::new(default_transport));
    ClientBuilder::new(parts.with_strategy(strategy).with_blocking(blocking::parts))
}

/// Returns the default backend: isahc, or `None` without that feature.
///
/// # Errors
///
/// When the backend cannot be created.
pub fn default_transport() -> Result<Option<Arc<dyn Transport>>, TransportError> {
    #[cfg(feature = "isahc")]
    let transport = Some(Arc::new(Isahc::new()?) as Arc<dyn Transport>);
    #[cfg(not(feature = "isahc"))]
    let transport = None;
    Ok(transport)
}
