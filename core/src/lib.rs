//! Core
pub mod call;
pub mod connect;
pub mod error;
pub mod exchange;
pub mod machine;
pub mod retry;
#[cfg(feature = "client")]
pub mod runtime;
pub mod time;
pub mod wire;
