//! Virtual time: a whole client runs against a simulated network in microseconds, and repeats exactly from its seed.
//!
//! | file | holds |
//! |---|---|
//! | [`executor`] | an executor whose time jumps to the next thing that happens |
//! | [`network`] | a transport with latency, loss, resets and refusals |

pub mod executor;
pub mod network;

pub use executor::Simulation;
pub use network::{Faults, Network};
