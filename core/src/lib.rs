//! The sans-IO core of the unofficial Tilebox SDK for Rust.
//!
//! An application depends on a runtime crate (`tilebox-tokio`, `tilebox-smol`, `tilebox-async-std`), which re-exports
//! everything here. A library that should run on any of them depends on this crate and takes a [`&Client`](Client).
//!
//! The [guide] says how to use it, from the first query to tests of your own; this page says how it works.
//!
//! # The life of a query
//!
//! 1. `collection.query(("2025-03-01", "2025-06-01"))` turns what a person wrote into a [`TimeInterval`]. What is wrong
//!    with it is an [`Error`] that says what, where and what to do, and nothing is sent.
//! 2. Awaiting it makes a machine, [`Pages`](datasets::Pages), with what the collection knows of itself: the
//!    [`Endpoint`](protocol::endpoint::Endpoint), and a [`PageDecoder`](columns::PageDecoder) compiled from the
//!    [schema] of the dataset.
//! 3. The machine says what it wants. Its first [`Output`](protocol::machine::Output) is an
//!    [`Exchange`](protocol::machine::Exchange): an [`http::Request`] that [`connect`](protocol::connect) encoded.
//! 4. The driver (`client/driver/drive.rs`) hands the request to the [`Transport`](runtime::Transport) of the runtime,
//!    inside the caller's future or as a task: that is the [`Strategy`].
//! 5. The [`http::Response`] goes through the decoder that came with the exchange: checked, decompressed within a limit,
//!    and written into Arrow columns in one walk over its bytes.
//! 6. The machine takes the page and, before it gives it away, asks for several of the next ones at once: which, it
//!    tells by the ids of this one, and how many, by its share of the [`Budget`](protocol::budget::Budget) of the client.
//!    A failure goes to [`retry::verdict`](protocol::retry::verdict), which decides whether
//!    [`Call`](protocol::call::Call) tries again, and after which wait.
//! 7. The consumer gets [`Datapoints`], page by page or in one table.
//!
//! Steps 1 to 3, 5 and 6 are pure. They run without a network, a clock or an executor, as in this test, which plays the
//! driver and makes up the answer:
//!
//! ```
//! use prost::Message;
//! use tilebox_core::protocol::call::{Call, CallPolicy};
//! use tilebox_core::datasets::rpc::GetDataset;
//! use tilebox_core::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl};
//! use tilebox_core::protocol::machine::{Machine, Output};
//! use tilebox_core::time::Instant;
//! use tilebox_core::protocol::wire::datasets::v1::{Dataset, GetDatasetRequest};
//!
//! let url = ServerUrl::parse("https://api.tilebox.com")?;
//! let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
//! let request = GetDatasetRequest { slug: "open_data.sentinel".to_owned(), ..Default::default() };
//! let mut call = Call::new(endpoint.call::<GetDataset>(&request, "find the dataset")?, CallPolicy::default(), 7);
//!
//! // What would be sent: without a key, Tilebox is asked below its public path.
//! let now = Instant::ORIGIN;
//! let Output::Send(exchange) = call.poll_output(now) else { panic!("a call begins with a request") };
//! assert_eq!(
//!     exchange.request.uri(),
//!     "https://api.tilebox.com/public/datasets.v1.DatasetService/GetDataset"
//! );
//!
//! // The answer, made up by hand.
//! let dataset = Dataset { name: "Sentinel".to_owned(), ..Default::default() };
//! let response = http::Response::builder()
//!     .header("content-type", "application/proto")
//!     .body(dataset.encode_to_vec().into())?;
//! call.handle_response(now, exchange.id, exchange.decode(Ok(response)));
//!
//! let Output::Item(Ok(dataset)) = call.poll_output(now) else { panic!("the answer is complete") };
//! assert_eq!(dataset.name, "Sentinel");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! - `client` (default): the seam to runtimes, the async API over it, and the [blocking] one. Without it
//!   only pure code is built, also for WebAssembly.
//! - `progress`: bars in the terminal.
//! - `testing`: transports for the tests of applications.
//! - `miette`: errors as reports of `miette`.
//! - `rows`: datapoints as structs that `serde` reads, with [`Datapoints`]`::rows`.
//! - `arrow-ipc`, `csv`, `parquet`: what datapoints can be [written](output) as, beside GeoJSON.

mod arrays;
#[cfg(feature = "client")]
mod client;
pub mod columns;
pub mod datapoints;
pub mod datasets;
#[cfg(feature = "client")]
mod environment;
pub mod error;
#[cfg(feature = "client")]
pub mod guide;
pub mod metrics;
mod notebook;
pub mod output;
pub mod progress;
pub mod protocol;
#[cfg(feature = "client")]
pub mod runtime;
pub mod schema;
#[cfg(any(feature = "testing", all(test, feature = "client")))]
pub mod testing;
pub mod time;
#[cfg(test)]
mod whole_input;

#[cfg(feature = "client")]
pub use client::{
    Client, ClientBuilder, Collection, Dataset, Datasets, DefaultTransport, DeletedDataset, Find, Ingestion,
    PageStream, Query, RuntimeParts, Strategy, blocking, load_all, load_each,
};
pub use datapoints::{Datapoints, Footprint};
pub use datasets::filter::{EnumName, field};
pub use datasets::{
    CollectionInfo, CoordinateSystem, DatasetChanges, DatasetDefinition, Expression, Field, FieldRole, Ingested,
    Messages, Records, SpatialFilter, SpatialMode,
};
pub use error::{Error, ErrorKind, Result};
/// The geometries that a spatial extent can be, in the version that is accepted.
pub use geo_types;
pub use metrics::LoadMetrics;
pub use protocol::endpoint::{API_KEYS_PAGE, ClientMetadata};
pub use protocol::retry::RetryPolicy;
pub use schema::{IdInterval, TimeInterval, Timestamp};
