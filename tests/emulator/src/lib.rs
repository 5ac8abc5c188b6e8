//! A local Tilebox server for tests, demonstrations and benchmarks.
//!
//! The emulator serves Connect and gRPC on one local port, over HTTP/1.1 and HTTP/2 with prior knowledge. It implements
//! the whole Datasets API, with datapoints that are recorded, generated or ingested by clients, and the Workflows API, with
//! jobs that clients submit and runners execute. Data is in memory or also on disk. Injected faults delay, refuse or break
//! requests.
//!
//! Of the Workflows API, it leaves out subscriptions to storage locations, public workflows, the release service
//! `TaskReleaseService` and diagrams in a diagram language. These methods are `unimplemented`.
//!
//! ```
//! use tilebox_emulator::{Catalogue, Emulator};
//!
//! let emulator = Emulator::builder().catalogue(Catalogue::new(1_000)).start()?;
//! println!("listening on {}", emulator.url());
//! # Ok::<(), tilebox_emulator::StartError>(())
//! ```
//!
//! Besides the API, the emulator serves `/healthz` and the endpoints of OpenTelemetry, `/v1/traces`, `/v1/logs` and
//! `/v1/metrics`, which accept any export. The newest 100 000 logs and as many spans, up to 128 MiB of each, are kept in
//! memory for queries, not on disk. Metrics and exports in JSON are discarded.
//!
//! While an emulator runs, its cron automations submit jobs, in UTC or in a time zone with a fixed offset. It skips the
//! times at which it does not run. Storage events never happen.
//!
//! A response sent before its request was read reaches the client: the server reads the rest of the request, within limits,
//! and over HTTP/1.1 closes the connection.
//!
//! [`Service`] is the API without a network, for simulations.
//!
//! The feature `disk` stores data in a folder ([`Builder::data`]), and `command-line` (default) builds the program
//! `tilebox-emulator`.
//!
//! Where the behaviour of the real server is unknown, a comment with the words "not known" marks the choice.
//!
//! The emulator is an independent peer of the SDK: it shares only the message types and the scheduler, which decides which
//! task runs next, and the crate `connectrpc` implements the protocols.
//!
//! | module | contents |
//! |---|---|
//! | `server` | HTTP, the protocol layer, injected faults |
//! | `services` | the implementation of each RPC of datasets |
//! | `workflows` | the implementation of each RPC of workflows |
//! | `store` | datasets, collections, datapoints and pages; the data folder |
//! | `recording`, `generate` | the sources of datapoints |
//! | `filter` | the filters of a query: expressions, geometries on the sphere and in the plane |
//! | `schema` | dataset types; validation and canonical encoding of datapoints |
//! | `ids`, `faces` | the ids of datapoints |
//! | `wkb`, `antimeridian` | reading and correcting geometries |
//! | `suggest` | spelling suggestions |

mod antimeridian;
mod builder;
mod duration;
mod emulator;
mod error;
mod faces;
mod faults;
mod filter;
mod generate;
mod ids;
mod permissions;
mod protobuf;
mod recording;
mod request_counts;
mod rpc;
mod schema;
mod server;
mod services;
#[cfg_attr(not(feature = "disk"), expect(dead_code, reason = "only the disk reads some fields of a change"))]
mod store;
mod suggest;
mod wkb;
mod workflows;

pub use builder::{Builder, DEFAULT_GZIP_LEVEL, DEFAULT_MAXIMUM_PAGE_SIZE, DEFAULT_PAGE_SIZE};
pub use duration::parse_duration;
pub use emulator::{CollectionSummary, DatasetSummary, Emulator};
pub use error::StartError;
pub use faults::Fault;
pub use generate::Catalogue;
pub use permissions::Permissions;
pub use request_counts::RequestCounts;
pub use rpc::Rpc;
pub use services::{ErrorCode, Refusal, Service};
pub use store::DiskErrorKind;
