//! A program as a deployable release of a workflow (feature `worker`).
//!
//! The Tilebox command line runs a deployed release: it asks for tasks, extends leases and sends reports, and starts a program
//! that only executes tasks. For Python it is the official package; a project in another language names its program as
//! `command` in `tilebox.workflow.toml`. This module is the server that such a program runs, the gRPC service `WorkerService`
//! (Workflows API, worker).
//!
//! ```no_run
//! use serde::{Deserialize, Serialize};
//! use tilebox_tokio::worker::Worker;
//! use tilebox_tokio::workflows::{Context, Task, TaskResult};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Mosaic {
//!     year: i32,
//! }
//!
//! impl Task for Mosaic {
//!     async fn execute(self, context: &Context) -> TaskResult {
//!         let client = context.shared::<tilebox_tokio::Client>()?; // with the server and the key of the command line
//!         println!("{} datasets", client.datasets().await?.len());
//!         Ok(())
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> tilebox_tokio::Result<()> {
//!     Worker::new().task::<Mosaic>().serve().await
//! }
//! ```
//!
//! # A release
//!
//! ```toml
//! # tilebox.workflow.toml; the official documentation lists its other settings.
//! command = ["./mosaic"]
//! ```
//!
//! The artifact of the release contains the program, built for the machines that run it:
//! `cargo build --release --target x86_64-unknown-linux-musl` makes one that needs no system library.
//!
//! The same program can also run without the command line, which is how it is developed:
//!
//! ```no_run
//! # use serde::{Deserialize, Serialize};
//! # use tilebox_tokio::worker::{self, Worker};
//! # use tilebox_tokio::workflows::{Context, Task, TaskResult};
//! # #[derive(Serialize, Deserialize)]
//! # struct Mosaic;
//! # impl Task for Mosaic { async fn execute(self, _: &Context) -> TaskResult { Ok(()) } }
//! # async fn example() -> tilebox_tokio::Result<()> {
//! if worker::is_requested() {
//!     return Worker::new().task::<Mosaic>().serve().await;
//! }
//! println!("{}", tilebox_tokio::client()?.runner().task::<Mosaic>().run_all().await?);
//! # Ok(())
//! # }
//! ```
//!
//! # The environment
//!
//! | variable | meaning |
//! |---|---|
//! | `TILEBOX_WORKER_ADDRESS` | where to listen: `unix:///path/to/socket` or `127.0.0.1:0` |
//! | `TILEBOX_RUNTIME_DIR`, `TILEBOX_RUNTIME_TOKEN` | the folder for `endpoint.json` with the address, and the token that each call carries; both or neither |
//! | `TILEBOX_API_URL`, `TILEBOX_API_KEY` | the server of telemetry (feature `otel`), and of tasks if the command line names none |
//! | `TILEBOX_LOG_LEVEL` | the lowest level of streamed events, by default INFO |
//!
//! A unix socket is called with the authority `localhost`, as gRPC in Go does. gRPC in Python and C++ sends the escaped path of the
//! socket unless `grpc.default_authority` is set; HTTP/2 in Rust refuses it.
//!
//! # Logs
//!
//! The command line shows the events of [`tracing`] in tasks. For that, [`serve`](Worker::serve) sets the subscriber of the
//! process, with the feature `otel` also the export of telemetry. A program with its own subscriber adds
//! [`log_layer`] to it.

mod address;
mod dispatch;
mod log_layer;
mod log_queue;
mod response;
mod server;
mod service;
mod subscriber;
#[cfg(test)]
mod tests;
#[expect(clippy::module_inception, reason = "the file has the name of its type")]
mod worker;

pub use log_layer::log_layer;
pub use worker::{Worker, is_requested};
