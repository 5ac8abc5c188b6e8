//! The wire protocol as pure machines over HTTP exchanges.
//!
//! **Unstable:** runtime crates and tests build on this module; its items may change in any release.
//!
//! | module | holds |
//! |---|---|
//! | [`machine`] | the contract of every machine: its inputs and outputs |
//! | [`call`] | one RPC with its attempts, backoff and deadline |
//! | `calls` | concurrent calls of one machine |
//! | [`caller`] | the resources with which a machine makes calls |
//! | `call_error` | the error of a call: its kind, its reason and its advice |
//! | [`retry`] | whether a failure is retried, and after which delay |
//! | [`budget`] | the number of requests in flight |
//! | [`exchange`] | one HTTP exchange: its limits and its errors |
//! | [`endpoint`] | the server: URL, API key, client metadata |
//! | [`connect`] | the Connect codec: messages to requests, responses to messages |
//! | [`rpc`] | the description of a method: path, messages, idempotency |
//! | [`wire`] | the generated messages |

pub mod budget;
pub mod call;
pub(crate) mod call_error;
pub mod caller;
pub(crate) mod calls;
pub mod connect;
pub mod endpoint;
pub mod exchange;
pub(crate) mod id;
pub mod machine;
pub mod retry;
pub mod rpc;
pub mod wire;
