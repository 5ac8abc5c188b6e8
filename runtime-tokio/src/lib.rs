//! Tilebox on [tokio](https://docs.rs/tokio).
//!
//! - [`executor`]: [`Tokio`], who runs futures
//! - [`reqwest`] (feature `reqwest`, default) and [`hyper`] (feature `hyper`): who talks HTTP
//!
//! Futures may be polled by any executor, also outside of tokio, as long as a tokio runtime was there (entered) when
//! the executor and the backend were made. That runtime needs its drivers (`enable_all`, as `#[tokio::main]` has them).

use std::sync::Arc;

use tilebox_core::exchange::TransportError;
use tilebox_core::runtime::Transport;

mod context;
pub mod executor;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "reqwest")]
pub mod reqwest;

#[cfg(any(feature = "reqwest", feature = "hyper"))]
pub use tilebox_backends::tls;

pub use executor::Tokio;
#[cfg(feature = "hyper")]
pub use hyper::Hyper;
#[cfg(feature = "reqwest")]
pub use reqwest::Reqwest;

/// The backend that is used unless another one is brought: reqwest, or hyper without it, or none without both.
///
/// # Errors
///
/// When the backend cannot be set up.
pub fn default_transport() -> Result<Option<Arc<dyn Transport>>, TransportError> {
    #[cfg(feature = "reqwest")]
    let transport = Some(Arc::new(Reqwest::new()?) as Arc<dyn Transport>);
    #[cfg(all(feature = "hyper", not(feature = "reqwest")))]
    let transport = Some(Arc::new(Hyper::new()?) as Arc<dyn Transport>);
    #[cfg(not(any(feature = "reqwest", feature = "hyper")))]
    let transport = None;
    Ok(transport)
}
