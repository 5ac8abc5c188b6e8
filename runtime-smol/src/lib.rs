//! Tilebox on [smol](https://docs.rs/smol).
//!
//! - [`executor`]: [`Smol`], who runs futures
//! - [`isahc`] (feature `isahc`, default) and [`hyper`] (feature `hyper`): who talks HTTP

use std::sync::Arc;

use tilebox_core::exchange::TransportError;
use tilebox_core::runtime::Transport;

pub mod executor;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "hyper")]
mod socket;

#[cfg(feature = "isahc")]
pub use tilebox_backends::isahc;

#[cfg(feature = "hyper")]
pub use tilebox_backends::tls;

pub use executor::Smol;
#[cfg(feature = "hyper")]
pub use hyper::Hyper;
#[cfg(feature = "isahc")]
pub use tilebox_backends::isahc::Isahc;

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
