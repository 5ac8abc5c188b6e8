//! The core of the unofficial Tilebox SDK for Rust: everything except an executor and an HTTP client.
//!
//! An application depends on a runtime crate (`tilebox-tokio`, `tilebox-smol`, `tilebox-async-std`), which re-exports this
//! API. A library for any of them depends on this crate and takes a [`&Client`](Client).
//!
//! | start at | for |
//! |---|---|
//! | [`Client`] | datasets by name, and a listing of all |
//! | [`Dataset`], [`Collection`] | queries, ingestion, deletion |
//! | [`Query`] | filters, areas, limits, columns |
//! | [`Datapoints`] | the result: Arrow columns, rows, tables, maps; [`output`] writes it to files |
//! | [`Error`] | its kind, reason and advice |
//! | [`blocking`] | the same API without async |
//! | [`testing`] | tests of an application without a network (feature `testing`) |
//! | [`guide`] | all of it, chapter by chapter |
//!
//! The other modules hold the types that these use. [`protocol`] and [`columns`] are the machinery below: they are
//! **unstable**, and their items may change in any release.
//!
//! # How it works
//!
//! 1. `collection.query(("2025-03-01", "2025-06-01"))` parses its argument into a [`TimeInterval`]. An argument that is not
//!    valid is an [`Error`] with advice, before a request is sent.
//! 2. Awaiting the query creates a machine, [`Pages`](datasets::Pages), from the
//!    [`Endpoint`](protocol::endpoint::Endpoint) of the client and a [`PageDecoder`](columns::PageDecoder) compiled from the
//!    [schema] of the dataset.
//! 3. The machine returns its first [`Output`](protocol::machine::Output), an
//!    [`Exchange`](protocol::machine::Exchange): an [`http::Request`] that [`connect`](protocol::connect) encoded.
//! 4. The driver (`client/driver/drive.rs`) passes the request to the [`Transport`](runtime::Transport) of the runtime,
//!    inside the caller's future or as a task: that is the [`Strategy`].
//! 5. The decoder of the exchange checks the [`http::Response`] and keeps the page encoded; the responses of all other calls
//!    it decodes. When the reader is near the page, the driver (`client/driver/decode.rs`) decompresses it within a limit, and
//!    writes it into Arrow columns in one pass over its bytes.
//! 6. Before the machine returns the page, it requests several of the next pages. The ids of this page determine which, and
//!    its share of the client's [`Budget`](protocol::budget::Budget) how many. For a failure,
//!    [`retry::verdict`](protocol::retry::verdict) decides whether [`Call`](protocol::call::Call) tries again, and after
//!    which wait.
//! 7. The caller receives [`Datapoints`], page by page or in one table.
//!
//! Steps 1 to 3, 5 and 6 are pure: they run without a network, a clock or an executor. This test plays the driver and writes
//! the response:
//!
//! ```
//! use prost::Message;
//! use tilebox_core::protocol::call::{Call, CallPolicy};
//! use tilebox_core::datasets::rpc::GetDataset;
//! use tilebox_core::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl};
//! use tilebox_core::protocol::machine::{Machine, Output};
//! use tilebox_core::protocol::wire::datasets::v1::{Dataset, GetDatasetRequest};
//! use tilebox_core::runtime::Instant;
//!
//! let url = ServerUrl::parse("https://api.tilebox.com")?;
//! let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
//! let request = GetDatasetRequest { slug: "open_data.sentinel".to_owned(), ..Default::default() };
//! let mut call = Call::new(endpoint.call::<GetDataset>(&request, "find the dataset")?, CallPolicy::default(), 7);
//!
//! // The request: without a key, it goes to the public path of Tilebox.
//! let now = Instant::ORIGIN;
//! let Output::Send(exchange) = call.poll_output(now) else { panic!("a call begins with a request") };
//! assert_eq!(
//!     exchange.request.uri(),
//!     "https://api.tilebox.com/public/datasets.v1.DatasetService/GetDataset"
//! );
//!
//! // The response, written by the test.
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
//! | feature | adds |
//! |---|---|
//! | `client` (default) | the async and the [blocking] API; without it only pure code is built, also for WebAssembly |
//! | `rows` | datapoints as structs that `serde` reads, with [`Datapoints`]`::rows` |
//! | `arrow-c` | datapoints to and from other Arrow libraries, without copies: [`Datapoints`]`::into_c_stream` |
//! | `arrow-ipc`, `csv`, `parquet` | file formats beside GeoJSON, in [`output`] |
//! | `progress` | progress bars in the terminal and in notebooks |
//! | `testing` | transports for the tests of applications |
//! | `scheduler` | the server's half of workflows as a pure machine: `workflows::scheduler` |
//! | `miette` | errors as reports of `miette` |
//! | `libdeflate` | faster decompression, which needs a C compiler |

#![cfg_attr(docsrs, feature(doc_cfg))]

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
#[doc(hidden)]
pub mod time;
#[cfg(test)]
mod whole_input;
pub mod workflows;

#[cfg(feature = "client")]
pub use client::{
    BuiltClient, Client, ClientBuilder, Collection, Dataset, Datasets, DefaultTransport, DeletedDataset, Find,
    Ingestion, PageStream, Query, RawClient, RunEnd, RuntimeParts, SignalStream, Strategy, blocking, load_all,
    load_each,
};
pub use datapoints::{Datapoints, Footprint, SortOrder};
#[cfg(feature = "client")]
pub use datasets::LoadEstimate;
pub use datasets::filter::{EnumName, field};
pub use datasets::{
    CollectionInfo, CoordinateSystem, DatasetChanges, DatasetDefinition, Expression, FieldDefinition, FieldRole,
    Ingested, Messages, Records, SpatialFilter, SpatialMode,
};
pub use error::{Error, ErrorKind, Result};
/// The geometries of spatial extents, in the accepted version.
pub use geo_types;
pub use metrics::LoadMetrics;
pub use protocol::endpoint::{API_KEYS_PAGE, ClientMetadata};
pub use protocol::retry::RetryPolicy;
pub use schema::{IdInterval, TimeInterval, Timestamp, last};
