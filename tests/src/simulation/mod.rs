//! Virtual time: a whole client runs against a simulated network in microseconds, and repeats exactly from its seed.
//!
//! | file | holds |
//! |---|---|
//! | [`executor`] | an executor whose time jumps to the next thing that happens |
//! | [`network`] | a transport with latency, loss, resets and refusals |
//! | [`server`] | the service of the local server at its far end |

#![expect(clippy::panic, reason = "a simulation that cannot go on is a failed test")]

pub mod executor;
pub mod network;
pub mod server;

pub use executor::Simulation;
pub use network::{Faults, Network};
pub use server::serve;
