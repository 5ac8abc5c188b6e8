//! Workflows: jobs are trees of tasks that any number of runners execute.
//!
//! This module is pure: values, requests and machines. The handles that send the requests are
//! those that `Client::jobs` and its siblings return.
//!
//! | file | contents |
//! |---|---|
//! | `rpc` | one small file for each RPC |

pub mod rpc;
