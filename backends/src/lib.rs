//! Parts that the HTTP backends of the Tilebox SDK share.
//!
//! Applications depend on a runtime crate rather than this one, unless they use no runtime or implement their own backend.
//!
//! - [`function`]: a blocking client over a function from requests to responses
//! - [`thread`]: the thread of a blocking client
//! - [`signals`]: the signals that stop a runner
//! - [`target`]: the supported URIs
//! - [`pools`]: the connection pools of a backend
//! - [`body`]: reading response bodies within a limit
//! - [`tls`] (feature `tls`): trusted roots for clients on rustls
//! - [`hyper`] (feature `hyper`): exchanges over hyper's pooled client, on any executor
//! - [`race`], [`tcp`] (feature `hyper`): connecting to a host with several addresses
//! - [`proxy`] (feature `hyper`): the proxies of such a client, and tunnels through them
//! - [`isahc`] (feature `isahc`): a complete backend, because isahc has its own thread and needs no executor
//! - [`otel`] (feature `otel`): the logs and spans of tasks, over OTLP

pub mod body;
pub mod function;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "isahc")]
pub mod isahc;
#[cfg(feature = "otel")]
pub mod otel;
pub mod pools;
#[cfg(feature = "hyper")]
pub mod proxy;
#[cfg(any(feature = "hyper", feature = "isahc"))]
mod proxy_variables;
#[cfg(feature = "hyper")]
pub mod race;
pub mod signals;
pub mod target;
#[cfg(feature = "hyper")]
pub mod tcp;
pub mod thread;
#[cfg(feature = "tls")]
pub mod tls;
