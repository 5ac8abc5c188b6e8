//! Virtual time: a whole client runs against a simulated network in microseconds, and repeats exactly from its seed.
//!
//! | file | holds |
//! |---|---|
//! | [`executor`] | an executor whose time jumps to the next thing that happens |
//! | [`network`] | a transport with latency, loss, resets, refusals and outages |
//! | `connections` | connections that it keeps, some of which are dead when they are used again |
//! | [`flow`] | flow control of a connection that responses share |
//! | [`server`] | the service of the local server at its far end |

#![expect(clippy::panic, reason = "a simulation that cannot go on is a failed test")]

mod connections;
pub mod executor;
pub mod flow;
pub mod network;
pub mod server;

pub use executor::Simulation;
pub use flow::FlowControl;
pub use network::{Faults, Network};
pub use server::serve;
