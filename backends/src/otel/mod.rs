//! The logs and spans of tasks, exported to Tilebox over OTLP (feature `otel`).
//!
//! While a [`Telemetry`] lives, the events of [`tracing`] in a task are the log of its job, and its spans continue the trace of
//! the job. The console shows them, and so do `job.logs()` and `job.spans()`. Two lines are enough:
//!
//! ```ignore
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let client = tilebox_tokio::client()?;
//!     let _telemetry = tilebox_tokio::otel::install(&client)?;
//!     println!("{}", client.runner().task::<Month>().run_all().await?);
//!     Ok(())
//! }
//!
//! impl Task for Month {
//!     async fn execute(self, context: &Context) -> TaskResult {
//!         tracing::info!(month = self.month, "loading");           // a line of the job's log
//!         let scenes = load(self.month).instrument(tracing::info_span!("load")).await?;    // a span of its trace
//!         Ok(())
//!     }
//! }
//! ```
//!
//! [`install`] sets the subscriber of the process. An application with its own one adds a [layer](Telemetry::layer) instead:
//!
//! ```ignore
//! let telemetry = tilebox_tokio::otel::Telemetry::new(&client)?;
//! tracing_subscriber::registry()
//!     .with(tracing_subscriber::fmt::layer())                       // to the terminal
//!     .with(telemetry.layer())                                      // and to Tilebox
//!     .init();
//! ```
//!
//! # What is exported
//!
//! - Logs: events in tasks, of every target, and events of the SDK outside of them. Levels below INFO need
//!   [`level`](TelemetryBuilder::level), or the variable `TILEBOX_LOG_LEVEL`.
//! - Spans: one for each execution of a task, `task/<name>`, all spans in it from the same level on, and submissions of jobs.
//!   Fields become attributes, so what an application must not send it does not log.
//! - Nothing else of the application. Headers of requests, and thus the API key, are in no event and no span.
//!
//! # Delivery
//!
//! Spans are sent every 5 s and logs every second, with a thread and connections of their own (see
//! [`RawClient`](tilebox_core::RawClient)), so that a task never waits for them. A queue holds 2048 records of each kind; while
//! the server is away, further ones are dropped. A warning says so once, and how many were lost when the server is back, or at
//! the end. The end of a run flushes the queues, and so does dropping [`Telemetry`], each for at most 5 s.
//!
//! The variables `OTEL_EXPORTER_OTLP_*` are meant for the application's own collector and have no effect here.
//!
//! A subscriber can have one layer of `tracing-opentelemetry` only: the library stores its data once for each span, and a
//! second layer panics. This one contains it.

mod builder;
mod exporters;
mod health;
mod http_client;
mod layer;
mod processors;
mod resource;
mod shape;
mod task_context;
mod telemetry;

pub use builder::TelemetryBuilder;
pub use telemetry::{Telemetry, TelemetrySource, current_trace, install};

/// The instrumentation scope of all records (Workflows API, telemetry).
const SCOPE: &str = "tilebox.com/observability";
/// The attribute that names the task of a record (Workflows API, telemetry).
const TASK_ID: &str = "task_id";
