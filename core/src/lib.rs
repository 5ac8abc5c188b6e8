//! Core
pub mod columns;
pub mod datasets;
pub mod exchange;
#[cfg(feature = "client")]
pub mod runtime;
pub mod time;
pub mod wire;
