//! The handles of workflows: jobs, clusters, workflows, automations, storage locations.
//!
//! | file | contents |
//! |---|---|
//! | `jobs` | submission, search and queries of jobs |

mod jobs;

#[doc(no_inline)]
pub use crate::workflows::*;
pub use jobs::Jobs;
