//! Workflows: jobs are trees of tasks that any number of runners execute.
//!
//! Its files are pure: values, requests and machines. The handles that send the requests are re-exported from the client:
//! `Client::jobs` and its siblings return them.
//!
//! | file | contents |
//! |---|---|
//! | `paging` | lists that the server returns page by page |
//! | `rpc` | one small file for each RPC |

mod paging;
pub mod rpc;

#[cfg(feature = "client")]
#[doc(inline)]
pub use crate::client::workflows::Jobs;
pub use paging::{ListPage, ListRange, PagedQuery, PagedRpc};
