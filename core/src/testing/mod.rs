//! Transports and virtual time for the tests of an application, without a network (feature `testing`).
//!
//! | the test needs | use |
//! |---|---|
//! | a response or an error that is easy to write down | [`MockTransport`] |
//! | responses of a real server | [`Recorder`] once, then [`Replay`] |
//! | one task of a workflow, executed without a server | [`TaskTest`] |
//! | a whole job, with several runners and faults | [`Workflows`] |
//! | queries, filters, pages and writes | the local server: `tilebox_emulator::Emulator::builder().start()` |
//!
//! [`client_builder`] builds a client over the first two. It needs no executor, and its waits between attempts take no time.
//!
//! | file | contents |
//! |---|---|
//! | `call` | a call of a custom RPC |
//! | `client_builder` | a client on virtual time |
//! | `mock_transport` | responses by method, written by the test |
//! | `recorder` | a transport that records the exchanges of another one |
//! | `recording` | recorded exchanges and their file format |
//! | `replay` | a transport that responds from a recording |
//! | `recorded_pages` | recorded pages, merged to serve any part of a query |
//! | `request` | method and message of a request |
//! | `task_test`, `task_run` | the test of one task, and what the task has done |
//! | `virtual_executor` | an executor whose time jumps to the next event |
//! | [`workflows`] | jobs in virtual time, with faults |

mod call;
mod client_builder;
mod mock_transport;
mod recorded_pages;
mod recorder;
mod recording;
mod replay;
mod request;
mod task_run;
mod task_test;
#[cfg(test)]
mod tests;
mod virtual_executor;
pub mod workflows;

pub use call::call;
pub use client_builder::client_builder;
pub use mock_transport::MockTransport;
pub use recorder::Recorder;
pub use recording::{RecordedExchange, Recording};
pub use replay::Replay;
pub use task_run::{SubmittedSubtask, TaskRun};
pub use task_test::TaskTest;
pub use virtual_executor::{Stalled, VirtualExecutor};
pub use workflows::{Faults, FinishedJob, Workflows};

/// The wall clock at the start of a run in virtual time, after 1970: 2025-01-01.
pub(crate) const START_OF_RUN: std::time::Duration = std::time::Duration::from_secs(1_735_689_600);
