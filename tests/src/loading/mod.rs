//! Thousands of loads a second: the machine of a query alone, in virtual time, against a server where all goes wrong.
//!
//! | file | holds |
//! |---|---|
//! | [`catalogue`] | datapoints in every kind of distribution, and what of them a request asks for |
//! | [`server`] | answers, with everything that can happen to them on the way |
//! | [`world`] | loads that share a budget, and what has to be true of them |

#![expect(clippy::expect_used, clippy::panic, reason = "a simulation that cannot go on is a failed test")]

pub mod catalogue;
pub mod server;
pub mod world;

pub use world::{Totals, decoder, simulate};
