//! The unofficial Tilebox SDK on [smol](https://docs.rs/smol).
//!
//! ```no_run
//! use tilebox_smol::{Client, Result, block_on};
//!
//! fn main() -> Result<()> {
//!     block_on(async {
//!         let client = Client::from_env()?;
//!         let dataset = client.dataset("open_data.copernicus.sentinel2_msi").await?;
//!         let collection = dataset.collection("S2A_S2MSI1C").await?;
//!         let datapoints = collection.query(("2025-03-01", "2025-03-02")).await?;
//!         println!("{datapoints}");
//!         Ok(())
//!     })
//! }
//! ```
//!
//! The [guide] leads from here: queries, results, concurrency, ingestion, tests of your own, coming from Python or Go.
//!
//! Everything of [`tilebox_core`] is here too, so this is the only crate to import from. What it adds:
//!
//! - [`Client`]: the client of core on this runtime
//! - [`blocking`]: the same API for code that waits
//! - [`executor`]: [`Smol`], who runs futures
//! - [`isahc`] (feature `isahc`, default) and [`hyper`] (feature `hyper`): who talks HTTP

use std::sync::Arc;

use tilebox_core::client::RuntimeParts;
use tilebox_core::protocol::exchange::TransportError;
use tilebox_core::runtime::Transport;
pub use tilebox_core::*;

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

pub use executor::{Smol, block_on};
#[cfg(feature = "hyper")]
pub use hyper::Hyper;
#[cfg(feature = "isahc")]
pub use tilebox_backends::isahc::Isahc;

tilebox_core::runtime_client! {
    /// The [`Client`](tilebox_core::Client) of core, which this dereferences to, on smol.
    Client = RuntimeParts {
        name: "smol",
        runtime: Arc::new(Smol::new()),
        transport: Box::new(default_transport),
        strategy: if cfg!(feature = "spawned") { Strategy::Spawned } else { Strategy::Joined },
    }
}

/// The backend that is used unless another one is brought: isahc, or hyper without it, or none without both.
///
/// # Errors
///
/// When the backend cannot be set up.
pub fn default_transport() -> Result<Option<Arc<dyn Transport>>, TransportError> {
    #[cfg(feature = "isahc")]
    let transport = Some(Arc::new(Isahc::new()?) as Arc<dyn Transport>);
    #[cfg(all(feature = "hyper", not(feature = "isahc")))]
    let transport = Some(Arc::new(Hyper::new()?) as Arc<dyn Transport>);
    #[cfg(not(any(feature = "isahc", feature = "hyper")))]
    let transport = None;
    Ok(transport)
}
