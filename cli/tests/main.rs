//! `tbx`, run as a program against the local server: one file for each topic.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod clusters;
mod destination;
mod failure;
mod generate;
mod help;
mod jobs;
mod kit;
mod listing;
mod logs;
mod query;
#[cfg(target_os = "linux")]
mod terminal;
