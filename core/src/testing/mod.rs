//! An application's own tests, without a network (feature `testing`).
//!
//! | what is needed | take |
//! |---|---|
//! | the application meets an answer or an error that is easy to write down | [`Scripted`] |
//! | the application meets what a real server once answered | [`Recorder`] once, then [`Replay`] |
//! | the application queries, filters, pages and writes | the local server: `tilebox_emulator::Emulator::builder().start()` |
//!
//! [`client_builder`] builds a client over the first two that needs no executor, and whose waits between attempts take no time.
//!
//! | file | holds |
//! |---|---|
//! | `call` | a call of an RPC of your own |
//! | `client` | a client with a clock of its own |
//! | `scripted` | answers by method, written by the test |
//! | `record` | writes down what goes through another transport |
//! | `recording` | what was written down, and its file format |
//! | `replay` | answers with it |
//! | `pages` | recorded pages, put together so that any part of a query is answered |
//! | `message` | what the three see of a request |

mod call;
mod client;
mod message;
mod pages;
mod record;
mod recording;
mod replay;
mod scripted;
#[cfg(test)]
mod tests;

pub use call::call;
pub use client::client_builder;
pub use record::Recorder;
pub use recording::{Recorded, Recording, RecordingError};
pub use replay::Replay;
pub use scripted::Scripted;
