//! What is spoken on the wire, and when: pure machines over HTTP exchanges.
//!
//! **Unstable:** runtime crates and tests build on this module; its items may change in any release.
//!
//! | module | holds |
//! |---|---|
//! | [`machine`] | the contract of every machine: its verbs, its outputs |
//! | [`call`] | one RPC with its attempts, waits and deadline |
//! | `calls` | several calls of one machine at once |
//! | [`caller`] | what a machine needs to make calls |
//! | `classify` | the error of a call: its kind, its reason and its advice |
//! | [`retry`] | which failure is worth another attempt, and after which wait |
//! | [`budget`] | how many requests are in flight at once |
//! | [`exchange`] | one HTTP exchange: its limits and its errors |
//! | [`endpoint`] | the server: URL, key, metadata of the client |
//! | [`connect`] | the Connect codec: messages to requests, responses to messages |
//! | [`rpc`] | what one method is: path, messages, idempotency |
//! | [`wire`] | the generated messages |

pub mod budget;
pub mod call;
pub mod caller;
pub(crate) mod calls;
pub(crate) mod classify;
pub mod connect;
pub mod endpoint;
pub mod exchange;
pub(crate) mod id;
pub mod machine;
pub mod retry;
pub mod rpc;
pub mod wire;
