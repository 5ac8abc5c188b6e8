//! `tbx`, run as a program against the local server: one file for each topic.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod destination;
mod failure;
mod help;
mod kit;
mod listing;
mod query;
#[cfg(target_os = "linux")]
mod terminal;
