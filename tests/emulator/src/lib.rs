//! A local Tilebox server, for tests, demonstrations and measurements.
//!
//! It answers Connect and gRPC on one port of this machine, over HTTP/1.1 and HTTP/2 with prior knowledge: all of the
//! Datasets API, with datapoints that are recorded, generated, or ingested by clients; in memory, or also in a folder
//! that survives it. It can refuse, delay and break on demand.
//!
//! ```
//! use tilebox_emulator::{Catalogue, Emulator};
//!
//! let emulator = Emulator::builder().catalogue(Catalogue::new(1_000)).start()?;
//! println!("listening on {}", emulator.url());
//! # Ok::<(), tilebox_emulator::StartError>(())
//! ```
//!
//! Beside the API, `/healthz` answers while it runs, and the paths to which the official clients send traces, logs and
//! metrics take them. A response that is there before its request was read reaches the client: the rest of the request is
//! read and thrown away, within limits, and over HTTP/1.1 the connection closes.
//!
//! [`Service`] is the same without a network, for simulations.
//!
//! What is not known of the real server is decided somewhere; a comment says so there, "not known" finds them all.
//!
//! It is an independent peer of the SDK: of the SDK it uses the message types alone, and it leaves the protocols to the
//! crate `connectrpc`.
//!
//! | module | holds |
//! |---|---|
//! | `server` | HTTP, and the protocol layer; what goes wrong on demand |
//! | `services` | what each RPC does |
//! | `store` | datasets, collections, datapoints; pages of these; the folder with data |
//! | `recording`, `generate` | where datapoints come from |
//! | `filter` | which datapoints a query's filters match: fields, the plane, the sphere |
//! | `schema` | types of datasets, and whether datapoints fit them |
//! | `ids`, `faces`, `wkb` | how datapoints get their ids |
//! | `suggest` | which word may have been meant |

mod builder;
mod emulator;
mod error;
mod faces;
mod faults;
mod filter;
mod generate;
mod ids;
mod meridian;
mod permissions;
mod protobuf;
mod recording;
mod requests;
mod rpc;
mod schema;
mod server;
mod services;
#[cfg_attr(not(feature = "disk"), expect(dead_code, reason = "some of a change is read by the disk alone"))]
mod store;
mod suggest;
mod wkb;

pub use builder::{Builder, DEFAULT_GZIP_LEVEL, DEFAULT_MAXIMUM_PAGE_SIZE, DEFAULT_PAGE_SIZE};
pub use emulator::{CollectionSummary, DatasetSummary, Emulator};
pub use error::StartError;
pub use faults::Fault;
pub use generate::Catalogue;
pub use permissions::Permissions;
pub use requests::Requests;
pub use services::{ErrorCode, Refusal, Service};
pub use store::DataProblem;
