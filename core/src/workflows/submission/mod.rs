//! The tasks of a submission: a job submits root tasks, and a running task submits subtasks.
//!
//! | file | contents |
//! |---|---|
//! | `task` | [`TaskSubmission`], one task and its options |
//! | `check` | the limits of the API, checked before a task is sent |
//! | `groups` | tasks with the same dependencies and dependants form a group |
//! | `partition` | groups by their definition, for the lists of single tasks of older clients |
//! | `encode` | columns of groups and their lookup tables |
//! | `roots` | the root tasks of a job |
//! | `subtasks` | the subtasks of one execution of a task |

mod check;
mod encode;
mod groups;
mod partition;
mod roots;
mod subtasks;
mod task;
#[cfg(test)]
mod tests;

#[cfg(any(feature = "scheduler", test))]
pub(super) use partition::{NumberedGroups, partition};
pub use roots::{TaskDefaults, encode_root_tasks};
pub use subtasks::{Subtask, Subtasks};
pub use task::TaskSubmission;
