//! The tasks of a submission: a job submits root tasks, and a running task submits subtasks.
//!
//! | file | contents |
//! |---|---|
//! | `task` | [`TaskSubmission`], one task and its options |
//! | `check` | the limits of the API, checked before a task is sent |
//! | `encode` | columns of groups and their lookup tables |
//! | `roots` | the root tasks of a job |

mod check;
mod encode;
mod roots;
mod task;

pub use roots::{TaskDefaults, encode_root_tasks};
pub use task::TaskSubmission;
