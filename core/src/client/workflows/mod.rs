//! The handles of workflows: jobs, clusters, workflows, automations, storage locations.
//!
//! The file of each handle begins with the method of [`Client`](super::Client) that returns it.
//!
//! | file | contents |
//! |---|---|
//! | `jobs` | submission, search and queries of jobs |

mod jobs;

pub use jobs::Jobs;
