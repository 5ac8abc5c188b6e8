//! The pure part of the Datasets API.
//!
//! - [`schema`]: the type of a dataset, read from what the server describes it with

pub mod schema;
