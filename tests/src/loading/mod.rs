//! Thousands of loads a second: the machine of a query alone, in virtual time, against a server where all goes wrong.
//!
//! | file | holds |
//! |---|---|
//! | [`catalogue`] | datapoints in every kind of distribution, and what of them a request asks for |
//! | [`server`] | answers, with everything that can happen to them on the way |
//! | [`connections`] | connections that die, and that hold only so much that nobody reads |
//! | [`load`] | one load: what it is asked for, what it has given, where it resumes |
//! | [`world`] | loads that share a budget, and what has to be true of them |

#![expect(clippy::expect_used, clippy::panic, reason = "a simulation that cannot go on is a failed test")]

pub mod catalogue;
pub mod connections;
pub mod load;
pub mod server;
pub mod world;

pub use world::{Totals, decoder, simulate};
