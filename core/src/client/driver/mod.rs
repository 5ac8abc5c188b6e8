//! The loop that acts on what machines decide, and what it needs.
//!
//! | file | holds |
//! |---|---|
//! | `session` | what everything reached from one client shares |
//! | `drive` | the loop: sends, waits, hands items on |
//! | `decode` | the loop of a load, which decodes its pages as well |
//! | `strategy` | where an exchange runs: in the caller's future, or as a task |
//! | `send` | one exchange, from its request to its response |
//! | `meter` | counts the exchanges of a load |
//! | `owed` | how long the network owed a response |
//! | `spans` | what `tracing` receives |

pub(in crate::client) mod decode;
pub(in crate::client) mod drive;
pub(in crate::client) mod meter;
pub(in crate::client) mod owed;
pub(in crate::client) mod send;
pub(in crate::client) mod session;
pub(in crate::client) mod spans;
pub(in crate::client) mod strategy;
