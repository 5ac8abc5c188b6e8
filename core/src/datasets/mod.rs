//! The pure part of the Datasets API.

pub(crate) mod id;
mod interval;
pub mod rpc;
mod timestamp;

pub use interval::{IdInterval, IntoTemporalExtent, TemporalExtent, TimeInterval};
pub use timestamp::{IntoTimestamp, Timestamp};
