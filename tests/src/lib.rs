//! What the tests share.

pub mod loading;
pub mod recordings;
pub mod reflection;
pub mod simulation;
pub mod sources;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
