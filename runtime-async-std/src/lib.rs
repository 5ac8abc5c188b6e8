//! The unofficial Tilebox SDK for applications that are still on async-std.
//!
//! **async-std and surf are no longer maintained** ([RUSTSEC-2025-0052](https://rustsec.org/advisories/RUSTSEC-2025-0052),
//! [RUSTSEC-2025-0036](https://rustsec.org/advisories/RUSTSEC-2025-0036)). This crate exists because applications that
//! stand on them still need data; a new application should take `tilebox-smol`, which swaps one import. Nothing else
//! depends on this crate.
//!
//! ```no_run
//! use tilebox_async_std::{Client, Result, block_on};
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
//! - [`executor`]: [`AsyncStd`], who runs futures
//! - [`isahc`] (feature `isahc`, default) and [`surf`] (feature `surf`): who talks HTTP

use std::sync::Arc;

use tilebox_core::client::RuntimeParts;
use tilebox_core::protocol::exchange::TransportError;
use tilebox_core::runtime::Transport;
pub use tilebox_core::*;

pub mod blocking;
pub mod executor;
#[cfg(feature = "surf")]
pub mod surf;

#[cfg(feature = "isahc")]
pub use tilebox_backends::isahc;

pub use executor::{AsyncStd, block_on};
#[cfg(feature = "surf")]
pub use surf::Surf;
#[cfg(feature = "isahc")]
pub use tilebox_backends::isahc::Isahc;

tilebox_core::runtime_client! {
    /// The [`Client`](tilebox_core::Client) of core, which this dereferences to, on async-std.
    Client = RuntimeParts {
        name: "async-std",
        runtime: Arc::new(AsyncStd::new()),
        transport: Box::new(default_transport),
        strategy: if cfg!(feature = "spawned") { Strategy::Spawned } else { Strategy::Joined },
    }
}

/// The backend that is used unless another one is brought: isahc, or none without it.
///
/// # Errors
///
/// When the backend cannot be set up.
pub fn default_transport() -> Result<Option<Arc<dyn Transport>>, TransportError> {
    #[cfg(feature = "isahc")]
    let transport = Some(Arc::new(Isahc::new()?) as Arc<dyn Transport>);
    #[cfg(not(feature = "isahc"))]
    let transport = None;
    Ok(transport)
}
