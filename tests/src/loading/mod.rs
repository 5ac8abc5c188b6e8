//! Thousands of loads a second: only the machine of a query, in virtual time, against a server with every fault.
//!
//! | file | contents |
//! |---|---|
//! | [`catalogue`] | datapoints in every kind of distribution, and the part of them that a request selects |
//! | [`server`] | responses, with every fault on their way |
//! | [`connections`] | connections that die, and that hold a limited amount of unread bytes |
//! | [`load`] | one load: its query, its datapoints, the positions from which it resumes |
//! | [`world`] | loads that share a budget, and the checks of them |

#![expect(clippy::expect_used, clippy::panic, reason = "a simulation that cannot continue fails its test")]

pub mod catalogue;
pub mod connections;
pub mod load;
pub mod server;
pub mod world;

pub use world::{Totals, decoder, simulate};
