//! What the tests share.

pub mod recordings;
pub mod reflection;
pub mod simulation;
