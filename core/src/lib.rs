//! Core
pub mod call;
pub mod connect;
pub mod datasets;
pub mod endpoint;
pub mod error;
pub mod exchange;
pub mod machine;
pub mod retry;
pub mod rpc;
#[cfg(feature = "client")]
pub mod runtime;
pub mod time;
pub mod wire;
