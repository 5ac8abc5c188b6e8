//! What the HTTP backends of the Tilebox SDK share across runtimes.
//!
//! Applications depend on a runtime crate, not on this one, unless they want no runtime at all; a backend of one's own
//! can be built with it.
//!
//! - [`function`]: a blocking client over any function from a request to its answer
//! - [`thread`]: the thread of a blocking client
//! - [`target`]: what can be asked at all
//! - [`pools`]: which connections an exchange may use
//! - [`body`]: reading a body that may be too long
//! - [`tls`] (feature `tls`): trusted roots for clients on rustls
//! - [`hyper`] (feature `hyper`): one exchange over hyper's pooled client, whatever executor is below it
//! - [`race`], [`tcp`] (feature `hyper`): connecting to a host that has several addresses
//! - [`proxy`] (feature `hyper`): which proxy such a client uses, and the tunnel through it
//! - [`isahc`] (feature `isahc`): a whole backend, because isahc brings its own thread and needs no executor

pub mod body;
pub mod function;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "isahc")]
pub mod isahc;
pub mod pools;
#[cfg(feature = "hyper")]
pub mod proxy;
#[cfg(any(feature = "hyper", feature = "isahc"))]
mod proxy_variables;
#[cfg(feature = "hyper")]
pub mod race;
pub mod target;
#[cfg(feature = "hyper")]
pub mod tcp;
pub mod thread;
#[cfg(feature = "tls")]
pub mod tls;
