//! `tbx`, run as a program against the local server: one file for each topic.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod clusters;
mod completions;
mod delete;
mod destination;
mod failure;
mod find;
mod generate;
mod help;
mod ingest;
#[cfg(unix)]
mod interruption;
mod jobs;
mod kit;
mod listing;
mod logs;
mod manage;
#[cfg(unix)]
mod output;
mod query;
#[cfg(unix)]
mod resume;
#[cfg(target_os = "linux")]
mod terminal;
