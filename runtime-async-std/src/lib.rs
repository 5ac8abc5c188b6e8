//! Tilebox for applications that are still on async-std.
//!
//! **async-std and surf are no longer maintained** ([RUSTSEC-2025-0052](https://rustsec.org/advisories/RUSTSEC-2025-0052),
//! [RUSTSEC-2025-0036](https://rustsec.org/advisories/RUSTSEC-2025-0036)). This crate exists because applications that
//! stand on them still need data; a new application should take `tilebox-smol`, which swaps one import. Nothing else
//! depends on this crate.
//!
//! - [`executor`]: [`AsyncStd`], who runs futures
//! - [`isahc`] (feature `isahc`, default) and [`surf`] (feature `surf`): who talks HTTP

use std::sync::Arc;

use tilebox_core::exchange::TransportError;
use tilebox_core::runtime::Transport;

pub mod executor;
#[cfg(feature = "surf")]
pub mod surf;

#[cfg(feature = "isahc")]
pub use tilebox_backends::isahc;

pub use executor::AsyncStd;
#[cfg(feature = "surf")]
pub use surf::Surf;
#[cfg(feature = "isahc")]
pub use tilebox_backends::isahc::Isahc;

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
