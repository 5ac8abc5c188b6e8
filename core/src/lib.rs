//! The sans-IO core of the unofficial Tilebox SDK for Rust.

pub mod call;
#[cfg(feature = "client")]
pub mod client;
pub mod columns;
pub mod connect;
pub mod datapoints;
pub mod datasets;
pub mod endpoint;
pub mod error;
pub mod exchange;
pub mod machine;
pub mod progress;
pub mod retry;
pub mod rpc;
#[cfg(feature = "client")]
pub mod runtime;
pub mod time;
pub mod wire;

#[cfg(feature = "client")]
pub use client::{Client, ClientBuilder, Collection, Dataset, Datasets, Find, PageStream, Query, Strategy};
pub use datapoints::Datapoints;
pub use datasets::{CollectionInfo, IdInterval, TimeInterval, Timestamp};
pub use error::{Error, ErrorKind, Result};
