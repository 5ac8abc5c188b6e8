//! The unofficial Tilebox SDK on [tokio](https://docs.rs/tokio).
//!
//! ```no_run
//! use tilebox_tokio::Client;
//!
//! #[tokio::main]
//! async fn main() -> tilebox_tokio::Result<()> {
//!     let client = Client::from_env()?;
//!     let dataset = client.dataset("open_data.copernicus.sentinel2_msi").await?;
//!     let collection = dataset.collection("S2A_S2MSI1C").await?;
//!     let datapoints = collection.query(("2025-03-01", "2025-03-02")).await?;
//!     println!("{datapoints}");
//!     Ok(())
//! }
//! ```
//!
//! The [guide] leads from here: queries, results, concurrency, ingestion, tests of your own, coming from Python or Go.
//!
//! Everything of [`tilebox_core`] is here too, so this is the only crate to import from. What it adds:
//!
//! - [`Client`]: the client of core on this runtime
//! - [`blocking`]: the same API for code that waits
//! - [`executor`]: [`Tokio`], who runs futures
//! - [`hyper`] (feature `hyper`, default) and [`reqwest`] (feature `reqwest`): who talks HTTP
//! - [`context`]: the tokio runtime that both of them use
//!
//! Futures may be polled by any executor, also outside of tokio, as long as a tokio runtime was there when the
//! client was made. That runtime needs its drivers (`enable_all`, as `#[tokio::main]` has them).

use std::sync::Arc;

use tilebox_core::client::RuntimeParts;
use tilebox_core::protocol::exchange::TransportError;
use tilebox_core::runtime::Transport;
pub use tilebox_core::*;

pub mod blocking;
#[cfg(feature = "hyper")]
mod connector;
pub mod context;
pub mod executor;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "reqwest")]
pub mod reqwest;
#[cfg(all(unix, feature = "hyper"))]
mod socket;

#[cfg(any(feature = "reqwest", feature = "hyper"))]
pub use tilebox_backends::tls;

pub use executor::{Tokio, block_on};
#[cfg(feature = "hyper")]
pub use hyper::Hyper;
#[cfg(feature = "reqwest")]
pub use reqwest::Reqwest;

tilebox_core::runtime_client! {
    /// The [`Client`](tilebox_core::Client) of core, which this dereferences to, on tokio.
    Client = RuntimeParts {
        name: "tokio",
        runtime: Arc::new(Tokio::new()),
        transport: Box::new(default_transport),
        strategy: if cfg!(feature = "spawned") { Strategy::Spawned } else { Strategy::Joined },
    }
}

/// The backend that is used unless another one is brought: hyper, or reqwest without it, or none without both.
///
/// # Errors
///
/// When the backend cannot be set up.
pub fn default_transport() -> Result<Option<Arc<dyn Transport>>, TransportError> {
    #[cfg(feature = "hyper")]
    let transport = Some(Arc::new(Hyper::new()?) as Arc<dyn Transport>);
    #[cfg(all(feature = "reqwest", not(feature = "hyper")))]
    let transport = Some(Arc::new(Reqwest::new()?) as Arc<dyn Transport>);
    #[cfg(not(any(feature = "reqwest", feature = "hyper")))]
    let transport = None;
    Ok(transport)
}
