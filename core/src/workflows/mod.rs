//! Workflows: jobs are trees of tasks that any number of runners execute.
//!
//! Its files are pure: values, requests and machines. The handles that send the requests are re-exported from the client:
//! `Client::jobs` and its siblings return them.
//!
//! | file | contents |
//! |---|---|
//! | `identifier` | names and versions of tasks |
//! | `paging` | lists that the server returns page by page |
//! | `rpc` | one small file for each RPC |
//! | `submission` | the tasks of a job or of a running task, checked and encoded |

mod identifier;
mod paging;
pub mod rpc;
mod submission;

#[cfg(feature = "client")]
#[doc(inline)]
pub use crate::client::workflows::Jobs;
pub use identifier::{IntoTaskIdentifier, TaskIdentifier, TaskVersion};
pub use paging::{ListPage, ListRange, PagedQuery, PagedRpc};
pub use submission::{TaskDefaults, TaskSubmission, encode_root_tasks};
