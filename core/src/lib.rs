//! The sans-IO core of the unofficial Tilebox SDK for Rust.
//!
//! An application depends on a runtime crate (`tilebox-tokio`, `tilebox-smol`, `tilebox-async-std`), which re-exports
//! everything here. A library that should run on any of them depends on this crate and takes a [`&Client`](Client).
//!
//! The [guide] shows how to use it, from the first query to tests of applications; this page shows how it works.
//!
//! # The life of a query
//!
//! 1. `collection.query(("2025-03-01", "2025-06-01"))` parses the input into a [`TimeInterval`]. Invalid input is an
//!    [`Error`] with what to do, and no request is sent.
//! 2. Awaiting it creates a machine, [`Pages`](datasets::Pages), with the context of the collection: the
//!    [`Endpoint`](protocol::endpoint::Endpoint), and a [`PageDecoder`](columns::PageDecoder) compiled from the
//!    [schema] of the dataset.
//! 3. The machine emits its first [`Output`](protocol::machine::Output), an [`Exchange`](protocol::machine::Exchange): an
//!    [`http::Request`] that [`connect`](protocol::connect) encoded.
//! 4. The driver (`client/driver/drive.rs`) passes the request to the [`Transport`](runtime::Transport) of the runtime,
//!    inside the caller's future or as a task: the [`Strategy`] decides.
//! 5. The decoder of the exchange checks the [`http::Response`], decompresses it within a limit, and writes its message
//!    into Arrow columns in one pass over the bytes.
//! 6. The machine accepts the page and, before it returns it, requests several of the next ones. The ids of this page
//!    determine which; its share of the client's [`Budget`](protocol::budget::Budget) determines how many.
//!    [`retry::verdict`](protocol::retry::verdict) decides whether [`Call`](protocol::call::Call) repeats a failed
//!    request, and after which delay.
//! 7. The consumer receives [`Datapoints`], page by page or in one table.
//!
//! Steps 1 to 3, 5 and 6 are pure. They run without a network, a clock or an executor, as in this test, which plays the
//! driver and constructs the response:
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
//! // The request: without a key, it uses the path for anonymous access.
//! let now = Instant::ORIGIN;
//! let Output::Send(exchange) = call.poll_output(now) else { panic!("a call begins with a request") };
//! assert_eq!(
//!     exchange.request.uri(),
//!     "https://api.tilebox.com/public/datasets.v1.DatasetService/GetDataset"
//! );
//!
//! // A response, constructed by hand.
//! let dataset = Dataset { name: "Sentinel".to_owned(), ..Default::default() };
//! let response = http::Response::builder()
//!     .header("content-type", "application/proto")
//!     .body(dataset.encode_to_vec().into())?;
//! call.handle_response(now, exchange.id, exchange.decode(Ok(response)));
//!
//! let Output::Item(Ok(dataset)) = call.poll_output(now) else { panic!("the response is complete") };
//! assert_eq!(dataset.name, "Sentinel");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! - `client` (default): the seam to runtimes, the async API over it, and the [blocking] one. Without it
//!   only pure code is built, also for WebAssembly.
//! - `progress`: progress bars.
//! - `testing`: transports for the tests of applications.
//! - `miette`: errors as `miette` reports.
//! - `rows`: datapoints as structs deserialized with `serde`, by [`Datapoints`]`::rows`.
//! - `arrow-ipc`, `csv`, `parquet`: [output] formats in addition to GeoJSON.

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
    CollectionInfo, CoordinateSystem, DatasetChanges, DatasetDefinition, Expression, FieldDefinition, FieldRole,
    Ingested, Messages, Records, SpatialFilter, SpatialMode,
};
pub use error::{Error, ErrorKind, Result};
/// The geometry types of spatial extents, in the accepted version.
pub use geo_types;
pub use metrics::LoadMetrics;
pub use protocol::endpoint::{API_KEYS_PAGE, ClientMetadata};
pub use protocol::retry::RetryPolicy;
pub use schema::{IdInterval, TimeInterval, Timestamp};
