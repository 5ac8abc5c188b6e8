//! Virtual time: a whole client runs against a simulated network in microseconds, and repeats exactly from its seed.
//!
//! | file | contents |
//! |---|---|
//! | [`executor`] | an executor whose time jumps to the next event |
//! | [`network`] | a transport with latency, loss, resets, refusals and outages |
//! | `connections` | the connections of the transport, some of which are dead at their next use |
//! | [`flow`] | flow control of a connection that responses share |
//! | [`server`] | the service of the local server as the server |

#![expect(clippy::panic, reason = "a simulation that cannot continue fails its test")]

mod connections;
pub mod executor;
pub mod flow;
pub mod network;
pub mod server;

pub use executor::Simulation;
pub use flow::FlowControl;
pub use network::{Faults, Network};
pub use server::serve;
