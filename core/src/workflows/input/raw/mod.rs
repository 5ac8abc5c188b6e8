//! Inputs that are bytes rather than JSON: the only field of a task, or the task itself.

mod read;
mod write;

pub(super) use read::RawReader;
pub(super) use write::{Raw, Wanted};
