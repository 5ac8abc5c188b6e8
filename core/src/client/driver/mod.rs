//! The loop that acts on what machines decide, and what it needs.
//!
//! | file | holds |
//! |---|---|
//! | `session` | the state that all handles of one client share |
//! | `drive` | the loop: sends, waits, yields items |
//! | `list_drive` | the loop of a list: one page after the other |
//! | `list_items` | the items of a list, one by one |
//! | `list_options` | the limits of a list and its cursor |
//! | `page_drive` | the loop of a load, which decodes its pages as well |
//! | `strategy` | the place where an exchange runs: the caller's future, or a task |
//! | `start` | starts exchanges and other work there |
//! | `send` | one exchange, from its request to its response |
//! | `meter` | counts the exchanges of a load |
//! | `network_time` | the time in which the network owes a response |
//! | `spans` | the spans and fields for `tracing` |

pub(in crate::client) mod drive;
pub(in crate::client) mod list_drive;
pub(in crate::client) mod list_items;
pub(in crate::client) mod list_options;
pub(in crate::client) mod meter;
pub(in crate::client) mod network_time;
pub(in crate::client) mod page_drive;
pub(in crate::client) mod send;
pub(in crate::client) mod session;
pub(in crate::client) mod spans;
pub(in crate::client) mod start;
pub(in crate::client) mod strategy;
